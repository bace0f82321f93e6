import type { ResetStatement, SetStatement, SettingText } from "./ast-statement.js";
import type { Span } from "./ast.js";
import type { SyntaxFault } from "./syntax-fault.js";
import { isWord, type Token } from "./token.js";

type Untexted<T> = Omit<T, "text">;

/** Either a statement or what is wrong with it. @internal */
export type SettingOutcome =
  { readonly statement: Untexted<SetStatement> | Untexted<ResetStatement> } | { readonly fault: SyntaxFault };

/**
 * Reads `SET` and `RESET`. The older form has keys and values without quotes, which may hold any character: they are taken
 * from the text, not from the tokens.
 *
 * @param text - the whole script.
 * @internal
 */
export function parseSetting(text: string, tokens: readonly Token[]): SettingOutcome {
  const first = tokens[0];
  const last = tokens.at(-1);
  if (first === undefined || last === undefined) return { fault: missing({ start: 0, end: 0 }, []) };
  const span = { start: first.start, end: last.end };
  if (tokens.length === 1) {
    return {
      statement: isWord(first, "RESET")
        ? { kind: "Reset", key: undefined, span }
        : { kind: "Set", key: undefined, value: undefined, span },
    };
  }
  const equals = tokens.findIndex((token) => isWord(token, "="));
  if (isWord(first, "RESET")) {
    if (equals >= 0) return { fault: unexpected(tokens, equals, ["';'"]) };
    return readKey(text, tokens.slice(1), (key) => ({ kind: "Reset", key, span }));
  }
  if (equals < 0) return { fault: missing({ start: last.end, end: last.end }, ["="]) };
  if (equals === 1) return { fault: unexpected(tokens, 1, ["a key"]) };
  const valueTokens = tokens.slice(equals + 1);
  if (valueTokens.length === 0) return { fault: missing({ start: last.end, end: last.end }, ["a value"]) };
  const value = readText(text, valueTokens);
  if ("fault" in value) return value;
  return readKey(text, tokens.slice(1, equals), (key) => ({ kind: "Set", key, value: value.text, span }));
}

function readKey(
  text: string,
  tokens: readonly Token[],
  build: (key: SettingText) => Untexted<SetStatement> | Untexted<ResetStatement>,
): SettingOutcome {
  const key = readText(text, tokens);
  if ("fault" in key) return key;
  const blank = /\s/.exec(key.text.value);
  if (tokens[0]?.kind !== "string" && blank !== null) {
    const { start, end } = key.text.span;
    return {
      fault: {
        span: { start, end },
        message: `'${key.text.value}' is no key`,
        hint: "Write SET 'key' = 'value'.",
        candidates: undefined,
      },
    };
  }
  return { statement: build(key.text) };
}

function readText(
  text: string,
  tokens: readonly Token[],
): { readonly text: SettingText } | { readonly fault: SyntaxFault } {
  const first = tokens[0];
  const last = tokens.at(-1);
  if (first === undefined || last === undefined) return { fault: missing({ start: 0, end: 0 }, ["a key"]) };
  const span: Span = { start: first.start, end: last.end };
  if (first.kind === "string") {
    const second = tokens[1];
    if (second === undefined) return { text: { kind: "SettingText", value: first.value, span } };
    return { fault: second.fault === undefined ? unexpected(tokens, 1, ["';'"]) : lexical(second) };
  }
  const unclosed = tokens.find((token) => token.kind === "invalid" && token.image.startsWith("'"));
  if (unclosed !== undefined) return { fault: lexical(unclosed) };
  return { text: { kind: "SettingText", value: text.slice(span.start, span.end), span } };
}

function lexical(token: Token): SyntaxFault {
  return {
    span: { start: token.start, end: token.end },
    message: token.fault?.message ?? "",
    hint: token.fault?.hint,
    candidates: undefined,
  };
}

function unexpected(tokens: readonly Token[], index: number, candidates: readonly string[]): SyntaxFault {
  const token = tokens[index];
  // What is behind the equals sign may be a secret.
  const found = isWord(token, "=") ? "'='" : "more than one value";
  return {
    span: { start: token?.start ?? 0, end: token?.end ?? 0 },
    message: `Found ${found}, expected ${candidates.join(" or ")}`,
    hint: "Write SET 'key' = 'value' or RESET 'key'.",
    candidates,
  };
}

function missing(span: Span, candidates: readonly string[]): SyntaxFault {
  return {
    span,
    message: `Found the end of the statement, expected ${candidates.join(" or ")}`,
    hint: "Write SET 'key' = 'value'.",
    candidates,
  };
}
