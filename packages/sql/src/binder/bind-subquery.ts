/** IN and EXISTS with a query over bounded tables: a join that keeps or leaves out rows of the left side. */
import type * as ast from "../parser/ast.js";
import type { Relation } from "../planner/relation.js";
import { columnScalar } from "../planner/relation.js";
import { bindExpression } from "./bind-expression.js";
import { Joined } from "./bind-join.js";
import { conjunctsOf, isWithin } from "./conditions.js";
import type { BoundTable, QueryContext } from "./query-context.js";
import { Scope } from "./scope.js";

type Predicate = ast.InSubquery | ast.Exists;

/** The predicate that a condition is, and whether rows that meet it are left out. */
export function subqueryPredicate(
  node: ast.Expression,
): { readonly predicate: Predicate; readonly isNegated: boolean } | undefined {
  if (node.kind === "InSubquery") return { predicate: node, isNegated: node.negated };
  if (node.kind === "Exists") return { predicate: node, isNegated: false };
  if (node.kind !== "Unary" || node.operator !== "NOT") return undefined;
  const inner = subqueryPredicate(node.operand);
  return inner && { predicate: inner.predicate, isNegated: !inner.isNegated };
}

/** The rows of `source` for which the condition is TRUE. */
export function bindSubquery(node: ast.Expression, source: BoundTable, binder: QueryContext): BoundTable {
  const { predicate, isNegated } = subqueryPredicate(node)!;
  const { table, correlated } = innerTable(predicate, source, binder);
  const joined = new Joined(source, table, node.span, binder);
  const pairs =
    predicate.kind === "InSubquery" ? [operandPair(predicate, source, table, joined, binder)] : [];
  const isIn = predicate.kind === "InSubquery";
  if (isIn && isNegated && correlated.length > 0)
    binder.faults.unsupported(
      node.span,
      "NOT IN with a correlated query",
      "Write NOT EXISTS (SELECT ... WHERE ...).",
    );
  const relation = joined.lookup(
    isNegated ? "ANTI" : "SEMI",
    correlated,
    pairs,
    isIn && isNegated ? "unknown" : undefined,
  );
  return { relation, scope: joined.columnsOf(relation), poisoned: source.poisoned };
}

function operandPair(
  predicate: ast.InSubquery,
  source: BoundTable,
  table: BoundTable,
  joined: Joined,
  binder: QueryContext,
): ReturnType<Joined["pair"]> {
  const { faults } = binder;
  if (table.relation.columns.length !== 1 && !("$value" in table))
    return faults.invalid(
      predicate.query.span,
      `The query of IN gives ${table.relation.columns.length} columns; it must give one.`,
    );
  const outer = new Scope(joined.scope.columns.slice(0, source.scope.length), source.poisoned);
  const left = bindExpression(predicate.operand, binder.expressions(outer, "IN"));
  const right = columnScalar(joined.scope.columns[source.scope.length]!.column);
  return joined.pair(left, right, predicate);
}

/** The rows of the query, and those of its conditions that look at the outer row. */
function innerTable(
  predicate: Predicate,
  source: BoundTable,
  binder: QueryContext,
): { readonly table: BoundTable; readonly correlated: readonly ast.Expression[] } {
  const { query } = predicate;
  const { body } = query;
  const plain = (relation: Relation): BoundTable => ({
    relation,
    scope: relation.columns.map((column) => ({ qualifier: undefined, column })),
    poisoned: new Set(),
  });
  const isSimple =
    body.kind === "Select" &&
    body.from !== undefined &&
    body.groupBy === undefined &&
    query.with.length === 0;
  if (!isSimple) return { table: plain(binder.query(query)), correlated: [] };
  const from = binder.from(body.from);
  const inner = new Scope(from.scope, from.poisoned);
  const outer = new Scope([...source.scope]);
  const correlated = conjunctsOf(body.where).filter(
    (one) =>
      !isWithin(one, inner) &&
      subqueryPredicate(one) === undefined &&
      isWithin(one, new Scope([...inner.columns, ...outer.columns])),
  );
  if (correlated.length === 0) return { table: plain(binder.query(query)), correlated };
  const own = conjunctsOf(body.where).filter((one) => !correlated.includes(one));
  const where = own.reduce<ast.Expression | undefined>(
    (all, one) =>
      all === undefined ? one : { kind: "Binary", operator: "AND", left: all, right: one, span: one.span },
    undefined,
  );
  // The conditions see the whole rows; the value of IN stands before them.
  const star: ast.SelectItem = { kind: "Star", qualifier: [], span: body.span };
  const items = predicate.kind === "InSubquery" ? [...body.items, star] : [star];
  const whole = plain(binder.query({ ...query, body: { ...body, items, where } }));
  const added = whole.scope.length - from.scope.length;
  const scope = whole.scope.map(({ column }, i) => {
    if (i < added) return { qualifier: undefined, column: { ...column, name: `$value${i}` } };
    const { qualifier, column: original } = from.scope[i - added]!;
    return { qualifier, column: { ...column, name: original.name } };
  });
  return { table: Object.assign({ ...whole, scope }, { $value: true }), correlated };
}
