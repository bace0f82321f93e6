import { TributaryError } from "../diagnostics/error.js";
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import {
  MAX_LENGTH,
  type IntervalType,
  type LogicalType,
  type RowField,
  type RowType,
} from "./logical-type.js";
import { parseType } from "./parse-type.js";
import type { TypeLike, TypeOf } from "./type-text.js";
import type {
  TypedArray,
  TypedDecimal,
  TypedInterval,
  TypedMap,
  TypedMultiset,
  TypedRow,
  TypedSimple,
  TypedSized,
  TypedTemporal,
  WithNullability,
} from "./typed.js";
import { TYPE_BOUNDS, type Bounds } from "./type-bounds.js";

/** The same type, NOT NULL. @public */
export function notNull<T extends LogicalType>(type: T): WithNullability<T, false> {
  return (type.nullable ? { ...type, nullable: false } : type) as unknown as WithNullability<T, false>;
}

/** The same type, nullable. @public */
export function nullable<T extends LogicalType>(type: T): WithNullability<T, true> {
  return (type.nullable ? type : { ...type, nullable: true }) as unknown as WithNullability<T, true>;
}

function inBounds(type: string, what: string, value: number, bounds: Bounds): void {
  if (Number.isInteger(value) && value >= bounds.min && value <= bounds.max) return;
  throw invalid(
    `The ${what} of ${type} is ${value}; it must be a whole number from ${bounds.min} to ${bounds.max}.`,
  );
}

function invalid(message: string): TributaryError {
  return new TributaryError({ severity: "error", code: "SCHEMA_INVALID", message });
}

function simple<K extends TypedSimple<"INT", true>["kind"] | LogicalType["kind"]>(kind: K) {
  return { kind, nullable: true as const };
}

function sized<K extends "CHAR" | "VARCHAR" | "BINARY" | "VARBINARY">(
  kind: K,
  length: number,
): TypedSized<K, true> {
  inBounds(kind, "length", length, TYPE_BOUNDS.length);
  return { kind, nullable: true, length };
}

function temporal<K extends "TIME" | "TIMESTAMP" | "TIMESTAMP_LTZ" | "TIMESTAMP_TZ">(
  kind: K,
  precision: number,
): TypedTemporal<K, true> {
  inBounds(kind, "precision", precision, TYPE_BOUNDS.fraction);
  return { kind, nullable: true, precision };
}

function interval<K extends IntervalType["kind"]>(kind: K, resolution: string): TypedInterval<K, true> {
  return { kind, nullable: true, resolution };
}

function decimal(precision = 10, scale = 0): TypedDecimal<true> {
  inBounds("DECIMAL", "precision", precision, TYPE_BOUNDS.decimalPrecision);
  inBounds(`DECIMAL(${precision}, s)`, "scale", scale, { min: 0, max: precision });
  return { kind: "DECIMAL", nullable: true, precision, scale };
}

/** The logical type itself, or the one that a text stands for. @throws `SCHEMA_INVALID` if the text is no type. */
export function logicalType<const T extends TypeLike>(type: T): TypeOf<T> {
  return (typeof type === "string" ? parseType(type) : type) as TypeOf<T>;
}

/** A field of a ROW as an entry of a list: name, type, comment. @public */
export type FieldEntry = readonly [name: string, type: TypeLike, comment?: string] | RowField;

/** Fields of a ROW by name, as {@link types} take them. @public */
export type FieldDefinitions = Readonly<Record<string, TypeLike>>;

type FieldTypesOf<F extends FieldDefinitions> = { readonly [Name in keyof F]: TypeOf<F[Name]> };

function row<const F extends FieldDefinitions>(fields: F): TypedRow<FieldTypesOf<F>, true>;
function row(fields: readonly FieldEntry[]): RowType & { readonly nullable: true };
function row(fields: FieldDefinitions | readonly FieldEntry[]): RowType & { readonly nullable: true } {
  const list: RowField[] = Array.isArray(fields)
    ? (fields as readonly FieldEntry[]).map(fieldOf)
    : Object.entries(fields as FieldDefinitions).map(([name, type]) => ({ name, type: logicalType(type) }));
  checkNames(list);
  return { kind: "ROW", nullable: true, fields: list };
}

