/**
 * Readers of Avro's JSON encoding: not plain JSON, since values of unions are wrapped by the name of their branch and
 * bytes are strings of one character a byte. For schemas that were derived from a table.
 */
import { Decimal, INTEGER_RANGES, parseDoubleText, printType, rowFactory } from "@tributary/core";
import type { DecimalType, LogicalType, Row, RowType, TemporalType } from "@tributary/core";
import { FieldNames } from "../json/field-names.js";
import { readElements } from "../json/json-elements.js";
import type { JsonScanner } from "../json/json-scanner.js";
import { withArticle } from "../text/excerpt.js";
import { wasRefused } from "../text/type-check.js";
import { avroName, unwrapUnion } from "./avro-schema.js";
import type { AvroRecord, AvroType } from "./avro-schema.js";
import { isLong, timeOfDay, timestampOf, twosComplement, unitsPerMilli } from "./avro-values.js";

export type AvroJsonReader = (scanner: JsonScanner) => unknown;

const LONG_DIGITS = 19;

/** @param schema - derived from the type. */
export function createAvroJsonReader(schema: AvroType, type: LogicalType): AvroJsonReader {
  const { isNullable, type: inner } = unwrapUnion(schema) as { isNullable: boolean; type: AvroType };
  if (inner.kind === "null") return readNull;
  const read = valueReader(inner, type);
  return isNullable ? branchReader(avroName(inner), read) : read;
}

function readNull(scanner: JsonScanner): null {
  scanner.peek();
  const start = scanner.pos;
  return scanner.scalar() === "null" ? null : scanner.misfit(start, "null");
}

/** `null`, or an object of one field: the branch's name and its value. */
function branchReader(name: string, read: AvroJsonReader): AvroJsonReader {
  const expected = `null or an object with the one field "${name}"`;
  return (scanner) => {
    const byte = scanner.peek();
    const start = scanner.pos;
    if (byte !== 0x7b) return scanner.scalar() === "null" ? null : scanner.misfit(start, expected);
    scanner.pos++;
    if (scanner.peek() !== 0x22) return misfitWhole(scanner, start, expected);
    if (scanner.string() !== name) return misfitWhole(scanner, start, expected);
    scanner.colon();
    const value = read(scanner);
    if (scanner.peek() !== 0x7d) return misfitWhole(scanner, start, expected);
    scanner.pos++;
    return value;
  };
}

function misfitWhole(scanner: JsonScanner, start: number, expected: string): null {
  scanner.pos = start;
  scanner.skip();
  return scanner.misfit(start, expected);
}

/** @param schema - neither a union nor null. */
function valueReader(schema: AvroType, type: LogicalType): AvroJsonReader {
  switch (type.kind) {
    case "BOOLEAN":
      return readBoolean;
    case "TINYINT":
    case "SMALLINT":
    case "INT":
      return integerReader(type.kind, type.kind);
    case "DATE":
      return integerReader("INT", "DATE (days since 1970-01-01)");
    case "BIGINT":
      return (scanner) => readLong(scanner, "a BIGINT");
    case "FLOAT":
      return (scanner) => Math.fround(readFloating(scanner));
    case "DOUBLE":
      return readFloating;
    case "CHAR":
    case "VARCHAR":
      return (scanner) => readString(scanner, "a string");
    case "BINARY":
    case "VARBINARY":
      return readBytes;
    case "DECIMAL":
      return decimalReader(type);
    case "TIME":
    case "TIMESTAMP":
    case "TIMESTAMP_LTZ":
      return timeReader(schema, type);
    case "ARRAY":
      return schema.kind === "array"
        ? arrayReader(printType(type), createAvroJsonReader(schema.items, type.element))
        : wasRefused(type);
    case "MAP":
      return schema.kind === "map"
        ? mapReader(printType(type), createAvroJsonReader(schema.values, type.value))
        : wasRefused(type);
    case "MULTISET":
      return schema.kind === "map"
        ? mapReader(printType(type), createAvroJsonReader(schema.values, COUNT_TYPE))
        : wasRefused(type);
    case "ROW":
      return schema.kind === "record" ? recordReader(schema, type) : wasRefused(type);
    case "NULL":
    case "INTERVAL_YEAR_MONTH":
    case "INTERVAL_DAY_TIME":
    case "TIMESTAMP_TZ":
    case "RAW":
    case "VARIANT":
    case "BITMAP":
    case "USER":
      return wasRefused(type);
  }
}

const COUNT_TYPE: LogicalType = { kind: "INT", nullable: true };

function readBoolean(scanner: JsonScanner): boolean | null {
  scanner.peek();
  const start = scanner.pos;
  const token = scanner.scalar();
  if (token === "true" || token === "false") return token === "true";
  return scanner.misfit(start, "a BOOLEAN");
}

/** Longest text of a number that is looked at. */
const WHOLE_CHARACTERS_MAX = 1_000;

/** A whole number of 64 bits, also one that is written with a fraction of zeros or an exponent. */
function readWhole(scanner: JsonScanner): bigint | undefined {
  if (scanner.scalar() !== "number") return undefined;
  // Arithmetic on more digits would take minutes.
  if (scanner.text.length > WHOLE_CHARACTERS_MAX) return undefined;
  const decimal = Decimal.parse(scanner.text);
  const whole = decimal?.fit(LONG_DIGITS, 0);
  if (decimal === undefined || whole === undefined || whole === null || !whole.equals(decimal))
    return undefined;
  return isLong(whole.unscaled) ? whole.unscaled : undefined;
}

function readLong(scanner: JsonScanner, expected: string): bigint | null {
  scanner.peek();
  const start = scanner.pos;
  return readWhole(scanner) ?? scanner.misfit(start, expected);
}

