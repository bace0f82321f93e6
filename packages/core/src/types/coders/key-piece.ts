/**
 * Text that tells values of one type apart exactly as their encoded bytes do, and that ends recognisably, so that the
 * pieces of a row can be joined. Cheaper than encoding.
 */
import { assertNever } from "../../diagnostics/error.js";
import type { LogicalType, RowField, SqlValue } from "../logical-type.js";
import { noValues } from "../rows/canonical-json-writer.js";
import type { Decimal } from "../values/decimal.js";
import type { Instant } from "../values/instant.js";
import { wellFormed } from "./well-formed.js";

/** The piece of a value that is not NULL. */
export type Piece = (value: never) => string;

const NULL_PIECE = "~";

function orNull(piece: Piece): (value: SqlValue) => string {
  return (value) => (value === null || value === undefined ? NULL_PIECE : piece(value as never));
}

/** The piece of each value of `type`. */
export function keyPiece(type: LogicalType): Piece {
  switch (type.kind) {
    case "BOOLEAN":
      return (value: boolean) => (value ? "t" : "f");
    case "TINYINT":
    case "SMALLINT":
    case "INT":
    case "DATE":
    case "TIME":
    case "INTERVAL_YEAR_MONTH":
    case "DOUBLE":
      return (value: number) => `${value};`;
    case "FLOAT":
      return (value: number) => `${Math.fround(value)};`;
    case "BIGINT":
    case "INTERVAL_DAY_TIME":
      return (value: bigint) => `${value};`;
    case "DECIMAL":
      return (value: Decimal) => `${value.rescale(type.scale).unscaled};`;
    case "CHAR":
    case "VARCHAR":
      return (value: string) => `${value.length}:${wellFormed(value)}`;
    case "BINARY":
    case "VARBINARY":
      return bytesPiece;
    case "TIMESTAMP":
    case "TIMESTAMP_LTZ":
      return (value: Instant) => `${value.epochMillis}.${value.nanosOfMilli};`;
    case "ARRAY":
      return listPiece(type.element);
    case "MAP":
      return pairsPiece(keyPiece(type.key), keyPiece(type.value));
    case "MULTISET":
      return pairsPiece(keyPiece(type.element), (count: number) => `${count};`);
    case "ROW":
      return rowPiece(type.fields);
    case "NULL":
      return () => NULL_PIECE;
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

function bytesPiece(value: Uint8Array): string {
  return `${value.length}:${Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("latin1")}`;
}

function listPiece(elementType: LogicalType): Piece {
  const piece = orNull(keyPiece(elementType));
  return (list: readonly SqlValue[]) => {
    let text = `${list.length}[`;
    for (let index = 0; index < list.length; index++) text += piece(list[index]);
    return text;
  };
}

function pairsPiece(keyPart: Piece, valuePart: Piece): Piece {
  const ofKey = orNull(keyPart);
  const ofValue = orNull(valuePart);
  return (map: ReadonlyMap<SqlValue, SqlValue>) => {
    let text = `${map.size}{`;
    for (const [key, value] of map) text += ofKey(key) + ofValue(value);
    return text;
  };
}

function rowPiece(fields: readonly RowField[]): Piece {
  const names = fields.map((field) => field.name);
  const pieces = fields.map((field) => orNull(keyPiece(field.type)));
  return (row: Readonly<Record<string, SqlValue>>) => {
    let text = "";
    for (let index = 0; index < names.length; index++) {
      text += (pieces[index] as (value: SqlValue) => string)(row[names[index] as string]);
    }
    return text;
  };
}
