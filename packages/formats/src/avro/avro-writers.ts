/** Writers of Avro's binary encoding: built once from the schema to write and the column's type. */
import { assertNever, Decimal, Instant, INTEGER_RANGES, LocalTimestamp, printType } from "@tributary/core";
import type { DecimalType, LogicalType, RowType } from "@tributary/core";
import { notOfType, UnwritableValue } from "../text/encode-failure.js";
import { generate } from "../text/generated-code.js";
import type { CodeStyle } from "../text/generated-code.js";
import { fieldCode, fieldReader } from "../text/row-field.js";
import type { FieldReader } from "../text/row-field.js";
import { excerpt } from "../text/excerpt.js";
import { Mismatch, place } from "./avro-mismatch.js";
import type { AvroOutput } from "./avro-output.js";
import { avroName } from "./avro-schema.js";
import type { AvroEnum, AvroFixed, AvroLogical, AvroRecord, AvroType } from "./avro-schema.js";

/** Writes a value; `null` and `undefined` are NULL. */
export type AvroWriter = (value: unknown, output: AvroOutput) => void;

export interface AvroWriteSettings {
  readonly codeStyle: CodeStyle;
}

/** Wider records are written by a loop: the engine would not optimise such long functions. */
const GENERATED_FIELDS_MAX = 200;
const MILLIS_PER_DAY = 86_400_000;
const NANOS_PER_MICRO = 1_000;

/** @throws {@link Mismatch} if values of the type cannot be written with the schema. */
export function createAvroWriter(
  schema: AvroType,
  type: LogicalType,
  settings: AvroWriteSettings,
): AvroWriter {
  if (schema.kind === "union") return unionWriter(schema.branches, type, settings);
  if (schema.kind === "null") {
    return (value) => {
      if (value !== null && value !== undefined) notOfType(value, printType(type));
    };
  }
  const write = valueWriter(schema, type, settings);
  return (value, output) => {
    if (value === null || value === undefined)
      throw new UnwritableValue("It is NULL, and the schema has no null.");
    write(value, output);
  };
}

function unionWriter(
  branches: readonly AvroType[],
  type: LogicalType,
  settings: AvroWriteSettings,
): AvroWriter {
  const nullAt = branches.findIndex(({ kind }) => kind === "null");
  const valueAt = branches.findIndex(({ kind }) => kind !== "null");
  const branch = branches[valueAt];
  if (branch === undefined) return createAvroWriter({ kind: "null" }, type, settings);
  if (branches.length > (nullAt < 0 ? 1 : 2)) {
    throw new Mismatch(`a union of several types, which ${printType(type)} does not say how to choose from`);
  }
  const write = valueWriter(branch, type, settings);
  return (value, output) => {
    if (value === null || value === undefined) {
      if (nullAt < 0) throw new UnwritableValue("It is NULL, and the schema has no null.");
      output.byte(nullAt * 2);
    } else {
      output.byte(valueAt * 2);
      write(value, output);
    }
  };
}

