/** The tables of the benchmark: a source that hands out rows that are there already, and a sink that counts. */
import { LocalTimestamp, Option, createRegistry, defineModule, tableSource } from "@tributary/core";

const BATCH_ROWS = 1_000;
const USERS = 1_000;
const BEHAVIORS = ["buy", "pv", "cart", "browse"];
const START_MS = Date.UTC(2024, 0, 1);

/** Rows with BIGINT as bigint, in the order of their times, a millisecond apart. */
export function makeRows(count) {
  return Array.from({ length: count }, (_, i) => ({
    user_id: BigInt((i * 31) % USERS),
    item_id: BigInt(i),
    behavior: BEHAVIORS[(i * 7) % 4],
    ts: new LocalTimestamp(START_MS + i),
  }));
}

export const COLUMNS = `user_id BIGINT, item_id BIGINT, behavior STRING, ts TIMESTAMP(3)`;

class NoOptions {}
Option({ key: "unused", type: "int", summary: "Not used." })(NoOptions.prototype, "unused");

/** A registry with the connector `rows`; `written` counts what its sinks took. */
export function rowsRegistry(rows) {
  const counts = { written: 0 };
  class RowsSource {
    role = "source";
    identifier = "rows";
    provides = "Source";
    options = NoOptions;
    format = "none";
    metadata = [];
    create() {
      return tableSource({ source: source(rows) });
    }
  }
  class RowsSink {
    role = "sink";
    identifier = "rows";
    provides = "Sink";
    options = NoOptions;
    format = "none";
    metadata = [];
    create() {
      const write = async (batch) => {
        counts.written += batch.length;
      };
      return {
        sink: { createWriter: async () => ({ write, flush: async () => {}, close: async () => {} }) },
      };
    }
  }
  const module = defineModule({ name: "rows", version: "1.0.0", factories: [RowsSource, RowsSink] });
  return { registry: createRegistry([module]), counts };
}

function source(rows) {
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
    createReader() {
      let next;
      return {
        addSplits([split]) {
          next = split.state;
        },
        noMoreSplits() {},
        async poll() {
          if (next === undefined || next === rows.length) return undefined;
          const end = Math.min(next + BATCH_ROWS, rows.length);
          const records = rows.slice(next, end);
          next = end;
          return { splitId: "rows", records, state: end, isFinished: end === rows.length };
        },
        async close() {},
      };
    },
  };
}
