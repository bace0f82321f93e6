/** datagen -> filter -> projection -> windowed aggregate -> blackhole, by the direct runner. */
import { Count, DirectRunner, FixedWindows, Mean, Pipeline, combineFields } from "@tributary/core";
import { graphOf } from "@tributary/core/testing";
import { batchOf, WINDOW_MS } from "./rows.mjs";

const POLL_ROWS = 1_000;

/** A bounded source of generated rows: one split, its position the number of rows read. */
function datagen(rows) {
  return {
    boundedness: "bounded",
    createEnumerator: (context) => ({
      async start() {
        context.assign({ id: "rows", state: 0 }, 0);
        context.noMoreSplits();
      },
      splitFinished() {},
      snapshot: () => null,
      async close() {},
    }),
    createReader: () => {
      let next;
      return {
        addSplits: ([split]) => {
          next = split.state;
        },
        noMoreSplits() {},
        async poll() {
          if (next === undefined || next === rows) return undefined;
          const end = Math.min(next + POLL_ROWS, rows);
          const records = batchOf(next, end);
          next = end;
          return { splitId: "rows", records, state: end, isFinished: end === rows };
        },
        async close() {},
      };
    },
  };
}

function blackhole() {
  return {
    async createWriter() {
      return { async write() {}, async flush() {}, async close() {} };
    },
  };
}

export function build(rows) {
  const pipeline = new Pipeline("bench");
  pipeline
    .read("flights", datagen(rows), { eventTime: { timestamp: (row) => row.time } })
    .filter("delayed", (row) => row.delay >= 10)
    .map("project", (row) => ({ origin: row.origin, time: row.time, late: row.delay - 10 }))
    .windowInto("minute", FixedWindows.of(WINDOW_MS))
    .combinePerKey("per origin", {
      key: (row) => row.origin,
      combine: combineFields({ flights: Count.elements(), mean_delay: Mean.of((row) => row.late) }),
      output: (origin, { flights, mean_delay }, window) => ({
        origin,
        window_start: window.start,
        flights,
        mean_delay,
      }),
    })
    .write("out", blackhole());
  return graphOf(pipeline);
}

export async function runPipeline(rows) {
  const job = await new DirectRunner().run(build(rows));
  const { written, late } = await job.result;
  if (late !== 0) throw new Error(`${late} rows were late`);
  return written.out;
}
