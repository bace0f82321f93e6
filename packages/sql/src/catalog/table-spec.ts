/**
 * What CREATE TABLE says, before types and expressions are resolved: the form that LIKE merges. A table is resolved from
 * its spec, so that an expression that was taken over is checked against the columns it meets there.
 */
import type { LogicalType, TableOption } from "@tributary/core";
import type { Expression, Identifier, Span } from "../parser/ast.js";

export type ColumnSpec = PhysicalSpec | MetadataSpec | ComputedSpec;

interface ColumnSpecBase {
  readonly name: string;
  readonly span: Span;
  readonly comment: string | undefined;
}

export interface PhysicalSpec extends ColumnSpecBase {
  readonly kind: "physical";
  readonly type: LogicalType;
}

export interface MetadataSpec extends ColumnSpecBase {
  readonly kind: "metadata";
  readonly type: LogicalType;
  readonly key: string;
  readonly isVirtual: boolean;
}

export interface ComputedSpec extends ColumnSpecBase {
  readonly kind: "computed";
  readonly expression: Expression;
  readonly text: string;
}

export interface WatermarkSpec {
  readonly column: Identifier;
  readonly expression: Expression;
  readonly text: string;
  readonly span: Span;
}

export interface KeySpec {
  readonly name: string | undefined;
  readonly columns: readonly Identifier[];
  readonly span: Span;
}

export interface TableSpec {
  readonly columns: readonly ColumnSpec[];
  readonly watermark: WatermarkSpec | undefined;
  readonly primaryKey: KeySpec | undefined;
  readonly partitionedBy: readonly Identifier[];
  readonly options: readonly TableOption[];
  readonly comment: string | undefined;
  /** Whether DISTRIBUTED was written. */
  readonly distribution: Span | undefined;
  /** Names of columns whose declaration is at fault. */
  readonly poisoned: ReadonlySet<string>;
}
