import { floorMillis, floorNanos, NANOS_PER_MILLI } from "./civil-time.js";
import { AS_NEEDED, wallClockText } from "../text/wall-clock-text.js";

const BRAND: unique symbol = Symbol.for("@tributary/core/Instant");

/**
 * A point on the time line: the value of TIMESTAMP_LTZ(p). Immutable, exact to the nanosecond. Never mixes with
 * {@link LocalTimestamp}: the compiler and the brand keep them apart.
 *
 * @public
 */
export class Instant {
  declare readonly [BRAND]: true;

  /** Milliseconds since 1970-01-01 00:00:00 UTC. */
  readonly epochMillis: number;
  /** Nanoseconds within the millisecond, 0 to 999999. */
  readonly nanosOfMilli: number;

  /** @throws RangeError if a part is no whole number or out of range. */
  constructor(epochMillis: number, nanosOfMilli: number = 0) {
    if (!Number.isSafeInteger(epochMillis) || !(nanosOfMilli >= 0 && nanosOfMilli < NANOS_PER_MILLI)) {
      throw new RangeError(`No instant has ${epochMillis} ms and ${nanosOfMilli} ns.`);
    }
    this.epochMillis = epochMillis === 0 ? 0 : epochMillis;
    this.nanosOfMilli = nanosOfMilli;
  }

  /** True for an Instant of any copy of this package; false for a LocalTimestamp. */
  static is(value: unknown): value is Instant {
    return typeof value === "object" && value !== null && BRAND in value;
  }

  static fromDate(date: Date): Instant {
    return new Instant(date.getTime());
  }

  /** @param nanos - any whole number of nanoseconds since 1970-01-01 00:00:00 UTC. */
  static fromEpochNanos(nanos: bigint): Instant {
    const rest = ((nanos % 1_000_000n) + 1_000_000n) % 1_000_000n;
    return new Instant(Number((nanos - rest) / 1_000_000n), Number(rest));
  }

  /** @param micros - any whole number of microseconds since 1970-01-01 00:00:00 UTC. */
  static fromEpochMicros(micros: bigint): Instant {
    const rest = ((micros % 1_000n) + 1_000n) % 1_000n;
    return new Instant(Number((micros - rest) / 1_000n), Number(rest) * 1_000);
  }

  /** Nanoseconds since 1970-01-01 00:00:00 UTC. */
  epochNanos(): bigint {
    return BigInt(this.epochMillis) * 1_000_000n + BigInt(this.nanosOfMilli);
  }

  /** Microseconds since 1970-01-01 00:00:00 UTC, cut down. */
  epochMicros(): bigint {
    return BigInt(this.epochMillis) * 1_000n + BigInt(Math.floor(this.nanosOfMilli / 1_000));
  }

  /** Cut to milliseconds. */
  toDate(): Date {
    return new Date(this.epochMillis);
  }

  /** Order in time: negative, zero or positive. */
  compare(other: Instant): number {
    return this.epochMillis - other.epochMillis || this.nanosOfMilli - other.nanosOfMilli;
  }

  equals(other: Instant): boolean {
    return this.epochMillis === other.epochMillis && this.nanosOfMilli === other.nanosOfMilli;
  }

  /** @param millis - a whole number, may be negative. */
  plusMillis(millis: number): Instant {
    return new Instant(this.epochMillis + millis, this.nanosOfMilli);
  }

  /** Cut down (towards the past) to `precision` fraction digits of the second, 0 to 9. */
  truncatedTo(precision: number): Instant {
    const millis = floorMillis(this.epochMillis, precision);
    const nanos = floorNanos(this.nanosOfMilli, precision);
    if (millis === this.epochMillis && nanos === this.nanosOfMilli) return this;
    return new Instant(millis, nanos);
  }

  /** `2024-02-29 23:59:59.123Z`, in UTC, with a fraction only as far as its last digit that is not zero. */
  toString(): string {
    return `${wallClockText(this.epochMillis, this.nanosOfMilli, " ", AS_NEEDED)}Z`;
  }

  toJSON(): string {
    return this.toString();
  }
}

Object.defineProperty(Instant.prototype, BRAND, { value: true });
