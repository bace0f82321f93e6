/**
 * Writes Avro's binary encoding, many messages into one buffer. A message is a view of its buffer, which is never
 * written to again at that place.
 */
import { longParts, splitLong } from "../text/long-halves.js";
import { MessageBuffer } from "../text/message-buffer.js";
import { unscaledBytes } from "./avro-values.js";

const LONG_BYTES_MAX = 10;
/** Texts up to this length are copied here; the native encoder is faster for longer ones. One length byte. */
const SHORT_TEXT = 63;
const TWO_POW_32 = 2 ** 32;

const scratch = new DataView(new ArrayBuffer(8));
const scratchBytes = new Uint8Array(scratch.buffer);

export class AvroOutput extends MessageBuffer {
  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.slab.set(bytes, this.pos);
    this.pos += bytes.length;
  }

  /** @param value - a whole number of 32 bits. */
  int(value: number): void {
    this.reserve(LONG_BYTES_MAX);
    const bytes = this.slab;
    let rest = ((value << 1) ^ (value >> 31)) >>> 0;
    while (rest >= 0x80) {
      bytes[this.pos++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    bytes[this.pos++] = rest;
  }

  /** @param value - a safe integer. */
  longNumber(value: number): void {
    this.#long(value | 0, Math.floor(value / TWO_POW_32) | 0);
  }

  /** @returns false, with nothing written, if it has more than 64 bits. */
  long(value: bigint): boolean {
    if (!splitLong(value)) return false;
    this.#long(longParts.low, longParts.high);
    return true;
  }

  /** The halves of a long, signed. */
  #long(low: number, high: number): void {
    const sign = high >> 31;
    let lower = ((low << 1) ^ sign) >>> 0;
    let upper = (((high << 1) | (low >>> 31)) ^ sign) >>> 0;
    this.reserve(LONG_BYTES_MAX);
    const bytes = this.slab;
    let at = this.pos;
    while (upper > 0) {
      bytes[at++] = (lower & 0x7f) | 0x80;
      lower = ((lower >>> 7) | (upper << 25)) >>> 0;
      upper >>>= 7;
    }
    while (lower >= 0x80) {
      bytes[at++] = (lower & 0x7f) | 0x80;
      lower >>>= 7;
    }
    bytes[at++] = lower;
    this.pos = at;
  }

  float(value: number): void {
    scratch.setFloat32(0, value, true);
    this.#copyScratch(4);
  }

  double(value: number): void {
    scratch.setFloat64(0, value, true);
    this.#copyScratch(8);
  }

  #copyScratch(count: number): void {
    this.reserve(count);
    const bytes = this.slab;
    for (let index = 0; index < count; index++) bytes[this.pos++] = scratchBytes[index] as number;
  }

  /** Length and bytes. */
  binary(bytes: Uint8Array): void {
    this.int(bytes.length);
    this.raw(bytes);
  }

  /** Length and UTF-8. */
  string(text: string): void {
    const { length } = text;
    if (length <= SHORT_TEXT) {
      this.reserve(1 + length);
      const bytes = this.slab;
      let at = this.pos;
      bytes[at++] = length << 1;
      let index = 0;
      for (; index < length; index++) {
        const code = text.charCodeAt(index);
        if (code >= 0x80) break;
        bytes[at++] = code;
      }
      if (index === length) {
        this.pos = at;
        return;
      }
    }
    const size = Buffer.byteLength(text, "utf8");
    this.int(size);
    this.reserve(size);
    this.pos += this.slab.write(text, this.pos, "utf8");
  }

  /** Length and the fewest bytes of big-endian two's complement. */
  unscaled(value: bigint): void {
    const bytes = unscaledBytes(value);
    this.int(bytes.length);
    this.reserve(bytes.length);
    for (let index = 0; index < bytes.length; index++) {
      this.slab[this.pos++] = bytes[index] as number;
    }
  }

  /** As {@link unscaled} in exactly `size` bytes without a length. @returns false if they are too few. */
  fixedUnscaled(value: bigint, size: number): boolean {
    const limit = 1n << BigInt(size * 8 - 1);
    if (value >= limit || value < -limit) return false;
    this.reserve(size);
    let rest = value;
    for (let at = this.pos + size - 1; at >= this.pos; at--) {
      this.slab[at] = Number(rest & 0xffn);
      rest >>= 8n;
    }
    this.pos += size;
    return true;
  }
}
