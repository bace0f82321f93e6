import {
  BIGINT_MAX,
  BIGINT_MIN,
  Decimal,
  INTEGER_RANGES,
  MAX_LENGTH,
  parseBigintText,
  parseDoubleText,
  parseIntegerText,
  printType,
  rowFactory,
} from "@tributary/core";
import type { DecimalType, LogicalType, RowType, SizedType } from "@tributary/core";
import type { ColumnSettings } from "./column-settings.js";
import { LENGTH_MAX } from "./column-settings.js";
import { withNulls } from "./field-generator.js";
import type { Generator } from "./field-generator.js";
import {
  presentDate,
  presentTime,
  randomArray,
  randomBigint,
  randomBoolean,
  randomBytes,
  randomDecimal,
  randomDouble,
  randomFloat,
  randomInstant,
  randomInteger,
  randomMap,
  randomText,
  randomTimestamp,
} from "./random-generators.js";

/** Length of STRING and BYTES values. */
const UNBOUNDED_LENGTH = 100;
/** Elements of a collection. */
const COLLECTION_LENGTH = 3;
/** Greatest count of an element of a MULTISET. */
const MULTISET_COUNT_MAX = 10;
/** Greatest interval of months, as in Flink: 10000 years. */
const MONTHS_MAX = 120_000;
const FLOAT_MAX = 3.4028234663852886e38;

/** The generator of a random column or a part of one; faults are reported and leave a generator of NULL. */
export function createGenerator(path: string, type: LogicalType, settings: ColumnSettings): Generator {
  settings.addPath(path);
  const generate = notNullGenerator(path, type, settings);
  return withNulls(generate, settings.nullRate(path));
}

function notNullGenerator(path: string, type: LogicalType, settings: ColumnSettings): Generator {
  switch (type.kind) {
    case "BOOLEAN":
      return randomBoolean;
    case "TINYINT":
    case "SMALLINT":
    case "INT": {
      const { min, max } = INTEGER_RANGES[type.kind];
      return integers(path, min, max, settings);
    }
    case "INTERVAL_YEAR_MONTH":
      return integers(path, 0, MONTHS_MAX, settings);
    case "BIGINT":
    case "INTERVAL_DAY_TIME": {
      const parse = (text: string): bigint | undefined => parseBigintText(text);
      const [min, max] = bounds(path, parse, "a whole number of 64 bits", [BIGINT_MIN, BIGINT_MAX], settings);
      return ordered(path, min <= max, settings) ? randomBigint(min, max) : nothing;
    }
    case "FLOAT":
    case "DOUBLE": {
      const isFloat = type.kind === "FLOAT";
      const range: readonly [number, number] = [0, isFloat ? FLOAT_MAX : Number.MAX_VALUE];
      const [min, max] = bounds(path, finiteDouble, "a number", range, settings);
      if (!ordered(path, min <= max, settings)) return nothing;
      return isFloat ? randomFloat(min, max) : randomDouble(min, max);
    }
    case "DECIMAL":
      return decimals(path, type, settings);
    case "CHAR":
    case "BINARY":
      return type.kind === "CHAR"
        ? randomText(madeLength(type, settings, path), false)
        : randomBytes(madeLength(type, settings, path), false);
    case "VARCHAR":
      return randomText(lengthOf(path, type, settings), settings.isVariableLength(path));
    case "VARBINARY":
      return randomBytes(lengthOf(path, type, settings), settings.isVariableLength(path));
    case "DATE":
      return presentDate;
    case "TIME":
      return presentTime;
    case "TIMESTAMP":
      return randomTimestamp(settings.maxPastMs(path));
    case "TIMESTAMP_LTZ":
      return randomInstant(settings.maxPastMs(path));
    case "ARRAY":
      return randomArray(
        createGenerator(`${path}.element`, type.element, settings),
        settings.length(path) ?? COLLECTION_LENGTH,
      );
    case "MULTISET":
      return randomMap(
        createGenerator(`${path}.element`, type.element, settings),
        randomInteger(0, MULTISET_COUNT_MAX),
        settings.length(path) ?? COLLECTION_LENGTH,
      );
    case "MAP":
      return randomMap(
        createGenerator(`${path}.key`, type.key, settings),
        createGenerator(`${path}.value`, type.value, settings),
        settings.length(path) ?? COLLECTION_LENGTH,
      );
    case "ROW":
      return rows(path, type, settings);
    case "NULL":
      return nothing;
    case "TIMESTAMP_TZ":
    case "RAW":
    case "VARIANT":
    case "BITMAP":
    case "USER":
      settings.unsupported(path, printType(type), "no value of that type exists here.");
      return nothing;
    default:
      return type satisfies never;
  }
}

