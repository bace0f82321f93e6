/**
 * Splits one record into cells. A cell is a range of the message's bytes; only one with doubled quotes or escapes is
 * put together as text of its own.
 *
 * As in the reader of json, a failing message throws one and the same object; what happened stands in the scanner.
 */
import { excerpt } from "../text/excerpt.js";
import { latin1Text, utf8Text } from "../text/message-text.js";
import { shortTexts } from "../text/short-texts.js";
import { passComments, standsAt } from "./csv-dialect.js";
import type { CsvDialect } from "./csv-dialect.js";

const LF = 10;
const CR = 13;
const SPACE = 32;
const NO_BYTES = new Uint8Array(0);
/** No byte has this value. */
const NONE = -1;

/** Strings up to this much shorter than their message may keep the message's text alive. */
const RETAINED_CHARACTERS = 512;

/** Thrown when a message fails; see the scanner's fields. */
class CsvFailure extends Error {}

/** What an escaped letter stands for; anything else stands for itself. */
const ESCAPED: Readonly<Record<number, string>> = { 0x6e: "\n", 0x72: "\r", 0x74: "\t", 0x30: "\0" };

export interface CsvScannerSettings {
  readonly dialect: CsvDialect;
  readonly isLenient: boolean;
  readonly trimsSpaces: boolean;
  readonly ignoresSurplusCells: boolean;
  readonly allowsTrailingComma: boolean;
}

export class CsvScanner {
  /** What a failing message throws. */
  readonly failure = new CsvFailure("The message failed; the scanner says why.");
  bytes: Uint8Array = NO_BYTES;
  /** The cell at hand: a range of bytes ... */
  start = 0;
  end = 0;
  /** ... unless its text had to be put together. */
  built: string | undefined;
  /** Where the next cell starts. */
  pos = 0;
  /** Does another cell follow the last one? */
  follows = false;
  reason = "";
  offset = 0;
  /** Names from the failed value outwards. */
  readonly path: string[] = [];
  /** Could the record not be taken apart? Then the reason is no matter of one column. */
  #isSplitFault = false;
  #latin1: string | undefined;
  readonly #settings: CsvScannerSettings;
  readonly #trimsSpaces: boolean;
  readonly #hasComments: boolean;
  readonly #delimiter: number;
  readonly #delimiterLength: number;
  readonly #quote: number;
  readonly #escape: number;

  constructor(settings: CsvScannerSettings) {
    this.#settings = settings;
    this.#trimsSpaces = settings.trimsSpaces;
    this.#hasComments = settings.dialect.hasComments;
    const { delimiter, quote, escape } = settings.dialect;
    this.#delimiter = delimiter[0] as number;
    this.#delimiterLength = delimiter.length;
    this.#quote = quote?.[0] ?? NONE;
    this.#escape = escape?.[0] ?? NONE;
  }

  /** Starts a message whose byte order mark is gone. @throws if nothing is left of it. */
  reset(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.#latin1 = undefined;
    if (this.path.length > 0) this.path.length = 0;
    this.follows = true;
    this.pos = this.#hasComments ? passComments(this.#settings.dialect, bytes, 0) : 0;
    if (this.pos >= bytes.length) {
      this.splitError(bytes.length === 0 ? "The message is empty." : "The message holds no record.");
    }
  }

  /** Lets go of the message. */
  release(): void {
    this.bytes = NO_BYTES;
    this.#latin1 = undefined;
    this.built = undefined;
  }

  /** The record cannot be taken apart. */
  splitError(reason: string, offset: number = this.pos): never {
    this.#isSplitFault = true;
    this.reason = reason;
    this.offset = offset;
    throw this.failure;
  }

