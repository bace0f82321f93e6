/**
 * Amazon Kinesis Data Streams for Tributary: the tables `kinesis` and `kinesis-legacy` in four modules, one for each
 * published distribution of the original.
 *
 * @packageDocumentation
 */
export { AwsKinesisClients, KINESIS_CLIENTS } from "./client/kinesis-clients.js";
export type { KinesisClients } from "./client/kinesis-clients.js";
export type { ConnectionSettings, HttpVersion } from "./client/connection-settings.js";
export type {
  AssumeRoleSettings,
  CredentialProvider,
  CredentialSettings,
  CustomSettings,
} from "./client/credential-settings.js";
export { CREDENTIALS_PROVIDER } from "./client/custom-credentials.js";
export type { AwsCredentials, AwsProperties, CredentialsProvider } from "./client/custom-credentials.js";
export type {
  GetRecordsRequest,
  HashKeyRange,
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
} from "./client/kinesis-client.js";
export type {
  StreamConsumer,
  Subscription,
  SubscriptionClient,
  SubscriptionEvent,
  SubscriptionListener,
  SubscriptionRequest,
} from "./client/subscription-client.js";
export type { StreamArn, StreamReference } from "./client/stream-arn.js";
export { parseStreamArn } from "./client/stream-arn.js";
export type { Wire } from "./client/wire/wire.js";
export { kinesis4, kinesis5, kinesisStreams4, kinesisStreams5 } from "./modules.js";
export { KinesisSink4Options, KinesisSinkOptions } from "./options/kinesis-sink-options.js";
export { KinesisSourceOptions } from "./options/source-options.js";
export { LegacySourceOptions } from "./legacy/options.js";
export { SHARD_ASSIGNER } from "./legacy/shard-assigner.js";
export type { AssignedShard, ShardAssigner } from "./legacy/shard-assigner.js";
export { convertOldState } from "./migration/convert-old-state.js";
export type { ConvertedState } from "./migration/convert-old-state.js";
export { DatePattern } from "./time/date-pattern.js";
export { DEFAULT_TIMESTAMP_PATTERN, parseStartTimestamp } from "./time/start-timestamp.js";
export type { StartTimestamp } from "./time/start-timestamp.js";
export { assignByHashRange } from "./streams/source/assign-by-hash-range.js";
export { checkpointPositions } from "./streams/source/checkpoint-positions.js";
export type { CheckpointPosition } from "./streams/source/checkpoint-positions.js";
export { ShardTracker } from "./streams/source/shard-tracker.js";
export type { TrackedShard } from "./streams/source/shard-tracker.js";
export { AggregateBuilder } from "./kpl/aggregate-builder.js";
export type { AggregateEntry } from "./kpl/aggregate-builder.js";
export { readAggregate } from "./kpl/read-aggregate.js";
export type { Aggregate } from "./kpl/read-aggregate.js";
export { FixedKinesisPartitioner } from "./streams/sink/fixed-kinesis-partitioner.js";
export { PARTITION_KEY_GENERATOR, PartitionKeyGenerator } from "./streams/sink/partition-key-generator.js";
export type { PartitionKeyContext } from "./streams/sink/partition-key-generator.js";
export { columnKeyGenerator, partitionKeyFunction } from "./streams/sink/partition-key.js";
export type {
  ColumnKeyDefinition,
  PartitionKeyFunction,
  PartitionKeys,
} from "./streams/sink/partition-key.js";
export type { ShardPosition } from "./streams/source/shard-position.js";
