/** Numbers as text, by the rules that the formats share: Java's, without its suffixes and hexadecimal forms. */
import { Decimal } from "../values/decimal.js";
import { floatOf } from "./float-text.js";

/** Least and greatest value of each integer type. @public */
export const INTEGER_RANGES = {
  TINYINT: { min: -128, max: 127 },
  SMALLINT: { min: -32768, max: 32767 },
  INT: { min: -2147483648, max: 2147483647 },
} as const;

/** Least value of BIGINT. @public */
export const BIGINT_MIN = -(2n ** 63n);
/** Greatest value of BIGINT. @public */
export const BIGINT_MAX = 2n ** 63n - 1n;

/** Without the characters up to U+0020 at both ends: `String.trim` of Java, which knows no other blanks. @public */
export function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && text.charCodeAt(start) <= 32) start++;
  while (end > start && text.charCodeAt(end - 1) <= 32) end--;
  return start === 0 && end === text.length ? text : text.slice(start, end);
}

/**
 * Optional sign and digits, nothing else.
 *
 * @param min - least value, a safe integer.
 * @param max - greatest value, a safe integer.
 * @returns `undefined` if the text is no integer or out of range.
 * @public
 */
export function parseIntegerText(text: string, min: number, max: number): number | undefined {
  const length = text.length;
  const sign = text.charCodeAt(0);
  let at = sign === 45 || sign === 43 ? 1 : 0;
  if (at === length) return undefined;
  let value = 0;
  for (; at < length; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (!(digit >= 0 && digit <= 9) || value > Number.MAX_SAFE_INTEGER) return undefined;
    value = value * 10 + digit;
  }
  if (sign === 45) value = value === 0 ? 0 : -value;
  return value >= min && value <= max ? value : undefined;
}

/** As {@link parseIntegerText} for BIGINT: within 64 bits. @public */
export function parseBigintText(text: string): bigint | undefined {
  if (text.length <= 15) {
    const small = parseIntegerText(text, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    return small === undefined ? undefined : BigInt(small);
  }
  if (!/^[+-]?\d+$/.test(text)) return undefined;
  // At most 19 digits can be in range; leading zeros do not count.
  const digits = text.replace(/^[+-]?0*/, "");
  if (digits.length > 19) return undefined;
  const value = BigInt(text.charCodeAt(0) === 45 ? `-${digits || "0"}` : digits || "0");
  return value >= BIGINT_MIN && value <= BIGINT_MAX ? value : undefined;
}

/** Decimal and exponent forms; NaN for anything else, so that it costs one pass. */
function plainDouble(text: string): number {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const isAllowed =
      (code >= 48 && code <= 57) || code === 46 || code === 45 || code === 43 || (code | 32) === 101;
    if (!isAllowed) return Number.NaN;
  }
  return text.length === 0 ? Number.NaN : Number(text);
}

const NON_FINITE: ReadonlyMap<string, number> = new Map([
  ["NaN", Number.NaN],
  ["+NaN", Number.NaN],
  ["-NaN", Number.NaN],
  ["Infinity", Infinity],
  ["+Infinity", Infinity],
  ["-Infinity", -Infinity],
]);

/**
 * The nearest double: decimal or exponent form, `NaN`, `Infinity`, `-Infinity`, surrounding blanks allowed.
 *
 * @public
 */
export function parseDoubleText(text: string): number | undefined {
  const value = plainDouble(text);
  if (!Number.isNaN(value)) return value;
  const trimmed = trimBlanks(text);
  const again = trimmed === text ? value : plainDouble(trimmed);
  return Number.isNaN(again) ? NON_FINITE.get(trimmed) : again;
}

/** The nearest 32-bit float, rounded once; texts as in {@link parseDoubleText}. @public */
export function parseFloatText(text: string): number | undefined {
  const value = parseDoubleText(text);
  return value === undefined ? undefined : floatOf(value, () => Decimal.parse(trimBlanks(text)));
}

/** As {@link Decimal.parse}, then fitted to DECIMAL(precision, scale): `null` if it does not fit. @public */
export function parseDecimalText(text: string, precision: number, scale: number): Decimal | null | undefined {
  return Decimal.parse(text)?.fit(precision, scale);
}
