/**
 * Reads dates by a pattern as `java.text.SimpleDateFormat` of the Java platform does, the root locale, lenient: field
 * values roll over (month 13 is January of the next year), a fraction letter `S` is a number of milliseconds, and
 * what follows the matched beginning of the text is ignored. Text without a zone is UTC.
 *
 * Letters for weeks (`Y`, `w`, `W`, `F`) are refused: nobody writes a start position in weeks.
 */
import { FieldReader, isNumeric } from "./field-reader.js";
import type { FieldLetter } from "./field-reader.js";

type PatternPart =
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "field"; readonly letter: FieldLetter; readonly count: number };

const LETTERS = "GyMLdDEuaHkKhmsSzZX";

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
  return next?.kind === "field" && isNumeric(next.letter, next.count);
}
