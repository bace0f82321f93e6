/**
 * Bound queries. A relation is what a query means: where rows come from and what happens to them, with typed columns.
 * Rows are plain objects with one property a field; a field's name is unique in its relation, a column's name need not
 * be. The planner turns relations into graph nodes.
 */
import type { LogicalType, Row, TableDescriptor } from "@tributary/core";
import type { BoundAggregate } from "../aggregates/aggregate.js";
import type { Scalar, ScalarColumn } from "../expressions/scalar.js";
import type { Span } from "../parser/ast.js";

/** What a column is beside its value: the time attribute of the stream, or a bound of a window. */
export interface ColumnRole {
  /** `event`: carries the element's event time; `processing`: made by PROCTIME(). */
  readonly timeAttribute?: "event" | "processing";
  readonly windowPart?: { readonly window: WindowRelation; readonly part: WindowPart };
}

export type WindowPart = "start" | "end" | "time";

export interface RelationColumn extends ColumnRole {
  /** As a query sees it. */
  readonly name: string;
  /** Property of the row. */
  readonly field: string;
  readonly type: LogicalType;
}

export type Relation =
  ScanRelation | ValuesRelation | ProjectRelation | WindowRelation | AggregateRelation | UnionRelation;

interface RelationBase {
  readonly columns: readonly RelationColumn[];
  readonly span: Span;
}

/** A table that is read. */
export interface ScanRelation extends RelationBase {
  readonly kind: "scan";
  readonly table: TableDescriptor;
}

/** Rows written down in the statement; worked out when they are read. */
export interface ValuesRelation extends RelationBase {
  readonly kind: "values";
  readonly rows: readonly (() => Row)[];
}

/** WHERE and SELECT. */
export interface ProjectRelation extends RelationBase {
  readonly kind: "project";
  readonly input: Relation;
  readonly filter: Scalar | undefined;
  /** One a column. */
  readonly items: readonly Scalar[];
}

/** A window table function: the input's columns and window_start, window_end, window_time. */
export interface WindowRelation extends RelationBase {
  readonly kind: "window";
  readonly input: Relation;
  readonly spec: WindowSpec;
  /** Field of the time attribute. */
  readonly timeField: string;
}

/** Groups of a window and of keys, folded. */
export interface AggregateRelation extends RelationBase {
  readonly kind: "aggregate";
  /** Below it stands the window relation whose windows are meant. */
  readonly input: Relation;
  readonly window: WindowRelation;
  readonly filter: Scalar | undefined;
  readonly keys: readonly { readonly field: string; readonly scalar: Scalar }[];
  readonly aggregates: readonly { readonly field: string; readonly aggregate: BoundAggregate }[];
  /** Columns that hold the window's bounds. */
  readonly bounds: readonly { readonly field: string; readonly part: WindowPart }[];
}

/** UNION ALL; all inputs have the same fields. */
export interface UnionRelation extends RelationBase {
  readonly kind: "union";
  readonly inputs: readonly Relation[];
}

/** Sizes in milliseconds. `zone`: the session zone, for windows over TIMESTAMP_LTZ. */
export interface WindowSpec {
  readonly kind: "TUMBLE" | "HOP" | "CUMULATE";
  readonly sizeMs: number;
  /** HOP's slide, CUMULATE's step; the size for TUMBLE. */
  readonly stepMs: number;
  readonly offsetMs: number;
  readonly zone: string | undefined;
}

/** A column as an expression. */
export function columnScalar(column: RelationColumn): ScalarColumn {
  return { kind: "column", type: column.type, name: column.field };
}

/** Names that are all different: later ones get a number. */
export function distinctNames(names: readonly string[]): readonly string[] {
  const used = new Set<string>();
  return names.map((name) => {
    let unique = name;
    for (let i = 0; used.has(unique); i += 1) unique = `${name}${i}`;
    used.add(unique);
    return unique;
  });
}
