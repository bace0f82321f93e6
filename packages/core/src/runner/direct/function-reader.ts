/**
 * Drives a push-style SourceFunction as a source with one split, whose state is what the function's `snapshot` returns.
 * An emission waits in line until the runner polls; so no checkpoint falls between emissions and the change of state,
 * and the function is held back while its earlier emissions are not accepted.
 */
import type { SourceFunction, SourceFunctionContext } from "../../connector/source-function.js";
import type {
  EnumeratorContext,
  ReaderContext,
  Source,
  SourceReader,
  Split,
  SplitEnumerator,
  SplitRecords,
} from "../../connector/source.js";
import type { JsonValue } from "../../types/json-value.js";

/** The only split of a source function. */
const FUNCTION_SPLIT_ID = "0";
/** Values after which no further emission joins a batch. */
const BATCH_VALUES_MAX = 1_000;

/** Records of a source function; empty with `isIdle` when the function has nothing to read for now. */
export interface FunctionRecords extends SplitRecords<unknown> {
  readonly isIdle?: boolean;
}

type Emit = (value: unknown, timestampMs: number) => void;

interface Section {
  readonly run: ((emit: Emit) => void) | "idle";
  readonly accepted: () => void;
  readonly failed: (error: unknown) => void;
}

/** A {@link Source} around a source function. */
export class FunctionSource implements Source<unknown> {
  readonly boundedness = "unbounded";
  readonly #createFunction: () => SourceFunction<unknown>;

  constructor(createFunction: () => SourceFunction<unknown>) {
    this.#createFunction = createFunction;
  }

  createEnumerator(context: EnumeratorContext, restored?: JsonValue): SplitEnumerator {
    return {
      start() {
        if (restored === undefined) context.assign({ id: FUNCTION_SPLIT_ID, state: null }, 0);
        context.noMoreSplits();
        return Promise.resolve();
      },
      splitFinished() {},
      snapshot: () => true,
      close: () => Promise.resolve(),
    };
  }

  createReader(context: ReaderContext): SourceReader<unknown> {
    return new FunctionReader(this.#createFunction(), context);
  }
}

class FunctionReader implements SourceReader<unknown> {
  readonly #function: SourceFunction<unknown>;
  readonly #context: ReaderContext;
  readonly #line: Section[] = [];
  /** Sections whose emissions the runner has taken and not yet finished with. */
  #taken: Section[] = [];
  #wake: (() => void) | undefined;
  #running: Promise<void> | undefined;
  #hasEnded = false;
  #isFinishedGiven = false;
  #failure: { readonly error: unknown } | undefined;
  #isClosed = false;

  constructor(fn: SourceFunction<unknown>, context: ReaderContext) {
    this.#function = fn;
    this.#context = context;
  }

  addSplits(splits: readonly Split[]): void {
    const state = splits[0]?.state;
    const context: SourceFunctionContext<unknown> = {
      ...this.#context,
      subtaskIndex: this.#context.readerIndex,
      ...(state === undefined || state === null ? {} : { restored: state as readonly JsonValue[] }),
      underCheckpointLock: (emitAndAdvance) => this.#enter(emitAndAdvance),
      markIdle: () => {
        this.#enter("idle").catch(() => {});
      },
    };
    this.#running = this.#run(context);
  }

  noMoreSplits(): void {
    if (this.#running !== undefined) return;
    this.#isFinishedGiven = true;
    this.#wake?.();
  }

  async poll(): Promise<FunctionRecords | undefined> {
    for (const section of this.#taken) section.accepted();
    this.#taken = [];
    while (this.#line.length === 0) {
      if (this.#isClosed || this.#isFinishedGiven) return undefined;
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.#hasEnded) return this.#end();
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#take();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#function.cancel();
    const error = new Error("The source function was cancelled.");
    for (const section of [...this.#taken, ...this.#line]) section.failed(error);
    this.#taken = [];
    this.#line.length = 0;
    this.#wake?.();
    await this.#running;
  }

  async #run(context: SourceFunctionContext<unknown>): Promise<void> {
    try {
      await this.#function.run(context);
    } catch (error) {
      if (!this.#isClosed) this.#failure = { error };
    }
    this.#hasEnded = true;
    this.#wake?.();
  }

  #enter(run: Section["run"]): Promise<void> {
    return new Promise((accepted, failed) => {
      if (this.#isClosed) {
        failed(new Error("The source function was cancelled."));
        return;
      }
      this.#line.push({ run, accepted, failed });
      this.#wake?.();
    });
  }

  /** Runs sections in line until there are values enough, then takes the state once for all of them. */
  #take(): FunctionRecords {
    const records: unknown[] = [];
    const timestamps: number[] = [];
    const emit: Emit = (value, timestamp) => {
      records.push(value);
      timestamps.push(timestamp);
    };
    let isIdle = false;
    while (records.length < BATCH_VALUES_MAX) {
      const section = this.#line.shift();
      if (section === undefined) break;
      this.#taken.push(section);
      isIdle = section.run === "idle";
      if (section.run !== "idle") this.#emitAndAdvance(section, section.run, emit);
    }
    return { splitId: FUNCTION_SPLIT_ID, records, timestamps, state: this.#function.snapshot(), isIdle };
  }

  /** A section that throws fails the function's call; what it emitted before is kept. */
  #emitAndAdvance(section: Section, run: (emit: Emit) => void, emit: Emit): void {
    try {
      run(emit);
    } catch (error) {
      section.failed(error);
    }
  }

  #end(): FunctionRecords {
    this.#isFinishedGiven = true;
    const state = this.#function.snapshot();
    return { splitId: FUNCTION_SPLIT_ID, records: [], state, isFinished: true };
  }
}
