/**
 * Readers of Avro's binary encoding: built once from the schema a message was written with, the schema it is read
 * with and the column's type. Avro's rules of resolution hold (fields by name, numbers promoted, defaults for what is
 * missing), but names of records need not agree.
 */
import { assertNever, Decimal, Instant, INTEGER_RANGES, LocalTimestamp, printType } from "@tributary/core";
import type { DecimalType, LogicalType, TemporalType } from "@tributary/core";
import type { CodeStyle } from "../text/generated-code.js";
import type { AvroCursor } from "./avro-cursor.js";
import { Mismatch, place } from "./avro-mismatch.js";
import type { AvroReader, AvroReaderContext } from "./avro-reader.js";
import { recordReader } from "./avro-record-reader.js";
import { avroName, unwrapUnion } from "./avro-schema.js";
import type { AvroEnum, AvroType } from "./avro-schema.js";
import { isEmptyOnWire } from "./avro-skip.js";
import { timeOfDay, timestampOf, twosComplement, unitsPerMilli } from "./avro-values.js";

/** @throws {@link Mismatch} if a message of the writer's schema can never be read with the reader's. */
export function createAvroReader(
  writer: AvroType,
  reader: AvroType,
  type: LogicalType,
  codeStyle: CodeStyle,
): AvroReader {
  const context: AvroReaderContext = {
    codeStyle,
    make: (...schemas) => makeReader(...schemas, context),
  };
  return context.make(writer, reader, type);
}

function makeReader(
  writer: AvroType,
  reader: AvroType,
  type: LogicalType,
  context: AvroReaderContext,
): AvroReader {
  const wanted = unwrapUnion(reader);
  if (wanted === undefined)
    throw new Mismatch(`a union of several types cannot be read as ${printType(type)}`);
  if (writer.kind === "union") {
    return unionReader(
      writer.branches.map((branch) => branchReader(branch, wanted, type, context)),
      writer.branches,
    );
  }
  return valueReader(writer, wanted, type, context);
}

type Wanted = NonNullable<ReturnType<typeof unwrapUnion>>;

/** A branch that does not fit spoils only messages that have it. */
function branchReader(
  branch: AvroType,
  wanted: Wanted,
  type: LogicalType,
  context: AvroReaderContext,
): AvroReader | Mismatch {
  try {
    return valueReader(branch, wanted, type, context);
  } catch (error) {
    if (error instanceof Mismatch) return error;
    throw error;
  }
}

function unionReader(branches: readonly (AvroReader | Mismatch)[], schemas: readonly AvroType[]): AvroReader {
  const mismatches = branches.filter((branch) => branch instanceof Mismatch);
  if (mismatches.length === branches.length) throw mismatches.at(-1) ?? new Mismatch("an empty union");
  const reads = branches.map((branch) =>
    branch instanceof Mismatch
      ? (cursor: AvroCursor) => cursor.fail(`The message has something else here: ${branch.reason}.`)
      : branch.read,
  );
  const [first, second] = branches;
  if (reads.length === 2 && mismatches.length === 0) {
    const nullAt = schemas.findIndex(({ kind }) => kind === "null");
    const value = (nullAt === 0 ? second : first) as AvroReader;
    if (nullAt >= 0) return nullableReader(value, 1 - nullAt);
  }
  const count = reads.length;
  return {
    read: (cursor) => (reads[cursor.index(count, "branch of the union")] as AvroReader["read"])(cursor),
  };
}

function nullableReader({ read, code }: AvroReader, index: number): AvroReader {
  const nullable: AvroReader = { read: (cursor) => (cursor.branch() === index ? read(cursor) : null) };
  return code === undefined
    ? nullable
    : { ...nullable, code: `(cursor.branch() === ${index} ? ${code} : null)` };
}

const READ_NULL: AvroReader = { read: () => null, code: "null" };

