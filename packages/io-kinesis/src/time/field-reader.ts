/** Letters of a date pattern that stand for a field. */
export type FieldLetter =
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

/** Is the field written in digits? Months are, unless there are more than two letters. */
export function isNumeric(letter: FieldLetter, count: number): boolean {
  return NUMERIC.includes(letter) && !((letter === "M" || letter === "L") && count > 2);
}

/** Reads the fields of one date from the beginning of a text. Every method returns false if the text does not fit. */
export class FieldReader {
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
    if (isNumeric(letter, count)) {
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
