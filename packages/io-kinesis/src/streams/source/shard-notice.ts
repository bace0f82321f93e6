import type { JsonValue } from "@tributary/core";

import type { Shard } from "../../client/kinesis-client.js";

/** What a reader tells the enumerator about a shard. */
export interface ShardNotice {
  /** Given with the end of a shard that was split or merged. */
  readonly children: readonly Shard[];
  /** A bounded read has ended here, perhaps before the shard did: what continues it is not read. */
  readonly isEndReached: boolean;
  /** The consumer of enhanced fan-out does not exist any more. */
  readonly isConsumerGone?: boolean;
}

/** As plain JSON; undefined if there is nothing to tell. */
export function writeShardNotice({
  children,
  isEndReached,
  isConsumerGone,
}: ShardNotice): JsonValue | undefined {
  if (children.length === 0 && !isEndReached && isConsumerGone !== true) return undefined;
  return {
    children: children.map(({ shardId, parentShardIds, hashKeyRange: { first, last } }) => ({
      shardId,
      parentShardIds,
      hashKeyRange: { first, last },
    })),
    ...(isEndReached ? { isEndReached } : {}),
    ...(isConsumerGone === true ? { isConsumerGone } : {}),
  };
}

/** Reads what {@link writeShardNotice} wrote. */
export function readShardNotice(notice: JsonValue): ShardNotice {
  return { isEndReached: false, ...(notice as unknown as Omit<ShardNotice, "isEndReached">) };
}
