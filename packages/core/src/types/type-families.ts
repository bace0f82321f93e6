import type { LogicalType, SizedType } from "./logical-type.js";

/** A kind of logical type, e.g. `VARCHAR`. @public */
export type TypeKind = LogicalType["kind"];

/** CHAR or VARCHAR (STRING). @public */
export function isCharacterType(type: LogicalType): type is SizedType {
  return type.kind === "CHAR" || type.kind === "VARCHAR";
}

/** BINARY or VARBINARY (BYTES). @public */
export function isBinaryType(type: LogicalType): type is SizedType {
  return type.kind === "BINARY" || type.kind === "VARBINARY";
}

/** TINYINT, SMALLINT, INT or BIGINT. @public */
export function isIntegerType(type: LogicalType): boolean {
  return type.kind === "TINYINT" || type.kind === "SMALLINT" || type.kind === "INT" || type.kind === "BIGINT";
}

/** FLOAT or DOUBLE. @public */
export function isApproximateType(type: LogicalType): boolean {
  return type.kind === "FLOAT" || type.kind === "DOUBLE";
}

/** An integer, DECIMAL, FLOAT or DOUBLE. @public */
export function isNumericType(type: LogicalType): boolean {
  return isIntegerType(type) || isApproximateType(type) || type.kind === "DECIMAL";
}

/** DATE, TIME or one of the timestamps. @public */
export function isDateTimeType(type: LogicalType): boolean {
  return type.kind === "DATE" || type.kind === "TIME" || isTimestampType(type);
}

/** TIMESTAMP, TIMESTAMP_LTZ or TIMESTAMP_TZ. @public */
export function isTimestampType(type: LogicalType): boolean {
  return type.kind === "TIMESTAMP" || type.kind === "TIMESTAMP_LTZ" || type.kind === "TIMESTAMP_TZ";
}

/** ARRAY, MULTISET, MAP or ROW. @public */
export function isConstructedType(type: LogicalType): boolean {
  return type.kind === "ARRAY" || type.kind === "MULTISET" || type.kind === "MAP" || type.kind === "ROW";
}

/** A type that parses and prints but that has no values here. @public */
export function isOpaqueType(type: LogicalType): boolean {
  return (
    type.kind === "RAW" ||
    type.kind === "VARIANT" ||
    type.kind === "BITMAP" ||
    type.kind === "USER" ||
    type.kind === "TIMESTAMP_TZ"
  );
}
