/**
 * Random numbers that depend on a seed and a row's number alone: whoever makes row 1000 again, after a restart or in
 * another process, makes the same row.
 *
 * xoroshiro64** (David Blackman and Sebastiano Vigna, public domain), its state for each row spread with the
 * finaliser of MurmurHash3, which maps different rows to different states.
 */
export class RowRandom {
  readonly #seed: readonly [number, number];
  #s0 = 1;
  #s1 = 1;

  /** @param seed - two 32-bit integers. */
  constructor(seed: readonly [number, number]) {
    this.#seed = seed;
  }

  /** Starts the numbers of a row. */
  startRow(index: number): void {
    const low = index | 0;
    const high = (index / 4294967296) | 0;
    this.#s0 = spread(low ^ this.#seed[0]) ^ high;
    this.#s1 = spread((low + 0x9e3779b9) ^ this.#seed[1]);
    if (this.#s0 === 0 && this.#s1 === 0) this.#s1 = 1;
    // The first number of a row would show its state too plainly.
    this.bits();
  }

  /** 32 random bits, as an unsigned integer. */
  bits(): number {
    const s0 = this.#s0;
    const product = Math.imul(s0, 0x9e3779bb);
    const result = Math.imul((product << 5) | (product >>> 27), 5);
    const s1 = this.#s1 ^ s0;
    this.#s0 = ((s0 << 26) | (s0 >>> 6)) ^ s1 ^ (s1 << 9);
    this.#s1 = (s1 << 13) | (s1 >>> 19);
    return result >>> 0;
  }

  /** Uniform in [0, 1), with 53 random bits. */
  fraction(): number {
    return ((this.bits() >>> 5) * 67108864 + (this.bits() >>> 6)) / 9007199254740992;
  }

  /** A whole number from 0 to `count - 1`; `count` up to 2^53. */
  below(count: number): number {
    if (count <= 4294967296) return Math.floor((this.bits() / 4294967296) * count);
    return Math.floor(this.fraction() * count);
  }
}

function spread(value: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
