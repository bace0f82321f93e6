const POWERS: bigint[] = Array.from({ length: 80 }, (_, exponent) => 10n ** BigInt(exponent));

/** Most digits that one shift of the decimal point may add: 1e1000000 is refused, not computed for minutes. */
const MAX_SHIFT_DIGITS = 100_000;

/** `10 ** exponent` for exponents from 0 on. @throws RangeError beyond {@link MAX_SHIFT_DIGITS}. */
export function powerOfTen(exponent: number): bigint {
  const power = POWERS[exponent];
  if (power !== undefined) return power;
  if (exponent > MAX_SHIFT_DIGITS) {
    throw new RangeError(`A decimal of more than ${MAX_SHIFT_DIGITS} digits is not supported.`);
  }
  return 10n ** BigInt(exponent);
}

/** Number of decimal digits, 1 for zero. */
export function digitCount(value: bigint): number {
  const magnitude = value < 0n ? -value : value;
  if (magnitude < 10n) return 1;
  if (magnitude < 9007199254740992n) {
    // Math.log10 may be off by one just below a power of ten; the table decides.
    const guess = Math.floor(Math.log10(Number(magnitude)));
    return magnitude >= (POWERS[guess + 1] as bigint)
      ? guess + 2
      : magnitude < (POWERS[guess] as bigint)
        ? guess
        : guess + 1;
  }
  return magnitude.toString().length;
}

/** Quotient rounded to the nearest, ties away from zero. @throws RangeError for a zero divisor. */
export function divideHalfUp(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor;
  const remainder = dividend - quotient * divisor;
  if (remainder === 0n) return quotient;
  const twice = (remainder < 0n ? -remainder : remainder) * 2n;
  const size = divisor < 0n ? -divisor : divisor;
  if (twice < size) return quotient;
  return dividend < 0n === divisor < 0n ? quotient + 1n : quotient - 1n;
}
