/**
 * CBOR (RFC 8949) as Kinesis writes it: timestamps are tag 1 with milliseconds, not seconds; maps, lists and strings
 * may be of indefinite length.
 */
const DEPTH_MAX = 16;
const INDEFINITE = -1;
const BREAK = 0xff;

/** A body that is no CBOR, or none that Kinesis writes. */
export class CborSyntaxError extends Error {
  override readonly name = "CborSyntaxError";
}

const ENDED = "The answer's CBOR ends too early.";

/** Reads one item after the other. Byte and text strings come as places in the bytes. */
export class CborReader {
  readonly bytes: Buffer;
  /** Place of the next byte. */
  at = 0;
  /** Of the string that {@link passString} has passed last. */
  start = 0;
  end = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** Major type of the next item, which is not passed. */
  get major(): number {
    return this.#byte(this.at) >> 5;
  }

  /** Passes null or undefined, if it is next. */
  passNull(): boolean {
    const byte = this.#byte(this.at);
    if (byte !== 0xf6 && byte !== 0xf7) return false;
    this.at += 1;
    return true;
  }

  /** Passes the head of a list (4) or map (5). @returns the number of its items, or -1 if a break ends it. */
  passOpening(major: number): number {
    if (this.major !== major)
      throw new CborSyntaxError(`CBOR type ${this.major} stands where ${major} should.`);
    return this.#argument();
  }

  /** Is there another item in the list or map? @param left - of {@link passOpening}, less those that were read. */
  isMore(left: number): boolean {
    if (left !== INDEFINITE) return left > 0;
    if (this.#byte(this.at) !== BREAK) return true;
    this.at += 1;
    return false;
  }

  /** Passes a byte (2) or text string (3); {@link start} and {@link end} are its place then. */
  passString(major: number): void {
    const length = this.passOpening(major);
    if (length === INDEFINITE) {
      this.#passPieces(major);
      return;
    }
    this.start = this.at;
    this.end = this.at + length;
    if (this.end > this.bytes.length) throw new CborSyntaxError(ENDED);
    this.at = this.end;
  }

  text(): string {
    this.passString(3);
    return this.bytes.toString("utf8", this.start, this.end);
  }

  /** A number; of a time that it is tagged as, the milliseconds. */
  number(): number {
    const value = this.value(0);
    if (typeof value !== "number") throw new CborSyntaxError("There is no number where one should be.");
    return value;
  }

  /** Anything. Byte strings come as views, tags are passed over. */
  value(depth: number): unknown {
    if (depth > DEPTH_MAX) throw new CborSyntaxError("The answer's CBOR is nested too deeply.");
    switch (this.major) {
      case 0:
        return this.#argument();
      case 1:
        return -1 - this.#argument();
      case 2:
        this.passString(2);
        return this.bytes.subarray(this.start, this.end);
      case 3:
        return this.text();
      case 4:
        return this.#list(depth);
      case 5:
        return this.#map(depth);
      case 6:
        this.#argument();
        return this.value(depth + 1);
      default:
        return this.#simple();
    }
  }

  #list(depth: number): unknown[] {
    const list: unknown[] = [];
    for (let left = this.passOpening(4); this.isMore(left); left -= left > 0 ? 1 : 0) {
      list.push(this.value(depth + 1));
    }
    return list;
  }

  #map(depth: number): Record<string, unknown> {
    const map = Object.create(null) as Record<string, unknown>;
    for (let left = this.passOpening(5); this.isMore(left); left -= left > 0 ? 1 : 0) {
      const name = this.text();
      map[name] = this.value(depth + 1);
    }
    return map;
  }

  #simple(): unknown {
    const byte = this.#byte(this.at);
    const { bytes } = this;
    this.at += 1;
    if (byte === 0xf4 || byte === 0xf5) return byte === 0xf5;
    if (byte === 0xf6 || byte === 0xf7) return undefined;
    const size = byte === 0xfa ? 4 : byte === 0xfb ? 8 : 0;
    if (size === 0) throw new CborSyntaxError(`CBOR byte 0x${byte.toString(16)} is not known.`);
    if (this.at + size > bytes.length) throw new CborSyntaxError(ENDED);
    const value = size === 4 ? bytes.readFloatBE(this.at) : bytes.readDoubleBE(this.at);
    this.at += size;
    return value;
  }

  /** Moves the pieces of a string of indefinite length together, so that it is one. */
  #passPieces(major: number): void {
    const { bytes } = this;
    const start = this.at;
    let end = start;
    while (this.isMore(INDEFINITE)) {
      const length = this.passOpening(major);
      if (length === INDEFINITE || this.at + length > bytes.length) throw new CborSyntaxError(ENDED);
      bytes.copyWithin(end, this.at, this.at + length);
      this.at += length;
      end += length;
    }
    this.start = start;
    this.end = end;
  }

  #argument(): number {
    const { bytes } = this;
    const info = this.#byte(this.at) & 31;
    this.at += 1;
    if (info < 24) return info;
    if (info === 31) return INDEFINITE;
    const size = info === 24 ? 1 : info === 25 ? 2 : info === 26 ? 4 : info === 27 ? 8 : 0;
    if (size === 0 || this.at + size > bytes.length) throw new CborSyntaxError(ENDED);
    let value = 0;
    for (let index = 0; index < size; index += 1) value = value * 256 + (bytes[this.at + index] as number);
    this.at += size;
    return value;
  }

  #byte(at: number): number {
    const byte = this.bytes[at];
    if (byte === undefined) throw new CborSyntaxError(ENDED);
    return byte;
  }
}
