/**
 * Calendar arithmetic of the proleptic Gregorian calendar on plain numbers: days since 1970-01-01 and milliseconds.
 * After Howard Hinnant, "chrono-compatible low-level date algorithms".
 */

export const MILLIS_PER_SECOND = 1_000;
export const MILLIS_PER_MINUTE = 60_000;
export const MILLIS_PER_HOUR = 3_600_000;
export const MILLIS_PER_DAY = 86_400_000;
export const NANOS_PER_MILLI = 1_000_000;

/** Years from `-MAX_YEAR` to `MAX_YEAR` have exact epoch milliseconds. */
export const MAX_YEAR = 285_000;

/** Days since 1970-01-01. `month` 1 to 12; `day` may lie outside its month and rolls over. @public */
export function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/**
 * The calendar date of a day, packed into one number so that nothing is allocated: take it apart with
 * {@link civilYear}, {@link civilMonth} and {@link civilDay}.
 *
 * @public
 */
export function civilFromDays(days: number): number {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1_460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return year * 512 + month * 32 + day;
}

/** The year of a packed date. @public */
export function civilYear(packed: number): number {
  return Math.floor(packed / 512);
}

/** The month of a packed date, 1 to 12. @public */
export function civilMonth(packed: number): number {
  return (packed >> 5) & 15;
}

/** The day of the month of a packed date, 1 to 31. @public */
export function civilDay(packed: number): number {
  return packed & 31;
}

/** Has the year of the proleptic Gregorian calendar 366 days? @public */
export function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

/** Number of days of a month, 28 to 31. @public */
export function lengthOfMonth(year: number, month: number): number {
  if (month === 2) return isLeapYear(year) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** The day that holds a millisecond, also before 1970. @public */
export function dayOfMillis(epochMillis: number): number {
  return Math.floor(epochMillis / MILLIS_PER_DAY);
}

/** Milliseconds of the day, 0 to 86399999, also before 1970. @public */
export function millisOfDay(epochMillis: number): number {
  const rest = epochMillis % MILLIS_PER_DAY;
  return rest < 0 ? rest + MILLIS_PER_DAY : rest === 0 ? 0 : rest;
}

const NANO_STEPS = [1_000_000_000, 100_000_000, 10_000_000, 1_000_000, 100_000, 10_000, 1_000, 100, 10, 1];

/** Milliseconds cut down (towards the past) to `precision` fraction digits of the second. */
export function floorMillis(epochMillis: number, precision: number): number {
  if (precision >= 3) return epochMillis;
  const step = (NANO_STEPS[precision] as number) / NANOS_PER_MILLI;
  return Math.floor(epochMillis / step) * step;
}

/** Nanoseconds within the millisecond that `precision` fraction digits of the second keep. */
export function floorNanos(nanosOfMilli: number, precision: number): number {
  if (precision >= 9) return nanosOfMilli;
  if (precision <= 3) return 0;
  return nanosOfMilli - (nanosOfMilli % (NANO_STEPS[precision] as number));
}
