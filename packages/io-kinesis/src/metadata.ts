import { Instant, notNull, types } from "@tributary/core";
import type { LogicalType, MetadataKey, SqlValue } from "@tributary/core";

import type { KinesisRecord } from "./client/kinesis-client.js";
import { PARTITION_KEY_LENGTH_MAX } from "./limits.js";

/** Lengths as Apache Flink's Kinesis connector declares them. */
const ID_LENGTH = 128;
/** Digits of the greatest hash key. @see Kinesis API Reference, HashKeyRange. */
const HASH_KEY_LENGTH = 39;

/** Metadata columns of the source: the three of Apache Flink's Kinesis connector, then ours. All are read-only. */
export const KINESIS_METADATA: readonly MetadataKey[] = [
  readOnly("timestamp", notNull(types.timestampLtz(3))),
  readOnly("sequence-number", notNull(types.varchar(ID_LENGTH))),
  readOnly("shard-id", notNull(types.varchar(ID_LENGTH))),
  readOnly("stream", notNull(types.string())),
  readOnly("partition-key", notNull(types.varchar(PARTITION_KEY_LENGTH_MAX))),
  readOnly("sub-sequence-number", types.bigint()),
  readOnly("explicit-hash-key", types.varchar(HASH_KEY_LENGTH)),
  readOnly("millis-behind-latest", types.bigint()),
];

function readOnly(key: string, type: LogicalType): MetadataKey {
  return { key, type, isReadable: true, isWritable: false };
}

/** Reads the metadata of a record. Only user records of an aggregated record have an index and perhaps a hash key. */
export function metadataReaders(
  streamOf: (record: KinesisRecord) => string,
): ReadonlyMap<string, (record: KinesisRecord) => SqlValue> {
  return new Map<string, (record: KinesisRecord) => SqlValue>([
    ["timestamp", (record) => new Instant(record.arrivalMs)],
    ["sequence-number", (record) => record.sequenceNumber],
    ["shard-id", (record) => record.origin.shardId],
    ["stream", streamOf],
    ["partition-key", (record) => record.partitionKey],
    [
      "sub-sequence-number",
      ({ subSequenceNumber }) => (subSequenceNumber === undefined ? null : BigInt(subSequenceNumber)),
    ],
    ["explicit-hash-key", ({ explicitHashKey }) => explicitHashKey ?? null],
    ["millis-behind-latest", (record) => BigInt(record.origin.millisBehindLatest)],
  ]);
}
