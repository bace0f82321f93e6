/** Writers of Avro's JSON encoding. For schemas that were derived from a table. */
import { Decimal, Instant, INTEGER_RANGES, LocalTimestamp, printType } from "@tributary/core";
import type { DecimalType, LogicalType, RowType, TemporalType } from "@tributary/core";
import { jsonString } from "../json/json-text.js";
import type { ByteWriter } from "../text/byte-writer.js";
import { notOfType, UnwritableValue } from "../text/encode-failure.js";
import { fieldReader } from "../text/row-field.js";
import type { FieldReader } from "../text/row-field.js";
import { wasRefused } from "../text/type-check.js";
import { bigintText, booleanText, characterText, doubleText, floatText } from "../text/value-text.js";
import { avroName, unwrapUnion } from "./avro-schema.js";
import type { AvroRecord, AvroType } from "./avro-schema.js";
import { isLong, unitsPerMilli, unscaledBytes } from "./avro-values.js";
import { isRow } from "./avro-writers.js";

/** Writes a value; `null` and `undefined` are NULL. */
export type AvroJsonWriter = (value: unknown, out: ByteWriter) => void;

const COMMA = 0x2c;
const MILLIS_PER_DAY = 86_400_000;
const NANOS_PER_MICRO = 1_000;

/** @param schema - derived from the type. */
export function createAvroJsonWriter(schema: AvroType, type: LogicalType): AvroJsonWriter {
  const { isNullable, type: inner } = unwrapUnion(schema) as { isNullable: boolean; type: AvroType };
  if (inner.kind === "null") return (_, out) => out.text("null");
  const write = valueWriter(inner, type);
  const head = `{${jsonString(avroName(inner))}:`;
  return (value, out) => {
    if (value === null || value === undefined) {
      if (!isNullable) throw new UnwritableValue("It is NULL, and the schema has no null.");
      out.text("null");
    } else if (!isNullable) write(value, out);
    else {
      out.text(head);
      write(value, out);
      out.byte(0x7d);
    }
  };
}

