/**
 * Bound queries. A relation is what a query means: where rows come from and what happens to them, with typed columns.
 * Rows are plain objects with one property a field; a field's name is unique in its relation, a column's name need not
 * be. The planner turns relations into graph nodes.
 */
import type { LogicalType, Row, SqlValue, TableDescriptor } from "@tributary/core";
import type { BoundAggregate } from "../aggregates/aggregate.js";
import type { Scalar, ScalarColumn } from "../expressions/scalar.js";
import type { Span } from "../parser/ast.js";

/** What a column is beside its value: the time attribute of the stream, or a bound of a window. */
export interface ColumnRole {
  /** `event`: carries the element's event time; `processing`: made by PROCTIME(). */
  readonly timeAttribute?: "event" | "processing";
  readonly windowPart?: WindowBoundRole;
  /** Of a time attribute: elements may stand before the column's time. */
  readonly isAhead?: true;
  /** The number of a row in its window, which a condition has to bound. */
  readonly rank?: RankRelation;
}

/** A bound of the row's window. */
export interface WindowBoundRole {
  readonly window: WindowRelation;
  readonly part: WindowPart;
  /** The row is of this one window and the column holds the bound: behind an aggregation, a join, a Top-N. */
  readonly isValue?: true;
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
  | ScanRelation
  | ValuesRelation
  | ProjectRelation
  | WindowRelation
  | AggregateRelation
  | UnionRelation
  | LimitRelation
  | ExpandRelation
  | RankRelation
  | JoinRelation;

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
  /** PARTITION BY of SESSION: fields of the input. */
  readonly partitionFields: readonly string[];
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
  readonly bounds: readonly { readonly field: string; readonly part: WindowPart; readonly scalar: Scalar }[];
  /** Where the windows are those that the rows have already: the bounds as columns of the input. */
  readonly windowOfRow: WindowOfRow | undefined;
}

/** The window that a row says it is of: wall clocks of the session zone for windows over TIMESTAMP_LTZ. */
export interface WindowOfRow {
  readonly start: Scalar;
  readonly end: Scalar;
}

/** UNION ALL; all inputs have the same fields. */
export interface UnionRelation extends RelationBase {
  readonly kind: "union";
  readonly inputs: readonly Relation[];
}

/** LIMIT and OFFSET over a bounded input. */
export interface LimitRelation extends RelationBase {
  readonly kind: "limit";
  readonly input: Relation;
  readonly limit: number;
  readonly offset: number;
}

/** UNNEST and table functions: rows made of each row, beside it. */
export interface ExpandRelation extends RelationBase {
  readonly kind: "expand";
  readonly input: Relation;
  /** Over the input. */
  readonly operands: readonly Scalar[];
  /** The rows of one row, as values of `made`. */
  readonly expand: (operands: readonly SqlValue[]) => Iterable<readonly SqlValue[]>;
  /** Fields that the rows made have. */
  readonly made: readonly RelationColumn[];
  /** A row of which none are made stays, with NULLs. */
  readonly isOuter: boolean;
  /** For plans, e.g. `UNNEST(a)`. */
  readonly text: string;
}

/** ROW_NUMBER over the rows of a window: the first of them, by an order, when the window is over. */
export interface RankRelation extends RelationBase {
  readonly kind: "rank";
  readonly input: Relation;
  readonly window: WindowRelation;
  readonly windowOfRow: WindowOfRow;
  readonly keys: readonly Scalar[];
  readonly order: readonly {
    readonly scalar: Scalar;
    readonly isDescending: boolean;
    readonly hasNullsFirst: boolean;
  }[];
  /** Field of the number. */
  readonly field: string;
  /** How many rows are kept; set by the condition of the query around it. */
  limit: number | undefined;
}

export type JoinType = "INNER" | "LEFT" | "RIGHT" | "FULL" | "SEMI" | "ANTI";

/** Columns of one side of a join, and what they are called behind it. */
export interface JoinSide {
  readonly relation: Relation;
  readonly columns: readonly RelationColumn[];
  /** Fields of `relation`, one a column. */
  readonly sources: readonly string[];
  /** Over `columns`; both sides have as many, of equal types. */
  readonly keys: readonly Scalar[];
}

/** Two inputs, matched by equal keys and by time. */
export interface JoinRelation extends RelationBase {
  readonly kind: "join";
  readonly type: JoinType;
  readonly method: JoinMethod;
  readonly left: JoinSide;
  readonly right: JoinSide;
  /** Over the columns of both sides. */
  readonly condition: Scalar | undefined;
}

export type JoinMethod =
  /** Of equal windows. */
  | {
      readonly kind: "window";
      readonly window: WindowRelation;
      readonly ofRow: readonly [WindowOfRow, WindowOfRow];
    }
  /** Time of the left row minus that of the right one lies between these, in milliseconds, inclusive. */
  | {
      readonly kind: "interval";
      readonly fromMs: number;
      readonly toMs: number;
      readonly times: readonly [Scalar, Scalar];
    }
  /** With all rows of a bounded input. `nulls`: NOT IN, where a NULL among them or on the left leaves nothing. */
  | { readonly kind: "lookup"; readonly nulls?: "unknown" }
  /** With the version of the right row that holds at the time of the left one. */
  | { readonly kind: "temporal"; readonly times: readonly [Scalar, Scalar] };

/** Sizes in milliseconds. `zone`: the session zone, for windows over TIMESTAMP_LTZ. */
export interface WindowSpec {
  readonly kind: "TUMBLE" | "HOP" | "CUMULATE" | "SESSION";
  /** SESSION's gap. */
  readonly sizeMs: number;
  /** HOP's slide, CUMULATE's step; the size for the others. */
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
