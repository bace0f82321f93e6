import {
  assertNever,
  Decimal,
  formatBinary,
  Instant,
  INTEGER_RANGES,
  LocalTimestamp,
  printType,
} from "@tributary/core";
import type { DecimalType, LogicalType } from "@tributary/core";
import type { ByteWriter } from "../text/byte-writer.js";
import { notOfType, UnwritableValue } from "../text/encode-failure.js";
import type { CodeStyle } from "../text/generated-code.js";
import { wasRefused } from "../text/type-check.js";
import {
  booleanText,
  characterText,
  dateText,
  decimalText,
  doubleText,
  floatText,
  timeText,
} from "../text/value-text.js";
import { rowWriter } from "./json-row-writer.js";
import { jsonString } from "./json-text.js";
import type { JsonValueOptions, TimestampForm } from "./json-value-options.js";

const COMMA = 0x2c;
const QUOTE = 0x22;
const SPACE = 0x20;
const UPPER_T = 0x54;
/** Decimals with unscaled values up to this and so many fraction digits are written digit by digit. */
const SMALL_MAX = 0x7fffffffn;
const SMALL_SCALE = 6;

/** What the options say about writing. */
export interface JsonWriteSettings {
  /** Identifier of the format, for messages. */
  readonly format: string;
  readonly timestamps: TimestampForm;
  readonly nullKeys: "FAIL" | "DROP" | "LITERAL";
  readonly nullKeyLiteral: string;
  readonly plainDecimals: boolean;
  readonly omitsNullFields: boolean;
  readonly codeStyle: CodeStyle;
}

export function writeSettings(
  format: string,
  options: JsonValueOptions,
  codeStyle: CodeStyle,
): JsonWriteSettings {
  return {
    format,
    timestamps: options.timestampFormat,
    nullKeys: options.mapNullKeyMode,
    nullKeyLiteral: options.mapNullKeyLiteral,
    plainDecimals: options.writesPlainDecimals,
    omitsNullFields: options.omitsNullFields,
    codeStyle,
  };
}

/** Writes a value that is not NULL. */
export type JsonWriter = (value: unknown, out: ByteWriter) => void;

/** The writer for a type that was checked to be supported. */
export function createWriter(type: LogicalType, settings: JsonWriteSettings): JsonWriter {
  switch (type.kind) {
    case "NULL":
      return (_, out) => out.text("null");
    case "BOOLEAN":
      return (value, out) => out.text(booleanText(value));
    case "TINYINT":
    case "SMALLINT":
    case "INT":
      return integerWriter(type.kind);
    case "INTERVAL_YEAR_MONTH":
      return integerWriter("INT");
    case "BIGINT":
    case "INTERVAL_DAY_TIME":
      return writeBigint;
    case "FLOAT":
      return floatingWriter(floatText);
    case "DOUBLE":
      return floatingWriter(doubleText);
    case "DECIMAL":
      return decimalWriter(type, settings.plainDecimals);
    case "CHAR":
    case "VARCHAR":
      return writeString;
    case "BINARY":
    case "VARBINARY":
      return (value, out) =>
        value instanceof Uint8Array
          ? out.text(`"${formatBinary(value)}"`)
          : notOfType(value, printType(type));
    case "DATE":
      return (value, out) => out.text(`"${dateText(value)}"`);
    case "TIME":
      return (value, out) => out.text(`"${timeText(value)}"`);
    case "TIMESTAMP":
      return timestampWriter(type, LocalTimestamp, settings.timestamps);
    case "TIMESTAMP_LTZ":
      return timestampWriter(type, Instant, settings.timestamps);
    case "ARRAY":
      return arrayWriter(printType(type), createWriter(type.element, settings));
    case "MAP":
      return mapWriter(printType(type), createWriter(type.value, settings), settings);
    case "MULTISET":
      return mapWriter(printType(type), integerWriter("INT"), settings);
    case "ROW": {
      const writers = type.fields.map((field) => createWriter(field.type, settings));
      const write = rowWriter(
        type.fields.map(({ name }) => name),
        writers,
        settings,
      );
      return (value, out) => (isRow(value) ? write(value, out) : notOfType(value, printType(type)));
    }
    case "TIMESTAMP_TZ":
    case "RAW":
    case "VARIANT":
    case "BITMAP":
    case "USER":
      return wasRefused(type);
  }
}

function isRow(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Map);
}

