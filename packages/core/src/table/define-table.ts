/**
 * Tables in TypeScript: the same descriptor that CREATE TABLE gives, with rows the compiler knows.
 */
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { TributaryError } from "../diagnostics/error.js";
import type { LogicalType, Row, SqlValue } from "../types/logical-type.js";
import type { InputOf } from "../types/input.js";
import { parseType } from "../types/parse-type.js";
import type { TypeLike, TypeOf } from "../types/type-text.js";
import type { ValueOf } from "../types/typed.js";
import { notNull, types } from "../types/types.js";
import { Instant } from "../types/values/instant.js";
import { LocalTimestamp } from "../types/values/local-timestamp.js";
import { checkSchema } from "./check-schema.js";
import type { Column, WatermarkDeclaration } from "./schema.js";
import type { TypedTable } from "./table.js";

/** A metadata column. Made by {@link metadata}. @public */
export interface MetadataColumnDefinition<T extends TypeLike = TypeLike, V extends boolean = boolean> {
  readonly column: "metadata";
  readonly type: T;
  readonly key?: string;
  readonly isVirtual: V;
}

/** A computed column. Made by {@link computed}. @public */
export interface ComputedColumnDefinition<T extends TypeLike = TypeLike> {
  readonly column: "computed";
  readonly type: T;
  readonly expression: string;
  readonly evaluate: (row: Row) => SqlValue;
  readonly isProcessingTime?: boolean;
}

/** Columns in order: a type for a physical column, or what {@link metadata} and {@link computed} return. @public */
export type ColumnDefinitions = Readonly<
  Record<string, TypeLike | MetadataColumnDefinition | ComputedColumnDefinition>
>;

/** A column whose value is the connector's, by key; the column's name is the key unless one is given. @public */
export function metadata<const T extends TypeLike, const V extends boolean = false>(
  type: T,
  options: { readonly key?: string; readonly isVirtual?: V } = {},
): MetadataColumnDefinition<T, V> {
  const { key, isVirtual = false } = options;
  return { column: "metadata", type, isVirtual: isVirtual as V, ...(key !== undefined && { key }) };
}

/**
 * A column worked out from the others when a row is read.
 *
 * @param evaluate - gets a row with the physical and metadata columns.
 * @param expression - what plans print.
 * @public
 */
export function computed<const T extends TypeLike>(
  type: T,
  evaluate: (row: Row) => SqlValue,
  expression: string = evaluate.name === "" ? "function" : evaluate.name,
): ComputedColumnDefinition<T> {
  return { column: "computed", type, expression, evaluate };
}

type ColumnType<C> = C extends { readonly column: string; readonly type: infer T extends TypeLike }
  ? TypeOf<T>
  : C extends TypeLike
    ? TypeOf<C>
    : never;
/** The columns of the key are NOT NULL even when declared without it. */
type ReadRow<C extends ColumnDefinitions, P extends keyof C> = {
  readonly [K in keyof C]: K extends P ? NonNullable<ValueOf<ColumnType<C[K]>>> : ValueOf<ColumnType<C[K]>>;
};
type WrittenKeys<C extends ColumnDefinitions> = {
  [K in keyof C]: C[K] extends ComputedColumnDefinition | MetadataColumnDefinition<TypeLike, true>
    ? never
    : K;
}[keyof C];
type WrittenRow<C extends ColumnDefinitions, P extends keyof C> = {
  readonly [K in WrittenKeys<C>]: K extends P
    ? NonNullable<InputOf<ColumnType<C[K]>>>
    : InputOf<ColumnType<C[K]>>;
};

/** What {@link table} takes. @public */
export interface TableDefinition<C extends ColumnDefinitions, P extends keyof C & string = keyof C & string> {
  readonly name: string;
  readonly columns: C;
  /** `connector`, `format` and their options, all as texts. */
  readonly options: Readonly<Record<string, string>>;
  readonly partitionedBy?: readonly (keyof C & string)[];
  /** Physical columns; a promise that is never checked. They become NOT NULL. */
  readonly primaryKey?: readonly P[];
  readonly watermark?: TableWatermark<C>;
  readonly comment?: string;
}

