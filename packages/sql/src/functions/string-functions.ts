/**
 * What the string functions do, on JavaScript values. Positions and lengths count code points from 1, except where a
 * function says UTF-16 units. After Apache Flink's built-in functions.
 */

const SURROGATE = /[\ud800-\udfff]/;

/** Number of code points. */
export function charLength(text: string): number {
  if (!SURROGATE.test(text)) return text.length;
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** `text.slice` in code points, both ends at least 0. */
function slicePoints(text: string, start: number, end: number): string {
  return SURROGATE.test(text) ? Array.from(text).slice(start, end).join("") : text.slice(start, end);
}

/** SUBSTRING: 0 counts as 1, a negative position counts from the end; NULL for a negative length. */
export function substring(text: string, position: number, length?: number): string | null {
  if (length !== undefined && length < 0) return null;
  const size = charLength(text);
  const start = position > 0 ? position - 1 : position < 0 ? size + position : 0;
  if (start < 0 || start >= size) return "";
  return slicePoints(text, start, length === undefined ? size : Math.min(size, start + length));
}

/** POSITION, INSTR, LOCATE: place of `part` at or after `from`, 0 if it is not there. */
export function position(part: string, text: string, from = 1): number {
  if (from < 1) return 0;
  if (!SURROGATE.test(text)) return text.indexOf(part, from - 1) + 1;
  const skipped = slicePoints(text, 0, from - 1);
  const found = text.indexOf(part, skipped.length);
  return found < 0 ? 0 : charLength(text.slice(0, found)) + 1;
}

/** INSTR with a start (negative: search backwards from the end) and the n-th occurrence. */
export function instr(text: string, part: string, from = 1, nth = 1): number | null {
  if (nth <= 0) return null;
  const points = Array.from(text);
  const wanted = Array.from(part);
  const matchesAt = (at: number): boolean => wanted.every((one, i) => points[at + i] === one);
  let left = nth;
  if (from > 0) {
    for (let at = from - 1; at + wanted.length <= points.length; at += 1)
      if (matchesAt(at) && (left -= 1) === 0) return at + 1;
  } else if (from < 0) {
    for (let at = Math.min(points.length + from, points.length - wanted.length); at >= 0; at -= 1)
      if (matchesAt(at) && (left -= 1) === 0) return at + 1;
  }
  return 0;
}

/** First letter of each run of ASCII letters and digits in upper case, the rest in lower case. UTF-16 units. */
export function initcap(text: string): string {
  let result = "";
  let isStart = true;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charAt(i);
    if (/[A-Za-z]/.test(unit)) {
      result += isStart ? unit.toUpperCase() : unit.toLowerCase();
      isStart = false;
    } else {
      result += unit;
      isStart = !/[0-9]/.test(unit);
    }
  }
  return result;
}

export function reverse(text: string): string {
  return SURROGATE.test(text) ? Array.from(text).toReversed().join("") : text.split("").toReversed().join("");
}

export function repeat(text: string, times: number): string {
  return times <= 0 ? "" : text.repeat(times);
}

/** Removes the characters of `set` from the start of `text`. */
export function trimStart(text: string, set = " "): string {
  if (set === " ") return text.replace(/^ +/, "");
  const members = new Set(set);
  let end = 0;
  for (const point of text) {
    if (!members.has(point)) break;
    end += point.length;
  }
  return text.slice(end);
}

/** Removes the characters of `set` from the end of `text`. */
export function trimEnd(text: string, set = " "): string {
  const members = new Set(set);
  let end = text.length;
  while (end > 0) {
    const low = text.charCodeAt(end - 1);
    const width = low >= 0xdc00 && low <= 0xdfff && end > 1 ? 2 : 1;
    if (!members.has(text.slice(end - width, end))) break;
    end -= width;
  }
  return text.slice(0, end);
}

export function trimBoth(text: string, set = " "): string {
  return trimEnd(trimStart(text, set), set);
}

export function left(text: string, count: number): string {
  return count <= 0 ? "" : slicePoints(text, 0, count);
}

export function right(text: string, count: number): string {
  if (count <= 0) return "";
  const size = charLength(text);
  return slicePoints(text, Math.max(0, size - count), size);
}

/** UTF-16 units. NULL for a negative length or an empty filling. */
export function lpad(text: string, length: number, filling: string): string | null {
  if (length < 0 || filling === "") return null;
  return text.length >= length ? text.slice(0, length) : text.padStart(length, filling);
}

/** UTF-16 units. NULL for a negative length or an empty filling. */
export function rpad(text: string, length: number, filling: string): string | null {
  if (length < 0 || filling === "") return null;
  return text.length >= length ? text.slice(0, length) : text.padEnd(length, filling);
}

/** Puts `part` in the place of `length` characters from `from`; outside of `text` nothing changes. */
export function overlay(text: string, part: string, from: number, length = charLength(part)): string {
  const points = Array.from(text);
  if (from <= 0 || from > points.length) return text;
  const rest = length < 0 ? "" : points.slice(from - 1 + length).join("");
  return points.slice(0, from - 1).join("") + part + rest;
}

/** Part `index` (from 0) of `text` cut at whole separators; an empty separator cuts at blanks. */
export function splitIndex(text: string, separator: string, index: number): string | null {
  if (index < 0 || text === "") return null;
  const parts = separator === "" ? text.split(/\s/u) : text.split(separator);
  return parts[index] ?? null;
}

export function ascii(text: string): number {
  return text.codePointAt(0) ?? 0;
}

/** The character of the low byte; `''` for a negative number. */
export function chr(code: bigint): string {
  return code < 0n ? "" : String.fromCharCode(Number(code & 0xffn));
}

/** Skips NULLs, keeps empty strings. */
export function concatWs(separator: string | null, ...parts: readonly (string | null)[]): string | null {
  return separator === null ? null : parts.filter((part) => part !== null).join(separator);
}

/** `k1=v1,k2=v2` as a map. */
export function strToMap(text: string, between = ",", inside = "="): ReadonlyMap<string, string | null> {
  const map = new Map<string, string | null>();
  for (const pair of text.split(between)) {
    const at = pair.indexOf(inside);
    map.set(at < 0 ? pair : pair.slice(0, at), at < 0 ? null : pair.slice(at + inside.length));
  }
  return map;
}

/** Order of two strings by code point; JavaScript's `<` differs where surrogates meet U+E000 to U+FFFF. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i += 1) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** Surrogates stand for code points above all others. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}