/** @param schema - neither a union nor null. */
function valueWriter(schema: AvroType, type: LogicalType): AvroJsonWriter {
  switch (type.kind) {
    case "BOOLEAN":
      return (value, out) => out.text(booleanText(value));
    case "TINYINT":
    case "SMALLINT":
    case "INT":
      return integerWriter(type.kind, type.kind);
    case "DATE":
      return integerWriter("INT", "DATE");
    case "BIGINT":
      return (value, out) => out.text(bigintText(value));
    case "FLOAT":
      return (value, out) => writeFloating(value, floatText(value), out);
    case "DOUBLE":
      return (value, out) => writeFloating(value, doubleText(value), out);
    case "CHAR":
    case "VARCHAR":
      return (value, out) => out.text(jsonString(characterText(value)));
    case "BINARY":
    case "VARBINARY":
      return (value, out) =>
        value instanceof Uint8Array ? writeBytes(value, out) : notOfType(value, printType(type));
    case "DECIMAL":
      return decimalWriter(type);
    case "TIME":
      return writeTime;
    case "TIMESTAMP":
    case "TIMESTAMP_LTZ":
      return timestampWriter(schema, type);
    case "ARRAY":
      return schema.kind === "array"
        ? arrayWriter(printType(type), createAvroJsonWriter(schema.items, type.element))
        : wasRefused(type);
    case "MAP":
      return schema.kind === "map"
        ? mapWriter(printType(type), createAvroJsonWriter(schema.values, type.value))
        : wasRefused(type);
    case "MULTISET":
      return schema.kind === "map"
        ? mapWriter(printType(type), createAvroJsonWriter(schema.values, COUNT_TYPE))
        : wasRefused(type);
    case "ROW": {
      if (schema.kind !== "record") return wasRefused(type);
      const write = recordJsonWriter(schema, type);
      return (value, out) => (isRow(value) ? write(value, out) : notOfType(value, printType(type)));
    }
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

function integerWriter(kind: keyof typeof INTEGER_RANGES, name: string): AvroJsonWriter {
  const { min, max } = INTEGER_RANGES[kind];
  return (value, out) => {
    if (typeof value === "number" && Number.isInteger(value) && value >= min && value <= max) {
      out.integer(value);
    } else notOfType(value, name);
  };
}

/** JSON has no numbers for NaN and the infinities; they are written as strings. */
function writeFloating(value: unknown, text: string, out: ByteWriter): void {
  out.text(Number.isFinite(value) ? text : `"${text}"`);
}

/** One character a byte. */
function writeBytes(bytes: Uint8Array, out: ByteWriter): void {
  out.text(jsonString(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1")));
}

function decimalWriter(type: DecimalType): AvroJsonWriter {
  const name = printType(type);
  return (value, out) => {
    if (!Decimal.is(value)) return notOfType(value, name);
    const fitting = value.fit(type.precision, type.scale);
    if (fitting === null) throw new UnwritableValue(`${value.toString()} has more digits than ${name}.`);
    writeBytes(Uint8Array.from(unscaledBytes(fitting.unscaled)), out);
  };
}

function writeTime(value: unknown, out: ByteWriter): void {
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value < MILLIS_PER_DAY) {
    out.integer(value);
  } else notOfType(value, "TIME");
}

function timestampWriter(schema: AvroType, type: TemporalType): AvroJsonWriter {
  const units = ("logical" in schema ? unitsPerMilli(schema.logical) : undefined) ?? 1;
  const isLocal = type.kind === "TIMESTAMP";
  return (value, out) => {
    if (isLocal ? !LocalTimestamp.is(value) : !Instant.is(value)) return notOfType(value, printType(type));
    const { epochMillis, nanosOfMilli } = value as LocalTimestamp | Instant;
    if (units === 1) {
      out.integer(epochMillis);
      return;
    }
    const micros = BigInt(epochMillis) * 1_000n + BigInt(Math.floor(nanosOfMilli / NANOS_PER_MICRO));
    if (!isLong(micros)) throw new UnwritableValue(`${micros} microseconds are more than a long holds.`);
    out.text(micros.toString());
  };
}

function arrayWriter(typeName: string, writeElement: AvroJsonWriter): AvroJsonWriter {
  return (value, out) => {
    if (!Array.isArray(value)) return notOfType(value, typeName);
    out.byte(0x5b);
    for (let index = 0; index < value.length; index++) {
      if (index > 0) out.byte(COMMA);
      writeElement(value[index], out);
    }
    out.byte(0x5d);
  };
}

function mapWriter(typeName: string, writeValue: AvroJsonWriter): AvroJsonWriter {
  return (value, out) => {
    if (!(value instanceof Map)) return notOfType(value, typeName);
    const entries: ReadonlyMap<unknown, unknown> = value;
    let separator = "{";
    for (const [key, one] of entries) {
      if (typeof key !== "string") {
        throw new UnwritableValue("A key is NULL or no text, and Avro has none such.");
      }
      out.text(`${separator}${jsonString(key)}:`);
      writeValue(one, out);
      separator = ",";
    }
    out.text(separator === "{" ? "{}" : "}");
  };
}

/** @param onFailure - told the column's index when a value cannot be written; must throw. */
export function recordJsonWriter(
  schema: AvroRecord,
  type: RowType,
  onFailure?: (error: unknown, index: number) => never,
): (row: Readonly<Record<string, unknown>>, out: ByteWriter) => void {
  const names = type.fields.map(({ name }) => name);
  const keys = names.map((name, index) => `${index === 0 ? "{" : ","}${jsonString(name)}:`);
  const writers = schema.fields.map((field, index) =>
    createAvroJsonWriter(field.type, (type.fields[index] as RowType["fields"][number]).type),
  );
  const fields = names.map(fieldReader);
  return (row, out) => {
    let index = 0;
    try {
      for (; index < names.length; index++) {
        out.text(keys[index] as string);
        (writers[index] as AvroJsonWriter)((fields[index] as FieldReader)(row), out);
      }
    } catch (error) {
      if (onFailure === undefined) throw error;
      onFailure(error, index);
    }
    out.text(names.length === 0 ? "{}" : "}");
  };
}
