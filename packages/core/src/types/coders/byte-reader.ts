import { isUtf8 } from "node:buffer";
import { TributaryError } from "../../diagnostics/error.js";

/** The error for bytes that no coder of the expected kind made. */
export function undecodable(problem: string): TributaryError {
  const message = `The bytes cannot be decoded: ${problem}.`;
  return new TributaryError({ severity: "error", code: "RECORD_MALFORMED", message });
}

/** Reads what a {@link ByteWriter} wrote. @throws `RECORD_MALFORMED` when the bytes end early. @public */
export class ByteReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.isBuffer(bytes)
      ? bytes
      : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  /** Moves behind `count` bytes. @returns where they start. */
  #advance(count: number): number {
    const at = this.#at;
    if (count > this.#bytes.length - at)
      throw undecodable(`${count} more expected at byte ${at}, the end is near`);
    this.#at = at + count;
    return at;
  }

  byte(): number {
    const at = this.#advance(1);
    return this.#bytes[at] as number;
  }

  int8(): number {
    return (this.byte() << 24) >> 24;
  }

  int16(): number {
    return this.#bytes.readInt16BE(this.#advance(2));
  }

  int32(): number {
    return this.#bytes.readInt32BE(this.#advance(4));
  }

  float32(): number {
    return this.#bytes.readFloatBE(this.#advance(4));
  }

  float64(): number {
    return this.#bytes.readDoubleBE(this.#advance(8));
  }

  /** What {@link ByteWriter.varInt} wrote, without sign. */
  varInt(): number {
    let value = 0;
    let unit = 1;
    for (;;) {
      const byte = this.byte();
      value += (byte & 127) * unit;
      if (byte < 128) break;
      unit *= 128;
    }
    if (value > Number.MAX_SAFE_INTEGER) throw undecodable("a number is too large");
    return value;
  }

  /** What {@link ByteWriter.varInt64} wrote. */
  varInt64(): number {
    const value = Number(this.varBigInt64());
    if (!Number.isSafeInteger(value)) throw undecodable("a number is too large");
    return value;
  }

  varBigInt64(): bigint {
    const bits = this.#varBits();
    if (bits >= 1n << 64n) throw undecodable("an integer has more than 64 bits");
    return BigInt.asIntN(64, bits);
  }

  /** What {@link ByteWriter.varBigInt} wrote. */
  varBigInt(): bigint {
    const bits = this.#varBits();
    return (bits & 1n) === 0n ? bits >> 1n : -((bits + 1n) >> 1n);
  }

  #varBits(): bigint {
    let small = 0;
    let unit = 1;
    // Seven groups of seven bits are exact as a number.
    for (let group = 0; group < 7; group++) {
      const byte = this.byte();
      small += (byte & 127) * unit;
      if (byte < 128) return BigInt(small);
      unit *= 128;
    }
    let bits = BigInt(small);
    for (let shift = 49n; ; shift += 7n) {
      const byte = this.byte();
      bits |= BigInt(byte & 127) << shift;
      if (byte < 128) return bits;
    }
  }

  /** A copy of the next bytes. */
  raw(count: number): Uint8Array {
    const at = this.#advance(count);
    return new Uint8Array(this.#bytes.subarray(at, at + count));
  }

  bytes(): Uint8Array {
    return this.raw(this.varInt());
  }

  /** UTF-8 of `count` bytes. */
  utf8(count: number): string {
    const at = this.#advance(count);
    const text = this.#bytes.toString("utf8", at, at + count);
    if (text.includes("\uFFFD") && !isUtf8(this.#bytes.subarray(at, at + count)))
      throw undecodable("a text is not UTF-8");
    return text;
  }

  text(): string {
    return this.utf8(this.varInt());
  }

  /** True if bit `bit` of the bytes is set; bits beyond them are not. */
  static bitOf(bytes: Uint8Array, bit: number): boolean {
    return (((bytes[bit >> 3] ?? 0) >> (bit & 7)) & 1) === 1;
  }
}
