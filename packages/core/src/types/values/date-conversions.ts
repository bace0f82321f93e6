/** DATE and TIME at the edge: days since 1970-01-01 and milliseconds of the day, to and from Date and Temporal. */
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
} from "./civil-time.js";
import {
  inIsoCalendar,
  temporal,
  type TemporalPlainDate,
  type TemporalPlainTime,
  type TemporalValue,
} from "./temporal.js";

/** The DATE that the UTC fields of `date` show; its time of day is left out. @throws RangeError for an invalid Date. @public */
export function dateFromDate(date: Date): number {
  const days = dayOfMillis(date.getTime());
  if (Number.isNaN(days)) throw new RangeError("The Date is invalid.");
  return days;
}

/** The Date at midnight UTC of a DATE. @throws RangeError beyond 100 million days around 1970. @public */
export function dateToDate(days: number): Date {
  const date = new Date(days * MILLIS_PER_DAY);
  if (Number.isNaN(date.getTime())) throw new RangeError(`${days} days are out of the range of a Date.`);
  return date;
}

/** The DATE of a `Temporal.PlainDate` of any calendar. @returns days since 1970-01-01. @public */
export function dateFromTemporal(date: TemporalPlainDate): number {
  const { year, month, day } = inIsoCalendar(date);
  return daysFromCivil(year, month, day);
}

/**
 * A DATE as a `Temporal.PlainDate`.
 *
 * @throws TypeError if the runtime has no Temporal; RangeError beyond 100 million days around 1970.
 * @public
 */
export function dateToTemporal(days: number): TemporalValue<"PlainDate", TemporalPlainDate> {
  const date = civilFromDays(days);
  return new (temporal().PlainDate)(civilYear(date), civilMonth(date), civilDay(date));
}

/** The TIME of a `Temporal.PlainTime`, cut to milliseconds. @returns milliseconds of the day. @public */
export function timeFromTemporal(time: TemporalPlainTime): number {
  return (
    time.hour * MILLIS_PER_HOUR +
    time.minute * MILLIS_PER_MINUTE +
    time.second * MILLIS_PER_SECOND +
    time.millisecond
  );
}

/** A TIME, in milliseconds of the day, as a `Temporal.PlainTime`. @throws TypeError if the runtime has no Temporal. @public */
export function timeToTemporal(millis: number): TemporalValue<"PlainTime", TemporalPlainTime> {
  return new (temporal().PlainTime)(
    Math.floor(millis / MILLIS_PER_HOUR),
    Math.floor((millis % MILLIS_PER_HOUR) / MILLIS_PER_MINUTE),
    Math.floor((millis % MILLIS_PER_MINUTE) / MILLIS_PER_SECOND),
    millis % MILLIS_PER_SECOND,
  );
}
