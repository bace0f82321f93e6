/** The kernels: exact sums, counts, extremes, lists. After Apache Flink's built-in aggregate functions. */
import type { Decimal as DecimalValue, DecimalType, LogicalType, SqlValue } from "@tributary/core";
import { Decimal } from "@tributary/core";
import { comparatorOf, identityOf, isPlain } from "../expressions/comparison.js";
import { wrapNumber } from "../functions/operators.js";
import type { Accumulator, AggregateKernel } from "./aggregate.js";

type Slots = Record<string, SqlValue>;

function slotsOf(accumulator: Accumulator): Slots {
  return accumulator;
}

/** A kernel of one slot that is NULL until there is a value. */
function folding<T>(parts: {
  readonly fold: (sum: T, value: T) => T;
  readonly first?: (value: SqlValue) => T;
  readonly code?: (sum: string, value: string) => string;
  readonly result?: (sum: T) => SqlValue;
}): AggregateKernel {
  const { fold, code } = parts;
  const first = parts.first ?? ((value: SqlValue): T => value as T);
  const finish = parts.result ?? ((sum: T): SqlValue => sum);
  return {
    initial: [() => null],
    add(accumulator, [slot], [value]) {
      const slots = slotsOf(accumulator);
      const sum = slots[slot!];
      slots[slot!] = sum === null ? first(value) : fold(sum as T, first(value));
    },
    ...(code === undefined
      ? {}
      : {
          code: ([slot], [value]) =>
            `acc.${slot} = acc.${slot} === null ? ${value} : ${code(`acc.${slot}`, value!)};`,
        }),
    merge(accumulator, [slot], other) {
      const [slots, others] = [slotsOf(accumulator), slotsOf(other)];
      const [a, b] = [slots[slot!], others[slot!]];
      slots[slot!] = a === null ? b : b === null ? a : fold(a as T, b as T);
    },
    result(accumulator, [slot]) {
      const sum = slotsOf(accumulator)[slot!];
      return sum === null ? null : finish(sum as T);
    },
  };
}

/** Counts up to 2^53 are exact in a number; the result is a BIGINT. */
export const COUNT: AggregateKernel = {
  initial: [() => 0],
  add(accumulator, [slot]) {
    const slots = slotsOf(accumulator);
    slots[slot!] = (slots[slot!] as number) + 1;
  },
  code: ([slot]) => `acc.${slot} += 1;`,
  merge(accumulator, [slot], other) {
    const slots = slotsOf(accumulator);
    slots[slot!] = (slots[slot!] as number) + (slotsOf(other)[slot!] as number);
  },
  result: (accumulator, [slot]) => BigInt(slotsOf(accumulator)[slot!] as number),
};

const NARROW: Readonly<Record<string, (text: string) => string>> = {
  TINYINT: (text) => `((${text}) << 24 >> 24)`,
  SMALLINT: (text) => `((${text}) << 16 >> 16)`,
  INT: (text) => `((${text}) | 0)`,
};

/** SUM of integers and floating-point numbers; integers wrap around at the width of the type. */
export function sum(type: LogicalType): AggregateKernel {
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- all others take the default's way.
  switch (type.kind) {
    case "TINYINT":
    case "SMALLINT":
    case "INT": {
      const wrap = wrapNumber(type.kind);
      const narrow = NARROW[type.kind]!;
      return folding<number>({ fold: (a, b) => wrap(a + b), code: (a, b) => narrow(`${a} + ${b}`) });
    }
    case "BIGINT":
      return folding<bigint>({
        fold: (a, b) => BigInt.asIntN(64, a + b),
        code: (a, b) => `BigInt.asIntN(64, ${a} + ${b})`,
      });
    case "FLOAT":
      return folding<number>({
        fold: (a, b) => Math.fround(a + b),
        code: (a, b) => `Math.fround(${a} + ${b})`,
      });
    default:
      return folding<number>({ fold: (a, b) => a + b, code: (a, b) => `(${a} + ${b})` });
  }
}

/** SUM of decimals: exact, NULL where 38 digits do not hold it. */
export function decimalSum(type: DecimalType): AggregateKernel {
  const { scale } = type;
  return folding<bigint>({
    first: (value) => unscaledAt(value as DecimalValue, scale),
    fold: (a, b) => a + b,
    result: (total) => new Decimal(total, scale).fit(38, scale),
  });
}

function unscaledAt(value: DecimalValue, scale: number): bigint {
  return value.scale === scale ? value.unscaled : value.rescale(scale).unscaled;
}

/** Beyond it a sum of numbers moves to a bigint, long before digits would be lost. */
const SPILL = 2 ** 52;

