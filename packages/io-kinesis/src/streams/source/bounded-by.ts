import type { Fetched } from "./shard-feed.js";
import type { ShardEnd } from "./split-state.js";

/** An answer, cut where a bounded read ends. */
export interface BoundedAnswer {
  readonly fetched: Fetched;
  /** The read ends with this answer, whether the shard does or not. */
  readonly isEndReached: boolean;
}

/**
 * Cuts an answer at the end of a bounded read: before the first record that arrived too late, and behind an answer at
 * the tip if nothing that belongs to the read can still come.
 */
export function boundedBy(fetched: Fetched, end: ShardEnd | undefined, nowMs: number): BoundedAnswer {
  if (end === undefined) return { fetched, isEndReached: false };
  const { records } = fetched;
  const late = records.findIndex(({ arrivalMs }) => arrivalMs >= end.beforeMs);
  const isAtTip = fetched.millisBehindLatest === 0 && (end.isAtTip || nowMs >= end.beforeMs);
  if (late < 0) {
    if (fetched.isShardEnd || !isAtTip) return { fetched, isEndReached: false };
    return { fetched: { ...fetched, isShardEnd: true }, isEndReached: true };
  }
  const kept = records.slice(0, late);
  const last = kept.at(-1);
  return {
    fetched: {
      ...fetched,
      records: kept,
      ...(last !== undefined && {
        position: { type: "AFTER_SEQUENCE_NUMBER", sequenceNumber: last.sequenceNumber },
      }),
      childShards: [],
      isShardEnd: true,
    },
    isEndReached: true,
  };
}
