import { TributaryError } from "../diagnostics/error.js";
import {
  civilDay,
  civilFromDays,
  civilMonth,
  civilYear,
  daysFromCivil,
  MILLIS_PER_DAY,
} from "../types/values/civil-time.js";
import { LocalTimestamp } from "../types/values/local-timestamp.js";
import { timeZone, type TimeZone } from "../types/values/time-zone.js";
import { GLOBAL_WINDOW, MIN_TIMESTAMP, type Window, type WindowFn } from "./window.js";

/** In which time zone the calendar is read, and where its windows begin to be counted. @public */
export interface CalendarOptions {
  /** IANA name (`Europe/Berlin`) or offset (`+02:00`); default `UTC`. */
  readonly timeZone?: string;
  /**
   * A day on which a window begins, as `YYYY-MM-DD`; default `1970-01-01`, for weeks the Monday after it. Of months only
   * the day counts within the month and must be at most 28; of years month and day.
   */
  readonly startingOn?: string;
}

type Unit = "days" | "months" | "years";

/** Instants the calendar knows, in milliseconds; beyond them windows have no local date and count as UTC days. */
const CALENDAR_LIMIT_MS = 8.64e15;

/**
 * Windows of whole days, weeks, months or years, from midnight to midnight of a time zone. A day of a change of the clocks
 * has 23 or 25 hours.
 *
 * @public
 */
export class CalendarWindows implements WindowFn {
  readonly description: string;
  readonly isMerging = false;
  readonly #unit: Unit;
  readonly #count: number;
  readonly #zone: TimeZone;
  readonly #first: { readonly year: number; readonly month: number; readonly day: number };
  #last: readonly [Window] = [{ start: Number.POSITIVE_INFINITY, end: Number.NEGATIVE_INFINITY }];

  private constructor(name: string, unit: Unit, count: number, options: CalendarOptions, startingOn: string) {
    const { timeZone: zone = "UTC" } = options;
    if (!Number.isSafeInteger(count) || count < 1) {
      throw invalid(
        `The number of ${name} of a window must be a whole number of at least 1, not ${count}.`,
        count,
      );
    }
    this.#unit = unit;
    this.#count = name === "weeks" ? count * 7 : count;
    this.#zone = timeZone(zone);
    this.#first = parseDay(startingOn);
    if (unit !== "days" && this.#first.day > 28) {
      throw invalid(
        `Windows of ${name} cannot start on day ${this.#first.day}: not every month has it.`,
        startingOn,
      );
    }
    this.description = `Calendar(${count} ${name}, ${zone}, ${startingOn})`;
  }

  /** @throws `PIPELINE_INVALID` or `OPTION_INVALID` for a bad number, day or time zone; so do the others. */
  static days(count: number, options: CalendarOptions = {}): CalendarWindows {
    return new CalendarWindows("days", "days", count, options, options.startingOn ?? "1970-01-01");
  }

  /** Weeks begin on the weekday of `startingOn`; default Monday. */
  static weeks(count: number, options: CalendarOptions = {}): CalendarWindows {
    return new CalendarWindows("weeks", "days", count, options, options.startingOn ?? "1970-01-05");
  }

  static months(count: number, options: CalendarOptions = {}): CalendarWindows {
    return new CalendarWindows("months", "months", count, options, options.startingOn ?? "1970-01-01");
  }

  static years(count: number, options: CalendarOptions = {}): CalendarWindows {
    return new CalendarWindows("years", "years", count, options, options.startingOn ?? "1970-01-01");
  }

  assign(timestamp: number): readonly Window[] {
    const [last] = this.#last;
    if (timestamp >= last.start && timestamp < last.end) return this.#last;
    const day = Math.floor((timestamp + this.#offsetAt(timestamp)) / MILLIS_PER_DAY);
    let index = this.#indexOf(day);
    // Where clocks go back over midnight, the day before seems to come again; it stays in the new one.
    if (timestamp >= this.#startOf(index + 1)) index += 1;
    const start = this.#startOf(index);
    const end = this.#startOf(index + 1);
    this.#last = [
      Object.freeze({ start: Math.max(start, MIN_TIMESTAMP), end: Math.min(end, GLOBAL_WINDOW.end) }),
    ];
    return this.#last;
  }

  #offsetAt(timestamp: number): number {
    return Math.abs(timestamp) > CALENDAR_LIMIT_MS ? 0 : this.#zone.offsetAt(timestamp);
  }

  /** Number of the window that has a local day; the window that begins with `startingOn` is 0. */
  #indexOf(day: number): number {
    const { year, month, day: dayOfMonth } = this.#first;
    if (this.#unit === "days")
      return Math.floor((day - daysFromCivil(year, month, dayOfMonth)) / this.#count);
    const date = civilFromDays(day);
    const hasBegun = civilDay(date) >= dayOfMonth ? 0 : -1;
    const months = (civilYear(date) - year) * 12 + (civilMonth(date) - month) + hasBegun;
    return Math.floor(months / (this.#unit === "months" ? this.#count : this.#count * 12));
  }

  /** The instant at which a window's first day begins. */
  #startOf(index: number): number {
    const { year, month, day } = this.#first;
    let localDay = daysFromCivil(year, month, day) + index * this.#count;
    if (this.#unit !== "days") {
      const months = month - 1 + index * this.#count * (this.#unit === "years" ? 12 : 1);
      localDay = daysFromCivil(year + Math.floor(months / 12), (((months % 12) + 12) % 12) + 1, day);
    }
    const local = localDay * MILLIS_PER_DAY;
    if (Math.abs(local) > CALENDAR_LIMIT_MS) return local;
    return this.#zone.toInstant(new LocalTimestamp(local, 0)).epochMillis;
  }
}

function parseDay(text: string): { readonly year: number; readonly month: number; readonly day: number } {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  const [year, month, day] = (match ?? []).slice(1).map(Number);
  if (year !== undefined && month !== undefined && day !== undefined) {
    const date = civilFromDays(daysFromCivil(year, month, day));
    if (civilYear(date) === year && civilMonth(date) === month && civilDay(date) === day) {
      return { year, month, day };
    }
  }
  throw invalid(`'${text}' is no day; write it as YYYY-MM-DD.`, text);
}

function invalid(message: string, value: unknown): TributaryError {
  return new TributaryError({ severity: "error", code: "PIPELINE_INVALID", message, value: String(value) });
}
