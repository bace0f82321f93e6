import type { Encoder, FormatContext, Row } from "@tributary/core";
import { ByteWriter } from "../text/byte-writer.js";
import { failEncoding } from "../text/encode-failure.js";
import type { CodeStyle } from "../text/generated-code.js";
import type { JsonFormatOptions } from "./json-options.js";
import { rowWriter } from "./json-row-writer.js";
import type { RowWriter } from "./json-row-writer.js";
import { createWriter, writeSettings } from "./json-writers.js";

/** Encodes each row as one compact JSON object. */
export class JsonEncoder implements Encoder {
  readonly #out = new ByteWriter();
  readonly #writeRow: RowWriter;

  constructor(context: FormatContext, options: JsonFormatOptions, codeStyle: CodeStyle) {
    const settings = writeSettings("json", options, codeStyle);
    const { fields } = context.rowType;
    this.#writeRow = rowWriter(
      fields.map(({ name }) => name),
      fields.map(({ type }) => createWriter(type, settings)),
      settings,
      (error, index) => failEncoding(error, "json", context.table, fields[index]?.name ?? ""),
    );
  }

  encode(rows: readonly Row[]): Uint8Array[] {
    const out = this.#out;
    return rows.map((row) => {
      out.start();
      this.#writeRow(row, out);
      return out.end();
    });
  }
}