/** AVG of TINYINT, SMALLINT, INT: the sum is a BIGINT, the quotient is cut. */
export function integerAverage(kind: string): AggregateKernel {
  const wrap = wrapNumber(kind);
  return {
    initial: [() => 0, () => 0n, () => 0],
    add(accumulator, [small, large, count], [value]) {
      const slots = slotsOf(accumulator);
      const total = (slots[small!] as number) + (value as number);
      if (total > SPILL || total < -SPILL) {
        slots[large!] = (slots[large!] as bigint) + BigInt(total);
        slots[small!] = 0;
      } else slots[small!] = total;
      slots[count!] = (slots[count!] as number) + 1;
    },
    code: ([small, large, count], [value]) =>
      `acc.${small} += ${value}; if (acc.${small} > ${SPILL} || acc.${small} < -${SPILL}) { acc.${large} += BigInt(acc.${small}); acc.${small} = 0; } acc.${count} += 1;`,
    merge(accumulator, [small, large, count], other) {
      const [slots, others] = [slotsOf(accumulator), slotsOf(other)];
      slots[large!] =
        (slots[large!] as bigint) +
        (others[large!] as bigint) +
        BigInt(slots[small!] as number) +
        BigInt(others[small!] as number);
      slots[small!] = 0;
      slots[count!] = (slots[count!] as number) + (others[count!] as number);
    },
    result(accumulator, [small, large, count]) {
      const slots = slotsOf(accumulator);
      const rows = slots[count!] as number;
      if (rows === 0) return null;
      const total = BigInt.asIntN(64, (slots[large!] as bigint) + BigInt(slots[small!] as number));
      return wrap(Number(total / BigInt(rows)));
    },
  };
}

/** An average from a sum and a count. */
function average<T>(parts: {
  readonly zero: T;
  readonly fold: (sum: T, value: SqlValue) => T;
  readonly join: (a: T, b: T) => T;
  readonly code?: (sum: string, value: string) => string;
  readonly divide: (sum: T, count: number) => SqlValue;
}): AggregateKernel {
  const { zero, fold, join, code, divide } = parts;
  return {
    initial: [() => zero, () => 0],
    add(accumulator, [total, count], [value]) {
      const slots = slotsOf(accumulator);
      slots[total!] = fold(slots[total!] as T, value);
      slots[count!] = (slots[count!] as number) + 1;
    },
    ...(code === undefined
      ? {}
      : {
          code: ([total, count], [value]) =>
            `acc.${total} = ${code(`acc.${total}`, value!)}; acc.${count} += 1;`,
        }),
    merge(accumulator, [total, count], other) {
      const [slots, others] = [slotsOf(accumulator), slotsOf(other)];
      slots[total!] = join(slots[total!] as T, others[total!] as T);
      slots[count!] = (slots[count!] as number) + (others[count!] as number);
    },
    result(accumulator, [total, count]) {
      const slots = slotsOf(accumulator);
      const rows = slots[count!] as number;
      return rows === 0 ? null : divide(slots[total!] as T, rows);
    },
  };
}

/** AVG of BIGINT: the sum wraps at 64 bits, the quotient is cut. */
export const LONG_AVERAGE: AggregateKernel = average<bigint>({
  zero: 0n,
  fold: (a, b) => BigInt.asIntN(64, a + (b as bigint)),
  join: (a, b) => BigInt.asIntN(64, a + b),
  code: (a, b) => `BigInt.asIntN(64, ${a} + ${b})`,
  divide: (total, count) => total / BigInt(count),
});

/** AVG of FLOAT and DOUBLE. */
export function realAverage(isFloat: boolean): AggregateKernel {
  return average<number>({
    zero: 0,
    fold: (a, b) => a + (b as number),
    join: (a, b) => a + b,
    code: (a, b) => `${a} + ${b}`,
    divide: (total, count) => (isFloat ? Math.fround(total / count) : total / count),
  });
}

/** AVG of decimals: DECIMAL(38, max(6, s)). */
export function decimalAverage(type: DecimalType): AggregateKernel {
  const { scale } = type;
  const wanted = Math.max(6, scale);
  return average<bigint>({
    zero: 0n,
    fold: (a, b) => a + unscaledAt(b as DecimalValue, scale),
    join: (a, b) => a + b,
    divide: (total, count) =>
      new Decimal(total, scale).div(new Decimal(BigInt(count), 0), wanted).fit(38, wanted),
  });
}

