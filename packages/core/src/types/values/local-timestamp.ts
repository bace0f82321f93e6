import { AS_NEEDED, wallClockText } from "../text/wall-clock-text.js";
import {
  civilDay,
  civilFromDays,
  civilMonth,
  civilYear,
  dayOfMillis,
  daysFromCivil,
  MILLIS_PER_DAY,
  MILLIS_PER_HOUR,
  MILLIS_PER_MINUTE,
  MILLIS_PER_SECOND,
  millisOfDay,
  NANOS_PER_MILLI,
} from "./civil-time.js";
import { EpochTime, partsOf } from "./epoch-time.js";
import { inIsoCalendar, temporal, type TemporalPlainDateTime, type TemporalValue } from "./temporal.js";

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
 * What a wall clock shows, without a time zone: the value of TIMESTAMP(p). Immutable, exact to the nanosecond, counted
 * from 1970-01-01 00:00:00 of the same wall clock. Never mixes with {@link Instant}: the compiler and the brand keep
 * them apart.
 *
 * @public
 */
export class LocalTimestamp extends EpochTime<LocalTimestamp> {
  declare readonly [BRAND]: true;

  /** @throws RangeError if a part is no whole number or out of range. */
  constructor(epochMillis: number, nanosOfMilli: number = 0) {
    super(epochMillis, nanosOfMilli);
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

  /** The wall clock that the UTC fields of `date` show. @throws RangeError for an invalid Date. */
  static fromDate(date: Date): LocalTimestamp {
    return new LocalTimestamp(date.getTime());
  }

  /** @param value - a `Temporal.PlainDateTime` of any calendar. */
  static fromTemporal(value: TemporalPlainDateTime): LocalTimestamp {
    const iso = inIsoCalendar(value);
    const nanoOfSecond = iso.millisecond * NANOS_PER_MILLI + iso.microsecond * 1_000 + iso.nanosecond;
    const { year, month, day, hour, minute, second } = iso;
    return LocalTimestamp.fromCivil({ year, month, day, hour, minute, second, nanoOfSecond });
  }

  /** @param nanos - any whole number of nanoseconds from 1970-01-01 00:00:00. */
  static fromEpochNanos(nanos: bigint): LocalTimestamp {
    const [millis, rest] = partsOf(nanos, 1_000_000);
    return new LocalTimestamp(millis, rest);
  }

  /** @param micros - any whole number of microseconds from 1970-01-01 00:00:00. */
  static fromEpochMicros(micros: bigint): LocalTimestamp {
    const [millis, rest] = partsOf(micros, 1_000);
    return new LocalTimestamp(millis, rest);
  }

  protected at(epochMillis: number, nanosOfMilli: number): LocalTimestamp {
    return new LocalTimestamp(epochMillis, nanosOfMilli);
  }

  /**
   * The same wall clock as a `Temporal.PlainDateTime`, exact.
   *
   * @throws TypeError if the runtime has no Temporal; RangeError beyond 100 million days around 1970.
   */
  toTemporal(): TemporalValue<"PlainDateTime", TemporalPlainDateTime> {
    const date = civilFromDays(dayOfMillis(this.epochMillis));
    const millis = millisOfDay(this.epochMillis);
    return new (temporal().PlainDateTime)(
      civilYear(date),
      civilMonth(date),
      civilDay(date),
      Math.floor(millis / MILLIS_PER_HOUR),
      Math.floor((millis % MILLIS_PER_HOUR) / MILLIS_PER_MINUTE),
      Math.floor((millis % MILLIS_PER_MINUTE) / MILLIS_PER_SECOND),
      millis % MILLIS_PER_SECOND,
      Math.floor(this.nanosOfMilli / 1_000),
      this.nanosOfMilli % 1_000,
    );
  }

  /** `2024-02-29 23:59:59.123`, with a fraction only as far as its last digit that is not zero. */
  toString(): string {
    return wallClockText(this.epochMillis, this.nanosOfMilli, " ", AS_NEEDED);
  }
}

Object.defineProperty(LocalTimestamp.prototype, BRAND, { value: true });
