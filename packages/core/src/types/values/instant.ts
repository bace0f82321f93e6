import { AS_NEEDED, wallClockText } from "../text/wall-clock-text.js";
import { EpochTime, partsOf } from "./epoch-time.js";
import { temporal, type TemporalInstant, type TemporalValue } from "./temporal.js";

const BRAND: unique symbol = Symbol.for("@tributary/core/Instant");

/**
 * A point on the time line: the value of TIMESTAMP_LTZ(p). Immutable, exact to the nanosecond, counted from 1970-01-01
 * 00:00:00 UTC. Never mixes with {@link LocalTimestamp}: the compiler and the brand keep them apart.
 *
 * @public
 */
export class Instant extends EpochTime<Instant> {
  declare readonly [BRAND]: true;

  /** @throws RangeError if a part is no whole number or out of range. */
  constructor(epochMillis: number, nanosOfMilli: number = 0) {
    super(epochMillis, nanosOfMilli);
  }

  /** True for an Instant of any copy of this package; false for a LocalTimestamp. */
  static is(value: unknown): value is Instant {
    return typeof value === "object" && value !== null && BRAND in value;
  }

  /** @throws RangeError for an invalid Date. */
  static fromDate(date: Date): Instant {
    return new Instant(date.getTime());
  }

  /** @param value - a `Temporal.Instant` or `Temporal.ZonedDateTime`. */
  static fromTemporal(value: TemporalInstant): Instant {
    return Instant.fromEpochNanos(value.epochNanoseconds);
  }

  /** @param nanos - any whole number of nanoseconds since 1970-01-01 00:00:00 UTC. */
  static fromEpochNanos(nanos: bigint): Instant {
    const [millis, rest] = partsOf(nanos, 1_000_000);
    return new Instant(millis, rest);
  }

  /** @param micros - any whole number of microseconds since 1970-01-01 00:00:00 UTC. */
  static fromEpochMicros(micros: bigint): Instant {
    const [millis, rest] = partsOf(micros, 1_000);
    return new Instant(millis, rest);
  }

  protected at(epochMillis: number, nanosOfMilli: number): Instant {
    return new Instant(epochMillis, nanosOfMilli);
  }

  /**
   * The same instant as a `Temporal.Instant`, exact.
   *
   * @throws TypeError if the runtime has no Temporal; RangeError beyond 100 million days around 1970.
   */
  toTemporal(): TemporalValue<"Instant", TemporalInstant> {
    return temporal().Instant.fromEpochNanoseconds(this.epochNanos());
  }

  /** `2024-02-29 23:59:59.123Z`, in UTC, with a fraction only as far as its last digit that is not zero. */
  toString(): string {
    return `${wallClockText(this.epochMillis, this.nanosOfMilli, " ", AS_NEEDED)}Z`;
  }
}

Object.defineProperty(Instant.prototype, BRAND, { value: true });
