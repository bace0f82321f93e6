/** Calendar arithmetic on the values of DATE and the timestamps: fields, months, rounding to a unit. */
import {
  Instant,
  LocalTimestamp,
  civilDay,
  civilFromDays,
  civilMonth,
  civilYear,
  dayOfMillis,
  daysFromCivil,
  lengthOfMonth,
  millisOfDay,
} from "@tributary/core";

export const DAY_MS = 86_400_000;

/** The same day of another month, or the last one of a shorter month. */
export function addMonthsToDays(days: number, months: number): number {
  const packed = civilFromDays(days);
  const count = civilYear(packed) * 12 + civilMonth(packed) - 1 + months;
  const year = Math.floor(count / 12);
  const month = count - year * 12 + 1;
  return daysFromCivil(year, month, Math.min(civilDay(packed), lengthOfMonth(year, month)));
}

/** As {@link addMonthsToDays}, the time of day kept. An instant is moved by its UTC calendar. */
export function addMonths(time: LocalTimestamp | Instant, months: number): LocalTimestamp | Instant {
  const { epochMillis, nanosOfMilli } = time;
  const millis = addMonthsToDays(dayOfMillis(epochMillis), months) * DAY_MS + millisOfDay(epochMillis);
  return Instant.is(time) ? new Instant(millis, nanosOfMilli) : new LocalTimestamp(millis, nanosOfMilli);
}

/** Units that EXTRACT takes. */
export type FieldUnit =
  | "MILLENNIUM"
  | "CENTURY"
  | "DECADE"
  | "YEAR"
  | "ISOYEAR"
  | "QUARTER"
  | "MONTH"
  | "WEEK"
  | "DAY"
  | "DOY"
  | "DOW"
  | "ISODOW"
  | "HOUR"
  | "MINUTE"
  | "SECOND"
  | "MILLISECOND"
  | "MICROSECOND"
  | "NANOSECOND"
  | "EPOCH";

/** Monday 1 to Sunday 7. */
export function isoDayOfWeek(days: number): number {
  return ((((days + 3) % 7) + 7) % 7) + 1;
}

/** The ISO year and week of a day: week 1 holds the year's first Thursday. */
export function isoWeek(days: number): { readonly year: number; readonly week: number } {
  const thursday = days - isoDayOfWeek(days) + 4;
  const year = civilYear(civilFromDays(thursday));
  return { year, week: Math.floor((thursday - daysFromCivil(year, 1, 1)) / 7) + 1 };
}

/** 1 to 366. */
export function dayOfYear(days: number): number {
  return days - daysFromCivil(civilYear(civilFromDays(days)), 1, 1) + 1;
}

/** A field of a calendar day. */
export function fieldOfDay(unit: FieldUnit, days: number): number {
  const packed = civilFromDays(days);
  const year = civilYear(packed);
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- all others take the default's way.
  switch (unit) {
    case "MILLENNIUM":
      return Math.ceil(year / 1000);
    case "CENTURY":
      return Math.ceil(year / 100);
    case "DECADE":
      return Math.floor(year / 10);
    case "YEAR":
      return year;
    case "ISOYEAR":
      return isoWeek(days).year;
    case "QUARTER":
      return Math.floor((civilMonth(packed) + 2) / 3);
    case "MONTH":
      return civilMonth(packed);
    case "WEEK":
      return isoWeek(days).week;
    case "DAY":
      return civilDay(packed);
    case "DOY":
      return dayOfYear(days);
    case "DOW":
      return (isoDayOfWeek(days) % 7) + 1;
    case "ISODOW":
      return isoDayOfWeek(days);
    case "EPOCH":
      return days * 86_400;
    default:
      return 0;
  }
}

