/** The generator behind RAND(seed): the linear congruential one of java.util.Random, so that seeds give Flink's rows. */

const MULTIPLIER = 0x5deece66dn;
const MASK = (1n << 48n) - 1n;

export interface SeededRandom {
  /** Uniform in [0, 1). */
  readonly nextDouble: () => number;
  /** Uniform in [0, bound). */
  readonly nextInt: (bound: number) => number;
}

/** @param seed - as in `new java.util.Random(seed)`. */
export function seededRandom(seed: number): SeededRandom {
  let state = (BigInt(seed) ^ MULTIPLIER) & MASK;
  const next = (bits: number): number => {
    state = (state * MULTIPLIER + 0xbn) & MASK;
    return Number(BigInt.asIntN(32, state >> BigInt(48 - bits)));
  };
  return {
    nextDouble: () => (next(26) * 2 ** 27 + next(27)) * 2 ** -53,
    nextInt(bound) {
      if ((bound & -bound) === bound) return Number((BigInt(bound) * BigInt(next(31))) >> 31n);
      for (;;) {
        const bits = next(31);
        const value = bits % bound;
        if (bits - value + (bound - 1) <= 0x7fffffff) return value;
      }
    },
  };
}
