/** What a text of a sample looks like. */
import {
  parseIsoDate,
  parseIsoInstant,
  parseIsoOffsetInstant,
  parseIsoTime,
  parseIsoTimestamp,
  parseSqlInstant,
  parseSqlTimestamp,
  trimBlanks,
} from "@tributary/core";

/** Texts that a type reads; `text` is all others. */
export type TextKind =
  | "date"
  | "time"
  | "sql-timestamp"
  | "sql-instant"
  | "iso-timestamp"
  | "iso-instant"
  | "iso-offset"
  | "offset-time"
  | "digits"
  | "text";

const OFFSET_TIME = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?[+-]\d\d:?\d\d$/;
/** Longer texts are no times. */
const TIME_LENGTH_MAX = 40;

/** What the text of a JSON string looks like. Blanks around it make it a text: no type but numbers takes them. */
export function textKind(text: string): TextKind {
  const first = text.charCodeAt(0);
  const startsAsNumber = (first >= 48 && first <= 57) || first === 43 || first === 45;
  if (!startsAsNumber) return "text";
  if (/^-?\d+$/.test(text)) return "digits";
  if (text.length > TIME_LENGTH_MAX) return "text";
  if (parseIsoDate(text) !== undefined) return "date";
  if (/^\d\d:\d\d:\d\d/.test(text)) return parseIsoTime(text) === undefined ? "text" : "time";
  if (parseSqlTimestamp(text) !== undefined) return "sql-timestamp";
  if (parseSqlInstant(text) !== undefined) return "sql-instant";
  if (parseIsoTimestamp(text) !== undefined) return "iso-timestamp";
  if (parseIsoInstant(text) !== undefined) return "iso-instant";
  if (parseIsoOffsetInstant(text) !== undefined) return "iso-offset";
  return OFFSET_TIME.test(text) ? "offset-time" : "text";
}

/** What a cell of csv looks like beside {@link TextKind}: csv has no numbers and booleans of its own. */
export type CellKind = Exclude<TextKind, "digits"> | "number" | "boolean" | "coded-digits" | "empty";

/** A number without leading zeros and plus signs: those are codes and telephone numbers. */
const CELL_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** What a cell looks like. Numbers, booleans and timestamps may have blanks around them, as the format reads them. */
export function cellKind(cell: string): CellKind {
  if (cell === "") return "empty";
  const trimmed = trimBlanks(cell);
  if (CELL_NUMBER.test(trimmed)) return "number";
  if (/^(?:true|false)$/i.test(trimmed)) return "boolean";
  if (/^[+-]?\d+$/.test(trimmed)) return "coded-digits";
  const kind = textKind(trimmed);
  if (kind === "digits") return "coded-digits";
  return trimmed === cell || kind === "sql-timestamp" || kind === "sql-instant" ? kind : "text";
}

/** Digits behind the point of the second. */
export function fractionDigits(text: string): number {
  return /\.(\d+)/.exec(text)?.[1]?.length ?? 0;
}
