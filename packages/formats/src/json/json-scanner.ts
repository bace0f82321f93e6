/**
 * Reads one JSON text from bytes, driven by readers that know which type comes next. Nothing is built that no column
 * asks for, and numbers are read from their digits, so that none loses any.
 *
 * A value that does not fit its column is a {@link JsonScanner.misfit}: it fails the message, or is NULL where errors
 * are ignored. Text that is no JSON always fails the message. Both fail by throwing one and the same object, which
 * costs no stack trace; what happened stands in the scanner.
 */
import { excerpt } from "../text/excerpt.js";
import { latin1Text, utf8Text } from "../text/message-text.js";
import { shortTexts } from "../text/short-texts.js";

/** What kind of value {@link JsonScanner.scalar} read. */
export type JsonToken = "null" | "true" | "false" | "number" | "string" | "object" | "array";

/** Deepest nesting, as in the parser that Flink uses. */
export const NESTING_MAX = 1000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const NO_BYTES = new Uint8Array(0);

/** Strings up to this much shorter than their message may keep the message's text alive. */
const RETAINED_CHARACTERS = 512;

/** Thrown when a message fails; see the scanner's fields. */
class JsonFailure extends Error {}

/** Value of each escape letter. */
const ESCAPES: Readonly<Record<number, string>> = {
  0x22: '"',
  0x5c: "\\",
  0x2f: "/",
  0x62: "\b",
  0x66: "\f",
  0x6e: "\n",
  0x72: "\r",
  0x74: "\t",
};

export class JsonScanner {
  /** What a failing message throws. */
  readonly failure = new JsonFailure("The message failed; the scanner says why.");
  bytes: Uint8Array = NO_BYTES;
  pos = 0;
  /** Text of the last {@link scalar}: digits of a number, content of a string. */
  text = "";
  /** Where and why the message failed. */
  reason = "";
  offset = 0;
  /** Names from the failed value outwards. */
  readonly path: string[] = [];
  /** Is text that is no JSON the reason, not a value? */
  isSyntax = false;
  readonly #isLenient: boolean;
  #latin1: string | undefined;

  /** @param isLenient - a value that does not fit is NULL. */
  constructor(isLenient: boolean) {
    this.#isLenient = isLenient;
  }

  reset(bytes: Uint8Array): void {
    this.bytes = bytes;
    this.pos = 0;
    this.#latin1 = undefined;
    // Setting an array's length is dear, and it is 0 already but for a message that failed.
    if (this.path.length > 0) this.path.length = 0;
    this.isSyntax = false;
  }

  /** Lets go of the message. */
  release(): void {
    this.reset(NO_BYTES);
    this.text = "";
  }

  /** Text that is no JSON. */
  syntaxError(reason: string, offset: number = this.pos): never {
    this.reason = reason;
    this.offset = offset;
    this.isSyntax = true;
    throw this.failure;
  }

