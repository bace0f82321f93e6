/** JSON of a sample, with the digits of its numbers. */
import type { Evidence } from "./evidence.js";
import { fractionDigits, textKind } from "./text-kind.js";

/** Deeper values are taken as the text of their JSON. */
const DEPTH_MAX = 32;

const TOKEN = /"[^"\\]*(?:\\[^][^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[{}[\]]|[^\s"{}[\]]|\s+|[^]/y;
/** Stands before the digits of a number that became a string; a string that starts so gets one more. */
const MARK = "\u0001";

/**
 * The values of a text, one after another, whatever white space stands between them; the rest behind a fault is the last
 * one. Lazy: a text of many records is not held twice.
 */
export function* jsonTexts(text: string): Generator<string> {
  let start = 0;
  while (start < text.length) {
    const end = endOfValue(text, start);
    const value = text.slice(start, end).trim();
    if (value !== "") yield value;
    start = end;
  }
}

/** The index behind the next object or array; behind the text if there is none. */
function endOfValue(text: string, start: number): number {
  let depth = 0;
  TOKEN.lastIndex = start;
  for (let match = TOKEN.exec(text); match !== null; match = TOKEN.exec(text)) {
    const [token] = match;
    if (token === "{" || token === "[") depth++;
    else if (token === "}" || token === "]") {
      depth--;
      if (depth <= 0) return TOKEN.lastIndex;
    }
  }
  return text.length;
}

/** The value of a JSON text with numbers as marked strings; `undefined` if it is no JSON. */
export function parseMarked(text: string): unknown {
  const marked = text.replace(/"[^"\\]*(?:\\[^][^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (token) =>
    token.startsWith('"') ? markString(token) : `"${ESCAPED_MARK}${token}"`,
  );
  try {
    return JSON.parse(marked) as unknown;
  } catch {
    return undefined;
  }
}

const ESCAPED_MARK = JSON.stringify(MARK).slice(1, -1);

/** Control characters inside are taken, as the format does; a mark of its own is doubled. */
function markString(token: string): string {
  // oxlint-disable-next-line no-control-regex -- these are the characters that JSON.parse refuses.
  const escaped = token.replaceAll(/[\u0000-\u001f]/g, (char) => JSON.stringify(char).slice(1, -1));
  return escaped.startsWith('"\\u0001') ? `"${ESCAPED_MARK}${escaped.slice(1)}` : escaped;
}

/** Adds a value of {@link parseMarked}. */
export function observe(evidence: Evidence, value: unknown, depth = 0): void {
  if (value === null) {
    evidence.nulls++;
  } else if (typeof value === "string") {
    observeString(evidence, value);
  } else if (typeof value === "boolean") {
    evidence.note("boolean");
  } else if (depth >= DEPTH_MAX) {
    evidence.note("deep");
  } else if (Array.isArray(value)) {
    evidence.note("array");
    for (const element of value as readonly unknown[]) observe(evidence.element(), element, depth + 1);
  } else {
    evidence.note("object");
    evidence.fields ??= new Map();
    for (const [name, field] of Object.entries(value as object)) {
      observe(evidence.field(fieldName(name)), field, depth + 1);
    }
  }
}

function fieldName(marked: string): string {
  return marked.startsWith(MARK) ? marked.slice(1) : marked;
}

function observeString(evidence: Evidence, marked: string): void {
  if (!marked.startsWith(MARK)) {
    evidence.fraction = Math.max(evidence.fraction, fractionDigits(marked));
    evidence.note(textKind(marked));
  } else if (marked.startsWith(MARK, 1)) {
    evidence.note("text");
  } else {
    evidence.number(marked.slice(1));
  }
}
