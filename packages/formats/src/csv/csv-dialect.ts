import type { CsvFormatOptions } from "./csv-options.js";
import { undoJavaEscapes } from "./csv-options.js";

/** The characters that have a meaning, as UTF-8; an absent one has none. */
export interface CsvDialect {
  readonly delimiter: Uint8Array;
  readonly quote: Uint8Array | undefined;
  readonly escape: Uint8Array | undefined;
  readonly hasComments: boolean;
}

export function dialectOf(options: CsvFormatOptions): CsvDialect {
  const { escapeCharacter } = options;
  return {
    delimiter: Buffer.from(undoJavaEscapes(options.fieldDelimiter), "utf8"),
    quote: options.disablesQuotes ? undefined : Buffer.from(options.quoteCharacter, "utf8"),
    escape: escapeCharacter === undefined ? undefined : Buffer.from(escapeCharacter, "utf8"),
    hasComments: options.allowsComments,
  };
}

/** Does the character `wanted` stand at a position? */
export function standsAt(wanted: Uint8Array, bytes: Uint8Array, position: number): boolean {
  for (let at = 0; at < wanted.length; at++) {
    if (bytes[position + at] !== wanted[at]) return false;
  }
  return true;
}

/**
 * Passes over comment lines, empty lines and the blanks before what is kept.
 *
 * @returns the position of what is kept; the length of `bytes` if nothing is.
 */
export function passComments(dialect: CsvDialect, bytes: Uint8Array, start: number): number {
  let at = start;
  for (;;) {
    const byte = bytes[at];
    if (byte === undefined) return bytes.length;
    if (byte === 0x23) {
      while (at < bytes.length && bytes[at] !== 10 && bytes[at] !== 13) at++;
    } else if (byte > 32 || (byte !== 10 && byte !== 13 && standsAt(dialect.delimiter, bytes, at))) {
      return at;
    } else {
      at++;
    }
  }
}
