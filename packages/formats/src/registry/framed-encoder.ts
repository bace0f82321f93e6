import { invariant } from "@tributary/core";
import type { Encoder, Row } from "@tributary/core";
import type { AvroRecordWriter } from "../avro/avro-codec.js";

export interface FramedEncoderOptions {
  /** The frame, once the registry has given the schema its id. */
  readonly header: () => Uint8Array | undefined;
  /** Asked for when there is a frame. */
  readonly writer: () => AvroRecordWriter;
  /** Puts the record into another form. Absent: it stands as it is. */
  readonly pack?: (record: Uint8Array, header: Uint8Array) => Uint8Array;
}

/** Encodes each row as a record with a frame in front. */
export class FramedEncoder implements Encoder {
  readonly #options: FramedEncoderOptions;

  constructor(options: FramedEncoderOptions) {
    this.#options = options;
  }

  encode(rows: readonly Row[]): Uint8Array[] {
    const { pack } = this.#options;
    const header = this.#options.header();
    invariant(header !== undefined, "a format is prepared before it encodes");
    const writer = this.#options.writer();
    if (pack === undefined) return rows.map((row) => writer.write(row, header));
    return rows.map((row) => pack(writer.write(row), header));
  }
}
