/**
 * Decimal text: sign, digits, optional fraction, optional exponent (`12.50`, `.5`, `1.`, `-1e3`); no blanks. The same
 * texts that `new java.math.BigDecimal(text)` takes, restricted to ASCII digits.
 */

/** Greatest magnitude of a scale, as in Java's BigDecimal; a text beyond it is refused. */
const MAX_SCALE = 2147483647;
/** Digits that fit a double exactly. */
const EXACT_DIGITS = 15;

/** Result of {@link scanDecimal}; overwritten by the next call. */
export const scannedDecimal = { unscaled: 0n, scale: 0 };

/** True if `text` is a decimal; its value is then in {@link scannedDecimal}. Linear in the length of the text. */
export function scanDecimal(text: string): boolean {
  const length = text.length;
  let at = 0;
  const first = text.charCodeAt(0);
  const isNegative = first === 45;
  if (isNegative || first === 43) at = 1;
  const start = at;
  let point = -1;
  let digits = 0;
  let small = 0;
  let code = 0;
  for (; at < length; at++) {
    code = text.charCodeAt(at);
    if (code >= 48 && code <= 57) {
      if (++digits <= EXACT_DIGITS) small = small * 10 + (code - 48);
    } else if (code === 46 && point < 0) {
      point = at;
    } else {
      break;
    }
  }
  if (digits === 0) return false;
  const end = at;
  let exponent = 0;
  if (at < length) {
    if ((code | 32) !== 101) return false;
    exponent = scanExponent(text, at + 1);
    if (Number.isNaN(exponent)) return false;
  }
  const scale = (point < 0 ? 0 : end - point - 1) - exponent;
  if (scale > MAX_SCALE || scale < -MAX_SCALE) return false;
  const magnitude =
    digits <= EXACT_DIGITS
      ? BigInt(small)
      : BigInt(point < 0 ? text.slice(start, end) : text.slice(start, point) + text.slice(point + 1, end));
  scannedDecimal.unscaled = isNegative ? -magnitude : magnitude;
  scannedDecimal.scale = scale;
  return true;
}

/** The exponent from `start` to the end of the text; NaN if it is none. */
function scanExponent(text: string, start: number): number {
  let at = start;
  const sign = text.charCodeAt(at);
  if (sign === 45 || sign === 43) at++;
  if (at === text.length) return Number.NaN;
  let value = 0;
  for (; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    if (value <= MAX_SCALE) value = value * 10 + digit;
  }
  return sign === 45 ? -value : value;
}

/** Plain digits of a decimal with `scale` fraction digits, a negative scale as zeros before the point. */
export function plainText(unscaled: bigint, scale: number): string {
  if (scale === 0) return unscaled.toString();
  if (scale < 0) return unscaled === 0n ? "0" : unscaled.toString() + "0".repeat(-scale);
  const isNegative = unscaled < 0n;
  const digits = (isNegative ? -unscaled : unscaled).toString();
  const whole = digits.length - scale;
  const text =
    whole > 0 ? `${digits.slice(0, whole)}.${digits.slice(whole)}` : `0.${"0".repeat(-whole)}${digits}`;
  return isNegative ? `-${text}` : text;
}

/**
 * Text of Java's `BigDecimal.toString`: plain for scales from 0 on and magnitudes from 1e-6 on, else with an exponent
 * (`1E+5`, `1.2E-7`).
 */
export function scientificText(unscaled: bigint, scale: number): string {
  const isNegative = unscaled < 0n;
  const digits = (isNegative ? -unscaled : unscaled).toString();
  const adjusted = digits.length - 1 - scale;
  if (scale >= 0 && adjusted >= -6) return plainText(unscaled, scale);
  const mantissa = digits.length === 1 ? digits : `${digits.charAt(0)}.${digits.slice(1)}`;
  return `${isNegative ? "-" : ""}${mantissa}E${adjusted >= 0 ? "+" : ""}${adjusted}`;
}
