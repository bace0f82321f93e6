import type { KinesisRecord, RecordBatch } from "../../client/kinesis-client.js";
import type { ShardPosition } from "./shard-position.js";

/** Records that follow each other in a shard, as the service gives them. */
export interface Fetched {
  readonly records: readonly KinesisRecord[];
  /** Position after them. */
  readonly position: ShardPosition;
  readonly millisBehindLatest: number;
  readonly childShards: RecordBatch["childShards"];
  readonly isShardEnd: boolean;
  /** Bytes that stay counted in the budget until they are given back. */
  readonly bytes: number;
  /** User records of the first record, up to and with this one, were done before. */
  readonly doneThrough?: { readonly sequenceNumber: string; readonly subSequenceNumber: number };
}

/** Delivers one shard in order, by asking for records or by being sent them. */
export interface ShardFeed {
  /** Position after what was delivered. */
  readonly position: ShardPosition;
  /** What was asked of the service last, for messages. */
  readonly operation: string;
  /**
   * The next records, perhaps none.
   *
   * @throws the service's error if the shard or stream is gone, or if retries are exhausted.
   */
  fetch(): Promise<Fetched>;
  /** How long to leave the shard alone after an answer. */
  pauseMs(fetched: Fetched): number;
  /** Releases what it holds of the network. Idempotent. */
  close(): void;
}

/** The end of a shard that has nothing more to say. */
export function endedAt(position: ShardPosition): Fetched {
  return { records: [], position, millisBehindLatest: 0, childShards: [], isShardEnd: true, bytes: 0 };
}

/**
 * Finds what restored positions miss. A reader starts at the last record that is done, not behind it: if that record
 * does not come first, retention has removed it and perhaps what followed, which the service does not say otherwise.
 */
export class ContinuityCheck {
  #done: { readonly sequenceNumber: string; readonly subSequenceNumber?: number } | undefined;

  /** Reading starts at this record. */
  expect(done: { readonly sequenceNumber: string; readonly subSequenceNumber?: number }): void {
    this.#done = done;
  }

  /** Leaves out what is done. Calls `onGap` if the record that was expected is gone. */
  check(
    records: readonly KinesisRecord[],
    onGap: (done: string, first: string) => void,
  ): { readonly records: readonly KinesisRecord[]; readonly doneThrough?: Fetched["doneThrough"] } {
    const [first] = records;
    const done = this.#done;
    if (done === undefined || first === undefined) return { records };
    this.#done = undefined;
    const { sequenceNumber, subSequenceNumber } = done;
    if (first.sequenceNumber !== sequenceNumber) {
      if (BigInt(first.sequenceNumber) > BigInt(sequenceNumber)) onGap(sequenceNumber, first.sequenceNumber);
      return { records };
    }
    if (subSequenceNumber === undefined) return { records: records.slice(1) };
    return { records, doneThrough: { sequenceNumber, subSequenceNumber } };
  }
}