function integerWriter(kind: keyof typeof INTEGER_RANGES): JsonWriter {
  const { min, max } = INTEGER_RANGES[kind];
  return (value, out) => {
    if (typeof value !== "number" || !(value >= min && value <= max) || !Number.isInteger(value)) {
      return notOfType(value, kind);
    }
    out.integer(value);
  };
}

function writeBigint(value: unknown, out: ByteWriter): void {
  if (typeof value !== "bigint" || !out.long(value)) notOfType(value, "BIGINT");
}

/** @param values - LocalTimestamp or Instant: what the type's values are. */
function timestampWriter(
  type: LogicalType,
  values: typeof LocalTimestamp | typeof Instant,
  form: TimestampForm,
): JsonWriter {
  const separator = form === "SQL" ? SPACE : UPPER_T;
  const end = values === Instant || form === "ISO-8601-WITH-OFFSET" ? 'Z"' : '"';
  return (value, out) => {
    if (!values.is(value)) return notOfType(value, printType(type));
    out.byte(QUOTE);
    out.timestamp(value, separator);
    out.text(end);
  };
}

/** JSON has no numbers for NaN and the infinities; they are written as strings. */
function floatingWriter(text: (value: unknown) => string): JsonWriter {
  return (value, out) => {
    const written = text(value);
    out.text(Number.isFinite(value) ? written : `"${written}"`);
  };
}

/** @param isPlain - with all fraction digits; else without trailing zeros, and with an exponent where one is due. */
function decimalWriter(type: DecimalType, isPlain: boolean): JsonWriter {
  const write = decimalText(type, isPlain);
  return (value, out) => {
    if (
      Decimal.is(value) &&
      value.unscaled > 0n &&
      value.unscaled <= SMALL_MAX &&
      value.scale === type.scale
    ) {
      let unscaled = Number(value.unscaled);
      let { scale } = value;
      while (!isPlain && scale > 0 && unscaled % 10 === 0) {
        unscaled /= 10;
        scale--;
      }
      // Whole tens get an exponent, and so does a number below 1e-6.
      if (isPlain ? scale <= SMALL_SCALE : scale > 0 ? scale <= SMALL_SCALE : unscaled % 10 !== 0) {
        out.decimal(unscaled, scale);
        return;
      }
    }
    out.text(write(value));
  };
}

function writeString(value: unknown, out: ByteWriter): void {
  const text = characterText(value);
  if (!out.plainString(text)) out.text(jsonString(text));
}

function arrayWriter(typeName: string, writeElement: JsonWriter): JsonWriter {
  return (value, out) => {
    if (!Array.isArray(value)) return notOfType(value, typeName);
    out.byte(0x5b);
    for (let index = 0; index < value.length; index++) {
      const element: unknown = value[index];
      if (index > 0) out.byte(COMMA);
      if (element === null || element === undefined) out.text("null");
      else writeElement(element, out);
    }
    out.byte(0x5d);
  };
}

function mapWriter(typeName: string, writeValue: JsonWriter, settings: JsonWriteSettings): JsonWriter {
  return (value, out) => {
    if (!(value instanceof Map)) return notOfType(value, typeName);
    // By key: where NULL is written as a literal that is a key too, the later entry wins.
    const entries = new Map<string, unknown>();
    for (const [key, entry] of value as Map<unknown, unknown>) {
      const name = key === null || key === undefined ? nullKey(settings) : characterText(key);
      if (name !== undefined) entries.set(name, entry);
    }
    let isFirst = true;
    out.byte(0x7b);
    for (const [name, entry] of entries) {
      if (!isFirst) out.byte(COMMA);
      isFirst = false;
      writeString(name, out);
      out.byte(0x3a);
      if (entry === null || entry === undefined) out.text("null");
      else writeValue(entry, out);
    }
    out.byte(0x7d);
  };
}

/** The name written for a NULL key; `undefined` if the entry is left out. */
function nullKey(settings: JsonWriteSettings): string | undefined {
  switch (settings.nullKeys) {
    case "DROP":
      return undefined;
    case "LITERAL":
      return settings.nullKeyLiteral;
    case "FAIL":
      throw new UnwritableValue(
        "A map has a NULL key, and JSON has none.",
        `Set '${settings.format}.map-null-key.mode' to 'DROP' to leave such entries out, or to 'LITERAL' to write '${settings.format}.map-null-key.literal'.`,
      );
    default:
      return assertNever(settings.nullKeys);
  }
}