  /** A value that does not fit its column; call with the whole value read. */
  misfit(start: number, expected: string): null {
    if (this.#isLenient) return null;
    const value = utf8Text(this.bytes, start, this.pos) ?? "";
    const shown = value.startsWith('"') ? value.slice(1, -1) : value;
    this.reason = `${excerpt(shown)} is not ${expected}.`;
    this.offset = start;
    throw this.failure;
  }

  /** A field that must be there and is not. */
  missing(name: string): never {
    this.reason = `The field ${excerpt(name)} is missing.`;
    this.offset = this.pos;
    this.path.push(name);
    throw this.failure;
  }

  /** Adds the name of a level to a failure that passes through it. */
  enclose(error: unknown, name: string | undefined): void {
    if (error === this.failure && !this.isSyntax && name !== undefined) this.path.push(name);
  }

  /** Moves to the next byte that is not blank and answers it; NaN at the end. */
  peek(): number {
    const { bytes } = this;
    let at = this.pos;
    while (at < bytes.length) {
      const byte = bytes[at] as number;
      if (byte > 32) {
        this.pos = at;
        return byte;
      }
      if (byte !== 32 && byte !== 10 && byte !== 13 && byte !== 9) break;
      at++;
    }
    this.pos = at;
    return at < bytes.length ? (bytes[at] as number) : Number.NaN;
  }

  /** What the byte at the position cannot be. */
  unexpected(wanted: string): never {
    const byte = this.peek();
    if (Number.isNaN(byte)) return this.syntaxError(`The text ends where ${wanted} should be.`);
    const found = byte < 0x80 ? excerpt(String.fromCharCode(byte)) : "a character beyond ASCII";
    return this.syntaxError(`There is ${found} where ${wanted} should be.`);
  }

  /** Characters between two positions that are known to be ASCII. */
  ascii(start: number, end: number): string {
    const all = (this.#latin1 ??= latin1Text(this.bytes, 0, this.bytes.length));
    // Long strings are views of the whole text: of a large message a short one is copied instead.
    if (all.length - (end - start) > RETAINED_CHARACTERS && end - start > 12) {
      return latin1Text(this.bytes, start, end);
    }
    return all.substring(start, end);
  }

  /** Reads a string, at its opening quote. */
  string(): string {
    const { bytes } = this;
    const start = this.pos + 1;
    let at = start;
    let byte = bytes[at] as number;
    while (byte !== QUOTE && byte !== BACKSLASH && byte < 0x80) byte = bytes[++at] as number;
    if (byte === QUOTE) {
      this.pos = at + 1;
      return shortTexts.find(bytes, start, at) ?? shortTexts.keep(this.ascii(start, at));
    }
    return this.#longString(start);
  }

  /** A string with escapes or characters beyond ASCII, from behind its quote. */
  #longString(start: number): string {
    const { bytes } = this;
    let value = "";
    let from = start;
    let at = start;
    for (;;) {
      const byte = bytes[at];
      if (byte === undefined) return this.syntaxError("The text ends within a string.", at);
      if (byte === QUOTE) break;
      if (byte === BACKSLASH) {
        value += this.#piece(from, at);
        at = this.#escape(at);
        value += this.text;
        from = at;
      } else {
        at++;
      }
    }
    value += this.#piece(from, at);
    this.pos = at + 1;
    return value;
  }

  #piece(start: number, end: number): string {
    if (start === end) return "";
    const text = utf8Text(this.bytes, start, end);
    return text ?? this.syntaxError("A string holds bytes that are no UTF-8.", start);
  }

