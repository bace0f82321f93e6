/** Standard combiners: what a keyed step may fold its values into. After the Apache Beam model. */
import type { Coder } from "../types/coders/coder.js";
import type { CombineFn } from "./graph.js";
import { VALUE_CODER } from "./value-coder.js";

/**
 * A CombineFn with what a graph needs beside it.
 *
 * @typeParam I - value folded, `A` - accumulator, `O` - result.
 * @public
 */
export interface Combiner<I, A, O> extends CombineFn<I, A, O> {
  /** Name and parameters; a checkpoint fits only a pipeline whose combiner has the same. */
  readonly description: string;
  /** Absent: the accumulator consists of plain values (see `VALUE_CODER`). */
  readonly accumulatorCoder?: Coder<A>;
}

/** Result of a combiner. @public */
export type CombinedBy<C> = C extends Combiner<infer _I, infer _A, infer O> ? O : never;

/** Reads what is folded; `null` and `undefined` are left out. */
type Selector<T, V> = (value: T) => V | null | undefined;

/** Number of values. @public */
export const Count = {
  /** Every value counts. */
  elements<T = unknown>(): Combiner<T, number, number> {
    return counter<T>("Count", (count) => count + 1);
  },
  /** Values count for which `select` gives neither `null` nor `undefined`. */
  of<T>(select: Selector<T, unknown>): Combiner<T, number, number> {
    return counter<T>("Count(x)", (count, value) => (isPresent(select(value)) ? count + 1 : count));
  },
} as const;

/** Sum of numbers or of big integers; of nothing: 0. @public */
export const Sum = {
  of<T>(select: Selector<T, number>): Combiner<T, number, number> {
    return folding<T, number>("Sum", 0, select, (sum, value) => sum + value);
  },
  ofBigInt<T>(select: Selector<T, bigint>): Combiner<T, bigint, bigint> {
    return folding<T, bigint>("SumBigInt", 0n, select, (sum, value) => sum + value);
  },
} as const;

/** A sum and how many numbers are in it. @public */
export interface MeanAccumulator {
  sum: number;
  count: number;
}

/** Arithmetic mean of numbers; of nothing: NaN. @public */
export const Mean = {
  of<T>(select: Selector<T, number>): Combiner<T, MeanAccumulator, number> {
    return {
      description: "Mean",
      createAccumulator: () => ({ sum: 0, count: 0 }),
      addInput(accumulator, input) {
        const value = select(input);
        if (isPresent(value)) {
          accumulator.sum += value;
          accumulator.count += 1;
        }
        return accumulator;
      },
      mergeAccumulators(accumulators) {
        const merged = { sum: 0, count: 0 };
        for (const { sum, count } of accumulators) {
          merged.sum += sum;
          merged.count += count;
        }
        return merged;
      },
      extractOutput: ({ sum, count }) => sum / count,
    };
  },
} as const;

/** Least value by `<`; of nothing: `null`. @public */
export const Min = {
  of<T, V extends number | bigint | string>(select: Selector<T, V>): Combiner<T, V | null, V | null> {
    return folding<T, V | null>("Min", null, select, (least, value) =>
      least === null || (value !== null && value < least) ? value : least,
    );
  },
} as const;

/** Greatest value by `>`; of nothing: `null`. @public */
export const Max = {
  of<T, V extends number | bigint | string>(select: Selector<T, V>): Combiner<T, V | null, V | null> {
    return folding<T, V | null>("Max", null, select, (greatest, value) =>
      greatest === null || (value !== null && value > greatest) ? value : greatest,
    );
  },
} as const;

/** Combiners by result field. @public */
export type CombinerFields<T> = Readonly<Record<string, Combiner<T, unknown, unknown>>>;

/** Results by field. @public */
export type CombinedFields<F> = { readonly [N in keyof F]: CombinedBy<F[N]> };

/** Computes several results at once, as an object with one property for each. @public */
export function combineFields<T, F extends CombinerFields<T>>(
  fields: F,
): Combiner<T, unknown[], CombinedFields<F>> {
  const names = Object.keys(fields);
  const parts = Object.values(fields) as readonly Combiner<T, unknown, unknown>[];
  return {
    description: `{${names.map((name, i) => `${name}: ${parts[i]?.description}`).join(", ")}}`,
    accumulatorCoder: partsCoder(parts),
    createAccumulator: () => parts.map((part) => part.createAccumulator()),
    addInput: addToEach(parts),
    mergeAccumulators: (accumulators) =>
      parts.map((part, i) => part.mergeAccumulators(accumulators.map((one) => one[i]))),
    extractOutput: (accumulator) =>
      Object.fromEntries(
        parts.map((part, i) => [names[i], part.extractOutput(accumulator[i])]),
      ) as CombinedFields<F>,
  };
}

/** Two at a time: a call of its own for each of the first parts is several times as fast as one call in a loop. */
function addToEach<T>(
  parts: readonly Combiner<T, unknown, unknown>[],
): (accumulator: unknown[], input: T) => unknown[] {
  const [first, second, ...others] = parts;
  if (first === undefined) return (accumulator) => accumulator;
  if (second === undefined) {
    return (accumulator, input) => {
      accumulator[0] = first.addInput(accumulator[0], input);
      return accumulator;
    };
  }
  return (accumulator, input) => {
    accumulator[0] = first.addInput(accumulator[0], input);
    accumulator[1] = second.addInput(accumulator[1], input);
    for (let i = 0; i < others.length; i++) {
      const other = others[i] as Combiner<T, unknown, unknown>;
      accumulator[i + 2] = other.addInput(accumulator[i + 2], input);
    }
    return accumulator;
  };
}

function partsCoder(parts: readonly Combiner<never, unknown, unknown>[]): Coder<unknown[]> {
  const coders = parts.map((part): Coder<unknown> => part.accumulatorCoder ?? VALUE_CODER);
  return {
    isDeterministic: coders.every((coder) => coder.isDeterministic),
    encode: (accumulator) => VALUE_CODER.encode(coders.map((coder, i) => coder.encode(accumulator[i]))),
    decode: (bytes) =>
      (VALUE_CODER.decode(bytes) as Uint8Array[]).map((one, i) => (coders[i] as Coder<unknown>).decode(one)),
  };
}

function counter<T>(
  description: string,
  addInput: (count: number, value: T) => number,
): Combiner<T, number, number> {
  return {
    description,
    createAccumulator: () => 0,
    addInput,
    mergeAccumulators: (counts) => counts.reduce((sum, count) => sum + count, 0),
    extractOutput: (count) => count,
  };
}

function folding<T, V>(
  description: string,
  initial: V,
  select: Selector<T, V>,
  fold: (folded: V, value: V) => V,
): Combiner<T, V, V> {
  return {
    description,
    createAccumulator: () => initial,
    addInput(folded, input) {
      const value = select(input);
      return isPresent(value) ? fold(folded, value) : folded;
    },
    mergeAccumulators: (accumulators) =>
      accumulators.reduce((folded, one) => (one === null ? folded : fold(folded, one)), initial),
    extractOutput: (folded) => folded,
  };
}

function isPresent<V>(value: V | null | undefined): value is V {
  return value !== null && value !== undefined;
}
