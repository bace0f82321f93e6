import { isSecretKey, MASK } from "@tributary/core";

import type { LineMap, LinePosition } from "./line-map.js";
import type { Token } from "./token.js";

/** Longest line that is shown; of a longer one, the part around the place. */
const WIDTH_MAX = 160;

/**
 * The line of a place with a caret below it. Strings that follow a key of a secret are masked.
 *
 * @param tokens - those of the statement, in order.
 * @internal
 */
export function excerpt(text: string, lines: LineMap, place: LinePosition, tokens: readonly Token[]): string {
  const start = lines.lineStart(place.line);
  const end = lines.lineEnd(place.line);
  const offset = start + place.column - 1;
  let shown = "";
  let caret = -1;
  let at = start;
  for (const token of secretTokens(tokens)) {
    if (token.end <= start || token.start >= end) continue;
    if (caret < 0 && offset < token.start) caret = shown.length + offset - at;
    shown += text.slice(at, Math.max(at, token.start));
    if (caret < 0 && offset < token.end) caret = shown.length;
    shown += `'${MASK}'`;
    at = Math.min(end, token.end);
  }
  if (caret < 0) caret = shown.length + Math.max(0, offset - at);
  shown += text.slice(at, end);
  return underline(shown.replaceAll("\t", " "), caret);
}

function underline(line: string, caret: number): string {
  if (line.length <= WIDTH_MAX) return `${line}\n${" ".repeat(caret)}^`;
  const from = Math.max(0, Math.min(caret - WIDTH_MAX / 2, line.length - WIDTH_MAX));
  return `${line.slice(from, from + WIDTH_MAX)}\n${" ".repeat(caret - from)}^`;
}

/** Strings, closed or not, that stand one or two places behind a string that is the key of a secret. */
function secretTokens(tokens: readonly Token[]): Token[] {
  return tokens.filter((token, index) => {
    if (token.kind !== "string" && token.kind !== "invalid") return false;
    const key = [tokens[index - 1], tokens[index - 2]].find((one) => one?.kind === "string");
    return key !== undefined && isSecretKey(key.value);
  });
}
