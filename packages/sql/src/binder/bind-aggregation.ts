/** GROUP BY over windows: keys, aggregates, HAVING. */
import type { LogicalType } from "@tributary/core";
import type { AggregateCollector, BoundAggregate } from "../aggregates/aggregate.js";
import { aggregateNames, findAggregate } from "../aggregates/builtin-aggregates.js";
import { castScalar } from "../expressions/cast.js";
import { printScalar } from "../expressions/print-scalar.js";
import type { Scalar, ScalarColumn } from "../expressions/scalar.js";
import { operandsOf, substitute } from "../expressions/scalar.js";
import { isSameType, withNullable } from "../expressions/type-rules.js";
import { CallRefusal } from "../functions/function.js";
import type * as ast from "../parser/ast.js";
import type {
  AggregateRelation,
  Relation,
  RelationColumn,
  WindowOfRow,
  WindowPart,
  WindowRelation,
} from "../planner/relation.js";
import { columnScalar } from "../planner/relation.js";
import type { ExpressionContext } from "./bind-expression.js";
import { AGGREGATE_NAMES, bindCondition, bindExpression, isExpression } from "./bind-expression.js";
import type { QueryContext } from "./query-context.js";
import { implicitName, projection } from "./query-context.js";
import { Abandoned, near } from "./faults.js";
import type { Scope } from "./scope.js";

const WINDOW_HINT =
  "Group over a window: FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(c), INTERVAL '1' MINUTE)) ... GROUP BY window_start, window_end [, keys].";

/** Whether an aggregate function stands in the SELECT list. */
export function hasAggregates(node: ast.Select, binder: QueryContext): boolean {
  const isAggregate = (name: string): boolean =>
    AGGREGATE_NAMES.has(name) || binder.environment.functions?.aggregate(name) !== undefined;
  return node.items.some(
    (item) => item.kind === "SelectExpression" && containsAggregate(item.expression, isAggregate),
  );
}

function containsAggregate(value: unknown, isAggregate: (name: string) => boolean): boolean {
  if (Array.isArray(value)) return value.some((one) => containsAggregate(one, isAggregate));
  if (typeof value !== "object" || value === null) return false;
  const node = value as Partial<ast.FunctionCall>;
  if (node.kind === "FunctionCall" && node.over === undefined) {
    const name = node
      .name!.parts.map((one) => one.name)
      .join(".")
      .toUpperCase();
    if (isAggregate(name)) return true;
  }
  if (node.kind === ("Query" as string)) return false;
  return Object.entries(node).some(([key, one]) => key !== "span" && containsAggregate(one, isAggregate));
}

/** A start of field names that no column of the scope has. */
function freePrefix(scope: Scope): string {
  let prefix = "$";
  while (scope.columns.some((one) => one.column.field.startsWith(prefix))) prefix += "$";
  return prefix;
}

/** Collects aggregate calls; their results stand in the fields `$agg0`, `$agg1`, ... */
class Collector implements AggregateCollector {
  readonly #prefix: string;
  readonly found: { readonly field: string; readonly text: string; readonly aggregate: BoundAggregate }[] =
    [];

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  add(node: ast.FunctionCall, context: ExpressionContext): Scalar {
    const aggregate = bindAggregate(node, context);
    const text = printAggregate(aggregate);
    let known = this.found.find((one) => one.text === text && isSameType(one.aggregate.type, aggregate.type));
    if (known === undefined) {
      known = { field: `${this.#prefix}agg${this.found.length}`, text, aggregate };
      this.found.push(known);
    }
    return { kind: "column", name: known.field, type: aggregate.type, span: node.span };
  }
}

/** An aggregate as SQL text. */
export function printAggregate({ name, arguments: args, filter, isDistinct }: BoundAggregate): string {
  const list = args.length === 0 ? "*" : args.map((one) => printScalar(one)).join(", ");
  const condition = filter === undefined ? "" : ` FILTER (WHERE ${printScalar(filter)})`;
  return `${name}(${isDistinct ? "DISTINCT " : ""}${list})${condition}`;
}

