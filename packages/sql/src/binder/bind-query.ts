/** Queries: FROM, WHERE, GROUP BY over windows, SELECT, UNION ALL, VALUES. */
import type { Row } from "@tributary/core";
import { castScalar } from "../expressions/cast.js";
import type { Scalar } from "../expressions/scalar.js";
import { compileStage } from "../expressions/stage-function.js";
import { commonTypeOf, withNullable } from "../expressions/type-rules.js";
import type { FunctionEnvironment } from "../functions/function.js";
import type * as ast from "../parser/ast.js";
import type { Relation, RelationColumn } from "../planner/relation.js";
import { columnScalar, distinctNames } from "../planner/relation.js";
import type { BoundTable, QueryContext } from "./query-context.js";
import { implicitName, projection, renamed } from "./query-context.js";
import { bindAggregation, hasAggregates } from "./bind-aggregation.js";
import type { ExpressionContext } from "./bind-expression.js";
import { bindCondition, bindExpression, compileOptions } from "./bind-expression.js";
import { bindWindowFunction } from "./bind-window.js";
import type { CatalogView } from "./catalog-view.js";
import type { Faults } from "./faults.js";
import { Abandoned } from "./faults.js";
import { Scope } from "./scope.js";

/** Deepest nesting of views and subqueries. */
const DEPTH_MAX = 64;

const JOIN_HINT =
  "Joins of streams run on a cluster. Here a query reads one table, view or subquery, or UNION ALL of several.";
const LIMIT_HINT = "Limit the rows where they are read, or with WHERE.";
const NO_TABLES: ReadonlyMap<string, Relation> = new Map();

/** Binds the queries of one statement. */
export class QueryBinder implements QueryContext {
  readonly faults: Faults;
  readonly environment: FunctionEnvironment;
  readonly #catalog: CatalogView;
  #common: ReadonlyMap<string, Relation> = NO_TABLES;
  #depth = 0;

  constructor(catalog: CatalogView, faults: Faults, environment: FunctionEnvironment) {
    this.#catalog = catalog;
    this.faults = faults;
    this.environment = environment;
  }

  /** What expressions at a place of the query are bound against. */
  expressions(scope: Scope, place: string): ExpressionContext {
    return { scope, faults: this.faults, environment: this.environment, place };
  }

  /** Binds a query. Reports its faults and abandons it if there are any. */
  query(node: ast.Query): Relation {
    const { faults } = this;
    this.#depth += 1;
    if (this.#depth > DEPTH_MAX)
      faults.invalid(node.span, `Views and subqueries are nested more than ${DEPTH_MAX} deep.`);
    const outer = this.#common;
    try {
      if (node.recursive)
        faults.unsupported(node.span, "WITH RECURSIVE", "Common table expressions are not recursive here.");
      for (const common of node.with) {
        const relation = renamed(this.query(common.query), common.columns, common.name, faults);
        this.#common = new Map(this.#common).set(common.name.name, relation);
      }
      const relation = this.#body(node.body);
      if (node.orderBy.length > 0)
        faults.unsupported(
          node.orderBy[0]!.span,
          "ORDER BY",
          "Rows go to the sink in the order in which they are made.",
        );
      if (node.limit !== undefined) faults.unsupported(node.limit.span, "LIMIT", LIMIT_HINT);
      if (node.offset !== undefined) faults.unsupported(node.offset.span, "OFFSET", LIMIT_HINT);
      return relation;
    } finally {
      this.#common = outer;
      this.#depth -= 1;
    }
  }

  #body(node: ast.QueryBody): Relation {
    switch (node.kind) {
      case "Query":
        return this.query(node);
      case "Values":
        return this.#values(node);
      case "TableQuery":
        return this.namedTable(node.name).relation;
      case "SetOperation":
        return this.#union(node);
      case "Select":
        return this.#select(node);
    }
  }

  // ---------------------------------------------------------------------------------------------- FROM

  /** A table, view or common table expression by name. */
  namedTable(name: ast.QualifiedName, alias?: ast.TableAlias): BoundTable {
    const last = name.parts.at(-1)!.name;
    const common = name.parts.length === 1 ? this.#common.get(last) : undefined;
    if (common !== undefined) return this.#aliased(common, alias, last, new Set());
    const found = this.#catalog.resolve(name, this.faults);
    if (found.kind === "broken") throw new Abandoned();
    if (found.kind === "table") return this.#aliased(found.relation, alias, last, found.poisoned);
    // A view sees the tables of the catalog, not the common table expressions of who uses it.
    const outer = this.#common;
    this.#common = NO_TABLES;
    try {
      return this.#aliased(found.bind(this), alias, last, new Set());
    } finally {
      this.#common = outer;
    }
  }

