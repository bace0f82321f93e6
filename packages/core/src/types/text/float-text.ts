/**
 * Java's text of floating-point numbers: the shortest digits that give the number back, at least one digit after the
 * point (`1.0`), exponent form for magnitudes below 1e-3 or from 1e7 on (`1.0E10`, `1.0E-5`). As specified by
 * `Double.toString` and `Float.toString` since Java 19.
 */
import { Decimal } from "../values/decimal.js";

/** Java's text of a double. @public */
export function formatDouble(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size >= 1e-3 && size < 1e7) {
    const text = String(value);
    return Number.isInteger(value) ? `${text}.0` : text;
  }
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  // Only far below the normal range can two digits come closer to the number than one.
  const two = size < 1e-300 ? size.toExponential(1) : "";
  const shortest = size.toExponential();
  const text = shortest.indexOf(".") < 0 && two !== "" && Number(two) === size ? two : shortest;
  return (value < 0 ? "-" : "") + javaExponent(text);
}

/** Java's text of a 32-bit float. @param value - rounded to 32 bits. @public */
export function formatFloat(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  const size = Math.abs(value);
  const sign = value < 0 ? "-" : "";
  if (size >= 1e-3 && size < 1e7) {
    const text = String(shortestPlainFloat(size));
    return sign + (text.indexOf(".") < 0 ? `${text}.0` : text);
  }
  return sign + javaExponent(shortestFloat(size));
}

/** The double whose shortest text has the shortest digits of a 32-bit float: 0.1 for `Math.fround(0.1)`. */
export function shortestFloatNumber(value: number): number {
  if (!Number.isFinite(value) || value === 0) return value;
  const size = Math.abs(value);
  const shortest = size >= 1e-3 && size < 1e7 ? shortestPlainFloat(size) : Number(shortestFloat(size));
  return value < 0 ? -shortest : shortest;
}

/** Most fraction digits that a float from 1e-3 on needs. */
const FRACTION_DIGITS_MAX = 12;

/**
 * The double with the shortest digits of a float from 1e-3 to 1e7. Plain arithmetic: products and quotients here are off
 * by less than a millionth of a digit, and where that could matter the exact search decides.
 */
function shortestPlainFloat(size: number): number {
  if (!isPowerOfTwo(size)) {
    let unit = 1;
    for (let digits = 0; digits <= FRACTION_DIGITS_MAX; digits++, unit *= 10) {
      const scaled = size * unit;
      const whole = Math.round(scaled);
      const candidate = whole / unit;
      const isTie = Math.abs(Math.abs(scaled - whole) - 0.5) < 1e-6;
      if (Math.fround(candidate) === size && !isTie && !isMiddle(candidate)) return candidate;
      if (Math.fround(candidate) === size || (isTie && Math.fround(Math.floor(scaled) / unit) === size))
        break;
    }
  }
  return Number(shortestFloat(size));
}

/** `1e+21`, `1.5e-7` to `1.0E21`, `1.5E-7`. */
function javaExponent(text: string): string {
  const e = text.indexOf("e");
  const mantissa = text.slice(0, e);
  const exponent = text.charCodeAt(e + 1) === 43 ? text.slice(e + 2) : text.slice(e + 1);
  return `${mantissa.indexOf(".") < 0 ? `${mantissa}.0` : mantissa}E${exponent}`;
}

/** Exponent form with the fewest digits, two at least, that round to the float; the closest of them. */
function shortestFloat(size: number): string {
  // Usual numbers have few digits; from six on the search goes on one by one as well.
  for (let digits = 1; digits < 9; digits++) {
    const near = size.toExponential(digits);
    if (roundsTo(near, size)) return trimZeros(evenOfTie(near, size));
    // At a power of two the interval below is half as wide: the next number above may still round to it.
    const above = nextUp(near);
    if (isPowerOfTwo(size) && roundsTo(above, size)) return trimZeros(above);
  }
  return trimZeros(size.toExponential(9));
}

