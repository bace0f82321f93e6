import type { Encoder, FormatContext, Row, RowKind } from "@tributary/core";
import { rowWriter } from "../json/json-row-writer.js";
import type { RowWriter } from "../json/json-row-writer.js";
import { createWriter, writeSettings } from "../json/json-writers.js";
import { ByteWriter } from "../text/byte-writer.js";
import { failEncoding } from "../text/encode-failure.js";
import type { CodeStyle } from "../text/generated-code.js";
import { DEBEZIUM_JSON } from "./debezium-json-options.js";
import type { DebeziumJsonFormatOptions } from "./debezium-json-options.js";

/** Encodes each row as the event of an insert or of a delete; an update is both, one after the other. */
export class DebeziumJsonEncoder implements Encoder {
  readonly #out = new ByteWriter();
  readonly #writeRow: RowWriter;
  readonly #omitsNull: boolean;

  constructor(context: FormatContext, options: DebeziumJsonFormatOptions, codeStyle: CodeStyle) {
    const settings = writeSettings(DEBEZIUM_JSON, options, codeStyle);
    const { fields } = context.rowType;
    this.#omitsNull = options.omitsNullFields;
    this.#writeRow = rowWriter(
      fields.map(({ name }) => name),
      fields.map(({ type }) => createWriter(type, settings)),
      settings,
      (error, index) => failEncoding(error, DEBEZIUM_JSON, context.table, fields[index]?.name ?? ""),
    );
  }

  encode(rows: readonly Row[], kinds?: readonly RowKind[]): Uint8Array[] {
    const out = this.#out;
    const beforeNull = this.#omitsNull ? "" : '"before":null,';
    const afterNull = this.#omitsNull ? "" : '"after":null,';
    return rows.map((row, index) => {
      const kind = kinds?.[index] ?? "+I";
      const isAdded = kind === "+I" || kind === "+U";
      out.start();
      out.text(isAdded ? `{${beforeNull}"after":` : '{"before":');
      this.#writeRow(row, out);
      out.text(isAdded ? ',"op":"c"}' : `,${afterNull}"op":"d"}`);
      return out.end();
    });
  }
}
