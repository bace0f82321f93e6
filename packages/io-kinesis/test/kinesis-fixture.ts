import {
  DeleteStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
  PutRecordsCommand,
} from "@aws-sdk/client-kinesis";
import type { Shard } from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";

import { createRegistry, types } from "@tributary/core";
import type { Column, PlanContext, TableDescriptor } from "@tributary/core";
import { SILENT_LOGGER } from "@tributary/core/testing";
import { kinesisStreams5 } from "@tributary/io-kinesis";

import { plainFormat } from "./plain-format.js";

/** What tests of a service in an emulator share: the service's own client, tables, planning. */
export class KinesisFixture {
  readonly client: KinesisClient;
  readonly context: PlanContext = {
    registry: createRegistry([kinesisStreams5, plainFormat]),
    timeZone: "UTC",
    logger: SILENT_LOGGER,
  };
  readonly #endpoint: string;

  constructor(endpoint: string) {
    this.#endpoint = endpoint;
    this.client = new KinesisClient({
      endpoint,
      region: "us-east-1",
      credentials: { accessKeyId: "000000000000", secretAccessKey: "test" },
      requestHandler: new NodeHttpHandler(),
    });
  }

  table(
    stream: string,
    options: Readonly<Record<string, string>> = {},
    more: { readonly columns?: readonly Column[]; readonly partitionKeys?: readonly string[] } = {},
  ): TableDescriptor {
    const all = {
      connector: "kinesis",
      "stream.arn": `arn:aws:kinesis:us-east-1:000000000000:stream/${stream}`,
      "aws.region": "us-east-1",
      "aws.endpoint": this.#endpoint,
      "aws.credentials.basic.accesskeyid": "000000000000",
      "aws.credentials.basic.secretkey": "test",
      "source.init.position": "TRIM_HORIZON",
      "source.shard.discovery.interval": "1 h",
      format: "plain",
      ...options,
    };
    return {
      name: "orders",
      schema: { columns: more.columns ?? [{ kind: "physical", name: "text", type: types.string() }] },
      partitionKeys: more.partitionKeys ?? [],
      options: Object.entries(all).map(([key, value]) => ({ key, value })),
    };
  }

  /** Writes texts, each under itself as partition key. */
  async put(stream: string, texts: readonly string[]): Promise<void> {
    for (let from = 0; from < texts.length; from += 500) {
      const Records = texts
        .slice(from, from + 500)
        .map((text) => ({ Data: Buffer.from(text), PartitionKey: text.slice(0, 250) }));
      const answer = await this.client.send(new PutRecordsCommand({ StreamName: stream, Records }));
      if ((answer.FailedRecordCount ?? 0) > 0) throw new Error("The fixture's records were not taken.");
    }
  }

  /** Writes records as they are, one after another, into the shard of each hash key. */
  async putRaw(
    stream: string,
    records: readonly { readonly data: Uint8Array; readonly key?: string; readonly hashKey?: string }[],
  ): Promise<void> {
    for (const { data, key = "k", hashKey } of records) {
      const Records = [
        { Data: data, PartitionKey: key, ...(hashKey !== undefined && { ExplicitHashKey: hashKey }) },
      ];
      await this.client.send(new PutRecordsCommand({ StreamName: stream, Records }));
    }
  }

  async deleteStream(stream: string): Promise<void> {
    await this.client.send(new DeleteStreamCommand({ StreamName: stream, EnforceConsumerDeletion: true }));
  }

  async shards(stream: string): Promise<readonly Shard[]> {
    return (await this.client.send(new ListShardsCommand({ StreamName: stream }))).Shards ?? [];
  }

  /** Everything in the stream, by shard, as text. */
  async contents(stream: string): Promise<ReadonlyMap<string, readonly { key: string; text: string }[]>> {
    const shards = [...(await this.payloads(stream))];
    return new Map(
      shards.map(([shard, records]) => [
        shard,
        records.map(({ key, data }) => ({ key, text: Buffer.from(data).toString() })),
      ]),
    );
  }

  /** Everything in the stream, by shard. */
  async payloads(stream: string): Promise<ReadonlyMap<string, readonly { key: string; data: Uint8Array }[]>> {
    const found = new Map<string, { key: string; data: Uint8Array }[]>();
    for (const { ShardId } of await this.shards(stream)) {
      const start = { StreamName: stream, ShardId, ShardIteratorType: "TRIM_HORIZON" } as const;
      let iterator = (await this.client.send(new GetShardIteratorCommand(start))).ShardIterator;
      const records: { key: string; data: Uint8Array }[] = [];
      while (iterator !== undefined) {
        const answer = await this.client.send(new GetRecordsCommand({ ShardIterator: iterator }));
        for (const { PartitionKey = "", Data = new Uint8Array(0) } of answer.Records ?? []) {
          records.push({ key: PartitionKey, data: Data });
        }
        iterator =
          answer.Records?.length === 0 && answer.MillisBehindLatest === 0
            ? undefined
            : answer.NextShardIterator;
      }
      found.set(ShardId ?? "", records);
    }
    return found;
  }
}

/** `prefix-0` to `prefix-(count - 1)`. */
export function texts(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
}
