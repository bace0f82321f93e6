/**
 * DATE and TIME texts. There is one reader per rule; each is named after it and says who follows it. Readers answer
 * `undefined` for a text that breaks the rule. None takes surrounding blanks unless it says so.
 */
import { daysFromCivil, lengthOfMonth, MILLIS_PER_DAY } from "../values/civil-time.js";
import {
  finishDate,
  scanDate,
  scanFraction,
  scanned,
  scanTime,
  scanYear,
  twoDigits,
} from "./wall-clock-scanner.js";
import { AS_NEEDED, dayText, timeText } from "./wall-clock-text.js";
import { LocalTimestamp } from "../values/local-timestamp.js";

/** `yyyy-MM-dd`, strict. The rule of json and of `java.time`'s ISO date. @returns days since 1970-01-01. @public */
export function parseIsoDate(text: string): number | undefined {
  return scanDate(text, 0, "strict") && scanned.end === text.length ? scanned.days : undefined;
}

/**
 * `yyyy-M-d`: four digits, then one or two each; a day up to 31 rolls over (`2018-02-30` is 2 March). The rule of csv
 * and of `java.sql.Date.valueOf`.
 *
 * @returns days since 1970-01-01.
 * @public
 */
export function parseRollingDate(text: string): number | undefined {
  const match = /^(\d{4})-(\d{1,2})-(\d{1,2})$/.exec(text);
  if (match === null) return undefined;
  const month = Number(match[2]);
  const day = Number(match[3]);
  if (month < 1 || month > 12 || day < 1 || day > 31) return undefined;
  return daysFromCivil(Number(match[1]), month, day);
}

/**
 * `y[-M[-d]]` with blanks around the numbers; anything from the first blank on is dropped, so that a timestamp's text
 * gives its date. Years 0 to 9999; a day that its month lacks is refused. The rule of CAST(text AS DATE).
 *
 * @returns days since 1970-01-01.
 * @public
 */
export function parseCastDate(text: string): number | undefined {
  const blank = text.indexOf(" ");
  const match = /^\s*(\d{1,9})\s*(?:-\s*(\d{1,9})\s*(?:-\s*(\d{1,9})\s*)?)?$/.exec(
    blank > 0 ? text.slice(0, blank) : text,
  );
  if (match === null) return undefined;
  const year = Number(match[1]);
  const month = Number(match[2] ?? 1);
  const day = Number(match[3] ?? 1);
  if (year > 9999 || month < 1 || month > 12 || day < 1 || day > lengthOfMonth(year, month)) return undefined;
  return daysFromCivil(year, month, day);
}

/**
 * `HH:mm:ss[.f{0..9}]`, cut to milliseconds; `24:00:00` is midnight. The rule of json.
 *
 * @returns milliseconds of the day.
 * @public
 */
export function parseSqlTime(text: string): number | undefined {
  if (!scanTime(text, 0, false, true) || scanned.end !== text.length) return undefined;
  return scanned.millis === MILLIS_PER_DAY ? 0 : scanned.millis;
}

/**
 * `HH:mm[:ss[.f{0..9}]]`, cut to milliseconds, strict: no `24:00`. The rule of csv and of `java.time.LocalTime.parse`.
 *
 * @returns milliseconds of the day.
 * @public
 */
export function parseIsoTime(text: string): number | undefined {
  return scanTime(text, 0, true, false) && scanned.end === text.length ? scanned.millis : undefined;
}

/**
 * `H[:m[:s[.f]]]` with one or two digits each and blanks around the numbers, cut to milliseconds. The rule of
 * CAST(text AS TIME).
 *
 * @returns milliseconds of the day.
 * @public
 */
export function parseCastTime(text: string): number | undefined {
  const match = /^\s*(\d{1,2})\s*(?::\s*(\d{1,2})\s*(?::\s*(\d{1,2})\s*(?:\.(\d*)\s*)?)?)?$/.exec(text);
  if (match === null) return undefined;
  const hour = Number(match[1]);
  const minute = Number(match[2] ?? 0);
  const second = Number(match[3] ?? 0);
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const millis = Number((match[4] ?? "").slice(0, 3).padEnd(3, "0"));
  return (hour * 3_600 + minute * 60 + second) * 1_000 + millis;
}

/**
 * `yyyy-M-d[ H:m:s[.f{0..9}]]`, one or two digits for all but the year; lenient about days and 24:00:00 as
 * {@link parseSqlTimestamp}. The rule of CAST(text AS TIMESTAMP) and of TO_TIMESTAMP without a pattern.
 *
 * @public
 */
export function parseCastTimestamp(text: string): LocalTimestamp | undefined {
  if (!scanYear(text, 0)) return undefined;
  const year = scanned.days;
  const month = oneOrTwoDigits(text, scanned.end);
  if (month < 1 || month > 12 || text.charCodeAt(scanned.end) !== 45) return undefined;
  const day = oneOrTwoDigits(text, scanned.end + 1);
  if (day < 1 || day > 31) return undefined;
  finishDate(year, month, day, "clamp", scanned.end);
  const days = scanned.days;
  scanned.millis = 0;
  scanned.nanosOfMilli = 0;
  if (scanned.end !== text.length && !(text.charCodeAt(scanned.end) === 32 && scanLooseTime(text))) {
    return undefined;
  }
  return new LocalTimestamp(days * MILLIS_PER_DAY + scanned.millis, scanned.nanosOfMilli);
}

/** Reads ` H:m:s[.f]` from `scanned.end` to the end of the text. */
function scanLooseTime(text: string): boolean {
  const hour = oneOrTwoDigits(text, scanned.end + 1);
  if (hour < 0 || hour > 24 || text.charCodeAt(scanned.end) !== 58) return false;
  const minute = oneOrTwoDigits(text, scanned.end + 1);
  if (minute < 0 || minute > 59 || text.charCodeAt(scanned.end) !== 58) return false;
  const second = oneOrTwoDigits(text, scanned.end + 1);
  if (second < 0 || second > 59) return false;
  scanned.millis = (hour * 3_600 + minute * 60 + second) * 1_000;
  if (text.charCodeAt(scanned.end) === 46) scanFraction(text, scanned.end + 1);
  if (hour === 24 && (scanned.millis !== MILLIS_PER_DAY || scanned.nanosOfMilli !== 0)) return false;
  return scanned.end === text.length;
}

/** The number in one or two digits at `at`, -1 if there is none; moves `scanned.end` behind it. */
function oneOrTwoDigits(text: string, at: number): number {
  const two = twoDigits(text, at);
  if (two >= 0) {
    scanned.end = at + 2;
    return two;
  }
  scanned.end = at + 1;
  const one = text.charCodeAt(at) - 48;
  return one >= 0 && one <= 9 ? one : -1;
}

/** `yyyy-MM-dd`; a year beyond 9999 gets a `+`. @param days - since 1970-01-01. @public */
export function formatDate(days: number): string {
  return dayText(days);
}

/** `HH:mm:ss`, and the fraction as far as its last digit that is not zero. @param millis - of the day. @public */
export function formatTime(millis: number): string {
  return timeText(millis, 0, AS_NEEDED);
}

/** Canonical text of TIME(precision): exactly `precision` fraction digits, the rest cut. @public */
export function printTime(millis: number, precision: number): string {
  return timeText(millis, 0, precision);
}
