/**
 * Numbers of any length. A message can hold millions of digits, and arithmetic on all of them would take minutes; what
 * a column's type can hold depends on few.
 */
import { BIGINT_MAX, BIGINT_MIN, Decimal, parseBigintText } from "@tributary/core";

/** Texts up to this length go the usual way. */
const USUAL_CHARACTERS = 100;
/** Digits of the widest DECIMAL, and one more. */
const TOO_MANY_DIGITS = 39;
const LONG_DIGITS = 19;
const NUMBER = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;

/** A number as digits without zeros in front; its point stands behind `point` of them. */
interface Digits {
  readonly sign: string;
  readonly digits: string;
  readonly point: number;
}

/** @returns `undefined` if the text is no number. */
function digitsOf(text: string): Digits | undefined {
  const match = NUMBER.exec(text);
  if (match === null) return undefined;
  const [, sign = "", whole = "", fraction = "", exponent = "0"] = match;
  const all = whole + fraction;
  if (all === "") return undefined;
  const digits = all.replace(/^0+/, "");
  return { sign, digits, point: whole.length + Number(exponent) - (all.length - digits.length) };
}

/** The whole part of a number with fraction or exponent; `undefined` if it is none, or beyond 64 bits. */
export function cutToLong(text: string): bigint | undefined {
  const number = digitsOf(text);
  if (number === undefined) return undefined;
  const { sign, digits, point } = number;
  if (digits === "" || point <= 0) return 0n;
  if (point > LONG_DIGITS) return undefined;
  const size = BigInt(digits.slice(0, point).padEnd(point, "0"));
  const value = sign === "-" ? -size : size;
  return value >= BIGINT_MIN && value <= BIGINT_MAX ? value : undefined;
}

/** A sign and digits, leading zeros allowed; `undefined` for anything else and beyond 64 bits. */
export function longOfText(text: string): bigint | undefined {
  if (text.length <= USUAL_CHARACTERS) return parseBigintText(text);
  return /^[+-]?\d+$/.test(text) ? cutToLong(text) : undefined;
}

/**
 * A number rounded to the scale, ties away from zero.
 *
 * @returns `null` if it has more digits than the precision, `undefined` if the text is no number.
 */
export function decimalOfText(text: string, precision: number, scale: number): Decimal | null | undefined {
  if (text.length <= USUAL_CHARACTERS) return Decimal.parse(text)?.fit(precision, scale);
  const number = digitsOf(text);
  if (number === undefined) return undefined;
  const { sign, digits, point } = number;
  if (digits !== "" && point >= TOO_MANY_DIGITS) return null;
  // Of what is rounded away the first digit decides.
  const kept = Math.max(0, point + scale + 1);
  const shortened = digits.slice(0, kept);
  if (shortened === "") return new Decimal(0n, scale);
  return Decimal.parse(`${sign}${shortened}e${point - shortened.length}`)?.fit(precision, scale);
}
