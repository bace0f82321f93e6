import type { LogicalType, Row, SqlValue } from "../types/logical-type.js";

/**
 * The columns of a table. SELECT sees all of them in declared order; INSERT sees those that are not computed and not
 * virtual; formats see the physical ones; the connector sees the physical ones and its metadata by key.
 * After Apache Flink's CREATE TABLE.
 *
 * @public
 */
export type Column = PhysicalColumn | MetadataColumn | ComputedColumn;

interface ColumnBase {
  readonly name: string;
  readonly type: LogicalType;
  readonly comment?: string;
  /** Where the column is declared, for diagnostics. */
  readonly place?: SourcePlace;
}

/** A column that the format reads and writes. @public */
export interface PhysicalColumn extends ColumnBase {
  readonly kind: "physical";
}

/** A column whose value is the connector's, by key: a partition key, a time of arrival. @public */
export interface MetadataColumn extends ColumnBase {
  readonly kind: "metadata";
  /** The connector's key; the column's name unless FROM was given. */
  readonly key: string;
  /** True when only read: not part of the row that is written. */
  readonly isVirtual: boolean;
}

/** A column worked out from the others when a row is read; never written. @public */
export interface ComputedColumn extends ColumnBase {
  readonly kind: "computed";
  /** The expression as written, for plans. */
  readonly expression: string;
  /** Works the value out from a row that holds the physical and metadata columns. */
  readonly evaluate: (row: Row) => SqlValue;
  /** True for `PROCTIME()`: the column is a processing-time attribute. */
  readonly isProcessingTime?: boolean;
}

/** A watermark declaration: `WATERMARK FOR column AS expression`. @public */
export interface WatermarkDeclaration {
  /** A top-level column of type TIMESTAMP(0..3) or TIMESTAMP_LTZ(0..3). */
  readonly column: string;
  /** The expression as written, for plans. */
  readonly expression: string;
  /**
   * The event time of a row in milliseconds, as the model counts it (a TIMESTAMP as if it were UTC); `null` when the
   * time column is NULL, which fails the job.
   */
  readonly eventTime: (row: Row) => number | null;
  /**
   * The watermark after a row in SQL's sense (no more rows at or before it), in milliseconds; `null` to leave it.
   * The model's watermark, which promises "no more rows before", is one more.
   */
  readonly watermark: (row: Row) => number | null;
  readonly place?: SourcePlace;
}

/** A promise by the user, never checked. @public */
export interface PrimaryKey {
  readonly name: string;
  readonly columns: readonly string[];
}

/** The columns of a table in declared order, and what is said about them. @public */
export interface Schema {
  readonly columns: readonly Column[];
  readonly watermark?: WatermarkDeclaration;
  readonly primaryKey?: PrimaryKey;
}

/** A place in a script or module. @public */
export interface SourcePlace {
  readonly file?: string;
  /** Counted from 1. */
  readonly line: number;
  /** Counted from 1, in UTF-16 units. */
  readonly column: number;
}
