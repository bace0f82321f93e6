/**
 * Rows as canonical JSON: one object a row, fields in schema order; what JSON cannot hold exactly (64-bit integers,
 * decimals, bytes, times) as strings. The form of `print` tables, of `tributary format` and of tests.
 */
import { assertNever, TributaryError } from "../../diagnostics/error.js";
import type { LogicalType, Row, RowType } from "../logical-type.js";
import { printType } from "../print-type.js";
import { formatBinary } from "../text/binary-text.js";
import { formatDate, printTime } from "../text/date-time-text.js";
import { shortestFloatNumber } from "../text/float-text.js";
import { printInstant, printTimestamp } from "../text/timestamp-text.js";
import type { Decimal } from "../values/decimal.js";
import { Instant } from "../values/instant.js";
import { LocalTimestamp } from "../values/local-timestamp.js";

/** Writes a value that is not NULL. */
type Write = (value: never) => string;

const compiled = new WeakMap<RowType, (row: Row) => string>();

/**
 * The canonical JSON of a row. Built once per row type.
 *
 * @throws `RECORD_MALFORMED` naming the column whose value is not of its type; `SCHEMA_INVALID` for types without
 *   values (RAW, TIMESTAMP WITH TIME ZONE, ...).
 * @public
 */
export function rowToCanonicalJson(row: Row, rowType: RowType): string {
  let write = compiled.get(rowType);
  if (write === undefined) {
    write = canonicalJsonWriter(rowType);
    compiled.set(rowType, write);
  }
  return write(row);
}

/** The function behind {@link rowToCanonicalJson}, for callers with one row type. @public */
export function canonicalJsonWriter(rowType: RowType): (row: Row) => string {
  const write = rowWriter(rowType);
  return (row) => {
    try {
      return write(row);
    } catch (error) {
      throw TributaryError.is(error) ? error : malformedValue(row, rowType, error);
    }
  };
}

function rowWriter(rowType: RowType): (row: Row) => string {
  const names = rowType.fields.map((field) => field.name);
  const writes = rowType.fields.map((field) => writerOf(field.type));
  const heads = names.map((name, index) => `${index === 0 ? "" : ","}${JSON.stringify(name)}:`);
  return (row) => {
    let text = "{";
    for (let index = 0; index < names.length; index++) {
      const value = row[names[index] as string];
      text += heads[index] as string;
      text += isNull(value) ? "null" : (writes[index] as Write)(value as never);
    }
    return `${text}}`;
  };
}

function isNull(value: unknown): boolean {
  return value === null || value === undefined;
}

function writerOf(type: LogicalType): Write {
  switch (type.kind) {
    case "BOOLEAN":
      return (value: unknown) => String(isOf(value, typeof value === "boolean"));
    case "TINYINT":
    case "SMALLINT":
    case "INT":
    case "INTERVAL_YEAR_MONTH":
      return writeInteger;
    case "BIGINT":
    case "INTERVAL_DAY_TIME":
      return (value: bigint) => `"${isOf(value, typeof value === "bigint")}"`;
    case "FLOAT":
      return (value: number) => writeNumber(shortestFloatNumber(isOf(value, typeof value === "number")));
    case "DOUBLE":
      return writeNumber;
    case "DECIMAL":
      return (value: Decimal) => `"${value.rescale(type.scale).toString()}"`;
    case "CHAR":
    case "VARCHAR":
      return (value: string) => JSON.stringify(isOf(value, typeof value === "string"));
    case "BINARY":
    case "VARBINARY":
      return writeBytes;
    case "DATE":
      return (value: number) => `"${formatDate(isOf(value, Number.isInteger(value)))}"`;
    case "TIME":
      return (value: number) => `"${printTime(isOf(value, Number.isInteger(value)), type.precision)}"`;
    case "TIMESTAMP":
      return (value: LocalTimestamp) =>
        `"${printTimestamp(isOf(value, LocalTimestamp.is(value)), type.precision)}"`;
    case "TIMESTAMP_LTZ":
      return (value: Instant) => `"${printInstant(isOf(value, Instant.is(value)), type.precision)}"`;
    case "ARRAY":
      return listWriter(type.element);
    case "MAP":
      return pairsWriter(type.key, writerOf(type.value));
    case "MULTISET":
      return pairsWriter(type.element, writeInteger);
    case "ROW":
      return rowWriter(type);
    case "NULL":
      return () => "null";
    case "TIMESTAMP_TZ":
    case "RAW":
    case "VARIANT":
    case "BITMAP":
    case "USER":
      throw noValues(type);
    default:
      return assertNever(type);
  }
}

/** The value, if it is of its type. */
function isOf<T>(value: T, isOfType: boolean): T {
  if (!isOfType) throw new TypeError(`unexpected ${typeof value}`);
  return value;
}

function writeInteger(value: number): string {
  return String(isOf(value, Number.isInteger(value)));
}

/** A JSON number, or a string for what JSON has no number for. Keeps the sign of zero. */
function writeNumber(value: number): string {
  isOf(value, typeof value === "number");
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  return Number.isFinite(value) ? String(value) : `"${value}"`;
}

function writeBytes(value: Uint8Array): string {
  return `"${formatBinary(isOf(value, value instanceof Uint8Array))}"`;
}

function listWriter(elementType: LogicalType): Write {
  const write = writerOf(elementType);
  return (list: readonly unknown[]) => {
    let text = "[";
    for (let index = 0; index < list.length; index++) {
      const value = list[index];
      if (index > 0) text += ",";
      text += isNull(value) ? "null" : write(value as never);
    }
    return `${text}]`;
  };
}

function pairsWriter(keyType: LogicalType, writeValue: Write): Write {
  const writeKey = writerOf(keyType);
  return (map: ReadonlyMap<unknown, unknown>) => {
    let text = "[";
    for (const [key, value] of map) {
      if (text.length > 1) text += ",";
      text += `[${isNull(key) ? "null" : writeKey(key as never)},`;
      text += `${isNull(value) ? "null" : writeValue(value as never)}]`;
    }
    return `${text}]`;
  };
}

/** The error for a type that no value of ours can have. */
export function noValues(type: LogicalType): TributaryError {
  const text = printType(type);
  return new TributaryError({
    severity: "error",
    code: "SCHEMA_INVALID",
    message: `A column of type ${text} cannot be read, written or computed here.`,
    value: text,
  });
}

/** Looks for the column that could not be written. */
function malformedValue(row: Row, rowType: RowType, cause: unknown): TributaryError {
  for (const { name, type } of rowType.fields) {
    const value = row[name];
    try {
      if (!isNull(value)) writerOf(type)(value as never);
    } catch {
      const message = `The value ${excerptOf(value)} of column '${name}' is not of its type ${printType(type)}.`;
      return new TributaryError(
        { severity: "error", code: "RECORD_MALFORMED", message, columnName: name },
        { cause },
      );
    }
  }
  return new TributaryError(
    { severity: "error", code: "RECORD_MALFORMED", message: String(cause) },
    { cause },
  );
}

/** A value as JSON, shortened. */
export function excerptOf(value: unknown): string {
  let text: string;
  try {
    text = typeof value === "bigint" ? `${value}n` : (JSON.stringify(value) ?? String(value));
  } catch {
    text = `of type ${typeof value}`;
  }
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
