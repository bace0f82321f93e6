import type { Encoder, FormatContext, Row } from "@tributary/core";
import { ByteWriter } from "../text/byte-writer.js";
import { failEncoding } from "../text/encode-failure.js";
import type { CodeStyle } from "../text/generated-code.js";
import { AvroRecordWriter } from "./avro-codec.js";
import { createAvroJsonWriter, recordJsonWriter } from "./avro-json-writers.js";
import type { AvroType } from "./avro-schema.js";

/** Encodes each row as one record in the binary encoding. */
export class AvroBinaryEncoder implements Encoder {
  readonly #writer: AvroRecordWriter;

  constructor({ table, rowType }: FormatContext, schema: AvroType, codeStyle: CodeStyle) {
    this.#writer = new AvroRecordWriter({ format: "avro", table, schema, rowType, codeStyle });
  }

  encode(rows: readonly Row[]): Uint8Array[] {
    const writer = this.#writer;
    return rows.map((row) => writer.write(row));
  }
}

/** Encodes each row as one record in Avro's JSON, compact and without a line end. */
export class AvroJsonEncoder implements Encoder {
  readonly #out = new ByteWriter();
  readonly #write: (row: Row, out: ByteWriter) => void;

  constructor({ table, rowType }: FormatContext, schema: AvroType) {
    const { fields } = rowType;
    this.#write =
      schema.kind === "record"
        ? recordJsonWriter(schema, rowType, (error, index) =>
            failEncoding(error, "avro", table, fields[index]?.name ?? ""),
          )
        : createAvroJsonWriter(schema, rowType);
  }

  encode(rows: readonly Row[]): Uint8Array[] {
    const out = this.#out;
    return rows.map((row) => {
      out.start();
      this.#write(row, out);
      return out.end();
    });
  }
}