  /** A cell that does not fit its column. */
  misfit(text: string, expected: string): null {
    if (this.#settings.isLenient) return null;
    this.reason = `${excerpt(text)} is not ${expected}.`;
    this.offset = this.start;
    this.#isSplitFault = false;
    throw this.failure;
  }

  /** Adds the name of a level to a failure that passes through it. */
  enclose(error: unknown, name: string): void {
    if (error === this.failure && !this.#isSplitFault) this.path.push(name);
  }

  /**
   * Ends an unquoted cell, or one behind its closing quote, if a delimiter of one byte or the record's end is at `at`.
   *
   * @returns false, with nothing done, if neither is.
   */
  endsAt(at: number): boolean {
    const byte = this.bytes[at];
    if (byte === this.#delimiter) {
      this.pos = at + 1;
      this.follows = true;
      return true;
    }
    if (byte !== undefined && byte !== LF && byte !== CR) return false;
    this.pos = at;
    this.follows = false;
    return true;
  }

  /** Finds the next cell, and whether another one follows it. */
  cell(): void {
    this.follows = this.#cell();
  }

  #cell(): boolean {
    const { bytes } = this;
    let at = this.pos;
    this.built = undefined;
    if (this.#trimsSpaces) at = this.#passBlanks(at);
    if (bytes[at] === this.#quote && this.#isQuote(at)) return this.#quotedCell(at);
    const start = at;
    const delimiter = this.#delimiter;
    const escape = this.#escape;
    for (;;) {
      const byte = bytes[at];
      if (byte === delimiter && (this.#delimiterLength === 1 || this.#isDelimiter(at))) {
        this.#setCell(start, at);
        this.pos = at + this.#delimiterLength;
        return true;
      }
      if (byte === LF || byte === CR || byte === undefined) {
        this.#setCell(start, at);
        this.pos = at;
        return false;
      }
      if (byte === escape && this.#isEscape(at)) return this.#escapedCell(start);
      at++;
    }
  }

  #isDelimiter(at: number): boolean {
    return standsAt(this.#settings.dialect.delimiter, this.bytes, at);
  }

  #isQuote(at: number): boolean {
    const { quote } = this.#settings.dialect;
    return quote !== undefined && standsAt(quote, this.bytes, at);
  }

  #isEscape(at: number): boolean {
    const { escape } = this.#settings.dialect;
    return escape !== undefined && standsAt(escape, this.bytes, at);
  }

  /** Position of the next byte that is neither blank nor a delimiter nor a line end. */
  #passBlanks(start: number): number {
    const { bytes } = this;
    let at = start;
    while ((bytes[at] as number) <= SPACE && bytes[at] !== LF && bytes[at] !== CR && !this.#isDelimiter(at))
      at++;
    return at;
  }

  #setCell(start: number, end: number): void {
    this.start = start;
    this.end = end;
    if (this.#trimsSpaces) {
      while (this.end > start && (this.bytes[this.end - 1] as number) <= SPACE) this.end--;
    }
  }

  /** A cell at its opening quote. */
  #quotedCell(open: number): boolean {
    const { bytes } = this;
    const quoteLength = this.#settings.dialect.quote?.length ?? 1;
    let from = open + quoteLength;
    let at = from;
    let text: string | undefined;
    for (;;) {
      const byte = bytes[at];
      if (byte === undefined) return this.splitError("The message ends within quotes.", open);
      if (byte === this.#escape && this.#isEscape(at)) {
        text = (text ?? "") + this.#piece(from, at);
        at = this.#unescape(at);
        text += this.#unescaped;
        from = at;
      } else if (byte === this.#quote && this.#isQuote(at)) {
        const next = at + quoteLength;
        if (!this.#isQuote(next)) break;
        text = (text ?? "") + this.#piece(from, next);
        at = next + quoteLength;
        from = at;
      } else {
        at++;
      }
    }
    if (text !== undefined) this.built = text + this.#piece(from, at);
    this.start = from;
    this.end = at;
    return this.#endOfQuotedCell(at + quoteLength);
  }

  /** Behind a closing quote. */
  #endOfQuotedCell(behind: number): boolean {
    const at = this.#passBlanks(behind);
    const byte = this.bytes[at];
    this.pos = at;
    if (byte === LF || byte === CR || byte === undefined) return false;
    if (!this.#isDelimiter(at))
      return this.splitError("A closing quote is followed by other characters.", at);
    this.pos = at + this.#delimiterLength;
    return true;
  }

  /** An unquoted cell with escapes. */
  #escapedCell(start: number): boolean {
    const { bytes } = this;
    let text = "";
    let from = start;
    let at = start;
    for (;;) {
      const byte = bytes[at];
      if (
        byte === LF ||
        byte === CR ||
        byte === undefined ||
        (byte === this.#delimiter && this.#isDelimiter(at))
      ) {
        break;
      }
      if (byte === this.#escape && this.#isEscape(at)) {
        text += this.#piece(from, at);
        at = this.#unescape(at);
        text += this.#unescaped;
        from = at;
      } else {
        at++;
      }
    }
    text += this.#piece(from, at);
    this.start = start;
    this.end = at;
    this.built = this.#trimsSpaces ? withoutTrailingBlanks(text) : text;
    const isDelimited = bytes[at] === this.#delimiter && this.#isDelimiter(at);
    this.pos = isDelimited ? at + this.#delimiterLength : at;
    return isDelimited;
  }

  /** What the last escape stood for. */
  #unescaped = "";

  /** Reads an escape; answers the position behind it. */
  #unescape(at: number): number {
    const start = at + (this.#settings.dialect.escape?.length ?? 1);
    const byte = this.bytes[start];
    if (byte === undefined) return this.splitError("The message ends with an escape character.", at);
    let end = start + 1;
    while (((this.bytes[end] as number) & 0xc0) === 0x80) end++;
    this.#unescaped = ESCAPED[byte] ?? this.#piece(start, end);
    return end;
  }

  #piece(start: number, end: number): string {
    if (start === end) return "";
    return utf8Text(this.bytes, start, end) ?? this.#notUtf8(start);
  }

  #notUtf8(start: number): never {
    this.reason = "A cell holds bytes that are no UTF-8.";
    this.offset = start;
    this.#isSplitFault = false;
    throw this.failure;
  }