/** @param schema - no union and not null. */
function valueWriter(schema: AvroType, type: LogicalType, settings: AvroWriteSettings): AvroWriter {
  switch (type.kind) {
    case "BOOLEAN":
      if (schema.kind !== "boolean") break;
      return (value, output) =>
        typeof value === "boolean" ? output.byte(value ? 1 : 0) : notOfType(value, "BOOLEAN");
    case "TINYINT":
    case "SMALLINT":
    case "INT":
      if (schema.kind !== "int") break;
      return integerWriter(type.kind);
    case "DATE":
      if (schema.kind !== "int") break;
      return integerWriter("INT", "DATE");
    case "BIGINT":
      if (schema.kind !== "long") break;
      return (value, output) => {
        if (typeof value !== "bigint" || !output.long(value)) notOfType(value, "BIGINT");
      };
    case "FLOAT":
      if (schema.kind !== "float") break;
      return (value, output) => (typeof value === "number" ? output.float(value) : notOfType(value, "FLOAT"));
    case "DOUBLE":
      if (schema.kind !== "double") break;
      return (value, output) =>
        typeof value === "number" ? output.double(value) : notOfType(value, "DOUBLE");
    case "CHAR":
    case "VARCHAR":
      if (schema.kind === "enum") return enumWriter(schema);
      if (schema.kind !== "string") break;
      return (value, output) =>
        typeof value === "string" ? output.string(value) : notOfType(value, "a character type");
    case "BINARY":
    case "VARBINARY":
      if (schema.kind === "fixed") return fixedWriter(schema);
      if (schema.kind !== "bytes") break;
      return (value, output) =>
        value instanceof Uint8Array ? output.binary(value) : notOfType(value, printType(type));
    case "DECIMAL":
      if (schema.kind !== "bytes" && schema.kind !== "fixed") break;
      return decimalWriter(schema, type);
    case "TIME":
      if (schema.kind !== "int" && schema.kind !== "long") break;
      return timeWriter(schema.logical);
    case "TIMESTAMP":
    case "TIMESTAMP_LTZ":
      if (schema.kind !== "long") break;
      return timestampWriter(schema.logical, type.kind, printType(type));
    case "ARRAY":
      if (schema.kind !== "array") break;
      return arrayWriter(
        printType(type),
        place("[]", () => createAvroWriter(schema.items, type.element, settings)),
      );
    case "MAP":
    case "MULTISET":
      if (schema.kind !== "map") break;
      return mapWriter(
        printType(type),
        place("{}", () =>
          createAvroWriter(schema.values, type.kind === "MAP" ? type.value : COUNT_TYPE, settings),
        ),
      );
    case "ROW": {
      if (schema.kind !== "record") break;
      const write = recordWriter(schema, type, settings);
      return (value, output) => (isRow(value) ? write(value, output) : notOfType(value, printType(type)));
    }
    case "NULL":
    case "INTERVAL_YEAR_MONTH":
    case "INTERVAL_DAY_TIME":
    case "TIMESTAMP_TZ":
    case "RAW":
    case "VARIANT":
    case "BITMAP":
    case "USER":
      break;
    default:
      return assertNever(type);
  }
  throw new Mismatch(`${avroName(schema)}, which values of ${printType(type)} cannot be written as`);
}

const COUNT_TYPE: LogicalType = { kind: "INT", nullable: true };

export function isRow(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Map);
}

function integerWriter(kind: keyof typeof INTEGER_RANGES, name: string = kind): AvroWriter {
  const { min, max } = INTEGER_RANGES[kind];
  return (value, output) => {
    if (typeof value !== "number" || !(value >= min && value <= max) || !Number.isInteger(value)) {
      return notOfType(value, name);
    }
    output.int(value);
  };
}

function enumWriter({ symbols, name }: AvroEnum): AvroWriter {
  const indexes = new Map(symbols.map((symbol, index) => [symbol, index]));
  return (value, output) => {
    if (typeof value !== "string") return notOfType(value, "a character type");
    const index = indexes.get(value);
    if (index === undefined) {
      throw new UnwritableValue(
        `${excerpt(value)} is no symbol of the enum '${name}'.`,
        `Its symbols are ${symbols.join(", ")}.`,
      );
    }
    output.int(index);
  };
}

function fixedWriter({ size, name }: AvroFixed): AvroWriter {
  return (value, output) => {
    if (!(value instanceof Uint8Array)) return notOfType(value, `BINARY(${size})`);
    if (value.length !== size) {
      throw new UnwritableValue(`It has ${value.length} bytes, and '${name}' has ${size}.`);
    }
    output.raw(value);
  };
}

function decimalWriter(schema: AvroType, type: DecimalType): AvroWriter {
  const { precision, scale } = type;
  const name = printType(type);
  return (value, output) => {
    if (!Decimal.is(value)) return notOfType(value, name);
    const fitting = value.fit(precision, scale);
    if (fitting === null) throw new UnwritableValue(`${value.toString()} has more digits than ${name}.`);
    if (schema.kind !== "fixed") output.unscaled(fitting.unscaled);
    else if (!output.fixedUnscaled(fitting.unscaled, schema.size)) {
      throw new UnwritableValue(
        `${value.toString()} needs more than the ${schema.size} bytes of '${schema.name}'.`,
      );
    }
  };
}

function timeWriter(logical: AvroLogical | undefined): AvroWriter {
  const isMicros = logical?.kind === "time-micros";
  return (value, output) => {
    if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value >= MILLIS_PER_DAY) {
      return notOfType(value, "TIME");
    }
    if (isMicros) output.longNumber(value * 1_000);
    else output.int(value);
  };
}

