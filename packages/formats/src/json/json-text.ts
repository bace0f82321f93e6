/** JSON text of strings and the canonical reprint of a value, as the library that Flink uses writes them. */
import { Decimal, formatDouble } from "@tributary/core";
import type { JsonScanner } from "./json-scanner.js";
import { NESTING_MAX } from "./json-scanner.js";

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

// With the flag `u` a surrogate counts only where it has no partner: UTF-8 has no bytes for such a half.
// oxlint-disable-next-line no-control-regex -- control characters are what has to be found
const TO_ESCAPE = /["\\\u0000-\u001f\ud800-\udfff]/u;
// oxlint-disable-next-line no-control-regex -- as above
const ALL_TO_ESCAPE = /["\\\u0000-\u001f\ud800-\udfff]/gu;

/** Longest number that is printed again. */
const REPRINTED_CHARACTERS = 1_000;

/** Strings up to this length are looked through here; a regular expression is faster for longer ones. */
const SHORT_STRING = 24;

/** A string in quotes; escapes only what JSON demands, and halves of surrogate pairs, which then survive. */
export function jsonString(text: string): string {
  if (text.length <= SHORT_STRING) {
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code < 32 || code === 34 || code === 92 || (code >= 0xd800 && code <= 0xdfff)) {
        return escapedString(text);
      }
    }
    return `"${text}"`;
  }
  return TO_ESCAPE.test(text) ? escapedString(text) : `"${text}"`;
}

function escapedString(text: string): string {
  return `"${text.replace(ALL_TO_ESCAPE, escapeCharacter)}"`;
}

function escapeCharacter(character: string): string {
  const short = SHORT_ESCAPES[character];
  if (short !== undefined) return short;
  return `\\u${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
}

/**
 * The text of a number as it comes back from a tree of values: integers as they are, others as doubles (`1.50` is
 * `1.5`, `1e3` is `1000.0`), or as decimals without trailing zeros where the table has a DECIMAL column.
 */
export function reprintNumber(text: string, isExact: boolean): string {
  if (!/[.eE]/.test(text)) return text === "-0" ? "0" : text;
  // Nobody waits for the digits of such a number to be turned into others and back.
  if (isExact && text.length > REPRINTED_CHARACTERS) return text;
  if (!isExact) return formatDouble(Number(text));
  return Decimal.parse(text)?.toScientificString() ?? text;
}

/** Reads a value of any kind and answers its compact text: no blanks, the last of repeated fields, numbers reprinted. */
export function reprint(scanner: JsonScanner, isExact: boolean, depth: number = 0): string {
  const byte = scanner.peek();
  if (byte === 0x7b || byte === 0x5b) {
    if (depth >= NESTING_MAX) scanner.tooDeep();
    return byte === 0x7b ? reprintObject(scanner, isExact, depth) : reprintArray(scanner, isExact, depth);
  }
  const token = scanner.scalar();
  if (token === "string") return jsonString(scanner.text);
  if (token !== "number") return token;
  const text = reprintNumber(scanner.text, isExact);
  return text.endsWith("Infinity") ? `"${text}"` : text;
}

function reprintObject(scanner: JsonScanner, isExact: boolean, depth: number): string {
  const fields = new Map<string, string>();
  scanner.pos++;
  if (scanner.peek() === 0x7d) {
    scanner.pos++;
    return "{}";
  }
  for (;;) {
    if (scanner.peek() !== 0x22) scanner.unexpected("a field's name");
    const name = scanner.string();
    scanner.colon();
    fields.set(name, reprint(scanner, isExact, depth + 1));
    const byte = scanner.peek();
    if (byte !== 0x2c && byte !== 0x7d) scanner.unexpected("',' or '}'");
    scanner.pos++;
    if (byte === 0x7d) break;
  }
  return `{${[...fields].map(([name, value]) => `${jsonString(name)}:${value}`).join(",")}}`;
}

function reprintArray(scanner: JsonScanner, isExact: boolean, depth: number): string {
  const elements: string[] = [];
  scanner.pos++;
  if (scanner.peek() === 0x5d) {
    scanner.pos++;
    return "[]";
  }
  for (;;) {
    elements.push(reprint(scanner, isExact, depth + 1));
    const byte = scanner.peek();
    if (byte !== 0x2c && byte !== 0x5d) scanner.unexpected("',' or ']'");
    scanner.pos++;
    if (byte === 0x5d) break;
  }
  return `[${elements.join(",")}]`;
}
