/**
 * Rows in SELECT order from physical rows and the connector's records. All rows of a table have one shape. The code is
 * generated once for a table; where a process forbids that, closures do the same.
 */
import { compile, isCodeGenerationAllowed, propertyLiteral } from "../types/rows/code-generation.js";
import { rowFactory } from "../types/rows/row-factory.js";
import type { Row, SqlValue } from "../types/logical-type.js";

/** Where a column's value comes from. */
export type ColumnReader =
  | { readonly kind: "physical"; readonly name: string }
  | { readonly kind: "metadata"; readonly name: string; readonly read: (record: unknown) => SqlValue }
  | {
      readonly kind: "formatMetadata";
      readonly name: string;
      /** Place among the values that the format gives. */
      readonly index: number;
      /** Absent: the value is taken as it is. */
      readonly cast?: (value: SqlValue) => SqlValue;
    }
  | { readonly kind: "computed"; readonly name: string; readonly evaluate: (row: Row) => SqlValue };

/**
 * @param physical - a row with at least the physical columns.
 * @param metadata - what the format read beside it.
 */
export type RowAssembler = (physical: Row, record: unknown, metadata: readonly SqlValue[]) => Row;

/** Most columns for which code is generated. */
const GENERATED_COLUMNS_MAX = 1_000;

/**
 * The function that makes a table's rows; absent if its physical rows are the rows.
 *
 * Computed columns are worked out last, on the row itself: they see every other column.
 */
export function rowAssembler(
  columns: readonly ColumnReader[],
  options: { readonly generatesCode?: boolean } = {},
): RowAssembler | undefined {
  if (columns.every(({ kind }) => kind === "physical")) return undefined;
  const generates = (options.generatesCode ?? true) && isCodeGenerationAllowed();
  return generates && columns.length <= GENERATED_COLUMNS_MAX ? generated(columns) : closures(columns);
}

function generated(columns: readonly ColumnReader[]): RowAssembler {
  const functions: unknown[] = [];
  const functionName = (fn: unknown): string => `f${functions.push(fn) - 1}`;
  const fields: string[] = [];
  const assignments: string[] = [];
  for (const column of columns) {
    const key = propertyLiteral(column.name);
    const access = `[${JSON.stringify(column.name)}]`;
    switch (column.kind) {
      case "physical":
        fields.push(`${key}:p${access}`);
        break;
      case "metadata":
        fields.push(`${key}:${functionName(column.read)}(r)`);
        break;
      case "formatMetadata": {
        const value = `(m[${column.index}]??null)`;
        fields.push(`${key}:${column.cast === undefined ? value : `${functionName(column.cast)}${value}`}`);
        break;
      }
      case "computed":
        fields.push(`${key}:null`);
        assignments.push(`row${access}=${functionName(column.evaluate)}(row);`);
        break;
    }
  }
  const bindings = functions.map((_, index) => `const f${index}=f[${index}];`).join("");
  const body = `const row={${fields.join(",")}};${assignments.join("")}return row;`;
  return compile(["f"], `${bindings}return (p,r,m)=>{${body}};`)(functions) as RowAssembler;
}

function closures(columns: readonly ColumnReader[]): RowAssembler {
  const make = rowFactory(
    columns.map(({ name }) => name),
    { generatesCode: false },
  );
  const computed = columns.filter((column) => column.kind === "computed");
  const values: unknown[] = columns.map(() => null);
  return (physical, record, metadata) => {
    for (let index = 0; index < columns.length; index++) {
      const column = columns[index] as ColumnReader;
      if (column.kind === "physical") values[index] = physical[column.name];
      else if (column.kind === "metadata") values[index] = column.read(record);
      else if (column.kind === "formatMetadata") {
        const value = metadata[column.index] ?? null;
        values[index] = column.cast === undefined ? value : column.cast(value);
      }
    }
    const row = make(values) as Record<string, SqlValue>;
    for (const { name, evaluate } of computed) row[name] = evaluate(row);
    return row;
  };
}