function bindAggregate(node: ast.FunctionCall, context: ExpressionContext): BoundAggregate {
  const { faults } = context;
  const name = node.name.parts.at(-1)!.name.toUpperCase();
  const found = context.environment.functions?.aggregate(name) ?? findAggregate(name);
  if (found === undefined)
    return faults.unsupported(
      node.span,
      `The aggregate function ${name}`,
      `There are ${aggregateNames().join(", ")}.`,
    );
  const { aggregates: _, ...inner } = { ...context, place: `the argument of ${name}` };
  const isStar = node.arguments.length === 1 && node.arguments[0]!.kind === "Star";
  if (isStar && found.name !== "COUNT")
    return faults.invalid(node.arguments[0]!.span, `Only COUNT takes *, not ${name}.`);
  if (found.name === "COUNT" && node.arguments.length === 0)
    return faults.invalid(node.span, "COUNT takes * or a value.");
  if (node.withinGroup.length > 0)
    return faults.unsupported(node.span, `${name} WITHIN GROUP`, "Values come in the order of arrival.");
  if (node.nulls !== undefined && node.nulls === "RESPECT")
    return faults.unsupported(node.span, `${name} RESPECT NULLS`, "NULLs are left out.");
  const args = isStar
    ? []
    : node.arguments.map((one) =>
        isExpression(one)
          ? bindExpression(one, inner)
          : faults.invalid(one.span, `${name} does not take such an argument.`),
      );
  const filter =
    node.filter === undefined ? undefined : bindCondition(node.filter, { ...inner, place: "FILTER" });
  try {
    const bound = found.bind(args);
    const isDistinct = node.quantifier === "DISTINCT" && found.heedsDistinct;
    const kept = (bound.arguments ?? args).map((one, i) => castTo(one, bound.targets?.[i], context, node));
    if (isDistinct && kept.length !== 1)
      return faults.unsupported(
        node.span,
        `${name}(DISTINCT ...) of ${kept.length} values`,
        "DISTINCT takes one value.",
      );
    return { name: found.name, type: bound.type, kernel: bound.kernel, arguments: kept, filter, isDistinct };
  } catch (error) {
    if (!(error instanceof CallRefusal)) throw error;
    const message = error.isMismatch ? `${name} does not take these arguments` : capital(error.message);
    return faults.invalid(
      node.span,
      `${message}.`,
      error.isMismatch ? { hint: `It is called as ${found.signature}.` } : {},
    );
  }
}

