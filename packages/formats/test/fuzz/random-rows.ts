/** Rows of any type, with what is odd in its range more often than chance would have it. */
import { Decimal, Instant, LocalTimestamp } from "@tributary/core";
import type { LogicalType, Row, RowType } from "@tributary/core";
import type { Random } from "./random.js";

const ELEMENTS_MAX = 4;
const TEXTS = [
  "",
  " ",
  "a",
  "null",
  "true",
  "NaN",
  "é",
  "😀",
  '"',
  "\\",
  "\n",
  ",",
  ";",
  "__proto__",
  "constructor",
  "0",
];
const DOUBLES = [
  0,
  -0,
  1,
  -1.5,
  0.1,
  1e21,
  1e-7,
  5e-324,
  Number.MAX_VALUE,
  NaN,
  Infinity,
  -Infinity,
  2 ** 53,
];
const LONGS = [0n, -1n, 1n, 9_007_199_254_740_993n, 2n ** 63n - 1n, -(2n ** 63n), 2n ** 31n, -(2n ** 32n)];
/** Milliseconds of the years -9999 to 9999. */
const MILLIS = [0, -1, -62_135_596_800_000, 253_402_300_799_999, -62_167_219_200_001, -377_705_116_800_000];
const MILLIS_PER_DAY = 86_400_000;

export function randomRow(random: Random, { fields }: RowType): Row {
  return Object.fromEntries(fields.map(({ name, type }) => [name, randomValue(random, type)]));
}

/** A value of the type, or NULL where it may be. */
export function randomValue(random: Random, type: LogicalType): unknown {
  if (type.nullable && random.once(6)) return null;
  switch (type.kind) {
    case "NULL":
      return null;
    case "BOOLEAN":
      return random.once(2);
    case "TINYINT":
      return (random.bits() << 24) >> 24;
    case "SMALLINT":
      return (random.bits() << 16) >> 16;
    case "INT":
    case "INTERVAL_YEAR_MONTH":
      return random.once(2) ? random.below(200) - 100 : random.bits() | 0;
    case "BIGINT":
    case "INTERVAL_DAY_TIME":
      return random.once(2)
        ? random.pick(LONGS)
        : BigInt.asIntN(64, (BigInt(random.bits()) << 32n) | BigInt(random.bits()));
    case "FLOAT":
      return Math.fround(random.once(2) ? random.pick(DOUBLES) : random.bits() / 1000);
    case "DOUBLE":
      return random.once(2) ? random.pick(DOUBLES) : random.bits() / 1000;
    case "DECIMAL": {
      const digits = 1 + random.below(type.precision);
      const size = BigInt(Array.from({ length: digits }, () => random.below(10)).join(""));
      return new Decimal(random.once(2) ? size : -size, type.scale);
    }
    case "CHAR":
    case "VARCHAR":
      return randomText(random);
    case "BINARY":
    case "VARBINARY":
      return Uint8Array.from({ length: random.below(8) }, () => random.below(256));
    case "DATE":
      return Math.floor(randomMillis(random) / MILLIS_PER_DAY);
    case "TIME":
      return random.below(MILLIS_PER_DAY);
    case "TIMESTAMP":
      return new LocalTimestamp(randomMillis(random), randomNanos(random, type.precision));
    case "TIMESTAMP_LTZ":
      return new Instant(randomMillis(random), randomNanos(random, type.precision));
    case "ARRAY":
      return Array.from({ length: random.below(ELEMENTS_MAX) }, () => randomValue(random, type.element));
    case "MAP":
      return randomMap(random, type.key, () => randomValue(random, type.value));
    case "MULTISET":
      return randomMap(random, type.element, () => 1 + random.below(9));
    case "ROW":
      return randomRow(random, type);
    case "TIMESTAMP_TZ":
    case "RAW":
    case "VARIANT":
    case "BITMAP":
    case "USER":
      throw new TypeError(`There are no random values of ${type.kind}.`);
  }
}

function randomText(random: Random): string {
  if (random.once(2)) return random.pick(TEXTS);
  return Array.from({ length: random.below(20) }, () => String.fromCodePoint(32 + random.below(0x300))).join(
    "",
  );
}

function randomMillis(random: Random): number {
  if (random.once(3)) return random.pick(MILLIS);
  return 1_600_000_000_000 + random.bits() * 40;
}

/** Below the millisecond, as far as the precision goes. */
function randomNanos(random: Random, precision: number): number {
  if (precision <= 3 || random.once(2)) return 0;
  const step = 10 ** (9 - precision);
  return Math.floor(random.below(1_000_000) / step) * step;
}

function randomMap(random: Random, key: LogicalType, value: () => unknown): Map<unknown, unknown> {
  const keyType = { ...key, nullable: false };
  return new Map(
    Array.from({ length: random.below(ELEMENTS_MAX) }, () => [randomValue(random, keyType), value()]),
  );
}
