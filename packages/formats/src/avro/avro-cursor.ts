/**
 * Reads Avro's binary encoding. Every length is checked against what is left of the message before anything is built
 * from it. A message that fails throws one and the same object, which costs no stack trace; what happened stands in
 * the cursor.
 */
import { longOfHalves, longOfNumber } from "../text/long-halves.js";
import { latin1Text, utf8Text } from "../text/message-text.js";
import { shortTexts } from "../text/short-texts.js";

/** Thrown when a message fails; see the cursor's fields. */
class AvroFailure extends Error {}

/** Deepest nesting of records that are passed over: a writer's schema can be recursive. */
const DEPTH_MAX = 1_000;
/** Most elements of an array whose elements take no bytes: nothing else limits their number. */
const EMPTY_ELEMENTS_MAX = 1_048_576;
const TWO_POW_32 = 2 ** 32;
/** With an upper half below this, 53 bits in all, a long is exact as a number. */
const EXACT_HIGH = 2 ** 21;
/** Strings up to this much shorter than their message may keep the message's text alive. */
const RETAINED_CHARACTERS = 512;
/** Longer strings are decoded natively at once. */
const SHORT_STRING = 64;
const NO_BYTES = new Uint8Array(0);

const scratch = new DataView(new ArrayBuffer(8));
const scratchBytes = new Uint8Array(scratch.buffer);

export class AvroCursor {
  /** What a failing message throws. */
  readonly failure = new AvroFailure("The message failed; the cursor says why.");
  bytes: Uint8Array = NO_BYTES;
  pos = 0;
  /** Where and why the message failed. */
  reason = "";
  offset = 0;
  /** Names from the failed value outwards. */
  readonly path: string[] = [];
  #latin1: string | undefined;
  #depth = 0;

  reset(bytes: Uint8Array, start: number): void {
    this.bytes = bytes;
    this.pos = start;
    // Setting an array's length is dear, and it is 0 already but for a message that failed.
    if (this.path.length > 0) this.path.length = 0;
    this.#latin1 = undefined;
    this.#depth = 0;
  }

  /** Lets go of the message. */
  release(): void {
    this.reset(NO_BYTES, 0);
  }

  fail(reason: string, offset: number = this.pos): never {
    this.reason = reason;
    this.offset = offset;
    throw this.failure;
  }

  /** Adds the name of a level to a failure that passes through it. */
  enclose(error: unknown, name: string | undefined): void {
    if (error === this.failure && name !== undefined) this.path.push(name);
  }

  /** Fails if fewer than `count` bytes are left. @returns the position before them; moves behind them. */
  take(count: number, what: string): number {
    const start = this.pos;
    if (count > this.bytes.length - start) this.#endsWithin(what);
    this.pos = start + count;
    return start;
  }

