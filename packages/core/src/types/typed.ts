/**
 * Logical types that carry their kind and nullability in TypeScript too, so that {@link RowOf} and {@link ValueOf} can
 * tell what a schema's rows hold. They are plain logical types to everything else.
 */
import type { Decimal } from "./values/decimal.js";
import type { Instant } from "./values/instant.js";
import type { LocalTimestamp } from "./values/local-timestamp.js";
import type {
  ArrayType,
  DecimalType,
  IntervalType,
  LogicalType,
  MapType,
  MultisetType,
  RowType,
  SimpleType,
  SizedType,
  TemporalType,
} from "./logical-type.js";

declare const FIELDS: unique symbol;

/** A {@link SimpleType} whose kind the compiler knows. @public */
export interface TypedSimple<K extends SimpleType["kind"], N extends boolean> extends SimpleType {
  readonly kind: K;
  readonly nullable: N;
}

/** A {@link SizedType} whose kind the compiler knows. @public */
export interface TypedSized<K extends SizedType["kind"], N extends boolean> extends SizedType {
  readonly kind: K;
  readonly nullable: N;
}

/** A {@link DecimalType} whose nullability the compiler knows. @public */
export interface TypedDecimal<N extends boolean> extends DecimalType {
  readonly nullable: N;
}

/** A {@link TemporalType} whose kind the compiler knows. @public */
export interface TypedTemporal<K extends TemporalType["kind"], N extends boolean> extends TemporalType {
  readonly kind: K;
  readonly nullable: N;
}

/** An {@link IntervalType} whose kind the compiler knows. @public */
export interface TypedInterval<K extends IntervalType["kind"], N extends boolean> extends IntervalType {
  readonly kind: K;
  readonly nullable: N;
}

/** An {@link ArrayType} whose element type the compiler knows. @public */
export interface TypedArray<E extends LogicalType, N extends boolean> extends ArrayType {
  readonly element: E;
  readonly nullable: N;
}

/** A {@link MultisetType} whose element type the compiler knows. @public */
export interface TypedMultiset<E extends LogicalType, N extends boolean> extends MultisetType {
  readonly element: E;
  readonly nullable: N;
}

/** A {@link MapType} whose key and value types the compiler knows. @public */
export interface TypedMap<K extends LogicalType, V extends LogicalType, N extends boolean> extends MapType {
  readonly key: K;
  readonly value: V;
  readonly nullable: N;
}

/** Fields of a ROW by name, as a schema literal gives them. @public */
export type FieldTypes = Readonly<Record<string, LogicalType>>;

/** A {@link RowType} whose fields the compiler knows. @public */
export interface TypedRow<F extends FieldTypes, N extends boolean> extends RowType {
  readonly nullable: N;
  /** For the compiler only; there is no such property. */
  readonly [FIELDS]?: F;
}

/** The same type with another nullability. @public */
export type WithNullability<T extends LogicalType, N extends boolean> =
  T extends TypedSimple<infer K, boolean>
    ? TypedSimple<K, N>
    : T extends TypedSized<infer K, boolean>
      ? TypedSized<K, N>
      : T extends TypedDecimal<boolean>
        ? TypedDecimal<N>
        : T extends TypedTemporal<infer K, boolean>
          ? TypedTemporal<K, N>
          : T extends TypedInterval<infer K, boolean>
            ? TypedInterval<K, N>
            : T extends TypedArray<infer E, boolean>
              ? TypedArray<E, N>
              : T extends TypedMultiset<infer E, boolean>
                ? TypedMultiset<E, N>
                : T extends TypedMap<infer K, infer V, boolean>
                  ? TypedMap<K, V, N>
                  : T extends TypedRow<infer F, boolean>
                    ? TypedRow<F, N>
                    : LogicalType;

/** The JavaScript type of a logical type's values; `null` is part of it unless the type is NOT NULL. @public */
export type ValueOf<T extends LogicalType> = T["nullable"] extends false ? PresentOf<T> : PresentOf<T> | null;

type PresentOf<T extends LogicalType> =
  T extends TypedArray<infer E, boolean>
    ? readonly ValueOf<E>[]
    : T extends TypedMultiset<infer E, boolean>
      ? ReadonlyMap<ValueOf<E>, number>
      : T extends TypedMap<infer K, infer V, boolean>
        ? ReadonlyMap<ValueOf<K>, ValueOf<V>>
        : T extends TypedRow<infer F, boolean>
          ? { readonly [Name in keyof F]: ValueOf<F[Name]> }
          : T["kind"] extends keyof ScalarValues
            ? ScalarValues[T["kind"]]
            : unknown;

interface ScalarValues {
  BOOLEAN: boolean;
  TINYINT: number;
  SMALLINT: number;
  INT: number;
  BIGINT: bigint;
  FLOAT: number;
  DOUBLE: number;
  DECIMAL: Decimal;
  CHAR: string;
  VARCHAR: string;
  BINARY: Uint8Array;
  VARBINARY: Uint8Array;
  DATE: number;
  TIME: number;
  TIMESTAMP: LocalTimestamp;
  TIMESTAMP_LTZ: Instant;
  INTERVAL_YEAR_MONTH: number;
  INTERVAL_DAY_TIME: bigint;
  NULL: null;
}

/** The rows of a schema: `RowOf<typeof schema>` for `const schema = types.row({ id: types.bigint() })`. @public */
export type RowOf<T extends RowType> = PresentOf<T>;
