import {
  assertNever,
  Instant,
  INTEGER_RANGES,
  LocalTimestamp,
  parseBinaryText,
  parseIsoDate,
  parseIsoInstant,
  parseIsoOffsetInstant,
  parseIsoTimestamp,
  parseSqlInstant,
  parseSqlTime,
  parseSqlTimestamp,
  printType,
  trimBlanks,
} from "@tributary/core";
import type { ArrayType, LogicalType } from "@tributary/core";
import type { CodeStyle } from "../text/generated-code.js";
import { scannedTimestamp, scanTimestamp } from "../text/timestamp-bytes.js";
import { wasRefused } from "../text/type-check.js";
import { readElements } from "./json-elements.js";
import { decimalReader, integerReader, readBigint, readDouble, readFloat } from "./json-number-readers.js";
import type { JsonReader } from "./json-number-readers.js";
import { rowReader } from "./json-row-reader.js";
import type { JsonScanner } from "./json-scanner.js";
import type { TimestampForm } from "./json-value-options.js";
import { reprint, reprintNumber } from "./json-text.js";

const ISO_WITH_OFFSET = "an ISO-8601 timestamp with Z or an offset (yyyy-MM-ddTHH:mm[:ss[.f]]+HH:mm)";

/** What the options say about reading. */
export interface JsonReadSettings {
  readonly failsOnMissingField: boolean;
  readonly timestamps: TimestampForm;
  /** Follow the decoder that reads a whole tree first, where the two differ. */
  readonly isTree: boolean;
  /** Does the table have a DECIMAL column anywhere? Then numbers that are printed again stay exact. */
  readonly isExact: boolean;
  readonly codeStyle: CodeStyle;
}

/** The reader for a type that was checked to be supported. */
export function createReader(type: LogicalType, settings: JsonReadSettings): JsonReader {
  switch (type.kind) {
    case "NULL":
      return (scanner) => {
        scanner.skip();
        return null;
      };
    case "BOOLEAN":
      return readBoolean;
    case "TINYINT":
    case "SMALLINT":
      return integerReader(type.kind, INTEGER_RANGES[type.kind], false);
    case "INT":
      return integerReader("INT", INTEGER_RANGES.INT, true);
    case "INTERVAL_YEAR_MONTH":
      return integerReader("number of months", INTEGER_RANGES.INT, true);
    case "BIGINT":
      return (scanner) => readBigint(scanner);
    case "INTERVAL_DAY_TIME":
      return (scanner) => readBigint(scanner, "a number of milliseconds");
    case "FLOAT":
      return readFloat;
    case "DOUBLE":
      return readDouble;
    case "DECIMAL":
      return decimalReader(type, !settings.isTree);
    case "CHAR":
    case "VARCHAR":
      return stringReader(settings);
    case "BINARY":
    case "VARBINARY":
      return textReader("Base64 text", parseBinaryText, true);
    case "DATE":
      return textReader("a date (yyyy-MM-dd)", parseIsoDate, false);
    case "TIME":
      return textReader("a time (HH:mm:ss[.f])", parseSqlTime, false);
    case "TIMESTAMP":
    case "TIMESTAMP_LTZ":
      return timestampReader(settings.timestamps, type.kind);
    case "ARRAY":
      return arrayReader(type, createReader(type.element, settings));
    case "MAP":
      return mapReader(printType(type), createReader(type.value, settings));
    case "MULTISET":
      return mapReader(printType(type), integerReader("INT", INTEGER_RANGES.INT, true));
    case "ROW": {
      const readRow = rowReader(
        type.fields.map(({ name }) => name),
        type.fields.map((field) => createReader(field.type, settings)),
        settings,
      );
      return (scanner) => (scanner.peek() === 0x7b ? readRow(scanner) : readMisfit(scanner, "an object"));
    }
    case "TIMESTAMP_TZ":
    case "RAW":
    case "VARIANT":
    case "BITMAP":
    case "USER":
      return wasRefused(type);
  }
}

/** NULL, or a value of the wrong shape, which is passed over whole. */
function readMisfit(scanner: JsonScanner, expected: string): null {
  const start = scanner.pos;
  return scanner.scalar() === "null" ? null : scanner.misfit(start, expected);
}

function readBoolean(scanner: JsonScanner): boolean | null {
  scanner.peek();
  const start = scanner.pos;
  const token = scanner.scalar();
  switch (token) {
    case "true":
      return true;
    case "false":
      return false;
    case "null":
      return null;
    case "string":
    case "number":
      return trimBlanks(scanner.text).toLowerCase() === "true";
    case "object":
    case "array":
      return scanner.misfit(start, "a BOOLEAN");
    default:
      return assertNever(token);
  }
}

