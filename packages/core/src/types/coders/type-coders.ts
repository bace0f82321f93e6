/** Coders of the logical types, and of rows made of them. */
import { assertNever, invariant } from "../../diagnostics/error.js";
import type { LogicalType, Row, RowField, RowType, SqlValue } from "../logical-type.js";
import { noValues } from "../rows/canonical-json-writer.js";
import { rowFactory } from "../rows/row-factory.js";
import { Decimal } from "../values/decimal.js";
import {
  booleanCoder,
  bytesCoder,
  canonicalNumber,
  doubleCoder,
  instantCoder,
  localTimestampCoder,
  stringCoder,
} from "./basic-coders.js";
import { iterableCoder, mapCoder, nullableCoder } from "./composite-coders.js";
import { ByteReader, undecodable } from "./byte-reader.js";
import type { ByteWriter } from "./byte-writer.js";
import { keyPiece } from "./key-piece.js";
import { makeCoder, type KeyPrimitive, type NestedCoder } from "./nested-coder.js";

/**
 * The coder of a type's values. A nullable type's coder has a mark for NULL before the value; that of a NOT NULL type
 * has none. Elements of collections and fields of rows may be NULL whatever their types say, since decoders of formats
 * do not check it.
 *
 * Deterministic for all types but MAP and MULTISET and what contains them, which keep the order of entries.
 *
 * @throws `SCHEMA_INVALID` for types without values.
 * @public
 */
export function typeCoder(type: LogicalType): NestedCoder<SqlValue> {
  return type.nullable ? nullableCoder(presentCoder(type)) : presentCoder(type);
}

/** The coder of a type's values that are not NULL. */
function presentCoder(type: LogicalType): NestedCoder<SqlValue> {
  return coderOf(type);
}

