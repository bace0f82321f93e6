/**
 * 64-bit integers put together from two halves of 32 bits. Reading a typed array makes a bigint in one step, where
 * `BigInt(number)` and arithmetic on bigints cost a call each.
 */
const longs = new BigInt64Array(1);
const halves = new Int32Array(longs.buffer);
const LOW = new Uint8Array(Int32Array.of(1).buffer)[0] === 1 ? 0 : 1;
const HIGH = 1 - LOW;
const TWO_POW_32 = 2 ** 32;
const TWO_POW_31 = 2 ** 31;

/** Digits that a double holds exactly, whatever they are. */
const EXACT_DIGITS = 15;
/** Digits that may still fit 64 bits. */
const LONG_DIGITS = 19;
const ZERO = 48;

/** Bits as two's complement; of each half the lower 32 count. */
export function longOfHalves(low: number, high: number): bigint {
  halves[LOW] = low;
  halves[HIGH] = high;
  return longs[0] as bigint;
}

/** @param value - a safe integer. */
export function longOfNumber(value: number): bigint {
  halves[LOW] = value;
  halves[HIGH] = Math.floor(value / TWO_POW_32);
  return longs[0] as bigint;
}

/** The signed halves that {@link splitLong} found; read at once. */
export const longParts = { low: 0, high: 0 };

/** Leaves the halves of a bigint in {@link longParts}. @returns false if it has more than 64 bits. */
export function splitLong(value: bigint): boolean {
  longs[0] = value;
  longParts.low = halves[LOW] as number;
  longParts.high = halves[HIGH] as number;
  return longs[0] === value;
}

/** What {@link scanLong} found besides the value; read at once. */
export const scannedLong = { end: 0 };

/**
 * Reads digits with an optional minus in front as JSON writes integers: no leading zeros, 1 to 19 digits. Where they
 * end is then in {@link scannedLong}; what follows is for the caller to judge.
 *
 * @returns `undefined` for anything else, which need not be wrong, and for what 64 bits do not hold.
 */
export function scanLong(bytes: Uint8Array, start: number): bigint | undefined {
  const isNegative = bytes[start] === 0x2d;
  const first = isNegative ? start + 1 : start;
  let at = first;
  let head = 0;
  let digit = (bytes[at] as number) - ZERO;
  const headEnd = first + EXACT_DIGITS;
  while (digit >= 0 && digit <= 9 && at < headEnd) {
    head = head * 10 + digit;
    digit = (bytes[++at] as number) - ZERO;
  }
  if (at === first || (bytes[first] === ZERO && at > first + 1)) return undefined;
  scannedLong.end = at;
  if (at < headEnd || !(digit >= 0 && digit <= 9)) return longOfNumber(isNegative ? 0 - head : head);
  let tail = 0;
  let power = 1;
  while (digit >= 0 && digit <= 9) {
    tail = tail * 10 + digit;
    power *= 10;
    digit = (bytes[++at] as number) - ZERO;
    if (at - first > LONG_DIGITS) return undefined;
  }
  scannedLong.end = at;
  return longOfParts(head, power, tail, isNegative);
}

/** `head * power + tail`, of at most 15 and 4 digits; `undefined` beyond 64 bits. */
function longOfParts(head: number, power: number, tail: number, isNegative: boolean): bigint | undefined {
  // Each product stays below 2^53.
  const headHigh = Math.floor(head / TWO_POW_32);
  const lower = (head - headHigh * TWO_POW_32) * power + tail;
  const carry = Math.floor(lower / TWO_POW_32);
  const low = lower - carry * TWO_POW_32;
  const high = headHigh * power + carry;
  if (high >= TWO_POW_31) {
    return isNegative && high === TWO_POW_31 && low === 0 ? longOfHalves(0, high) : undefined;
  }
  if (!isNegative) return longOfHalves(low, high);
  return low === 0 ? longOfHalves(0, -high) : longOfHalves(-low, -high - 1);
}
