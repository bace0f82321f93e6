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
import { conjunction } from "../planner/stream.js";
import { expanded, oneRow } from "./bind-expand.js";
import { JOIN_HINT, bindJoin } from "./bind-join.js";
import { bindRank, boundRanks, rankCall } from "./bind-rank.js";
import { bindSubquery, subqueryPredicate } from "./bind-subquery.js";
import { conjunctsOf } from "./conditions.js";
import type { BoundTable, Conjuncts, QueryContext } from "./query-context.js";
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

/** Most rows of LIMIT and OFFSET: what a number counts exactly. */
const LIMIT_MAX = 2 ** 40;
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
      return this.#limited(node, relation);
    } finally {
      this.#common = outer;
      this.#depth -= 1;
    }
  }

  #limited(node: ast.Query, input: Relation): Relation {
    const { limit, offset } = node;
    const first = limit ?? offset;
    if (first === undefined) return input;
    const span = { start: (limit ?? offset)!.span.start, end: (offset ?? limit)!.span.end };
    const count = (one: ast.Expression | undefined, otherwise: number): number =>
      one?.kind === "NumberLiteral" ? Math.min(Number(one.text), LIMIT_MAX) : otherwise;
    const columns = input.columns.map(asValues);
    return { kind: "limit", input, limit: count(limit, LIMIT_MAX), offset: count(offset, 0), columns, span };
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

  from(node: ast.TableReference, where?: Conjuncts): BoundTable {
    const { faults } = this;
    switch (node.kind) {
      case "NamedTable":
        if (node.asOf !== undefined)
          faults.unsupported(node.asOf.span, "FOR SYSTEM_TIME AS OF outside of a join", JOIN_HINT);
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
        if (node.lateral) faults.unsupported(node.span, "LATERAL (SELECT ...)", JOIN_HINT);
        return this.#aliased(this.query(node.query), node.alias, undefined, new Set());
      }
      case "TableFunction": {
        const name = node.call.name.parts.map((one) => one.name).join(".");
        const isOwn = node.form === "LATERAL TABLE" || this.environment.functions?.table(name) !== undefined;
        return isOwn ? expanded(node, oneRow(node.span), false, this) : bindWindowFunction(node, this);
      }
      case "Unnest":
        return expanded(node, oneRow(node.span), false, this);
      case "Join":
        return bindJoin(node, this, where);
      case "UnsupportedTable":
        return faults.unsupported(node.span, node.feature, INSTEAD[node.feature] ?? "It runs on a cluster.");
    }
  }

  // ---------------------------------------------------------------------------------------------- SELECT

  #select(node: ast.Select): Relation {
    const { faults } = this;
    this.#refuseClauses(node);
    const where = conjunctsOf(node.where);
    const queries = where.filter((one) => subqueryPredicate(one) !== undefined);
    const plain = where.filter((one) => !queries.includes(one));
    const used = new Set<ast.Expression>();
    let source = node.from === undefined ? oneRow(node.span) : this.from(node.from, { all: plain, used });
    let isFaulty = false;
    for (const one of queries) {
      const kept = faults.attempt(() => bindSubquery(one, source, this));
      if (kept === undefined) isFaulty = true;
      else source = kept;
    }
    let scope = new Scope(source.scope, source.poisoned);
    boundRanks(node.where, scope, this);
    const left = plain.filter((one) => !used.has(one));
    const whole = left.length === where.length ? node.where : undefined;
    let filter: Scalar | undefined;
    for (const one of whole === undefined ? left : [whole]) {
      const bound = faults.attempt(() => bindCondition(one, this.expressions(scope, "WHERE")));
      isFaulty ||= bound === undefined;
      filter = conjunction(filter, bound);
    }
    const grouped = this.#distinct(node, scope);
    if (grouped.groupBy !== undefined || grouped.having !== undefined || hasAggregates(grouped, this)) {
      const relation = bindAggregation(grouped, source.relation, scope, filter, this);
      if (isFaulty) throw new Abandoned();
      return relation;
    }
    const ranks = node.items.filter((one) => rankCall(one) !== undefined);
    if (ranks.length > 1)
      faults.unsupported(ranks[1]!.span, "More than one ROW_NUMBER of a query", "Number the rows once.");
    const ranked = ranks[0] === undefined ? undefined : bindRank(rankCall(ranks[0])!, source, filter, this);
    if (ranked !== undefined) {
      source = ranked.table;
      scope = new Scope(source.scope, source.poisoned);
      filter = undefined;
    }
    const items: { name: string; scalar: Scalar; column?: RelationColumn }[] = [];
    for (const item of node.items) {
      const bound = faults.attempt(() =>
        item === ranks[0]
          ? [rankItem(item as ast.SelectExpression, ranked!.column, items.length)]
          : this.#items(item, scope, items.length),
      );
      if (bound === undefined) isFaulty = true;
      else items.push(...bound);
    }
    if (isFaulty) throw new Abandoned();
    return projection(source.relation, filter, items, node.span);
  }

  /** SELECT DISTINCT of rows of windows is a grouping by all that is selected. */
  #distinct(node: ast.Select, scope: Scope): ast.Select {
    if (node.quantifier !== "DISTINCT") return node;
    const parts = new Set<string>();
    const elements = node.items.flatMap((item) => {
      if (item.kind === "Star") return [];
      const { expression } = item;
      if (expression.kind === "ColumnReference" && scope.knows(expression.parts)) {
        const part = scope.resolve(expression.parts, this.faults).column.windowPart?.part;
        if (part !== undefined) parts.add(part);
      }
      return [expression];
    });
    const isOfWindows = parts.has("start") && parts.has("end") && elements.length === node.items.length;
    if (!isOfWindows || node.groupBy !== undefined)
      return this.faults.unsupported(
        node.span,
        "SELECT DISTINCT",
        "Select window_start and window_end of a windowing table function too, or group over a window: GROUP BY window_start, window_end, ...",
      );
    const groupBy: ast.GroupBy = { kind: "GroupBy", quantifier: undefined, elements, span: node.span };
    return { ...node, quantifier: undefined, groupBy };
  }

  #refuseClauses(node: ast.Select): void {
    const { faults } = this;
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

/** What there is instead of table operators that are read only. */
const INSTEAD: Readonly<Record<string, string>> = {
  MATCH_RECOGNIZE: "Patterns run on a cluster; sessions and interval joins find rows that follow each other.",
  PIVOT: "Write one aggregate with FILTER (WHERE ...) for each column.",
  UNPIVOT: "Write a query for each column, joined with UNION ALL.",
  TABLESAMPLE: "Filter with WHERE RAND() < 0.1.",
};

/** The bounds of windows are values of the row from here on. */
function asValues(column: RelationColumn): RelationColumn {
  const { windowPart } = column;
  return windowPart === undefined ? column : { ...column, windowPart: { ...windowPart, isValue: true } };
}

function rankItem(
  item: ast.SelectExpression,
  column: RelationColumn,
  index: number,
): { name: string; scalar: Scalar; column: RelationColumn } {
  return { name: item.alias?.name ?? `EXPR$${index}`, scalar: columnScalar(column), column };
}

/** PROCTIME() as a column is a processing-time attribute. */
function processing(node: ast.Expression, scalar: Scalar, name: string): { column?: RelationColumn } {
  const isProctime =
    node.kind === "FunctionCall" &&
    node.name.parts.length === 1 &&
    node.name.parts[0]!.name.toUpperCase() === "PROCTIME";
  return isProctime ? { column: { name, field: name, type: scalar.type, timeAttribute: "processing" } } : {};
}