/** The event-time column, and how far behind its newest value the watermark stays. @public */
export interface TableWatermark<C extends ColumnDefinitions> {
  /** Of type TIMESTAMP(0..3) or TIMESTAMP_LTZ(0..3). */
  readonly column: keyof C & string;
  /**
   * A row may be so much older than the newest one of its split and still be on time, in milliseconds. Default 1: a
   * row as old as the newest one is on time.
   */
  readonly delayMs?: number;
}

/**
 * Declares a table. Its rows as read have the columns' types, also where those are given as texts. Rows that are
 * written to it may hold what says the same thing in another form, such as a `Date` for TIMESTAMP_LTZ
 * ({@link InputOf}); it is converted, and what is no value of its column fails the run with table and column.
 *
 * @throws `SCHEMA_INVALID` with every fault of columns, watermark, key and partitions. Options are checked when a
 *   pipeline that uses the table is planned.
 * @example
 * const clicks = table({
 *   name: "clicks",
 *   columns: { user_id: types.bigint(), at: types.timestampLtz(3), url: "STRING" },
 *   watermark: { column: "at", delayMs: 5_000 },
 *   options: { connector: "kinesis", "stream.arn": "...", "aws.region": "eu-west-1", format: "json" },
 * });
 * @public
 */
export function table<const C extends ColumnDefinitions, const P extends keyof C & string = never>(
  definition: TableDefinition<C, P>,
): TypedTable<ReadRow<C, P>, WrittenRow<C, P>> {
  const { name, comment, partitionedBy = [], primaryKey, watermark } = definition;
  const faults: Diagnostic[] = [];
  const columns = Object.entries(definition.columns).map(([column, spec]) =>
    columnOf(
      name,
      column,
      spec,
      (primaryKey as readonly string[] | undefined)?.includes(column) === true,
      faults,
    ),
  );
  const descriptor: TypedTable<ReadRow<C, P>, WrittenRow<C, P>> = {
    name,
    schema: {
      columns,
      ...(watermark !== undefined && { watermark: watermarkOf(watermark) }),
      ...(primaryKey !== undefined && {
        primaryKey: { name: `PK_${primaryKey.join("_")}`, columns: primaryKey },
      }),
    },
    partitionKeys: partitionedBy,
    options: Object.entries(definition.options).map(([key, value]) => ({ key, value })),
    ...(comment !== undefined && { comment }),
  };
  faults.push(...checkSchema(descriptor));
  if (faults.length > 0) throw new TributaryError(faults);
  return descriptor;
}

function columnOf(
  table: string,
  name: string,
  spec: ColumnDefinitions[string],
  isKey: boolean,
  faults: Diagnostic[],
): Column {
  const typeLike = typeof spec === "object" && "column" in spec ? spec.type : spec;
  const declared = typeOf(table, name, typeLike, faults);
  const type = isKey ? notNull(declared) : declared;
  if (typeof spec === "string" || !("column" in spec)) return { kind: "physical", name, type };
  if (spec.column === "metadata") {
    return { kind: "metadata", name, type, key: spec.key ?? name, isVirtual: spec.isVirtual };
  }
  const { expression, evaluate, isProcessingTime } = spec;
  return {
    kind: "computed",
    name,
    type,
    expression,
    evaluate,
    ...(isProcessingTime !== undefined && { isProcessingTime }),
  };
}

function typeOf(table: string, column: string, type: TypeLike, faults: Diagnostic[]): LogicalType {
  if (typeof type !== "string") return type;
  try {
    return parseType(type);
  } catch (error) {
    if (!TributaryError.is(error)) throw error;
    faults.push(...error.diagnostics.map((one) => ({ ...one, table, columnName: column })));
    return types.string();
  }
}

function watermarkOf({
  column,
  delayMs = 1,
}: {
  readonly column: string;
  readonly delayMs?: number;
}): WatermarkDeclaration {
  const eventTime = (row: Row): number | null => {
    const time = row[column];
    return LocalTimestamp.is(time) || Instant.is(time) ? time.epochMillis : null;
  };
  return {
    column,
    expression: `\`${column}\` - INTERVAL '${delayMs / 1000}' SECOND`,
    eventTime,
    watermark: (row) => {
      const time = eventTime(row);
      return time === null ? null : time - delayMs;
    },
  };
}
