/** Reads a record into a row: generated code where the platform allows it, else a loop over the fields. */
import { rowFactory } from "@tributary/core";
import type { Row, RowType } from "@tributary/core";
import { generate, quoteKey } from "../text/generated-code.js";
import type { AvroCursor } from "./avro-cursor.js";
import { defaultValue } from "./avro-defaults.js";
import { Mismatch, place } from "./avro-mismatch.js";
import type { AvroReader, AvroReaderContext } from "./avro-reader.js";
import type { AvroField, AvroRecord } from "./avro-schema.js";
import { createSkip } from "./avro-skip.js";

/** Wider records are read by a loop: the engine would not optimise such long functions. */
const GENERATED_FIELDS_MAX = 200;

/** One field of the writer, in its order. */
interface Step {
  /** Which column it is; -1 for a field that is passed over. */
  readonly column: number;
  readonly reader: AvroReader;
}

/**
 * Fields are found by name, or by an alias of the reader's schema; columns are the reader's fields by position. A
 * field that the writer lacks has the default of the reader's schema.
 */
export function recordReader(
  writer: AvroRecord,
  reader: AvroRecord,
  type: RowType,
  context: AvroReaderContext,
): (cursor: AvroCursor) => Row {
  const names = type.fields.map(({ name }) => name);
  const columns = reader.fields.map((field) => writerField(writer, field));
  const steps: Step[] = writer.fields.map((field) => {
    const column = columns.indexOf(field);
    const wanted = reader.fields[column];
    if (wanted === undefined) return { column, reader: { read: createSkip(field.type) } };
    return {
      column,
      reader: place(field.name, () => context.make(field.type, wanted.type, columnType(type, column))),
    };
  });
  const initial = reader.fields.map((field, index) =>
    columns[index] === undefined ? place(field.name, () => missingValue(field, type, index, context)) : null,
  );
  return generatedReader(names, steps, initial, context) ?? closureReader(names, steps, initial);
}

function columnType(type: RowType, index: number): RowType["fields"][number]["type"] {
  const field = type.fields[index];
  if (field === undefined)
    throw new Mismatch("more fields in the reader's schema than the table has columns");
  return field.type;
}

function writerField(writer: AvroRecord, { name, aliases }: AvroField): AvroField | undefined {
  return (
    writer.fields.find((field) => field.name === name) ??
    writer.fields.find((field) => aliases.includes(field.name))
  );
}

function missingValue(field: AvroField, type: RowType, index: number, { make }: AvroReaderContext): unknown {
  if (field.default === undefined) throw new Mismatch("no such field, and there is no default for it");
  return defaultValue(field.default.value, field.type, columnType(type, index), make);
}

function closureReader(
  names: readonly string[],
  steps: readonly Step[],
  initial: readonly unknown[],
): (cursor: AvroCursor) => Row {
  const makeRow = rowFactory(names);
  return (cursor) => {
    const values = initial.slice();
    let at = -1;
    try {
      for (const { column, reader } of steps) {
        at = column;
        const value = reader.read(cursor);
        if (column >= 0) values[column] = value;
      }
    } catch (error) {
      cursor.enclose(error, names[at]);
      throw error;
    }
    return makeRow(values);
  };
}

function generatedReader(
  names: readonly string[],
  steps: readonly Step[],
  initial: readonly unknown[],
  { codeStyle }: AvroReaderContext,
): ((cursor: AvroCursor) => Row) | undefined {
  if (Math.max(names.length, steps.length) > GENERATED_FIELDS_MAX) return undefined;
  const scope: Record<string, unknown> = { names };
  for (const [index, value] of initial.entries()) if (value !== null) scope[`d${index}`] = value;
  const reads = steps.map(({ column, reader: { code, read } }, index) => {
    if (code === undefined) scope[`r${index}`] = read;
    const value = code ?? `r${index}(cursor)`;
    return column < 0 ? `at = -1; ${value};` : `at = ${column}; v${column} = ${value};`;
  });
  const body = `
    return function readRecord(cursor) {
      let at = -1;
      ${names.map((_, index) => `let v${index} = ${initial[index] === null ? "null" : `d${index}`};`).join(" ")}
      try {
        ${reads.join("\n")}
      } catch (error) {
        cursor.enclose(error, names[at]);
        throw error;
      }
      return { ${names.map((name, index) => `${quoteKey(name)}: v${index}`).join(", ")} };
    };`;
  return generate<(cursor: AvroCursor) => Row>(codeStyle, scope, body);
}
