/**
 * Behind a TestStream: a source of one split that plays one event after the other. The runner polls again only when it
 * has dealt with the last one, so a poll is the moment at which the pipeline is quiet.
 */
import type { Clock } from "../connector/services.js";
import type {
  EnumeratorContext,
  ReaderContext,
  Source,
  SourceReader,
  Split,
  SplitEnumerator,
  SplitRecords,
} from "../connector/source.js";
import { TributaryError } from "../diagnostics/error.js";
import type { JsonValue } from "../types/json-value.js";
import { VirtualClock } from "./virtual-clock.js";

const SPLIT_ID = "stream";

/** What a stream does. `order` counts the events of all streams that play in step. */
export type TestEvent = { readonly order: number } & (
  | {
      readonly kind: "elements";
      readonly values: readonly unknown[];
      readonly timestamps: readonly number[];
      /** The stream's watermark at the event. */
      readonly watermark: number;
    }
  | { readonly kind: "watermark"; readonly watermark: number }
  | { readonly kind: "clock"; readonly byMs: number; readonly clock?: VirtualClock }
);

/** The order of events over the streams that play in step. */
export class TestScript {
  readonly #readers = new Set<TestStreamReader>();
  #events = 0;

  nextOrder(): number {
    return this.#events++;
  }

  join(reader: TestStreamReader): void {
    this.#readers.add(reader);
  }

  leave(reader: TestStreamReader): void {
    this.#readers.delete(reader);
    this.wakeAll();
  }

  /** Is every event before this one over, in every stream that is read? */
  isTurnOf(reader: TestStreamReader): boolean {
    return [...this.#readers].every((one) => one === reader || one.order >= reader.order);
  }

  wakeAll(): void {
    for (const reader of this.#readers) reader.wake();
  }
}

/** Plays the events of one stream; they may be added until the job starts. */
export class TestStreamSource implements Source<unknown> {
  readonly boundedness = "unbounded";
  readonly script: TestScript;
  readonly events: readonly TestEvent[];

  constructor(script: TestScript, events: readonly TestEvent[]) {
    this.script = script;
    this.events = events;
  }

  createEnumerator(context: EnumeratorContext, restored?: JsonValue): SplitEnumerator {
    return {
      start: async () => {
        if (restored === undefined) context.assign({ id: SPLIT_ID, state: 0 }, 0);
        context.noMoreSplits();
      },
      splitFinished() {},
      snapshot: () => true,
      close: () => Promise.resolve(),
    };
  }

  createReader(context: ReaderContext): SourceReader<unknown> {
    return new TestStreamReader(this, context.clock);
  }
}

/** Position: number of events that were played. */
class TestStreamReader implements SourceReader<unknown> {
  readonly #source: TestStreamSource;
  readonly #clock: Clock;
  #position: number | undefined;
  #isPlaying = false;
  #isComplete = false;
  #isClosed = false;
  /** True once the end of the stream was told. */
  #isOver = false;
  #wake: (() => void) | undefined;

  constructor(source: TestStreamSource, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
    source.script.join(this);
  }

  /** Of the event that is next, or being dealt with; infinite when all are over. */
  get order(): number {
    if (this.#isClosed || this.#isOver) return Number.POSITIVE_INFINITY;
    return this.#source.events[this.#position ?? 0]?.order ?? Number.POSITIVE_INFINITY;
  }

  wake(): void {
    this.#wake?.();
  }

  addSplits(splits: readonly Split[]): void {
    this.#position = splits[0]?.state as number;
    this.wake();
  }

  noMoreSplits(): void {
    this.#isComplete = true;
    this.wake();
  }

  async poll(): Promise<SplitRecords<unknown> | undefined> {
    const { script, events } = this.#source;
    if (this.#isPlaying) {
      this.#isPlaying = false;
      this.#position = (this.#position ?? 0) + 1;
      script.wakeAll();
    }
    while (!this.#isClosed && !this.#mayPlay()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    if (this.#isClosed || this.#isOver || this.#position === undefined) {
      this.#isOver = true;
      script.wakeAll();
      return undefined;
    }
    const event = events[this.#position];
    if (event === undefined) {
      this.#isOver = true;
      return { splitId: SPLIT_ID, records: [], state: events.length, isFinished: true };
    }
    this.#isPlaying = true;
    const state = this.#position + 1;
    if (event.kind !== "clock") return { splitId: SPLIT_ID, records: [event], state };
    await advance(event.clock ?? this.#clock, event.byMs);
    return { splitId: SPLIT_ID, records: [], state };
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#source.script.leave(this);
    this.wake();
    return Promise.resolve();
  }

  #mayPlay(): boolean {
    if (this.#isOver) return true;
    return this.#position === undefined ? this.#isComplete : this.#source.script.isTurnOf(this);
  }
}

function advance(clock: Clock, byMs: number): Promise<void> {
  if (clock instanceof VirtualClock) return clock.advance(byMs);
  throw new TributaryError({
    severity: "error",
    code: "PIPELINE_INVALID",
    message: "A TestStream advances the processing time, and the job's clock cannot be moved.",
    hint: "Run it with a VirtualClock: run({ clock: new VirtualClock() }).",
  });
}
