import { TributaryError } from "@tributary/core";
import type { JsonValue } from "@tributary/core";

import type { HashKeyRange } from "../../client/kinesis-client.js";
import { readShardPosition } from "./shard-position.js";
import type { ShardPosition } from "./shard-position.js";

/** Where a shard of a bounded read ends. */
export interface ShardEnd {
  /** Records that arrived at this instant or later are not read. */
  readonly beforeMs: number;
  /** The shard also ends when reading has reached its tip. */
  readonly isAtTip: boolean;
}

/** The state of a split: the position, and what a reader must know of the shard. */
export interface SplitState {
  readonly position: ShardPosition;
  /** Absent in states of older versions: then no aggregated record is taken for misplaced. */
  readonly hashKeyRange?: HashKeyRange;
  readonly end?: ShardEnd;
}

/** Plain JSON: the position's fields, then the others. */
export function writeSplitState({ position, hashKeyRange, end }: SplitState): JsonValue {
  return {
    ...position,
    ...(hashKeyRange === undefined
      ? {}
      : { hashKeyRange: { first: hashKeyRange.first, last: hashKeyRange.last } }),
    ...(end === undefined ? {} : { end: { beforeMs: end.beforeMs, isAtTip: end.isAtTip } }),
  };
}

/** @throws `STATE_INCOMPATIBLE` if `state` is not one that {@link writeSplitState} writes. */
export function readSplitState(state: JsonValue, shardId: string): SplitState {
  const position = readShardPosition(state, shardId);
  const { hashKeyRange, end } = state as unknown as Partial<SplitState>;
  if (!isRange(hashKeyRange) || !isEnd(end)) {
    throw new TributaryError({
      severity: "error",
      code: "STATE_INCOMPATIBLE",
      message: `The checkpoint's state of shard '${shardId}' is not one that this source writes: ${JSON.stringify(state)}`,
      shard: shardId,
      hint: "Start without it, with 'source.init.position'.",
    });
  }
  return {
    position,
    ...(hashKeyRange === undefined ? {} : { hashKeyRange }),
    ...(end === undefined ? {} : { end }),
  };
}

function isRange(range: HashKeyRange | undefined): boolean {
  return range === undefined || [range.first, range.last].every((key) => /^\d{1,39}$/.test(key));
}

function isEnd(end: ShardEnd | undefined): boolean {
  return end === undefined || (typeof end.beforeMs === "number" && typeof end.isAtTip === "boolean");
}