/** MIN and MAX of every type with an order. */
export function extreme(type: LogicalType, isGreatest: boolean): AggregateKernel {
  if (isPlain(type)) {
    const sign = isGreatest ? ">" : "<";
    return folding<number>({
      fold: (a, b) => (isGreatest ? (b > a ? b : a) : b < a ? b : a),
      code: (a, b) => `(${b} ${sign} ${a} ? ${b} : ${a})`,
    });
  }
  const compare = comparatorOf(type) as (a: unknown, b: unknown) => number;
  return folding<unknown>({
    fold: (a, b) => (compare(b, a) > 0 === isGreatest && compare(b, a) !== 0 ? b : a),
  });
}

export const FIRST_VALUE: AggregateKernel = folding<unknown>({ fold: (a) => a, code: (a) => a });
export const LAST_VALUE: AggregateKernel = folding<unknown>({ fold: (_, b) => b, code: (_, b) => b });

/** LISTAGG with a constant separator. */
export function listAggregate(separator: string): AggregateKernel {
  return folding<string>({ fold: (a, b) => a + separator + b });
}

/** COLLECT: how often each value was seen. */
export function collect(type: LogicalType): AggregateKernel {
  const identity = identityOf(type);
  return distinctMap(identity, (entries) => new Map(entries.map(([value, count]) => [value, count])));
}

type Entry = [value: SqlValue, count: number];

function distinctMap(
  identity: (value: SqlValue) => string | number | bigint | boolean,
  finish: (entries: readonly Entry[]) => SqlValue,
): AggregateKernel {
  const put = (map: Map<unknown, Entry>, value: SqlValue, count: number): void => {
    const key = identity(value);
    const entry = map.get(key);
    if (entry === undefined) map.set(key, [value, count]);
    else entry[1] += count;
  };
  return {
    initial: [() => new Map<unknown, Entry>()],
    add(accumulator, [slot], [value]) {
      put(slotsOf(accumulator)[slot!] as Map<unknown, Entry>, value, 1);
    },
    merge(accumulator, [slot], other) {
      const map = slotsOf(accumulator)[slot!] as Map<unknown, Entry>;
      for (const [value, count] of (slotsOf(other)[slot!] as Map<unknown, Entry>).values())
        put(map, value, count);
    },
    result: (accumulator, [slot]) =>
      finish([...(slotsOf(accumulator)[slot!] as Map<unknown, Entry>).values()]),
  };
}

/** Any aggregate of one argument over the different values only. */
export function distinct(base: AggregateKernel, type: LogicalType): AggregateKernel {
  const names = base.initial.map((_, i) => `d${i}`);
  return distinctMap(identityOf(type), (entries) => {
    const accumulator = Object.fromEntries(base.initial.map((make, i) => [names[i], make()])) as Accumulator;
    for (const [value] of entries) base.add(accumulator, names, [value]);
    return base.result(accumulator, names);
  });
}

/** ARRAY_AGG: all values in the order of arrival, NULLs too. */
export const ARRAY_AGGREGATE: AggregateKernel = {
  takesNulls: true,
  initial: [() => []],
  add(accumulator, [slot], [value]) {
    (slotsOf(accumulator)[slot!] as SqlValue[]).push(value);
  },
  merge(accumulator, [slot], other) {
    for (const value of slotsOf(other)[slot!] as SqlValue[])
      (slotsOf(accumulator)[slot!] as SqlValue[]).push(value);
  },
  result(accumulator, [slot]) {
    const items = slotsOf(accumulator)[slot!] as SqlValue[];
    return items.length === 0 ? null : items;
  },
};

/** VAR and STDDEV of doubles, from the sum, the sum of squares and the count, as Flink works them out. */
export function variance(isSample: boolean, isRoot: boolean): AggregateKernel {
  return {
    initial: [() => 0, () => 0, () => 0],
    add(accumulator, [total, squares, count], [value]) {
      const slots = slotsOf(accumulator);
      const x = value as number;
      slots[total!] = (slots[total!] as number) + x;
      slots[squares!] = (slots[squares!] as number) + x * x;
      slots[count!] = (slots[count!] as number) + 1;
    },
    code: ([total, squares, count], [value]) =>
      `acc.${total} += ${value}; acc.${squares} += ${value} * ${value}; acc.${count} += 1;`,
    merge(accumulator, names, other) {
      const [slots, others] = [slotsOf(accumulator), slotsOf(other)];
      for (const name of names) slots[name] = (slots[name] as number) + (others[name] as number);
    },
    result(accumulator, [total, squares, count]) {
      const slots = slotsOf(accumulator);
      const rows = slots[count!] as number;
      const divisor = isSample ? rows - 1 : rows;
      if (rows === 0 || divisor === 0) return null;
      const x = slots[total!] as number;
      const spread = ((slots[squares!] as number) - (x * x) / rows) / divisor;
      return isRoot ? spread ** 0.5 : spread;
    },
  };
}
