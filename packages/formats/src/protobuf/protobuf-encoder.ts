import type { Encoder, FormatContext, Row } from "@tributary/core";
import { failEncoding } from "../text/encode-failure.js";
import type { MessageType } from "./message-type.js";
import { MessageWriter } from "./message-writer.js";
import { PROTOBUF } from "./protobuf-options.js";
import type { ProtobufFormatOptions } from "./protobuf-options.js";
import { WireWriter } from "./wire-writer.js";

/** Encodes each row as one message. */
export class ProtobufEncoder implements Encoder {
  readonly #out = new WireWriter();
  readonly #writer: MessageWriter;

  constructor(message: MessageType, context: FormatContext, options: ProtobufFormatOptions) {
    this.#writer = new MessageWriter(message, context.rowType, options.nullText, (error, column) =>
      failEncoding(error, PROTOBUF, context.table, column),
    );
  }

  encode(rows: readonly Row[]): Uint8Array[] {
    const out = this.#out;
    return rows.map((row) => {
      out.start();
      this.#writer.write(row, out);
      return out.end();
    });
  }
}
