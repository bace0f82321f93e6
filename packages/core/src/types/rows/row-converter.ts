/**
 * Rows that code made, checked and brought into the form that the rest of the system relies on. One rule: a value that
 * says the same thing in another form is converted, a value that leaves a choice (which time zone, which rounding) is
 * refused with the way to make the choice.
 */
import type { Diagnostic } from "../../diagnostics/diagnostic.js";
import { assertNever, TributaryError } from "../../diagnostics/error.js";
import type { LogicalType, MapType, Row, RowType } from "../logical-type.js";
import { printType } from "../print-type.js";
import { BIGINT_MAX, BIGINT_MIN, INTEGER_RANGES } from "../text/number-text.js";
import { isCharacterType } from "../type-families.js";
import { MILLIS_PER_DAY } from "../values/civil-time.js";
import { dateFromTemporal, timeFromTemporal } from "../values/date-conversions.js";
import { Decimal } from "../values/decimal.js";
import { Instant } from "../values/instant.js";
import { LocalTimestamp } from "../values/local-timestamp.js";
import {
  temporalKind,
  type TemporalInstant,
  type TemporalPlainDate,
  type TemporalPlainDateTime,
  type TemporalPlainTime,
} from "../values/temporal.js";
import { nativeRowTest } from "./native-test.js";
import { rowFactory } from "./row-factory.js";
import { describeValue, formsOf } from "./value-forms.js";

/** The value itself if it is one of the type, what it stands for, or {@link REFUSED}. */
type Convert = (value: unknown, faults: Faults) => unknown;

/** Tells a refusal from NULL and from `undefined`. */
const REFUSED = Symbol("refused");

/** Where the converter is, and what it found wrong. */
interface Faults {
  readonly list: Fault[];
  readonly path: (string | number)[];
}

interface Fault {
  readonly path: readonly (string | number)[];
  readonly type: LogicalType;
  readonly value: unknown;
}

/** Days before and after 1970-01-01 that a DATE can have: those of the years that timestamps can have. */
const DAY_MAX = 104_000_000;

/** How a {@link rowConverter} names what it finds. @public */
export interface RowConverterOptions {
  /** Name of the table, for messages. */
  readonly table?: string;
}

/**
 * A function that checks a row made by code and converts what says the same thing in another form: a safe `number` for
 * BIGINT, a `Date` for TIMESTAMP_LTZ, values of Temporal, a plain object for a MAP of texts. A row in which nothing is
 * to be converted is given back as it is; properties that are no columns are left alone in it. NULL may be `null` or
 * `undefined`, also in a NOT NULL column: that is checked elsewhere.
 *
 * The function throws `RECORD_MALFORMED` with every fault of the row, each with table and column.
 *
 * @public
 */
export function rowConverter(rowType: RowType, options: RowConverterOptions = {}): (row: unknown) => Row {
  const convert = converterOf(rowType);
  const isNative = nativeRowTest(
    rowType,
    rowType.fields.map(({ type }) => sameTest(converterOf(type))),
  );
  return (row) => {
    if (isNative?.(row) === true) return row as Row;
    const faults: Faults = { list: [], path: [] };
    const result = convert(row, faults);
    if (result === REFUSED) faults.list.push({ path: [], type: rowType, value: row });
    if (faults.list.length > 0)
      throw new TributaryError(faults.list.map((fault) => diagnostic(fault, options.table)));
    return result as Row;
  };
}

/** Is a value converted to itself? */
function sameTest(convert: Convert): (value: unknown) => boolean {
  return (value) => {
    const faults: Faults = { list: [], path: [] };
    return Object.is(convert(value, faults), value) && faults.list.length === 0;
  };
}

function diagnostic({ path, type, value }: Fault, table: string | undefined): Diagnostic {
  const [column] = path;
  const ofTable = table === undefined ? "" : ` of the table '${table}'`;
  const place = column === undefined ? `A row${ofTable}` : `The column '${path.join(".")}'${ofTable}`;
  const wanted = type.kind === "ROW" ? "ROW" : printType({ ...type, nullable: true });
  const hint = formsOf(type, value);
  return {
    severity: "error",
    code: "RECORD_MALFORMED",
    message: `${place} cannot be ${describeValue(value)}: that is no value of ${wanted}.`,
    ...(table !== undefined && { table }),
    ...(typeof column === "string" && { columnName: column }),
    ...(hint !== undefined && { hint }),
  };
}

