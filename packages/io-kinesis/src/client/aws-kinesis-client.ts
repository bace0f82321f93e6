import type {
  KinesisClient as AwsClient,
  Shard as AwsShard,
  ChildShard,
  GetRecordsOutput,
  _Record,
} from "@aws-sdk/client-kinesis";
import type * as Aws from "@aws-sdk/client-kinesis";
import { invariant } from "@tributary/core";
import type { Logger } from "@tributary/core";

import { AwsSubscriptionClient } from "./aws-subscription-client.js";
import { noteReached } from "./classify-failure.js";
import type { ConnectionSettings } from "./connection-settings.js";
import { credentialSource } from "./credentials.js";
import type {
  GetRecordsRequest,
  IteratorStart,
  KinesisClient,
  KinesisRecord,
  PutEntry,
  PutRefusal,
  RecordBatch,
  RecordOrigin,
  Shard,
  ShardFilter,
  ShardPage,
  StreamSummary,
} from "./kinesis-client.js";
import { firstAnswer } from "./first-answer.js";
import { CONNECT_TIMEOUT_MS, requestHandler } from "./request-handler.js";
import type { SubscriptionClient } from "./subscription-client.js";
import { SubscriptionSessions } from "./subscription-sessions.js";
import type * as HotProtocolModule from "./wire/hot-protocol.js";
import type { HotOutput } from "./wire/hot-protocol.js";
import { MalformedAnswer } from "./wire/malformed-answer.js";
import type { ScannedRecords } from "./wire/record-slab.js";

type AwsModule = typeof Aws;
type HotModule = typeof HotProtocolModule;

const DEFAULT_USER_AGENT = "tributary-kinesis";

/** The service through the AWS SDK. The SDK is loaded by {@link AwsKinesisClient.open}, not by importing this file. */
export class AwsKinesisClient implements KinesisClient {
  readonly #aws: AwsModule;
  readonly #hot: HotModule;
  readonly #client: AwsClient;
  readonly #streamName: string;
  readonly #streamArn: string | undefined;
  readonly #sessions: SubscriptionSessions;
  /** What every call names the stream by. */
  readonly #stream: { readonly StreamARN: string } | { readonly StreamName: string };

  readonly #releases: readonly (() => void)[];
  #hasAnswered = false;
  #isClosed = false;

  private constructor(
    aws: AwsModule,
    hot: HotModule,
    client: AwsClient,
    settings: ConnectionSettings,
    releases: readonly (() => void)[],
  ) {
    this.#aws = aws;
    this.#hot = hot;
    this.#client = client;
    this.#releases = releases;
    client.middlewareStack.add(
      (next) => async (args) => {
        if (this.#hasAnswered) {
          return next(args).catch((error: unknown) => {
            throw noteReached(error);
          });
        }
        const answer = await firstAnswer(next(args));
        this.#hasAnswered = true;
        return answer;
      },
      // Around the handler alone: an error of the service is an answer.
      { step: "deserialize", priority: "low", name: "noteAnswer" },
    );
    const { name, arn } = settings.stream;
    this.#streamName = name;
    this.#streamArn = arn;
    this.#sessions = new SubscriptionSessions(settings.trustsAllCertificates, CONNECT_TIMEOUT_MS);
    this.#stream = arn === undefined ? { StreamName: name } : { StreamARN: arn };
  }

