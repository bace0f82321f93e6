import {
  BIGINT_MAX,
  BIGINT_MIN,
  Decimal,
  Instant,
  INTEGER_RANGES,
  LocalTimestamp,
  parseBinaryText,
  parseDoubleText,
  parseFloatText,
  parseIntegerText,
  parseIsoTime,
  parseRollingDate,
  parseSqlInstant,
  parseSqlTimestamp,
  printType,
  rowFactory,
  trimBlanks,
} from "@tributary/core";
import type { DecimalType, LogicalType, RowType } from "@tributary/core";
import { withArticle } from "../text/excerpt.js";
import { scanLong, scannedLong } from "../text/long-halves.js";
import { decimalOfText, longOfText } from "../text/long-numbers.js";
import { scannedTimestamp, scanTimestamp } from "../text/timestamp-bytes.js";
import { wasRefused } from "../text/type-check.js";
import type { CsvScanner } from "./csv-scanner.js";

/** Reads the cell at hand; `null` for NULL and for a misfit that is ignored. */
export type CellReader = (scanner: CsvScanner) => unknown;

/** What the options say about cells. */
export interface CellSettings {
  readonly nullLiteral: string | undefined;
  readonly readsEmptyAsNull: boolean;
  readonly trimsSpaces: boolean;
  readonly elementDelimiter: string;
  readonly isLenient: boolean;
}

/** Value of a text that is not NULL; `undefined` if it is none. */
interface TextReader {
  readonly expected: string;
  readonly parse: (text: string) => unknown;
}

/** Digits that a double holds exactly, whatever they are. */
const EXACT_DIGITS = 15;

/** The reader for a type that was checked to be supported. */
export function createCellReader(type: LogicalType, settings: CellSettings): CellReader {
  if (type.kind === "ARRAY") return arrayReader(scalarReader(type.element), settings);
  if (type.kind === "ROW") return rowCellReader(type, settings);
  return nullable(fastReader(type), settings);
}

/** Looks for NULL first, where anything stands for it. */
function nullable(read: CellReader, settings: CellSettings): CellReader {
  const { nullLiteral, readsEmptyAsNull } = settings;
  const utf8 = Buffer.from(nullLiteral ?? "", "utf8");
  if (nullLiteral !== undefined && nullLiteral !== "" && readsEmptyAsNull) {
    return (scanner) =>
      scanner.isText(nullLiteral, utf8) || scanner.isText("", utf8.subarray(0, 0)) ? null : read(scanner);
  }
  if (nullLiteral === undefined && !readsEmptyAsNull) return read;
  return (scanner) => (scanner.isText(nullLiteral ?? "", utf8) ? null : read(scanner));
}

function fastReader(type: LogicalType): CellReader {
  const { parse, expected } = scalarReader(type);
  const read: CellReader = (scanner) => {
    const text = scanner.text();
    const value = parse(text);
    return value === undefined ? scanner.misfit(text, expected) : value;
  };
  if (type.kind === "CHAR" || type.kind === "VARCHAR") return (scanner) => scanner.text();
  if (type.kind === "DECIMAL") return decimalCellReader(type, read);
  if (type.kind === "DOUBLE") return (scanner) => plainDouble(scanner) ?? read(scanner);
  if (type.kind === "BOOLEAN") return (scanner) => plainBoolean(scanner) ?? read(scanner);
  if (type.kind === "TIMESTAMP" || type.kind === "TIMESTAMP_LTZ") {
    const isInstant = type.kind === "TIMESTAMP_LTZ";
    return (scanner) => plainTimestamp(scanner, isInstant) ?? read(scanner);
  }
  if (type.kind === "BIGINT") {
    return (scanner) => plainLong(scanner) ?? read(scanner);
  }
  if (type.kind !== "TINYINT" && type.kind !== "SMALLINT" && type.kind !== "INT") return read;
  const { min, max } = INTEGER_RANGES[type.kind];
  return (scanner) => {
    const value = plainInteger(scanner);
    return value >= min && value <= max ? value : read(scanner);
  };
}

