export const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const LETTER_E = 0x45;
export const OPEN_LIST = 0x5b;
export const CLOSE_LIST = 0x5d;
export const OPEN_MAP = 0x7b;
export const CLOSE_MAP = 0x7d;
const DEPTH_MAX = 16;
/** Farthest instant from 1970 that a Date holds. */
const INSTANT_MS_MAX = 8.64e15;

/** Thrown where the bytes are in another form than is known here; nobody but the scanner sees it. */
export const GIVE_UP = new Error("not in the form that the scanner knows");

/** A place in JSON, and what can be read or passed there: numbers, texts, punctuation without white space. */
export class JsonCursor {
  protected readonly bytes: Buffer;
  /** Place of the next byte. */
  protected at = 0;
  /** Has the text that was passed last an escape or a byte beyond ASCII? */
  protected isEscaped = false;
  protected isAscii = true;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** Seconds since 1970, in milliseconds. */
  protected instant(): number {
    const start = this.at;
    const bytes = this.bytes;
    let digits = 0;
    let mantissa = 0;
    let fraction = 0;
    let exponent = 0;
    let hasPoint = false;
    let at = start;
    for (; ; at += 1) {
      const byte = bytes[at] as number;
      if (byte >= 0x30 && byte <= 0x39) {
        mantissa = mantissa * 10 + (byte - 0x30);
        digits += 1;
        if (hasPoint) fraction += 1;
      } else if (byte === 0x2e && !hasPoint && digits > 0) hasPoint = true;
      else break;
    }
    // As Java writes large numbers: 1.763902123456E9.
    if (bytes[at] === LETTER_E && (bytes[at + 1] as number) >= 0x31 && (bytes[at + 1] as number) <= 0x39) {
      exponent = (bytes[at + 1] as number) - 0x30;
      at += 2;
    }
    const end = bytes[at];
    const scale = exponent - fraction + 3;
    const isShort = digits > 0 && digits <= 15 && scale >= 0 && scale <= 12 && bytes[start] !== 0x30;
    if (isShort && (!hasPoint || fraction > 0) && (end === COMMA || end === CLOSE_MAP)) {
      const ms = mantissa * (POWERS[scale] as number);
      if (ms <= INSTANT_MS_MAX) {
        this.at = at;
        return ms;
      }
    }
    const ms = Math.round(this.#number() * 1000);
    if (Math.abs(ms) > INSTANT_MS_MAX) throw GIVE_UP;
    return ms;
  }

  protected integer(): number {
    const value = this.#number();
    if (!Number.isSafeInteger(value)) throw GIVE_UP;
    return value;
  }

  /** Any number, by way of `JSON.parse`. */
  #number(): number {
    const start = this.at;
    let end = start;
    while (isOfNumber(this.bytes[end])) end += 1;
    const value: unknown = this.parsed(start, end);
    if (typeof value !== "number" || !Number.isFinite(value)) throw GIVE_UP;
    this.at = end;
    return value;
  }

  protected text(): string {
    const start = this.at;
    return this.parsed(start, this.passText()) as string;
  }

  /** A list that is seldom there and never long. */
  protected rareList(): readonly unknown[] {
    const start = this.at;
    if (this.bytes[start] !== OPEN_LIST) throw GIVE_UP;
    this.#passNested(0);
    return this.parsed(start, this.at) as unknown[];
  }

  /** Passes brackets and what is between them; whether it is JSON is seen when it is parsed. */
  #passNested(depth: number): void {
    const close = this.bytes[this.at] === OPEN_LIST ? CLOSE_LIST : CLOSE_MAP;
    if (depth > DEPTH_MAX) throw GIVE_UP;
    this.at += 1;
    for (;;) {
      const byte = this.bytes[this.at];
      if (byte === undefined) throw GIVE_UP;
      if (byte === QUOTE) this.passText();
      else if (byte === OPEN_LIST || byte === OPEN_MAP) this.#passNested(depth + 1);
      else {
        this.at += 1;
        if (byte === close) return;
      }
    }
  }

  /** @throws SyntaxError. */
  protected parsed(start: number, end: number): unknown {
    return JSON.parse(this.bytes.toString("utf8", start, end));
  }

  /** Passes a text with its quotes. @returns the place behind it. */
  protected passText(): number {
    const bytes = this.bytes;
    let at = this.at;
    if (bytes[at] !== QUOTE) throw GIVE_UP;
    let all = 0;
    this.isEscaped = false;
    for (at += 1; ; at += 1) {
      const byte = bytes[at];
      if (byte === QUOTE) break;
      if (byte === undefined || byte < 0x20) throw GIVE_UP;
      all |= byte;
      if (byte === BACKSLASH) {
        this.isEscaped = true;
        at += 1;
      }
    }
    this.isAscii = all < 0x80;
    this.at = at + 1;
    return at + 1;
  }

  /** Passes a comma or the closing bracket. @returns true for a comma. */
  protected isMore(close: number): boolean {
    const byte = this.bytes[this.at];
    this.at += 1;
    if (byte === COMMA) return true;
    if (byte === close) return false;
    throw GIVE_UP;
  }

  protected expect(wanted: number): void {
    if (this.bytes[this.at] !== wanted) throw GIVE_UP;
    this.at += 1;
  }

  protected pass(wanted: Buffer): void {
    if (!this.passIf(wanted)) throw GIVE_UP;
  }

  protected passIf(wanted: Buffer): boolean {
    const bytes = this.bytes;
    const at = this.at;
    for (let index = 0; index < wanted.length; index += 1) {
      if (bytes[at + index] !== wanted[index]) return false;
    }
    this.at = at + wanted.length;
    return true;
  }
}

const POWERS = Array.from({ length: 13 }, (_, exponent) => 10 ** exponent);

/** Digits, sign, point, exponent. */
function isOfNumber(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  return (byte >= 0x30 && byte <= 0x39) || "+-.eE".includes(String.fromCharCode(byte));
}
