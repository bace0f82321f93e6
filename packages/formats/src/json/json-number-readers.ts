/** Numbers from digits in bytes. The usual forms are read here; everything else takes the way over text. */
import { Decimal, parseDoubleText, parseFloatText, parseIntegerText, trimBlanks } from "@tributary/core";
import type { DecimalType } from "@tributary/core";
import { withArticle } from "../text/excerpt.js";
import { scanLong, scannedLong } from "../text/long-halves.js";
import { cutToLong, decimalOfText, longOfText } from "../text/long-numbers.js";
import type { JsonScanner } from "./json-scanner.js";

/** Reads the value at the scanner's position; `null` for NULL and for a misfit that is ignored. */
export type JsonReader = (scanner: JsonScanner) => unknown;

/** Digits that a double holds exactly, whatever they are. */
const EXACT_DIGITS = 15;
const POWERS_OF_TEN = Array.from({ length: 23 }, (_, exponent) => 10 ** exponent);

/** What {@link scanNumber} found. One object for all: it is read at once. */
const scannedNumber = { digits: 0, isNegative: false, scale: 0 };

/**
 * Reads a number of at most 15 digits without exponent; its parts are then in {@link scannedNumber}. False, with the
 * scanner before the value, for any other value.
 */
function scanNumber(scanner: JsonScanner): boolean {
  const { bytes } = scanner;
  let at = scanner.pos;
  let byte = bytes[at] as number;
  if (byte <= 32) {
    byte = scanner.peek();
    at = scanner.pos;
  }
  const isNegative = byte === 0x2d;
  if (isNegative) at++;
  const first = at;
  let digits = 0;
  let digit = (bytes[at] as number) - 48;
  while (digit >= 0 && digit <= 9) {
    digits = digits * 10 + digit;
    digit = (bytes[++at] as number) - 48;
  }
  const whole = at - first;
  if (whole === 0 || (whole > 1 && bytes[first] === 0x30)) return false;
  let scale = 0;
  if (digit === -2) {
    const point = at;
    digit = (bytes[++at] as number) - 48;
    while (digit >= 0 && digit <= 9) {
      digits = digits * 10 + digit;
      digit = (bytes[++at] as number) - 48;
    }
    scale = at - point - 1;
    if (scale === 0) return false;
  }
  if (whole + scale > EXACT_DIGITS) return false;
  const next = bytes[at];
  if (next !== 0x2c && next !== 0x7d && next !== 0x5d) return false;
  scanner.pos = at;
  scannedNumber.digits = digits;
  scannedNumber.isNegative = isNegative;
  scannedNumber.scale = scale;
  return true;
}

/** @param cutsFractions - `112.013` is 112 and not an error. */
export function integerReader(
  name: string,
  { min, max }: { readonly min: number; readonly max: number },
  cutsFractions: boolean,
): JsonReader {
  const expected = withArticle(name);
  const readSlowly = (scanner: JsonScanner, start: number): number | null => {
    const token = scanner.scalar();
    if (token === "null") return null;
    const { text } = scanner;
    let value: number | undefined;
    if (token === "string") {
      value = parseIntegerText(trimBlanks(text), min, max);
    } else if (token === "number") {
      value = parseIntegerText(text, min, max);
      if (value === undefined && cutsFractions && /[.eE]/.test(text)) {
        const exact = Number(text);
        if (exact >= min && exact <= max) value = Math.trunc(exact) + 0;
      }
    }
    return value ?? scanner.misfit(start, expected);
  };
  return (scanner) => {
    if (scanNumber(scanner)) {
      const { digits, isNegative, scale } = scannedNumber;
      if (scale === 0) {
        const value = isNegative ? 0 - digits : digits;
        if (value >= min && value <= max) return value;
      } else if (cutsFractions) {
        const exact = digits / (POWERS_OF_TEN[scale] as number);
        const value = isNegative ? 0 - exact : exact;
        if (value >= min && value <= max) return Math.trunc(value) + 0;
      }
      return scanner.misfit(numberStart(scanner), expected);
    }
    scanner.peek();
    return readSlowly(scanner, scanner.pos);
  };
}

/** Start of the number that ends at the scanner's position. */
function numberStart(scanner: JsonScanner): number {
  let at = scanner.pos;
  while (at > 0 && /[-0-9.]/.test(String.fromCharCode(scanner.bytes[at - 1] as number))) at--;
  return at;
}

/** @param expected - what the value should be, for a message. */
export function readBigint(scanner: JsonScanner, expected: string = "a BIGINT"): bigint | null {
  const { bytes } = scanner;
  if ((bytes[scanner.pos] as number) <= 32) scanner.peek();
  const value = scanLong(bytes, scanner.pos);
  if (value !== undefined) {
    const { end } = scannedLong;
    const next = bytes[end];
    if (next === 0x2c || next === 0x7d || next === 0x5d) {
      scanner.pos = end;
      return value;
    }
  }
  return readBigintSlowly(scanner, expected);
}

function readBigintSlowly(scanner: JsonScanner, expected: string): bigint | null {
  scanner.peek();
  const start = scanner.pos;
  const token = scanner.scalar();
  if (token === "null") return null;
  const { text } = scanner;
  if (token === "string") return longOfText(trimBlanks(text)) ?? scanner.misfit(start, expected);
  return (token === "number" ? cutToLong(text) : undefined) ?? scanner.misfit(start, expected);
}

export function readDouble(scanner: JsonScanner): number | null {
  if (scanNumber(scanner)) {
    // Both parts are exact doubles, so one division rounds once.
    const { digits, isNegative, scale } = scannedNumber;
    const size = scale === 0 ? digits : digits / (POWERS_OF_TEN[scale] as number);
    return isNegative ? -size : size;
  }
  return readFloating(scanner, "a DOUBLE", parseDoubleText);
}

export function readFloat(scanner: JsonScanner): number | null {
  return readFloating(scanner, "a FLOAT", parseFloatText);
}

function readFloating(
  scanner: JsonScanner,
  expected: string,
  parse: (text: string) => number | undefined,
): number | null {
  scanner.peek();
  const start = scanner.pos;
  const token = scanner.scalar();
  if (token === "null") return null;
  const value = token === "number" || token === "string" ? parse(scanner.text) : undefined;
  return value ?? scanner.misfit(start, expected);
}

/** @param trims - strings may have blanks around the number. */
export function decimalReader(type: DecimalType, trims: boolean): JsonReader {
  const { precision, scale } = type;
  const expected = `a DECIMAL(${precision}, ${scale})`;
  // Of a column of up to 15 digits the unscaled value is an exact double.
  const limit = precision <= EXACT_DIGITS ? 10 ** precision : 0;
  const readSlowly = (scanner: JsonScanner): Decimal | null => {
    scanner.peek();
    const start = scanner.pos;
    const token = scanner.scalar();
    if (token === "null") return null;
    const isText = token === "string";
    if (!isText && token !== "number") return scanner.misfit(start, expected);
    const text = isText && trims ? trimBlanks(scanner.text) : scanner.text;
    const value = decimalOfText(text, precision, scale);
    return value === undefined ? scanner.misfit(start, expected) : value;
  };
  return (scanner) => {
    if (!scanNumber(scanner)) return readSlowly(scanner);
    const number = scannedNumber;
    const sign = number.isNegative ? -1 : 1;
    const unscaled =
      number.scale <= scale ? number.digits * (POWERS_OF_TEN[scale - number.scale] ?? NaN) : NaN;
    if (unscaled < limit) return new Decimal(BigInt(sign * unscaled), scale);
    return new Decimal(BigInt(sign * number.digits), number.scale).fit(precision, scale);
  };
}
