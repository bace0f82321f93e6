import type { Source } from "../connector/source.js";
import { TributaryError } from "../diagnostics/error.js";
import type { Deserializer, WatermarkAssigner } from "../pipeline/graph.js";
import type { TimestampedValue } from "../pipeline/reified.js";
import { MAX_TIMESTAMP, MIN_TIMESTAMP } from "../pipeline/window.js";
import { parseStreamText } from "./stream-text.js";
import { TestScript, TestStreamSource, type TestEvent } from "./test-stream-source.js";
import type { VirtualClock } from "./virtual-clock.js";

/** An event without its place in the order. */
type Played = TestEvent extends infer E ? (E extends unknown ? Omit<E, "order"> : never) : never;

/**
 * A scripted unbounded source: elements, watermarks and moves of the clock one after the other, each played when the
 * pipeline has dealt with the one before. When all are played the stream has ended, and its watermark with it.
 *
 * ```ts
 * const stream = new TestStream<string>()
 *   .at(3, "a", "b")
 *   .advanceWatermarkTo(10)
 *   .advanceProcessingTime(1_000)
 *   .at(4, "late")
 *   .advanceWatermarkToInfinity();
 * const events = pipeline.play("events", stream);
 * ```
 *
 * Every method throws `PIPELINE_INVALID` for what cannot be: an element at the end of time, a watermark or a clock that
 * goes back. After the Apache Beam model.
 *
 * @public
 */
export class TestStream<T> {
  readonly source: Source<T>;
  readonly options: { readonly deserializer: Deserializer; readonly watermarks: WatermarkAssigner };
  readonly #script: TestScript;
  readonly #events: TestEvent[] = [];
  #watermark = MIN_TIMESTAMP;

  /**
   * @param options - `inStepWith`: events of both streams are played in the order in which they were added to either,
   *   and both end when all are played. Streams without it play side by side.
   */
  constructor(options: { readonly inStepWith?: TestStream<unknown> } = {}) {
    this.#script = options.inStepWith === undefined ? new TestScript() : options.inStepWith.#script;
    this.source = new TestStreamSource(this.#script, this.#events) as unknown as Source<T>;
    this.options = playing();
  }

  /**
   * A stream from a text, event after event between bars: elements as `name:timestamp`, or `name` alone for one at the
   * watermark; `>10` moves the watermark, `>>` to the end of time, `+1000` the clock by milliseconds.
   *
   * ```ts
   * TestStream.of("a:3 b:9 | >10 | late:4 | +1000 | >>");
   * TestStream.of("x:1 | >> ", (name) => ({ key: name, value: 1 }));
   * ```
   *
   * @param valueOf - makes an element of its name; absent: the name is the element.
   */
  static of(text: string): TestStream<string>;
  static of<T>(text: string, valueOf: (name: string) => T): TestStream<T>;
  static of(text: string, valueOf: (name: string) => unknown = (name) => name): TestStream<unknown> {
    const stream = new TestStream<unknown>();
    for (const event of parseStreamText(text)) {
      if (event.kind === "watermark") stream.advanceWatermarkTo(event.watermark);
      else if (event.kind === "end") stream.advanceWatermarkToInfinity();
      else if (event.kind === "clock") stream.advanceProcessingTime(event.byMs);
      else {
        stream.addAt(
          ...event.elements.map(({ name, timestamp = stream.#watermark }) => ({
            value: valueOf(name),
            timestamp,
          })),
        );
      }
    }
    return stream;
  }

  /** Elements with the current watermark as event time, as one bundle. */
  add(...values: readonly T[]): this {
    return this.at(this.#watermark, ...values);
  }

  /** Elements with one event time (milliseconds), as one bundle. */
  at(timestamp: number, ...values: readonly T[]): this {
    return this.#add(values.map((value) => ({ value, timestamp })));
  }

  /** Elements with event times of their own, as one bundle. */
  addAt(...elements: readonly TimestampedValue<T>[]): this {
    return this.#add(elements);
  }

  #add(elements: readonly TimestampedValue<T>[]): this {
    for (const { timestamp } of elements) {
      if (!(timestamp >= MIN_TIMESTAMP && timestamp < MAX_TIMESTAMP)) {
        throw invalid(`No element may have the timestamp ${timeText(timestamp)}.`, timestamp);
      }
    }
    return this.#play({
      kind: "elements",
      values: elements.map((element) => element.value),
      timestamps: elements.map((element) => element.timestamp),
      watermark: this.#watermark,
    });
  }

  /** Promises that no element before `watermark` (milliseconds) follows. */
  advanceWatermarkTo(watermark: number): this {
    if (!(watermark < MAX_TIMESTAMP)) {
      throw invalid(
        `The watermark cannot be moved to ${timeText(watermark)}; advanceWatermarkToInfinity() alone gets there.`,
        watermark,
      );
    }
    return this.#moveTo(watermark);
  }

  /** Promises that no element follows. */
  advanceWatermarkToInfinity(): this {
    return this.#moveTo(MAX_TIMESTAMP);
  }

  /** Moves the processing time on, by a number of milliseconds; timers that come due on the way fire in their order. */
  advanceProcessingTime(byMs: number): this;
  /** The same for a clock that is not the job's own. */
  advanceProcessingTime(clock: VirtualClock, byMs: number): this;
  advanceProcessingTime(first: VirtualClock | number, second?: number): this {
    const byMs = typeof first === "number" ? first : (second ?? Number.NaN);
    if (!(Number.isFinite(byMs) && byMs >= 0)) {
      throw invalid(`The processing time cannot be moved by ${byMs} ms.`, byMs);
    }
    return this.#play({ kind: "clock", byMs, ...(typeof first === "number" ? {} : { clock: first }) });
  }

  #moveTo(watermark: number): this {
    if (!(watermark > this.#watermark)) {
      throw invalid(
        `The watermark moves forward only: it is at ${timeText(this.#watermark)} and cannot go to ${timeText(watermark)}.`,
        watermark,
      );
    }
    this.#watermark = watermark;
    return this.#play({ kind: "watermark", watermark });
  }

  #play(event: Played): this {
    this.#events.push({ ...event, order: this.#script.nextOrder() });
    return this;
  }
}

/** Turns events into their elements; the watermark is that of the last event. */
export function playing(): TestStream<unknown>["options"] {
  let watermark = MIN_TIMESTAMP;
  return {
    deserializer: {
      deserialize(batch, output) {
        for (const event of batch.records as readonly TestEvent[]) {
          if (event.kind === "clock") continue;
          watermark = event.watermark;
          if (event.kind === "watermark") continue;
          for (const value of event.values) output.values.push(value);
          for (const timestamp of event.timestamps) output.timestamps.push(timestamp);
        }
        return 0;
      },
    },
    watermarks: { assign: () => watermark },
  };
}

function timeText(timestamp: number): string {
  if (timestamp >= MAX_TIMESTAMP) return "the end of time";
  return timestamp === MIN_TIMESTAMP ? "the beginning of time" : `${timestamp} ms`;
}

function invalid(message: string, value: number): TributaryError {
  return new TributaryError({ severity: "error", code: "PIPELINE_INVALID", message, value: String(value) });
}