  /** Loads the SDK and makes a client. Connects to nothing. @param onClose - called once, when it is closed. */
  static async open(
    settings: ConnectionSettings,
    logger: Logger,
    onClose: () => void = () => undefined,
  ): Promise<AwsKinesisClient> {
    const releases = [onClose];
    const [aws, hot, handler, credentials] = await Promise.all([
      import("@aws-sdk/client-kinesis"),
      import("./wire/hot-protocol.js"),
      requestHandler(settings),
      credentialSource(settings.credentials, settings.region, (release) => releases.push(release)),
    ]);
    // The SDK's version is pinned here: its advice on releases to come is ours to take, not the user's.
    process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
    const client = new aws.KinesisClient({
      region: settings.region,
      requestHandler: handler,
      protocol: hot.hotProtocol(settings.wire ?? "json"),
      // One attempt a call: the callers retry, on the runner's clock and with jitter of its random source.
      maxAttempts: 1,
      logger: sdkLogger(logger),
      customUserAgent: settings.userAgentPrefix ?? DEFAULT_USER_AGENT,
      ...(settings.endpoint === undefined ? {} : { endpoint: settings.endpoint }),
      credentials,
    });
    return new AwsKinesisClient(aws, hot, client, settings, releases);
  }

  async describeStreamSummary(signal?: AbortSignal): Promise<StreamSummary> {
    const command = new this.#aws.DescribeStreamSummaryCommand(this.#stream);
    const { StreamDescriptionSummary: summary } = await this.#client.send(command, abortedBy(signal));
    return {
      streamName: summary?.StreamName ?? this.#streamName,
      ...(summary?.StreamARN !== undefined && { streamArn: summary.StreamARN }),
      status: summary?.StreamStatus ?? "UNKNOWN",
      retentionHours: summary?.RetentionPeriodHours ?? 24,
      ...(summary?.MaxRecordSizeInKiB === undefined
        ? {}
        : { recordBytesMax: summary.MaxRecordSizeInKiB * 1024 }),
    };
  }

  async listShards(
    request: { filter: ShardFilter } | { nextToken: string },
    signal?: AbortSignal,
  ): Promise<ShardPage> {
    const command = new this.#aws.ListShardsCommand(
      "nextToken" in request
        ? { NextToken: request.nextToken }
        : { ...this.#stream, ShardFilter: awsFilter(request.filter) },
    );
    const answer = await this.#client.send(command, abortedBy(signal));
    return {
      shards: (answer.Shards ?? []).map(listedShard),
      ...(answer.NextToken === undefined ? {} : { nextToken: answer.NextToken }),
    };
  }

