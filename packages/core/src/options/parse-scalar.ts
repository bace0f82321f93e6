import { BIGINT_MAX, BIGINT_MIN, INTEGER_RANGES } from "../types/text/number-text.js";
import { parsed, unparsable } from "./parsed.js";
import type { ParsedValue } from "./parsed.js";

const INTEGER = /^[+-]?[0-9]+$/;
const DECIMAL = /^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$/;

/** Bounds of a whole number, both inclusive. */
interface Bounds {
  readonly min: bigint;
  readonly max: bigint;
}

const INT_BOUNDS: Bounds = { min: BigInt(INTEGER_RANGES.INT.min), max: BigInt(INTEGER_RANGES.INT.max) };
const LONG_BOUNDS: Bounds = { min: BIGINT_MIN, max: BIGINT_MAX };
const SAFE_BOUNDS: Bounds = { min: BigInt(Number.MIN_SAFE_INTEGER), max: BigInt(Number.MAX_SAFE_INTEGER) };

/** `true` or `false` in any letter case; blanks are not trimmed. */
export function parseBoolean(text: string): ParsedValue<boolean> {
  const lower = text.toLowerCase();
  if (lower === "true") return parsed(true);
  if (lower === "false") return parsed(false);
  return unparsable("is neither true nor false", "true or false", ["true", "false"]);
}

/** A decimal whole number of 32 bits with an optional sign, no blanks. */
export function parseInt32(text: string): ParsedValue<number> {
  const whole = parseWhole(text, INT_BOUNDS);
  return whole.ok ? parsed(Number(whole.value)) : whole;
}

/** A decimal whole number of 64 bits as a number: refused where a number would not be exact. */
export function parseInt64AsNumber(text: string): ParsedValue<number> {
  const whole = parseWhole(text, SAFE_BOUNDS);
  return whole.ok ? parsed(Number(whole.value)) : whole;
}

/** A decimal whole number of 64 bits. */
export function parseInt64(text: string): ParsedValue<bigint> {
  return parseWhole(text, LONG_BOUNDS);
}

function parseWhole(text: string, bounds: Bounds): ParsedValue<bigint> {
  const expected = `a whole number from ${bounds.min} to ${bounds.max}, without blanks`;
  if (!INTEGER.test(text)) return unparsable("is not a whole number", expected);
  const value = BigInt(text.startsWith("+") ? text.slice(1) : text);
  if (value < bounds.min || value > bounds.max) return unparsable("is out of range", expected);
  return parsed(value);
}

/** A number in decimal or exponent form that a 64-bit float can hold. */
export function parseDouble(text: string): ParsedValue<number> {
  const expected = "a number such as 0.5 or 1e3, without blanks";
  if (!DECIMAL.test(text)) return unparsable("is not a number", expected);
  const value = Number(text);
  return Number.isFinite(value) ? parsed(value) : unparsable("is out of range", expected);
}

/** The name of one of `values` as declared; letter case is ignored unless `isCaseSensitive`. */
export function parseEnum(
  text: string,
  values: readonly string[],
  isCaseSensitive: boolean,
): ParsedValue<string> {
  const wanted = isCaseSensitive ? text : text.toUpperCase();
  const found = values.find((value) => (isCaseSensitive ? value : value.toUpperCase()) === wanted);
  if (found !== undefined) return parsed(found);
  const expected = `one of ${values.join(", ")}${isCaseSensitive ? ", in this letter case" : ""}`;
  return unparsable(`is not ${expected}`, expected, values);
}
