import {
  floorMillis,
  floorNanos,
  NANOS_PER_MILLI,
  MILLIS_PER_DAY,
  MILLIS_PER_HOUR,
  MILLIS_PER_MINUTE,
  MILLIS_PER_SECOND,
  daysFromCivil,
} from "./civil-time.js";
import { AS_NEEDED, wallClockText } from "../text/wall-clock-text.js";

const BRAND: unique symbol = Symbol.for("@tributary/core/LocalTimestamp");

/** Fields of a wall clock; all but the date default to 0. @public */
export interface CivilFields {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  /** 1 to 31; beyond the month it rolls over. */
  readonly day: number;
  readonly hour?: number;
  readonly minute?: number;
  readonly second?: number;
  /** 0 to 999999999. */
  readonly nanoOfSecond?: number;
}

/**
 * What a wall clock shows, without a time zone: the value of TIMESTAMP(p). Immutable, exact to the nanosecond. Never
 * mixes with {@link Instant}: the compiler and the brand keep them apart.
 *
 * @public
 */
export class LocalTimestamp {
  declare readonly [BRAND]: true;

  /** Milliseconds from 1970-01-01 00:00:00 of the same wall clock. */
  readonly epochMillis: number;
  /** Nanoseconds within the millisecond, 0 to 999999. */
  readonly nanosOfMilli: number;

  /** @throws RangeError if a part is no whole number or out of range. */
  constructor(epochMillis: number, nanosOfMilli: number = 0) {
    if (!Number.isSafeInteger(epochMillis) || !(nanosOfMilli >= 0 && nanosOfMilli < NANOS_PER_MILLI)) {
      throw new RangeError(`No local timestamp has ${epochMillis} ms and ${nanosOfMilli} ns.`);
    }
    this.epochMillis = epochMillis === 0 ? 0 : epochMillis;
    this.nanosOfMilli = nanosOfMilli;
  }

  /** True for a LocalTimestamp of any copy of this package; false for an Instant. */
  static is(value: unknown): value is LocalTimestamp {
    return typeof value === "object" && value !== null && BRAND in value;
  }

  static fromCivil(fields: CivilFields): LocalTimestamp {
    const nanos = fields.nanoOfSecond ?? 0;
    const nanosOfMilli = nanos % NANOS_PER_MILLI;
    return new LocalTimestamp(
      daysFromCivil(fields.year, fields.month, fields.day) * MILLIS_PER_DAY +
        (fields.hour ?? 0) * MILLIS_PER_HOUR +
        (fields.minute ?? 0) * MILLIS_PER_MINUTE +
        (fields.second ?? 0) * MILLIS_PER_SECOND +
        (nanos - nanosOfMilli) / NANOS_PER_MILLI,
      nanosOfMilli,
    );
  }

  /** The wall clock that the UTC fields of `date` show. */
  static fromDate(date: Date): LocalTimestamp {
    return new LocalTimestamp(date.getTime());
  }

  /** @param nanos - any whole number of nanoseconds from 1970-01-01 00:00:00. */
  static fromEpochNanos(nanos: bigint): LocalTimestamp {
    const rest = ((nanos % 1_000_000n) + 1_000_000n) % 1_000_000n;
    return new LocalTimestamp(Number((nanos - rest) / 1_000_000n), Number(rest));
  }

  /** @param micros - any whole number of microseconds from 1970-01-01 00:00:00. */
  static fromEpochMicros(micros: bigint): LocalTimestamp {
    const rest = ((micros % 1_000n) + 1_000n) % 1_000n;
    return new LocalTimestamp(Number((micros - rest) / 1_000n), Number(rest) * 1_000);
  }

  /** Nanoseconds from 1970-01-01 00:00:00. */
  epochNanos(): bigint {
    return BigInt(this.epochMillis) * 1_000_000n + BigInt(this.nanosOfMilli);
  }

  /** Microseconds from 1970-01-01 00:00:00, cut down. */
  epochMicros(): bigint {
    return BigInt(this.epochMillis) * 1_000n + BigInt(Math.floor(this.nanosOfMilli / 1_000));
  }

  /** A Date whose UTC fields show this wall clock, cut to milliseconds. */
  toDate(): Date {
    return new Date(this.epochMillis);
  }

  /** Order in time: negative, zero or positive. */
  compare(other: LocalTimestamp): number {
    return this.epochMillis - other.epochMillis || this.nanosOfMilli - other.nanosOfMilli;
  }

  equals(other: LocalTimestamp): boolean {
    return this.epochMillis === other.epochMillis && this.nanosOfMilli === other.nanosOfMilli;
  }

  /** @param millis - a whole number, may be negative. */
  plusMillis(millis: number): LocalTimestamp {
    return new LocalTimestamp(this.epochMillis + millis, this.nanosOfMilli);
  }

  /** Cut down (towards the past) to `precision` fraction digits of the second, 0 to 9. */
  truncatedTo(precision: number): LocalTimestamp {
    const millis = floorMillis(this.epochMillis, precision);
    const nanos = floorNanos(this.nanosOfMilli, precision);
    if (millis === this.epochMillis && nanos === this.nanosOfMilli) return this;
    return new LocalTimestamp(millis, nanos);
  }

  /** `2024-02-29 23:59:59.123`, with a fraction only as far as its last digit that is not zero. */
  toString(): string {
    return wallClockText(this.epochMillis, this.nanosOfMilli, " ", AS_NEEDED);
  }

  toJSON(): string {
    return this.toString();
  }
}

Object.defineProperty(LocalTimestamp.prototype, BRAND, { value: true });