const nothing: Generator = () => null;

function rows(path: string, type: RowType, settings: ColumnSettings): Generator {
  const makeRow = rowFactory(type.fields.map(({ name }) => name));
  const fields = type.fields.map((field) => createGenerator(`${path}.${field.name}`, field.type, settings));
  return (context) => makeRow(fields.map((generate) => generate(context)));
}

function integers(path: string, least: number, greatest: number, settings: ColumnSettings): Generator {
  const parse = (text: string): number | undefined => parseIntegerText(text, least, greatest);
  const [min, max] = bounds(
    path,
    parse,
    `a whole number from ${least} to ${greatest}`,
    [least, greatest],
    settings,
  );
  return ordered(path, min <= max, settings) ? randomInteger(min, max) : nothing;
}

/** Bounds beyond the type's digits are cut to them, as in Flink. */
function decimals(path: string, type: DecimalType, settings: ColumnSettings): Generator {
  const { precision, scale } = type;
  const greatest = new Decimal(10n ** BigInt(precision) - 1n, scale);
  const parse = (text: string): Decimal | undefined => {
    const value = Decimal.parse(text);
    if (value === undefined) return undefined;
    if (value.compare(greatest) > 0) return greatest;
    return value.compare(greatest.neg()) < 0 ? greatest.neg() : value;
  };
  const [min, max] = bounds(path, parse, "a decimal number", [Decimal.ZERO, greatest], settings);
  return ordered(path, min.compare(max) <= 0, settings) ? randomDecimal(min, max, scale) : nothing;
}

function finiteDouble(text: string): number | undefined {
  const value = parseDoubleText(text);
  return Number.isFinite(value) ? value : undefined;
}

/** The bounds of a column, the type's own where none is given or one is wrong. */
function bounds<T>(
  path: string,
  parse: (text: string) => T | undefined,
  expected: string,
  [least, greatest]: readonly [T, T],
  settings: ColumnSettings,
): readonly [T, T] {
  const read = (option: "min" | "max", text: string | undefined, otherwise: T): T => {
    if (text === undefined) return otherwise;
    const value = parse(text);
    if (value === undefined) settings.invalid(path, option, text, expected);
    return value ?? otherwise;
  };
  return [read("min", settings.min(path), least), read("max", settings.max(path), greatest)];
}

function ordered(path: string, isOrdered: boolean, settings: ColumnSettings): boolean {
  if (!isOrdered) settings.invalid(path, "max", settings.max(path) ?? "", "at least the minimum");
  return isOrdered;
}

/** Length of a type that has only one. */
function madeLength(type: SizedType, settings: ColumnSettings, path: string): number {
  if (type.length <= LENGTH_MAX) return type.length;
  settings.unsupported(
    path,
    printType(type),
    `values of at most ${LENGTH_MAX} characters or bytes are made.`,
  );
  return 0;
}

/** Length of a type of variable length; one that is given must not go beyond the declared one. */
function lengthOf(path: string, type: SizedType, settings: ColumnSettings): number {
  const given = settings.length(path);
  if (given === undefined) {
    return type.length === MAX_LENGTH ? UNBOUNDED_LENGTH : madeLength(type, settings, path);
  }
  if (given <= type.length) return given;
  settings.invalid(path, "length", String(given), `at most the length of ${printType(type)}`);
  return 0;
}
