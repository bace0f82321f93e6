import type {
  EnumeratorContext,
  Source,
  SourceReader,
  Split,
  SplitEnumerator,
  SplitRecords,
} from "../connector/source.js";
import { TributaryError } from "../diagnostics/error.js";
import type { JsonValue } from "../types/json-value.js";
import { GLOBAL_WINDOW_MAX_TIMESTAMP, MIN_TIMESTAMP } from "./window.js";

/** Values handed over in one poll. */
const VALUES_PER_POLL_MAX = 1_000;
const SPLIT_ID = "values";

/** A bounded source of given values in their order: one split whose position is the index of the next value. @public */
export class CreateSource<T> implements Source<T> {
  readonly boundedness = "bounded";
  readonly #values: readonly T[];
  readonly #timestampOf: ((value: T) => number) | undefined;

  /** @param timestampOf - event time in milliseconds; absent: values have none. */
  constructor(values: readonly T[], timestampOf?: (value: T) => number) {
    // What a pipeline is made of is fixed when it is built.
    this.#values = values.slice();
    this.#timestampOf = timestampOf;
  }

  createEnumerator(context: EnumeratorContext, restored?: JsonValue): SplitEnumerator {
    return {
      start() {
        if (restored === undefined) context.assign({ id: SPLIT_ID, state: 0 }, 0);
        context.noMoreSplits();
        return Promise.resolve();
      },
      splitFinished() {},
      snapshot: () => true,
      close: () => Promise.resolve(),
    };
  }

  createReader(): SourceReader<T> {
    return new CreateReader(this.#values, this.#timestampOf);
  }
}

/** @throws `OUTPUT_INVALID` for what no element may have as event time. */
function checkTimestamp(timestamp: number): number {
  if (
    typeof timestamp === "number" &&
    timestamp >= MIN_TIMESTAMP &&
    timestamp <= GLOBAL_WINDOW_MAX_TIMESTAMP
  ) {
    return timestamp;
  }
  throw new TributaryError({
    severity: "error",
    code: "OUTPUT_INVALID",
    message: `A created value has the event time ${String(timestamp)}, which is no number of milliseconds between the beginning and the end of time.`,
    value: String(timestamp),
  });
}

class CreateReader<T> implements SourceReader<T> {
  readonly #values: readonly T[];
  readonly #timestampOf: ((value: T) => number) | undefined;
  #next: number | undefined;
  #wake: (() => void) | undefined;
  #isClosed = false;
  #isComplete = false;

  constructor(values: readonly T[], timestampOf: ((value: T) => number) | undefined) {
    this.#values = values;
    this.#timestampOf = timestampOf;
  }

  addSplits(splits: readonly Split[]): void {
    this.#next = splits[0]?.state as number;
    this.#wake?.();
  }

  noMoreSplits(): void {
    this.#isComplete = true;
    this.#wake?.();
  }

  async poll(): Promise<SplitRecords<T> | undefined> {
    while (this.#next === undefined && !this.#isClosed && !this.#isComplete) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#next === undefined || this.#isClosed) return undefined;
    const from = this.#next;
    const to = Math.min(from + VALUES_PER_POLL_MAX, this.#values.length);
    const isFinished = to === this.#values.length;
    this.#next = isFinished ? undefined : to;
    const records = this.#values.slice(from, to);
    const timestampOf = this.#timestampOf;
    const timestamps = timestampOf && records.map((value) => checkTimestamp(timestampOf(value)));
    return {
      splitId: SPLIT_ID,
      records,
      ...(timestamps === undefined ? {} : { timestamps }),
      state: to,
      isFinished,
    };
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#wake?.();
    return Promise.resolve();
  }
}
