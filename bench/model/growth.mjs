/** (d) growth: elements per second at more and more steps, and at more and more open windows. */
import { Count, DirectRunner, FixedWindows, Pipeline } from "@tributary/core";
import { graphOf } from "@tributary/core/testing";
import { rowOf, WINDOW_MS } from "./rows.mjs";
import { countingSink, rowSource } from "./source.mjs";

async function run(pipeline) {
  const job = await new DirectRunner().run(graphOf(pipeline));
  const { written } = await job.result;
  return String(written.out);
}

/** So many maps, one after the other. */
function steps(rows, count) {
  const pipeline = new Pipeline("steps");
  let collection = pipeline.read("rows", rowSource(rows, rowOf));
  for (let step = 0; step < count; step++) collection = collection.map(`map ${step}`, (row) => row);
  collection.write("out", countingSink());
  return run(pipeline);
}

/** One element after the other falls into another of so many open windows. */
const windows = (allowedLatenessMs) => (rows, open) => {
  const pipeline = new Pipeline("windows");
  const inWindow = (i) => ({ key: i % 10, time: ((i * 7_919) % open) * WINDOW_MS });
  pipeline
    .read("rows", rowSource(rows, inWindow), {
      eventTime: { timestamp: (row) => row.time, maxOutOfOrdernessMs: open * WINDOW_MS },
    })
    .windowInto("minute", { windowFn: FixedWindows.of(WINDOW_MS), allowedLatenessMs })
    .combinePerKey("count", { key: (row) => row.key, combine: Count.elements() })
    .write("out", countingSink());
  return run(pipeline);
};

export const CONTENDERS = { steps, windows: windows(0), windowsGeneral: windows(1_000) };
