import type {
  EnumeratorContext,
  ReaderContext,
  Source,
  SourceReader,
  Split,
  SplitEnumerator,
  SplitRecords,
} from "../connector/source.js";
import type { Clock } from "../connector/services.js";
import type { JsonValue } from "../types/json-value.js";
import type { WatermarkAssigner } from "./graph.js";
import { MIN_TIMESTAMP } from "./window.js";

/** Elements handed over in one poll. */
const ELEMENTS_PER_POLL_MAX = 1_000;
const SPLIT_ID = "sequence";

/** What a sequence consists of. `index` counts from 0. */
export interface SequencePlan<T> {
  readonly isBounded: boolean;
  /** Number of elements; may be infinite. */
  readonly countOf: (startedAt: number) => number;
  readonly valueOf: (index: number, startedAt: number) => T;
  /** Event time in milliseconds; absent: elements have none. */
  readonly timestampOf?: (index: number, startedAt: number, now: number) => number;
  /** Processing time at which an element comes; absent: at once. Never goes back. */
  readonly dueAt?: (index: number, startedAt: number) => number;
}

/** Where a sequence stands: number of the next element, and when the job began. */
interface Position {
  readonly next: number;
  readonly startedAt: number;
}

/** A source of computed elements in one split, at once or by the clock. After a restore it catches up. */
export class SequenceSource<T> implements Source<T> {
  readonly boundedness: "bounded" | "unbounded";
  readonly #plan: SequencePlan<T>;

  constructor(plan: SequencePlan<T>) {
    this.#plan = plan;
    this.boundedness = plan.isBounded ? "bounded" : "unbounded";
  }

  createEnumerator(context: EnumeratorContext, restored?: JsonValue): SplitEnumerator {
    return {
      start() {
        if (restored === undefined) {
          context.assign({ id: SPLIT_ID, state: { next: 0, startedAt: context.clock.now() } }, 0);
        }
        context.noMoreSplits();
        return Promise.resolve();
      },
      splitFinished() {},
      snapshot: () => true,
      close: () => Promise.resolve(),
    };
  }

  createReader({ clock }: ReaderContext): SourceReader<T> {
    return new SequenceReader(this.#plan, clock);
  }
}

/** The watermark of a sequence is the event time of its last element. */
export const SEQUENCE_WATERMARKS: WatermarkAssigner = {
  assign: (values, timestamps) => {
    let latest = MIN_TIMESTAMP;
    for (let i = 0; i < values.length; i++) latest = Math.max(latest, timestamps[i] as number);
    return latest;
  },
};

class SequenceReader<T> implements SourceReader<T> {
  readonly #plan: SequencePlan<T>;
  readonly #clock: Clock;
  readonly #closing = new AbortController();
  #position: Position | undefined;
  #isComplete = false;
  #wake: (() => void) | undefined;

  constructor(plan: SequencePlan<T>, clock: Clock) {
    this.#plan = plan;
    this.#clock = clock;
  }

  addSplits(splits: readonly Split[]): void {
    this.#position = splits[0]?.state as unknown as Position;
    this.#wake?.();
  }

  noMoreSplits(): void {
    this.#isComplete = true;
    this.#wake?.();
  }

  async poll(): Promise<SplitRecords<T> | undefined> {
    const { signal } = this.#closing;
    while (this.#position === undefined && !signal.aborted && !this.#isComplete) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const position = this.#position;
    if (position === undefined || signal.aborted || !(await this.#isDue(position))) return undefined;
    const { countOf, valueOf } = this.#plan;
    const end = this.#end(position);
    const records: T[] = [];
    for (let index = position.next; index < end; index++) records.push(valueOf(index, position.startedAt));
    const state = { next: end, startedAt: position.startedAt };
    const isFinished = end >= countOf(position.startedAt);
    this.#position = isFinished ? undefined : state;
    const timestamps = this.#timestamps(position, end);
    return {
      splitId: SPLIT_ID,
      records,
      ...(timestamps === undefined ? {} : { timestamps }),
      state,
      isFinished,
    };
  }

  close(): Promise<void> {
    this.#closing.abort();
    this.#wake?.();
    return Promise.resolve();
  }

  /** Waits for the next element; `false` when the reader was closed meanwhile. */
  async #isDue({ next, startedAt }: Position): Promise<boolean> {
    const { countOf, dueAt } = this.#plan;
    if (dueAt === undefined || next >= countOf(startedAt)) return true;
    const { signal } = this.#closing;
    for (let wait = dueAt(next, startedAt) - this.#clock.now(); wait > 0;) {
      try {
        await this.#clock.sleep(wait, signal);
      } catch (error) {
        if (signal.aborted) return false;
        throw error;
      }
      wait = dueAt(next, startedAt) - this.#clock.now();
    }
    return !signal.aborted;
  }

  /** Number of the first element that is not to be given now. */
  #end({ next, startedAt }: Position): number {
    const { countOf, dueAt } = this.#plan;
    const most = Math.min(next + ELEMENTS_PER_POLL_MAX, countOf(startedAt));
    if (dueAt === undefined) return most;
    const now = this.#clock.now();
    let end = next;
    while (end < most && dueAt(end, startedAt) <= now) end += 1;
    return end;
  }

  #timestamps({ next, startedAt }: Position, end: number): readonly number[] | undefined {
    const { timestampOf } = this.#plan;
    if (timestampOf === undefined) return undefined;
    const now = this.#clock.now();
    return Array.from({ length: end - next }, (_, offset) => timestampOf(next + offset, startedAt, now));
  }
}
