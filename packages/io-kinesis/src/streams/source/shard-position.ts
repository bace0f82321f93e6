import { TributaryError } from "@tributary/core";
import type { JsonValue } from "@tributary/core";

/**
 * From where a shard is to be read: the state of a split. Plain JSON, so that it can live in a checkpoint and be
 * printed by tools; sequence numbers are decimal text there and `bigint` where they are compared.
 */
export type ShardPosition =
  | { readonly type: "TRIM_HORIZON" }
  | { readonly type: "AT_TIMESTAMP"; readonly timestamp: number }
  | {
      readonly type: "AFTER_SEQUENCE_NUMBER";
      readonly sequenceNumber: string;
      /** The last user record of an aggregated record that is done; absent: the whole record is. */
      readonly subSequenceNumber?: number;
    };

export const TRIM_HORIZON: ShardPosition = { type: "TRIM_HORIZON" };

/** @throws `STATE_INCOMPATIBLE` if `state` is not a position. */
export function readShardPosition(state: JsonValue, shardId: string): ShardPosition {
  const { type, timestamp, sequenceNumber, subSequenceNumber } = (state ?? {}) as {
    readonly [key: string]: JsonValue;
  };
  if (type === "TRIM_HORIZON") return TRIM_HORIZON;
  if (type === "AT_TIMESTAMP" && typeof timestamp === "number") return { type, timestamp };
  if (
    type === "AFTER_SEQUENCE_NUMBER" &&
    typeof sequenceNumber === "string" &&
    /^\d+$/.test(sequenceNumber)
  ) {
    if (subSequenceNumber === undefined) return { type, sequenceNumber };
    if (typeof subSequenceNumber === "number" && Number.isSafeInteger(subSequenceNumber)) {
      return { type, sequenceNumber, subSequenceNumber };
    }
  }
  throw new TributaryError({
    severity: "error",
    code: "STATE_INCOMPATIBLE",
    message: `The checkpoint's position of shard '${shardId}' is not one that this source writes: ${JSON.stringify(state)}`,
    shard: shardId,
    hint: "Start without it, with 'source.init.position'.",
  });
}