/** Any value, NULL included: a part that is refused is noted and taken for NULL. */
function partOf(convert: Convert, type: LogicalType, value: unknown, faults: Faults): unknown {
  if (value === null || value === undefined) return null;
  const result = convert(value, faults);
  if (result !== REFUSED) return result;
  faults.list.push({ path: [...faults.path], type, value });
  return null;
}

function converterOf(type: LogicalType): Convert {
  switch (type.kind) {
    case "BOOLEAN":
      return (value) => (typeof value === "boolean" ? value : REFUSED);
    case "TINYINT":
    case "SMALLINT":
    case "INT":
      return integer(INTEGER_RANGES[type.kind].min, INTEGER_RANGES[type.kind].max);
    case "INTERVAL_YEAR_MONTH":
      return integer(INTEGER_RANGES.INT.min, INTEGER_RANGES.INT.max);
    case "BIGINT":
    case "INTERVAL_DAY_TIME":
      return bigint;
    case "FLOAT":
      return (value) => {
        const number = double(value);
        return typeof number === "number" ? Math.fround(number) : number;
      };
    case "DOUBLE":
      return double;
    case "DECIMAL":
      return (value) => decimalOf(value)?.fit(type.precision, type.scale) ?? REFUSED;
    case "CHAR":
    case "VARCHAR":
      return (value) => (typeof value === "string" ? value : REFUSED);
    case "BINARY":
    case "VARBINARY":
      return bytes;
    case "DATE":
      return date;
    case "TIME":
      return time;
    case "TIMESTAMP":
      return localTimestamp;
    case "TIMESTAMP_LTZ":
      return instant;
    case "ARRAY":
      return list(type.element);
    case "MAP":
      return map(type);
    case "MULTISET":
      return entries(type.element, { kind: "INT", nullable: false });
    case "ROW":
      return row(type);
    case "NULL":
      return () => REFUSED;
    case "TIMESTAMP_TZ":
    case "RAW":
    case "VARIANT":
    case "BITMAP":
    case "USER":
      // No connector takes such a column; what is wrong with it is said where the table is planned.
      return (value) => value;
    default:
      return assertNever(type);
  }
}

function integer(min: number, max: number): Convert {
  return (value) => {
    const number = typeof value === "bigint" ? Number(value) : value;
    return typeof number === "number" && number >= min && number <= max && Number.isInteger(number)
      ? number
      : REFUSED;
  };
}

function bigint(value: unknown): unknown {
  if (typeof value === "bigint") return value >= BIGINT_MIN && value <= BIGINT_MAX ? value : REFUSED;
  return Number.isSafeInteger(value) ? BigInt(value as number) : REFUSED;
}

function double(value: unknown): unknown {
  if (typeof value === "number") return value;
  if (typeof value !== "bigint") return REFUSED;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : REFUSED;
}

function decimalOf(value: unknown): Decimal | undefined {
  if (Decimal.is(value)) return value;
  if (typeof value === "string") return Decimal.parse(value);
  if (typeof value === "bigint") return new Decimal(value, 0);
  return typeof value === "number" ? Decimal.fromNumber(value) : undefined;
}

function bytes(value: unknown): unknown {
  if (value instanceof Uint8Array) return value;
  return value instanceof ArrayBuffer ? new Uint8Array(value) : REFUSED;
}

function date(value: unknown): unknown {
  if (typeof value === "number")
    return Number.isInteger(value) && Math.abs(value) <= DAY_MAX ? value : REFUSED;
  return isTemporal(value, "PlainDate") ? dateFromTemporal(value as TemporalPlainDate) : REFUSED;
}

