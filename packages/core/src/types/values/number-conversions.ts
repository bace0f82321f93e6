/** BIGINT at the edge: to and from `number`, never with a digit lost. */

/**
 * The bigint of a whole number that a double holds exactly.
 *
 * @throws RangeError for fractions, NaN, infinities and numbers beyond 2^53-1, whose last digits may be wrong already.
 * @public
 */
export function bigintFromNumber(value: number): bigint {
  if (!Number.isSafeInteger(value)) {
    throw new RangeError(`${value} is no whole number from -(2^53-1) to 2^53-1; write it as a bigint.`);
  }
  return BigInt(value);
}

/**
 * The number with the same digits.
 *
 * @throws RangeError beyond 2^53-1, where a double would round.
 * @public
 */
export function bigintToNumber(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) {
    throw new RangeError(`${value} does not fit a number without loss; the limit is 2^53-1.`);
  }
  return number;
}
