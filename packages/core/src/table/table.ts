import type { Row } from "../types/logical-type.js";
import type { Schema, SourcePlace } from "./schema.js";

declare const ROWS: unique symbol;

/** One option of a table as written, with its place where it came from a script. @public */
export interface TableOption {
  readonly key: string;
  readonly value: string;
  readonly place?: SourcePlace;
}

/**
 * A declared table: what CREATE TABLE or `table({...})` says, nothing checked yet against a connector. It may serve
 * as source and as sink.
 *
 * @public
 */
export interface TableDescriptor {
  /** The name as printed: without the default catalog and database. */
  readonly name: string;
  readonly schema: Schema;
  /** Columns of PARTITIONED BY, in order; empty without the clause. */
  readonly partitionKeys: readonly string[];
  /** In written order; a key given twice stands twice, the last one wins. */
  readonly options: readonly TableOption[];
  readonly comment?: string;
  readonly place?: SourcePlace;
  /** Place of the PARTITIONED BY clause. */
  readonly partitionKeysPlace?: SourcePlace;
  /** Places of its columns, by name. */
  readonly partitionKeyPlaces?: ReadonlyMap<string, SourcePlace>;
}

/**
 * A table whose rows the compiler knows; any table is one, of unknown rows.
 *
 * @typeParam R - rows as read: all columns.
 * @typeParam W - rows as written: columns that are neither computed nor virtual.
 * @public
 */
export interface TypedTable<R = Row, W = R> extends TableDescriptor {
  /** For the compiler only; there is no such property. */
  readonly [ROWS]?: { readonly read: R; readonly write: (row: W) => void };
}

/** The rows of a table as read: `TableRow<typeof clicks>`; any rows if the compiler does not know them. @public */
export type TableRow<T extends TableDescriptor> =
  T extends TypedTable<infer R, never> ? (unknown extends R ? Row : R) : Row;

/** The rows that may be written to a table: `TableInput<typeof clicks>`. @public */
export type TableInput<T extends TableDescriptor> =
  T extends TypedTable<unknown, infer W> ? (unknown extends W ? Row : W) : Row;