/** The number with an even last digit, if the size lies half way between it and `near`, which was rounded up. */
function evenOfTie(near: string, size: number): string {
  const e = near.indexOf("e");
  if ((near.charCodeAt(e - 1) & 1) === 0) return near;
  // The last digit is odd, so that one less needs no borrowing.
  const below = `${near.slice(0, e - 1)}${Number(near.charAt(e - 1)) - 1}${near.slice(e)}`;
  const isTie = Decimal.of(near)
    .add(Decimal.of(below))
    .equals(exactDecimal(size).mul(Decimal.of(2)));
  return isTie && roundsTo(below, size) ? below : near;
}

function roundsTo(text: string, size: number): boolean {
  return floatOf(Number(text), () => Decimal.parse(text)) === size;
}

function trimZeros(text: string): string {
  return text.replace(/\.?0*e/, "e");
}

/** The next greater number with the same digits after the point in exponent form. */
function nextUp(text: string): string {
  const e = text.indexOf("e");
  const digits = String(BigInt(text.slice(0, e).replace(".", "")) + 1n);
  const length = e - 1;
  const exponent = Number(text.slice(e + 1)) + (digits.length - length);
  return `${digits.charAt(0)}.${digits.slice(1)}e${exponent}`;
}

const scratch = new DataView(new ArrayBuffer(8));

function isPowerOfTwo(float: number): boolean {
  scratch.setFloat32(0, float);
  return (scratch.getUint32(0) & 0x7fffff) === 0;
}

/** True for a double half way between two floats of the normal range: the 29 bits that floats lack are a one and zeros. */
function isMiddle(double: number): boolean {
  scratch.setFloat64(0, double);
  return (scratch.getUint32(4) & 0x1fffffff) === 0x10000000;
}

/**
 * The 32-bit float nearest to a text whose nearest double is `double`. Rounding twice goes wrong only if the double
 * lies exactly between two floats; then the text's exact value decides.
 *
 * @param exact - the text's value, asked for only in that case.
 */
export function floatOf(double: number, exact: () => Decimal | undefined): number {
  const rounded = Math.fround(double);
  if (rounded === double || !Number.isFinite(double)) return rounded;
  // Below the normal range, let exactness decide.
  if (!isMiddle(double) && Math.abs(double) >= 1.2e-38) return rounded;
  // Beyond the greatest float stands the number that would follow it.
  const base = Number.isFinite(rounded) ? rounded : Math.sign(rounded) * 2 ** 128;
  const other = neighbour(base, base < double);
  if ((base + other) / 2 !== double) return rounded;
  const text = exact();
  if (text === undefined) return rounded;
  const order = text.compare(exactDecimal(double));
  if (order === 0) return rounded;
  return order > 0 === other > base ? Math.fround(other) : rounded;
}

/** The float next to `float`, above or below it. */
function neighbour(float: number, above: boolean): number {
  if (float === 0) return above ? 2 ** -149 : -(2 ** -149);
  scratch.setFloat32(0, float);
  const bits = scratch.getInt32(0);
  scratch.setInt32(0, above === float > 0 ? bits + 1 : bits - 1);
  const next = scratch.getFloat32(0);
  return Number.isFinite(next) ? next : Math.sign(next) * 2 ** 128;
}

/** The exact decimal value of a finite double. */
function exactDecimal(value: number): Decimal {
  scratch.setFloat64(0, value);
  const bits = scratch.getBigUint64(0);
  const field = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  const mantissa = field === 0 ? fraction : fraction | 0x10000000000000n;
  const exponent = (field === 0 ? 1 : field) - 1075;
  const unscaled = exponent >= 0 ? mantissa << BigInt(exponent) : mantissa * 5n ** BigInt(-exponent);
  return new Decimal(value < 0 ? -unscaled : unscaled, exponent >= 0 ? 0 : -exponent);
}
