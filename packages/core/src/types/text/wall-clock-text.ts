/** Printing of days, times of day and timestamps; plain arithmetic, one string, no Date objects. */
import {
  civilDay,
  civilFromDays,
  civilMonth,
  civilYear,
  dayOfMillis,
  MILLIS_PER_HOUR,
  MILLIS_PER_MINUTE,
  MILLIS_PER_SECOND,
  millisOfDay,
} from "../values/civil-time.js";

/** Fraction digits "only as far as the last one that is not zero". */
export const AS_NEEDED = -1;

const TWO: readonly string[] = Array.from({ length: 100 }, (_, value) => String(value).padStart(2, "0"));
const THREE: readonly string[] = Array.from({ length: 1000 }, (_, value) => String(value).padStart(3, "0"));

/** A dot and the digits of a millisecond as far as needed; nothing for zero. */
const MILLI_AS_NEEDED: readonly string[] = THREE.map((digits, milli) =>
  milli === 0 ? "" : `.${digits.replace(/0+$/, "")}`,
);

function yearText(year: number): string {
  if (year >= 1000 && year <= 9999) return String(year);
  if (year > 9999) return `+${year}`;
  return year < 0 ? `-${String(-year).padStart(4, "0")}` : String(year).padStart(4, "0");
}

let lastDays = 0;
let lastDayText = "1970-01-01";

/** `2024-02-29`; a year beyond 9999 gets a `+`, one before 0 a `-`. Remembers the last day asked for. */
export function dayText(days: number): string {
  if (days === lastDays) return lastDayText;
  const date = civilFromDays(days);
  lastDayText = `${yearText(civilYear(date))}-${TWO[civilMonth(date)]}-${TWO[civilDay(date)]}`;
  lastDays = days;
  return lastDayText;
}

/** A dot and `precision` digits of the second's fraction; nothing for 0, or for no digits if {@link AS_NEEDED}. */
function fractionText(milli: number, nanosOfMilli: number, precision: number): string {
  if (precision === 0) return "";
  if (nanosOfMilli === 0) {
    if (precision === 3) return `.${THREE[milli]}`;
    if (precision === AS_NEEDED) return MILLI_AS_NEEDED[milli] as string;
  }
  const digits = (THREE[milli] as string) + String(nanosOfMilli).padStart(6, "0");
  if (precision !== AS_NEEDED) return `.${digits.slice(0, precision)}`;
  let end = 9;
  while (end > 0 && digits.charCodeAt(end - 1) === 48) end--;
  return end === 0 ? "" : `.${digits.slice(0, end)}`;
}

/** `23:59:59` and the fraction. */
export function timeText(millis: number, nanosOfMilli: number, precision: number): string {
  const hour = Math.floor(millis / MILLIS_PER_HOUR);
  const minute = Math.floor((millis % MILLIS_PER_HOUR) / MILLIS_PER_MINUTE);
  const ofMinute = millis % MILLIS_PER_MINUTE;
  const second = Math.floor(ofMinute / MILLIS_PER_SECOND);
  const milli = ofMinute % MILLIS_PER_SECOND;
  return `${TWO[hour]}:${TWO[minute]}:${TWO[second]}${fractionText(milli, nanosOfMilli, precision)}`;
}

/** Date, separator, time. */
export function wallClockText(
  epochMillis: number,
  nanosOfMilli: number,
  separator: " " | "T",
  precision: number,
): string {
  return (
    dayText(dayOfMillis(epochMillis)) +
    separator +
    timeText(millisOfDay(epochMillis), nanosOfMilli, precision)
  );
}
