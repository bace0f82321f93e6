/** Values of every logical type, ordinary ones and those at the edges, for a seed. */
import { assertNever, invariant } from "../../../diagnostics/error.js";
import { typeCoder } from "../../../types/coders/type-coders.js";
import type { LogicalType, SqlValue } from "../../../types/logical-type.js";
import { printType } from "../../../types/print-type.js";
import { Decimal } from "../../../types/values/decimal.js";
import { Instant } from "../../../types/values/instant.js";
import { LocalTimestamp } from "../../../types/values/local-timestamp.js";
import type { SeededRandom } from "../seeded-random.js";

/** Longest text or byte string made for a type without a shorter bound. */
const LENGTH_MAX = 24;
/** Most elements of an ARRAY, MAP or MULTISET. */
const ELEMENTS_MAX = 4;
/** One value in so many is one of the edges. */
const EDGE_SHARE = 4;
/** Days and milliseconds of the years 1 to 9999: what every text form of a date can hold. */
const DAYS = { min: -719_162, max: 2_932_896 };
const MILLIS = { min: -62_135_596_800_000, max: 253_402_300_799_999 };
const DAY_MILLIS = 86_400_000;
/** Characters that text formats trip over. */
const CHARACTERS = [
  "a",
  "Z",
  "7",
  " ",
  ",",
  ";",
  '"',
  "'",
  "\\",
  "/",
  "\n",
  "\r",
  "\t",
  "|",
  "{",
  "[",
  "#",
  "é",
  "ß",
  "Ω",
  "漢",
  "\u2028",
  "😀",
];
const FLOAT_EDGES = [0, 1, -1, 0.1, 1e21, -1e-7, 3.4028234663852886e38, 1.401298464324817e-45];
const DOUBLE_EDGES = [0, 1, -1, 0.1, 1e21, -1e-7, 5e-324, Number.MAX_VALUE, Number.MAX_SAFE_INTEGER];

/**
 * A value of the type that is not NULL; parts of it are NULL where their type is nullable and `hasNulls`.
 *
 * @throws for types without values (RAW and the like).
 */
export function generateValue(type: LogicalType, random: SeededRandom, hasNulls: boolean): SqlValue {
  switch (type.kind) {
    case "BOOLEAN":
      return random.next() < 0.5;
    case "TINYINT":
      return whole(random, -128, 127);
    case "SMALLINT":
      return whole(random, -32_768, 32_767);
    case "INT":
      return whole(random, -(2 ** 31), 2 ** 31 - 1);
    case "BIGINT":
      return bigWhole(random, -(2n ** 63n), 2n ** 63n - 1n);
    case "FLOAT":
      return Math.fround(real(random, FLOAT_EDGES));
    case "DOUBLE":
      return real(random, DOUBLE_EDGES);
    case "DECIMAL":
      return new Decimal(
        bigWhole(random, 1n - 10n ** BigInt(type.precision), 10n ** BigInt(type.precision) - 1n),
        type.scale,
      );
    case "CHAR":
      return text(random, type.length, type.length);
    case "VARCHAR":
      return text(random, 0, Math.min(type.length, LENGTH_MAX));
    case "BINARY":
      return random.bytes(type.length);
    case "VARBINARY":
      return random.bytes(random.between(0, Math.min(type.length, LENGTH_MAX)));
    case "DATE":
      return whole(random, DAYS.min, DAYS.max);
    case "TIME":
      return roundedDown(whole(random, 0, DAY_MILLIS - 1), type.precision);
    case "TIMESTAMP":
      return new LocalTimestamp(...instantParts(random, type.precision));
    case "TIMESTAMP_LTZ":
      return new Instant(...instantParts(random, type.precision));
    case "INTERVAL_YEAR_MONTH":
      return whole(random, -1_199, 1_199);
    case "INTERVAL_DAY_TIME":
      return bigWhole(random, -8_639_999_999n, 8_639_999_999n);
    case "ARRAY":
      return Array.from({ length: random.between(0, ELEMENTS_MAX) }, () =>
        generatePart(type.element, random, hasNulls),
      );
    case "MAP":
      return new Map(
        distinctKeys(type.key, random).map((key) => [key, generatePart(type.value, random, hasNulls)]),
      );
    case "MULTISET":
      return new Map(distinctKeys(type.element, random).map((key) => [key, random.between(1, 5)]));
    case "ROW":
      return Object.fromEntries(
        type.fields.map((field) => [field.name, generatePart(field.type, random, hasNulls)]),
      );
    case "NULL":
      return null;
    case "TIMESTAMP_TZ":
    case "RAW":
    case "VARIANT":
    case "BITMAP":
    case "USER":
      return invariant(false, `${printType(type)} has no values`);
    default:
      return assertNever(type);
  }
}

function generatePart(type: LogicalType, random: SeededRandom, hasNulls: boolean): SqlValue {
  return hasNulls && type.nullable && random.next() < 0.25 ? null : generateValue(type, random, hasNulls);
}

function isEdge(random: SeededRandom): boolean {
  return random.between(1, EDGE_SHARE) === 1;
}

function whole(random: SeededRandom, min: number, max: number): number {
  return isEdge(random) ? random.pick([min, max, Math.max(min, 0)]) : random.between(min, max);
}

function bigWhole(random: SeededRandom, min: bigint, max: bigint): bigint {
  return isEdge(random) ? random.pick([min, max, 0n]) : random.bigBetween(min, max);
}

function real(random: SeededRandom, edges: readonly number[]): number {
  if (isEdge(random)) return random.pick(edges);
  return (random.next() - 0.5) * 10 ** random.between(-20, 20);
}

function text(random: SeededRandom, lengthMin: number, lengthMax: number): string {
  const length = isEdge(random) ? random.pick([lengthMin, lengthMax]) : random.between(lengthMin, lengthMax);
  return Array.from({ length }, () => random.pick(CHARACTERS)).join("");
}

/** Milliseconds of which only the first digits of the fraction are kept. */
function roundedDown(millis: number, precision: number): number {
  const unit = 10 ** Math.max(0, 3 - precision);
  return Math.floor(millis / unit) * unit;
}

function instantParts(random: SeededRandom, precision: number): [epochMillis: number, nanosOfMilli: number] {
  const millis = isEdge(random)
    ? random.pick([MILLIS.min, MILLIS.max, 0, -1])
    : MILLIS.min + Math.floor(random.next() * (MILLIS.max - MILLIS.min));
  const unit = 10 ** Math.max(0, 9 - precision);
  const nanos = precision <= 3 ? 0 : Math.floor(random.between(0, 999_999) / unit) * unit;
  return [roundedDown(millis, precision), nanos];
}

/** Keys that are different values of the type. */
function distinctKeys(type: LogicalType, random: SeededRandom): readonly SqlValue[] {
  const coder = typeCoder(type);
  const keys = new Map<unknown, SqlValue>();
  for (let count = random.between(0, ELEMENTS_MAX); count > 0; count--) {
    const key = generateValue(type, random, false);
    keys.set(coder.keyOf(key), key);
  }
  return [...keys.values()];
}
