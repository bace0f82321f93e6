/** Combiners that keep elements: the first, the latest, the greatest, a sample, all of them. */
import { TributaryError } from "../diagnostics/error.js";
import type { Combiner } from "./combiners.js";
import type { TimestampedValue } from "./reified.js";

/** Says which of two values comes first, as for sorting. */
type Compare<T> = (a: T, b: T) => number;

/** Some value: the one that was met first. Of nothing: `null`. @public */
export const First = {
  elements<T>(): Combiner<T, { readonly value: T } | null, T | null> {
    return {
      description: "First",
      createAccumulator: () => null,
      addInput: (first, value) => first ?? { value },
      mergeAccumulators: (firsts) => firsts.find((first) => first !== null) ?? null,
      extractOutput: (first) => (first === null ? null : first.value),
    };
  },
} as const;

/** The value with the latest event time; of nothing: `null`. @public */
export const Latest = {
  /** Of elements with their event times, as `reify` makes them. */
  elements<T>(): Combiner<TimestampedValue<T>, TimestampedValue<T> | null, T | null> {
    return latest("Latest", ({ value }) => value);
  },
  /** @param timestamp - event time of a value, in milliseconds. */
  by<T>(timestamp: (value: T) => number): Combiner<T, TimestampedValue<T> | null, T | null> {
    const inner = latest<T>("Latest(x)", ({ value }) => value);
    return {
      ...inner,
      addInput: (kept, value) => inner.addInput(kept, { value, timestamp: timestamp(value) }),
    };
  },
} as const;

function latest<T>(
  description: string,
  extract: (kept: TimestampedValue<T>) => T,
): Combiner<TimestampedValue<T>, TimestampedValue<T> | null, T | null> {
  const later = (a: TimestampedValue<T> | null, b: TimestampedValue<T>): TimestampedValue<T> =>
    a === null || b.timestamp >= a.timestamp ? { value: b.value, timestamp: b.timestamp } : a;
  return {
    description,
    createAccumulator: () => null,
    addInput: later,
    mergeAccumulators: (all) => all.reduce((kept, one) => (one === null ? kept : later(kept, one)), null),
    extractOutput: (kept) => (kept === null ? null : extract(kept)),
  };
}

/** The greatest values, the greatest first. Which of equal ones is kept is not said. @public */
export const Top = {
  /** @param compare - as for sorting; the greatest by it are kept. */
  of<T>(count: number, compare: Compare<T>): Combiner<T, T[], readonly T[]> {
    checkCount("Top", count, 0);
    return top(`Top(${count})`, count, compare);
  },
  /** The greatest by `<`. */
  largest<T extends number | bigint | string>(count: number): Combiner<T, T[], readonly T[]> {
    checkCount("Top", count, 0);
    return top(`Largest(${count})`, count, byLess);
  },
  /** The least by `<`, the least first. */
  smallest<T extends number | bigint | string>(count: number): Combiner<T, T[], readonly T[]> {
    checkCount("Top", count, 0);
    return top<T>(`Smallest(${count})`, count, (a, b) => byLess(b, a));
  },
} as const;

function byLess<T extends number | bigint | string>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Keeps a sorted list, the greatest first. */
function top<T>(description: string, count: number, compare: Compare<T>): Combiner<T, T[], readonly T[]> {
  const add = (kept: T[], value: T): T[] => {
    if (kept.length === count && (count === 0 || compare(value, kept[count - 1] as T) <= 0)) return kept;
    let low = 0;
    let high = kept.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compare(kept[middle] as T, value) >= 0) low = middle + 1;
      else high = middle;
    }
    kept.splice(low, 0, value);
    if (kept.length > count) kept.pop();
    return kept;
  };
  return {
    description,
    createAccumulator: () => [],
    addInput: add,
    mergeAccumulators: (all) => all.flat(1).reduce((kept, value) => add(kept, value), [] as T[]),
    extractOutput: (kept) => kept.slice(),
  };
}

interface Drawn<T> {
  readonly lot: number;
  readonly value: T;
}

/** Some of the values, each with the same probability. @public */
export const Sample = {
  /** @param random - uniform in [0, 1); default `Math.random`. */
  of<T>(count: number, random: () => number = Math.random): Combiner<T, Drawn<T>[], readonly T[]> {
    checkCount("Sample", count, 0);
    // Every value draws a lot; those with the greatest lots are the sample, however parts are merged.
    const inner = top<Drawn<T>>(`Sample(${count})`, count, (a, b) => a.lot - b.lot);
    return {
      ...inner,
      addInput: (kept, value) => inner.addInput(kept, { lot: random(), value }),
      extractOutput: (kept) => kept.map(({ value }) => value),
    };
  },
} as const;

/** All values, in no order. @public */
export const ToList = {
  elements<T>(): Combiner<T, T[], readonly T[]> {
    return {
      description: "List",
      createAccumulator: () => [],
      addInput(values, value) {
        values.push(value);
        return values;
      },
      mergeAccumulators: (all) => all.flat(1),
      extractOutput: (values) => values.slice(),
    };
  },
} as const;

/** @throws `PIPELINE_INVALID` */
export function checkCount(what: string, count: number, least: number): void {
  if (Number.isSafeInteger(count) && count >= least) return;
  throw new TributaryError({
    severity: "error",
    code: "PIPELINE_INVALID",
    message: `The number of values of ${what} must be a whole number of at least ${least}, not ${count}.`,
    value: String(count),
  });
}
