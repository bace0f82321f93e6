import { TributaryError } from "@tributary/core";
import type { JsonValue } from "@tributary/core";

import { NO_SUB_SEQUENCE, SENTINELS, isEnded, readShardState } from "../legacy/shard-state.js";
import type { ShardPosition as OldPosition, ShardState } from "../legacy/shard-state.js";
import { writeEnumeratorState } from "../streams/source/enumerator-snapshot.js";
import { TRIM_HORIZON } from "../streams/source/shard-position.js";
import type { ShardPosition } from "../streams/source/shard-position.js";
import { ShardTracker, laterShardId } from "../streams/source/shard-tracker.js";

/** What is known beside the state itself. */
export interface ConversionContext {
  /** When the checkpoint was taken, in milliseconds since 1970. */
  readonly takenAtMs: number;
  /** ARN of the stream, for states that do not hold it. */
  readonly streamArn?: string;
}

/** State of the new source in place of that of the old one. @public */
export interface ConvertedState {
  readonly enumerator: JsonValue;
  readonly shards: number;
  readonly finished: number;
}

/**
 * Turns what the old source has left in a checkpoint into state of the new one: every shard waits to be assigned, from
 * exactly behind the last record that is done, user records of aggregated ones counted. A shard that is done counts as
 * finished only if a child of it is known; otherwise its end is read again, which names the children and gives no record.
 *
 * @param entries - see `functionState`.
 * @throws `STATE_INCOMPATIBLE` if they are of another source or of several streams, or do not tell the stream's ARN.
 * @public
 */
export function convertOldState(entries: readonly JsonValue[], context: ConversionContext): ConvertedState {
  const states = entries.map(readShardState);
  const streamArn = arnOf(states, context);
  const parents = new Set(states.flatMap((state) => state.parents));
  const tracker = new ShardTracker();
  let lastSeenShardId: string | undefined;
  for (const state of states) {
    const { shardId, hashKeyRange } = state;
    lastSeenShardId = laterShardId(lastSeenShardId, shardId);
    if (isEnded(state) && parents.has(shardId)) tracker.markFinished(shardId, context.takenAtMs);
    else {
      const position = positionOf(isEnded(state) ? state.before : state.position);
      tracker.add({ shardId, parentShardIds: state.parents, hashKeyRange }, position);
    }
  }
  return {
    enumerator: writeEnumeratorState({
      streamArn,
      startMs: undefined,
      lastSeenShardId,
      end: undefined,
      tracker,
    }),
    shards: states.length,
    finished: tracker.finished.size,
  };
}

function positionOf(position: OldPosition | undefined): ShardPosition {
  const { sequenceNumber = SENTINELS.earliest, subSequenceNumber = NO_SUB_SEQUENCE } = position ?? {};
  if (/^\d+$/.test(sequenceNumber)) {
    return {
      type: "AFTER_SEQUENCE_NUMBER",
      sequenceNumber,
      ...(subSequenceNumber >= 0 && { subSequenceNumber }),
    };
  }
  const timestamp = position?.timestampMs;
  return sequenceNumber === SENTINELS.atTimestamp && timestamp !== undefined
    ? { type: "AT_TIMESTAMP", timestamp }
    : TRIM_HORIZON;
}

function arnOf(states: readonly ShardState[], { streamArn }: ConversionContext): string {
  const names = [...new Set(states.map(({ stream }) => stream))];
  const arn = streamArn ?? states.find((state) => state.streamArn !== undefined)?.streamArn;
  if (names.length === 1 && arn !== undefined) return arn;
  throw new TributaryError({
    severity: "error",
    code: "STATE_INCOMPATIBLE",
    message:
      names.length > 1
        ? `The checkpoint has shards of several streams in one source: ${names.join(", ")}`
        : "The checkpoint does not tell the ARN of the stream",
    hint: "Start fresh with 'source.init.position' = 'AT_TIMESTAMP'.",
  });
}
