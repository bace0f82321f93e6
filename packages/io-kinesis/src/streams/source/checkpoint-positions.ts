import type { JsonValue, SplitSnapshot } from "@tributary/core";

import { readStoredShards } from "./enumerator-snapshot.js";
import type { ShardPosition } from "./shard-position.js";
import { readShardPosition } from "./shard-position.js";
import { partsOf } from "./stream-set.js";

/** Where a checkpoint stands in one shard. @public */
export interface CheckpointPosition {
  /** Name of the stream. */
  readonly stream: string;
  readonly shard: string;
  /** The last record that is done; null before the first, and of a finished shard. */
  readonly sequenceNumber: string | null;
  /** The last user record of an aggregated record that is done; null where whole records are. */
  readonly subSequenceNumber: number | null;
  /** True: the shard is read to its end. */
  readonly finished: boolean;
  /** Where a shard without a sequence number starts: `TRIM_HORIZON`, or `AT_TIMESTAMP:` and milliseconds since 1970. */
  readonly position?: string;
}

/**
 * The positions that a checkpoint holds of a source `kinesis`: of shards that are being read, of those that wait for
 * their parents, and the shards that are finished. As JSON lines they are what `source.init.positions` takes.
 *
 * @param enumerator - state of the source's enumerator.
 * @returns undefined if the checkpoint's source is another one.
 * @public
 */
export function checkpointPositions(
  enumerator: JsonValue,
  splits: readonly Pick<SplitSnapshot, "id" | "state" | "isOver">[],
): readonly CheckpointPosition[] | undefined {
  const { streams } = (enumerator ?? {}) as { readonly streams?: Readonly<Record<string, JsonValue>> };
  if (streams === undefined) return positionsOfStream(enumerator, splits);
  return Object.entries(streams).flatMap(([name, state]) => {
    const own = splits.flatMap((split) => {
      const { stream, shardId } = partsOf(split.id);
      return stream === name ? [{ ...split, id: shardId }] : [];
    });
    return positionsOfStream(state, own) ?? [];
  });
}

function positionsOfStream(
  enumerator: JsonValue,
  splits: readonly Pick<SplitSnapshot, "id" | "state" | "isOver">[],
): readonly CheckpointPosition[] | undefined {
  const stored = readStoredShards(enumerator);
  if (stored === undefined) return undefined;
  const { stream } = stored;
  const found = new Map<string, CheckpointPosition>();
  const held = new Set(splits.map(({ id }) => id));
  for (const shard of stored.finished) found.set(shard, finished(stream, shard));
  for (const { id, assigned, position } of stored.shards) {
    // One that was assigned and is not held any more has ended.
    if (assigned && !held.has(id)) found.set(id, finished(stream, id));
    else if (!assigned) found.set(id, unfinished(stream, id, readShardPosition(position, id)));
  }
  for (const { id, state, isOver } of splits) {
    found.set(
      id,
      isOver === true ? finished(stream, id) : unfinished(stream, id, readShardPosition(state, id)),
    );
  }
  return [...found.values()].toSorted((left, right) => (left.shard < right.shard ? -1 : 1));
}

function finished(stream: string, shard: string): CheckpointPosition {
  return { stream, shard, sequenceNumber: null, subSequenceNumber: null, finished: true };
}

function unfinished(stream: string, shard: string, position: ShardPosition): CheckpointPosition {
  if (position.type === "AFTER_SEQUENCE_NUMBER") {
    const { sequenceNumber, subSequenceNumber = null } = position;
    return { stream, shard, sequenceNumber, subSequenceNumber, finished: false };
  }
  return {
    stream,
    shard,
    sequenceNumber: null,
    subSequenceNumber: null,
    finished: false,
    position: position.type === "AT_TIMESTAMP" ? `AT_TIMESTAMP:${position.timestamp}` : position.type,
  };
}
