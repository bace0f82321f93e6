/**
 * (b) keyed windowed sum: a hand-written Map of Maps beside the step for windows that fire once, the general one, and the
 * general one with early and late firings.
 */
import { DirectRunner, FixedWindows, Pipeline, Sum, Trigger } from "@tributary/core";
import { graphOf } from "@tributary/core/testing";
import { batches, WINDOW_MS } from "./rows.mjs";
import { countingSink, rowSource } from "./source.mjs";

const NAMES = Array.from({ length: 100_000 }, (_, i) => `customer-${i}`);
/** A prime, so that every key comes. */
const STRIDE = 7_919;

const maker = (keys) => (i) => ({ key: NAMES[(i * STRIDE) % keys], time: Math.floor(i / 2), value: i % 100 });

async function map(rows, keys) {
  const windows = new Map();
  let total = 0;
  const fire = (watermark) => {
    for (const [end, sums] of windows) {
      if (end > watermark) continue;
      for (const sum of sums.values()) {
        total += sum;
      }
      windows.delete(end);
    }
  };
  for (const batch of batches(rows, maker(keys))) {
    for (const { key, time, value } of batch) {
      const end = time - (time % WINDOW_MS) + WINDOW_MS;
      let sums = windows.get(end);
      if (sums === undefined) {
        sums = new Map();
        windows.set(end, sums);
      }
      sums.set(key, (sums.get(key) ?? 0) + value);
    }
    fire(batch.at(-1).time);
  }
  fire(Number.POSITIVE_INFINITY);
  return String(total);
}

async function runPipeline(rows, keys, strategy) {
  let total = 0;
  const pipeline = new Pipeline("sum");
  pipeline
    .read("rows", rowSource(rows, maker(keys)), { eventTime: { timestamp: (row) => row.time } })
    .windowInto("minute", strategy)
    .combinePerKey("sum", { key: (row) => row.key, combine: Sum.of((row) => row.value) })
    .write(
      "out",
      countingSink((elements) => {
        for (const { value } of elements) total += value;
      }),
    );
  const job = await new DirectRunner().run(graphOf(pipeline));
  await job.result;
  return String(total);
}

const minute = FixedWindows.of(WINDOW_MS);

export const CONTENDERS = {
  map,
  once: (rows, keys) => runPipeline(rows, keys, { windowFn: minute }),
  general: (rows, keys) => runPipeline(rows, keys, { windowFn: minute, allowedLatenessMs: 1_000 }),
  early: (rows, keys) =>
    runPipeline(rows, keys, {
      windowFn: minute,
      trigger: Trigger.afterEndOfWindow({ early: Trigger.afterCount(100), late: Trigger.afterCount(1) }),
      accumulation: "discarding",
      allowedLatenessMs: 1_000,
    }),
};
