/** The rows as a source of the direct runner, and a sink that counts. */
import { BATCH_ROWS, batchOf } from "./rows.mjs";

/** A bounded source: one split, its position the number of rows read. */
export function rowSource(rows, make) {
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
          const end = Math.min(next + BATCH_ROWS, rows);
          const records = batchOf(next, end, make);
          next = end;
          return { splitId: "rows", records, state: end, isFinished: end === rows };
        },
        async close() {},
      };
    },
  };
}

export function countingSink(onWrite = () => {}) {
  return {
    async createWriter() {
      return {
        async write(elements) {
          onWrite(elements);
        },
        async flush() {},
        async close() {},
      };
    },
  };
}
