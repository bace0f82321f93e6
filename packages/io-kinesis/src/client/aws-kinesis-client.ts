import type {
  KinesisClient as AwsClient,
  Shard as AwsShard,
  ChildShard,
  _Record,
} from "@aws-sdk/client-kinesis";
import type * as Aws from "@aws-sdk/client-kinesis";
import type { Logger } from "@tributary/core";

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
import { requestHandler } from "./request-handler.js";

type AwsModule = typeof Aws;

const DEFAULT_USER_AGENT = "tributary-kinesis";

/** The service through the AWS SDK. The SDK is loaded by {@link AwsKinesisClient.open}, not by importing this file. */
export class AwsKinesisClient implements KinesisClient {
  readonly #aws: AwsModule;
  readonly #client: AwsClient;
  readonly #streamName: string;
  /** What every call names the stream by. */
  readonly #stream: { readonly StreamARN: string } | { readonly StreamName: string };

  readonly #releases: readonly (() => void)[];
  #isClosed = false;

  private constructor(
    aws: AwsModule,
    client: AwsClient,
    settings: ConnectionSettings,
    releases: readonly (() => void)[],
  ) {
    this.#aws = aws;
    this.#client = client;
    this.#releases = releases;
    const { name, arn } = settings.stream;
    this.#streamName = name;
    this.#stream = arn === undefined ? { StreamName: name } : { StreamARN: arn };
  }

  /** Loads the SDK and makes a client. Connects to nothing. @param onClose - called once, when it is closed. */
  static async open(
    settings: ConnectionSettings,
    logger: Logger,
    onClose: () => void = () => undefined,
  ): Promise<AwsKinesisClient> {
    const releases = [onClose];
    const [aws, handler, credentials] = await Promise.all([
      import("@aws-sdk/client-kinesis"),
      requestHandler(settings),
      credentialSource(settings.credentials, settings.region, (release) => releases.push(release)),
    ]);
    // The SDK's version is pinned here: its advice on releases to come is ours to take, not the user's.
    process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
    const client = new aws.KinesisClient({
      region: settings.region,
      requestHandler: handler,
      // One attempt a call: the callers retry, on the runner's clock and with jitter of its random source.
      maxAttempts: 1,
      logger: sdkLogger(logger),
      customUserAgent: settings.userAgentPrefix ?? DEFAULT_USER_AGENT,
      ...(settings.endpoint === undefined ? {} : { endpoint: settings.endpoint }),
      ...(credentials === undefined ? {} : { credentials }),
    });
    return new AwsKinesisClient(aws, client, settings, releases);
  }

  async describeStreamSummary(signal?: AbortSignal): Promise<StreamSummary> {
    const command = new this.#aws.DescribeStreamSummaryCommand(this.#stream);
    const { StreamDescriptionSummary: summary } = await this.#client.send(command, abortedBy(signal));
    return {
      streamName: summary?.StreamName ?? this.#streamName,
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
    const millisBehindLatest = answer.MillisBehindLatest ?? 0;
    const origin: RecordOrigin = { shardId: request.shardId, millisBehindLatest };
    return {
      records: (answer.Records ?? []).map((record) => ourRecord(record, origin)),
      millisBehindLatest,
      childShards: (answer.ChildShards ?? []).map(childShard),
      ...(answer.NextShardIterator === undefined ? {} : { nextIterator: answer.NextShardIterator }),
    };
  }

  async putRecords(entries: readonly PutEntry[], signal?: AbortSignal): Promise<readonly PutRefusal[]> {
    const command = new this.#aws.PutRecordsCommand({
      ...this.#stream,
      StreamName: this.#streamName,
      Records: entries.map((entry) => ({ Data: entry.data, PartitionKey: entry.partitionKey })),
    });
    const answer = await this.#client.send(command, abortedBy(signal));
    if ((answer.FailedRecordCount ?? 0) === 0) return [];
    return (answer.Records ?? []).flatMap((result, index) =>
      result.ErrorCode === undefined ? [] : [{ index, code: result.ErrorCode }],
    );
  }

  async listStreamNames(signal?: AbortSignal): Promise<readonly string[]> {
    const command = new this.#aws.ListStreamsCommand({ Limit: 100 });
    return (await this.#client.send(command, abortedBy(signal))).StreamNames ?? [];
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
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