function stringReader(settings: JsonReadSettings): JsonReader {
  const readOther = (scanner: JsonScanner, byte: number): string | null => {
    if (byte === 0x7b || byte === 0x5b) return reprint(scanner, settings.isExact);
    const token = scanner.scalar();
    if (token === "null") return null;
    if (token !== "number") return token;
    return settings.isTree ? reprintNumber(scanner.text, settings.isExact) : scanner.text;
  };
  return (scanner) => {
    let byte = scanner.bytes[scanner.pos] as number;
    if (byte !== 0x22) byte = scanner.peek();
    return byte === 0x22 ? scanner.string() : readOther(scanner, byte);
  };
}

/** @param onlyStrings - numbers and words do not count as text. */
function textReader(expected: string, parse: (text: string) => unknown, onlyStrings: boolean): JsonReader {
  return (scanner) => {
    const byte = scanner.peek();
    const start = scanner.pos;
    if (byte === 0x22) return parse(scanner.string()) ?? scanner.misfit(start, expected);
    const token = scanner.scalar();
    if (token === "null") return null;
    const value = token === "number" && !onlyStrings ? parse(scanner.text) : undefined;
    return value ?? scanner.misfit(start, expected);
  };
}

type TimestampKind = "TIMESTAMP" | "TIMESTAMP_LTZ";

/** By the form: what it looks like, and how a text of it is read. */
const TIMESTAMP_TEXTS: Readonly<Record<TimestampForm, Readonly<Record<TimestampKind, JsonReader>>>> = {
  SQL: {
    TIMESTAMP: textReader("a timestamp (yyyy-MM-dd HH:mm:ss[.f])", parseSqlTimestamp, false),
    TIMESTAMP_LTZ: textReader("a timestamp with Z (yyyy-MM-dd HH:mm:ss[.f]Z)", parseSqlInstant, false),
  },
  "ISO-8601": {
    TIMESTAMP: textReader("an ISO-8601 timestamp (yyyy-MM-ddTHH:mm[:ss[.f]])", parseIsoTimestamp, false),
    TIMESTAMP_LTZ: textReader(
      "an ISO-8601 timestamp with Z (yyyy-MM-ddTHH:mm[:ss[.f]]Z)",
      parseIsoInstant,
      false,
    ),
  },
  "ISO-8601-WITH-OFFSET": {
    TIMESTAMP: textReader(ISO_WITH_OFFSET, utcTimestamp, false),
    TIMESTAMP_LTZ: textReader(ISO_WITH_OFFSET, parseIsoOffsetInstant, false),
  },
};

/** The local time in UTC. */
function utcTimestamp(text: string): LocalTimestamp | undefined {
  const instant = parseIsoOffsetInstant(text);
  return instant && new LocalTimestamp(instant.epochMillis, instant.nanosOfMilli);
}

/** Reads the usual form from its bytes, and everything else by its text. */
function timestampReader(form: TimestampForm, kind: TimestampKind): JsonReader {
  const readSlowly = TIMESTAMP_TEXTS[form][kind];
  const isInstant = kind === "TIMESTAMP_LTZ";
  const endsWithZ = isInstant || form === "ISO-8601-WITH-OFFSET";
  const separator = form === "SQL" ? 0x20 : 0x54;
  return (scanner) => {
    const { bytes } = scanner;
    let byte = bytes[scanner.pos] as number;
    if (byte !== 0x22) byte = scanner.peek();
    if (byte !== 0x22 || !scanTimestamp(bytes, scanner.pos + 1, separator)) return readSlowly(scanner);
    const { epochMillis, nanosOfMilli, end } = scannedTimestamp;
    const quoteAt = endsWithZ ? end + 1 : end;
    if (bytes[quoteAt] !== 0x22 || (endsWithZ && bytes[end] !== 0x5a)) return readSlowly(scanner);
    scanner.pos = quoteAt + 1;
    return isInstant ? new Instant(epochMillis, nanosOfMilli) : new LocalTimestamp(epochMillis, nanosOfMilli);
  };
}

function arrayReader(type: ArrayType, readElement: JsonReader): JsonReader {
  const expected = `an array (${printType(type)})`;
  return (scanner) =>
    scanner.peek() === 0x5b ? readElements(scanner, readElement) : readMisfit(scanner, expected);
}

function mapReader(typeName: string, readValue: JsonReader): JsonReader {
  const expected = `an object (${typeName})`;
  return (scanner) => {
    if (scanner.peek() !== 0x7b) return readMisfit(scanner, expected);
    const entries = new Map<string, unknown>();
    scanner.pos++;
    if (scanner.peek() === 0x7d) {
      scanner.pos++;
      return entries;
    }
    let key = "";
    try {
      for (;;) {
        if (scanner.peek() !== 0x22) scanner.unexpected("a field's name");
        key = scanner.string();
        scanner.colon();
        entries.set(key, readValue(scanner));
        const byte = scanner.peek();
        if (byte !== 0x2c && byte !== 0x7d) scanner.unexpected("',' or '}'");
        scanner.pos++;
        if (byte === 0x7d) return entries;
      }
    } catch (error) {
      scanner.enclose(error, key);
      throw error;
    }
  };
}
