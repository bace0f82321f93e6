import { floorMillis, floorNanos, NANOS_PER_MILLI } from "./civil-time.js";

/** Milliseconds that a Date can hold, on either side of 1970. ECMAScript, "Time Values and Time Range". */
const DATE_MILLIS_MAX = 8.64e15;

/**
 * A count of nanoseconds from 1970-01-01 00:00:00, in two numbers: what the two kinds of timestamps have in common.
 * Which line the count runs along, and so whether two of them may be compared, is for the subclass to say; each carries
 * a brand of its own. A subclass declares its constructor, since an inherited one costs twice the time.
 *
 * @public
 */
export abstract class EpochTime<Self extends EpochTime<Self>> {
  /** Milliseconds from 1970-01-01 00:00:00. */
  readonly epochMillis: number;
  /** Nanoseconds within the millisecond, 0 to 999999. */
  readonly nanosOfMilli: number;

  /** @throws RangeError if a part is no whole number or out of range. */
  constructor(epochMillis: number, nanosOfMilli: number) {
    if (!Number.isSafeInteger(epochMillis) || !(nanosOfMilli >= 0 && nanosOfMilli < NANOS_PER_MILLI)) {
      throw new RangeError(`No ${new.target.name} has ${epochMillis} ms and ${nanosOfMilli} ns.`);
    }
    this.epochMillis = epochMillis === 0 ? 0 : epochMillis;
    this.nanosOfMilli = nanosOfMilli;
  }

  /** Another of the same kind. */
  protected abstract at(epochMillis: number, nanosOfMilli: number): Self;

  /** Nanoseconds from 1970-01-01 00:00:00. */
  epochNanos(): bigint {
    return BigInt(this.epochMillis) * 1_000_000n + BigInt(this.nanosOfMilli);
  }

  /** Microseconds from 1970-01-01 00:00:00, cut down. */
  epochMicros(): bigint {
    return BigInt(this.epochMillis) * 1_000n + BigInt(Math.floor(this.nanosOfMilli / 1_000));
  }

  /**
   * The Date with the same UTC fields, cut to milliseconds.
   *
   * @throws RangeError if it lies outside the years -271821 to 275760, which are all that a Date has.
   */
  toDate(): Date {
    if (Math.abs(this.epochMillis) > DATE_MILLIS_MAX) {
      throw new RangeError(`${this.toString()} is out of the range of a Date.`);
    }
    return new Date(this.epochMillis);
  }

  /** Order in time: negative, zero or positive. */
  compare(other: Self): number {
    return this.epochMillis - other.epochMillis || this.nanosOfMilli - other.nanosOfMilli;
  }

  equals(other: Self): boolean {
    return this.epochMillis === other.epochMillis && this.nanosOfMilli === other.nanosOfMilli;
  }

  /** @param millis - a whole number, may be negative. */
  plusMillis(millis: number): Self {
    return this.at(this.epochMillis + millis, this.nanosOfMilli);
  }

  /** Cut down (towards the past) to `precision` fraction digits of the second, 0 to 9. */
  truncatedTo(precision: number): Self {
    const millis = floorMillis(this.epochMillis, precision);
    const nanos = floorNanos(this.nanosOfMilli, precision);
    if (millis === this.epochMillis && nanos === this.nanosOfMilli) return this as unknown as Self;
    return this.at(millis, nanos);
  }

  /** The text of a SQL literal, with a fraction only as far as its last digit that is not zero. */
  abstract toString(): string;

  toJSON(): string {
    return this.toString();
  }
}

/** The parts of a count of `unit`s, of which a millisecond has `perMilli`. */
export function partsOf(
  count: bigint,
  perMilli: 1_000 | 1_000_000,
): readonly [millis: number, nanos: number] {
  const unit = BigInt(perMilli);
  const rest = ((count % unit) + unit) % unit;
  return [Number((count - rest) / unit), Number(rest) * (NANOS_PER_MILLI / perMilli)];
}
