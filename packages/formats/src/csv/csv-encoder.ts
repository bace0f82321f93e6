import type { Encoder, FormatContext, Row } from "@tributary/core";
import { ByteWriter } from "../text/byte-writer.js";
import { failEncoding } from "../text/encode-failure.js";
import { generate } from "../text/generated-code.js";
import type { CodeStyle } from "../text/generated-code.js";
import { fieldCode, fieldReader } from "../text/row-field.js";
import type { FieldReader } from "../text/row-field.js";
import { createCellWriter } from "./csv-cell-writers.js";
import type { CellWriter } from "./csv-cell-writers.js";
import type { CsvFormatOptions } from "./csv-options.js";
import { undoJavaEscapes } from "./csv-options.js";

/** Wider rows are written by closures: the engine would not optimise such long functions. */
const GENERATED_FIELDS_MAX = 200;

type RecordWriter = (row: Row, out: ByteWriter) => void;

/** Encodes each row as one record without line end. */
export class CsvEncoder implements Encoder {
  readonly #out = new ByteWriter();
  readonly #writeRecord: RecordWriter;

  constructor(context: FormatContext, options: CsvFormatOptions, codeStyle: CodeStyle) {
    const { fields } = context.rowType;
    const names = fields.map(({ name }) => name);
    const writers = fields.map(({ type }, index) => createCellWriter(type, index === 0, options));
    const delimiter = Buffer.from(undoJavaEscapes(options.fieldDelimiter), "utf8");
    const nullText = options.nullLiteral ?? "";
    const fail = (error: unknown, index: number): never =>
      failEncoding(error, "csv", context.table, names[index] ?? "");
    this.#writeRecord =
      generatedWriter(names, writers, { delimiter, nullText, fail, codeStyle }) ??
      closureWriter(names, writers, { delimiter, nullText, fail });
  }

  encode(rows: readonly Row[]): Uint8Array[] {
    const out = this.#out;
    return rows.map((row) => {
      out.start();
      this.#writeRecord(row, out);
      return out.end();
    });
  }
}

interface RecordSettings {
  readonly delimiter: Uint8Array;
  readonly nullText: string;
  readonly fail: (error: unknown, index: number) => never;
}

function closureWriter(
  names: readonly string[],
  writers: readonly CellWriter[],
  { delimiter, nullText, fail }: RecordSettings,
): RecordWriter {
  const fields = names.map(fieldReader);
  return (row, out) => {
    for (let index = 0; index < names.length; index++) {
      const value = (fields[index] as FieldReader)(row);
      if (index > 0) out.bytes(delimiter);
      try {
        if (value === null || value === undefined) out.text(nullText);
        else (writers[index] as CellWriter)(value, out);
      } catch (error) {
        fail(error, index);
      }
    }
  };
}

function generatedWriter(
  names: readonly string[],
  writers: readonly CellWriter[],
  { delimiter, nullText, fail, codeStyle }: RecordSettings & { readonly codeStyle: CodeStyle },
): RecordWriter | undefined {
  if (names.length > GENERATED_FIELDS_MAX) return undefined;
  const cells = names.map((name, index) => {
    const start = index === 0 ? "" : "out.bytes(delimiter);";
    return `index = ${index}; value = ${fieldCode(name)}; ${start}
      if (value === null || value === undefined) out.text(nullText); else w${index}(value, out);`;
  });
  const body = `
    return function writeRecord(row, out) {
      let value, index = 0;
      try {
        ${cells.join("\n")}
      } catch (error) {
        fail(error, index);
      }
    };`;
  const scope: Record<string, unknown> = { delimiter, nullText, fail };
  for (const [index, write] of writers.entries()) scope[`w${index}`] = write;
  return generate<RecordWriter>(codeStyle, scope, body);
}
