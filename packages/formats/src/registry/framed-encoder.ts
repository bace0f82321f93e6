import { invariant } from "@tributary/core";
import type { Encoder, FormatContext, Row } from "@tributary/core";
import { AvroRecordWriter } from "../avro/avro-codec.js";
import type { AvroType } from "../avro/avro-schema.js";
import type { CodeStyle } from "../text/generated-code.js";

export interface FramedEncoderOptions {
  readonly format: string;
  readonly context: FormatContext;
  readonly schema: AvroType;
  readonly codeStyle: CodeStyle;
  /** The frame, once the registry has given the schema its id. */
  readonly header: () => Uint8Array | undefined;
  /** Puts the record into another form. Absent: it stands as it is. */
  readonly pack?: (record: Uint8Array, header: Uint8Array) => Uint8Array;
}

/** Encodes each row as a record with a frame in front. */
export class FramedEncoder implements Encoder {
  readonly #writer: AvroRecordWriter;
  readonly #options: FramedEncoderOptions;

  constructor(options: FramedEncoderOptions) {
    const { format, context, schema, codeStyle } = options;
    const { table, rowType } = context;
    this.#options = options;
    this.#writer = new AvroRecordWriter({ format, table, schema, rowType, codeStyle });
  }

  encode(rows: readonly Row[]): Uint8Array[] {
    const { header: read, pack } = this.#options;
    const header = read();
    invariant(header !== undefined, "a format is prepared before it encodes");
    const writer = this.#writer;
    if (pack === undefined) return rows.map((row) => writer.write(row, header));
    return rows.map((row) => pack(writer.write(row), header));
  }
}
