/**
 * The part of Amazon Kinesis Data Streams that the connectors use, as an interface of ours: batches in, batches out,
 * plain values. Everything outside this folder sees Kinesis through it; only this folder knows the AWS SDK.
 *
 * Every call is one attempt: what to do about a failure is decided with {@link classifyFailure} by whoever called.
 */

import type { SubscriptionClient } from "./subscription-client.js";

/** Where a batch of records came from; one object shared by all records of a GetRecords answer. @public */
export interface RecordOrigin {
  readonly shardId: string;
  /** How far the answer's last record was behind the tip of the shard, in milliseconds. */
  readonly millisBehindLatest: number;
}

/** A record as the connectors pass it on. @public */
export interface KinesisRecord {
  readonly data: Uint8Array;
  readonly partitionKey: string;
  /** Decimal digits; compare as `bigint`. */
  readonly sequenceNumber: string;
  /** Approximate arrival time, in milliseconds since 1970. */
  readonly arrivalMs: number;
  readonly origin: RecordOrigin;
  /** Of a user record: its place in the aggregated record that carried it, from 0. Absent on a plain record. */
  readonly subSequenceNumber?: number;
  /** Of a user record: the hash key it was given in place of that of its partition key, as decimal digits. */
  readonly explicitHashKey?: string;
}

/** A shard as ListShards describes it. @public */
export interface Shard {
  readonly shardId: string;
  /** Parent and adjacent parent, those that there are. */
  readonly parentShardIds: readonly string[];
  /** First and last hash key, both inclusive, as decimal digits. */
  readonly hashKeyRange: HashKeyRange;
}

export interface HashKeyRange {
  readonly first: string;
  readonly last: string;
}

/** Which shards ListShards returns. @see Kinesis API Reference, ShardFilter. */
export type ShardFilter =
  | { readonly type: "FROM_TRIM_HORIZON" | "AT_LATEST" }
  | { readonly type: "FROM_TIMESTAMP"; readonly timestampMs: number }
  | { readonly type: "AFTER_SHARD_ID"; readonly shardId: string };

export interface ShardPage {
  readonly shards: readonly Shard[];
  readonly nextToken?: string;
}

/** Where a shard iterator starts. @see Kinesis API Reference, GetShardIterator. */
export type IteratorStart =
  | { readonly type: "TRIM_HORIZON" | "LATEST" }
  | { readonly type: "AT_TIMESTAMP"; readonly timestampMs: number }
  | { readonly type: "AT_SEQUENCE_NUMBER" | "AFTER_SEQUENCE_NUMBER"; readonly sequenceNumber: string };

/** One answer of GetRecords. */
export interface RecordBatch {
  readonly records: readonly KinesisRecord[];
  /** Absent: the shard is complete. */
  readonly nextIterator?: string;
  readonly millisBehindLatest: number;
  /** Sum of the payloads, in bytes; saves asking each record for its own. */
  readonly dataBytes?: number;
  /** Given with the end of a shard that was split or merged. */
  readonly childShards: readonly Shard[];
}

/** One record of a PutRecords call. */
export interface PutEntry {
  readonly data: Uint8Array;
  readonly partitionKey: string;
}

/** A record that PutRecords did not take. */
export interface PutRefusal {
  /** Place in the call. */
  readonly index: number;
  readonly code: string;
}

export interface StreamSummary {
  readonly streamName: string;
  readonly streamArn?: string;
  readonly status: string;
  readonly retentionHours: number;
  /** Most bytes of a record, if the service says so. */
  readonly recordBytesMax?: number;
}

/**
 * A connection to the service for one stream.
 *
 * All calls reject with the service's own error; sort it with `classifyFailure`, show it with `explainFailure`.
 *
 * @public
 */
export interface KinesisClient {
  describeStreamSummary(signal?: AbortSignal): Promise<StreamSummary>;
  /** One page; with a token nothing else is sent. */
  listShards(
    request: { filter: ShardFilter } | { nextToken: string },
    signal?: AbortSignal,
  ): Promise<ShardPage>;
  getShardIterator(shardId: string, start: IteratorStart, signal?: AbortSignal): Promise<string | undefined>;
  getRecords(request: GetRecordsRequest, signal?: AbortSignal): Promise<RecordBatch>;
  putRecords(entries: readonly PutEntry[], signal?: AbortSignal): Promise<readonly PutRefusal[]>;
  /** Names of the account's streams in the region, at most a hundred. @param after - leaves out those up to this one. */
  listStreamNames(signal?: AbortSignal, after?: string): Promise<readonly string[]>;
  /** Enhanced fan-out on the same stream; closed with this client. */
  subscriptions(): SubscriptionClient;
  /** Releases connections. Idempotent. */
  close(): void;
}

export interface GetRecordsRequest {
  readonly shardId: string;
  readonly iterator: string;
  /** Most records in the answer, 1 to 10000. */
  readonly limit: number;
}
