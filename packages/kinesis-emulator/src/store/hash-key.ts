/** The greatest hash key: MD5 has 128 bits. */
export const HASH_KEY_MAX = (1n << 128n) - 1n;

/**
 * The hash key computed last, as four 32-bit words, most significant first. One buffer for all, since a hash key is
 * used at once and one is needed per record.
 */
export const hashKey = new Uint32Array(4);

const SHIFTS = Uint8Array.from(
  [7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21].flatMap((_, i, all) =>
    i % 4 === 0 ? Array.from({ length: 16 }, (__, k) => all[i + (k % 4)] ?? 0) : [],
  ),
);
const SINES = Int32Array.from({ length: 64 }, (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32) | 0);
const ORDER = Uint8Array.from({ length: 64 }, (_, i) =>
  i < 16 ? i : i < 32 ? (5 * i + 1) % 16 : i < 48 ? (3 * i + 5) % 16 : (7 * i) % 16,
);

/** Room for the longest partition key (256 characters of at most 4 bytes) and its padding. */
const padded = new Uint8Array(1_152);
const paddedView = new DataView(padded.buffer);
const block = new Int32Array(16);
const state = new Int32Array(4);

/**
 * Computes the hash key of a partition key, the MD5 of its UTF-8 bytes, into `hashKey`.
 *
 * By hand because a native digest costs more for setting up than this takes for a key of usual length.
 */
export function hashPartitionKey(bytes: Uint8Array, start: number, end: number): void {
  const length = end - start;
  const blocks = ((length + 8) >>> 6) + 1;
  const size = blocks << 6;
  for (let i = 0; i < length; i++) padded[i] = bytes[start + i] ?? 0;
  padded.fill(0, length, size);
  padded[length] = 0x80;
  paddedView.setUint32(size - 8, length << 3, true);
  state[0] = 0x67452301;
  state[1] = 0xefcdab89;
  state[2] = 0x98badcfe;
  state[3] = 0x10325476;
  for (let b = 0; b < blocks; b++) digestBlock(b << 6);
  for (let i = 0; i < 4; i++) hashKey[i] = swapBytes(state[i] ?? 0);
}

function digestBlock(at: number): void {
  for (let i = 0; i < 16; i++) block[i] = paddedView.getInt32(at + (i << 2), true);
  let a = state[0] ?? 0;
  let b = state[1] ?? 0;
  let c = state[2] ?? 0;
  let d = state[3] ?? 0;
  for (let i = 0; i < 64; i++) {
    let f: number;
    if (i < 16) f = (b & c) | (~b & d);
    else if (i < 32) f = (d & b) | (~d & c);
    else if (i < 48) f = b ^ c ^ d;
    else f = c ^ (b | ~d);
    const sum = (a + f + (SINES[i] ?? 0) + (block[ORDER[i] ?? 0] ?? 0)) | 0;
    const shift = SHIFTS[i] ?? 0;
    a = d;
    d = c;
    c = b;
    b = (b + ((sum << shift) | (sum >>> (32 - shift)))) | 0;
  }
  state[0] = ((state[0] ?? 0) + a) | 0;
  state[1] = ((state[1] ?? 0) + b) | 0;
  state[2] = ((state[2] ?? 0) + c) | 0;
  state[3] = ((state[3] ?? 0) + d) | 0;
}

function swapBytes(word: number): number {
  return ((word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0;
}

/** Puts an explicit hash key into `hashKey`. */
export function setHashKey(value: bigint): void {
  writeWords(hashKey, 0, value);
}

function writeWords(target: Uint32Array, at: number, value: bigint): void {
  for (let i = 3; i >= 0; i--) {
    target[at + i] = Number(value & 0xffffffffn);
    value >>= 32n;
  }
}

/** Decides which range a hash key falls into, for ranges that cover everything without overlap. */
export class HashKeyRouter {
  readonly #starts: Uint32Array;
  readonly #count: number;

  /** @param starts - the first hash key of each range, ascending, the first of them 0. */
  constructor(starts: readonly bigint[]) {
    this.#count = starts.length;
    this.#starts = new Uint32Array(starts.length * 4);
    starts.forEach((start, range) => {
      writeWords(this.#starts, range * 4, start);
    });
  }

  /** The index of the range that `hashKey` falls into. */
  route(): number {
    let low = 0;
    let high = this.#count - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (this.#isBefore(middle)) high = middle - 1;
      else low = middle;
    }
    return low;
  }

  /** Whether `hashKey` is less than the start of the range. */
  #isBefore(range: number): boolean {
    for (let i = 0; i < 4; i++) {
      const word = hashKey[i] ?? 0;
      const start = this.#starts[range * 4 + i] ?? 0;
      if (word !== start) return word < start;
    }
    return false;
  }
}

/** Cuts all hash keys into `count` ranges of equal width (the last may be wider); gives the first key of each. */
export function uniformStarts(count: number): bigint[] {
  const width = (HASH_KEY_MAX + 1n) / BigInt(count);
  return Array.from({ length: count }, (_, i) => width * BigInt(i));
}