function integerReader(kind: keyof typeof INTEGER_RANGES, name: string): AvroJsonReader {
  const { min, max } = INTEGER_RANGES[kind];
  const expected = withArticle(name);
  return (scanner) => {
    scanner.peek();
    const start = scanner.pos;
    const value = Number(readWhole(scanner) ?? NaN);
    return value >= min && value <= max ? value : scanner.misfit(start, expected);
  };
}

function readFloating(scanner: JsonScanner): number {
  scanner.peek();
  const start = scanner.pos;
  const token = scanner.scalar();
  const { text } = scanner;
  const isNumber = token === "number" || (token === "string" && /^(?:NaN|-?Infinity)$/.test(text));
  const value = isNumber ? parseDoubleText(text) : undefined;
  return value ?? (scanner.misfit(start, "a number") as never);
}

function readString(scanner: JsonScanner, expected: string): string {
  const byte = scanner.peek();
  if (byte === 0x22) return scanner.string();
  const start = scanner.pos;
  scanner.skip();
  return scanner.misfit(start, expected) as never;
}

const BYTES_EXPECTED = "bytes (a string of characters up to U+00FF)";

function readBytes(scanner: JsonScanner): Uint8Array {
  scanner.peek();
  const start = scanner.pos;
  const text = readString(scanner, BYTES_EXPECTED);
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code > 0xff) scanner.misfit(start, BYTES_EXPECTED);
    bytes[index] = code;
  }
  return bytes;
}

function decimalReader({ precision, scale }: DecimalType): AvroJsonReader {
  return (scanner) => {
    scanner.peek();
    const start = scanner.pos;
    const bytes = readBytes(scanner);
    if (bytes.length === 0) return scanner.misfit(start, "a decimal, which has at least one byte");
    const unscaled = twosComplement(bytes, 0, bytes.length);
    return unscaled === undefined ? null : new Decimal(unscaled, scale).fit(precision, scale);
  };
}

function timeReader(schema: AvroType, type: TemporalType): AvroJsonReader {
  const units = ("logical" in schema ? unitsPerMilli(schema.logical) : undefined) ?? 1;
  const { kind } = type;
  const expected = `a ${printType(type)} as a number`;
  return (scanner) => {
    scanner.peek();
    const start = scanner.pos;
    const value = readWhole(scanner);
    if (value === undefined) return scanner.misfit(start, expected);
    const time =
      kind === "TIMESTAMP" || kind === "TIMESTAMP_LTZ"
        ? timestampOf(value, units, kind)
        : timeOfDay(Number(value), units);
    return time ?? scanner.misfit(start, expected);
  };
}

function arrayReader(typeName: string, readElement: AvroJsonReader): AvroJsonReader {
  const expected = `an array (${typeName})`;
  return (scanner) =>
    scanner.peek() === 0x5b
      ? readElements(scanner, readElement)
      : misfitWhole(scanner, scanner.pos, expected);
}

/** Reads an object's fields; `readField` is called behind each colon. @returns false if it is no object. */
function readFields(scanner: JsonScanner, readName: () => void, readValue: () => void): boolean {
  if (scanner.peek() !== 0x7b) return false;
  scanner.pos++;
  if (scanner.peek() === 0x7d) {
    scanner.pos++;
    return true;
  }
  for (;;) {
    if (scanner.peek() !== 0x22) scanner.unexpected("a field's name");
    readName();
    readValue();
    const byte = scanner.peek();
    if (byte !== 0x2c && byte !== 0x7d) scanner.unexpected("',' or '}'");
    scanner.pos++;
    if (byte === 0x7d) return true;
  }
}

function mapReader(typeName: string, readValue: AvroJsonReader): AvroJsonReader {
  const expected = `an object (${typeName})`;
  return (scanner) => {
    const entries = new Map<string, unknown>();
    let key: string | undefined;
    try {
      const isObject = readFields(
        scanner,
        () => {
          key = scanner.string();
          scanner.colon();
        },
        () => {
          entries.set(key as string, readValue(scanner));
          key = undefined;
        },
      );
      return isObject ? entries : misfitWhole(scanner, scanner.pos, expected);
    } catch (error) {
      scanner.enclose(error, key);
      throw error;
    }
  };
}

/** Fields may come in any order; all of them must be there, and no others. */
function recordReader(schema: AvroRecord, type: RowType): (scanner: JsonScanner) => Row {
  const names = type.fields.map(({ name }) => name);
  const fields = new FieldNames(names);
  const readers = schema.fields.map((field, index) =>
    createAvroJsonReader(field.type, (type.fields[index] as RowType["fields"][number]).type),
  );
  const makeRow = rowFactory(names);
  const expected = `an object (record ${schema.name})`;
  return (scanner) => {
    const values: unknown[] = names.map(() => undefined);
    let index = -1;
    let start = 0;
    try {
      const isObject = readFields(
        scanner,
        () => {
          start = scanner.pos;
          index = fields.read(scanner, index + 1);
        },
        () => {
          const read = readers[index];
          if (read === undefined) unknownField(scanner, start);
          else values[index] = read(scanner);
        },
      );
      index = -1;
      if (!isObject) return misfitWhole(scanner, scanner.pos, expected) as never;
      const missing = values.indexOf(undefined);
      if (missing >= 0) scanner.missing(names[missing] as string);
    } catch (error) {
      scanner.enclose(error, names[index]);
      throw error;
    }
    return makeRow(values);
  };
}

function unknownField(scanner: JsonScanner, start: number): never {
  scanner.pos = start;
  scanner.skipString();
  return scanner.misfit(start, "a field of the record") as never;
}
