/**
 * The yardstick: what the pipeline of `pipeline.mjs` computes, as one loop without any library. Rows come in batches as
 * a source would give them.
 */
import { batchOf, WINDOW_MS } from "./rows.mjs";

/** Sums of the open windows, by window end and origin. */
class Windows {
  written = 0;
  #byEnd = new Map();
  #end = Number.NEGATIVE_INFINITY;
  #groups;

  add(row) {
    if (row.time >= this.#end) this.#open(row.time);
    const group = this.#groups.get(row.origin);
    if (group === undefined) {
      this.#groups.set(row.origin, { origin: row.origin, count: 1, sum: row.late });
    } else {
      group.count += 1;
      group.sum += row.late;
    }
  }

  fire(until, write) {
    for (const [end, groups] of this.#byEnd) {
      if (end > until) continue;
      for (const { origin, count, sum } of groups.values()) {
        write({ origin, window_start: end - WINDOW_MS, flights: count, mean_delay: sum / count });
      }
      this.#byEnd.delete(end);
    }
  }

  #open(time) {
    this.#end = time - (time % WINDOW_MS) + WINDOW_MS;
    this.#groups = new Map();
    this.#byEnd.set(this.#end, this.#groups);
  }
}

export function runLoop(rows) {
  const windows = new Windows();
  let written = 0;
  const write = () => {
    written += 1;
  };
  for (let from = 0; from < rows; from += 1_000) {
    const batch = batchOf(from, Math.min(from + 1_000, rows));
    for (const row of batch) {
      if (row.delay < 10) continue;
      windows.add({ origin: row.origin, time: row.time, late: row.delay - 10 });
    }
    windows.fire(batch.at(-1).time, write);
  }
  windows.fire(Number.POSITIVE_INFINITY, write);
  return written;
}