function timestampWriter(
  logical: AvroLogical | undefined,
  kind: "TIMESTAMP" | "TIMESTAMP_LTZ",
  name: string,
): AvroWriter {
  const isMicros = logical?.kind.endsWith("micros") === true;
  const isLocal = kind === "TIMESTAMP";
  return (value, output) => {
    if (isLocal ? LocalTimestamp.is(value) : Instant.is(value)) {
      const { epochMillis, nanosOfMilli } = value as LocalTimestamp | Instant;
      if (!isMicros) output.longNumber(epochMillis);
      else writeMicros(epochMillis, Math.floor(nanosOfMilli / NANOS_PER_MICRO), output);
    } else notOfType(value, name);
  };
}

function writeMicros(millis: number, micros: number, output: AvroOutput): void {
  const value = millis * 1_000 + micros;
  if (Number.isSafeInteger(value)) {
    output.longNumber(value);
    return;
  }
  const exact = BigInt(millis) * 1_000n + BigInt(micros);
  if (!output.long(exact)) {
    throw new UnwritableValue(`${millis} ms are more microseconds than a long holds.`);
  }
}

function arrayWriter(typeName: string, writeElement: AvroWriter): AvroWriter {
  return (value, output) => {
    if (!Array.isArray(value)) return notOfType(value, typeName);
    const { length } = value;
    if (length > 0) {
      output.int(length);
      for (let index = 0; index < length; index++) writeElement(value[index], output);
    }
    output.byte(0);
  };
}

function mapWriter(typeName: string, writeValue: AvroWriter): AvroWriter {
  return (value, output) => {
    if (!(value instanceof Map)) return notOfType(value, typeName);
    const entries: ReadonlyMap<unknown, unknown> = value;
    if (entries.size > 0) {
      output.int(entries.size);
      for (const [key, one] of entries) {
        if (typeof key !== "string")
          throw new UnwritableValue("A key is NULL or no text, and Avro has none such.");
        output.string(key);
        writeValue(one, output);
      }
    }
    output.byte(0);
  };
}

/**
 * Columns bind to the record's fields by position.
 *
 * @param onFailure - told the column's index when a value cannot be written; must throw. Without it the error passes.
 */
export function recordWriter(
  schema: AvroRecord,
  type: RowType,
  settings: AvroWriteSettings,
  onFailure: (error: unknown, index: number) => never = passOn,
): (row: Readonly<Record<string, unknown>>, output: AvroOutput) => void {
  if (schema.fields.length !== type.fields.length) {
    throw new Mismatch(`${schema.fields.length} fields, and the table has ${type.fields.length} columns`);
  }
  const names = type.fields.map(({ name }) => name);
  const writers = schema.fields.map((field, index) =>
    place(field.name, () =>
      createAvroWriter(field.type, (type.fields[index] as RowType["fields"][number]).type, settings),
    ),
  );
  return generatedWriter(names, writers, settings, onFailure) ?? closureWriter(names, writers, onFailure);
}

function passOn(error: unknown): never {
  // Thrown on as it came.
  // oxlint-disable-next-line typescript/only-throw-error
  throw error;
}

type RowWriter = (row: Readonly<Record<string, unknown>>, output: AvroOutput) => void;

function closureWriter(
  names: readonly string[],
  writers: readonly AvroWriter[],
  onFailure: (error: unknown, index: number) => never,
): RowWriter {
  const fields = names.map(fieldReader);
  return (row, output) => {
    let index = 0;
    try {
      for (; index < names.length; index++) {
        (writers[index] as AvroWriter)((fields[index] as FieldReader)(row), output);
      }
    } catch (error) {
      onFailure(error, index);
    }
  };
}

function generatedWriter(
  names: readonly string[],
  writers: readonly AvroWriter[],
  { codeStyle }: AvroWriteSettings,
  onFailure: (error: unknown, index: number) => never,
): RowWriter | undefined {
  if (names.length > GENERATED_FIELDS_MAX) return undefined;
  const body = `
    return function writeRecord(row, output) {
      let index = 0;
      try {
        ${names.map((name, index) => `index = ${index}; w${index}(${fieldCode(name)}, output);`).join("\n")}
      } catch (error) {
        onFailure(error, index);
      }
    };`;
  const scope: Record<string, unknown> = { onFailure };
  for (const [index, write] of writers.entries()) scope[`w${index}`] = write;
  return generate<RowWriter>(codeStyle, scope, body);
}
