/** What is around the job: an emulator in a process of its own, two streams of it, and data that go on coming. */
import {
  CreateStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
  MergeShardsCommand,
  PutRecordsCommand,
  SplitShardCommand,
  type Shard,
} from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { spawnKinesisEmulator } from "@tributary/kinesis-emulator";

import type { Reading } from "./pipelines.js";

const SENSORS = 40;
const PLANTS = 5;
/** Readings are this far apart on the average, in milliseconds of event time. */
const STEP_MS = 20;
const SHARDS = 3;
/** Most entries of a PutRecords call. */
const PUT_MAX = 500;
/** 2001-09-09, a round number. */
const EPOCH_MS = 1_000_000_000_000;
/** Shards are split while there are fewer than this, and merged else. */
const SHARDS_MAX = 5;

/** An emulator that is killed, stopped and continued as a process. */
export class World {
  readonly endpoint: string;
  readonly #emulator: Awaited<ReturnType<typeof spawnKinesisEmulator>>;
  readonly #client: KinesisClient;

  static async open(): Promise<World> {
    const world = new World(await spawnKinesisEmulator({}));
    // A flush takes a while, so that there is something to kill.
    await fetch(new URL("/_emulator/faults", world.endpoint), {
      method: "POST",
      body: JSON.stringify({ kind: "delay", operation: "PutRecords", delayMs: 20 }),
    });
    return world;
  }

  private constructor(emulator: Awaited<ReturnType<typeof spawnKinesisEmulator>>) {
    this.#emulator = emulator;
    this.endpoint = emulator.endpoint;
    this.#client = new KinesisClient({
      endpoint: emulator.endpoint,
      region: "us-east-1",
      credentials: { accessKeyId: "a", secretAccessKey: "b" },
      requestHandler: new NodeHttpHandler(),
    });
  }

  /** The emulator answers nobody until it is continued. */
  stop(): void {
    process.kill(this.#emulator.pid, "SIGSTOP");
  }

  continue(): void {
    process.kill(this.#emulator.pid, "SIGCONT");
  }

  async close(): Promise<void> {
    this.#client.destroy();
    this.continue();
    await this.#emulator.close();
  }

  async createStream(name: string): Promise<void> {
    await this.#client.send(new CreateStreamCommand({ StreamName: name, ShardCount: SHARDS }));
  }

  async put(stream: string, readings: readonly Reading[]): Promise<void> {
    for (let from = 0; from < readings.length; from += PUT_MAX) {
      const Records = readings.slice(from, from + PUT_MAX).map((one) => ({
        PartitionKey: one.sensor,
        Data: Buffer.from(JSON.stringify({ ...one, at: new Date(one.at).toISOString().replace("T", " ") })),
      }));
      await this.#client.send(new PutRecordsCommand({ StreamName: stream, Records }));
    }
  }

  /** Splits a shard, or merges two neighbours. */
  async reshard(stream: string, random: () => number): Promise<void> {
    const { Shards = [] } = await this.#client.send(new ListShardsCommand({ StreamName: stream }));
    const open = Shards.filter((one) => one.SequenceNumberRange?.EndingSequenceNumber === undefined);
    const sorted = open.toSorted((a, b) => (rangeOf(a)[0] < rangeOf(b)[0] ? -1 : 1));
    if (sorted.length >= SHARDS_MAX) {
      const at = Math.floor(random() * (sorted.length - 1));
      const [ShardToMerge, AdjacentShardToMerge] = [sorted[at]?.ShardId, sorted[at + 1]?.ShardId];
      await this.#client.send(
        new MergeShardsCommand({ StreamName: stream, ShardToMerge, AdjacentShardToMerge }),
      );
      return;
    }
    const shard = sorted[Math.floor(random() * sorted.length)] as Shard;
    const [from, to] = rangeOf(shard);
    await this.#client.send(
      new SplitShardCommand({
        StreamName: stream,
        ShardToSplit: shard.ShardId,
        NewStartingHashKey: String((from + to) / 2n + 1n),
      }),
    );
  }

  /** Every row of a stream, as JSON texts; shard after shard, each in its order. */
  async rows(stream: string): Promise<readonly string[]> {
    const { Shards = [] } = await this.#client.send(new ListShardsCommand({ StreamName: stream }));
    const rows: string[] = [];
    for (const { ShardId } of Shards) {
      const first = new GetShardIteratorCommand({
        StreamName: stream,
        ShardId,
        ShardIteratorType: "TRIM_HORIZON",
      });
      let { ShardIterator } = await this.#client.send(first);
      while (ShardIterator !== undefined) {
        const answer = await this.#client.send(new GetRecordsCommand({ ShardIterator }));
        for (const { Data } of answer.Records ?? []) rows.push(Buffer.from(Data ?? []).toString("utf8"));
        if ((answer.MillisBehindLatest ?? 0) === 0) break;
        ShardIterator = answer.NextShardIterator;
      }
    }
    return rows;
  }
}

function rangeOf({ HashKeyRange }: Shard): readonly [bigint, bigint] {
  return [BigInt(HashKeyRange?.StartingHashKey ?? 0), BigInt(HashKeyRange?.EndingHashKey ?? 0)];
}

/** The readings from number `from` on: in order but for a second. */
export function readingsOf(from: number, count: number, random: () => number): readonly Reading[] {
  return Array.from({ length: count }, (_, index) => {
    const sensor = Math.floor(random() * SENSORS);
    return {
      sensor: `s${sensor}`,
      plant: `p${sensor % PLANTS}`,
      at: EPOCH_MS + (from + index) * STEP_MS + Math.floor(random() * 1_000),
      amount: Math.floor(random() * 1_000),
    };
  });
}
