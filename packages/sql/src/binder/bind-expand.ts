/** UNNEST and LATERAL TABLE: rows made of each row of the left side. */
import type { LogicalType, SqlValue } from "@tributary/core";
import { castable, printType } from "@tributary/core";
import { castScalar } from "../expressions/cast.js";
import type { Scalar } from "../expressions/scalar.js";
import { printScalar } from "../expressions/print-scalar.js";
import { BIGINT, withNullable } from "../expressions/type-rules.js";
import type * as ast from "../parser/ast.js";
import type { ExpandRelation, Relation, RelationColumn } from "../planner/relation.js";
import { columnScalar, distinctNames } from "../planner/relation.js";
import { bindCondition, bindExpression, isExpression } from "./bind-expression.js";
import { near } from "./faults.js";
import type { BoundTable, QueryContext } from "./query-context.js";
import { projection } from "./query-context.js";
import { Scope } from "./scope.js";

/** Rows that an expression makes: their columns, and how. */
interface Expansion {
  readonly operands: readonly Scalar[];
  readonly fields: readonly { readonly name: string; readonly type: LogicalType }[];
  readonly expand: ExpandRelation["expand"];
  readonly text: string;
}

/** Binds `left, UNNEST(...)`, `left JOIN UNNEST(...) ON TRUE`, `left, LATERAL TABLE(f(...))`. */
export function bindExpand(node: ast.Join, left: BoundTable, binder: QueryContext): BoundTable {
  const { faults } = binder;
  if (node.type === "RIGHT" || node.type === "FULL")
    return faults.unsupported(
      node.span,
      `${node.type} JOIN with UNNEST or a table function`,
      "Write CROSS JOIN or LEFT JOIN ... ON TRUE.",
    );
  const right = node.right as ast.Unnest | ast.TableFunction;
  const isOuter = node.type === "LEFT";
  const made = expanded(right, left, isOuter, binder);
  if (node.on === undefined || isTrue(node.on)) return made;
  if (isOuter)
    return faults.unsupported(
      node.on.span,
      "LEFT JOIN with UNNEST or a table function on a condition",
      "Write ON TRUE, and the condition in WHERE.",
    );
  const scope = new Scope(made.scope, made.poisoned);
  const filter = bindCondition(node.on, binder.expressions(scope, "ON"));
  const items = made.relation.columns.map((column) => ({
    name: column.field,
    scalar: columnScalar(column),
    column,
  }));
  const relation = projection(made.relation, filter, items, node.span);
  return { ...made, relation };
}

function isTrue(node: ast.Expression): boolean {
  return node.kind === "BooleanLiteral" && node.value === true;
}

/** The rows of `node` beside those of `left`. */
export function expanded(
  node: ast.Unnest | ast.TableFunction,
  left: BoundTable,
  isOuter: boolean,
  binder: QueryContext,
): BoundTable {
  const { faults } = binder;
  const scope = new Scope(left.scope, left.poisoned);
  const { operands, fields, expand, text } =
    node.kind === "Unnest" ? unnest(node, scope, binder) : tableCall(node, scope, binder);
  const names = node.alias?.columns ?? [];
  if (names.length > 0 && names.length !== fields.length)
    faults.invalid(
      names[0]!.span,
      `'${node.alias!.name.name}' names ${names.length} columns; ${text} makes ${fields.length}.`,
    );
  const inputs = left.relation.columns;
  const unique = distinctNames([
    ...inputs.map((one) => one.field),
    ...fields.map(({ name }, i) => names[i]?.name ?? name),
  ]).slice(inputs.length);
  const made = fields.map(({ name, type }, i): RelationColumn => ({
    name: names[i]?.name ?? name,
    field: unique[i]!,
    type: isOuter ? withNullable(type, true) : type,
  }));
  const relation: ExpandRelation = {
    kind: "expand",
    input: left.relation,
    operands,
    expand,
    made,
    isOuter,
    text,
    columns: [...inputs, ...made],
    span: node.span,
  };
  const qualifier = node.alias?.name.name;
  return {
    relation,
    scope: [...left.scope, ...made.map((column) => ({ qualifier, column }))],
    poisoned: left.poisoned,
  };
}

/** One row without columns, for UNNEST that stands alone. */
export function oneRow(span: ast.Span): BoundTable {
  const relation: Relation = { kind: "values", columns: [], rows: [() => ({})], span };
  return { relation, scope: [], poisoned: new Set() };
}

// ---------------------------------------------------------------------------------------------- UNNEST

