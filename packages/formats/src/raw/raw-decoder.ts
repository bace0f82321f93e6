import { isCharacterType, rowConstructor } from "@tributary/core";
import type { DecodeOutput, Decoder, LogicalType, Row } from "@tributary/core";
import { hexadecimalExcerpt } from "../text/excerpt.js";
import type { Charset } from "./charset.js";
import { createRawReader, WrongBytes } from "./raw-values.js";
import type { RawReader, RawSettings } from "./raw-values.js";

/** Decodes messages that are one value each. */
export class RawDecoder implements Decoder {
  readonly #name: string;
  readonly #read: RawReader;
  readonly #makeRow: (value: unknown) => Row;

  constructor(name: string, type: LogicalType, settings: RawSettings) {
    this.#name = name;
    this.#read = createRawReader(type, settings);
    this.#makeRow = rowConstructor([name]);
  }

  decode(messages: readonly (Uint8Array | null)[], output: DecodeOutput): void {
    for (let index = 0; index < messages.length; index++) {
      const message = messages[index];
      if (message === null || message === undefined) output.row(index, this.#makeRow(null));
      else this.decodePart(index, message, output);
    }
  }

  /** Decodes bytes that are one value. */
  decodePart(index: number, bytes: Uint8Array, output: DecodeOutput): void {
    const value = this.#read(bytes);
    if (value instanceof WrongBytes) this.fail(index, value.reason, bytes, output);
    else output.row(index, this.#makeRow(value));
  }

  fail(index: number, reason: string, bytes: Uint8Array, output: DecodeOutput): void {
    output.malformed(index, { reason, column: this.#name, offset: 0, excerpt: hexadecimalExcerpt(bytes) });
  }

  /** A row of a value that is read already. */
  rowOf(value: unknown): Row {
    return this.#makeRow(value);
  }
}

/** Decodes messages that are parts between delimiters, one value each. */
export class RawLinesDecoder implements Decoder {
  readonly #charset: Charset;
  readonly #delimiter: string;
  readonly #inner: RawDecoder;
  /** Turns a part back into bytes; absent for a column of text. */
  readonly #encode: ((text: string) => Uint8Array | undefined) | undefined;

  /** @param encode - of the character set; used for columns that are no text. */
  constructor(
    column: { readonly name: string; readonly type: LogicalType },
    settings: RawSettings,
    delimiter: string,
    encode: ((text: string) => Uint8Array | undefined) | undefined,
  ) {
    this.#charset = settings.charset;
    this.#delimiter = delimiter;
    this.#inner = new RawDecoder(column.name, column.type, settings);
    this.#encode = isCharacterType(column.type) ? undefined : encode;
  }

  decode(messages: readonly (Uint8Array | null)[], output: DecodeOutput): void {
    for (let index = 0; index < messages.length; index++) {
      const message = messages[index];
      if (message !== null && message !== undefined) this.#decodeLines(index, message, output);
    }
  }

  #decodeLines(index: number, message: Uint8Array, output: DecodeOutput): void {
    const text = this.#charset.decode(message);
    const delimiter = this.#delimiter;
    for (let start = 0; start < text.length;) {
      const found = text.indexOf(delimiter, start);
      const end = found < 0 ? text.length : found;
      this.#decodePart(index, text.slice(start, end), output);
      start = found < 0 ? end : end + delimiter.length;
    }
  }

  #decodePart(index: number, part: string, output: DecodeOutput): void {
    if (this.#encode === undefined) {
      output.row(index, this.#inner.rowOf(part));
      return;
    }
    const bytes = this.#encode(part);
    if (bytes !== undefined) this.#inner.decodePart(index, bytes, output);
    else this.#inner.fail(index, `A part is no text of ${this.#charset.name}.`, Buffer.from(part), output);
  }
}
