/**
 * The two timestamp texts of the formats, SQL (`2024-02-29 23:59:59.123`) and ISO-8601 (`2024-02-29T23:59:59.123`),
 * each with a literal `Z` behind it for instants; the ISO form also with an offset. No function takes surrounding blanks.
 *
 * Parsing answers `undefined` for a text that does not follow the rule. After the time formats that Apache Flink's
 * JSON and CSV formats use, and how `java.time` reads with them.
 */
import { Instant } from "../values/instant.js";
import { LocalTimestamp } from "../values/local-timestamp.js";
import { MILLIS_PER_DAY, MILLIS_PER_MINUTE } from "../values/civil-time.js";
import { scanDate, scanned, scanTime, twoDigits, type DayRule } from "./wall-clock-scanner.js";
import { AS_NEEDED, wallClockText } from "./wall-clock-text.js";

const SPACE = 32;
const UPPER_T = 84;
const LOWER_T = 116;
const UPPER_Z = 90;
const PLUS = 43;
const MINUS = 45;
const COLON = 58;
/** Farthest offset from UTC, as in `java.time`. */
const OFFSET_MINUTES_MAX = 18 * 60;

/** Reads date and time; the milliseconds end up in `scanned.millis`. */
function scanSql(text: string): boolean {
  return scanDate(text, 0, "clamp") && text.charCodeAt(scanned.end) === SPACE && scanRest(text, false, true);
}

/** The strict form alone takes a `t` in lower case. */
function scanIso(text: string, rule: DayRule): boolean {
  if (!scanDate(text, 0, rule)) return false;
  const separator = text.charCodeAt(scanned.end);
  if (separator !== UPPER_T && !(separator === LOWER_T && rule === "strict")) return false;
  return scanRest(text, true, rule === "clamp");
}

function scanRest(text: string, mayLackSeconds: boolean, mayBe24: boolean): boolean {
  const days = scanned.days;
  if (!scanTime(text, scanned.end + 1, mayLackSeconds, mayBe24)) return false;
  scanned.millis += days * MILLIS_PER_DAY;
  return true;
}

function endsWithZ(text: string): boolean {
  return scanned.end + 1 === text.length && text.charCodeAt(scanned.end) === UPPER_Z;
}

/**
 * `yyyy-MM-dd HH:mm:ss[.f{0..9}]`. A day up to 31 that its month lacks becomes the month's last day, `24:00:00` the
 * next midnight.
 *
 * @public
 */
export function parseSqlTimestamp(text: string): LocalTimestamp | undefined {
  if (!scanSql(text) || scanned.end !== text.length) return undefined;
  return new LocalTimestamp(scanned.millis, scanned.nanosOfMilli);
}

/** As {@link parseSqlTimestamp} with a literal `Z` behind it, in UTC. @public */
export function parseSqlInstant(text: string): Instant | undefined {
  if (!scanSql(text) || !endsWithZ(text)) return undefined;
  return new Instant(scanned.millis, scanned.nanosOfMilli);
}

/**
 * `yyyy-MM-ddTHH:mm[:ss[.f{0..9}]]`, `t` in lower case too. Strict: a day that its month lacks and 24:00 are refused.
 *
 * @public
 */
export function parseIsoTimestamp(text: string): LocalTimestamp | undefined {
  if (!scanIso(text, "strict") || scanned.end !== text.length) return undefined;
  return new LocalTimestamp(scanned.millis, scanned.nanosOfMilli);
}

/**
 * `yyyy-MM-ddTHH:mm[:ss[.f{0..9}]]Z` in UTC, `T` and `Z` in upper case. Lenient about days and 24:00 as
 * {@link parseSqlTimestamp}.
 *
 * @public
 */
export function parseIsoInstant(text: string): Instant | undefined {
  if (!scanIso(text, "clamp") || !endsWithZ(text)) return undefined;
  return new Instant(scanned.millis, scanned.nanosOfMilli);
}

/**
 * As {@link parseIsoInstant}, with `Z` or an offset behind it: `+HH:mm`, `+HHmm` or `+HH`, up to 18 hours either way.
 *
 * @public
 */
export function parseIsoOffsetInstant(text: string): Instant | undefined {
  if (!scanIso(text, "clamp")) return undefined;
  const minutes = endsWithZ(text) ? 0 : offsetMinutes(text, scanned.end);
  if (minutes === undefined) return undefined;
  return new Instant(scanned.millis - minutes * MILLIS_PER_MINUTE, scanned.nanosOfMilli);
}

/** Minutes ahead of UTC of the offset that fills the text from `at` on. */
function offsetMinutes(text: string, at: number): number | undefined {
  const sign = text.charCodeAt(at);
  if (sign !== PLUS && sign !== MINUS) return undefined;
  const hours = twoDigits(text, at + 1);
  const minutesAt = text.charCodeAt(at + 3) === COLON ? at + 4 : at + 3;
  const minutes = minutesAt === text.length && minutesAt === at + 3 ? 0 : twoDigits(text, minutesAt);
  const isWhole = text.length === at + 3 || text.length === minutesAt + 2;
  const offset = hours * 60 + minutes;
  if (!isWhole || hours < 0 || minutes < 0 || minutes > 59 || offset > OFFSET_MINUTES_MAX) return undefined;
  return sign === PLUS ? offset : -offset;
}

/** `yyyy-MM-dd HH:mm:ss`, and the fraction as far as its last digit that is not zero. @public */
export function formatSqlTimestamp(value: LocalTimestamp): string {
  return wallClockText(value.epochMillis, value.nanosOfMilli, " ", AS_NEEDED);
}

/** As {@link formatSqlTimestamp}, in UTC, with `Z`. @public */
export function formatSqlInstant(value: Instant): string {
  return `${wallClockText(value.epochMillis, value.nanosOfMilli, " ", AS_NEEDED)}Z`;
}

/** `yyyy-MM-ddTHH:mm:ss`, and the fraction as far as its last digit that is not zero. @public */
export function formatIsoTimestamp(value: LocalTimestamp): string {
  return wallClockText(value.epochMillis, value.nanosOfMilli, "T", AS_NEEDED);
}

/** As {@link formatIsoTimestamp}, in UTC, with `Z`. @public */
export function formatIsoInstant(value: Instant): string {
  return `${wallClockText(value.epochMillis, value.nanosOfMilli, "T", AS_NEEDED)}Z`;
}

/** Canonical text of TIMESTAMP(precision): SQL form with exactly `precision` fraction digits, the rest cut. @public */
export function printTimestamp(value: LocalTimestamp, precision: number): string {
  return wallClockText(value.epochMillis, value.nanosOfMilli, " ", precision);
}

/** Canonical text of TIMESTAMP_LTZ(precision): as {@link printTimestamp}, in UTC, with `Z`. @public */
export function printInstant(value: Instant, precision: number): string {
  return `${wallClockText(value.epochMillis, value.nanosOfMilli, " ", precision)}Z`;
}
