/** What the parts of the query planner share. */
import type { AnyDoFn, JsonValue, ParDoBinding, Row, RowType, SideInput, StepBinding } from "@tributary/core";
import { GlobalWindows } from "@tributary/core";
import type { Faults } from "../binder/faults.js";
import type { Scalar } from "../expressions/scalar.js";
import type { CompileOptions, StageItem } from "../expressions/stage-function.js";
import { compileScalar } from "../expressions/stage-function.js";
import { withNullable } from "../expressions/type-rules.js";
import type { Span } from "../parser/ast.js";
import type { StepDetails } from "./graph-builder.js";
import type { Relation, WindowOfRow, WindowSpec } from "./relation.js";
import { WindowsOfRows, windowOfClocks } from "./sql-windows.js";
import type { Stream } from "./stream.js";
import { inlined } from "./stream.js";

/** The planner of queries as its parts see it. */
export interface PlanSite {
  readonly faults: Faults;
  readonly options: CompileOptions;
  plan(relation: Relation): Stream;
  /** Adds a step and returns its collection. */
  step(
    name: string,
    inputs: readonly string[],
    binding: StepBinding,
    details: StepDetails,
    span: Span,
    stateIdentity?: JsonValue,
  ): string;
  /** The stream's rows with these columns. */
  stage(stream: Stream, items: readonly StageItem[], span: Span): string;
  /** Whether every table behind the relation, which is planned already, is bounded. */
  isBounded(relation: Relation): boolean;
}

/** The rows of a planned stream with their fields and nothing left to do. */
export function allRows(site: PlanSite, stream: Stream, relation: Relation): string {
  const items = relation.columns.map(({ field }) => ({ name: field, scalar: stream.fields.get(field)! }));
  return site.stage(stream, items, relation.span);
}

/** A step whose function has a life cycle. */
export function parDo(
  create: () => AnyDoFn,
  sideInputs: readonly { readonly name: string; readonly view: SideInput<unknown> }[] = [],
): ParDoBinding {
  return { kind: "parDo", create, declaration: create(), tags: [], sideInputs };
}

/** All elements in the one window that holds everything. */
export function inGlobalWindow(site: PlanSite, collection: string, span: Span): string {
  const windowFn = GlobalWindows.of();
  return site.step("global", [collection], { kind: "window", windowFn }, { window: "Global" }, span);
}

/** The type of rows with these fields, as a coder wants it. */
export function rowTypeOf(
  columns: readonly { readonly field: string; readonly type: Scalar["type"] }[],
): RowType {
  return {
    kind: "ROW",
    nullable: false,
    fields: columns.map(({ field, type }) => ({ name: field, type: withNullable(type, true) })),
  };
}

/** The window function for rows that say which window they are of; `rowOf` finds the row in an element. */
export function windowsOfRows(
  spec: WindowSpec,
  ofRow: WindowOfRow,
  stream: Stream | undefined,
  options: CompileOptions,
  rowOf?: (element: never) => Row,
): WindowsOfRows {
  const read = (scalar: Scalar): ((row: Row) => unknown) =>
    compileScalar(stream === undefined ? scalar : inlined(stream, scalar), options);
  const [start, end] = [read(ofRow.start), read(ofRow.end)];
  const toWindow = windowOfClocks(spec);
  return new WindowsOfRows(spec, (element) => {
    const row = rowOf === undefined ? (element as Row) : rowOf(element);
    return toWindow(start(row) as never, end(row) as never);
  });
}
