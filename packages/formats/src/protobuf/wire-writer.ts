/** Writes the wire form of Protocol Buffers, many messages into one buffer; see {@link WireReader}. */
import { MessageBuffer } from "../text/message-buffer.js";

/** Texts up to this length are copied here: their length in bytes takes one byte whatever they hold. */
const SHORT_TEXT = 42;
const VARINT_BYTES_MAX = 10;
const UNIT_BYTES_MAX = 3;
const LOW_32 = 0xffff_ffffn;

const floats = new DataView(new ArrayBuffer(8));

export class WireWriter extends MessageBuffer {
  /** A number of up to 32 bits, taken as unsigned. */
  uint32(value: number): void {
    this.reserve(VARINT_BYTES_MAX);
    let rest = value >>> 0;
    while (rest > 0x7f) {
      this.slab[this.pos++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.slab[this.pos++] = rest;
  }

  /** A signed number of 32 bits; a negative one is extended to 64 bits and takes ten bytes. */
  int32(value: number): void {
    if (value >= 0) this.uint32(value);
    else this.#varint(value, -1);
  }

  int64(value: bigint): void {
    this.#varint(lowOf(value), highOf(value));
  }

  sint32(value: number): void {
    this.uint32((value << 1) ^ (value >> 31));
  }

  sint64(value: bigint): void {
    this.int64(BigInt.asIntN(64, (value << 1n) ^ (value >> 63n)));
  }

  #varint(low: number, high: number): void {
    this.reserve(VARINT_BYTES_MAX);
    let lower = low >>> 0;
    let upper = high >>> 0;
    while (upper !== 0 || lower > 0x7f) {
      this.slab[this.pos++] = (lower & 0x7f) | 0x80;
      lower = ((lower >>> 7) | (upper << 25)) >>> 0;
      upper >>>= 7;
    }
    this.slab[this.pos++] = lower;
  }

  fixed32(value: number): void {
    this.reserve(4);
    const bytes = this.slab;
    bytes[this.pos++] = value & 0xff;
    bytes[this.pos++] = (value >>> 8) & 0xff;
    bytes[this.pos++] = (value >>> 16) & 0xff;
    bytes[this.pos++] = value >>> 24;
  }

  fixed64(value: bigint): void {
    this.fixed32(lowOf(value));
    this.fixed32(highOf(value));
  }

  float(value: number): void {
    floats.setFloat32(0, value, true);
    this.fixed32(floats.getInt32(0, true));
  }

  double(value: number): void {
    floats.setFloat64(0, value, true);
    this.fixed32(floats.getInt32(0, true));
    this.fixed32(floats.getInt32(4, true));
  }

  /** A text with its length in front. */
  string(text: string): void {
    const { length } = text;
    if (length > SHORT_TEXT) {
      this.uint32(Buffer.byteLength(text, "utf8"));
      this.reserve(length * UNIT_BYTES_MAX);
      this.pos += this.slab.write(text, this.pos, "utf8");
      return;
    }
    this.reserve(1 + length * UNIT_BYTES_MAX);
    const start = this.pos + 1;
    let at = start;
    for (let index = 0; index < length; index++) {
      const code = text.charCodeAt(index);
      if (code >= 0x80) {
        at = start + this.slab.write(text, start, "utf8");
        break;
      }
      this.slab[at++] = code;
    }
    this.slab[this.pos] = at - start;
    this.pos = at;
  }

  /** Bytes with their length in front. */
  bytes(value: Uint8Array): void {
    this.uint32(value.length);
    this.reserve(value.length);
    this.slab.set(value, this.pos);
    this.pos += value.length;
  }

  /** Begins a value whose length is not known yet; give the answer to {@link close}. */
  open(): number {
    this.reserve(1);
    this.pos += 1;
    return this.pos - this.origin;
  }

  /** Writes the length of what was written since {@link open} in front of it. */
  close(mark: number): void {
    const from = this.origin + mark;
    const length = this.pos - from;
    if (length < 0x80) {
      this.slab[from - 1] = length;
      return;
    }
    const extra = Math.floor((31 - Math.clz32(length)) / 7);
    this.reserve(extra);
    const end = this.pos;
    const start = this.origin + mark;
    this.slab.copyWithin(start + extra, start, end);
    this.pos = start - 1;
    this.uint32(length);
    this.pos = end + extra;
  }
}

function lowOf(value: bigint): number {
  return Number(value & LOW_32);
}

function highOf(value: bigint): number {
  return Number((value >> 32n) & LOW_32);
}
