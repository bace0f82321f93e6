/**
 * The service's figures in one place: they change over time.
 *
 * Sources: Kinesis Data Streams Developer Guide, "Quotas and limits"; Kinesis API Reference, the page of each
 * operation.
 */

/** Most entries in one PutRecords call. */
export const PUT_RECORDS_ENTRIES_MAX = 500;
/** Most bytes of one PutRecords call, payloads and partition keys together (10 MiB since October 2025). */
export const PUT_RECORDS_BYTES_MAX = 10 * 1024 * 1024;
/** Largest payload of a record unless the stream allows more, in KiB. */
export const RECORD_KIB_DEFAULT = 1024;
/** Largest payload a stream may allow, in KiB. */
export const RECORD_KIB_MAX = 10_240;
/** Longest partition key, in characters. */
export const PARTITION_KEY_CHARACTERS_MAX = 256;
/** Most records of one GetRecords answer. */
export const GET_RECORDS_RECORDS_MAX = 10_000;
/** Most payload bytes of one GetRecords answer. */
export const GET_RECORDS_BYTES_MAX = 10 * 1024 * 1024;
/** How long a shard iterator and a page token stay valid, in ms. */
export const TOKEN_LIFETIME_MS = 300_000;
/** How long a subscription lasts, in ms. */
export const SUBSCRIPTION_LIFETIME_MS = 300_000;
/** A shard of a consumer cannot be subscribed to again within this time, in ms. */
export const RESUBSCRIBE_AFTER_MS = 5_000;
/** Most payload bytes of one event of a subscription. */
export const EVENT_BYTES_MAX = 1024 * 1024;
/** Most records of one event of a subscription. */
export const EVENT_RECORDS_MAX = 10_000;
/** Most registered consumers of a stream. */
export const CONSUMERS_PER_STREAM_MAX = 20;
/** Retention of a new stream, in hours. */
export const RETENTION_HOURS_DEFAULT = 24;
/** Longest retention, in hours. */
export const RETENTION_HOURS_MAX = 8_760;
/** Shards of a new stream in on-demand mode. */
export const ON_DEMAND_SHARDS = 4;
/** Most tags of a stream. */
export const TAGS_MAX = 50;
/** Default and largest page of ListShards. */
export const LIST_SHARDS_DEFAULT = 1_000;

/** Rates per second, kept only when `enforceLimits` is on. */
export const RATES = {
  writeBytesPerShard: 1024 * 1024,
  writeRecordsPerShard: 1_000,
  readBytesPerShard: 2 * 1024 * 1024,
  readCallsPerShard: 5,
  getShardIteratorPerShard: 5,
  subscriptionBytesPerShard: 2 * 1024 * 1024,
} as const;

/** Calls per second of the control plane per account, kept only when `enforceLimits` is on. */
export const CONTROL_RATES: Readonly<Record<string, number>> = {
  AddTagsToStream: 5,
  CreateStream: 5,
  DecreaseStreamRetentionPeriod: 5,
  DeleteStream: 5,
  DeregisterStreamConsumer: 5,
  DescribeLimits: 1,
  DescribeStream: 10,
  DescribeStreamConsumer: 20,
  DescribeStreamSummary: 20,
  IncreaseStreamRetentionPeriod: 5,
  ListShards: 1_000,
  ListStreamConsumers: 5,
  ListStreams: 5,
  ListTagsForStream: 5,
  MergeShards: 5,
  RegisterStreamConsumer: 5,
  RemoveTagsFromStream: 5,
  SplitShard: 5,
  UpdateShardCount: 5,
};
