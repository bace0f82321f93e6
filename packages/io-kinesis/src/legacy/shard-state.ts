/**
 * What the old source keeps of each shard: its metadata, and the last record that is done or a sentinel in its place.
 * After the union list state `Kinesis-Stream-Shard-State` of Apache Flink's connector, with two things more that make a
 * restart and a move to the new source exact: the instant that LATEST stood for, and how far the shard is surely read.
 */
import { TributaryError } from "@tributary/core";
import type { JsonValue } from "@tributary/core";

import type { HashKeyRange, IteratorStart, Shard } from "../client/kinesis-client.js";

/** In place of a sequence number. */
export const SENTINELS = {
  latest: "LATEST_SEQUENCE_NUM",
  earliest: "EARLIEST_SEQUENCE_NUM",
  atTimestamp: "AT_TIMESTAMP_SEQUENCE_NUM",
  ending: "SHARD_ENDING_SEQUENCE_NUM",
} as const;

/** The sub-sequence number of a plain record. */
export const NO_SUB_SEQUENCE = -1;

/** Where reading of a shard stands. */
export interface ShardPosition {
  /** Decimal digits, or one of {@link SENTINELS}. */
  readonly sequenceNumber: string;
  /** Of a user record; -1 of a plain one. */
  readonly subSequenceNumber: number;
  /** Of the sentinel AT_TIMESTAMP. */
  readonly timestampMs?: number;
}

/** The state of one shard. Immutable: a new one replaces it. */
export interface ShardState {
  readonly stream: string;
  readonly streamArn?: string;
  readonly shardId: string;
  readonly parents: readonly string[];
  readonly hashKeyRange: HashKeyRange;
  readonly position: ShardPosition;
  /** Of a shard that is done: the position before its end. */
  readonly before?: ShardPosition;
  /** Every record that arrived before this instant is done. */
  readonly readThroughMs?: number;
}

/** Marks entries in a checkpoint. */
export const LEGACY_STATE_KIND = "kinesis-legacy";

export function writeShardState(state: ShardState): JsonValue {
  return { kind: LEGACY_STATE_KIND, ...state } as unknown as JsonValue;
}

/** @throws `STATE_INCOMPATIBLE` if the entry is none of this source. */
export function readShardState(entry: JsonValue): ShardState {
  const found = entry as unknown as (Partial<ShardState> & { readonly kind?: string }) | null;
  if (
    found?.kind === LEGACY_STATE_KIND &&
    typeof found.stream === "string" &&
    typeof found.shardId === "string" &&
    typeof found.position?.sequenceNumber === "string"
  ) {
    return found as ShardState;
  }
  throw new TributaryError({
    severity: "error",
    code: "STATE_INCOMPATIBLE",
    message: `The checkpoint has an entry that the old Kinesis source does not write: ${JSON.stringify(entry)?.slice(0, 200)}`,
    hint: "Start without it, with 'scan.stream.initpos'.",
  });
}

export function initialState(
  shard: Shard,
  stream: { readonly name: string; readonly arn?: string | undefined },
  position: ShardPosition,
): ShardState {
  return {
    stream: stream.name,
    ...(stream.arn !== undefined && { streamArn: stream.arn }),
    shardId: shard.shardId,
    parents: shard.parentShardIds,
    hashKeyRange: shard.hashKeyRange,
    position,
    ...(position.timestampMs !== undefined && { readThroughMs: position.timestampMs }),
  };
}

export const EARLIEST: ShardPosition = {
  sequenceNumber: SENTINELS.earliest,
  subSequenceNumber: NO_SUB_SEQUENCE,
};

export function atTimestamp(timestampMs: number): ShardPosition {
  return { sequenceNumber: SENTINELS.atTimestamp, subSequenceNumber: NO_SUB_SEQUENCE, timestampMs };
}

export function isEnded({ position }: ShardState): boolean {
  return position.sequenceNumber === SENTINELS.ending;
}

/**
 * Where a restarted shard begins: behind a plain record; at an aggregated one, whose done user records are skipped.
 *
 * @throws `STATE_INCOMPATIBLE` for a shard that is done: it is never read.
 */
export function restartOf({ position, shardId }: ShardState): IteratorStart {
  const { sequenceNumber, subSequenceNumber, timestampMs } = position;
  switch (sequenceNumber) {
    case SENTINELS.earliest:
      return { type: "TRIM_HORIZON" };
    case SENTINELS.atTimestamp:
      return { type: "AT_TIMESTAMP", timestampMs: timestampMs ?? 0 };
    case SENTINELS.latest:
      return { type: "LATEST" };
    case SENTINELS.ending:
      throw new TributaryError({
        severity: "error",
        code: "STATE_INCOMPATIBLE",
        message: `The shard '${shardId}' is done, and cannot be started`,
        shard: shardId,
      });
    default:
      return {
        type: subSequenceNumber >= 0 ? "AT_SEQUENCE_NUMBER" : "AFTER_SEQUENCE_NUMBER",
        sequenceNumber,
      };
  }
}
