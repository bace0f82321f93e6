/**
 * Script text to tokens, for every script of the language: also one that the embedded runner refuses. It never throws;
 * what cannot be a token becomes an `invalid` one that says why, and reading goes on behind it.
 */
import type { Span } from "./ast.js";
import { decodeHex, decodeString, type StringForm } from "./string-literal.js";
import type { LexicalFault, Token, TokenKind } from "./token.js";

/** Tokens in order, and the comments between them. @internal */
export interface LexedScript {
  readonly tokens: readonly Token[];
  readonly comments: readonly Span[];
}

const SYMBOLS_TWO = new Set(["<=", ">=", "<>", "=>", "||"]);
const SYMBOLS_ONE = new Set("(),;.=<>+-*/%[]".split(""));

/** Longest first: `<=>` before `<=`. */
const FOREIGN_SYMBOLS: readonly (readonly [symbol: string, hint: string])[] = [
  ["<=>", "Write a IS NOT DISTINCT FROM b."],
  ["!=", "Write <> for 'not equal'."],
  ["==", "Write = for 'equal'."],
  ["=<", "Write <= for 'at most'."],
  ["&&", "Write AND."],
  ["::", "Write CAST(x AS type)."],
  ["->", "Write x.field or map['key']."],
  ["!", "Write NOT, or <> for 'not equal'."],
  ["?", "Parameters are not part of a script; write the value."],
  ["\u2018", "Write strings between straight single quotes: 'text'."],
  ["\u2019", "Write strings between straight single quotes: 'text'."],
  ["\u201c", "Write strings between straight single quotes: 'text'."],
  ["\u201d", "Write strings between straight single quotes: 'text'."],
  ["\u00a0", "This is a no-break space; put a plain blank in its place."],
];

const WORD_START = /[\p{L}\p{Nl}_]/u;
const WORD_PART = /[\p{L}\p{Nl}\p{Nd}\p{Mn}\p{Mc}\p{Pc}_$]/u;

const isDigit = (code: number): boolean => code >= 48 && code <= 57;
const isAsciiWordStart = (code: number): boolean =>
  (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95;
const isBlank = (code: number): boolean =>
  code === 32 || (code >= 9 && code <= 13) || code === 0xfeff || code === 0x3000;

class Lexer {
  readonly tokens: Token[] = [];
  readonly comments: Span[] = [];
  readonly #text: string;
  #at = 0;
  #inHint = false;
  /** Form and raw text of the last token while it is a string. */
  #lastString: { form: StringForm; raw: string } | undefined;

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
      this.#push("symbol", this.#at, this.#at + 2, { word: "*/" });
      return true;
    }
    if (code !== 47 || next !== 42) return false;
    if (text.charCodeAt(this.#at + 2) === 43) {
      this.#inHint = true;
      this.#push("symbol", this.#at, this.#at + 3, { word: "/*+" });
      return true;
    }
    const end = text.indexOf("*/", this.#at + 2);
    if (end < 0) {
      this.#invalid(this.#at, text.length, {
        message: "A comment is not closed",
        hint: "Close it with */.",
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
    this.#push("word", this.#at, end, { word: image.toUpperCase(), value: image });
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
    this.#push(kind, this.#at, this.#at + image.length, {});
  }

  #string(form: StringForm, start: number, bodyStart: number): void {
    const end = this.#endOfString(form, bodyStart);
    if (end < 0) {
      this.#invalid(start, this.#endOfLine(start), {
        message: "A string is not closed",
        hint: "Close it with a single quote; a quote inside a string is doubled.",
      });
      return;
    }
    const raw = this.#text.slice(bodyStart, end - 1);
    const last = this.#lastString;
    const previous = this.tokens.at(-1);
    if (last !== undefined && previous !== undefined && previous.kind !== "invalid") {
      if (form === "plain" && /[\n\r]/.test(this.#text.slice(previous.end, start))) {
        this.tokens.pop();
        this.#finishString(last.form, last.raw + raw, previous.start, end, start);
        return;
      }
      this.#invalid(start, end, {
        message: "Two strings stand side by side on one line",
        hint: "Put a comma or an operator between them; only strings on different lines count as one.",
      });
      return;
    }
    const before = this.tokens.at(-2);
    if (previous?.word === "UESCAPE" && before?.kind === "string" && /^u&/i.test(before.image)) {
      this.tokens.length -= 2;
      this.#finishString("unicode", before.image.slice(3, -1), before.start, end, undefined, raw);
      return;
    }
    this.#finishString(form, raw, start, end, undefined);
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
    this.#lastString = { form, raw };
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
    const foreign = FOREIGN_SYMBOLS.find(([symbol]) => text.startsWith(symbol, start));
    if (foreign !== undefined) {
      const [symbol, hint] = foreign;
      this.#invalid(start, start + symbol.length, {
        message: `'${symbol}' is not part of the language`,
        hint,
      });
      return;
    }
    const two = text.slice(start, start + 2);
    if (SYMBOLS_TWO.has(two)) this.#push("symbol", start, start + 2, { word: two });
    else if (SYMBOLS_ONE.has(text.charAt(start)))
      this.#push("symbol", start, start + 1, { word: text.charAt(start) });
    else {
      const character = this.#character(start);
      this.#invalid(start, start + character.length, {
        message: `'${character}' is not part of the language`,
        hint: "A name with such a character is written in backquotes.",
      });
    }
  }

  #doubleQuoted(start: number): void {
    const close = this.#text.indexOf('"', start + 1);
    const closed = close >= 0 && close < this.#endOfLine(start);
    const inside = closed ? this.#text.slice(start + 1, close) : "name";
    const shown = inside.length > 40 ? "name" : inside;
    this.#invalid(start, closed ? close + 1 : start + 1, {
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

  #push(
    kind: TokenKind,
    start: number,
    end: number,
    parts: Partial<Pick<Token, "word" | "value" | "bytes" | "continuedAt" | "fault">>,
  ): void {
    this.tokens.push({
      kind,
      start,
      end,
      image: this.#text.slice(start, end),
      word: parts.word ?? "",
      value: parts.value ?? "",
      bytes: parts.bytes,
      continuedAt: parts.continuedAt,
      fault: parts.fault,
    });
    this.#lastString = undefined;
    this.#at = end;
  }
}

/** Reads a whole script. Never throws. @internal */
export function lex(text: string): LexedScript {
  const lexer = new Lexer(text);
  lexer.run();
  return { tokens: lexer.tokens, comments: lexer.comments };
}
