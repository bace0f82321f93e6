import type { DecodeOutput, Decoder, FormatContext, MalformedRecord, Row } from "@tributary/core";
import { columnPath } from "../text/column-path.js";
import { hexadecimalExcerpt } from "../text/excerpt.js";
import { MessageReader } from "./message-reader.js";
import type { MessageType } from "./message-type.js";
import type { ProtobufFormatOptions } from "./protobuf-options.js";
import { WireReader } from "./wire-reader.js";

/** Decodes one message each; zero bytes are a message in which everything is absent. */
export class ProtobufDecoder implements Decoder {
  readonly #wire = new WireReader();
  readonly #reader: MessageReader;
  readonly #isLenient: boolean;

  constructor(message: MessageType, context: FormatContext, options: ProtobufFormatOptions) {
    this.#reader = new MessageReader(message, context.rowType, options.readsDefaults);
    this.#isLenient = options.ignoreParseErrors;
  }

  decode(messages: readonly (Uint8Array | null)[], output: DecodeOutput): void {
    const wire = this.#wire;
    for (let index = 0; index < messages.length; index++) {
      const message = messages[index];
      if (message === null || message === undefined) continue;
      let row: Row | undefined;
      try {
        wire.reset(message);
        row = this.#reader.read(wire);
      } catch (error) {
        if (error !== wire.failure) throw error;
        const fault = this.#fault(message);
        if (this.#isLenient) output.skipped(index, fault);
        else output.malformed(index, fault);
      }
      if (row !== undefined) output.row(index, row);
    }
    wire.release();
  }

  #fault(message: Uint8Array): MalformedRecord {
    const { reason, offset, path } = this.#wire;
    return {
      reason,
      offset,
      excerpt: hexadecimalExcerpt(message),
      ...(path.length > 0 && { column: columnPath(path) }),
    };
  }
}
