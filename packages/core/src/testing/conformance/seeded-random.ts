import type { Random } from "../../connector/services.js";

/** A random source that gives the same numbers for the same seed: mulberry32. */
export class SeededRandom implements Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  next(): number {
    return this.#bits() / 4294967296;
  }

  /** A whole number from `min` to `max`, both inclusive; at most 2^32 apart. */
  between(min: number, max: number): number {
    return min + Math.floor(this.next() * (max - min + 1));
  }

  /** A whole number from `min` to `max`, both inclusive. */
  bigBetween(min: bigint, max: bigint): bigint {
    const span = max - min + 1n;
    let bits = 0n;
    for (let size = span; size > 0n; size >>= 32n) bits = (bits << 32n) | BigInt(this.#bits());
    return min + (bits % span);
  }

  pick<T>(values: readonly T[]): T {
    return values[this.between(0, values.length - 1)] as T;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.between(0, 255));
  }

  uuid(): string {
    const hex = Array.from({ length: 32 }, (_, index) =>
      index === 12
        ? "4"
        : index === 16
          ? "89ab".charAt(this.between(0, 3))
          : this.between(0, 15).toString(16),
    ).join("");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  }

  #bits(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }
}
