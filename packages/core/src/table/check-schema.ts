import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { nearestFirst } from "../diagnostics/nearest.js";
import { printType } from "../types/print-type.js";
import type { Column } from "./schema.js";
import { placeFields } from "./table-diagnostics.js";
import type { TableDescriptor } from "./table.js";

interface Fault {
  readonly message: string;
  readonly column?: string;
  readonly candidates?: readonly string[];
  readonly hint: string;
}

/**
 * What is wrong with a table's declaration by itself, whatever its connector: names given twice, a watermark, key or
 * partition that does not fit the columns. Every fault at once, in the order of the declaration.
 *
 * @public
 */
export function checkSchema(table: TableDescriptor): readonly Diagnostic[] {
  const columns = new Map(table.schema.columns.map((column) => [column.name, column]));
  const faults = [
    ...repeatedNames(table),
    ...repeatedMetadataKeys(table),
    ...watermarkFaults(table, columns),
    ...primaryKeyFaults(table, columns),
    ...partitionFaults(table, columns),
  ];
  return faults.map(({ message, column, candidates, hint }) => ({
    severity: "error",
    code: "SCHEMA_INVALID",
    message,
    ...placeFields(columns.get(column ?? "")?.place ?? table.place),
    table: table.name,
    ...(column !== undefined && { columnName: column }),
    ...(candidates !== undefined && { candidates }),
    hint,
  }));
}

function* repeatedNames({ schema }: TableDescriptor): Generator<Fault> {
  const seen = new Set<string>();
  for (const { name } of schema.columns) {
    if (seen.has(name)) {
      yield {
        message: `The column '${name}' is declared twice.`,
        column: name,
        hint: "Rename one of the two.",
      };
    }
    seen.add(name);
  }
}

function* repeatedMetadataKeys({ schema }: TableDescriptor): Generator<Fault> {
  const byKey = new Map<string, string>();
  for (const column of schema.columns) {
    if (column.kind !== "metadata") continue;
    const other = byKey.get(column.key);
    if (other === undefined) byKey.set(column.key, column.name);
    else {
      yield {
        message: `The columns '${other}' and '${column.name}' use the same metadata key '${column.key}'.`,
        column: column.name,
        hint: `Read the key once, and compute '${column.name}' from '${other}'.`,
      };
    }
  }
}

function* watermarkFaults(
  { schema }: TableDescriptor,
  columns: ReadonlyMap<string, Column>,
): Generator<Fault> {
  const name = schema.watermark?.column;
  if (name === undefined) return;
  const column = columns.get(name);
  if (column === undefined) {
    yield unknownColumn("The watermark is declared for the column", name, columns);
    return;
  }
  const { type } = column;
  const isTime = (type.kind === "TIMESTAMP" || type.kind === "TIMESTAMP_LTZ") && type.precision <= 3;
  if (!isTime) {
    yield {
      message: `The watermark's column '${name}' is ${printType(type)}.`,
      column: name,
      hint: "It must be TIMESTAMP(p) or TIMESTAMP_LTZ(p) with p from 0 to 3.",
    };
  } else if (column.kind === "computed" && column.isProcessingTime === true) {
    yield {
      message: `The watermark's column '${name}' is processing time.`,
      column: name,
      hint: "Declare the watermark for a column of event time.",
    };
  }
}

function* primaryKeyFaults(
  { schema }: TableDescriptor,
  columns: ReadonlyMap<string, Column>,
): Generator<Fault> {
  const key = schema.primaryKey;
  if (key === undefined) return;
  for (const [index, name] of key.columns.entries()) {
    const column = columns.get(name);
    if (column === undefined) {
      yield unknownColumn(`The primary key '${key.name}' names the column`, name, columns);
    } else if (column.kind !== "physical") {
      yield {
        message: `The primary key '${key.name}' names '${name}', which is a ${column.kind} column.`,
        column: name,
        hint: "A primary key stands on physical columns.",
      };
    }
    if (key.columns.indexOf(name) < index) {
      yield {
        message: `The primary key '${key.name}' names the column '${name}' twice.`,
        column: name,
        hint: "Name it once.",
      };
    }
  }
}

function* partitionFaults(
  { partitionKeys }: TableDescriptor,
  columns: ReadonlyMap<string, Column>,
): Generator<Fault> {
  for (const name of partitionKeys) {
    if (!columns.has(name)) yield unknownColumn("PARTITIONED BY names the column", name, columns);
  }
}

function unknownColumn(subject: string, name: string, columns: ReadonlyMap<string, Column>): Fault {
  return {
    message: `${subject} '${name}', which does not exist.`,
    candidates: nearestFirst(name, columns.keys()),
    hint: "Use one of the table's columns.",
  };
}
