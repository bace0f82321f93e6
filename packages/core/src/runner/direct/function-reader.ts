/**
 * Drives a push-style SourceFunction as a split-based source. The function itself is one split; each part that it opens
 * is another, with a watermark of its own. Its state is one list for all of them, so it travels in the notices of
 * batches to the enumerator and stands in the enumerator's snapshot. An emission waits in line until the runner polls;
 * so no checkpoint falls between emissions and the change of state, and the function is held back while its earlier
 * emissions are not accepted.
 */
import type {
  EmissionPart,
  EmitValue,
  SourceFunction,
  SourceFunctionContext,
} from "../../connector/source-function.js";
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
import { FUNCTION_SPLIT_ID, FunctionEnumerator } from "./function-enumerator.js";
import type { FunctionNotice } from "./function-enumerator.js";

/** Values after which no further emission joins a batch. */
const BATCH_VALUES_MAX = 1_000;

/** Records of a source function; with `isIdle` when the split has nothing to read for now. */
export interface FunctionRecords extends SplitRecords<unknown> {
  readonly isIdle?: boolean;
}

type Emit = EmitValue<unknown>;

/** Something that the function asked for, in the order in which it did. */
type Section = { readonly accepted: () => void; readonly failed: (error: unknown) => void } & (
  | { readonly kind: "emit"; readonly run: (emit: Emit) => void; readonly of: EmissionPart | undefined }
  | { readonly kind: "open"; readonly parts: readonly string[] }
  | { readonly kind: "close" | "idle"; readonly part: string }
);
type EmitSection = Extract<Section, { readonly kind: "emit" }>;

/** A {@link Source} around a source function. */
export class FunctionSource implements Source<unknown> {
  readonly boundedness = "unbounded";
  readonly #createFunction: () => SourceFunction<unknown>;
  #enumerator: FunctionEnumerator | undefined;

  constructor(createFunction: () => SourceFunction<unknown>) {
    this.#createFunction = createFunction;
  }

  createEnumerator(context: EnumeratorContext, restored?: JsonValue): SplitEnumerator {
    this.#enumerator = new FunctionEnumerator(context, restored);
    return this.#enumerator;
  }

  createReader(context: ReaderContext): SourceReader<unknown> {
    return new FunctionReader(this.#createFunction(), context, () => this.#enumerator?.restored);
  }
}

class FunctionReader implements SourceReader<unknown> {
  readonly #function: SourceFunction<unknown>;
  readonly #context: ReaderContext;
  readonly #restored: () => readonly JsonValue[] | undefined;
  readonly #line: Section[] = [];
  /** Parts that have a split. */
  readonly #parts = new Set<string>();
  #hasOpened = false;
  /** Sections whose emissions the runner has taken and not yet finished with. */
  #taken: Section[] = [];
  #wake: (() => void) | undefined;
  #running: Promise<void> | undefined;
  #hasEnded = false;
  #isFinishedGiven = false;
  #failure: { readonly error: unknown } | undefined;
  #isClosed = false;
  #isCaughtUp = true;

  constructor(
    fn: SourceFunction<unknown>,
    context: ReaderContext,
    restored: () => readonly JsonValue[] | undefined,
  ) {
    this.#function = fn;
    this.#context = context;
    this.#restored = restored;
  }

  get isCaughtUp(): boolean {
    return this.#isCaughtUp || this.#hasEnded;
  }

  /** Splits of parts come from a restore, or are those that this reader has asked for. */
  addSplits(splits: readonly Split[]): void {
    for (const { id } of splits) {
      if (id === FUNCTION_SPLIT_ID) this.#start();
      else this.#parts.add(id);
    }
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
    for (const section of [...this.#taken, ...this.#line]) section.failed(cancelled());
    this.#taken = [];
    this.#line.length = 0;
    this.#wake?.();
    await this.#running;
  }

  #start(): void {
    const restored = this.#restored();
    const context: SourceFunctionContext<unknown> = {
      ...this.#context,
      subtaskIndex: this.#context.readerIndex,
      ...(restored === undefined ? {} : { restored }),
      underCheckpointLock: (run, of) =>
        new Promise((accepted, failed) => this.#enter({ kind: "emit", run, of, accepted, failed })),
      openParts: (parts) => this.#enter({ kind: "open", parts, ...UNHEARD }),
      closePart: (part) => this.#enter({ kind: "close", part, ...UNHEARD }),
      markIdle: (part = FUNCTION_SPLIT_ID) => this.#enter({ kind: "idle", part, ...UNHEARD }),
      setCaughtUp: (isCaughtUp) => {
        this.#isCaughtUp = isCaughtUp;
      },
    };
    this.#running = this.#run(context);
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

  #enter(section: Section): void {
    if (this.#isClosed) {
      section.failed(cancelled());
      return;
    }
    this.#line.push(section);
    this.#wake?.();
  }

  #take(): FunctionRecords {
    const section = this.#line[0] as Section;
    if (section.kind === "emit") return this.#takeEmissions(section.of?.part ?? FUNCTION_SPLIT_ID);
    this.#line.shift();
    switch (section.kind) {
      case "open":
        return this.#open(section.parts);
      case "close":
        this.#parts.delete(section.part);
        return { ...this.#news(section.part), isFinished: true };
      case "idle":
        return { ...this.#news(section.part), isIdle: true };
    }
  }

  /** Runs sections in line until there are values enough, then takes the state once for all of them. */
  #takeEmissions(splitId: string): FunctionRecords {
    const records: unknown[] = [];
    const timestamps: number[] = [];
    const emit: Emit = (value, timestamp) => {
      records.push(value);
      timestamps.push(timestamp);
    };
    let lagMs: number | undefined;
    while (records.length < BATCH_VALUES_MAX) {
      const section = this.#line[0];
      if (section?.kind !== "emit" || (section.of?.part ?? FUNCTION_SPLIT_ID) !== splitId) break;
      this.#line.shift();
      this.#taken.push(section);
      if (section.of?.lagMs !== undefined) lagMs = section.of.lagMs;
      this.#emitAndAdvance(section, emit);
    }
    return { ...this.#news(splitId), records, timestamps, ...(lagMs !== undefined && { lagMs }) };
  }

  /** A section that throws fails the function's call; what it emitted before is kept. */
  #emitAndAdvance(section: EmitSection, emit: Emit): void {
    try {
      section.run(emit);
    } catch (error) {
      section.failed(error);
    }
  }

  /** From here on parts hold the watermark, and the function's own split does not. */
  #open(parts: readonly string[]): FunctionRecords {
    const opened = parts.filter((part) => !this.#parts.has(part));
    if (!this.#hasOpened) {
      this.#hasOpened = true;
      for (const part of this.#parts) {
        if (!parts.includes(part)) this.#line.unshift({ kind: "close", part, ...UNHEARD });
      }
    }
    return { ...this.#news(FUNCTION_SPLIT_ID, opened), isIdle: true };
  }

  #news(splitId: string, opened: readonly string[] = []): FunctionRecords {
    const notice: FunctionNotice = {
      state: this.#function.snapshot(),
      ...(opened.length > 0 && { opened }),
    };
    return { splitId, records: [], state: null, notice: notice as unknown as JsonValue };
  }

  #end(): FunctionRecords {
    this.#isFinishedGiven = true;
    return { ...this.#news(FUNCTION_SPLIT_ID), isFinished: true };
  }
}

/** Nobody waits for such a section. */
const UNHEARD = { accepted: () => {}, failed: () => {} };

function cancelled(): Error {
  return new Error("The source function was cancelled.");
}
