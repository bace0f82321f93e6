/**
 * Writes messages as bytes, many into one buffer: no string is put together, joined and encoded for a message. A
 * message is a view of its buffer, which is never written to again at that place.
 */
import { dayOfMillis, formatDate } from "@tributary/core";
import type { Instant, LocalTimestamp } from "@tributary/core";
import { longParts, splitLong } from "./long-halves.js";
import { MessageBuffer } from "./message-buffer.js";

/** Texts up to this length are copied here; the native encoder is faster for longer ones. */
const SHORT_TEXT = 64;
/** Most bytes of a UTF-16 unit in UTF-8. */
const UNIT_BYTES_MAX = 3;
const MILLIS_PER_DAY = 86_400_000;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const INT_MAX = 0x7fffffff;
const TWO_POW_32 = 2 ** 32;
const TWO_POW_16 = 2 ** 16;
/** As many digits at a time fit 32 bits. */
const BILLION = 1_000_000_000;
const BILLION_DIGITS = 9;

export class ByteWriter extends MessageBuffer {
  /** The day whose date was written last, and its text. */
  #day = 0;
  #date = "1970-01-01";

  /** A few bytes as they are. */
  bytes(bytes: Uint8Array): void {
    const { length } = bytes;
    this.reserve(length);
    const { slab, pos } = this;
    for (let at = 0; at < length; at++) slab[pos + at] = bytes[at] as number;
    this.pos = pos + length;
  }

  /** Any text, as UTF-8. */
  text(text: string): void {
    const { length } = text;
    this.reserve(length * UNIT_BYTES_MAX);
    const bytes = this.slab;
    let at = this.pos;
    if (length <= SHORT_TEXT) {
      let index = 0;
      for (; index < length; index++) {
        const code = text.charCodeAt(index);
        if (code >= 0x80) break;
        bytes[at++] = code;
      }
      this.pos = at;
      if (index === length) return;
      text = text.slice(index);
    }
    this.pos += bytes.write(text, this.pos, "utf8");
  }

  /**
   * A short text within quotes if nothing in it has to be escaped.
   *
   * @returns false, with nothing written, for any other text.
   */
  plainString(text: string): boolean {
    const { length } = text;
    if (length > SHORT_TEXT) return false;
    this.reserve(length + 2);
    const bytes = this.slab;
    let at = this.pos;
    bytes[at++] = QUOTE;
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index);
      if (code < 32 || code >= 0x80 || code === QUOTE || code === BACKSLASH) return false;
      bytes[at++] = code;
    }
    bytes[at++] = QUOTE;
    this.pos = at;
    return true;
  }

  /** A safe integer. */
  integer(value: number): void {
    if (value > INT_MAX || value < -INT_MAX) {
      this.text(String(value));
      return;
    }
    let rest = value;
    if (value < 0) {
      this.byte(0x2d);
      rest = -value;
    }
    this.#digits(rest, countDigits(rest));
  }

  /** A whole number of 64 bits. @returns false, with nothing written, if it has more. */
  long(value: bigint): boolean {
    if (!splitLong(value)) return false;
    let { low, high } = longParts;
    if (high === low >> 31 && low !== -INT_MAX - 1) {
      this.integer(low);
      return true;
    }
    if (high < 0) {
      this.byte(0x2d);
      high = low === 0 ? -high : ~high;
      low = -low;
    }
    this.#unsigned(low >>> 0, high >>> 0);
    return true;
  }

  /** Digits of `high * 2^32 + low`, of at most 64 bits: nine at a time, from the last ones on. */
  #unsigned(low: number, high: number): void {
    const first = Math.floor(high / BILLION);
    let rest = (high - first * BILLION) * TWO_POW_16 + Math.floor(low / TWO_POW_16);
    const second = Math.floor(rest / BILLION);
    rest = (rest - second * BILLION) * TWO_POW_16 + (low & 0xffff);
    const third = Math.floor(rest / BILLION);
    const last = rest - third * BILLION;
    const upper = first * TWO_POW_32 + second * TWO_POW_16 + third;
    const top = Math.floor(upper / BILLION);
    const middle = upper - top * BILLION;
    if (top > 0) {
      this.#digits(top, countDigits(top));
      this.#digits(middle, BILLION_DIGITS);
      this.#digits(last, BILLION_DIGITS);
    } else if (middle > 0) {
      this.#digits(middle, countDigits(middle));
      this.#digits(last, BILLION_DIGITS);
    } else {
      this.#digits(last, countDigits(last));
    }
  }

  /** A decimal number of `unscaled / 10 ** scale`, both from 0 on; `unscaled` below 2^31. */
  decimal(unscaled: number, scale: number): void {
    if (scale === 0) {
      this.integer(unscaled);
      return;
    }
    const power = 10 ** scale;
    const whole = Math.floor(unscaled / power);
    this.#digits(whole, countDigits(whole));
    this.byte(0x2e);
    this.#digits(unscaled - whole * power, scale);
  }

  /** The last `count` digits of a number below 2^31, zeros in front. */
  #digits(value: number, count: number): void {
    this.reserve(count);
    const bytes = this.slab;
    let rest = value;
    for (let at = this.pos + count - 1; at >= this.pos; at--) {
      const next = (rest / 10) | 0;
      bytes[at] = 48 + rest - next * 10;
      rest = next;
    }
    this.pos += count;
  }

  /** Date, separator, time, and the fraction as far as its last digit that is not zero. */
  timestamp({ epochMillis, nanosOfMilli }: LocalTimestamp | Instant, separator: number): void {
    const day = dayOfMillis(epochMillis);
    if (day !== this.#day) {
      this.#day = day;
      this.#date = formatDate(day);
    }
    this.text(this.#date);
    this.byte(separator);
    const millis = (epochMillis - day * MILLIS_PER_DAY) | 0;
    const seconds = (millis / 1_000) | 0;
    const minutes = (seconds / 60) | 0;
    const hours = (minutes / 60) | 0;
    this.#digits(hours, 2);
    this.byte(0x3a);
    this.#digits(minutes - hours * 60, 2);
    this.byte(0x3a);
    this.#digits(seconds - minutes * 60, 2);
    const milli = millis - seconds * 1_000;
    if (nanosOfMilli !== 0) this.#fraction(milli * 1_000_000 + nanosOfMilli, 9);
    else if (milli !== 0) this.#fraction(milli, 3);
  }

  /** A point and `count` digits without the zeros at their end. */
  #fraction(value: number, count: number): void {
    let digits = value | 0;
    let length = count;
    for (let next = (digits / 10) | 0; next * 10 === digits; next = (digits / 10) | 0) {
      digits = next;
      length--;
    }
    this.byte(0x2e);
    this.#digits(digits, length);
  }
}

function countDigits(value: number): number {
  if (value < 10) return 1;
  if (value < 100) return 2;
  if (value < 1_000) return 3;
  if (value < 10_000) return 4;
  if (value < 100_000) return 5;
  if (value < 1_000_000) return 6;
  if (value < 10_000_000) return 7;
  if (value < 100_000_000) return 8;
  return value < 1_000_000_000 ? 9 : 10;
}
