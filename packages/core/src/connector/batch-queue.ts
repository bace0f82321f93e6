/**
 * What an `AsyncBatchWriter` keeps its entries in until a call takes them.
 *
 * @internal
 */
export interface BatchQueue<E> {
  /** Entries that wait, and their bytes. */
  readonly records: number;
  readonly bytes: number;
  /** Those of them that {@link take} may give now, and their bytes. */
  readonly sendableRecords: number;
  readonly sendableBytes: number;
  push(entry: E): void;
  /** Puts entries that were taken, in their order, in front of all fresh ones. */
  pushRetries(entries: readonly E[]): void;
  /** Takes entries from the head up to both limits; at least one if one may be sent. */
  take(recordsMax: number, bytesMax: number): E[];
  /** These entries, taken before, are durable. @returns whether others may be sent because of it. */
  settled(entries: readonly E[]): boolean;
}
