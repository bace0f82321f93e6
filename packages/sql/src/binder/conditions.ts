/** Conditions before they are bound: parts that must all hold, the names in them, comparisons of times. */
import type * as ast from "../parser/ast.js";
import type { RelationColumn } from "../planner/relation.js";
import { bindExpression } from "./bind-expression.js";
import type { QueryContext } from "./query-context.js";
import { Scope } from "./scope.js";

/** The parts of a chain of AND. */
export function conjunctsOf(node: ast.Expression | undefined): readonly ast.Expression[] {
  if (node === undefined) return [];
  if (node.kind === "Binary" && node.operator === "AND")
    return [...conjunctsOf(node.left), ...conjunctsOf(node.right)];
  return [node];
}

/** Every column that is named in it, subqueries left out. */
export function columnsIn(value: unknown, found: ast.ColumnReference[] = []): readonly ast.ColumnReference[] {
  if (Array.isArray(value)) for (const one of value) columnsIn(one, found);
  else if (typeof value === "object" && value !== null) {
    const node = value as ast.Expression | { readonly kind?: string };
    if (node.kind === "ColumnReference") found.push(node as ast.ColumnReference);
    else if (node.kind !== "Query")
      for (const [key, one] of Object.entries(node)) if (key !== "span") columnsIn(one, found);
  }
  return found;
}

/** Whether all its columns can be found in the scope. */
export function isWithin(node: ast.Expression, scope: Scope): boolean {
  return columnsIn(node).every((one) => scope.knows(one.parts));
}

/** A time attribute and what is added to it, in milliseconds. */
export interface ShiftedTime {
  readonly column: RelationColumn;
  readonly shiftMs: number;
}

/** Reads `c`, `c + INTERVAL ...`, `c - INTERVAL ...`, `INTERVAL ... + c` of a time attribute. */
export function shiftedTime(
  node: ast.Expression,
  scope: Scope,
  binder: QueryContext,
): ShiftedTime | undefined {
  if (node.kind === "ColumnReference") {
    if (!scope.knows(node.parts)) return undefined;
    const { column, rest } = scope.resolve(node.parts, binder.faults);
    return rest.length === 0 && column.timeAttribute === "event" ? { column, shiftMs: 0 } : undefined;
  }
  if (node.kind !== "Binary" || (node.operator !== "+" && node.operator !== "-")) return undefined;
  const [left, right] = [node.left, node.right];
  const [time, interval] =
    right.kind === "IntervalLiteral" ? [left, right] : node.operator === "+" ? [right, left] : [left, right];
  const base = interval.kind === "IntervalLiteral" ? shiftedTime(time, scope, binder) : undefined;
  if (base === undefined) return undefined;
  const scalar = bindExpression(interval, binder.expressions(new Scope([]), "a join"));
  if (scalar.kind !== "literal" || scalar.type.kind !== "INTERVAL_DAY_TIME") return undefined;
  const amount = Number(scalar.value);
  return { column: base.column, shiftMs: base.shiftMs + (node.operator === "+" ? amount : -amount) };
}

/** `a op b` of two time attributes: what `a - b` is compared with, in milliseconds. */
export interface TimeComparison {
  readonly operator: ast.ComparisonOperator;
  readonly left: RelationColumn;
  readonly right: RelationColumn;
  readonly thanMs: number;
}

/** Comparisons of two time attributes that a condition consists of; `undefined` if it is something else. */
export function timeComparisons(
  node: ast.Expression,
  scope: Scope,
  binder: QueryContext,
): readonly TimeComparison[] | undefined {
  if (node.kind === "Between" && !node.negated && !node.symmetric) {
    const low = compared(node.operand, ">=", node.low, scope, binder);
    const high = compared(node.operand, "<=", node.high, scope, binder);
    return low === undefined || high === undefined ? undefined : [low, high];
  }
  if (node.kind !== "Binary" || !["=", "<", "<=", ">", ">="].includes(node.operator)) return undefined;
  const one = compared(node.left, node.operator as ast.ComparisonOperator, node.right, scope, binder);
  return one === undefined ? undefined : [one];
}

function compared(
  a: ast.Expression,
  operator: ast.ComparisonOperator,
  b: ast.Expression,
  scope: Scope,
  binder: QueryContext,
): TimeComparison | undefined {
  const left = shiftedTime(a, scope, binder);
  const right = shiftedTime(b, scope, binder);
  if (left === undefined || right === undefined) return undefined;
  return { operator, left: left.column, right: right.column, thanMs: right.shiftMs - left.shiftMs };
}