  #endsWithin(what: string): never {
    return this.fail(`The message ends within ${what}.`, Math.min(this.pos, this.bytes.length));
  }

  boolean(): boolean {
    const byte = this.bytes[this.take(1, "a boolean")] as number;
    if (byte > 1) this.fail(`A boolean is 0 or 1, and this is ${byte}.`, this.pos - 1);
    return byte === 1;
  }

  int(): number {
    const byte = this.bytes[this.pos] as number;
    // Also false behind the end.
    if (byte < 0x80) {
      this.pos++;
      return (byte >>> 1) ^ -(byte & 1);
    }
    const start = this.pos;
    const value = this.longNumber();
    if ((value | 0) !== value) this.fail(`${value} is beyond 32 bits.`, start);
    return value;
  }

  /** A long as a number. Fails if a number cannot hold it exactly. */
  longNumber(): number {
    const start = this.pos;
    const value = this.whole();
    if (typeof value === "number" && value >= Number.MIN_SAFE_INTEGER) return value;
    return this.fail(`${value} is beyond what a number here can hold.`, start);
  }

  /** A long: a number where that is exact, else a bigint. */
  whole(): number | bigint {
    this.#longHalves();
    return high >= -EXACT_HIGH && high < EXACT_HIGH
      ? high * TWO_POW_32 + (low >>> 0)
      : longOfHalves(low, high);
  }

  long(): bigint {
    const { bytes, pos } = this;
    const first = bytes[pos] as number;
    // Also false behind the end.
    if (first < 0x80) {
      this.pos = pos + 1;
      return longOfNumber((first >>> 1) ^ -(first & 1));
    }
    this.#longHalves();
    return longOfHalves(low, high);
  }

  /** Reads a long into {@link low} and {@link high}. */
  #longHalves(): void {
    const { bytes } = this;
    let at = this.pos;
    let byte = bytes[at++] as number;
    let bits = byte & 0x7f;
    for (let shift = 7; byte >= 0x80 && shift < 28; shift += 7) {
      byte = bytes[at++] as number;
      bits |= (byte & 0x7f) << shift;
    }
    if (byte === undefined) this.#endsWithin("a number");
    // Even numbers stand for those from 0 on, odd ones for the others.
    const sign = -(bits & 1);
    if (byte >= 0x80) {
      at = this.#moreBits(at, bits, sign);
    } else {
      low = (bits >>> 1) ^ sign;
      high = sign;
    }
    this.pos = at;
  }

  /** The fifth and later bytes of a long. */
  #moreBits(start: number, first: number, sign: number): number {
    const { bytes } = this;
    let at = start;
    let byte = 0x80;
    let middle = 0;
    for (let shift = 0; byte >= 0x80 && shift < 28; shift += 7) {
      byte = bytes[at++] as number;
      middle |= (byte & 0x7f) << shift;
    }
    let last = 0;
    for (let shift = 0; byte >= 0x80; shift += 7) {
      byte = bytes[at++] as number;
      last |= (byte & 0x7f) << shift;
      if (shift === 7 && byte > 1) this.fail("A number goes beyond 64 bits.");
    }
    if (byte === undefined) this.#endsWithin("a number");
    const lower = first | (middle << 28);
    const upper = (middle >>> 4) | (last << 24);
    low = ((lower >>> 1) | (upper << 31)) ^ sign;
    high = (upper >>> 1) ^ sign;
    return at;
  }

  float(): number {
    const at = this.take(4, "a float");
    const { bytes } = this;
    for (let index = 0; index < 4; index++) scratchBytes[index] = bytes[at + index] as number;
    return scratch.getFloat32(0, true);
  }

  double(): number {
    const at = this.take(8, "a double");
    const { bytes } = this;
    for (let index = 0; index < 8; index++) scratchBytes[index] = bytes[at + index] as number;
    return scratch.getFloat64(0, true);
  }

  /** Reads a length and moves behind what it counts. @returns where that starts. */
  sized(what: string): number {
    const start = this.pos;
    const length = this.longNumber();
    if (length < 0) this.fail(`The length of ${what} is ${length}.`, start);
    if (length > this.bytes.length - this.pos) {
      this.fail(
        `The length of ${what} is ${length}, and ${this.bytes.length - this.pos} bytes are left.`,
        start,
      );
    }
    const from = this.pos;
    this.pos += length;
    return from;
  }

  /** A copy. */
  binary(): Uint8Array {
    return this.copy(this.sized("bytes"));
  }

  /** A copy of the bytes from `start` to the position. A Buffer's own `slice` would not be one. */
  copy(start: number): Uint8Array {
    return new Uint8Array(this.bytes.subarray(start, this.pos));
  }

  string(): string {
    const start = this.sized("a string");
    const { bytes, pos: end } = this;
    if (end - start <= SHORT_STRING) {
      let at = start;
      while (at < end && (bytes[at] as number) < 0x80) at++;
      if (at === end) {
        return shortTexts.find(bytes, start, end) ?? shortTexts.keep(this.#ascii(start, end));
      }
    }
    return utf8Text(bytes, start, end) ?? this.fail("A string holds bytes that are no UTF-8.", start);
  }

  #ascii(start: number, end: number): string {
    const all = (this.#latin1 ??= latin1Text(this.bytes, 0, this.bytes.length));
    // Long strings are views of the whole text: of a large message a short one is copied instead.
    if (all.length - (end - start) > RETAINED_CHARACTERS && end - start > 12) {
      return latin1Text(this.bytes, start, end);
    }
    return all.substring(start, end);
  }

  /** The index of a union's branch or an enum's symbol, of `count`. */
  index(count: number, what: string): number {
    const start = this.pos;
    const index = this.int();
    if (index < 0 || index >= count) {
      this.fail(`There is no ${what} ${index}: there are ${count}.`, start);
    }
    return index;
  }

  /** Branch of a union of two: 0 or 1. */
  branch(): number {
    const byte = this.bytes[this.pos];
    if (byte === 2 || byte === 0) {
      this.pos++;
      return byte >>> 1;
    }
    return this.index(2, "branch of the union");
  }

  /**
   * How many elements the next block of an array or map has; 0 at its end.
   *
   * @param total - elements of the blocks before.
   * @param isEmpty - elements take no bytes.
   */
  block(total: number, isEmpty: boolean): number {
    const start = this.pos;
    let count = this.longNumber();
    if (count < 0) {
      count = -count;
      const size = this.longNumber();
      if (size < 0 || size > this.bytes.length - this.pos) {
        this.fail(
          `A block says that it has ${size} bytes, and ${this.bytes.length - this.pos} are left.`,
          start,
        );
      }
    }
    const most = isEmpty ? EMPTY_ELEMENTS_MAX - total : this.bytes.length - this.pos;
    if (count > most) {
      const limit = isEmpty
        ? `more than ${EMPTY_ELEMENTS_MAX} that take no bytes are refused`
        : `${most} bytes are left`;
      this.fail(`A block says that it has ${count} elements, and ${limit}.`, start);
    }
    return count;
  }

  /** Passes over the blocks of an array or map. */
  skipBlocks(isEmpty: boolean, skipElement: (cursor: AvroCursor) => void): void {
    for (;;) {
      const start = this.pos;
      let count = this.longNumber();
      if (count === 0) return;
      if (count < 0) {
        this.sized("a block");
        continue;
      }
      if (isEmpty) continue;
      if (count > this.bytes.length - this.pos) {
        this.fail(
          `A block says that it has ${count} elements, and ${this.bytes.length - this.pos} bytes are left.`,
          start,
        );
      }
      for (; count > 0; count--) skipElement(this);
    }
  }

  /** Goes one level down into values that are passed over. */
  descend(): void {
    if (++this.#depth > DEPTH_MAX) this.fail(`Records are nested deeper than ${DEPTH_MAX} levels.`);
  }

  ascend(): void {
    this.#depth--;
  }
}

// Halves of the long that was read last, signed; they are used at once.
let low = 0;
let high = 0;
