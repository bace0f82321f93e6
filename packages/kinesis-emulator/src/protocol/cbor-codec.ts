/**
 * CBOR (RFC 8949) as AWS's clients speak it: a timestamp is tag 1 with milliseconds, not seconds; maps, lists and
 * strings may be of indefinite length.
 */
import { serialization } from "../errors.js";
import { Instant } from "./instant.js";

const DEPTH_MAX = 32;
const INDEFINITE = 31;
const BREAK = 0xff;
const TAG_TIME = 1;

/** Reads one value. @throws SerializationException. */
export function decodeCbor(bytes: Buffer): unknown {
  const reader = new CborReader(bytes);
  const value = reader.value(0);
  if (!reader.isAtEnd) throw broken();
  return value;
}

function broken(): Error {
  return serialization("The request's body is not valid CBOR.");
}

class CborReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  value(depth: number): unknown {
    if (depth > DEPTH_MAX) throw broken();
    const first = this.#byte();
    const info = first & 31;
    switch (first >> 5) {
      case 0:
        return this.#argument(info);
      case 1:
        return -1 - this.#argument(info);
      case 2:
        return info === INDEFINITE ? Buffer.concat(this.#pieces(2)) : this.#take(this.#argument(info));
      case 3:
        return info === INDEFINITE
          ? Buffer.concat(this.#pieces(3)).toString("utf8")
          : this.#take(this.#argument(info)).toString("utf8");
      case 4:
        return this.#list(info, depth);
      case 5:
        return this.#map(info, depth);
      case 6:
        return this.#tagged(info, depth);
      default:
        return this.#simple(info);
    }
  }

  #tagged(info: number, depth: number): unknown {
    const tag = this.#argument(info);
    const value = this.value(depth + 1);
    if (tag !== TAG_TIME) return value;
    if (typeof value !== "number") throw broken();
    return new Instant(Math.round(value));
  }

  #list(info: number, depth: number): unknown[] {
    const list: unknown[] = [];
    if (info === INDEFINITE) while (!this.#isBreak()) list.push(this.value(depth + 1));
    else for (let left = this.#argument(info); left > 0; left--) list.push(this.value(depth + 1));
    return list;
  }

  #map(info: number, depth: number): Record<string, unknown> {
    const map: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
    const entry = (): void => {
      const key = this.value(depth + 1);
      if (typeof key !== "string") throw broken();
      map[key] = this.value(depth + 1);
    };
    if (info === INDEFINITE) while (!this.#isBreak()) entry();
    else for (let left = this.#argument(info); left > 0; left--) entry();
    return map;
  }

  #simple(info: number): unknown {
    switch (info) {
      case 20:
        return false;
      case 21:
        return true;
      case 22:
      case 23:
        return undefined;
      case 25:
        return halfFloat(this.#take(2).readUInt16BE());
      case 26:
        return this.#take(4).readFloatBE();
      case 27:
        return this.#take(8).readDoubleBE();
      default:
        throw broken();
    }
  }

  #argument(info: number): number {
    if (info < 24) return info;
    switch (info) {
      case 24:
        return this.#byte();
      case 25:
        return this.#take(2).readUInt16BE();
      case 26:
        return this.#take(4).readUInt32BE();
      case 27:
        return Number(this.#take(8).readBigUInt64BE());
      default:
        throw broken();
    }
  }

  /** The pieces of a string of indefinite length. */
  #pieces(major: number): Buffer[] {
    const pieces: Buffer[] = [];
    while (!this.#isBreak()) {
      const first = this.#byte();
      if (first >> 5 !== major) throw broken();
      pieces.push(this.#take(this.#argument(first & 31)));
    }
    return pieces;
  }

  #isBreak(): boolean {
    if (this.#bytes[this.#at] !== BREAK) return false;
    this.#at++;
    return true;
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw broken();
    return byte;
  }

  #take(count: number): Buffer {
    if (count > this.#bytes.length - this.#at) throw broken();
    const taken = this.#bytes.subarray(this.#at, this.#at + count);
    this.#at += count;
    return taken;
  }
}

function halfFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const BYTES_FIRST = 1_024;

/** Writes values one behind the other into a buffer that grows. */
export class CborWriter {
  #bytes: Buffer;
  #at = 0;

  constructor(sizeHint = BYTES_FIRST) {
    this.#bytes = Buffer.allocUnsafe(sizeHint);
  }

  /** What has been written. */
  finish(): Buffer {
    return this.#bytes.subarray(0, this.#at);
  }

  value(value: unknown): void {
    if (typeof value === "string") this.text(value);
    else if (typeof value === "number") this.number(value);
    else if (typeof value === "boolean") this.#head(7, value ? 21 : 20);
    else if (value instanceof Instant) this.instant(value.ms);
    else if (value instanceof Uint8Array) this.bytes(value);
    else if (Array.isArray(value)) {
      this.list(value.length);
      for (const item of value as unknown[]) this.value(item);
    } else if (typeof value === "object" && value !== null) {
      const entries = Object.entries(value).filter(([, item]) => item !== undefined);
      this.map(entries.length);
      for (const [key, item] of entries) {
        this.text(key);
        this.value(item);
      }
    } else this.#head(7, 22);
  }

  list(count: number): void {
    this.#head(4, count);
  }

  map(count: number): void {
    this.#head(5, count);
  }

  number(value: number): void {
    if (Number.isSafeInteger(value)) {
      if (value < 0) this.#head(1, -1 - value);
      else this.#head(0, value);
      return;
    }
    this.#room(9);
    this.#bytes[this.#at] = 0xfb;
    this.#bytes.writeDoubleBE(value, this.#at + 1);
    this.#at += 9;
  }

  instant(ms: number): void {
    this.#head(6, TAG_TIME);
    this.number(ms);
  }

  text(text: string): void {
    const length = Buffer.byteLength(text);
    this.#head(3, length);
    this.#room(length);
    this.#at += this.#bytes.write(text, this.#at, "utf8");
  }

  bytes(bytes: Uint8Array): void {
    this.#head(2, bytes.length);
    this.raw(bytes);
  }

  /** A piece that is CBOR already. */
  raw(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** Text that is UTF-8 already. */
  textBytes(source: Buffer, start: number, end: number): void {
    this.#head(3, end - start);
    this.#room(end - start);
    this.#at += source.copy(this.#bytes, this.#at, start, end);
  }

  /** Bytes given as canonical base64 text of so many bytes. */
  base64(source: Buffer, start: number, end: number, length: number): void {
    this.#head(2, length);
    this.#room(length);
    this.#at += this.#bytes.write(source.toString("latin1", start, end), this.#at, "base64");
  }

  #head(major: number, argument: number): void {
    this.#room(9);
    const bytes = this.#bytes;
    const type = major << 5;
    if (argument < 24) {
      bytes[this.#at++] = type | argument;
    } else if (argument < 0x100) {
      bytes[this.#at++] = type | 24;
      bytes[this.#at++] = argument;
    } else if (argument < 0x10000) {
      bytes[this.#at++] = type | 25;
      this.#at = bytes.writeUInt16BE(argument, this.#at);
    } else if (argument < 0x100000000) {
      bytes[this.#at++] = type | 26;
      this.#at = bytes.writeUInt32BE(argument, this.#at);
    } else {
      bytes[this.#at++] = type | 27;
      this.#at = bytes.writeBigUInt64BE(BigInt(argument), this.#at);
    }
  }

  #room(count: number): void {
    if (this.#bytes.length - this.#at >= count) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#at + count));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }
}