function fieldOf(entry: FieldEntry): RowField {
  if ("name" in entry) return entry;
  const [name, typeLike, comment] = entry;
  const type = logicalType(typeLike);
  return comment === undefined ? { name, type } : { name, type, comment };
}

function checkNames(fields: readonly RowField[]): void {
  const seen = new Set<string>();
  const faults: Diagnostic[] = [];
  for (const { name } of fields) {
    if (seen.has(name)) {
      const message = `The ROW has two fields named '${name}'.`;
      faults.push({ severity: "error", code: "SCHEMA_INVALID", message, columnName: name });
    }
    seen.add(name);
  }
  if (faults.length > 0) throw new TributaryError(faults);
}

/**
 * Constructors of logical types. All are nullable; wrap with {@link notNull}. Defaults are those of the SQL types:
 * `types.decimal()` is DECIMAL(10, 0), `types.timestamp()` TIMESTAMP(6), `types.char()` CHAR(1). Elements, keys, values
 * and fields may be given as texts: `types.array("INT NOT NULL")`.
 *
 * @throws `SCHEMA_INVALID` for a length, precision or scale out of bounds, for repeated field names, and for texts that
 *   are no types.
 * @public
 */
export const types = {
  boolean: (): TypedSimple<"BOOLEAN", true> => simple("BOOLEAN"),
  tinyint: (): TypedSimple<"TINYINT", true> => simple("TINYINT"),
  smallint: (): TypedSimple<"SMALLINT", true> => simple("SMALLINT"),
  int: (): TypedSimple<"INT", true> => simple("INT"),
  bigint: (): TypedSimple<"BIGINT", true> => simple("BIGINT"),
  float: (): TypedSimple<"FLOAT", true> => simple("FLOAT"),
  double: (): TypedSimple<"DOUBLE", true> => simple("DOUBLE"),
  date: (): TypedSimple<"DATE", true> => simple("DATE"),
  null: (): TypedSimple<"NULL", true> => simple("NULL"),
  decimal,
  char: (length = 1): TypedSized<"CHAR", true> => sized("CHAR", length),
  varchar: (length: number): TypedSized<"VARCHAR", true> => sized("VARCHAR", length),
  string: (): TypedSized<"VARCHAR", true> => sized("VARCHAR", MAX_LENGTH),
  binary: (length = 1): TypedSized<"BINARY", true> => sized("BINARY", length),
  varbinary: (length: number): TypedSized<"VARBINARY", true> => sized("VARBINARY", length),
  bytes: (): TypedSized<"VARBINARY", true> => sized("VARBINARY", MAX_LENGTH),
  time: (precision = 0): TypedTemporal<"TIME", true> => temporal("TIME", precision),
  timestamp: (precision = 6): TypedTemporal<"TIMESTAMP", true> => temporal("TIMESTAMP", precision),
  timestampLtz: (precision = 6): TypedTemporal<"TIMESTAMP_LTZ", true> => temporal("TIMESTAMP_LTZ", precision),
  /** INTERVAL YEAR(2) TO MONTH: values are months. */
  intervalYearMonth: (): TypedInterval<"INTERVAL_YEAR_MONTH", true> =>
    interval("INTERVAL_YEAR_MONTH", "YEAR(2) TO MONTH"),
  /** INTERVAL DAY(2) TO SECOND(6): values are milliseconds. */
  intervalDayTime: (): TypedInterval<"INTERVAL_DAY_TIME", true> =>
    interval("INTERVAL_DAY_TIME", "DAY(2) TO SECOND(6)"),
  array: <const E extends TypeLike>(element: E): TypedArray<TypeOf<E>, true> => ({
    kind: "ARRAY",
    nullable: true,
    element: logicalType(element),
  }),
  multiset: <const E extends TypeLike>(element: E): TypedMultiset<TypeOf<E>, true> => ({
    kind: "MULTISET",
    nullable: true,
    element: logicalType(element),
  }),
  map: <const K extends TypeLike, const V extends TypeLike>(
    key: K,
    value: V,
  ): TypedMap<TypeOf<K>, TypeOf<V>, true> => ({
    kind: "MAP",
    nullable: true,
    key: logicalType(key),
    value: logicalType(value),
  }),
  /**
   * A ROW from an object of types (fields in the order of its keys; names that look like array indexes would move to
   * the front, use a list for them) or from a list of `[name, type, comment?]`.
   */
  row,
} as const;