function time(value: unknown): unknown {
  if (typeof value === "number")
    return Number.isInteger(value) && value >= 0 && value < MILLIS_PER_DAY ? value : REFUSED;
  return isTemporal(value, "PlainTime") ? timeFromTemporal(value as TemporalPlainTime) : REFUSED;
}

function localTimestamp(value: unknown): unknown {
  if (LocalTimestamp.is(value)) return value;
  return isTemporal(value, "PlainDateTime")
    ? LocalTimestamp.fromTemporal(value as TemporalPlainDateTime)
    : REFUSED;
}

function instant(value: unknown): unknown {
  if (Instant.is(value)) return value;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? REFUSED : Instant.fromDate(value);
  return isTemporal(value, "Instant") || isTemporal(value, "ZonedDateTime")
    ? Instant.fromTemporal(value as TemporalInstant)
    : REFUSED;
}

function isTemporal(value: unknown, kind: string): boolean {
  return typeof value === "object" && value !== null && temporalKind(value) === kind;
}

function list(elementType: LogicalType): Convert {
  const convert = converterOf(elementType);
  return (value, faults) => {
    if (!Array.isArray(value)) return REFUSED;
    const source: readonly unknown[] = value;
    let copy: unknown[] | undefined;
    for (let index = 0; index < source.length; index++) {
      const element = source[index];
      faults.path.push(index);
      const result = partOf(convert, elementType, element, faults);
      faults.path.pop();
      if (copy === undefined && !Object.is(result, element)) copy = source.slice(0, index);
      copy?.push(result);
    }
    return copy ?? value;
  };
}

function map(type: MapType): Convert {
  const convert = entries(type.key, type.value);
  if (!isCharacterType(type.key)) return convert;
  return (value, faults) =>
    isPlainObject(value) ? convert(new Map(Object.entries(value)), faults) : convert(value, faults);
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

function entries(keyType: LogicalType, valueType: LogicalType): Convert {
  const convertKey = converterOf(keyType);
  const convertValue = converterOf(valueType);
  return (value, faults) => {
    if (!(value instanceof Map)) return REFUSED;
    let isSame = true;
    const copy = new Map<unknown, unknown>();
    for (const [key, one] of value as ReadonlyMap<unknown, unknown>) {
      faults.path.push(String(key));
      const newKey = partOf(convertKey, keyType, key, faults);
      const newValue = partOf(convertValue, valueType, one, faults);
      faults.path.pop();
      isSame &&= Object.is(newKey, key) && Object.is(newValue, one);
      copy.set(newKey, newValue);
    }
    return isSame ? value : copy;
  };
}

function row(type: RowType): Convert {
  const names = type.fields.map(({ name }) => name);
  const fieldTypes = type.fields.map((field) => field.type);
  const converts = fieldTypes.map(converterOf);
  const make = rowFactory(names);
  // Every object has these, so that a row without such a column would seem to have it.
  const inherited = names.filter((name) => name in Object.prototype);
  return (value, faults) => {
    if (typeof value !== "object" || value === null || Array.isArray(value) || value instanceof Map) {
      return REFUSED;
    }
    const source = value as Readonly<Record<string, unknown>>;
    let values = inherited.some((name) => !Object.hasOwn(source, name))
      ? names.map(fieldOf(source))
      : undefined;
    for (let index = 0; index < names.length; index++) {
      const name = names[index] as string;
      const field = values === undefined ? source[name] : values[index];
      if (field === null || field === undefined) {
        if (values !== undefined) values[index] = null;
        continue;
      }
      faults.path.push(name);
      const result = partOf(converts[index] as Convert, fieldTypes[index] as LogicalType, field, faults);
      faults.path.pop();
      if (values === undefined && !Object.is(result, field)) values = names.map(fieldOf(source));
      if (values !== undefined) values[index] = result;
    }
    return values === undefined ? value : make(values);
  };
}

/** Reads a field; what every object inherits is none. A getter of a class is. */
function fieldOf(source: Readonly<Record<string, unknown>>): (name: string) => unknown {
  return (name) => (name in Object.prototype && !Object.hasOwn(source, name) ? null : (source[name] ?? null));
}
