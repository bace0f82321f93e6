/** What the parts of the query binder share: how they call each other, and the projections they make. */
import type { Scalar } from "../expressions/scalar.js";
import type { FunctionEnvironment } from "../functions/function.js";
import type * as ast from "../parser/ast.js";
import type { Relation, RelationColumn } from "../planner/relation.js";
import { distinctNames } from "../planner/relation.js";
import type { ExpressionContext } from "./bind-expression.js";
import type { Faults } from "./faults.js";
import type { Scope, ScopeColumn } from "./scope.js";

/** Something in FROM: its rows, and how its columns are called. */
export interface BoundTable {
  readonly relation: Relation;
  readonly scope: readonly ScopeColumn[];
  readonly poisoned: ReadonlySet<string>;
}

/** Conditions of which all must hold, and those that were made part of a join. */
export interface Conjuncts {
  readonly all: readonly ast.Expression[];
  readonly used: Set<ast.Expression>;
}

/** The binder of queries as its parts see it. */
export interface QueryContext {
  readonly faults: Faults;
  readonly environment: FunctionEnvironment;
  /** What expressions at a place of the query are bound against. */
  expressions(scope: Scope, place: string): ExpressionContext;
  query(node: ast.Query): Relation;
  /** What stands in FROM. `where`: conditions that an inner join may take for its own, and which of them it took. */
  from(node: ast.TableReference, where?: Conjuncts): BoundTable;
  /** A table, view or common table expression by name. */
  namedTable(name: ast.QualifiedName, alias?: ast.TableAlias): BoundTable;
}

/** The name that a column without alias has: that of the column or field it shows. */
export function implicitName(node: ast.Expression): string | undefined {
  if (node.kind === "ColumnReference") return node.parts.at(-1)!.name;
  return node.kind === "FieldAccess" ? node.field.name : undefined;
}

/** A projection of named expressions; a plain column keeps its role. */
export function projection(
  input: Relation,
  filter: Scalar | undefined,
  items: readonly { readonly name: string; readonly scalar: Scalar; readonly column?: RelationColumn }[],
  span: ast.Span,
): Relation {
  const fields = distinctNames(items.map((one) => one.name));
  const columns = items.map(({ name, scalar, column }, i): RelationColumn => {
    const plain = { name, field: fields[i]!, type: scalar.type };
    if (column === undefined) return plain;
    const { timeAttribute, windowPart, isAhead, rank } = column;
    return {
      ...plain,
      ...(timeAttribute === undefined ? {} : { timeAttribute }),
      ...(windowPart === undefined ? {} : { windowPart }),
      ...(isAhead === undefined ? {} : { isAhead }),
      ...(rank === undefined ? {} : { rank }),
    };
  });
  return { kind: "project", input, filter, items: items.map((one) => one.scalar), columns, span };
}

/** The relation with other column names; its fields stay. */
export function renamed(
  relation: Relation,
  names: readonly ast.Identifier[],
  of: ast.Identifier | undefined,
  faults: Faults,
): Relation {
  if (names.length === 0) return relation;
  if (names.length !== relation.columns.length)
    return faults.invalid(
      names[0]!.span,
      `'${of?.name ?? ""}' names ${names.length} columns; the query has ${relation.columns.length}.`,
    );
  const columns = relation.columns.map((column, i) => ({ ...column, name: names[i]!.name }));
  return { ...relation, columns };
}
