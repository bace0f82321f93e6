/**
 * Reading. A {@link Source} describes what to read. Its {@link SplitEnumerator} (one for a job) finds splits, the
 * independently readable parts of the data, and assigns each to a {@link SourceReader} (one for a worker). A split's
 * state is its position: plain JSON that travels with the records and comes back at a restore.
 *
 * Who owns what: the enumerator owns splits that are not assigned; the runner owns the state of assigned splits (it
 * takes it from {@link SplitRecords.state} once the records are processed), so a checkpoint never asks a reader that
 * may be in the middle of a call; a split ends when its reader says so.
 *
 * After FLIP-27, the split-based source interface of Apache Flink.
 */
import type { JsonValue } from "../types/json-value.js";
import type { Services } from "./services.js";

/** One independently readable part of a source: a shard, a file, a number range. Plain data. @public */
export interface Split {
  /** Unique within the source for the life of the job, also over restores. */
  readonly id: string;
  /** The position to read from, in the connector's own form. */
  readonly state: JsonValue;
}

/** Records of one split, in the split's order. @public */
export interface SplitRecords<T> {
  readonly splitId: string;
  /** May be empty, for instance to report the end of the split or a new lag. */
  readonly records: readonly T[];
  /** Event timestamps the source attaches, in milliseconds, one a record; absent when it knows none. */
  readonly timestamps?: readonly number[];
  /** The split's state once all of `records` are processed. */
  readonly state: JsonValue;
  /** True when nothing follows: the split leaves the job once `records` are processed. */
  readonly isFinished?: boolean;
  /**
   * A message to the enumerator, handed over when `records` are processed and before a finished split stops holding
   * the watermark; a Kinesis reader names the child shards here so that they are known at once.
   */
  readonly notice?: JsonValue;
  /** How far the split's last record is behind the tip, in milliseconds, if the source knows. */
  readonly lagMs?: number;
}

/** Describes a source: immutable, cheap to make, opens nothing. @public */
export interface Source<T> {
  readonly boundedness: "bounded" | "unbounded";
  /**
   * @param restored - what {@link SplitEnumerator.snapshot} returned in the checkpoint restored from; absent on a
   *   fresh start.
   */
  createEnumerator(context: EnumeratorContext, restored?: JsonValue): SplitEnumerator;
  createReader(context: ReaderContext): SourceReader<T>;
  /** Position of a record in its split, for messages (for Kinesis: the sequence number). */
  describePosition?(record: T): string;
}

/** What the runner lends to an enumerator. @public */
export interface EnumeratorContext extends Services {
  /** Number of readers; their indexes are 0 to `parallelism - 1`. */
  readonly parallelism: number;
  /** Aborted when the job ends for whatever reason. */
  readonly signal: AbortSignal;
  /** Ids of splits that a restored checkpoint had assigned; the runner hands them to readers itself. */
  readonly restoredSplitIds: readonly string[];
  /**
   * Hands a split to a reader. From here on the runner owns the split's state.
   *
   * @param continues - finished splits whose data go on in this one, e.g. the parents of a shard: its watermark begins
   *   where the least of theirs has ended.
   */
  assign(split: Split, readerIndex: number, continues?: readonly string[]): void;
  /** Says that no split will ever be assigned again. With it a bounded source can end. */
  noMoreSplits(): void;
  /** Fails the job. */
  fail(error: unknown): void;
}

/** Finds splits and assigns them. All methods but `start` and `close` are called between bundles. @public */
export interface SplitEnumerator {
  /** Starts discovery. May assign before it resolves; periodic work goes on by itself until `close`. */
  start(): Promise<void>;
  /** A reader's message, see {@link SplitRecords.notice}. */
  handleNotice?(splitId: string, notice: JsonValue): void;
  /** A split ended and all its records are processed. May assign others at once, e.g. children of a shard. */
  splitFinished(splitId: string): void;
  /**
   * Is a split that continues this finished one still to be assigned, because another parent of it is being read or
   * because it is being looked for? As long as it is, also over a restore, the finished split holds the watermark.
   * Absent: never.
   */
  isContinued?(splitId: string): boolean;
  /** Everything the enumerator must know after a restore: unassigned splits, what was seen. Synchronous. */
  snapshot(): JsonValue;
  /** Idempotent; stops periodic work and releases clients. */
  close(): Promise<void>;
}

/** What the runner lends to a reader. @public */
export interface ReaderContext extends Services {
  readonly readerIndex: number;
  readonly parallelism: number;
  /** Aborted when the job ends for whatever reason. */
  readonly signal: AbortSignal;
}

/**
 * Reads the splits it was given. Calls of `poll` do not overlap. A reader may fetch ahead within a bound in bytes; it
 * stops fetching while nobody polls: that is the back-pressure.
 *
 * @public
 */
export interface SourceReader<T> {
  /**
   * False while there is, or may be, something to read that `poll` has not given: a split that was not asked yet, one
   * behind its tip. Then a job that ends when idle does not. Absent: a pending `poll` means that there is nothing.
   */
  readonly isCaughtUp?: boolean;
  /**
   * True while the split is kept from reading, or may hold something that was not fetched: it was not asked yet, its
   * calls fail or are not answered, it is behind its tip. However long such a split gives nothing, it is not idle, so
   * the watermark waits for it. Absent: never.
   */
  isBehind?(splitId: string): boolean;
  addSplits(splits: readonly Split[]): void;
  /** No split will be added again. */
  noMoreSplits(): void;
  /**
   * The next records of any split. Stays pending while there are none; resolves with `undefined` when every split is
   * finished and no more will come.
   *
   * @throws the first error that is not recoverable; the job then fails.
   */
  poll(): Promise<SplitRecords<T> | undefined>;
  /** Idempotent; never rejects. A pending `poll` resolves with `undefined`. */
  close(): Promise<void>;
}
