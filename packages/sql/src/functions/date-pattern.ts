/**
 * Date patterns with Java's letters (`yyyy-MM-dd HH:mm:ss.SSS`), for DATE_FORMAT and the functions that parse by
 * pattern. English names. After the documentation of java.time.format.DateTimeFormatter.
 */
import { LocalTimestamp, dayOfMillis, lengthOfMonth, millisOfDay } from "@tributary/core";
import { dayOfYear, fieldOfDay, isoDayOfWeek, isoWeek } from "./calendar.js";

/** A letter or form that is not supported. */
export class DatePatternError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "DatePatternError";
  }
}

type Item = { readonly letter: string; readonly count: number } | { readonly text: string };

function itemsOf(pattern: string): Item[] {
  const items: Item[] = [];
  for (let i = 0; i < pattern.length;) {
    const one = pattern.charAt(i);
    if (one === "'") {
      const quoted = /^'((?:[^']|'')*)'/u.exec(pattern.slice(i));
      if (quoted === null)
        throw new DatePatternError(`the pattern '${pattern}' has a quote without its pair`);
      items.push({ text: quoted[1] === "" ? "'" : quoted[1]!.replaceAll("''", "'") });
      i += quoted[0].length;
    } else if (/[A-Za-z]/u.test(one)) {
      let end = i;
      while (pattern.charAt(end) === one) end += 1;
      items.push({ letter: one, count: end - i });
      i = end;
    } else if (/[[\]{}#]/u.test(one)) {
      throw new DatePatternError(`the pattern '${pattern}' uses '${one}', which is not supported`);
    } else {
      items.push({ text: one });
      i += one.length;
    }
  }
  return items;
}

const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];
const WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/** What is printed: a wall clock in its parts. */
interface Clock {
  readonly days: number;
  readonly millis: number;
  readonly nanosOfSecond: number;
}

type Printer = (clock: Clock) => string;

function padded(value: number, count: number): string {
  return value < 0 ? `-${String(-value).padStart(count, "0")}` : String(value).padStart(count, "0");
}

function name(names: readonly string[], index: number, count: number): string {
  const whole = names[index - 1]!;
  return count === 4 ? whole : count === 5 ? whole.charAt(0) : whole.slice(0, 3);
}

function printerOf(letter: string, count: number, pattern: string): Printer {
  const hour = (clock: Clock): number => Math.floor(clock.millis / 3_600_000);
  switch (letter) {
    case "y":
    case "u":
      return ({ days }) => {
        const year = fieldOfDay("YEAR", days);
        return count === 2 ? padded(((year % 100) + 100) % 100, 2) : padded(year, count);
      };
    case "Y":
      return ({ days }) => padded(isoWeek(days).year, count);
    case "M":
    case "L":
      return ({ days }) => {
        const month = fieldOfDay("MONTH", days);
        return count <= 2 ? padded(month, count) : name(MONTHS, month, count);
      };
    case "d":
      return ({ days }) => padded(fieldOfDay("DAY", days), count);
    case "D":
      return ({ days }) => padded(dayOfYear(days), count);
    case "Q":
    case "q":
      return ({ days }) => {
        const quarter = fieldOfDay("QUARTER", days);
        return count <= 2 ? padded(quarter, count) : count === 3 ? `Q${quarter}` : quarterName(quarter);
      };
    case "w":
      return ({ days }) => padded(isoWeek(days).week, count);
    case "E":
      return ({ days }) => name(WEEKDAYS, isoDayOfWeek(days), count);
    case "a":
      return (clock) => (hour(clock) < 12 ? "AM" : "PM");
    case "H":
      return (clock) => padded(hour(clock), count);
    case "k":
      return (clock) => padded(hour(clock) || 24, count);
    case "K":
      return (clock) => padded(hour(clock) % 12, count);
    case "h":
      return (clock) => padded(hour(clock) % 12 || 12, count);
    case "m":
      return ({ millis }) => padded(Math.floor(millis / 60_000) % 60, count);
    case "s":
      return ({ millis }) => padded(Math.floor(millis / 1_000) % 60, count);
    case "S":
      return ({ nanosOfSecond }) => padded(nanosOfSecond, 9).slice(0, count).padEnd(count, "0");
    case "n":
      return ({ nanosOfSecond }) => padded(nanosOfSecond, count);
    default:
      throw new DatePatternError(
        `the pattern '${pattern}' has the letter '${letter}', which is not supported`,
      );
  }
}

function quarterName(quarter: number): string {
  return `${["1st", "2nd", "3rd", "4th"][quarter - 1]} quarter`;
}

