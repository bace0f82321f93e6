/** Coders of windows and of what needs a length, in the layouts of the Apache Beam model. */
import type { Coder } from "./coder.js";
import { makeCoder, type NestedCoder } from "./nested-coder.js";

/** First millisecond, and first one after it. */
interface Interval {
  readonly start: number;
  readonly end: number;
}

const SIGN = 1n << 63n;

/**
 * A window by its bounds: the end in eight bytes, big-endian, moved so that bytes sort as times do; then the length in
 * milliseconds as a varint.
 *
 * @public
 */
export const intervalWindowCoder: NestedCoder<Interval> = makeCoder<Interval>({
  isDeterministic: true,
  append: ({ start, end }, output) => {
    const shifted = BigInt.asUintN(64, BigInt(end) + SIGN);
    output.int32(Number(BigInt.asIntN(32, shifted >> 32n)));
    output.int32(Number(BigInt.asIntN(32, shifted)));
    output.varInt(end - start);
  },
  read: (input) => {
    const high = BigInt.asUintN(32, BigInt(input.int32()));
    const low = BigInt.asUintN(32, BigInt(input.int32()));
    const end = Number(((high << 32n) | low) - SIGN);
    return { start: end - input.varInt(), end };
  },
});

/** The coder's bytes with their length before them, at the end of an element too. @public */
export function lengthPrefixCoder<T>(coder: Coder<T>): NestedCoder<T> {
  return makeCoder<T>({
    isDeterministic: coder.isDeterministic,
    append: (value, output) => output.bytes(coder.encode(value)),
    read: (input) => coder.decode(input.bytes()),
  });
}
