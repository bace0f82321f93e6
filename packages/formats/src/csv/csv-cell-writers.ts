import {
  formatBinary,
  formatSqlInstant,
  formatSqlTimestamp,
  Instant,
  INTEGER_RANGES,
  LocalTimestamp,
  printType,
} from "@tributary/core";
import type { LogicalType } from "@tributary/core";
import type { ByteWriter } from "../text/byte-writer.js";
import { notOfType } from "../text/encode-failure.js";
import { fieldReader } from "../text/row-field.js";
import { wasRefused } from "../text/type-check.js";
import {
  bigintText,
  booleanText,
  characterText,
  dateText,
  decimalText,
  doubleText,
  floatText,
  integerText,
  timeText,
} from "../text/value-text.js";
import type { CsvFormatOptions } from "./csv-options.js";
import { createQuoting, enclosingQuote, NO_QUOTE } from "./csv-quoting.js";

/** Writes a cell whose value is not NULL. */
export type CellWriter = (value: unknown, out: ByteWriter) => void;

/** Text of a value that is not NULL. */
type ValueText = (value: unknown) => string;

/** A scalar's text, and whether quotes may be put around it. */
interface ScalarWriter {
  readonly write: ValueText;
  readonly isQuotable: boolean;
}

/** The writer for a type that was checked to be supported. */
export function createCellWriter(type: LogicalType, isFirst: boolean, options: CsvFormatOptions): CellWriter {
  if (type.kind === "BIGINT") return writeBigint;
  if (type.kind === "TINYINT" || type.kind === "SMALLINT" || type.kind === "INT") {
    return integerWriter(type.kind);
  }
  const writeTimestamp = timestampWriter(type, options);
  if (writeTimestamp !== undefined) return writeTimestamp;
  const text = cellText(type, isFirst, options);
  return (value, out) => out.text(text(value));
}

function writeBigint(value: unknown, out: ByteWriter): void {
  if (typeof value !== "bigint" || !out.long(value)) notOfType(value, "BIGINT");
}

function integerWriter(kind: keyof typeof INTEGER_RANGES): CellWriter {
  const { min, max } = INTEGER_RANGES[kind];
  return (value, out) => {
    if (typeof value !== "number" || !(value >= min && value <= max) || !Number.isInteger(value)) {
      return notOfType(value, kind);
    }
    out.integer(value);
  };
}

/** Writes timestamps without making text of them, where the options leave only one way to write them all. */
function timestampWriter(type: LogicalType, options: CsvFormatOptions): CellWriter | undefined {
  if (type.kind !== "TIMESTAMP" && type.kind !== "TIMESTAMP_LTZ") return undefined;
  const quote = enclosingQuote(TIMESTAMP_TEXT, options);
  if (quote === undefined) return undefined;
  const isInstant = type.kind === "TIMESTAMP_LTZ";
  const name = printType(type);
  return (value, out) => {
    if (isInstant ? !Instant.is(value) : !LocalTimestamp.is(value)) return notOfType(value, name);
    if (quote !== NO_QUOTE) out.byte(quote);
    out.timestamp(value as Instant | LocalTimestamp, SPACE);
    if (isInstant) out.byte(UPPER_Z);
    if (quote !== NO_QUOTE) out.byte(quote);
  };
}

/** A timestamp in which every character stands that one can have. */
const TIMESTAMP_TEXT = "+-0123456789 :.Z";
const SPACE = 0x20;
const UPPER_Z = 0x5a;

function cellText(type: LogicalType, isFirst: boolean, options: CsvFormatOptions): ValueText {
  const quoted = createQuoting(options, isFirst);
  if (type.kind === "ARRAY") {
    const join = elementsWriter(type, options);
    return (value) => quoted(join(value));
  }
  if (type.kind === "ROW") {
    const join = fieldsWriter(type, options);
    return (value) => quoted(join(value));
  }
  const { write, isQuotable } = scalarWriter(type, options);
  return isQuotable ? (value) => quoted(write(value)) : write;
}

function scalarWriter(type: LogicalType, options: CsvFormatOptions): ScalarWriter {
  switch (type.kind) {
    case "NULL":
      return { write: () => options.nullLiteral ?? "", isQuotable: false };
    case "BOOLEAN":
      return { write: booleanText, isQuotable: false };
    case "TINYINT":
    case "SMALLINT":
    case "INT":
      return { write: integerText(type.kind), isQuotable: false };
    case "BIGINT":
      return { write: bigintText, isQuotable: false };
    case "FLOAT":
      return { write: floatText, isQuotable: false };
    case "DOUBLE":
      return { write: doubleText, isQuotable: false };
    case "DECIMAL":
      return { write: decimalText(type, options.writesScientificDecimals !== true), isQuotable: false };
    case "CHAR":
    case "VARCHAR":
      return { write: characterText, isQuotable: true };
    case "BINARY":
    case "VARBINARY":
      return {
        write: (value) =>
          value instanceof Uint8Array ? formatBinary(value) : notOfType(value, printType(type)),
        isQuotable: true,
      };
    case "DATE":
      return { write: dateText, isQuotable: true };
    case "TIME":
      return { write: timeText, isQuotable: true };
    case "TIMESTAMP":
      return {
        write: (value) =>
          LocalTimestamp.is(value) ? formatSqlTimestamp(value) : notOfType(value, printType(type)),
        isQuotable: true,
      };
    case "TIMESTAMP_LTZ":
      return {
        write: (value) => (Instant.is(value) ? formatSqlInstant(value) : notOfType(value, printType(type))),
        isQuotable: true,
      };
    case "ARRAY":
    case "ROW":
    case "MAP":
    case "MULTISET":
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

function elementsWriter(
  type: LogicalType & { readonly kind: "ARRAY" },
  options: CsvFormatOptions,
): ValueText {
  const { write } = scalarWriter(type.element, options);
  const { elementDelimiter, nullLiteral = "" } = options;
  return (value) => {
    if (!Array.isArray(value)) return notOfType(value, printType(type));
    return value
      .map((element: unknown) => (element === null || element === undefined ? nullLiteral : write(element)))
      .join(elementDelimiter);
  };
}

function fieldsWriter(type: LogicalType & { readonly kind: "ROW" }, options: CsvFormatOptions): ValueText {
  const fields = type.fields.map((field) => ({
    read: fieldReader(field.name),
    write: scalarWriter(field.type, options).write,
  }));
  const { elementDelimiter, nullLiteral = "" } = options;
  return (value) => {
    if (typeof value !== "object" || Array.isArray(value)) return notOfType(value, printType(type));
    const row = value as Readonly<Record<string, unknown>>;
    return fields
      .map(({ read, write }) => {
        const element = read(row);
        return element === null || element === undefined ? nullLiteral : write(element);
      })
      .join(elementDelimiter);
  };
}
