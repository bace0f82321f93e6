/**
 * Reads dates by a pattern as `java.text.SimpleDateFormat` of the Java platform does, the root locale, lenient: field
 * values roll over (month 13 is January of the next year), a fraction letter `S` is a number of milliseconds, and
 * what follows the matched beginning of the text is ignored. Text without a zone is UTC.
 *
 * Letters for weeks (`Y`, `w`, `W`, `F`) are refused: nobody writes a start position in weeks.
 */

type FieldLetter =
  | "G"
  | "y"
  | "M"
  | "L"
  | "d"
  | "D"
  | "E"
  | "u"
  | "a"
  | "H"
  | "k"
  | "K"
  | "h"
  | "m"
  | "s"
  | "S"
  | "z"
  | "Z"
  | "X";

type PatternPart =
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "field"; readonly letter: FieldLetter; readonly count: number };

/** The values read so far; those not read keep the start of 1970. */
interface DateFields {
  isBeforeChrist: boolean;
  year: number;
  /** Counted from 0. */
  month: number;
  day: number;
  dayOfYear: number | undefined;
  hour: number;
  /** 0 to 11, with `isAfternoon`; used unless `hour` was given later. */
  halfDayHour: number | undefined;
  isAfternoon: boolean;
  minute: number;
  second: number;
  millisecond: number;
  zoneOffsetMs: number;
}

const LETTERS = "GyMLdDEuaHkKhmsSzZX";
const NUMERIC = "yMLdDuHkKhmsS";
const MONTHS = [
  "january",
  "february",
  "march",
  "april",
  "may",
  "june",
  "july",
  "august",
  "september",
  "october",
  "november",
  "december",
];
const WEEKDAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
const MS_PER_MINUTE = 60_000;

/** A compiled pattern. */
export class DatePattern {
  readonly #parts: readonly PatternPart[];

  private constructor(parts: readonly PatternPart[]) {
    this.#parts = parts;
  }

  /** @returns the pattern, or what is wrong with it as the end of a sentence. */
  static compile(pattern: string): DatePattern | { readonly fault: string } {
    const parts: PatternPart[] = [];
    for (let index = 0; index < pattern.length;) {
      const character = pattern.charAt(index);
      if (character === "'") {
        const end = endOfQuote(pattern, index);
        if (end === undefined) return { fault: "has a quote that is not closed" };
        const quoted = pattern.slice(index + 1, end - 1).replaceAll("''", "'");
        parts.push({ kind: "literal", text: quoted === "" ? "'" : quoted });
        index = end;
      } else if (/[A-Za-z]/.test(character)) {
        if (!LETTERS.includes(character))
          return { fault: `has the letter '${character}', which is no date field` };
        let end = index + 1;
        while (pattern.charAt(end) === character) end += 1;
        if (character === "X" && end - index > 3)
          return { fault: "has more than three letters 'X' in a row" };
        parts.push({ kind: "field", letter: character as FieldLetter, count: end - index });
        index = end;
      } else {
        parts.push({ kind: "literal", text: character });
        index += 1;
      }
    }
    return new DatePattern(parts);
  }

