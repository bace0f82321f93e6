/** Combiners that give about the right answer in bounded memory. */
import { TributaryError } from "../diagnostics/error.js";
import type { Combiner } from "./combiners.js";
import { checkCount } from "./element-combiners.js";
import { VALUE_CODER } from "./value-coder.js";

/** Hashes kept for a number of different values, unless told otherwise: an error of about 2 %. */
const SAMPLE_SIZE_DEFAULT = 10_000;
/** Error of quantiles, as a part of the number of values, unless told otherwise. */
const EPSILON_DEFAULT = 0.01;
const HASH_RANGE = 2 ** 53;

/**
 * About how many different values there are. Up to the size of its sample the number is exact; beyond, the error is about
 * `2 / sqrt(sampleSize)`. After Z. Bar-Yossef et al., "Counting distinct elements in a data stream".
 *
 * @public
 */
export const ApproximateUnique = {
  /** @param sampleSize - hashes kept, at least 16. Values are equal when their encoded bytes are. */
  of<T = unknown>(sampleSize: number = SAMPLE_SIZE_DEFAULT): Combiner<T, number[], number> {
    checkCount("ApproximateUnique", sampleSize, 16);
    const reduce = (hashes: number[]): number[] =>
      [...new Set(hashes)].toSorted((a, b) => a - b).slice(0, sampleSize);
    return {
      description: `ApproximateUnique(${sampleSize})`,
      createAccumulator: () => [],
      addInput(hashes, value) {
        hashes.push(hashOf(VALUE_CODER.encode(value)));
        return hashes.length >= 2 * sampleSize ? reduce(hashes) : hashes;
      },
      mergeAccumulators: (all) => reduce(all.flat(1)),
      extractOutput(hashes) {
        const least = reduce(hashes);
        if (least.length < sampleSize) return least.length;
        return Math.round(((sampleSize - 1) * HASH_RANGE) / (least[sampleSize - 1] as number));
      },
      compact: reduce,
    };
  },
} as const;

/** 53 bits of two multiplicative hashes. */
function hashOf(bytes: Uint8Array): number {
  let high = 0xdead_beef;
  let low = 0x41c6_ce57;
  for (const byte of bytes) {
    high = Math.imul(high ^ byte, 2_654_435_761);
    low = Math.imul(low ^ byte, 1_597_334_677);
  }
  high = Math.imul(high ^ (high >>> 16), 2_246_822_507) ^ Math.imul(low ^ (low >>> 13), 3_266_489_909);
  low = Math.imul(low ^ (low >>> 16), 2_246_822_507) ^ Math.imul(high ^ (high >>> 13), 3_266_489_909);
  return (high & 0x1f_ffff) * 2 ** 32 + (low >>> 0);
}

/** Values by level: each of level `i` stands for `2 ** i` of them. */
interface Sketch<T> {
  levels: T[][];
  least: { readonly value: T } | null;
  greatest: { readonly value: T } | null;
  /** Which half is kept at the next compaction, in turns. */
  turn: number;
}

/** How quantiles are estimated. @public */
export interface QuantileOptions<T> {
  /** As for sorting; absent: by `<`. */
  readonly compare?: (a: T, b: T) => number;
  /** Error as a part of the number of values; default 0.01. */
  readonly epsilon?: number;
}

/**
 * About the values at equal distances in sorted order: with `count` 3 the least, the median and the greatest. The least
 * and the greatest are exact. Of nothing: an empty list. After Z. Karnin et al., "Optimal quantile approximation in
 * streams".
 *
 * @public
 */
export const ApproximateQuantiles = {
  /** @param count - at least 2. */
  of<T>(count: number, options: QuantileOptions<T> = {}): Combiner<T, Sketch<T>, readonly T[]> {
    checkCount("ApproximateQuantiles", count, 2);
    const { compare = natural, epsilon = EPSILON_DEFAULT } = options;
    if (!(epsilon > 0 && epsilon < 1)) throw badEpsilon(epsilon);
    return quantiles(count, compare, Math.max(64, Math.ceil(10 / epsilon)));
  },
} as const;

function quantiles<T>(
  count: number,
  compare: (a: T, b: T) => number,
  capacity: number,
): Combiner<T, Sketch<T>, readonly T[]> {
  const widen = (sketch: Sketch<T>, value: T): void => {
    if (sketch.least === null || compare(value, sketch.least.value) < 0) sketch.least = { value };
    if (sketch.greatest === null || compare(value, sketch.greatest.value) > 0) sketch.greatest = { value };
  };
  const compact = (sketch: Sketch<T>): Sketch<T> => {
    for (let level = 0; level < sketch.levels.length; level++) {
      const values = sketch.levels[level] as T[];
      if (values.length < capacity) continue;
      values.sort(compare);
      sketch.turn = 1 - sketch.turn;
      const isOdd = values.length % 2 === 1;
      const rest = isOdd ? [values.pop() as T] : [];
      const promoted = values.filter((_, index) => index % 2 === sketch.turn);
      sketch.levels[level] = rest;
      (sketch.levels[level + 1] ??= []).push(...promoted);
    }
    return sketch;
  };
  return {
    description: `ApproximateQuantiles(${count})`,
    createAccumulator: () => ({ levels: [[]], least: null, greatest: null, turn: 0 }),
    addInput(sketch, value) {
      widen(sketch, value);
      const values = sketch.levels[0] as T[];
      values.push(value);
      return values.length < capacity ? sketch : compact(sketch);
    },
    mergeAccumulators(all) {
      const merged: Sketch<T> = { levels: [[]], least: null, greatest: null, turn: 0 };
      for (const { levels, least, greatest } of all) {
        for (const [level, values] of levels.entries()) (merged.levels[level] ??= []).push(...values);
        if (least !== null) widen(merged, least.value);
        if (greatest !== null) widen(merged, greatest.value);
      }
      return compact(merged);
    },
    extractOutput: (sketch) => ranked(sketch, count, compare),
    compact,
  };
}

function ranked<T>(sketch: Sketch<T>, count: number, compare: (a: T, b: T) => number): readonly T[] {
  const { least, greatest } = sketch;
  if (least === null || greatest === null) return [];
  const weighted = sketch.levels
    .flatMap((values, level) => values.map((value) => ({ value, weight: 2 ** level })))
    .toSorted((a, b) => compare(a.value, b.value));
  const total = weighted.reduce((sum, { weight }) => sum + weight, 0);
  const result: T[] = [];
  let index = 0;
  let passed = 0;
  for (let quantile = 1; quantile < count - 1; quantile++) {
    const rank = (quantile * (total - 1)) / (count - 1);
    while (index < weighted.length - 1 && passed + (weighted[index]?.weight ?? 0) <= rank) {
      passed += weighted[index]?.weight ?? 0;
      index += 1;
    }
    result.push((weighted[index] as { readonly value: T }).value);
  }
  return [least.value, ...result, greatest.value];
}

function natural(a: unknown, b: unknown): number {
  const [left, right] = [a as number, b as number];
  return left < right ? -1 : left > right ? 1 : 0;
}

function badEpsilon(epsilon: number): TributaryError {
  return new TributaryError({
    severity: "error",
    code: "PIPELINE_INVALID",
    message: `The error of quantiles must lie between 0 and 1, not ${epsilon}.`,
    value: String(epsilon),
  });
}