/** Prints wall clocks. @throws DatePatternError */
export function datePrinter(pattern: string): (local: LocalTimestamp) => string {
  const printers = itemsOf(pattern).map((item): Printer => {
    if ("text" in item) return () => item.text;
    return printerOf(item.letter, item.count, pattern);
  });
  return ({ epochMillis, nanosOfMilli }) => {
    const millis = millisOfDay(epochMillis);
    const clock = {
      days: dayOfMillis(epochMillis),
      millis,
      nanosOfSecond: (millis % 1_000) * 1_000_000 + nanosOfMilli,
    };
    let text = "";
    for (const print of printers) text += print(clock);
    return text;
  };
}

function quote(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/gu, "\\$&");
}

const DIGITS: Readonly<Record<string, readonly [min: number, max: number]>> = {
  M: [1, 2],
  L: [1, 2],
  d: [1, 2],
  D: [1, 3],
  H: [1, 2],
  k: [1, 2],
  K: [1, 2],
  h: [1, 2],
  m: [1, 2],
  s: [1, 2],
};

function source({ letter, count }: { letter: string; count: number }, pattern: string): string {
  if (letter === "y" || letter === "u")
    return count === 2 ? "(\\d{2})" : count === 1 ? "(-?\\d{1,9})" : `(-?\\d{${count},9})`;
  if ((letter === "M" || letter === "L") && count > 2)
    return `(${MONTHS.map((one) => (count === 3 ? one.slice(0, 3) : one)).join("|")})`;
  if (letter === "E") return `(${WEEKDAYS.map((one) => (count < 4 ? one.slice(0, 3) : one)).join("|")})`;
  if (letter === "a") return "(AM|PM)";
  if (letter === "S") return `(\\d{${count}})`;
  const digits = DIGITS[letter];
  if (digits === undefined)
    throw new DatePatternError(`the pattern '${pattern}' has the letter '${letter}', which cannot be parsed`);
  return count === 1 ? `(\\d{1,${digits[1]}})` : `(\\d{${count}})`;
}

/** Reads texts by pattern; `undefined` for a text that does not fit or names no date. @throws DatePatternError */
export function dateParser(pattern: string): (text: string) => LocalTimestamp | undefined {
  const items = itemsOf(pattern);
  const letters: { letter: string; count: number }[] = [];
  let expression = "";
  for (const [index, item] of items.entries()) {
    if ("text" in item) expression += quote(item.text);
    else {
      // Digits that follow digits directly have fixed widths.
      const next = items[index + 1];
      const isTight = next !== undefined && "letter" in next && /[yu]/u.test(item.letter);
      letters.push(item);
      expression += isTight ? `(\\d{${item.count}})` : source(item, pattern);
    }
  }
  const compiled = new RegExp(`^${expression}$`, "u");
  return (text) => {
    const found = compiled.exec(text);
    return found === null ? undefined : timestampOf(letters, found);
  };
}

function timestampOf(
  letters: readonly { letter: string; count: number }[],
  found: RegExpExecArray,
): LocalTimestamp | undefined {
  const parts: Record<string, number> = {
    year: 1970,
    month: 1,
    day: 1,
    hour: 0,
    minute: 0,
    second: 0,
    nanos: 0,
  };
  let half: number | undefined;
  for (const [i, { letter, count }] of letters.entries()) {
    const text = found[i + 1]!;
    if (letter === "y" || letter === "u") parts["year"] = count === 2 ? 2000 + Number(text) : Number(text);
    else if (letter === "M" || letter === "L")
      parts["month"] = count > 2 ? MONTHS.findIndex((one) => one.startsWith(text)) + 1 : Number(text);
    else if (letter === "d") parts["day"] = Number(text);
    else if (letter === "D") parts["dayOfYear"] = Number(text);
    else if (letter === "H") parts["hour"] = Number(text);
    else if (letter === "k") parts["hour"] = Number(text) % 24;
    else if (letter === "h" || letter === "K") parts["hour"] = Number(text) % 12;
    else if (letter === "a") half = text === "PM" ? 12 : 0;
    else if (letter === "m") parts["minute"] = Number(text);
    else if (letter === "s") parts["second"] = Number(text);
    else if (letter === "S") parts["nanos"] = Number(text.padEnd(9, "0").slice(0, 9));
  }
  const { year, month, day, hour, minute, second, nanos } = parts as Record<
    "year" | "month" | "day" | "hour" | "minute" | "second" | "nanos",
    number
  >;
  const inDay = parts["dayOfYear"];
  if (month < 1 || month > 12 || hour > 23 || minute > 59 || second > 59) return undefined;
  if (inDay === undefined && (day < 1 || day > lengthOfMonth(year, month))) return undefined;
  return LocalTimestamp.fromCivil({
    year,
    month: inDay === undefined ? month : 1,
    day: inDay ?? day,
    hour: hour + (half ?? 0),
    minute,
    second,
    nanoOfSecond: nanos,
  });
}
