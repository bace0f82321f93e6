import {
  assertNever,
  formatBinary,
  formatIsoInstant,
  formatIsoTimestamp,
  formatSqlInstant,
  formatSqlTimestamp,
  Instant,
  LocalTimestamp,
  printType,
} from "@tributary/core";
import type { LogicalType } from "@tributary/core";
import { notOfType, UnwritableValue } from "../text/encode-failure.js";
import type { CodeStyle } from "../text/generated-code.js";
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
import { rowWriter } from "./json-row-writer.js";
import { jsonString } from "./json-text.js";

/** What the options say about writing. */
export interface JsonWriteSettings {
  readonly timestamps: "SQL" | "ISO-8601";
  readonly nullKeys: "FAIL" | "DROP" | "LITERAL";
  readonly nullKeyLiteral: string;
  readonly plainDecimals: boolean;
  readonly omitsNullFields: boolean;
  readonly codeStyle: CodeStyle;
}

/** Text of a value that is not NULL. */
export type JsonWriter = (value: unknown) => string;

/** The writer for a type that was checked to be supported. */
export function createWriter(type: LogicalType, settings: JsonWriteSettings): JsonWriter {
  switch (type.kind) {
    case "NULL":
      return () => "null";
    case "BOOLEAN":
      return booleanText;
    case "TINYINT":
    case "SMALLINT":
    case "INT":
      return integerText(type.kind);
    case "INTERVAL_YEAR_MONTH":
      return integerText("INT");
    case "BIGINT":
    case "INTERVAL_DAY_TIME":
      return bigintText;
    case "FLOAT":
      return finite(floatText);
    case "DOUBLE":
      return finite(doubleText);
    case "DECIMAL":
      return decimalText(type, settings.plainDecimals);
    case "CHAR":
    case "VARCHAR":
      return (value) => jsonString(characterText(value));
    case "BINARY":
    case "VARBINARY":
      return (value) =>
        value instanceof Uint8Array ? `"${formatBinary(value)}"` : notOfType(value, printType(type));
    case "DATE":
      return (value) => `"${dateText(value)}"`;
    case "TIME":
      return (value) => `"${timeText(value)}"`;
    case "TIMESTAMP": {
      const format = settings.timestamps === "SQL" ? formatSqlTimestamp : formatIsoTimestamp;
      return (value) => (LocalTimestamp.is(value) ? `"${format(value)}"` : notOfType(value, printType(type)));
    }
    case "TIMESTAMP_LTZ": {
      const format = settings.timestamps === "SQL" ? formatSqlInstant : formatIsoInstant;
      return (value) => (Instant.is(value) ? `"${format(value)}"` : notOfType(value, printType(type)));
    }
    case "ARRAY":
      return arrayWriter(printType(type), createWriter(type.element, settings));
    case "MAP":
      return mapWriter(printType(type), createWriter(type.value, settings), settings);
    case "MULTISET":
      return mapWriter(printType(type), integerText("INT"), settings);
    case "ROW": {
      const writers = type.fields.map((field) => createWriter(field.type, settings));
      const write = rowWriter(
        type.fields.map(({ name }) => name),
        writers,
        settings,
      );
      return (value) => (isRow(value) ? write(value) : notOfType(value, printType(type)));
    }
    case "TIMESTAMP_TZ":
    case "RAW":
    case "VARIANT":
    case "BITMAP":
    case "USER":
      throw new TypeError(`Broken invariant: ${printType(type)} should have been refused.`);
    default:
      return assertNever(type);
  }
}

function isRow(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Map);
}

/** JSON has no numbers for NaN and the infinities; they are written as strings. */
function finite(text: JsonWriter): JsonWriter {
  return (value) => {
    const written = text(value);
    return Number.isFinite(value) ? written : `"${written}"`;
  };
}

function arrayWriter(typeName: string, writeElement: JsonWriter): JsonWriter {
  return (value) => {
    if (!Array.isArray(value)) return notOfType(value, typeName);
    let text = "[";
    for (let index = 0; index < value.length; index++) {
      const element: unknown = value[index];
      if (index > 0) text += ",";
      text += element === null || element === undefined ? "null" : writeElement(element);
    }
    return `${text}]`;
  };
}

function mapWriter(typeName: string, writeValue: JsonWriter, settings: JsonWriteSettings): JsonWriter {
  return (value) => {
    if (!(value instanceof Map)) return notOfType(value, typeName);
    // By key: where NULL is written as a literal that is a key too, the later entry wins.
    const entries = new Map<string, string>();
    for (const [key, entry] of value as Map<unknown, unknown>) {
      const name = key === null || key === undefined ? nullKey(settings) : characterText(key);
      if (name === undefined) continue;
      entries.set(name, entry === null || entry === undefined ? "null" : writeValue(entry));
    }
    let text = "";
    for (const [name, entry] of entries) text += `${text === "" ? "" : ","}${jsonString(name)}:${entry}`;
    return `{${text}}`;
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
        "Set 'json.map-null-key.mode' to 'DROP' to leave such entries out, or to 'LITERAL' to write 'json.map-null-key.literal'.",
      );
    default:
      return assertNever(settings.nullKeys);
  }
}
