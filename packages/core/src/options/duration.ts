import { trimBlanks } from "../types/text/number-text.js";
import { parsed, unparsable } from "./parsed.js";
import type { ParsedValue } from "./parsed.js";

const NANOS_PER_MS = 1_000_000n;
const NANOS_PER_SECOND = 1_000_000_000n;
/** A duration is stored as 64-bit seconds and a rest. */
const SECONDS_MAX = 2n ** 63n - 1n;

/** Units as in Apache Flink's `TimeUtils`; `µ` is U+00B5. */
const UNITS: ReadonlyMap<string, bigint> = new Map([
  ...["ns", "nano", "nanos", "nanosecond", "nanoseconds"].map((unit) => [unit, 1n] as const),
  ...["µs", "micro", "micros", "microsecond", "microseconds"].map((unit) => [unit, 1_000n] as const),
  ...["ms", "milli", "millis", "millisecond", "milliseconds"].map((unit) => [unit, NANOS_PER_MS] as const),
  ...["s", "sec", "secs", "second", "seconds"].map((unit) => [unit, NANOS_PER_SECOND] as const),
  ...["m", "min", "minute", "minutes"].map((unit) => [unit, 60n * NANOS_PER_SECOND] as const),
  ...["h", "hour", "hours"].map((unit) => [unit, 3_600n * NANOS_PER_SECOND] as const),
  ...["d", "day", "days"].map((unit) => [unit, 86_400n * NANOS_PER_SECOND] as const),
]);

/** Days down to fractional seconds; groups: sign, days, time part, hours, minutes, seconds, fraction. */
const ISO =
  /^([-+]?)P(?:([-+]?[0-9]+)D)?(T(?:([-+]?[0-9]+)H)?(?:([-+]?[0-9]+)M)?(?:([-+]?[0-9]+)(?:[.,]([0-9]{0,9}))?S)?)?$/i;

const EXPECTED = `a whole number and a unit, e.g. '10 s' or '500 ms' (units: ${[...UNITS.keys()].join(" ")}; without one: milliseconds), or ISO-8601, e.g. 'PT15M'`;

/**
 * Milliseconds of a duration as options write it: `10 s`, `500 ms`, `1000` (milliseconds), `PT15M`. Parts below a
 * millisecond are cut.
 *
 * @see Apache Flink's `TimeUtils.parseDuration` for the grammar.
 * @public
 */
export function parseDuration(text: string): ParsedValue<number> {
  const nanos = parseDurationNanos(text);
  return nanos.ok ? parsed(Number(nanos.value / NANOS_PER_MS)) : nanos;
}

/** Nanoseconds of a duration, exact. */
function parseDurationNanos(text: string): ParsedValue<bigint> {
  const trimmed = trimBlanks(text);
  if (trimmed === "") return unparsable("is empty", EXPECTED);
  const digits = /^[0-9]+/.exec(trimmed)?.[0];
  if (digits === undefined) return parseIso(trimmed);
  const unitText = trimBlanks(trimmed.slice(digits.length)).toLowerCase();
  const unit = unitText === "" ? NANOS_PER_MS : UNITS.get(unitText);
  if (unit === undefined) return unparsable("has no known unit of time", EXPECTED);
  return inRange(BigInt(digits) * unit);
}

function parseIso(text: string): ParsedValue<bigint> {
  const match = ISO.exec(text);
  const [, sign, days, time, hours, minutes, seconds, fraction] = match ?? [];
  if (match === null || (days === undefined && time === undefined) || time?.length === 1) {
    return unparsable("does not start with a number and is no ISO-8601 duration", EXPECTED);
  }
  const wholeSeconds =
    BigInt(unsigned(days)) * 86_400n +
    BigInt(unsigned(hours)) * 3_600n +
    BigInt(unsigned(minutes)) * 60n +
    BigInt(unsigned(seconds));
  const rest = BigInt((fraction ?? "").padEnd(9, "0"));
  const magnitude = wholeSeconds * NANOS_PER_SECOND + (seconds?.startsWith("-") === true ? -rest : rest);
  return inRange(sign === "-" ? -magnitude : magnitude);
}

/** A number's text in the form that `BigInt` takes: no plus sign. */
function unsigned(text: string | undefined): string {
  return text === undefined ? "0" : text.replace("+", "");
}

function inRange(nanos: bigint): ParsedValue<bigint> {
  if (nanos < 0n) return unparsable("is negative", EXPECTED);
  if (nanos / NANOS_PER_SECOND > SECONDS_MAX) return unparsable("is out of range", EXPECTED);
  return parsed(nanos);
}

/** The shortest of `N s` and `N ms`, as defaults are printed. @public */
export function formatDuration(milliseconds: number): string {
  return milliseconds !== 0 && milliseconds % 1000 === 0 ? `${milliseconds / 1000} s` : `${milliseconds} ms`;
}
