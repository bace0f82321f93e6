/** Rows of all contenders, made as they are asked for: an origin out of some, a time that goes up, a delay. */
export const WINDOW_MS = 60_000;
/** Event time between two rows, in milliseconds. */
const STEP_MS = 0.5;
export const BATCH_ROWS = 1_000;

const ORIGINS = Array.from({ length: 100 }, (_, i) => `A${String(i).padStart(2, "0")}`);

export function rowOf(i) {
  return { id: i, origin: ORIGINS[(i * 31) % 100], time: Math.floor(i * STEP_MS), delay: (i * 7919) % 61 };
}

/** Rows `from` to `to`, exclusive. */
export function batchOf(from, to, make = rowOf) {
  const batch = [];
  for (let i = from; i < to; i++) batch.push(make(i));
  return batch;
}

/** All rows in batches. */
export function* batches(rows, make = rowOf) {
  for (let from = 0; from < rows; from += BATCH_ROWS) {
    yield batchOf(from, Math.min(from + BATCH_ROWS, rows), make);
  }
}