/** @param writer - no union. */
function valueReader(
  writer: AvroType,
  { isNullable, type: reader }: Wanted,
  type: LogicalType,
  context: AvroReaderContext,
): AvroReader {
  if (writer.kind === "null") {
    if (isNullable) return READ_NULL;
    throw new Mismatch(`null, where the schema says ${avroName(reader)}`);
  }
  switch (type.kind) {
    case "BOOLEAN":
      if (writer.kind !== "boolean") break;
      return { read: (cursor) => cursor.boolean(), code: "cursor.boolean()" };
    case "TINYINT":
    case "SMALLINT":
      if (writer.kind !== "int") break;
      return { read: rangeReader(type.kind) };
    case "INT":
      if (writer.kind !== "int") break;
      return { read: (cursor) => cursor.int(), code: "cursor.int()" };
    case "BIGINT":
      if (writer.kind !== "int" && writer.kind !== "long") break;
      return { read: (cursor) => cursor.long(), code: "cursor.long()" };
    case "FLOAT":
    case "DOUBLE":
      return floatingReader(writer, type.kind === "FLOAT") ?? refuse(writer, reader, type);
    case "CHAR":
    case "VARCHAR":
      return textReader(writer, reader) ?? refuse(writer, reader, type);
    case "BINARY":
    case "VARBINARY":
      return bytesReader(writer, reader) ?? refuse(writer, reader, type);
    case "DECIMAL":
      return decimalReader(writer, reader, type);
    case "DATE":
      if (writer.kind !== "int") break;
      return { read: (cursor) => cursor.int(), code: "cursor.int()" };
    case "TIME":
      return timeReader(writer, reader) ?? refuse(writer, reader, type);
    case "TIMESTAMP":
    case "TIMESTAMP_LTZ":
      return timestampReader(writer, reader, type) ?? refuse(writer, reader, type);
    case "ARRAY":
      if (writer.kind !== "array" || reader.kind !== "array") break;
      return arrayReader(
        place("[]", () => context.make(writer.items, reader.items, type.element)),
        isEmptyOnWire(writer.items),
      );
    case "MAP":
    case "MULTISET": {
      if (writer.kind !== "map" || reader.kind !== "map") break;
      const valueType = type.kind === "MAP" ? type.value : COUNT_TYPE;
      return mapReader(place("{}", () => context.make(writer.values, reader.values, valueType)));
    }
    case "ROW":
      if (writer.kind !== "record" || reader.kind !== "record") break;
      return { read: recordReader(writer, reader, type, context) };
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
  return refuse(writer, reader, type);
}

const COUNT_TYPE: LogicalType = { kind: "INT", nullable: true };

function refuse(writer: AvroType, reader: AvroType, type: LogicalType): never {
  throw new Mismatch(
    `${avroName(writer)}, which cannot be read as ${avroName(reader)} for ${printType(type)}`,
  );
}

function rangeReader(kind: "TINYINT" | "SMALLINT"): AvroReader["read"] {
  const { min, max } = INTEGER_RANGES[kind];
  return (cursor) => {
    const start = cursor.pos;
    const value = cursor.int();
    return value >= min && value <= max ? value : cursor.fail(`${value} is beyond ${kind}.`, start);
  };
}

function floatingReader(writer: AvroType, isFloat: boolean): AvroReader | undefined {
  const { kind } = writer;
  if (kind === "float") return { read: (cursor) => cursor.float(), code: "cursor.float()" };
  if (kind === "double" && !isFloat) return { read: (cursor) => cursor.double(), code: "cursor.double()" };
  if (kind !== "int" && kind !== "long") return undefined;
  return {
    read: isFloat ? (cursor) => Math.fround(Number(cursor.long())) : (cursor) => Number(cursor.long()),
  };
}

function textReader(writer: AvroType, reader: AvroType): AvroReader | undefined {
  if (writer.kind === "enum") return enumReader(writer, reader);
  if (reader.kind === "enum" || (writer.kind !== "string" && writer.kind !== "bytes")) return undefined;
  return { read: (cursor) => cursor.string(), code: "cursor.string()" };
}

/** A symbol that the reader's enum lacks is its default; without one it fails the message. */
function enumReader({ symbols }: AvroEnum, reader: AvroType): AvroReader | undefined {
  if (reader.kind !== "enum" && reader.kind !== "string") return undefined;
  const known =
    reader.kind === "enum"
      ? symbols.map((symbol) => (reader.symbols.includes(symbol) ? symbol : reader.default))
      : symbols;
  return {
    read: (cursor) => {
      const start = cursor.pos;
      const index = cursor.index(symbols.length, "symbol of the enum");
      return known[index] ?? cursor.fail(`The enum of the reader's schema lacks '${symbols[index]}'.`, start);
    },
  };
}

function bytesReader(writer: AvroType, reader: AvroType): AvroReader | undefined {
  if (reader.kind === "fixed" && (writer.kind !== "fixed" || writer.size !== reader.size)) return undefined;
  if (writer.kind === "fixed") {
    const { size } = writer;
    return { read: (cursor) => cursor.copy(cursor.take(size, "bytes")) };
  }
  if (writer.kind !== "bytes" && writer.kind !== "string") return undefined;
  return { read: (cursor) => cursor.binary(), code: "cursor.binary()" };
}

function decimalReader(writer: AvroType, reader: AvroType, type: DecimalType): AvroReader {
  if (writer.kind !== "bytes" && writer.kind !== "fixed") return refuse(writer, reader, type);
  const scale = writer.logical?.kind === "decimal" ? writer.logical.scale : type.scale;
  if (scale > type.scale) {
    throw new Mismatch(`a decimal with ${scale} fraction digits, which ${printType(type)} cannot hold`);
  }
  const size = writer.kind === "fixed" ? writer.size : undefined;
  return {
    read: (cursor) => {
      const start = size === undefined ? cursor.sized("a decimal") : cursor.take(size, "a decimal");
      if (cursor.pos === start) return cursor.fail("A decimal has no bytes.", start);
      const unscaled = twosComplement(cursor.bytes, start, cursor.pos);
      return unscaled === undefined ? null : new Decimal(unscaled, scale).fit(type.precision, type.scale);
    },
  };
}

/** Whoever wrote the message knows best what a unit is. */
function unitsOfEither(writer: AvroType, reader: AvroType): number {
  const written = "logical" in writer ? unitsPerMilli(writer.logical) : undefined;
  const wanted = "logical" in reader ? unitsPerMilli(reader.logical) : undefined;
  return written ?? wanted ?? 1;
}

function timeReader(writer: AvroType, reader: AvroType): AvroReader | undefined {
  if (writer.kind !== "int" && (writer.kind !== "long" || reader.kind !== "long")) return undefined;
  const units = unitsOfEither(writer, reader);
  return {
    read: (cursor) => {
      const start = cursor.pos;
      const value = cursor.longNumber();
      return timeOfDay(value, units) ?? cursor.fail(`${value} is no time of a day.`, start);
    },
  };
}

function timestampReader(writer: AvroType, reader: AvroType, { kind }: TemporalType): AvroReader | undefined {
  if (writer.kind !== "int" && writer.kind !== "long") return undefined;
  if (kind !== "TIMESTAMP" && kind !== "TIMESTAMP_LTZ") return undefined;
  const units = unitsOfEither(writer, reader);
  const slow = (cursor: AvroCursor, value: number | bigint, start: number): unknown =>
    timestampOf(value, units, kind) ?? cursor.fail(`${value} is beyond the times there are.`, start);
  if (units > 1) {
    return {
      read: (cursor) => {
        const start = cursor.pos;
        return slow(cursor, cursor.whole(), start);
      },
    };
  }
  const Timestamp = kind === "TIMESTAMP" ? LocalTimestamp : Instant;
  return {
    read: (cursor) => {
      const start = cursor.pos;
      const value = cursor.whole();
      return Number.isSafeInteger(value) ? new Timestamp(value as number) : slow(cursor, value, start);
    },
  };
}

function arrayReader({ read }: AvroReader, isEmpty: boolean): AvroReader {
  return {
    read: (cursor) => {
      const elements: unknown[] = [];
      try {
        for (;;) {
          let count = cursor.block(elements.length, isEmpty);
          if (count === 0) return elements;
          for (; count > 0; count--) elements.push(read(cursor));
        }
      } catch (error) {
        cursor.enclose(error, `[${elements.length}]`);
        throw error;
      }
    },
  };
}

function mapReader({ read }: AvroReader): AvroReader {
  return {
    read: (cursor) => {
      const entries = new Map<string, unknown>();
      let key: string | undefined;
      try {
        for (;;) {
          let count = cursor.block(entries.size, false);
          if (count === 0) return entries;
          for (; count > 0; count--) {
            key = cursor.string();
            entries.set(key, read(cursor));
            key = undefined;
          }
        }
      } catch (error) {
        cursor.enclose(error, key);
        throw error;
      }
    },
  };
}
