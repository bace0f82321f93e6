/** What code may give for a value of a column, beside the value itself; `rowConverter` turns it into the value. */
import type { LogicalType } from "./logical-type.js";
import type { TypedArray, TypedMap, TypedMultiset, TypedRow, ValueOf } from "./typed.js";
import type {
  TemporalInstant,
  TemporalPlainDate,
  TemporalPlainDateTime,
  TemporalPlainTime,
} from "./values/temporal.js";

/** Other forms of scalar values that say the same thing. */
interface OtherForms {
  TINYINT: bigint;
  SMALLINT: bigint;
  INT: bigint;
  BIGINT: number;
  FLOAT: bigint;
  DOUBLE: bigint;
  DECIMAL: string | number | bigint;
  BINARY: ArrayBuffer;
  VARBINARY: ArrayBuffer;
  DATE: TemporalPlainDate;
  TIME: TemporalPlainTime;
  TIMESTAMP: TemporalPlainDateTime;
  TIMESTAMP_LTZ: Date | TemporalInstant;
  INTERVAL_YEAR_MONTH: bigint;
  INTERVAL_DAY_TIME: number;
}

/**
 * What may be written to a column of a type: its values, and what says the same thing in another form, such as a `Date`
 * for TIMESTAMP_LTZ or a `number` for BIGINT.
 *
 * @public
 */
export type InputOf<T extends LogicalType> = T["nullable"] extends false
  ? PresentInput<T>
  : PresentInput<T> | null;

type PresentInput<T extends LogicalType> =
  T extends TypedArray<infer E, boolean>
    ? readonly InputOf<E>[]
    : T extends TypedMultiset<infer E, boolean>
      ? ReadonlyMap<InputOf<E>, number>
      : T extends TypedMap<infer K, infer V, boolean>
        ? ReadonlyMap<InputOf<K>, InputOf<V>> | ObjectOf<K, V>
        : T extends TypedRow<infer F, boolean>
          ? { readonly [Name in keyof F]: InputOf<F[Name]> }
          : NonNullable<ValueOf<T>> | (T["kind"] extends keyof OtherForms ? OtherForms[T["kind"]] : never);

/** A plain object stands for a MAP whose keys are texts. */
type ObjectOf<K extends LogicalType, V extends LogicalType> = K["kind"] extends "CHAR" | "VARCHAR"
  ? Readonly<Record<string, InputOf<V>>>
  : never;
