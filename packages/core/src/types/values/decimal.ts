import { plainText, scanDecimal, scannedDecimal, scientificText } from "./decimal-text.js";
import { divideHalfUp, digitCount, powerOfTen } from "./decimal-arithmetic.js";

const BRAND: unique symbol = Symbol.for("@tributary/core/Decimal");

/**
 * An exact decimal number: `unscaled / 10 ** scale`. Immutable. Results of arithmetic carry the scale that the caller
 * asks for; whatever does not fit it is rounded HALF_UP, ties away from zero. No limit on digits here: a column's
 * DECIMAL(p, s) is applied with {@link Decimal.fit}.
 *
 * A negative scale (`1e3` is 1 with scale -3) is legal and comes from parsing only.
 *
 * @public
 */
export class Decimal {
  static readonly ZERO: Decimal = new Decimal(0n, 0);
  declare readonly [BRAND]: true;

  readonly unscaled: bigint;
  /** Digits after the point. */
  readonly scale: number;

  constructor(unscaled: bigint, scale: number) {
    this.unscaled = unscaled;
    this.scale = scale;
  }

  /** True for a Decimal of any copy of this package. */
  static is(value: unknown): value is Decimal {
    return typeof value === "object" && value !== null && BRAND in value;
  }

  /**
   * Reads sign, digits, optional fraction, optional exponent; no blanks. The scale is the one written.
   *
   * @returns `undefined` if the text is no decimal.
   */
  static parse(text: string): Decimal | undefined {
    return scanDecimal(text) ? new Decimal(scannedDecimal.unscaled, scannedDecimal.scale) : undefined;
  }

  /**
   * The decimal that a literal in code stands for.
   *
   * @throws RangeError if it is no decimal; use {@link Decimal.parse} for text from outside.
   */
  static of(value: string | number | bigint): Decimal {
    const decimal =
      typeof value === "bigint"
        ? new Decimal(value, 0)
        : typeof value === "number"
          ? Decimal.fromNumber(value)
          : Decimal.parse(value);
    if (decimal === undefined) throw new RangeError(`"${value}" is not a decimal number.`);
    return decimal;
  }

  /** The number's shortest text as a decimal (0.1 is 0.1); `undefined` for NaN and infinities. */
  static fromNumber(value: number): Decimal | undefined {
    if (Number.isSafeInteger(value)) return new Decimal(BigInt(value), 0);
    return Number.isFinite(value) ? Decimal.parse(String(value)) : undefined;
  }

  /** Number of digits of the unscaled value, at least 1. */
  get precision(): number {
    return digitCount(this.unscaled);
  }

  /** -1, 0 or 1. */
  get sign(): -1 | 0 | 1 {
    return this.unscaled > 0n ? 1 : this.unscaled < 0n ? -1 : 0;
  }

  /** Numeric order: negative, zero or positive; `1.0` and `1.00` are equal. */
  compare(other: Decimal): number {
    const a = this.unscaled;
    const b = other.unscaled;
    if (this.scale === other.scale) return a < b ? -1 : a > b ? 1 : 0;
    const sign = this.sign;
    if (sign !== other.sign || sign === 0) return sign - other.sign;
    // Magnitudes first: it keeps 1e1000000000 from being written out.
    const magnitude = digitCount(a) - this.scale - (digitCount(b) - other.scale);
    if (magnitude !== 0) return magnitude > 0 ? sign : -sign;
    const difference =
      this.scale < other.scale
        ? a * powerOfTen(other.scale - this.scale) - b
        : a - b * powerOfTen(this.scale - other.scale);
    return difference < 0n ? -1 : difference > 0n ? 1 : 0;
  }

  /** Numeric equality; the scale does not matter. */
  equals(other: Decimal): boolean {
    return this.compare(other) === 0;
  }

  /** The same number with `scale` fraction digits, rounded HALF_UP if it has more. */
  rescale(scale: number): Decimal {
    const difference = scale - this.scale;
    if (difference === 0) return this;
    if (difference > 0) {
      return new Decimal(this.unscaled === 0n ? 0n : this.unscaled * powerOfTen(difference), scale);
    }
    // All digits are cut and not even the first of them can round up.
    if (-difference > digitCount(this.unscaled)) return new Decimal(0n, scale);
    return new Decimal(divideHalfUp(this.unscaled, powerOfTen(-difference)), scale);
  }

  /** The value of a DECIMAL(precision, scale) column: rounded HALF_UP to `scale`, `null` if it needs more digits. */
  fit(precision: number, scale: number): Decimal | null {
    if (this.scale === scale) return this.#within(precision);
    // More whole digits than the column has: refused before a huge exponent is written out.
    if (this.unscaled !== 0n && digitCount(this.unscaled) - this.scale > precision - scale) return null;
    return this.rescale(scale).#within(precision);
  }

