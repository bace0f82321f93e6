import type { Clock } from "../../../connector/services.js";
import type { Source } from "../../../connector/source.js";
import type { WaitOptions } from "../waiting.js";

/** What the kit asks data for. @public */
export interface SourceDemand {
  /** Splits that the data should have. */
  readonly splits: number;
  /** Records in each, so many at least. */
  readonly records: number;
  /** Readers that will read it, for sources that split by the number of readers. */
  readonly parallelism: number;
}

/** Data that is ready to be read, and the way to read it. @public */
export interface SourceSubject<T> {
  /** A new source over the same data, as a restarted job makes one. */
  source(): Source<T>;
  /** The records as {@link SourceHarness.identify} names them: a list for each split, in the split's order. */
  readonly expected: readonly (readonly string[])[];
}

/** The record that a subject's source reads. @public */
export type RecordOf<S> = S extends SourceSubject<infer T> ? T : never;

/**
 * What a plugin author supplies to have a source checked. Optional functions switch on the cases that need them.
 *
 * @typeParam S - the author's own subject, e.g. with a client in it.
 * @public
 */
export interface SourceHarness<S extends SourceSubject<unknown>> {
  /** Stands in the name of each case. */
  readonly name: string;
  readonly boundedness: Source<unknown>["boundedness"];
  /** Makes fresh data. Every case begins with one call. */
  readonly create: (demand: SourceDemand) => S | Promise<S>;
  /** A text that is different for every record of one subject. */
  readonly identify: (record: RecordOf<S>) => string;
  /**
   * Records a split gets. Default 60. Take a number that makes at least three batches of a split, or positions are not
   * put to the test.
   */
  readonly recordsPerSplit?: number;
  /** Does the source tell the position of a record? Default true; false for one that makes rows out of nothing. */
  readonly describesPositions?: boolean;
  /** Adds records while the source is read. @returns their names. */
  readonly append?: (subject: S, records: number) => readonly string[] | Promise<readonly string[]>;
  /** Ends all splits of an unbounded source, e.g. closes its shards. */
  readonly end?: (subject: S) => void | Promise<void>;
  /** Makes every read from now on fail for good. */
  readonly failReads?: (subject: S) => void | Promise<void>;
  /** Records fetched from outside so far. Needs {@link prefetchedRecordsMax}. */
  readonly fetched?: (subject: S) => number;
  /** Most records that the source may fetch ahead of the polls. */
  readonly prefetchedRecordsMax?: number;
  /** Files, sockets, clients that are open now. */
  readonly openHandles?: (subject: S) => number | Promise<number>;
  /** Clears up. */
  readonly dispose?: (subject: S) => void | Promise<void>;
  /** The clock that sources get; the machine's with timers that are due sooner by default. */
  readonly clock?: Clock;
  readonly wait?: WaitOptions;
}