  /**
   * Reads the beginning of `text`.
   *
   * @param nowMs - decides the century of years written with two digits: from 80 years before to 20 after.
   * @returns milliseconds since 1970, or undefined if the text does not begin with such a date.
   */
  parse(text: string, nowMs: number): number | undefined {
    const reader = new FieldReader(text, nowMs);
    for (const [index, part] of this.#parts.entries()) {
      if (part.kind === "literal") {
        if (!reader.literal(part.text)) return undefined;
      } else if (!reader.field(part.letter, part.count, isFollowedByNumber(this.#parts, index))) {
        return undefined;
      }
    }
    return reader.instant();
  }
}

/** Position after the closing quote; two quotes in a row stand for one and close nothing. */
function endOfQuote(pattern: string, start: number): number | undefined {
  if (pattern.charAt(start + 1) === "'") return start + 2;
  for (let index = start + 1; index < pattern.length; index += 1) {
    if (pattern.charAt(index) !== "'") continue;
    if (pattern.charAt(index + 1) !== "'") return index + 1;
    index += 1;
  }
  return undefined;
}

/** Numbers that touch (`yyyyMMdd`) are read by their width, others as far as digits go. */
function isFollowedByNumber(parts: readonly PatternPart[], index: number): boolean {
  const next = parts[index + 1];
  return next?.kind === "field" && NUMERIC.includes(next.letter) && !isText(next.letter, next.count);
}

function isText(letter: FieldLetter, count: number): boolean {
  return (letter === "M" || letter === "L") && count > 2;
}

class FieldReader {
  readonly #text: string;
  readonly #nowMs: number;
  #at = 0;
  readonly #fields: DateFields = {
    isBeforeChrist: false,
    year: 1970,
    month: 0,
    day: 1,
    dayOfYear: undefined,
    hour: 0,
    halfDayHour: undefined,
    isAfternoon: false,
    minute: 0,
    second: 0,
    millisecond: 0,
    zoneOffsetMs: 0,
  };

  constructor(text: string, nowMs: number) {
    this.#text = text;
    this.#nowMs = nowMs;
  }

  literal(expected: string): boolean {
    if (!this.#text.startsWith(expected, this.#at)) return false;
    this.#at += expected.length;
    return true;
  }

  field(letter: FieldLetter, count: number, hasFixedWidth: boolean): boolean {
    while (this.#text.charAt(this.#at) === " " || this.#text.charAt(this.#at) === "\t") this.#at += 1;
    if (NUMERIC.includes(letter) && !isText(letter, count)) {
      const start = this.#at;
      const value = this.#number(hasFixedWidth ? count : undefined);
      if (value === undefined) return false;
      this.#setNumber(letter, value, count <= 2 && /^\d\d$/.test(this.#text.slice(start, this.#at)));
      return true;
    }
    return this.#textField(letter, count);
  }

  /** The fields as an instant, every value rolled over into its neighbours. */
  instant(): number | undefined {
    const fields = this.#fields;
    const year = fields.isBeforeChrist ? 1 - fields.year : fields.year;
    const hour =
      fields.halfDayHour === undefined ? fields.hour : fields.halfDayHour + (fields.isAfternoon ? 12 : 0);
    const date = new Date(0);
    // setUTCFullYear does not turn years below 100 into 19xx, as Date.UTC does.
    if (fields.dayOfYear === undefined) date.setUTCFullYear(year, fields.month, fields.day);
    else date.setUTCFullYear(year, 0, fields.dayOfYear);
    date.setUTCHours(hour, fields.minute, fields.second, fields.millisecond);
    const instant = date.getTime() - fields.zoneOffsetMs;
    return Number.isNaN(instant) ? undefined : instant;
  }

  #number(width: number | undefined): number | undefined {
    const rest =
      width === undefined ? this.#text.slice(this.#at) : this.#text.slice(this.#at, this.#at + width);
    if (width !== undefined && rest.length < width) return undefined;
    const digits = /^-?\d+/.exec(rest)?.[0];
    if (digits === undefined) return undefined;
    this.#at += digits.length;
    return Number(digits);
  }

  #setNumber(letter: string, value: number, isShortYear: boolean): void {
    const fields = this.#fields;
    switch (letter) {
      case "y":
        fields.year = isShortYear ? this.#yearOfCentury(value) : value;
        return;
      case "M":
      case "L":
        fields.month = value - 1;
        return;
      case "d":
        fields.day = value;
        fields.dayOfYear = undefined;
        return;
      case "D":
        fields.dayOfYear = value;
        return;
      case "H":
      case "k":
        fields.hour = letter === "k" && value === 24 ? 0 : value;
        fields.halfDayHour = undefined;
        return;
      case "K":
      case "h":
        fields.halfDayHour = letter === "h" && value === 12 ? 0 : value;
        return;
      case "m":
        fields.minute = value;
        return;
      case "s":
        fields.second = value;
        return;
      case "S":
        fields.millisecond = value;
        return;
      default: // A weekday's number says nothing that the date does not.
        return;
    }
  }

  #yearOfCentury(value: number): number {
    const firstYear = new Date(this.#nowMs).getUTCFullYear() - 80;
    const year = Math.floor(firstYear / 100) * 100 + value;
    return year < firstYear ? year + 100 : year;
  }

  #textField(letter: string, count: number): boolean {
    switch (letter) {
      case "M":
      case "L": {
        const month = this.#name(MONTHS);
        if (month !== undefined) this.#fields.month = month;
        return month !== undefined;
      }
      case "E":
        return this.#name(WEEKDAYS) !== undefined;
      case "a": {
        const half = this.#word(["am", "pm"]);
        this.#fields.isAfternoon = half === 1;
        return half !== undefined;
      }
      case "G": {
        const era = this.#word(["bc", "ad"]);
        this.#fields.isBeforeChrist = era === 0;
        return era !== undefined;
      }
      case "X":
        return this.#isoZone(count);
      default:
        return this.#namedZone();
    }
  }

  /** A name in full or its first three letters. */
  #name(names: readonly string[]): number | undefined {
    return this.#word(names) ?? this.#word(names.map((name) => name.slice(0, 3)));
  }

  #word(words: readonly string[]): number | undefined {
    const rest = this.#text.slice(this.#at).toLowerCase();
    const found = words.findIndex((word) => rest.startsWith(word));
    if (found < 0) return undefined;
    this.#at += words[found]?.length ?? 0;
    return found;
  }

  /** `Z`, or an offset: hours for one letter, hours and minutes for two, with a colon for three. */
  #isoZone(count: number): boolean {
    if (this.literal("Z")) {
      this.#fields.zoneOffsetMs = 0;
      return true;
    }
    const forms = [/^([+-])(\d\d)()/, /^([+-])(\d\d)(\d\d)/, /^([+-])(\d\d):(\d\d)/];
    return this.#offset(forms[count - 1]);
  }

  /** `+0100`, `GMT`, `UTC`, `GMT+1:00`; names of other zones mean different things in different places. */
  #namedZone(): boolean {
    if (this.#offset(/^([+-])(\d\d)(\d\d)/)) return true;
    if (this.#word(["gmt", "utc"]) === undefined) return false;
    this.#fields.zoneOffsetMs = 0;
    this.#offset(/^([+-])(\d\d?):(\d\d)/);
    return true;
  }

  #offset(form: RegExp | undefined): boolean {
    const match = form?.exec(this.#text.slice(this.#at));
    if (match === null || match === undefined) return false;
    const hours = Number(match[2]);
    const minutes = Number(match[3] ?? "0");
    if (hours > 23 || minutes > 59) return false;
    this.#fields.zoneOffsetMs = (match[1] === "-" ? -1 : 1) * (hours * 60 + minutes) * MS_PER_MINUTE;
    this.#at += match[0].length;
    return true;
  }
}