/** A cell that is nothing but digits with an optional minus. */
function plainLong({ built, bytes, start, end }: CsvScanner): bigint | undefined {
  if (built !== undefined) return undefined;
  const value = scanLong(bytes, start);
  return value !== undefined && scannedLong.end === end ? value : undefined;
}

/** A cell of up to 15 digits with an optional minus; NaN for any other. */
function plainInteger(scanner: CsvScanner): number {
  if (scanner.built !== undefined) return Number.NaN;
  const { bytes, start, end } = scanner;
  const first = bytes[start] === 0x2d ? start + 1 : start;
  if (end - first > EXACT_DIGITS || end === first) return Number.NaN;
  let value = 0;
  for (let at = first; at < end; at++) {
    const digit = (bytes[at] as number) - 48;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return first === start ? value : 0 - value;
}

/** A cell of up to 15 digits with an optional point among them. */
function plainDouble(scanner: CsvScanner): number | undefined {
  if (scanner.built !== undefined) return undefined;
  const { bytes, start, end } = scanner;
  const first = bytes[start] === 0x2d ? start + 1 : start;
  let digits = 0;
  let point = -1;
  for (let at = first; at < end; at++) {
    const digit = (bytes[at] as number) - 48;
    if (digit >= 0 && digit <= 9) digits = digits * 10 + digit;
    else if (digit === -2 && point < 0) point = at;
    else return undefined;
  }
  const scale = point < 0 ? 0 : end - point - 1;
  const count = end - first - (point < 0 ? 0 : 1);
  if (count === 0 || count > EXACT_DIGITS) return undefined;
  // Both parts are exact doubles, so one division rounds once.
  const size = scale === 0 ? digits : digits / 10 ** scale;
  return first === start ? size : -size;
}

/** `true` or `false` in lower case. */
function plainBoolean({ built, bytes, start, end }: CsvScanner): boolean | undefined {
  if (built !== undefined) return undefined;
  if (end - start === 4 && bytes[start] === 0x74) return isTrue(bytes, start) ? true : undefined;
  return end - start === 5 && bytes[start] === 0x66 ? false : undefined;
}

function isTrue(bytes: Uint8Array, start: number): boolean {
  return bytes[start + 1] === 0x72 && bytes[start + 2] === 0x75 && bytes[start + 3] === 0x65;
}

/** A timestamp in its usual form. */
function plainTimestamp(scanner: CsvScanner, isInstant: boolean): LocalTimestamp | Instant | undefined {
  const { built, bytes, start } = scanner;
  if (built !== undefined || !scanTimestamp(bytes, start, 0x20)) return undefined;
  const { epochMillis, nanosOfMilli, end } = scannedTimestamp;
  if (!isInstant) return end === scanner.end ? new LocalTimestamp(epochMillis, nanosOfMilli) : undefined;
  return end + 1 === scanner.end && bytes[end] === 0x5a ? new Instant(epochMillis, nanosOfMilli) : undefined;
}

/** Cells that have just as many fraction digits as the column, or none, are read from their bytes. */
function decimalCellReader(type: DecimalType, readSlowly: CellReader): CellReader {
  const { precision, scale } = type;
  const limit = precision <= EXACT_DIGITS ? 10 ** precision : 0;
  return (scanner) => {
    if (scanner.built !== undefined || limit === 0) return readSlowly(scanner);
    const { bytes, start, end } = scanner;
    const first = bytes[start] === 0x2d ? start + 1 : start;
    let unscaled = 0;
    let point = -1;
    for (let at = first; at < end; at++) {
      const digit = (bytes[at] as number) - 48;
      if (digit >= 0 && digit <= 9) unscaled = unscaled * 10 + digit;
      else if (digit === -2 && point < 0) point = at;
      else return readSlowly(scanner);
    }
    const isPlain = point < 0 ? scale === 0 : end - point - 1 === scale && point > first;
    if (!isPlain || end === first || unscaled >= limit) return readSlowly(scanner);
    return new Decimal(BigInt(first === start ? unscaled : -unscaled), scale);
  };
}

function scalarReader(type: LogicalType): TextReader {
  switch (type.kind) {
    case "NULL":
      return { expected: "NULL", parse: () => null };
    case "BOOLEAN":
      return { expected: "a BOOLEAN", parse: (text) => trimBlanks(text).toLowerCase() === "true" };
    case "TINYINT":
    case "SMALLINT":
    case "INT": {
      const { min, max } = INTEGER_RANGES[type.kind];
      return {
        expected: `${withArticle(type.kind)} from ${min} to ${max}`,
        parse: (text) => parseIntegerText(trimBlanks(text), min, max),
      };
    }
    case "BIGINT":
      return {
        expected: `a BIGINT from ${BIGINT_MIN} to ${BIGINT_MAX}`,
        parse: (text) => longOfText(trimBlanks(text)),
      };
    case "FLOAT":
      return { expected: "a FLOAT", parse: parseFloatText };
    case "DOUBLE":
      return { expected: "a DOUBLE", parse: parseDoubleText };
    case "DECIMAL":
      return {
        expected: printType(type),
        parse: (text) => decimalOfText(text, type.precision, type.scale),
      };
    case "CHAR":
    case "VARCHAR":
      return { expected: "text", parse: (text) => text };
    case "BINARY":
    case "VARBINARY":
      return { expected: "Base64 text", parse: parseBinaryText };
    case "DATE":
      return { expected: "a date (yyyy-M-d)", parse: parseRollingDate };
    case "TIME":
      return { expected: "a time (HH:mm[:ss[.f]])", parse: timeParser(type.precision) };
    case "TIMESTAMP":
      return {
        expected: "a timestamp (yyyy-MM-dd HH:mm:ss[.f])",
        parse: (text) => parseSqlTimestamp(trimBlanks(text)),
      };
    case "TIMESTAMP_LTZ":
      return {
        expected: "a timestamp with Z (yyyy-MM-dd HH:mm:ss[.f]Z)",
        parse: (text) => parseSqlInstant(trimBlanks(text)),
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

/** Cuts to the column's precision, unlike timestamps. */
function timeParser(precision: number): (text: string) => number | undefined {
  const step = 10 ** (3 - precision);
  return (text) => {
    const millis = parseIsoTime(text);
    return millis === undefined ? undefined : millis - (millis % step);
  };
}

/** Splits a cell at the element delimiter; a blank one has no elements. */
function splitElements(text: string, settings: CellSettings): string[] {
  const elements = text.split(settings.elementDelimiter);
  if (elements.length === 1 && trimBlanks(text) === "") return [];
  return settings.trimsSpaces ? elements.map(trimBlanks) : elements;
}

function readElement(scanner: CsvScanner, text: string, reader: TextReader, settings: CellSettings): unknown {
  if (text === settings.nullLiteral || (settings.readsEmptyAsNull && text === "")) return null;
  const value = reader.parse(text);
  return value === undefined ? scanner.misfit(text, reader.expected) : value;
}

function arrayReader(reader: TextReader, settings: CellSettings): CellReader {
  return (scanner) => {
    const values: unknown[] = [];
    try {
      for (const element of splitElements(scanner.text(), settings)) {
        values.push(readElement(scanner, element, reader, settings));
      }
    } catch (error) {
      scanner.enclose(error, `[${values.length}]`);
      throw error;
    }
    return values;
  };
}

function rowCellReader(type: RowType, settings: CellSettings): CellReader {
  const names = type.fields.map(({ name }) => name);
  const readers = type.fields.map((field) => scalarReader(field.type));
  const makeRow = rowFactory(names);
  return (scanner) => {
    const text = scanner.text();
    const elements = splitElements(text, settings);
    if (elements.length === 0) return null;
    // Elements beyond the fields are passed over, as Flink does.
    if (elements.length < names.length && !settings.isLenient) {
      return scanner.misfit(text, `a row of ${names.length} fields: it has ${elements.length} elements`);
    }
    let index = 0;
    try {
      const values: unknown[] = [];
      for (; index < names.length; index++) {
        const element = elements[index];
        const reader = readers[index] as TextReader;
        values.push(element === undefined ? null : readElement(scanner, element, reader, settings));
      }
      return makeRow(values);
    } catch (error) {
      scanner.enclose(error, names[index] as string);
      throw error;
    }
  };
}
