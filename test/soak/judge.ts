import type { Vitals } from "../faults/job-process.js";

/** What a soak may show after its warm-up. */
const LAG_MAX_MS = 5_000;
/** Growth of the heap over the run that counts as noise in any case, in bytes. */
const GROWTH_NOISE_BYTES = 3_000_000;
/** Handles more at the end than at the beginning. */
const HANDLES_NOISE = 4;
/** Share of the samples that is warm-up. */
const WARM_UP = 0.25;

/** A line through samples that are equally far apart. */
export interface Trend {
  /** From the first sample to the last. */
  readonly growth: number;
  /** Standard deviation of the samples around the line. */
  readonly noise: number;
}

/** Least squares. */
export function trendOf(values: readonly number[]): Trend {
  const n = values.length;
  const middle = (n - 1) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  let [products, squares] = [0, 0];
  for (const [at, value] of values.entries()) {
    products += (at - middle) * (value - mean);
    squares += (at - middle) ** 2;
  }
  const slope = squares === 0 ? 0 : products / squares;
  const errors = values.map((value, at) => (value - mean - slope * (at - middle)) ** 2);
  return {
    growth: slope * (n - 1),
    noise: Math.sqrt(errors.reduce((sum, error) => sum + error, 0) / Math.max(1, n - 2)),
  };
}

/** What was seen. */
export interface Verdict {
  readonly heap: Trend;
  readonly lagMaxMs: number;
  readonly handles: readonly [first: number, last: number];
  readonly faults: readonly string[];
}

/** Judges a run by its samples: memory flat, lag bounded, nothing left open. */
export function judge(samples: readonly Vitals[]): Verdict {
  const steady = samples.slice(Math.floor(samples.length * WARM_UP));
  const heap = trendOf(steady.map((one) => one.heap));
  const lagMaxMs = Math.max(...steady.map((one) => one.lagMs));
  const third = Math.ceil(steady.length / 3);
  // A call has a connection and some timers as long as it lasts: what is left open shows in the least of the samples.
  const handlesOf = (some: readonly Vitals[]): number => Math.min(...some.map((one) => one.handles));
  const handles = [handlesOf(steady.slice(0, third)), handlesOf(steady.slice(-third))] as const;
  const allowed = Math.max(GROWTH_NOISE_BYTES, 2 * heap.noise);
  const faults = [
    steady.length >= 6 ? undefined : `only ${steady.length} samples: run it longer`,
    heap.growth <= allowed
      ? undefined
      : `the heap grew by ${Math.round(heap.growth)} bytes, more than ${Math.round(allowed)}`,
    lagMaxMs <= LAG_MAX_MS ? undefined : `a shard was ${lagMaxMs} ms behind, more than ${LAG_MAX_MS}`,
    handles[1] - handles[0] <= HANDLES_NOISE ? undefined : `handles grew from ${handles[0]} to ${handles[1]}`,
  ].filter((one) => one !== undefined);
  return { heap, lagMaxMs, handles, faults };
}
