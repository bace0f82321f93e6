/**
 * Script text to tokens, for every script of the language: also one that the embedded runner refuses. It never throws;
 * what cannot be a token becomes an `invalid` one that says why, and reading goes on behind it.
 */
import type { Span } from "./ast.js";
import { FOREIGN_STARTS, FOREIGN_SYMBOLS } from "./foreign-symbols.js";
import { decodeHex, decodeString, type StringForm } from "./string-literal.js";
import type { LexicalFault, Token, TokenKind } from "./token.js";

/** Tokens in order, and the comments between them. @internal */
export interface LexedScript {
  readonly tokens: readonly Token[];
  readonly comments: readonly Span[];
}

const SYMBOLS_TWO = new Set(["<=", ">=", "<>", "=>", "||"]);
const SYMBOLS_ONE = new Set("(),;.=<>+-*/%[]".split(""));

const WORD_START = /[\p{L}\p{Nl}_]/u;
const WORD_PART = /[\p{L}\p{Nl}\p{Nd}\p{Mn}\p{Mc}\p{Pc}_$]/u;

const isDigit = (code: number): boolean => code >= 48 && code <= 57;
const isAsciiWordStart = (code: number): boolean =>
  (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95;
const isBlank = (code: number): boolean =>
  code === 32 || (code >= 9 && code <= 13) || code === 0xfeff || code === 0x3000;

type TokenParts = Partial<Pick<Token, "value" | "bytes" | "continuedAt" | "fault">>;

class Lexer {
  readonly tokens: Token[] = [];
  readonly comments: Span[] = [];
  readonly #text: string;
  #at = 0;
  #inHint = false;
  /** Whether the last token is a string. */
  #afterString = false;

  constructor(text: string) {
    this.#text = text;
  }

  run(): void {
    const text = this.#text;
    while (this.#at < text.length) {
      const code = text.charCodeAt(this.#at);
      if (isBlank(code)) this.#at++;
      else if (!this.#comment(code)) this.#token(code);
    }
  }

  /** Skips a comment, or reads the start or end of a hint. */
  #comment(code: number): boolean {
    const text = this.#text;
    const next = text.charCodeAt(this.#at + 1);
    if ((code === 45 && next === 45) || (code === 47 && next === 47)) {
      const start = this.#at;
      while (this.#at < text.length && text.charCodeAt(this.#at) !== 10 && text.charCodeAt(this.#at) !== 13)
        this.#at++;
      this.comments.push({ start, end: this.#at });
      return true;
    }
    if (code === 42 && next === 47 && this.#inHint) {
      this.#inHint = false;
      this.#add("symbol", this.#at, this.#at + 2, "*/", "", undefined);
      return true;
    }
    if (code !== 47 || next !== 42) return false;
    if (text.charCodeAt(this.#at + 2) === 43) {
      this.#inHint = true;
      this.#add("symbol", this.#at, this.#at + 3, "/*+", "", undefined);
      return true;
    }
    const end = text.indexOf("*/", this.#at + 2);
    if (end < 0) {
      this.#invalid(this.#at, text.length, {
        message: "A comment is not closed",
        hint: "Close it with */.",
        open: true,
      });
    } else {
      this.comments.push({ start: this.#at, end: end + 2 });
      this.#at = end + 2;
    }
    return true;
  }

  #token(code: number): void {
    const text = this.#text;
    const next = text.charCodeAt(this.#at + 1);
    if (code === 39) this.#string("plain", this.#at, this.#at + 1);
    else if (code === 96) this.#quotedName();
    else if (isDigit(code) || (code === 46 && isDigit(next))) this.#number();
    else if ((code === 69 || code === 101) && next === 39) this.#string("escaped", this.#at, this.#at + 2);
    else if ((code === 88 || code === 120) && next === 39) this.#string("binary", this.#at, this.#at + 2);
    else if ((code === 85 || code === 117) && next === 38 && text.charCodeAt(this.#at + 2) === 39)
      this.#string("unicode", this.#at, this.#at + 3);
    else if (isAsciiWordStart(code) || (code > 127 && WORD_START.test(this.#character(this.#at))))
      this.#word();
    else this.#symbol(code);
  }

  #character(at: number): string {
    return String.fromCodePoint(this.#text.codePointAt(at) ?? 0);
  }

  #word(): void {
    const text = this.#text;
    let end = this.#at;
    while (end < text.length) {
      const code = text.charCodeAt(end);
      if (isAsciiWordStart(code) || isDigit(code) || code === 36) end++;
      else if (code > 127) {
        const character = this.#character(end);
        if (!WORD_PART.test(character)) break;
        end += character.length;
      } else break;
    }
    const image = text.slice(this.#at, end);
    this.#add("word", this.#at, end, image.toUpperCase(), image, undefined);
  }

  #quotedName(): void {
    const text = this.#text;
    let end = this.#at + 1;
    for (;;) {
      const close = text.indexOf("`", end);
      if (close < 0) {
        this.#invalid(this.#at, this.#endOfLine(this.#at), {
          message: "A name in backquotes is not closed",
          hint: "Close it with a backquote; a backquote inside a name is doubled.",
          open: true,
        });
        return;
      }
      if (text.charCodeAt(close + 1) !== 96) {
        end = close + 1;
        break;
      }
      end = close + 2;
    }
    const value = text.slice(this.#at + 1, end - 1).replaceAll("``", "`");
    if (value === "") {
      this.#invalid(this.#at, end, {
        message: "A name between backquotes is empty",
        hint: "Write the name between the backquotes.",
      });
    } else this.#push("quotedName", this.#at, end, { value });
  }

  #number(): void {
    const pattern = /(?:\d+(?:\.\d*)?|\.\d+)([eE][+-]?\d+)?/y;
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    const image = match?.[0] ?? this.#character(this.#at);
    const kind = match?.[1] !== undefined ? "approximate" : image.includes(".") ? "decimal" : "integer";
    this.#add(kind, this.#at, this.#at + image.length, "", "", undefined);
  }

  #string(form: StringForm, start: number, bodyStart: number): void {
    let end = this.#endOfString(form, bodyStart);
    if (end < 0) {
      this.#invalid(start, this.#endOfLine(start), {
        message: "A string is not closed",
        hint: "Close it with a single quote; a quote inside a string is doubled.",
        open: true,
      });
      return;
    }
    const before = this.tokens.at(-1);
    if (this.#afterString && before !== undefined) {
      this.#invalid(start, end, {
        message: "Two strings stand side by side on one line",
        hint: "Put a comma or an operator between them; only strings on different lines count as one.",
      });
      return;
    }
    const raw = [this.#text.slice(bodyStart, end - 1)];
    const unicode = this.tokens.at(-2);
    if (before?.word === "UESCAPE" && unicode?.kind === "string" && /^u&/i.test(unicode.image)) {
      this.tokens.length -= 2;
      this.#finishString("unicode", unicode.image.slice(3, -1), unicode.start, end, undefined, raw[0]);
      return;
    }
    let continuedAt: number | undefined;
    for (let next = this.#continuation(end); next >= 0; next = this.#continuation(end)) {
      const nextEnd = this.#endOfString("plain", next + 1);
      if (nextEnd < 0) break;
      continuedAt ??= next;
      raw.push(this.#text.slice(next + 1, nextEnd - 1));
      end = nextEnd;
    }
    this.#finishString(form, raw.join(""), start, end, continuedAt);
  }

  /** Offset of the quote that goes on with a string that ended at `at`: behind a line break, blanks and comments. */
  #continuation(at: number): number {
    const text = this.#text;
    const comments: Span[] = [];
    let broken = false;
    for (let next = at; next < text.length; next++) {
      const code = text.charCodeAt(next);
      if (isBlank(code)) {
        broken ||= code === 10 || code === 13;
      } else if ((code === 45 || code === 47) && text.charCodeAt(next + 1) === code) {
        const end = this.#endOfLine(next);
        comments.push({ start: next, end });
        next = end - 1;
      } else {
        if (code !== 39 || !broken) return -1;
        this.comments.push(...comments);
        return next;
      }
    }
    return -1;
  }

  #finishString(
    form: StringForm,
    raw: string,
    start: number,
    end: number,
    continuedAt: number | undefined,
    escape = "\\",
  ): void {
    if (form === "binary") {
      const bytes = decodeHex(raw);
      if (bytes instanceof Uint8Array) this.#push("binary", start, end, { bytes, continuedAt });
      else this.#invalid(start, end, bytes);
    } else {
      const decoded = decodeString(raw, form, escape);
      if ("fault" in decoded) this.#invalid(start, end, decoded.fault);
      else this.#push("string", start, end, { value: decoded.value, continuedAt });
    }
    this.#afterString = true;
  }

  /** Offset behind the closing quote, -1 without one. */
  #endOfString(form: StringForm, bodyStart: number): number {
    const text = this.#text;
    for (let at = bodyStart; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === 92 && form === "escaped") at++;
      else if (code === 39) {
        if (text.charCodeAt(at + 1) !== 39) return at + 1;
        at++;
      }
    }
    return -1;
  }

  #symbol(code: number): void {
    const text = this.#text;
    const start = this.#at;
    if (code === 34) {
      this.#doubleQuoted(start);
      return;
    }
    const foreign = FOREIGN_STARTS.has(code)
      ? FOREIGN_SYMBOLS.find(([symbol]) => text.startsWith(symbol, start))
      : undefined;
    if (foreign !== undefined) {
      const [symbol, hint] = foreign;
      this.#invalid(start, start + symbol.length, {
        message: `'${symbol}' is not part of the language`,
        hint,
      });
      return;
    }
    const two = text.slice(start, start + 2);
    if (SYMBOLS_TWO.has(two)) this.#add("symbol", start, start + 2, two, "", undefined);
    else if (SYMBOLS_ONE.has(text.charAt(start)))
      this.#add("symbol", start, start + 1, text.charAt(start), "", undefined);
    else {
      const character = this.#character(start);
      let end = start + character.length;
      while (text.startsWith(character, end)) end += character.length;
      this.#invalid(start, end, {
        message: `'${character}' is not part of the language`,
        hint: "A name with such a character is written in backquotes.",
      });
    }
  }

  #doubleQuoted(start: number): void {
    const pattern = /"([^"\n\r]*)"/y;
    pattern.lastIndex = start;
    const match = pattern.exec(this.#text);
    const inside = match?.[1] ?? "";
    const shown = inside === "" || inside.length > 40 ? "name" : inside;
    this.#invalid(start, start + (match?.[0].length ?? 1), {
      message: "Double quotes quote nothing",
      hint: `Write \`${shown}\` for a name or '...' for a string.`,
    });
  }

  #endOfLine(at: number): number {
    const match = /[\n\r]/g;
    match.lastIndex = at;
    return match.exec(this.#text)?.index ?? this.#text.length;
  }

  #invalid(start: number, end: number, fault: LexicalFault): void {
    this.#push("invalid", start, end, { fault });
  }

  #push(kind: TokenKind, start: number, end: number, parts: TokenParts = {}): void {
    this.#add(kind, start, end, "", parts.value ?? "", parts);
  }

  /** The one place where a token is made, so that all have one shape. */
  #add(
    kind: TokenKind,
    start: number,
    end: number,
    word: string,
    value: string,
    parts: TokenParts | undefined,
  ): void {
    this.tokens.push({
      kind,
      start,
      end,
      image: this.#text.slice(start, end),
      word,
      value,
      bytes: parts?.bytes,
      continuedAt: parts?.continuedAt,
      fault: parts?.fault,
    });
    this.#afterString = false;
    this.#at = end;
  }
}

/** Reads a whole script. Never throws. @internal */
export function lex(text: string): LexedScript {
  const lexer = new Lexer(text);
  lexer.run();
  return { tokens: lexer.tokens, comments: lexer.comments };
}
