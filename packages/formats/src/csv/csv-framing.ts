import type { RecordFraming } from "@tributary/core";
import { passComments, standsAt } from "./csv-dialect.js";
import type { CsvDialect } from "./csv-dialect.js";

const LF = 10;
const CR = 13;

/** Tells the records of a file apart: a line end within quotes belongs to the record. */
export class CsvFraming implements RecordFraming {
  readonly #dialect: CsvDialect;

  constructor(dialect: CsvDialect) {
    this.#dialect = dialect;
  }

  findStart(bytes: Uint8Array, from: number): number {
    const start = this.#dialect.hasComments ? passComments(this.#dialect, bytes, from) : from;
    return start < bytes.length ? start : -1;
  }

  findEnd(bytes: Uint8Array, start: number): number {
    const { delimiter, quote, escape } = this.#dialect;
    const quoteByte = quote?.[0] ?? -1;
    const escapeByte = escape?.[0] ?? -1;
    let isCellStart = true;
    let isQuoted = false;
    let at = start;
    while (at < bytes.length) {
      const byte = bytes[at] as number;
      if (byte === escapeByte && escape !== undefined && standsAt(escape, bytes, at)) {
        at += escape.length + 1;
        isCellStart = false;
      } else if (
        byte === quoteByte &&
        quote !== undefined &&
        (isQuoted || isCellStart) &&
        standsAt(quote, bytes, at)
      ) {
        // A doubled quote closes and opens again.
        isCellStart = isQuoted;
        isQuoted = !isQuoted;
        at += quote.length;
      } else if (isQuoted) {
        at++;
      } else if (byte === LF) {
        return at + 1;
      } else if (byte === CR) {
        // Whether a line feed belongs to it shows only behind it.
        if (at + 1 === bytes.length) return -1;
        return bytes[at + 1] === LF ? at + 2 : at + 1;
      } else {
        isCellStart = standsAt(delimiter, bytes, at);
        at += isCellStart ? delimiter.length : 1;
      }
    }
    return -1;
  }
}
