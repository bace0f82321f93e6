/**
 * Reading of dates and times of day. The rules are those of the formatters of `java.time`: the year has four digits,
 * more only with a sign; month, day, hour, minute and second have two.
 */
import { daysFromCivil, lengthOfMonth, MAX_YEAR, MILLIS_PER_DAY } from "../values/civil-time.js";

/** What becomes of a day that its month lacks: refused, or moved to the month's last day (30 at most for April). */
export type DayRule = "strict" | "clamp";

/** Results of the scans below; overwritten by the next one. */
export const scanned = {
  /** Index behind what was read. */
  end: 0,
  /** Days since 1970-01-01. */
  days: 0,
  /** Milliseconds of the day; 86400000 for 24:00 if that is allowed. */
  millis: 0,
  nanosOfMilli: 0,
};

const MINUS = 45;
const PLUS = 43;
const DOT = 46;
const COLON = 58;

/** The number in two digits at `at`; -1 if there are none. */
export function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 48;
  const ones = text.charCodeAt(at + 1) - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1;
}

/** Reads a year at the start; true if there is one followed by `-`. The year goes to `scanned.days`. */
export function scanYear(text: string, at: number): boolean {
  const sign = text.charCodeAt(at);
  const isSigned = sign === MINUS || sign === PLUS;
  const start = isSigned ? at + 1 : at;
  let end = start;
  let year = 0;
  let digit = text.charCodeAt(end) - 48;
  while (digit >= 0 && digit <= 9 && end - start < 10) {
    year = year * 10 + digit;
    digit = text.charCodeAt(++end) - 48;
  }
  const count = end - start;
  if (count < 4 || text.charCodeAt(end) !== MINUS || year > MAX_YEAR) return false;
  if (sign === PLUS ? count === 4 : sign === MINUS ? year === 0 : count > 4) return false;
  scanned.days = sign === MINUS ? -year : year;
  scanned.end = end + 1;
  return true;
}

/** Reads `yyyy-MM-dd` at `at`. */
export function scanDate(text: string, at: number, rule: DayRule): boolean {
  if (!scanYear(text, at)) return false;
  const year = scanned.days;
  const monthAt = scanned.end;
  const month = twoDigits(text, monthAt);
  if (month < 1 || month > 12 || text.charCodeAt(monthAt + 2) !== MINUS) return false;
  const day = twoDigits(text, monthAt + 3);
  if (day < 1 || day > 31) return false;
  return finishDate(year, month, day, rule, monthAt + 5);
}

/** Turns the fields of a date into `scanned.days`. */
export function finishDate(year: number, month: number, day: number, rule: DayRule, end: number): boolean {
  const length = day > 28 ? lengthOfMonth(year, month) : 31;
  if (day > length && rule === "strict") return false;
  scanned.days = daysFromCivil(year, month, Math.min(day, length));
  scanned.end = end;
  return true;
}

/** Reads `HH:mm:ss[.f{0..9}]` at `at`, the seconds optional if `mayLackSeconds`. 24:00:00 only if `mayBe24`. */
export function scanTime(text: string, at: number, mayLackSeconds: boolean, mayBe24: boolean): boolean {
  const hour = twoDigits(text, at);
  if (hour < 0 || hour > 24 || text.charCodeAt(at + 2) !== COLON) return false;
  const minute = twoDigits(text, at + 3);
  if (minute < 0 || minute > 59) return false;
  scanned.millis = (hour * 60 + minute) * 60_000;
  scanned.nanosOfMilli = 0;
  scanned.end = at + 5;
  if (text.charCodeAt(at + 5) === COLON) {
    const second = twoDigits(text, at + 6);
    if (second < 0 || second > 59) return false;
    scanned.millis += second * 1_000;
    scanned.end = at + 8;
    if (text.charCodeAt(at + 8) === DOT) scanFraction(text, at + 9);
  } else if (!mayLackSeconds) {
    return false;
  }
  if (hour < 24) return true;
  return mayBe24 && scanned.millis === MILLIS_PER_DAY && scanned.nanosOfMilli === 0;
}

/** Reads up to nine digits, perhaps none, into `millis` and `nanosOfMilli`. */
export function scanFraction(text: string, start: number): void {
  let nanos = 0;
  let unit = 1_000_000_000;
  let at = start;
  for (; unit > 1; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (!(digit >= 0 && digit <= 9)) break;
    unit /= 10;
    nanos += digit * unit;
  }
  const rest = nanos % 1_000_000;
  scanned.millis += (nanos - rest) / 1_000_000;
  scanned.nanosOfMilli = rest;
  scanned.end = at;
}
