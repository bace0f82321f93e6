/**
 * A logical type: what a column holds, independent of any format. Plain data; two types are the same when their
 * printed forms are equal. Synonyms of the grammar are resolved here: STRING is VARCHAR(2147483647), BYTES is
 * VARBINARY(2147483647), INTEGER is INT, NUMERIC is DECIMAL.
 *
 * JavaScript representation of a value (NULL is `null` for every type):
 *
 * | kind | value |
 * | --- | --- |
 * | BOOLEAN | `boolean` |
 * | TINYINT, SMALLINT, INT | `number` |
 * | BIGINT | `bigint` |
 * | FLOAT, DOUBLE | `number` (FLOAT rounded to 32 bits) |
 * | DECIMAL | `Decimal` |
 * | CHAR, VARCHAR | `string` |
 * | BINARY, VARBINARY | `Uint8Array` |
 * | DATE | `number`, days since 1970-01-01 |
 * | TIME | `number`, milliseconds of the day |
 * | TIMESTAMP | `LocalTimestamp` |
 * | TIMESTAMP_LTZ | `Instant` |
 * | INTERVAL_YEAR_MONTH | `number`, months |
 * | INTERVAL_DAY_TIME | `bigint`, milliseconds |
 * | ARRAY | `readonly unknown[]` |
 * | MAP | `ReadonlyMap` (entry order is source order) |
 * | MULTISET | `ReadonlyMap` of element to count (`number`) |
 * | ROW | plain object, one own property a field, in schema order |
 *
 * @public
 */
export type LogicalType =
  | SimpleType
  | SizedType
  | DecimalType
  | TemporalType
  | IntervalType
  | ArrayType
  | MultisetType
  | MapType
  | RowType
  | OpaqueType;

interface Nullability {
  readonly nullable: boolean;
}

/** A type without parameters. @public */
export interface SimpleType extends Nullability {
  readonly kind: "BOOLEAN" | "TINYINT" | "SMALLINT" | "INT" | "BIGINT" | "FLOAT" | "DOUBLE" | "DATE" | "NULL";
}

/** A character or byte string, of a fixed length (CHAR, BINARY) or up to one (VARCHAR, VARBINARY). @public */
export interface SizedType extends Nullability {
  readonly kind: "CHAR" | "VARCHAR" | "BINARY" | "VARBINARY";
  /** Characters or bytes, 1 to 2147483647. */
  readonly length: number;
}

/** An exact decimal number of a fixed scale. @public */
export interface DecimalType extends Nullability {
  readonly kind: "DECIMAL";
  /** Digits in all, 1 to 38. */
  readonly precision: number;
  /** Digits after the point, 0 to `precision`. */
  readonly scale: number;
}

/** A time of day or a timestamp: local (TIMESTAMP) or an instant (TIMESTAMP_LTZ). @public */
export interface TemporalType extends Nullability {
  readonly kind: "TIME" | "TIMESTAMP" | "TIMESTAMP_LTZ" | "TIMESTAMP_TZ";
  /** Fraction digits of the second, 0 to 9. */
  readonly precision: number;
}

/** A span of months, or of days and milliseconds. @public */
export interface IntervalType extends Nullability {
  readonly kind: "INTERVAL_YEAR_MONTH" | "INTERVAL_DAY_TIME";
  /** The written resolution, e.g. `YEAR(2) TO MONTH`, `DAY(2) TO SECOND(6)`: printing needs it, values do not. */
  readonly resolution: string;
}

/** A list of values of one type. @public */
export interface ArrayType extends Nullability {
  readonly kind: "ARRAY";
  readonly element: LogicalType;
}

/** Values of one type, each with the number of times it occurs. @public */
export interface MultisetType extends Nullability {
  readonly kind: "MULTISET";
  readonly element: LogicalType;
}

/** Values by distinct keys. @public */
export interface MapType extends Nullability {
  readonly kind: "MAP";
  readonly key: LogicalType;
  readonly value: LogicalType;
}

/** One field of a {@link RowType}; names are unique within it. @public */
export interface RowField {
  readonly name: string;
  readonly type: LogicalType;
  readonly comment?: string;
}

/** Named fields in order; a table's columns are one that is NOT NULL. @public */
export interface RowType extends Nullability {
  readonly kind: "ROW";
  readonly fields: readonly RowField[];
}

/** Types that parse and print but that no connector, format or expression of ours carries. @public */
export interface OpaqueType extends Nullability {
  readonly kind: "RAW" | "VARIANT" | "BITMAP" | "USER";
  /** The arguments or the name as written, e.g. `'java.lang.Object', 'AAE='` or `shop.Money`. */
  readonly text: string;
}

/** A value of a logical type; see {@link LogicalType} for the class behind each kind. @public */
export type SqlValue = unknown;

/** A row: one own property a column, in schema order, never changed after it was emitted. @public */
export type Row = Readonly<Record<string, SqlValue>>;

/** Greatest length of a character or byte string; the length of STRING and BYTES. @public */
export const MAX_LENGTH = 2147483647;
