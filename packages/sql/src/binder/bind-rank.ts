/** ROW_NUMBER over the rows of a window: window Top-N and deduplication. After Apache Flink. */
import { isOrdered } from "../expressions/comparison.js";
import type { Scalar } from "../expressions/scalar.js";
import { BIGINT } from "../expressions/type-rules.js";
import type * as ast from "../parser/ast.js";
import type { RankRelation, RelationColumn, WindowPart } from "../planner/relation.js";
import { columnScalar } from "../planner/relation.js";
import { TOP_ROWS_MAX } from "../planner/plan-rank.js";
import { bindExpression } from "./bind-expression.js";
import { conjunctsOf } from "./conditions.js";
import type { BoundTable, QueryContext } from "./query-context.js";
import { projection } from "./query-context.js";
import { Scope } from "./scope.js";

const HINT =
  "ROW_NUMBER() OVER (PARTITION BY window_start, window_end [, keys] ORDER BY ...) of a windowing table function runs here, with WHERE n <= 3 in the query around it.";

/** The ROW_NUMBER() OVER (...) that an item of the list is. */
export function rankCall(item: ast.SelectItem): ast.FunctionCall | undefined {
  if (item.kind !== "SelectExpression" || item.expression.kind !== "FunctionCall") return undefined;
  const call = item.expression;
  const isRank = call.name.parts.length === 1 && call.name.parts[0]!.name.toUpperCase() === "ROW_NUMBER";
  return isRank && call.over !== undefined ? call : undefined;
}

/** The table with one more column, the row's number in its window and key. */
export function bindRank(
  call: ast.FunctionCall,
  source: BoundTable,
  filter: Scalar | undefined,
  binder: QueryContext,
): { readonly table: BoundTable; readonly column: RelationColumn } {
  const { faults } = binder;
  const over = call.over!;
  const scope = new Scope(source.scope, source.poisoned);
  if (over.reference !== undefined || over.frame !== undefined)
    return faults.unsupported(over.span, "ROW_NUMBER over a named window or a frame", HINT);
  if (over.orderBy.length === 0)
    return faults.invalid(over.span, "ROW_NUMBER needs ORDER BY in its OVER.", { hint: HINT });
  const parts = over.partitionBy.map((one) => bindExpression(one, binder.expressions(scope, "PARTITION BY")));
  const bound = (part: WindowPart): RelationColumn | undefined =>
    source.scope.find(
      ({ column }) =>
        column.windowPart?.part === part &&
        parts.some((one) => one.kind === "column" && one.name === column.field),
    )?.column;
  const [start, end] = [bound("start"), bound("end")];
  if (start === undefined || end === undefined)
    return faults.unsupported(over.span, "ROW_NUMBER with OVER outside of windows", HINT);
  const order = over.orderBy.map((one) => {
    const scalar = bindExpression(one.expression, binder.expressions(scope, "ORDER BY"));
    if (!isOrdered(scalar.type)) faults.invalid(one.span, "ORDER BY needs a type with an order.");
    const isDescending = one.direction === "DESC";
    // NULLs are the smallest.
    return {
      scalar,
      isDescending,
      hasNullsFirst: one.nulls === undefined ? !isDescending : one.nulls === "FIRST",
    };
  });
  const input = filtered(source, filter, call.span);
  const fields = new Set(input.columns.map((one) => one.field));
  let field = "$rank";
  while (fields.has(field)) field = `$${field}`;
  const relation: RankRelation = {
    kind: "rank",
    input,
    window: start.windowPart!.window,
    windowOfRow: { start: columnScalar(start), end: columnScalar(end) },
    keys: parts.filter(
      (one) => !(one.kind === "column" && (one.name === start.field || one.name === end.field)),
    ),
    order,
    field,
    limit: undefined,
    columns: [],
    span: over.span,
  };
  const column: RelationColumn = { name: field, field, type: BIGINT, rank: relation };
  const kept = new Map(input.columns.map((one) => [one.field, asRow(one)]));
  Object.assign(relation, { columns: [...kept.values(), column] });
  return {
    column,
    table: {
      relation,
      scope: source.scope.map(({ qualifier, column: one }) => ({
        qualifier,
        column: { ...kept.get(one.field)!, name: one.name },
      })),
      poisoned: source.poisoned,
    },
  };
}

/** Bounds are values of the row from here on. */
function asRow(column: RelationColumn): RelationColumn {
  const { windowPart } = column;
  return windowPart === undefined ? column : { ...column, windowPart: { ...windowPart, isValue: true } };
}

function filtered(source: BoundTable, filter: Scalar | undefined, span: ast.Span): BoundTable["relation"] {
  if (filter === undefined) return source.relation;
  const items = source.relation.columns.map((column) => ({
    name: column.field,
    scalar: columnScalar(column),
    column,
  }));
  return projection(source.relation, filter, items, span);
}

/** Finds `n <= 3` and the like among the conditions and tells the numbering how many rows are wanted. */
export function boundRanks(where: ast.Expression | undefined, scope: Scope, binder: QueryContext): void {
  const ranked = scope.columns.filter((one) => one.column.rank !== undefined);
  if (ranked.length === 0) return;
  for (const node of conjunctsOf(where)) {
    const found = upperBound(node);
    if (found === undefined || !scope.knows(found.column.parts)) continue;
    const { column } = scope.resolve(found.column.parts, binder.faults);
    if (column.rank === undefined) continue;
    const limit = Math.max(0, found.limit);
    if (limit > TOP_ROWS_MAX)
      binder.faults.invalid(node.span, `A Top-N keeps at most ${TOP_ROWS_MAX} rows of a window and key.`);
    column.rank.limit = Math.min(column.rank.limit ?? limit, limit);
  }
}

interface UpperBound {
  readonly column: ast.ColumnReference;
  readonly limit: number;
}

function upperBound(node: ast.Expression): UpperBound | undefined {
  if (node.kind === "Between" && !node.negated && !node.symmetric)
    return bounded(node.operand, "<=", node.high);
  if (node.kind !== "Binary") return undefined;
  return (
    bounded(node.left, node.operator, node.right) ?? bounded(node.right, mirrored(node.operator), node.left)
  );
}

function mirrored(operator: ast.BinaryOperator): ast.BinaryOperator {
  return operator === ">" ? "<" : operator === ">=" ? "<=" : operator === "=" ? "=" : "<>";
}

function bounded(a: ast.Expression, operator: ast.BinaryOperator, b: ast.Expression): UpperBound | undefined {
  if (a.kind !== "ColumnReference" || b.kind !== "NumberLiteral" || b.form !== "integer") return undefined;
  const limit = Number(b.text);
  if (operator === "<=" || operator === "=") return { column: a, limit };
  return operator === "<" ? { column: a, limit: limit - 1 } : undefined;
}