function unnest(node: ast.Unnest, scope: Scope, binder: QueryContext): Expansion {
  const { faults } = binder;
  const [first, second] = node.operands as readonly [ast.Expression, ast.Expression?];
  if (second !== undefined)
    return faults.unsupported(second.span, "UNNEST of several collections", "Write one UNNEST for each.");
  const operand = bindExpression(first, binder.expressions(scope, "UNNEST"));
  const { type } = operand;
  const element = type.kind === "ARRAY" || type.kind === "MULTISET" ? type.element : undefined;
  if (element === undefined && type.kind !== "MAP")
    return faults.invalid(
      first.span,
      `UNNEST takes an ARRAY, a MAP or a MULTISET, not ${printType(withNullable(type, true))}.`,
    );
  const fields = type.kind === "MAP" ? mapFields(type) : elementFields(element!);
  const toRow =
    type.kind === "MAP" ? (entry: SqlValue): readonly SqlValue[] => entry as never : rowOf(element!);
  const items = itemsOf(type);
  const expand = (values: readonly SqlValue[]): readonly (readonly SqlValue[])[] => {
    const [value] = values;
    if (value === null || value === undefined) return [];
    const rows = items(value).map(toRow);
    return node.ordinality ? rows.map((row, i) => [...row, BigInt(i + 1)]) : rows;
  };
  return {
    operands: [operand],
    fields: node.ordinality ? [...fields, { name: "ORDINALITY", type: BIGINT }] : fields,
    expand,
    text: `UNNEST(${printScalar(operand)})`,
  };
}

function mapFields(type: LogicalType & { readonly kind: "MAP" }): Expansion["fields"] {
  return [
    { name: "f0", type: type.key },
    { name: "f1", type: type.value },
  ];
}

function elementFields(element: LogicalType): Expansion["fields"] {
  if (element.kind !== "ROW") return [{ name: "f0", type: element }];
  return element.fields.map(({ name, type }) => ({
    name,
    type: withNullable(type, type.nullable || element.nullable),
  }));
}

function rowOf(element: LogicalType): (item: SqlValue) => readonly SqlValue[] {
  if (element.kind !== "ROW") return (item) => [item];
  const names = element.fields.map((one) => one.name);
  return (item) => names.map((name) => (item === null ? null : (item as Record<string, SqlValue>)[name]));
}

function itemsOf(type: LogicalType): (value: SqlValue) => readonly SqlValue[] {
  if (type.kind === "MAP")
    return (value) => [...(value as ReadonlyMap<SqlValue, SqlValue>)] as readonly SqlValue[];
  if (type.kind === "MULTISET")
    return (value) =>
      [...(value as ReadonlyMap<SqlValue, number>)].flatMap(([item, count]) =>
        Array.from({ length: count }, () => item),
      );
  return (value) => value as readonly SqlValue[];
}

// ---------------------------------------------------------------------------------------------- table functions

function tableCall({ call }: ast.TableFunction, scope: Scope, binder: QueryContext): Expansion {
  const { faults, environment } = binder;
  const name = call.name.parts.map((one) => one.name).join(".");
  const found = environment.functions?.table(name);
  if (found === undefined)
    return faults.invalid(call.name.span, `There is no table function '${name}'.`, {
      candidates: near(name.toUpperCase(), [
        ...(environment.functions?.names.filter((one) => environment.functions?.table(one) !== undefined) ??
          []),
        "TUMBLE",
        "HOP",
        "CUMULATE",
        "SESSION",
      ]),
      hint: "Table functions of your own are registered from TypeScript with registerFunction(name, { kind: 'table', args, returns, eval }).",
    });
  const signature = `${found.name}(${found.args.map((one) => printType(withNullable(one, true))).join(", ")})`;
  if (call.arguments.length !== found.args.length)
    return faults.invalid(call.span, `${found.name} does not take these arguments.`, {
      hint: `It is called as ${signature}.`,
    });
  const operands = call.arguments.map((argument, i) => {
    const target = found.args[i]!;
    const scalar = isExpression(argument)
      ? bindExpression(argument, binder.expressions(scope, "a table function"))
      : faults.invalid(argument.span, `${found.name} does not take such an argument.`);
    if (scalar.type.kind !== "NULL" && castable(scalar.type, target) !== "implicit")
      faults.invalid(argument.span, `${found.name} does not take these arguments.`, {
        hint: `It is called as ${signature}.`,
      });
    return castScalar(scalar, withNullable(target, scalar.type.nullable), {
      timeZone: environment.timeZone,
      span: argument.span,
    });
  });
  return {
    operands,
    fields: found.fields,
    expand: found.expand,
    text: `${found.name}(${operands.map((one) => printScalar(one)).join(", ")})`,
  };
}