/** A field of a time of day, 0 for units of the calendar. */
export function fieldOfTime(unit: FieldUnit, millis: number, nanosOfMilli: number): number {
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- all others take the default's way.
  switch (unit) {
    case "HOUR":
      return Math.floor(millis / 3_600_000);
    case "MINUTE":
      return Math.floor(millis / 60_000) % 60;
    case "SECOND":
      return Math.floor(millis / 1_000) % 60;
    case "MILLISECOND":
      return millis % 1_000;
    case "MICROSECOND":
      return (millis % 1_000) * 1_000 + Math.floor(nanosOfMilli / 1_000);
    case "NANOSECOND":
      return (millis % 1_000) * 1_000_000 + nanosOfMilli;
    case "EPOCH":
      return Math.floor(millis / 1_000);
    default:
      return 0;
  }
}

const TIME_UNITS: ReadonlySet<string> = new Set([
  "HOUR",
  "MINUTE",
  "SECOND",
  "MILLISECOND",
  "MICROSECOND",
  "NANOSECOND",
]);

/** Whether a unit is a part of the day. */
export function isTimeUnit(unit: string): boolean {
  return TIME_UNITS.has(unit);
}

/** A field of a wall clock in milliseconds. */
export function fieldOfMillis(unit: FieldUnit, millis: number, nanosOfMilli: number): number {
  if (unit === "EPOCH") return Math.floor(millis / 1_000);
  return isTimeUnit(unit)
    ? fieldOfTime(unit, millisOfDay(millis), nanosOfMilli)
    : fieldOfDay(unit, dayOfMillis(millis));
}

/**
 * The first day of a unit, or, for CEIL, the first day of the next one unless the day is such a first day. Weeks begin
 * on Sunday here, as in Flink's FLOOR and CEIL.
 */
export function roundDay(unit: FieldUnit, days: number, isCeil: boolean): number {
  if (unit === "WEEK") {
    const sinceSunday = isoDayOfWeek(days) % 7;
    return isCeil && sinceSunday > 0 ? days - sinceSunday + 7 : days - sinceSunday;
  }
  const packed = civilFromDays(days);
  const [year, month] = [civilYear(packed), civilMonth(packed)];
  const months = { MILLENNIUM: 12_000, CENTURY: 1_200, DECADE: 120, YEAR: 12, QUARTER: 3, MONTH: 1 }[
    unit as "YEAR"
  ];
  if (months === undefined) return days;
  // Centuries and millennia begin with the years 1, 101, 1001.
  const shift = months >= 1_200 ? 12 : 0;
  const count = year * 12 + month - 1 - shift;
  const start = Math.floor(count / months) * months + shift;
  const first = daysFromCivil(Math.floor(start / 12), (start % 12) + 1, 1);
  if (!isCeil || first === days) return first;
  const next = start + months;
  return daysFromCivil(Math.floor(next / 12), (next % 12) + 1, 1);
}

const UNIT_MS: Readonly<Record<string, number>> = {
  DAY: DAY_MS,
  HOUR: 3_600_000,
  MINUTE: 60_000,
  SECOND: 1_000,
  MILLISECOND: 1,
};

/**
 * FLOOR and CEIL of a wall clock. As in Flink, CEIL to a month or a greater unit looks at the day alone: noon of the
 * first of a month stays in that month.
 */
export function roundMillis(unit: FieldUnit, millis: number, isCeil: boolean): number {
  const step = UNIT_MS[unit];
  if (step === undefined) return roundDay(unit, dayOfMillis(millis), isCeil) * DAY_MS;
  return (isCeil ? Math.ceil(millis / step) : Math.floor(millis / step)) * step + 0;
}

/** Whole months from `a` to `b`, cut towards zero. */
export function monthsBetween(a: number, b: number): number {
  const [x, y] = [civilFromDays(dayOfMillis(a)), civilFromDays(dayOfMillis(b))];
  const months = (civilYear(y) - civilYear(x)) * 12 + civilMonth(y) - civilMonth(x);
  const moved = addMonthsToDays(dayOfMillis(a), months) * DAY_MS + millisOfDay(a);
  if (months > 0 && moved > b) return months - 1;
  return months < 0 && moved < b ? months + 1 : months;
}