function coderOf(type: LogicalType): NestedCoder<never> {
  switch (type.kind) {
    case "BOOLEAN":
      return booleanCoder as NestedCoder<never>;
    case "TINYINT":
      return int8Coder as NestedCoder<never>;
    case "SMALLINT":
      return int16Coder as NestedCoder<never>;
    case "INT":
    case "DATE":
    case "TIME":
    case "INTERVAL_YEAR_MONTH":
      return int32Coder as NestedCoder<never>;
    case "BIGINT":
    case "INTERVAL_DAY_TIME":
      return int64Coder as NestedCoder<never>;
    case "FLOAT":
      return floatCoder as NestedCoder<never>;
    case "DOUBLE":
      return doubleCoder as NestedCoder<never>;
    case "DECIMAL":
      return fixedDecimalCoder(type.scale) as NestedCoder<never>;
    case "CHAR":
    case "VARCHAR":
      return stringCoder as NestedCoder<never>;
    case "BINARY":
    case "VARBINARY":
      return bytesCoder as NestedCoder<never>;
    case "TIMESTAMP":
      return localTimestampCoder as NestedCoder<never>;
    case "TIMESTAMP_LTZ":
      return instantCoder as NestedCoder<never>;
    case "ARRAY":
      return iterableCoder(nullableCoder(presentCoder(type.element))) as NestedCoder<never>;
    case "MAP":
      return mapCoder(
        nullableCoder(presentCoder(type.key)),
        nullableCoder(presentCoder(type.value)),
      ) as NestedCoder<never>;
    case "MULTISET":
      return mapCoder(nullableCoder(presentCoder(type.element)), int32Coder) as NestedCoder<never>;
    case "ROW":
      return rowCoder(type) as NestedCoder<never>;
    case "NULL":
      return nothingCoder as NestedCoder<never>;
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

const int8Coder = makeCoder<number>({
  isDeterministic: true,
  append: (value, output) => output.byte(value),
  read: (input) => input.int8(),
  keyOf: (value) => value,
});

const int16Coder = makeCoder<number>({
  isDeterministic: true,
  append: (value, output) => output.int16(value),
  read: (input) => input.int16(),
  keyOf: (value) => value,
});

/** Varint of the 32-bit two's complement: five bytes if negative. */
const int32Coder = makeCoder<number>({
  isDeterministic: true,
  append: (value, output) => output.varInt(value),
  read: (input) => input.varInt() | 0,
  keyOf: (value) => value,
});

/** Varint of the 64-bit two's complement. */
const int64Coder = makeCoder<bigint>({
  isDeterministic: true,
  append: (value, output) => output.varBigInt64(value),
  read: (input) => input.varBigInt64(),
  keyOf: (value) => value,
});

const floatCoder = makeCoder<number>({
  isDeterministic: true,
  append: (value, output) => output.float32(canonicalNumber(value)),
  read: (input) => input.float32(),
  keyOf: Math.fround,
});

/** The unscaled integer of a DECIMAL whose scale its type says. */
function fixedDecimalCoder(scale: number): NestedCoder<Decimal> {
  return makeCoder<Decimal>({
    isDeterministic: true,
    append: (value, output) => output.varBigInt(value.rescale(scale).unscaled),
    read: (input) => new Decimal(input.varBigInt(), scale),
    keyOf: (value) => value.rescale(scale).unscaled,
  });
}

/** The type NULL has no values that need bytes. */
const nothingCoder = makeCoder<null>({
  isDeterministic: true,
  append: () => undefined,
  read: () => null,
  keyOf: () => null,
});

/**
 * Rows: the number of fields (varint), the null bitmap (length and bytes, lowest bit first, without trailing zero
 * bytes), then the fields that are not NULL, in order. The row itself is never NULL here. The layout of Apache Beam's
 * row coder.
 *
 * @throws `SCHEMA_INVALID` for fields of types without values.
 * @public
 */
export function rowCoder(rowType: RowType): NestedCoder<Row> {
  const names = rowType.fields.map((field) => field.name);
  const coders = rowType.fields.map((field) => presentCoder(field.type));
  return makeCoder<Row>({
    isDeterministic: coders.every((coder) => coder.isDeterministic),
    append: rowAppender(names, coders),
    read: rowReader(names, coders),
    keyOf: keyPiece(rowType) as (row: Row) => string,
  });
}

function rowAppender(
  names: readonly string[],
  coders: readonly NestedCoder<SqlValue>[],
): (row: Row, output: ByteWriter) => void {
  const count = names.length;
  return (row, output) => {
    output.varInt(count);
    let last = count - 1;
    while (last >= 0 && !isNull(row[names[last] as string])) last--;
    const bitmapBytes = last < 0 ? 0 : (last >> 3) + 1;
    output.varInt(bitmapBytes);
    const bitmap = output.zeros(bitmapBytes);
    for (let index = 0; index < count; index++) {
      const value = row[names[index] as string];
      if (isNull(value)) output.setBit(bitmap, index);
      else (coders[index] as NestedCoder<SqlValue>).append(value, output);
    }
  };
}

function isNull(value: SqlValue): boolean {
  return value === null || value === undefined;
}

function rowReader(
  names: readonly string[],
  coders: readonly NestedCoder<SqlValue>[],
): (input: ByteReader) => Row {
  const make = rowFactory(names);
  return (input) => {
    const count = input.varInt();
    if (count !== names.length)
      throw undecodable(`a row of ${count} fields where ${names.length} are expected`);
    const bitmap = input.bytes();
    const values: SqlValue[] = [];
    for (let index = 0; index < count; index++) {
      const isAbsent = bitmap.length > 0 && ByteReader.bitOf(bitmap, index);
      values.push(isAbsent ? null : (coders[index] as NestedCoder<SqlValue>).read(input));
    }
    return make(values);
  };
}

/**
 * A function from a row to the key that some of its columns make: two keys are equal exactly when the bytes of these
 * columns are. A single column of text or numbers is its own key; NULL is a key of its own.
 *
 * @param fields - the key columns in order, at least one.
 * @public
 */
export function rowKeyOf(fields: readonly RowField[]): (row: Row) => KeyPrimitive {
  const [only] = fields;
  invariant(only !== undefined, "a key has at least one column");
  if (fields.length > 1) return keyPiece({ kind: "ROW", nullable: false, fields }) as (row: Row) => string;
  const { name } = only;
  const coder = presentCoder(only.type);
  return (row) => {
    const value = row[name];
    return isNull(value) ? null : coder.keyOf(value);
  };
}