  #within(precision: number): Decimal | null {
    const limit = powerOfTen(precision);
    return this.unscaled < limit && this.unscaled > -limit ? this : null;
  }

  /** @param scale - of the result; the larger of both by default, which is exact. */
  add(other: Decimal, scale: number = Math.max(this.scale, other.scale)): Decimal {
    const common = Math.max(this.scale, other.scale);
    const sum = this.rescale(common).unscaled + other.rescale(common).unscaled;
    return new Decimal(sum, common).rescale(scale);
  }

  /** @param scale - of the result; the larger of both by default, which is exact. */
  sub(other: Decimal, scale: number = Math.max(this.scale, other.scale)): Decimal {
    return this.add(other.neg(), scale);
  }

  /** @param scale - of the result; the sum of both by default, which is exact. */
  mul(other: Decimal, scale: number = this.scale + other.scale): Decimal {
    return new Decimal(this.unscaled * other.unscaled, this.scale + other.scale).rescale(scale);
  }

  /** The quotient, rounded once, to `scale` fraction digits. @throws RangeError for a zero divisor. */
  div(other: Decimal, scale: number): Decimal {
    const shift = scale + other.scale - this.scale;
    const quotient =
      shift >= 0
        ? divideHalfUp(this.unscaled * powerOfTen(shift), other.unscaled)
        : divideHalfUp(this.unscaled, other.unscaled * powerOfTen(-shift));
    return new Decimal(quotient, scale);
  }

  /** The remainder, with the sign of this number. @throws RangeError for a zero divisor. */
  mod(other: Decimal, scale: number = Math.max(this.scale, other.scale)): Decimal {
    const common = Math.max(this.scale, other.scale);
    const remainder = this.rescale(common).unscaled % other.rescale(common).unscaled;
    return new Decimal(remainder, common).rescale(scale);
  }

  neg(): Decimal {
    return new Decimal(-this.unscaled, this.scale);
  }

  abs(): Decimal {
    return this.unscaled < 0n ? this.neg() : this;
  }

  /**
   * Rounded HALF_UP at `digits` digits after the point; negative `digits` count before it.
   *
   * @param scale - of the result; by default as many of `digits` as this number has, at least 0.
   */
  round(digits: number, scale: number = resultScale(digits, this.scale)): Decimal {
    return digits >= this.scale ? this.rescale(scale) : this.rescale(digits).rescale(scale);
  }

  /** As {@link Decimal.round}, cut towards zero. */
  truncate(digits: number, scale: number = resultScale(digits, this.scale)): Decimal {
    const cut = this.scale - digits;
    if (cut <= 0) return this.rescale(scale);
    if (cut > digitCount(this.unscaled)) return new Decimal(0n, scale);
    return new Decimal(this.unscaled / powerOfTen(cut), digits).rescale(scale);
  }

  /** The greatest whole number not above this one, with scale 0. */
  floor(): Decimal {
    const cut = this.truncate(0, 0);
    return this.unscaled < 0n && cut.compare(this) !== 0 ? new Decimal(cut.unscaled - 1n, 0) : cut;
  }

  /** The smallest whole number not below this one, with scale 0. */
  ceil(): Decimal {
    const cut = this.truncate(0, 0);
    return this.unscaled > 0n && cut.compare(this) !== 0 ? new Decimal(cut.unscaled + 1n, 0) : cut;
  }

  /** The nearest double. */
  toNumber(): number {
    return this.scale === 0 ? Number(this.unscaled) : Number(`${this.unscaled}e${-this.scale}`);
  }

  /** The whole part, cut towards zero. */
  toBigInt(): bigint {
    return this.scale === 0 ? this.unscaled : this.truncate(0, 0).unscaled;
  }

  /** The same number without trailing zeros; zero has scale 0. The scale may become negative. */
  stripTrailingZeros(): Decimal {
    if (this.unscaled === 0n) return Decimal.ZERO;
    if (this.unscaled % 10n !== 0n) return this;
    const digits = this.unscaled.toString();
    let end = digits.length - 1;
    while (digits.charCodeAt(end - 1) === 48) end--;
    return new Decimal(BigInt(digits.slice(0, end)), this.scale - (digits.length - end));
  }

  /** Plain digits with exactly `scale` fraction digits: `12.50`. */
  toString(): string {
    return plainText(this.unscaled, this.scale);
  }

  toJSON(): string {
    return this.toString();
  }

  /** Java's `stripTrailingZeros().toString()`: `1E+5`, `12.3`, `1.2E-7`, `0`. */
  toScientificString(): string {
    const stripped = this.stripTrailingZeros();
    return scientificText(stripped.unscaled, stripped.scale);
  }
}

Object.defineProperty(Decimal.prototype, BRAND, { value: true });

function resultScale(digits: number, scale: number): number {
  return Math.max(0, Math.min(digits, scale));
}
