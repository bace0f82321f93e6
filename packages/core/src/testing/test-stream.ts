import type { Source } from "../connector/source.js";
import { invariant } from "../diagnostics/error.js";
import type { Deserializer, WatermarkAssigner } from "../pipeline/graph.js";
import { MAX_TIMESTAMP, MIN_TIMESTAMP } from "../pipeline/window.js";
import { ScriptedSource, type ScriptedBatch } from "./scripted-source.js";
import type { VirtualClock } from "./virtual-clock.js";

type TestEvent =
  | { readonly kind: "add"; readonly values: readonly unknown[]; readonly timestamps: readonly number[] }
  | { readonly kind: "watermark"; readonly watermark: number };

/** A value with its event time. @public */
export interface TimestampedValue<T> {
  readonly value: T;
  readonly timestamp: number;
}

/**
 * A scripted unbounded source: elements and watermarks one after the other, each played when the pipeline has dealt with
 * the one before. Read it with `pipeline.read(step, stream.source, stream.options)`. After the Apache Beam model.
 *
 * @public
 */
export class TestStream<T> {
  readonly source: Source<T>;
  readonly options: { readonly deserializer: Deserializer; readonly watermarks: WatermarkAssigner };
  readonly #batches: ScriptedBatch<TestEvent>[] = [];
  #watermark = MIN_TIMESTAMP;

  constructor() {
    // The script grows until the pipeline runs; it has one split with one event a batch.
    const script = { stream: { batches: this.#batches } };
    this.source = new ScriptedSource(script, { boundedness: "unbounded" }) as unknown as Source<T>;
    this.options = playing();
  }

  /** Elements at the current watermark. */
  add(...values: readonly T[]): this {
    const timestamp = Math.max(this.#watermark, MIN_TIMESTAMP);
    return this.addAt(...values.map((value) => ({ value, timestamp })));
  }

  /** Elements with event times of their own, as one bundle. */
  addAt(...elements: readonly TimestampedValue<T>[]): this {
    const timestamps = elements.map((element) => element.timestamp);
    invariant(
      timestamps.every((timestamp) => timestamp < MAX_TIMESTAMP),
      "no element carries the end of time",
    );
    this.#play({ kind: "add", values: elements.map((element) => element.value), timestamps });
    return this;
  }

  /** Promises that no element before `watermark` follows. */
  advanceWatermarkTo(watermark: number): this {
    invariant(watermark > this.#watermark, "a watermark moves forward");
    this.#watermark = watermark;
    this.#play({ kind: "watermark", watermark });
    return this;
  }

  /** Moves the processing time. */
  advanceProcessingTime(clock: VirtualClock, byMs: number): this {
    this.#batches.push({ records: [], before: () => clock.advance(byMs) });
    return this;
  }

  #play(event: TestEvent): void {
    this.#batches.push({ records: [event] });
  }
}

/** Turns events into their elements; the watermark is the one that an event named last. */
function playing(): TestStream<unknown>["options"] {
  let watermark = MIN_TIMESTAMP;
  return {
    deserializer: {
      deserialize(batch, output) {
        for (const event of batch.records as readonly TestEvent[]) {
          if (event.kind === "watermark") {
            watermark = event.watermark;
          } else {
            output.values.push(...event.values);
            output.timestamps.push(...event.timestamps);
          }
        }
        return 0;
      },
    },
    watermarks: { assign: () => watermark },
  };
}
