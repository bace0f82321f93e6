import { isSecretKey, MASK, withoutUserInfo } from "@tributary/core";

import { splitScript } from "./splitter.js";
import { isWord, type Token } from "./token.js";

/**
 * The script with the values of secret options blotted out, for showing its lines: `'aws.secretkey' = '******'`. Lines
 * and columns stay where they are.
 * What a mistake may have left of such a value (no closing quote, no comma) goes too, and so do users in addresses.
 *
 * @param additionalKeys - further parts of secret keys, from `security.redaction.additional-keys`.
 * @public
 */
export function redactScript(text: string, additionalKeys: readonly string[] = []): string {
  let redacted = "";
  let at = 0;
  for (const { tokens } of splitScript(text)) {
    tokens.forEach((token, index) => {
      if (!isSecretValue(tokens, index, additionalKeys)) {
        if (token.kind !== "string") return;
        redacted +=
          text.slice(at, token.start) + withoutUserInfo(token.image, (user) => "*".repeat(user.length));
        at = token.end;
        return;
      }
      // A comment right before the value may be the value of yesterday.
      const gap = tokens[index - 1]?.end ?? token.start;
      redacted += text.slice(at, gap) + text.slice(gap, token.start).replace(/\S/g, "*") + blot(token.image);
      at = token.end;
    });
  }
  return redacted + text.slice(at);
}

/** True for a token that is, or by a mistake may be, the value of an option with a secret key. @internal */
export function isSecretValue(
  tokens: readonly Token[],
  index: number,
  additionalKeys: readonly string[] = [],
): boolean {
  const token = tokens[index];
  if (token === undefined || token.kind === "symbol") return false;
  if (isWord(tokens[0], "SET") && index > 1) {
    const equals = tokens.findIndex((one) => isWord(one, "="));
    const key = tokens
      .slice(1, equals)
      .map((one) => one.value || one.image)
      .join("");
    if (equals > 0 && equals < index && isSecretKey(key, additionalKeys)) return true;
  }
  if (isSecretKey(unquotedKey(tokens, index), additionalKeys)) return true;
  // 'key' = value, 'key' value, and what stands directly behind such a value.
  for (let before = index - 1; before >= Math.max(0, index - 3); before--) {
    const one = tokens[before];
    if (one === undefined || isWord(one, ",") || isWord(one, "(") || isWord(one, ")")) return false;
    if (one.kind === "string" && isSecretKey(one.value, additionalKeys)) return true;
  }
  return false;
}

/** Words, dots and dashes of a key without quotes, and what stands between it and its value. */
const KEY_TOKENS_MAX = 24;

/** `WITH (aws.secretkey = 'x')`: what stands before the sign of equality, where the quotes of the key are forgotten. */
function unquotedKey(tokens: readonly Token[], index: number): string {
  const starts = (at: number): boolean =>
    isWord(tokens[at], ",") || (isWord(tokens[at], "(") && isWord(tokens[at - 1], "WITH"));
  let from = index;
  const end = Math.max(0, index - KEY_TOKENS_MAX);
  while (from > end && !starts(from) && !isWord(tokens[from], "(") && !isWord(tokens[from], ")")) from--;
  if (!starts(from)) return "";
  const key = tokens.slice(from + 1, index);
  const equals = key.findIndex((one) => isWord(one, "="));
  return equals < 0
    ? ""
    : key
        .slice(0, equals)
        .map((one) => one.value || one.image)
        .join("");
}

/** Stars and blanks in the place of a value, its quotes and line breaks kept. */
function blot(image: string): string {
  const quoted = image.startsWith("'");
  let stars = 0;
  return image.replace(/[^\n\r]/g, (character, offset: number) => {
    if (quoted && offset === 0) return character;
    if (stars < MASK.length) {
      stars++;
      return "*";
    }
    return stars++ === MASK.length && quoted ? "'" : " ";
  });
}
