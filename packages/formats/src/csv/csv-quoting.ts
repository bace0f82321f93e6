import type { CsvFormatOptions } from "./csv-options.js";
import { undoJavaEscapes } from "./csv-options.js";

/** Longer texts get quotes unseen. */
const UNQUOTED_MAX = 24;
const HASH = 0x23;
const BACKSLASH = 0x5c;
const SPACE = 0x20;

/** {@link enclosingQuote} of texts that never get quotes. */
export const NO_QUOTE = -1;
const BYTE_MAX = 0x7f;

/**
 * The one byte that goes around every text of these characters, all of which stand in `characters`.
 *
 * @returns {@link NO_QUOTE} if quotes are switched off; `undefined` if it depends on the text, or one has to be doubled.
 */
export function enclosingQuote(characters: string, options: CsvFormatOptions): number | undefined {
  if (options.disablesQuotes) return NO_QUOTE;
  const { quoteCharacter: quote, escapeCharacter: escape } = options;
  if (characters.includes(quote) || (escape !== undefined && characters.includes(escape))) return undefined;
  const quoteCode = quote.charCodeAt(0);
  const unsafeMax = Math.max(undoJavaEscapes(options.fieldDelimiter).charCodeAt(0), quoteCode);
  return unsafeMax >= SPACE && quoteCode <= BYTE_MAX ? quoteCode : undefined;
}

/** Puts a text into quotes where the rules ask for it. */
export type Quoting = (text: string) => string;

/**
 * The quoting rules of the library that Flink uses, which give more quotes than a reader would need: every character
 * up to the greater code of delimiter and quote character counts as unsafe.
 *
 * @param isFirst - for the first cell of a record, which could be taken for a comment.
 */
export function createQuoting(options: CsvFormatOptions, isFirst: boolean): Quoting {
  if (options.disablesQuotes) return (text) => text;
  const quote = options.quoteCharacter;
  const quoteCode = quote.charCodeAt(0);
  const escape = options.escapeCharacter;
  const unsafeMax = Math.max(undoJavaEscapes(options.fieldDelimiter).charCodeAt(0), quoteCode);
  // Without an escape character the library looks out for a backslash.
  const escapeCode = escape === undefined ? BACKSLASH : escape.charCodeAt(0);
  const guardsComments = isFirst && options.allowsComments;
  const inQuotes = (text: string): string => {
    let inside = text;
    if (escape !== undefined && escape !== quote && inside.includes(escape)) {
      inside = inside.replaceAll(escape, () => escape + escape);
    }
    if (inside.includes(quote)) inside = inside.replaceAll(quote, () => quote + quote);
    return quote + inside + quote;
  };
  return (text) => {
    if (text.length > UNQUOTED_MAX) return inQuotes(text);
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code <= unsafeMax || code === escapeCode) return inQuotes(text);
    }
    return guardsComments && text.charCodeAt(0) === HASH ? inQuotes(text) : text;
  };
}
