/** INSERT INTO: which columns get which values, and the steps from the query to the sink. */
import type { Column, LogicalType, PlanContext, RowType, SqlValue } from "@tributary/core";
import { castable, planSink, printType } from "@tributary/core";
import { bindExpression } from "../binder/bind-expression.js";
import { QueryBinder } from "../binder/bind-query.js";
import type { Faults } from "../binder/faults.js";
import { Abandoned, near } from "../binder/faults.js";
import { Scope } from "../binder/scope.js";
import type { Catalog, TableEntry } from "../catalog/catalog.js";
import { castScalar } from "../expressions/cast.js";
import type { Scalar } from "../expressions/scalar.js";
import { isBinary, isText, withNullable } from "../expressions/type-rules.js";
import type { FunctionEnvironment } from "../functions/function.js";
import type { InsertStatement } from "../parser/ast-statement.js";
import type { QueryPlanner } from "./plan-query.js";
import type { Relation } from "./relation.js";

/** An INSERT whose query and columns fit each other. */
export interface BoundInsert {
  readonly node: InsertStatement;
  readonly target: TableEntry;
  readonly relation: Relation;
  /** Written column to the column of the query, or its constant. */
  readonly sources: ReadonlyMap<string, { readonly index: number } | { readonly constant: Scalar }>;
  readonly staticPartition: ReadonlyMap<string, SqlValue>;
}

/** Columns that INSERT sees: physical ones and metadata that is not virtual. */
function writable(columns: readonly Column[]): readonly Column[] {
  return columns.filter((one) => one.kind === "physical" || (one.kind === "metadata" && !one.isVirtual));
}

/** Binds an INSERT. Reports its faults; abandons it if there are any. */
export function bindInsert(
  node: InsertStatement,
  catalog: Catalog,
  faults: Faults,
  environment: FunctionEnvironment,
): BoundInsert {
  const binder = new QueryBinder(catalog, faults, environment);
  const target = faults.attempt(() => targetOf(node, catalog, faults));
  const relation = faults.attempt(() => binder.query(node.query));
  if (target === undefined) throw new Abandoned();
  target.roles.add("sink");
  if (target.poisoned.size > 0) throw new Abandoned();
  const partition = faults.attempt(() => staticPartition(node, target, faults, environment));
  const columns = faults.attempt(() => targetColumns(node, target, faults));
  if (relation === undefined || partition === undefined || columns === undefined) throw new Abandoned();
  const free = columns.filter((one) => !partition.has(one.name));
  matchColumns(node, target, free, relation, faults);
  const sources = new Map<string, { index: number } | { constant: Scalar }>();
  for (const [i, column] of free.entries()) sources.set(column.name, { index: i });
  for (const [name, constant] of partition) sources.set(name, { constant });
  const values = new Map([...partition].map(([name, one]) => [name, (one as { value: SqlValue }).value]));
  return { node, target, relation, sources, staticPartition: values };
}

function targetOf(node: InsertStatement, catalog: Catalog, faults: Faults): TableEntry {
  if (node.overwrite) faults.unsupported(node.span, "INSERT OVERWRITE", "Use INSERT INTO.");
  const entry = catalog.find(node.target, faults, "table");
  if (entry.kind === "broken") throw new Abandoned();
  if (entry.kind === "view")
    return faults.invalid(node.target.span, `'${entry.name}' is a view; rows go into a table.`, {
      table: entry.name,
    });
  for (const hint of node.hints)
    faults.error(
      "SQL_UNSUPPORTED",
      hint.span,
      `The hint ${hint.name.name} is not run by the embedded runner.`,
      {
        hint: "Set options in the table's WITH clause.",
      },
    );
  return entry;
}

function staticPartition(
  node: InsertStatement,
  target: TableEntry,
  faults: Faults,
  environment: FunctionEnvironment,
): ReadonlyMap<string, Scalar> {
  const { name, partitionKeys, schema } = target.descriptor;
  const values = new Map<string, Scalar>();
  for (const { column, value } of node.partition) {
    const declared = schema.columns.find((one) => one.name === column.name);
    if (!partitionKeys.includes(column.name) || declared === undefined)
      faults.invalid(
        column.span,
        `PARTITION names '${column.name}', which is not in PARTITIONED BY of table '${name}'.`,
        {
          table: name,
          columnName: column.name,
          candidates: near(column.name, partitionKeys),
        },
      );
    if (values.has(column.name))
      faults.invalid(column.span, `PARTITION names '${column.name}' twice.`, {
        table: name,
        columnName: column.name,
      });
    const scalar = bindExpression(value, { scope: new Scope([]), faults, environment, place: "PARTITION" });
    if (castable(scalar.type, declared.type) === "no")
      faults.invalid(
        value.span,
        `The value of '${column.name}' cannot be cast to ${printType(declared.type)}.`,
        { table: name },
      );
    const cast = castScalar(scalar, declared.type, { timeZone: environment.timeZone, span: value.span });
    if (cast.kind !== "literal")
      faults.invalid(
        value.span,
        `The value of the partition column '${column.name}' must be a constant of ${printType(declared.type)}.`,
        { table: name },
      );
    values.set(column.name, cast);
  }
  return values;
}