  #aliased(
    relation: Relation,
    alias: ast.TableAlias | undefined,
    otherwise: string | undefined,
    poisoned: ReadonlySet<string>,
  ): BoundTable {
    const qualifier = alias?.name.name ?? otherwise;
    const columns = renamed(relation, alias?.columns ?? [], alias?.name, this.faults).columns;
    return { relation, scope: columns.map((column) => ({ qualifier, column })), poisoned };
  }

  #from(node: ast.TableReference): BoundTable {
    const { faults } = this;
    switch (node.kind) {
      case "NamedTable":
        if (node.asOf !== undefined) faults.unsupported(node.asOf.span, "FOR SYSTEM_TIME AS OF", JOIN_HINT);
        for (const hint of node.hints)
          faults.error(
            "SQL_UNSUPPORTED",
            hint.span,
            `The hint ${hint.name.name} is not run by the embedded runner.`,
            {
              hint: "Set options in the table's WITH clause.",
            },
          );
        return this.namedTable(node.name, node.alias);
      case "DerivedTable": {
        if (node.lateral) faults.unsupported(node.span, "LATERAL", JOIN_HINT);
        return this.#aliased(this.query(node.query), node.alias, undefined, new Set());
      }
      case "TableFunction":
        return bindWindowFunction(node, this);
      case "Unnest":
        return faults.unsupported(node.span, "UNNEST", "Elements of arrays are reached with array[i].");
      case "Join":
        return faults.unsupported(
          node.right.span,
          node.type === "COMMA" ? "A join of two tables" : `${node.type} JOIN`,
          JOIN_HINT,
        );
      case "UnsupportedTable":
        return faults.unsupported(node.span, node.feature, JOIN_HINT);
    }
  }

  // ---------------------------------------------------------------------------------------------- SELECT

  #select(node: ast.Select): Relation {
    const { faults } = this;
    this.#refuseClauses(node);
    const source: BoundTable =
      node.from === undefined
        ? {
            relation: { kind: "values", columns: [], rows: [() => ({})], span: node.span },
            scope: [],
            poisoned: new Set(),
          }
        : this.#from(node.from);
    const scope = new Scope(source.scope, source.poisoned);
    let isFaulty = false;
    const filter = faults.attempt(() =>
      node.where === undefined ? undefined : bindCondition(node.where, this.expressions(scope, "WHERE")),
    );
    isFaulty ||= node.where !== undefined && filter === undefined;
    if (node.groupBy !== undefined || node.having !== undefined || hasAggregates(node)) {
      const relation = bindAggregation(node, source.relation, scope, filter, this);
      if (isFaulty) throw new Abandoned();
      return relation;
    }
    const items: { name: string; scalar: Scalar; column?: RelationColumn }[] = [];
    for (const item of node.items) {
      const bound = faults.attempt(() => this.#items(item, scope, items.length));
      if (bound === undefined) isFaulty = true;
      else items.push(...bound);
    }
    if (isFaulty) throw new Abandoned();
    return projection(source.relation, filter, items, node.span);
  }

  #refuseClauses(node: ast.Select): void {
    const { faults } = this;
    if (node.quantifier === "DISTINCT")
      faults.unsupported(
        node.span,
        "SELECT DISTINCT",
        "Group over a window instead: GROUP BY window_start, window_end, ...",
      );
    if (node.qualify !== undefined)
      faults.unsupported(node.qualify.span, "QUALIFY", "Filter with WHERE or HAVING.");
    if (node.windows.length > 0)
      faults.unsupported(
        node.windows[0]!.span,
        "WINDOW",
        "Aggregates run with GROUP BY over windowing table functions.",
      );
    for (const hint of node.hints)
      faults.error(
        "SQL_UNSUPPORTED",
        hint.span,
        `The hint ${hint.name.name} is not run by the embedded runner.`,
        {
          hint: "Leave it out.",
        },
      );
  }

  #items(
    item: ast.SelectItem,
    scope: Scope,
    index: number,
  ): { name: string; scalar: Scalar; column?: RelationColumn }[] {
    if (item.kind === "Star") {
      if (scope.columns.length === 0 && !scope.isPoisoned)
        return this.faults.invalid(item.span, "SELECT * needs a table in FROM.");
      if (scope.isPoisoned) throw new Abandoned();
      return scope
        .star(item.qualifier, this.faults)
        .map((column) => ({ name: column.name, scalar: columnScalar(column), column }));
    }
    const scalar = bindExpression(item.expression, this.expressions(scope, "a SELECT without GROUP BY"));
    // A cast to the same type leaves the column as it is, but it is no time attribute any more.
    const column =
      scalar.kind === "column" && item.expression.kind === "ColumnReference"
        ? scope.columns.find((one) => one.column.field === scalar.name)?.column
        : undefined;
    const name = item.alias?.name ?? implicitName(item.expression) ?? `EXPR$${index}`;
    return [
      {
        name,
        scalar,
        ...(column === undefined ? {} : { column }),
        ...processing(item.expression, scalar, name),
      },
    ];
  }

  // ---------------------------------------------------------------------------------------------- UNION, VALUES

  #union(node: ast.SetOperation): Relation {
    const { faults } = this;
    if (node.operator !== "UNION" || !node.all)
      return faults.unsupported(
        node.span,
        node.operator === "UNION" ? "UNION without ALL" : node.operator,
        "Use UNION ALL.",
      );
    const left = faults.attempt(() => this.#body(node.left));
    const right = faults.attempt(() => this.#body(node.right));
    if (left === undefined || right === undefined) throw new Abandoned();
    if (left.columns.length !== right.columns.length)
      return faults.invalid(
        node.right.span,
        `UNION ALL joins queries of ${left.columns.length} and ${right.columns.length} columns.`,
      );
    const types = left.columns.map((column, i) => {
      const type = commonTypeOf([column.type, right.columns[i]!.type]);
      return (
        type ??
        faults.invalid(
          node.right.span,
          `Column ${i + 1} of UNION ALL ('${column.name}') has types that do not mix.`,
        )
      );
    });
    const fields = distinctNames(left.columns.map((one) => one.name));
    const inputs = [left, right].map((relation): Relation => {
      const items = relation.columns.map((column, i) =>
        castScalar(columnScalar(column), types[i]!, { timeZone: this.environment.timeZone, span: node.span }),
      );
      const columns = left.columns.map((column, i) => ({
        name: column.name,
        field: fields[i]!,
        type: types[i]!,
      }));
      return { kind: "project", input: relation, filter: undefined, items, columns, span: node.span };
    });
    const columns = left.columns.map((column, i): RelationColumn => {
      const isTime = column.timeAttribute === "event" && right.columns[i]!.timeAttribute === "event";
      const plain = { name: column.name, field: fields[i]!, type: types[i]! };
      return isTime ? { ...plain, timeAttribute: "event" } : plain;
    });
    return { kind: "union", inputs, columns, span: node.span };
  }

  #values(node: ast.Values): Relation {
    const { faults } = this;
    const context = this.expressions(new Scope([]), "VALUES");
    const width = node.rows[0]!.items.length;
    const rows = node.rows.map((row) => {
      if (row.items.length !== width)
        faults.invalid(row.span, `This row of VALUES has ${row.items.length} items; the first has ${width}.`);
      return row.items.map((item) => bindExpression(item, context));
    });
    const types = Array.from({ length: width }, (_, i) => {
      const type = commonTypeOf(rows.map((row) => row[i]!.type));
      return type ?? faults.invalid(node.span, `Column ${i + 1} of VALUES holds types that do not mix.`);
    });
    const columns = types.map((type, i) => ({ name: `EXPR$${i}`, field: `EXPR$${i}`, type }));
    const site = { timeZone: this.environment.timeZone };
    const options = compileOptions(faults, this.environment);
    const made = rows.map((row): (() => Row) => {
      const items = row.map((scalar, i) => ({
        name: `EXPR$${i}`,
        scalar: castScalar(scalar, withNullable(types[i]!, scalar.type.nullable), site),
      }));
      const stage = compileStage(undefined, items, options);
      return () => stage({})!;
    });
    return { kind: "values", rows: made, columns, span: node.span };
  }
}

/** PROCTIME() as a column is a processing-time attribute. */
function processing(node: ast.Expression, scalar: Scalar, name: string): { column?: RelationColumn } {
  const isProctime =
    node.kind === "FunctionCall" &&
    node.name.parts.length === 1 &&
    node.name.parts[0]!.name.toUpperCase() === "PROCTIME";
  return isProctime ? { column: { name, field: name, type: scalar.type, timeAttribute: "processing" } } : {};
}