function castTo(
  scalar: Scalar,
  target: LogicalType | undefined,
  { environment }: ExpressionContext,
  { span }: ast.Node,
): Scalar {
  if (target === undefined) return scalar;
  const type = withNullable(target, scalar.type.nullable);
  return castScalar(scalar, type, { timeZone: environment.timeZone, span });
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

interface Keys {
  readonly window: WindowRelation;
  readonly keys: readonly {
    readonly field: string;
    readonly scalar: Scalar;
    readonly column: RelationColumn;
  }[];
  readonly bounds: readonly {
    readonly field: string;
    readonly part: WindowPart;
    readonly isValue: boolean;
    readonly scalar: ScalarColumn;
    readonly column: RelationColumn;
  }[];
}

function bindKeys(node: ast.Select, scope: Scope, binder: QueryContext): Keys {
  const { faults } = binder;
  const prefix = freePrefix(scope);
  const group = node.groupBy;
  if (group === undefined) return faults.unsupported(node.span, "An aggregate without GROUP BY", WINDOW_HINT);
  if (group.quantifier === "DISTINCT")
    return faults.unsupported(group.span, "GROUP BY DISTINCT", WINDOW_HINT);
  const keys: { field: string; scalar: Scalar; column: RelationColumn }[] = [];
  const bounds: {
    field: string;
    part: WindowPart;
    isValue: boolean;
    scalar: ScalarColumn;
    column: RelationColumn;
    window: WindowRelation;
  }[] = [];
  let isFaulty = false;
  for (const element of group.elements) {
    if (element.kind === "GroupingSet" || element.kind === "GroupingSets")
      return faults.unsupported(
        element.span,
        element.kind === "GroupingSets" ? element.form : "GROUPING SETS",
        WINDOW_HINT,
      );
    const scalar = faults.attempt(() => bindExpression(element, binder.expressions(scope, "GROUP BY")));
    if (scalar === undefined) {
      isFaulty = true;
      continue;
    }
    const source =
      scalar.kind === "column" && element.kind === "ColumnReference"
        ? scope.columns.find((one) => one.column.field === scalar.name)?.column
        : undefined;
    const windowPart = source?.windowPart;
    if (windowPart !== undefined && scalar.kind === "column") {
      const { part, window, isValue = false } = windowPart;
      const field = `${prefix}window_${part}`;
      bounds.push({ field, part, isValue, scalar, window, column: { ...source!, field } });
    } else {
      const field = `${prefix}key${keys.length}`;
      keys.push({
        field,
        scalar,
        column: { name: implicitName(element) ?? field, field, type: scalar.type },
      });
    }
  }
  if (isFaulty) throw new Abandoned();
  const [first] = bounds;
  const parts = new Set(bounds.map((one) => one.part));
  if (first === undefined || bounds.some((one) => one.window !== first.window))
    return faults.unsupported(group.span, "GROUP BY without a window", WINDOW_HINT);
  if (!parts.has("start") || !parts.has("end"))
    return faults.invalid(
      group.span,
      `GROUP BY has ${[...parts].map((one) => `window_${one}`).join(" and ")} only.`,
      {
        hint: "A window aggregation needs both window_start and window_end in GROUP BY.",
      },
    );
  return { window: first.window, keys, bounds };
}

/** Binds a SELECT with aggregates: the grouping and the projection over it. */
export function bindAggregation(
  node: ast.Select,
  input: Relation,
  scope: Scope,
  filter: Scalar | undefined,
  binder: QueryContext,
): Relation {
  const { faults } = binder;
  const grouped = bindKeys(node, scope, binder);
  const collector = new Collector(freePrefix(scope));
  const context: ExpressionContext = {
    ...binder.expressions(scope, "the SELECT list"),
    aggregates: collector,
  };
  const rewrite = groupedRewriter(grouped, collector, binder);
  let isFaulty = false;
  const items: { name: string; scalar: Scalar; column?: RelationColumn }[] = [];
  for (const item of node.items) {
    const scalar = faults.attempt(() => {
      if (item.kind === "Star")
        return faults.invalid(item.span, "SELECT * does not go with GROUP BY; name the columns.");
      return rewrite(bindExpression(item.expression, context), item);
    });
    if (scalar === undefined) isFaulty = true;
    else {
      const column =
        scalar.kind === "column" &&
        item.kind === "SelectExpression" &&
        item.expression.kind === "ColumnReference"
          ? grouped.bounds.find((one) => one.field === scalar.name)?.column
          : undefined;
      const named = item as ast.SelectExpression;
      const name = named.alias?.name ?? implicitName(named.expression) ?? `EXPR$${items.length}`;
      items.push({ name, scalar, ...(column === undefined ? {} : { column: boundValue(column) }) });
    }
  }
  const having = faults.attempt(() =>
    node.having === undefined
      ? undefined
      : rewrite(bindCondition(node.having, { ...context, place: "HAVING" }), node.having),
  );
  if (isFaulty || (node.having !== undefined && having === undefined)) throw new Abandoned();
  const columns: RelationColumn[] = [
    ...grouped.keys.map((one) => one.column),
    ...grouped.bounds.map((one) => boundValue(one.column)),
    ...collector.found.map(({ field, aggregate }) => ({ name: field, field, type: aggregate.type })),
  ];
  const relation: AggregateRelation = {
    kind: "aggregate",
    input,
    window: grouped.window,
    filter,
    keys: grouped.keys.map(({ field, scalar }) => ({ field, scalar })),
    aggregates: collector.found.map(({ field, aggregate }) => ({ field, aggregate })),
    bounds: grouped.bounds.map(({ field, part, scalar }) => ({ field, part, scalar })),
    windowOfRow: windowOfRow(grouped.bounds),
    columns,
    span: node.span,
  };
  return projection(relation, having, items, node.span);
}

/** A window's bound behind the aggregation: the row is of that window; window_time is the new time attribute. */
function boundValue(column: RelationColumn): RelationColumn {
  const { windowPart, ...rest } = column;
  return windowPart === undefined ? rest : { ...rest, windowPart: { ...windowPart, isValue: true } };
}

/** Where the rows have their windows already: the bounds as columns of the input. */
function windowOfRow(bounds: Keys["bounds"]): WindowOfRow | undefined {
  const of = (part: WindowPart): Scalar | undefined =>
    bounds.find((one) => one.part === part && one.isValue)?.scalar;
  const [start, end] = [of("start"), of("end")];
  return start === undefined || end === undefined ? undefined : { start, end };
}

/** Replaces keys by their columns and refuses columns that are neither keys nor aggregated. */
function groupedRewriter(
  grouped: Keys,
  collector: Collector,
  binder: QueryContext,
): (scalar: Scalar, node: ast.Node) => Scalar {
  const { faults } = binder;
  const known = new Map<string, Scalar>();
  for (const { scalar, column } of [...grouped.keys, ...grouped.bounds])
    known.set(printScalar(scalar), columnScalar(column));
  const isResult = (name: string): boolean => collector.found.some((one) => one.field === name);
  const go = (scalar: Scalar, node: ast.Node): Scalar => {
    if (scalar.kind === "literal") return scalar;
    if (scalar.kind === "column" && isResult(scalar.name)) return scalar;
    const key = known.get(printScalar(scalar));
    if (key !== undefined) return { ...key, type: withNullable(key.type, scalar.type.nullable) };
    if (scalar.kind === "column")
      return faults.invalid(
        scalar.span ?? node.span,
        `Column '${scalar.name}' is neither in GROUP BY nor in an aggregate function.`,
        {
          columnName: scalar.name,
          candidates: near(
            scalar.name,
            [...grouped.keys, ...grouped.bounds].map((one) => one.column.name),
          ),
        },
      );
    if (operandsOf(scalar).length === 0) return scalar;
    return mapOperands(scalar, (one) => go(one, node));
  };
  return go;
}

function mapOperands(scalar: Scalar, change: (one: Scalar) => Scalar): Scalar {
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- all others take the default's way.
  switch (scalar.kind) {
    case "call":
      return { ...scalar, arguments: scalar.arguments.map(change) };
    case "logical":
    case "coalesce":
      return { ...scalar, operands: scalar.operands.map(change) };
    case "case":
      return {
        ...scalar,
        branches: scalar.branches.map((one) => ({
          condition: change(one.condition),
          result: change(one.result),
        })),
        otherwise: change(scalar.otherwise),
      };
    default:
      return substitute(scalar, (column) => column);
  }
}
