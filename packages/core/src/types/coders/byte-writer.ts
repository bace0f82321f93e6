const INITIAL_BYTES = 256;
/** Largest buffer that is kept for the next element. */
const SPARE_BYTES_MAX = 1_048_576;
/** Longest text that is tried as ASCII, character by character, before the slower general way. */
const SHORT_TEXT = 64;

/** A growing buffer that coders append to. Numbers are big-endian unless said otherwise. @public */
export class ByteWriter {
  #bytes: Buffer = Buffer.allocUnsafe(INITIAL_BYTES);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** Bytes that fit before the buffer grows. */
  get capacity(): number {
    return this.#bytes.length;
  }

  /** Forgets what was written and keeps the memory. */
  reset(): void {
    this.#length = 0;
  }

  /** A copy of what was written from `start` on. */
  take(start = 0): Uint8Array {
    return new Uint8Array(this.#bytes.subarray(start, this.#length));
  }

  /** What was written from `start` on, one character a byte. */
  takeLatin1(start = 0): string {
    return this.#bytes.toString("latin1", start, this.#length);
  }

  /** Makes room for `count` bytes and moves behind them. */
  #advance(count: number): number {
    const at = this.#length;
    const end = at + count;
    if (end > this.#bytes.length) {
      const grown = Buffer.allocUnsafe(Math.max(end, this.#bytes.length * 2));
      this.#bytes.copy(grown, 0, 0, at);
      this.#bytes = grown;
    }
    this.#length = end;
    return at;
  }

  /** The low 8 bits. */
  byte(value: number): void {
    const at = this.#advance(1);
    this.#bytes[at] = value;
  }

  /** The low 16 bits. */
  int16(value: number): void {
    const at = this.#advance(2);
    this.#bytes[at] = value >> 8;
    this.#bytes[at + 1] = value;
  }

  /** The low 32 bits. */
  int32(value: number): void {
    const at = this.#advance(4);
    this.#bytes.writeInt32BE(value | 0, at);
  }

  float32(value: number): void {
    const at = this.#advance(4);
    this.#bytes.writeFloatBE(value, at);
  }

  float64(value: number): void {
    const at = this.#advance(8);
    this.#bytes.writeDoubleBE(value, at);
  }

  /** Variable length, low 7 bits first: a whole number from 0 to 2^53-1, or the low 32 bits of a negative one. */
  varInt(value: number): void {
    let rest = value < 0 ? value >>> 0 : value;
    while (rest >= 128) {
      this.byte((rest % 128) | 128);
      rest = Math.floor(rest / 128);
    }
    this.byte(rest);
  }

  /** Variable length, low 7 bits first, of the 64-bit two's complement of a safe integer: ten bytes if negative. */
  varInt64(value: number): void {
    if (value >= 0) this.varInt(value);
    else this.varBigInt64(BigInt(value));
  }

  /** As {@link ByteWriter.varInt64}, of the low 64 bits of a bigint. */
  varBigInt64(value: bigint): void {
    let rest = BigInt.asUintN(64, value);
    if (rest <= 9007199254740991n) {
      this.varInt(Number(rest));
      return;
    }
    while (rest >= 128n) {
      this.byte(Number(rest & 127n) | 128);
      rest >>= 7n;
    }
    this.byte(Number(rest));
  }

  /** Any bigint: zig-zag (0, -1, 1, -2, ...), variable length, low 7 bits first. */
  varBigInt(value: bigint): void {
    let rest = value < 0n ? -(value * 2n) - 1n : value * 2n;
    while (rest > 9007199254740991n) {
      this.byte(Number(rest & 127n) | 128);
      rest >>= 7n;
    }
    this.varInt(Number(rest));
  }

  raw(bytes: Uint8Array): void {
    const at = this.#advance(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /** Length and bytes. */
  bytes(bytes: Uint8Array): void {
    this.varInt(bytes.length);
    this.raw(bytes);
  }

  /** UTF-8 without a length; a lone surrogate becomes U+FFFD. */
  utf8(text: string): void {
    if (text.length <= SHORT_TEXT && this.#ascii(text)) return;
    const at = this.#advance(Buffer.byteLength(text));
    this.#bytes.write(text, at);
  }

  /** Length in bytes and UTF-8. */
  text(text: string): void {
    const { length } = text;
    if (length <= SHORT_TEXT) {
      const start = this.#length;
      this.byte(length);
      if (this.#ascii(text)) return;
      this.#length = start;
    }
    const size = Buffer.byteLength(text);
    this.varInt(size);
    const at = this.#advance(size);
    this.#bytes.write(text, at);
  }

  /** Writes the text if all of it is ASCII, else nothing. */
  #ascii(text: string): boolean {
    const at = this.#advance(text.length);
    const bytes = this.#bytes;
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index);
      if (code > 127) {
        this.#length = at;
        return false;
      }
      bytes[at + index] = code;
    }
    return true;
  }

  /** `count` zero bytes to be filled with {@link ByteWriter.setBit}. @returns where they start. */
  zeros(count: number): number {
    const at = this.#advance(count);
    this.#bytes.fill(0, at, at + count);
    return at;
  }

  /** Sets bit `bit` (the lowest of the first byte is 0) of the bytes that start at `start`. */
  setBit(start: number, bit: number): void {
    const at = start + (bit >> 3);
    this.#bytes[at] = (this.#bytes[at] as number) | (1 << (bit & 7));
  }
}

let spare: ByteWriter | undefined;

/** Runs `write` with a writer that is reused, unless a coder encodes while another one does. */
export function withWriter<T>(write: (output: ByteWriter) => T): T {
  const output = spare ?? new ByteWriter();
  spare = undefined;
  try {
    return write(output);
  } finally {
    output.reset();
    // A writer that once held a huge element is not worth its memory.
    if (output.capacity <= SPARE_BYTES_MAX) spare = output;
  }
}
