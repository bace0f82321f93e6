/** Reads CREATE TABLE into a spec: column kinds, options, constraints, each fault at its place. */
import type { TableOption } from "@tributary/core";
import type { ColumnDefinition, ConstraintDefinition, CreateTable } from "../parser/ast-statement.js";
import type { Expression } from "../parser/ast.js";
import { bindType } from "../binder/bind-type.js";
import type { Faults } from "../binder/faults.js";
import type { ColumnSpec, KeySpec, TableSpec, WatermarkSpec } from "./table-spec.js";

/** The statement's own part of the table; LIKE is not looked at. */
export function readTable(node: CreateTable, text: string, faults: Faults): TableSpec {
  const table = node.name.parts.at(-1)!.name;
  const columns: ColumnSpec[] = [];
  const poisoned = new Set<string>();
  for (const definition of node.columns) {
    const { name } = definition.name;
    if (columns.some((one) => one.name === name) || poisoned.has(name)) {
      faults.error("SCHEMA_INVALID", definition.name.span, `Column '${name}' is declared twice.`, {
        table,
        columnName: name,
      });
      continue;
    }
    const spec = faults.attempt(() => readColumn(definition, text, faults));
    if (spec === undefined) poisoned.add(name);
    else columns.push(spec);
  }
  return {
    columns,
    watermark: readWatermark(node, text, faults),
    primaryKey: readKey(node, table, faults),
    partitionedBy: node.partitionedBy,
    options: readOptions(node, table, faults),
    comment: node.comment?.value,
    distribution: node.distribution?.span,
    poisoned,
  };
}

function source(text: string, node: Expression): string {
  return text.slice(node.span.start, node.span.end).replaceAll(/\s+/gu, " ");
}

function readColumn(node: ColumnDefinition, text: string, faults: Faults): ColumnSpec {
  const base = { name: node.name.name, span: node.name.span, comment: node.comment?.value };
  switch (node.kind) {
    case "PhysicalColumn":
      return { ...base, kind: "physical", type: bindType(node.type, faults) };
    case "MetadataColumn":
      return {
        ...base,
        kind: "metadata",
        type: bindType(node.type, faults),
        key: node.from?.value ?? node.name.name,
        isVirtual: node.virtual,
      };
    case "ComputedColumn":
      return { ...base, kind: "computed", expression: node.expression, text: source(text, node.expression) };
  }
}

function readWatermark(node: CreateTable, text: string, faults: Faults): WatermarkSpec | undefined {
  const table = node.name.parts.at(-1)!.name;
  const [first, ...others] = node.watermarks;
  for (const other of others)
    faults.error(
      "SCHEMA_INVALID",
      other.span,
      `Table '${table}' has more than one WATERMARK; one is allowed.`,
      { table },
    );
  if (first === undefined) return undefined;
  if (first.column.length > 1) {
    const path = first.column.map((one) => one.name).join(".");
    faults.error(
      "SCHEMA_INVALID",
      first.span,
      `The WATERMARK is for the nested column '${path}'; it must be a column of the table.`,
      {
        table,
        columnName: path,
        hint: `Declare a computed column, e.g. ts AS ${path}, and WATERMARK FOR ts.`,
      },
    );
    return undefined;
  }
  return {
    column: first.column[0]!,
    expression: first.expression,
    text: source(text, first.expression),
    span: first.span,
  };
}

function readKey(node: CreateTable, table: string, faults: Faults): KeySpec | undefined {
  let key: KeySpec | undefined;
  for (const constraint of node.constraints) {
    if (!isUsable(constraint, table, faults)) continue;
    if (key !== undefined) {
      faults.error("SCHEMA_INVALID", constraint.span, `Table '${table}' has more than one PRIMARY KEY.`, {
        table,
      });
      continue;
    }
    key = { name: constraint.name?.name, columns: constraint.columns, span: constraint.span };
  }
  return key;
}

function isUsable(constraint: ConstraintDefinition, table: string, faults: Faults): boolean {
  if (constraint.constraint === "UNIQUE") {
    faults.error("SCHEMA_INVALID", constraint.span, "UNIQUE is not supported.", {
      table,
      hint: "PRIMARY KEY (...) NOT ENFORCED is the only constraint.",
    });
    return false;
  }
  if (constraint.enforced === false) return true;
  faults.error(
    "SCHEMA_INVALID",
    constraint.span,
    "The PRIMARY KEY is ENFORCED, which no table can promise.",
    {
      table,
      hint: "Write PRIMARY KEY (...) NOT ENFORCED.",
    },
  );
  return false;
}

function readOptions(node: CreateTable, table: string, faults: Faults): readonly TableOption[] {
  return node.options.map(({ key, value, span }) => {
    if (key.value === "") faults.error("SQL_INVALID", key.span, "The key of an option is empty.", { table });
    return { key: key.value, value: value.value, place: faults.place(span) };
  });
}