  async getShardIterator(
    shardId: string,
    start: IteratorStart,
    signal?: AbortSignal,
  ): Promise<string | undefined> {
    const command = new this.#aws.GetShardIteratorCommand({
      ...this.#stream,
      ShardId: shardId,
      ShardIteratorType: start.type,
      ...("timestampMs" in start ? { Timestamp: new Date(start.timestampMs) } : {}),
      ...("sequenceNumber" in start ? { StartingSequenceNumber: start.sequenceNumber } : {}),
    });
    return (await this.#client.send(command, abortedBy(signal))).ShardIterator;
  }

  async getRecords(request: GetRecordsRequest, signal?: AbortSignal): Promise<RecordBatch> {
    const command = new this.#aws.GetRecordsCommand({
      ...("StreamARN" in this.#stream ? this.#stream : {}),
      ShardIterator: request.iterator,
      Limit: request.limit,
    });
    const answer = await this.#client.send(command, abortedBy(signal));
    const scanned = (answer as HotOutput)[this.#hot.SCANNED];
    return scanned === undefined ? sdkBatch(answer, request.shardId) : scannedBatch(scanned, request.shardId);
  }

  async putRecords(entries: readonly PutEntry[], signal?: AbortSignal): Promise<readonly PutRefusal[]> {
    const input = { ...this.#stream, StreamName: this.#streamName, Records: undefined };
    const command = new this.#aws.PutRecordsCommand({ ...input, [this.#hot.ENTRIES]: entries } as never);
    const answer = await this.#client.send(command, abortedBy(signal));
    const refusals = (answer as HotOutput)[this.#hot.REFUSALS];
    invariant(refusals !== undefined, "the protocol of this client has read the answer");
    return refusals(entries.length);
  }

  async listStreamNames(signal?: AbortSignal, after?: string): Promise<readonly string[]> {
    const command = new this.#aws.ListStreamsCommand({
      Limit: 100,
      ...(after !== undefined && { ExclusiveStartStreamName: after }),
    });
    return (await this.#client.send(command, abortedBy(signal))).StreamNames ?? [];
  }

  subscriptions(): SubscriptionClient {
    return new AwsSubscriptionClient(this.#aws, this.#client, this.#streamArn, this.#sessions);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#sessions.close();
    this.#client.destroy();
    for (const release of this.#releases) release();
  }
}

function abortedBy(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}

function awsFilter(filter: ShardFilter): {
  readonly Type: ShardFilter["type"];
  readonly Timestamp?: Date;
  readonly ShardId?: string;
} {
  return {
    Type: filter.type,
    ...("timestampMs" in filter ? { Timestamp: new Date(filter.timestampMs) } : {}),
    ...("shardId" in filter ? { ShardId: filter.shardId } : {}),
  };
}

/** What the scanner has read. */
function scannedBatch(scanned: ScannedRecords, shardId: string): RecordBatch {
  const { slab, records, millisBehindLatest = 0, nextIterator, childShards, dataBytes } = scanned;
  slab.origin = { shardId, millisBehindLatest };
  return {
    records,
    millisBehindLatest,
    dataBytes,
    childShards: (childShards as readonly ChildShard[]).map(childShard),
    ...(nextIterator === undefined ? {} : { nextIterator }),
  };
}

/** What the SDK's codec has read: an answer that the scanner does not know. */
function sdkBatch(answer: GetRecordsOutput, shardId: string): RecordBatch {
  const { Records, MillisBehindLatest: millisBehindLatest = 0, NextShardIterator, ChildShards = [] } = answer;
  // Without iterator and records it would be the end of the shard.
  if (!Array.isArray(Records)) throw new MalformedAnswer("GetRecords", "it has no 'Records'");
  const origin: RecordOrigin = { shardId, millisBehindLatest };
  return {
    records: Records.map((record) => ourRecord(record, origin)),
    millisBehindLatest,
    dataBytes: Records.reduce((sum, { Data }) => sum + (Data?.length ?? 0), 0),
    childShards: ChildShards.map(childShard),
    ...(NextShardIterator === undefined ? {} : { nextIterator: NextShardIterator }),
  };
}

function ourRecord(record: _Record, origin: RecordOrigin): KinesisRecord {
  return {
    data: record.Data ?? new Uint8Array(0),
    partitionKey: record.PartitionKey ?? "",
    sequenceNumber: record.SequenceNumber ?? "",
    arrivalMs: record.ApproximateArrivalTimestamp?.getTime() ?? 0,
    origin,
  };
}

function listedShard(shard: AwsShard): Shard {
  return {
    shardId: shard.ShardId ?? "",
    parentShardIds: [shard.ParentShardId, shard.AdjacentParentShardId].filter((id) => id !== undefined),
    hashKeyRange: hashKeyRange(shard.HashKeyRange),
  };
}

function childShard(shard: ChildShard): Shard {
  return {
    shardId: shard.ShardId ?? "",
    parentShardIds: shard.ParentShards ?? [],
    hashKeyRange: hashKeyRange(shard.HashKeyRange),
  };
}

function hashKeyRange(range: AwsShard["HashKeyRange"]): Shard["hashKeyRange"] {
  return { first: range?.StartingHashKey ?? "0", last: range?.EndingHashKey ?? "0" };
}

/**
 * A logger without `info`: with one the SDK filters every record of every answer for its log, an eighth of the time
 * of GetRecords, also when the logger drops the line. The other methods must be there.
 */
function sdkLogger(logger: Logger): AwsClient["config"]["logger"] {
  const quiet = (): void => {};
  const pass = (...content: unknown[]): void => logger.debug("AWS SDK", { message: String(content[0]) });
  const partial: Omit<AwsClient["config"]["logger"], "info"> = {
    debug: quiet,
    warn: pass,
    error: pass,
  };
  return Object.assign(partial, { trace: quiet }) as AwsClient["config"]["logger"];
}