/** The columns that are filled, those of PARTITION included, in the order in which the query gives them. */
function targetColumns(node: InsertStatement, target: TableEntry, faults: Faults): readonly Column[] {
  const { name, schema } = target.descriptor;
  const all = writable(schema.columns);
  if (node.columns.length === 0) return all;
  const fixed = new Set(node.partition.map((one) => one.column.name));
  const chosen: Column[] = [];
  let isFaulty = false;
  for (const identifier of node.columns) {
    const column = all.find((one) => one.name === identifier.name);
    const details = { table: name, columnName: identifier.name };
    if (column === undefined) {
      const other = schema.columns.find((one) => one.name === identifier.name);
      const what =
        other === undefined ? "does not exist" : other.kind === "computed" ? "is computed" : "is VIRTUAL";
      faults.error(
        "SQL_INVALID",
        identifier.span,
        `Column '${identifier.name}' of table '${name}' ${what}, so it cannot be written.`,
        {
          ...details,
          candidates: near(
            identifier.name,
            all.map((one) => one.name),
          ),
        },
      );
      isFaulty = true;
    } else if (chosen.includes(column) || fixed.has(column.name)) {
      const where = fixed.has(column.name) ? "is fixed by PARTITION already" : "is named twice";
      faults.error("SQL_INVALID", identifier.span, `Column '${identifier.name}' ${where}.`, details);
      isFaulty = true;
    } else chosen.push(column);
  }
  for (const column of all)
    if (!column.type.nullable && !chosen.includes(column) && !fixed.has(column.name) && !isFaulty)
      faults.invalid(
        node.columns[0]!.span,
        `Column '${column.name}' of table '${name}' is NOT NULL and gets no value.`,
        {
          table: name,
          columnName: column.name,
        },
      );
  if (isFaulty) throw new Abandoned();
  return chosen;
}

function rowText(columns: readonly { readonly name: string; readonly type: LogicalType }[]): string {
  return `(${columns.map((one) => `${one.name} ${printType(one.type)}`).join(", ")})`;
}

function matchColumns(
  node: InsertStatement,
  target: TableEntry,
  columns: readonly Column[],
  relation: Relation,
  faults: Faults,
): void {
  const { name } = target.descriptor;
  const both = `The query gives ${rowText(relation.columns)}; table '${name}' takes ${rowText(columns)}.`;
  if (relation.columns.length !== columns.length)
    faults.invalid(
      node.query.span,
      `The query gives ${relation.columns.length} columns, table '${name}' takes ${columns.length}.`,
      { table: name, hint: both },
    );
  let isFaulty = false;
  for (const [i, column] of columns.entries()) {
    const source = relation.columns[i]!;
    const castability = castable(source.type, column.type);
    if (castability === "implicit") continue;
    isFaulty = true;
    const [from, to] = [
      printType(withNullable(source.type, true)),
      printType(withNullable(column.type, true)),
    ];
    faults.error(
      "SQL_INVALID",
      itemSpan(node, i),
      `Column ${i + 1} of the query ('${source.name}', ${from}) does not go into '${column.name}' (${to}) of table '${name}'.`,
      {
        table: name,
        columnName: column.name,
        hint: `${castability === "explicit" ? `Write CAST(... AS ${to}). ` : ""}Columns match by position. ${both}`,
      },
    );
  }
  if (isFaulty) throw new Abandoned();
}

/** The place of the i-th column, where the SELECT list shows it. */
function itemSpan(node: InsertStatement, index: number): InsertStatement["span"] {
  const { body } = node.query;
  if (body.kind === "Select" && body.items.every((one) => one.kind === "SelectExpression"))
    return body.items[index]?.span ?? node.query.span;
  if (body.kind === "Values") return body.rows[0]!.items[index]?.span ?? node.query.span;
  return node.query.span;
}

/** Plans the steps of an INSERT. */
export function planInsert(
  insert: BoundInsert,
  planner: QueryPlanner,
  faults: Faults,
  context: PlanContext,
): void {
  const { node, target, relation, sources, staticPartition: partition } = insert;
  const sink = planSink(target.descriptor, context, { staticPartition: partition, hasTypedRows: true });
  faults.add(sink.diagnostics);
  planner.into(sink.value?.appendOnly, node.span);
  const stream = faults.attempt(() => planner.plan(relation));
  if (sink.value === undefined || stream === undefined) throw new Abandoned();
  const { rowType, binding, factory } = sink.value;
  const items = rowType.fields.map(({ name, type }) => {
    const source = sources.get(name);
    const scalar: Scalar =
      source === undefined
        ? { kind: "literal", type: withNullable(type, true), value: null }
        : "constant" in source
          ? source.constant
          : stream.fields.get(relation.columns[source.index]!.field)!;
    return { name, scalar: toColumn(scalar, type, context.timeZone, node) };
  });
  const collection = planner.stage(stream, items, node.span);
  planner.step("write", [collection], binding, writeDetails(target, rowType, factory.identifier), node.span);
}

/** Lengths of texts and bytes are not enforced before a sink; everything else is cast. */
function toColumn(scalar: Scalar, type: LogicalType, timeZone: string, node: InsertStatement): Scalar {
  const isLengthOnly = (isText(scalar.type) && isText(type)) || (isBinary(scalar.type) && isBinary(type));
  return isLengthOnly ? scalar : castScalar(scalar, type, { timeZone, span: node.query.span });
}

function writeDetails(
  target: TableEntry,
  rowType: RowType,
  connector: string,
): { readonly [key: string]: string | { readonly [name: string]: string } } {
  return {
    table: target.name,
    connector,
    columns: Object.fromEntries(rowType.fields.map((one) => [one.name, printType(one.type)])),
  };
}
