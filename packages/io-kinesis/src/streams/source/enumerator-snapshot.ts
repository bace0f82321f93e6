import { TributaryError } from "@tributary/core";
import type { JsonValue } from "@tributary/core";

import type { Shard } from "../../client/kinesis-client.js";
import { readShardPosition } from "./shard-position.js";
import { ShardTracker } from "./shard-tracker.js";
import type { ShardEnd } from "./split-state.js";

const VERSION = 1;

/** What the enumerator must know after a restore. */
export interface EnumeratorState {
  readonly streamArn: string;
  /** The instant that LATEST or a timestamp stood for at the first discovery. */
  readonly startMs: number | undefined;
  readonly lastSeenShardId: string | undefined;
  /** Where a bounded read ends. */
  readonly end: ShardEnd | undefined;
  readonly tracker: ShardTracker;
}

interface StoredShard {
  readonly id: string;
  readonly parents: readonly string[];
  readonly first: string;
  readonly last: string;
  readonly assigned: boolean;
  readonly position: JsonValue;
}

interface StoredState {
  readonly version: number;
  readonly streamArn: string;
  readonly startMs?: number;
  readonly lastSeen?: string;
  readonly end?: ShardEnd;
  readonly shards: readonly StoredShard[];
  readonly finished: readonly (readonly [string, number])[];
}

export function writeEnumeratorState(state: EnumeratorState): JsonValue {
  return {
    version: VERSION,
    streamArn: state.streamArn,
    ...(state.startMs === undefined ? {} : { startMs: state.startMs }),
    ...(state.lastSeenShardId === undefined ? {} : { lastSeen: state.lastSeenShardId }),
    ...(state.end === undefined ? {} : { end: { beforeMs: state.end.beforeMs, isAtTip: state.end.isAtTip } }),
    shards: state.tracker.shards.map(({ shard, position, isAssigned }) => ({
      id: shard.shardId,
      parents: shard.parentShardIds,
      first: shard.hashKeyRange.first,
      last: shard.hashKeyRange.last,
      assigned: isAssigned,
      position,
    })),
    finished: [...state.tracker.finished],
  };
}

/**
 * Reads what {@link writeEnumeratorState} wrote. A shard that had been assigned and that the runner does not hold any
 * more has ended between its last record and the checkpoint: it counts as finished.
 *
 * @param restoredSplitIds - splits that the runner hands to readers itself.
 * @throws `STATE_INCOMPATIBLE` if the checkpoint is of another stream or another form.
 */
export function readEnumeratorState(
  restored: JsonValue,
  streamArn: string,
  restoredSplitIds: readonly string[],
  nowMs: number,
): EnumeratorState {
  const stored = restored as unknown as StoredState;
  if (stored?.version !== VERSION) throw incompatible("has a form that this version does not read");
  if (stored.streamArn !== streamArn) {
    throw incompatible(`was made from '${stored.streamArn}', and the table now reads '${streamArn}'`);
  }
  const tracker = new ShardTracker();
  const held = new Set(restoredSplitIds);
  for (const [shardId, finishedMs] of stored.finished) tracker.markFinished(shardId, finishedMs);
  for (const one of stored.shards) {
    if (one.assigned && !held.has(one.id)) tracker.markFinished(one.id, nowMs);
    else tracker.add(shardOf(one), readShardPosition(one.position, one.id), held.has(one.id));
  }
  return { streamArn, startMs: stored.startMs, lastSeenShardId: stored.lastSeen, end: stored.end, tracker };
}

/** What tools show of a checkpoint. */
export interface StoredShards {
  /** Name of the stream. */
  readonly stream: string;
  readonly shards: readonly Pick<StoredShard, "id" | "assigned" | "position">[];
  /** Ids of finished shards. */
  readonly finished: readonly string[];
}

/** @returns undefined if the state is not one of this source. */
export function readStoredShards(enumerator: JsonValue): StoredShards | undefined {
  const stored = enumerator as unknown as Partial<StoredState> | null;
  if (stored?.version !== VERSION || typeof stored.streamArn !== "string") return undefined;
  if (!Array.isArray(stored.shards) || !Array.isArray(stored.finished)) return undefined;
  const { streamArn, shards, finished } = stored as StoredState;
  return { stream: streamArn.split("/").at(-1) ?? streamArn, shards, finished: finished.map(([id]) => id) };
}

function shardOf(stored: StoredShard): Shard {
  return {
    shardId: stored.id,
    parentShardIds: stored.parents,
    hashKeyRange: { first: stored.first, last: stored.last },
  };
}

function incompatible(why: string): TributaryError {
  return new TributaryError({
    severity: "error",
    code: "STATE_INCOMPATIBLE",
    message: `The checkpoint's state of the Kinesis source ${why}`,
    hint: "Start anew, or restore a checkpoint of this stream.",
  });
}