  /** Text of the cell at hand. */
  text(): string {
    if (this.built !== undefined) return this.built;
    const { bytes, start, end } = this;
    for (let at = start; at < end; at++) {
      if ((bytes[at] as number) >= 0x80) return this.#piece(start, end);
    }
    return shortTexts.find(bytes, start, end) ?? shortTexts.keep(this.#ascii(start, end));
  }

  #ascii(start: number, end: number): string {
    const { bytes } = this;
    const all = (this.#latin1 ??= latin1Text(bytes, 0, bytes.length));
    if (all.length - (end - start) > RETAINED_CHARACTERS && end - start > 12)
      return latin1Text(bytes, start, end);
    return all.substring(start, end);
  }

  /** Is the cell at hand this text? */
  isText(text: string, utf8: Uint8Array): boolean {
    if (this.built !== undefined) return this.built === text;
    return this.end - this.start === utf8.length && standsAt(utf8, this.bytes, this.start);
  }

  /** Cells beyond the `expected` ones. @throws unless the options allow them. */
  surplus(expected: number): void {
    this.cell();
    const { ignoresSurplusCells, allowsTrailingComma } = this.#settings;
    if (allowsTrailingComma && !this.follows && this.text().replace(BLANKS, "") === "") return;
    if (!ignoresSurplusCells) {
      this.splitError(
        `${expectedCells(expected)}, and cell ${expected + 1}, ${excerpt(this.text())}, is one too many.`,
        this.start,
      );
    }
    while (this.follows) this.cell();
  }

  /** Fewer cells than columns. */
  missing(expected: number, found: number): never {
    return this.splitError(`${expectedCells(expected)} and ${found} ${found === 1 ? "was" : "were"} found.`);
  }
}

// oxlint-disable-next-line no-control-regex -- blanks are all characters up to U+0020
const BLANKS = /[\u0000-\u0020]/g;

/** A loop, since a regular expression would start again at each of many blanks. */
function withoutTrailingBlanks(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) <= SPACE) end--;
  return text.slice(0, end);
}

function expectedCells(count: number): string {
  return count === 1 ? "1 cell is expected" : `${count} cells are expected`;
}
