import type { Shard } from "../../client/kinesis-client.js";
import type { ShardPosition } from "./shard-position.js";

/** A shard that was found and is not finished. */
export interface TrackedShard {
  readonly shard: Shard;
  /** Where reading starts; once assigned, the runner knows better. */
  readonly position: ShardPosition;
  isAssigned: boolean;
}

/**
 * What is known about the shards of a stream: those to read, which of them are assigned, and those that are over.
 *
 * A shard may be assigned when none of its parents is still to be read, so that the records of one key keep their
 * order over a split or merge. A parent that was never seen holds nobody back.
 */
export class ShardTracker {
  readonly #shards = new Map<string, TrackedShard>();
  /** Id of a finished shard to the time it was over. Kept so that a later listing does not bring it back. */
  readonly #finished = new Map<string, number>();

  /** Takes a shard that was not seen before. */
  add(shard: Shard, position: ShardPosition, isAssigned = false): void {
    if (this.#shards.has(shard.shardId) || this.#finished.has(shard.shardId)) return;
    this.#shards.set(shard.shardId, { shard, position, isAssigned });
  }

  /** Shards that may be assigned now, in the order in which they were found. */
  assignable(): readonly TrackedShard[] {
    return [...this.#shards.values()].filter(
      ({ shard, isAssigned }) => !isAssigned && !shard.parentShardIds.some((id) => this.#shards.has(id)),
    );
  }

  markAssigned(shardId: string): void {
    const tracked = this.#shards.get(shardId);
    if (tracked !== undefined) tracked.isAssigned = true;
  }

  markFinished(shardId: string, nowMs: number): void {
    this.#shards.delete(shardId);
    this.#finished.set(shardId, nowMs);
  }

  /** Was the shard found, whether it is finished or not? */
  isKnown(shardId: string): boolean {
    return this.#shards.has(shardId) || this.#finished.has(shardId);
  }

  hasChildOf(shardId: string): boolean {
    for (const { shard } of this.#shards.values()) if (shard.parentShardIds.includes(shardId)) return true;
    return false;
  }

  /** Is a child of the shard known that is not assigned yet? */
  hasWaitingChildOf(shardId: string): boolean {
    for (const { shard, isAssigned } of this.#shards.values()) {
      if (!isAssigned && shard.parentShardIds.includes(shardId)) return true;
    }
    return false;
  }

  /** Forgets shards that were over before `ms`: the service does not list them any more. */
  forgetFinishedBefore(ms: number): void {
    for (const [shardId, finishedMs] of this.#finished) if (finishedMs < ms) this.#finished.delete(shardId);
  }

  get shards(): readonly TrackedShard[] {
    return [...this.#shards.values()];
  }

  get finished(): ReadonlyMap<string, number> {
    return this.#finished;
  }
}

/** Shard ids grow, but not in length: `shardId-000000000010` comes after `shardId-000000000009`. */
export function laterShardId(left: string | undefined, right: string): string {
  if (left === undefined) return right;
  if (left.length !== right.length) return left.length > right.length ? left : right;
  return left > right ? left : right;
}
