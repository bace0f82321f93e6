/** Rows of both contenders: flights with an origin out of a hundred, a delay and an event time that goes up. */
export const WINDOW_MS = 60_000;
/** Event time between two rows, in milliseconds. */
const STEP_MS = 0.5;

const ORIGINS = Array.from({ length: 100 }, (_, i) => `A${String(i).padStart(2, "0")}`);

function rowOf(i) {
  return { id: i, origin: ORIGINS[(i * 31) % 100], time: Math.floor(i * STEP_MS), delay: (i * 7919) % 61 };
}

/** Rows `from` to `to`, exclusive. */
export function batchOf(from, to) {
  const batch = [];
  for (let i = from; i < to; i++) batch.push(rowOf(i));
  return batch;
}