  /** Leaves the character of the escape at `at` in {@link text}; answers the position behind it. */
  #escape(at: number): number {
    const letter = this.bytes[at + 1] as number;
    if (letter === 0x75) {
      const code = this.#hexadecimal(at + 2);
      this.text = String.fromCharCode(code);
      return at + 6;
    }
    const character = ESCAPES[letter];
    if (character === undefined)
      return this.syntaxError("A string holds an escape that JSON does not have.", at);
    this.text = character;
    return at + 2;
  }

  #hexadecimal(start: number): number {
    let code = 0;
    for (let at = start; at < start + 4; at++) {
      const byte = this.bytes[at] as number;
      const lower = byte | 32;
      const digit = byte >= 48 && byte <= 57 ? byte - 48 : lower >= 97 && lower <= 102 ? lower - 87 : -1;
      if (digit < 0) return this.syntaxError("A \\u escape needs four hexadecimal digits.", start - 2);
      code = code * 16 + digit;
    }
    return code;
  }

  /**
   * Reads a value of any kind. The content of a string and the digits of a number are then in {@link text}; objects
   * and arrays are passed over.
   */
  scalar(): JsonToken {
    const byte = this.peek();
    switch (byte) {
      case QUOTE:
        this.text = this.string();
        return "string";
      case 0x7b:
        this.skip();
        return "object";
      case 0x5b:
        this.skip();
        return "array";
      case 0x6e:
        this.literal("null");
        return "null";
      case 0x74:
        this.literal("true");
        return "true";
      case 0x66:
        this.literal("false");
        return "false";
      default: {
        const start = this.pos;
        this.number();
        this.text = this.ascii(start, this.pos);
        return "number";
      }
    }
  }

  /** Passes over `null`, `true` or `false`. */
  literal(word: "null" | "true" | "false"): void {
    const { bytes, pos } = this;
    for (let at = 0; at < word.length; at++) {
      if (bytes[pos + at] !== word.charCodeAt(at)) this.unexpected("a value");
    }
    const next = bytes[pos + word.length] as number;
    if (isWordByte(next)) this.unexpected("a value");
    this.pos = pos + word.length;
  }

  /** Passes over a number; true if it has neither fraction nor exponent. */
  number(): boolean {
    const { bytes } = this;
    let at = this.pos;
    if (bytes[at] === 0x2d) at++;
    const first = at;
    while (isDigit(bytes[at])) at++;
    if (at === first) return this.unexpected("a value");
    if (at - first > 1 && bytes[first] === 0x30)
      return this.syntaxError("A number starts with a zero.", first);
    let isInteger = true;
    if (bytes[at] === 0x2e) {
      isInteger = false;
      at = this.#digits(at + 1);
    }
    if (((bytes[at] as number) | 32) === 0x65) {
      isInteger = false;
      const sign = bytes[at + 1];
      at = this.#digits(sign === 0x2b || sign === 0x2d ? at + 2 : at + 1);
    }
    if (isWordByte(bytes[at] as number))
      return this.syntaxError("A number is followed by other characters.", at);
    this.pos = at;
    return isInteger;
  }

  /** Position behind at least one digit. */
  #digits(start: number): number {
    let at = start;
    while (isDigit(this.bytes[at])) at++;
    return at > start ? at : this.syntaxError("A number lacks digits.", at);
  }

  /** Passes over a value of any kind, checking its structure. */
  skip(): void {
    // Closing brackets that are still to come.
    let closers: number[] | undefined;
    for (;;) {
      const byte = this.peek();
      if (byte === 0x7b || byte === 0x5b) {
        if (closers !== undefined && closers.length >= NESTING_MAX) this.tooDeep();
        this.pos++;
        const closer = byte === 0x7b ? 0x7d : 0x5d;
        if (this.peek() === closer) {
          this.pos++;
        } else {
          closers ??= [];
          closers.push(closer);
          if (byte === 0x7b) this.skipName();
          continue;
        }
      } else {
        this.#skipScalar(byte);
      }
      if (closers === undefined || this.#closeOrContinue(closers)) return;
    }
  }

  /** Behind a value: passes over `,` and closing brackets. True if the outermost value has ended. */
  #closeOrContinue(closers: number[]): boolean {
    while (closers.length > 0) {
      const byte = this.peek();
      const closer = closers.at(-1);
      if (byte === 0x2c) {
        this.pos++;
        if (closer === 0x7d) this.skipName();
        return false;
      }
      if (byte !== closer) this.unexpected(closer === 0x7d ? "',' or '}'" : "',' or ']'");
      this.pos++;
      closers.pop();
    }
    return true;
  }

  #skipScalar(byte: number): void {
    if (byte === QUOTE) this.skipString();
    else if (byte === 0x6e) this.literal("null");
    else if (byte === 0x74) this.literal("true");
    else if (byte === 0x66) this.literal("false");
    else this.number();
  }

  /** Passes over a field's name and its colon. */
  skipName(): void {
    if (this.peek() !== QUOTE) this.unexpected("a field's name");
    this.skipString();
    this.colon();
  }

  /** Passes over a string, at its opening quote. */
  skipString(): void {
    const { bytes } = this;
    let at = this.pos + 1;
    for (;;) {
      const byte = bytes[at];
      if (byte === QUOTE) break;
      if (byte === undefined) this.syntaxError("The text ends within a string.", at);
      at = byte === BACKSLASH ? this.#escape(at) : at + 1;
    }
    this.pos = at + 1;
  }

  colon(): void {
    if (this.peek() !== 0x3a) this.unexpected("':'");
    this.pos++;
  }

  tooDeep(): never {
    return this.syntaxError(`Values are nested deeper than ${NESTING_MAX} levels.`);
  }
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 48 && byte <= 57;
}

/** Would this byte make a word or number longer? */
function isWordByte(byte: number): boolean {
  const lower = byte | 32;
  return (byte >= 48 && byte <= 57) || (lower >= 97 && lower <= 122) || byte === 0x2e || byte === 0x5f;
}
