/**
 * Why a statement could not be read: from the token where reading stopped to the word that is at fault, what could have
 * stood there, and what to write instead.
 */
import { probablyMeant } from "@tributary/core";

import { expectedAt } from "./expected.js";
import { FreeWord, IntervalUnitWord, K, ScalarTypeWord, typeOf } from "./grammar/vocabulary.js";
import { knownMistake } from "./hints.js";
import type { Recognizer, StartRule } from "./recognizer.js";
import { isSecretValue } from "./redact-script.js";
import { RESERVED_WORDS } from "./reserved-words.js";
import { CANDIDATES_MAX, type FaultContext, type SyntaxFault } from "./syntax-fault.js";
import { isWord, type Token } from "./token.js";

/** Shortest word that is taken for a misspelt keyword. */
const MISSPELT_LENGTH_MIN = 3;

/**
 * Words that hold a statement together: one of these where a name should be is rather a sign that something is missing
 * before it. As the name of a column it is recognised by what follows.
 */
const STRUCTURE = new Set(
  `SELECT FROM WHERE GROUP ORDER BY HAVING LIMIT OFFSET FETCH ON USING JOIN INNER OUTER CROSS NATURAL FULL UNION INTERSECT
   EXCEPT ALL DISTINCT AS AND OR NOT IN IS BETWEEN LIKE WHEN THEN ELSE END WITH VALUES INTO INSERT CREATE TABLE SET NULL
   PARTITION OVER FOR TO OF COMMENT PRIMARY WATERMARK CONSTRAINT`.split(/\s+/),
);

/** Words that begin most statements. */
const STATEMENT_STARTS = new Set(["CREATE", "INSERT", "DROP", "SELECT", "SET", "EXECUTE", "USE", "ALTER"]);

/** Where a script stands in which a statement stopped being read. */
export interface Stop {
  readonly tokens: readonly Token[];
  /** Index of the token that cannot stand there; the number of tokens at the end. */
  readonly index: number;
  readonly rule: StartRule;
  /** Offset of what ends the statement. */
  readonly end: number;
  /** Whether a semicolon stands there. */
  readonly terminated: boolean;
}

export function diagnose(recognizer: Recognizer, stop: Stop, context: FaultContext): SyntaxFault {
  const { tokens, index } = stop;
  if (tokens[index]?.fault !== undefined) return lexicalFault(tokens, index);
  // `dec DECIMAL` is a column in need of backquotes, however near a keyword is spelt.
  const isColumn = RESERVED_WORDS.has(tokens[index]?.word ?? "") && nameFollows(tokens[index + 1]);
  return (
    known(recognizer, stop) ??
    (isColumn ? reserved(recognizer, stop) : undefined) ??
    misspelt(recognizer, stop) ??
    reserved(recognizer, stop) ??
    generic(recognizer, stop, context)
  );
}

/** The fault of a token that is none. What may be a secret is not repeated. */
export function lexicalFault(tokens: readonly Token[], index: number): SyntaxFault {
  const token = tokens[index]!;
  const isSecret = isSecretValue(tokens, index);
  return {
    span: { start: token.start, end: token.end },
    message: token.fault?.message ?? `'${token.image}' is not part of the language`,
    hint: isSecret ? "Put the value between single quotes." : token.fault?.hint,
    candidates: undefined,
  };
}

function known(recognizer: Recognizer, stop: Stop): SyntaxFault | undefined {
  const mistake = knownMistake(stop.tokens, stop.index);
  if (mistake === undefined) return undefined;
  const token = stop.tokens[mistake.at ?? stop.index];
  const expected = expectedAt(recognizer, stop.tokens, mistake.at ?? stop.index, stop.rule).labels;
  return {
    span: spanOf(token, stop),
    message: mistake.message ?? sentence(token, expected, stop),
    hint: mistake.hint,
    candidates: mistake.message === undefined ? expected : undefined,
  };
}

/** The word where reading stopped, or the one before it, which then passed as a name, may be a misspelt keyword. */
function misspelt(recognizer: Recognizer, stop: Stop): SyntaxFault | undefined {
  const { tokens, index, rule } = stop;
  for (const at of [index, index - 1]) {
    const token = tokens[at];
    if (token?.kind !== "word" || token.word.length < MISSPELT_LENGTH_MIN) continue;
    if (RESERVED_WORDS.has(token.word) && at < index) continue;
    if (!recognizer.mayProbe(tokens.length)) return undefined;
    const near = Object.keys(K).filter(
      (word) =>
        word.length >= MISSPELT_LENGTH_MIN &&
        probablyMeant(token.word, [word]) === word &&
        word !== token.word,
    );
    const progress = near
      .filter(() => recognizer.mayProbe(tokens.length))
      .map((word) => ({ word, to: recognizer.progressWith(tokens, at, K[word as keyof typeof K], rule) }))
      .filter(({ to }) => to > index && (at === index ? to > index + 1 || index === tokens.length - 1 : true))
      .sort((a, b) => b.to - a.to);
    const meant = probablyMeant(
      token.word,
      progress.filter(({ to }) => to === progress[0]?.to).map(({ word }) => word),
    );
    if (meant === undefined) continue;
    const expected = expectedAt(recognizer, tokens, at, rule).labels;
    const others = expected.filter((label) => label !== meant && !label.startsWith(`${meant} `));
    const candidates = [meant, ...others].slice(0, CANDIDATES_MAX);
    return {
      span: spanOf(token, stop),
      message: sentence(token, candidates, stop),
      hint: `Did you mean ${meant}?`,
      candidates,
    };
  }
  return undefined;
}

/** A reserved word without backquotes where a name would be read. */
function reserved(recognizer: Recognizer, stop: Stop): SyntaxFault | undefined {
  const { tokens, index, rule } = stop;
  for (const at of [index, index - 1]) {
    const token = tokens[at];
    if (token?.kind !== "word" || !RESERVED_WORDS.has(token.word)) continue;
    const isName = at === index ? nameFollows(tokens[index + 1]) : token.word === "TABLE";
    if (STRUCTURE.has(token.word) && !isName) continue;
    if (!recognizer.mayProbe(tokens.length)) return undefined;
    if (recognizer.progressWith(tokens, at, FreeWord, rule) <= index) continue;
    return {
      span: spanOf(token, stop),
      message: `'${token.image}' is a reserved word`,
      hint: `Write it in backquotes to use it as a name: \`${token.image}\`.`,
      candidates: [`\`${token.image}\``],
    };
  }
  return undefined;
}

/** What follows the name of a column and not, as a rule, the word that begins a clause. */
function nameFollows(token: Token | undefined): boolean {
  if (token === undefined) return false;
  if (isWord(token, ",") || isWord(token, ")") || isWord(token, ".") || isWord(token, "=>")) return true;
  const categories = typeOf(token).CATEGORIES ?? [];
  const begins = ["ARRAY", "MAP", "ROW", "MULTISET", "INTERVAL", "RAW"].includes(token.word);
  return (begins || categories.includes(ScalarTypeWord)) && !categories.includes(IntervalUnitWord);
}

function generic(recognizer: Recognizer, stop: Stop, context: FaultContext): SyntaxFault {
  const { tokens, index, rule } = stop;
  const token = tokens[index];
  const { labels } = expectedAt(recognizer, tokens, index, rule);
  return {
    span: spanOf(token, stop),
    message: sentence(token, labels, stop),
    hint: unclosedHint(stop, context) ?? unclosedString(stop, context) ?? semicolonHint(stop),
    candidates: labels,
  };
}

function sentence(token: Token | undefined, expected: readonly string[], stop: Stop): string {
  const found = describe(token, stop);
  if (expected.length === 0) return `${found} cannot stand here`;
  const last = expected.at(-1) ?? "";
  const list = expected.length === 1 ? last : `${expected.slice(0, -1).join(", ")} or ${last}`;
  return `Found ${found}, expected ${list}`;
}

/** Strings are not repeated: they may hold a secret. */
function describe(token: Token | undefined, stop: Stop): string {
  if (token === undefined) return stop.terminated ? "';'" : "the end of the script";
  if (token.kind === "string" || token.kind === "binary") return "a string";
  if (isSecretValue(stop.tokens, stop.tokens.indexOf(token))) return "this";
  const image = token.image.length > 40 ? `${token.image.slice(0, 40)}...` : token.image;
  return token.kind === "quotedName" ? image : `'${image}'`;
}

function spanOf(token: Token | undefined, stop: Stop): { start: number; end: number } {
  return token === undefined
    ? { start: stop.end, end: stop.terminated ? stop.end + 1 : stop.end }
    : { start: token.start, end: token.end };
}

/** At the end of a statement, or where another one seems to begin: the bracket that is still open. */
function unclosedHint({ tokens, index }: Stop, { lines }: FaultContext): string | undefined {
  const found = tokens[index];
  if (found !== undefined && !STATEMENT_STARTS.has(found.word)) return undefined;
  const open: Token[] = [];
  for (const token of tokens.slice(0, index)) {
    if (isWord(token, "(")) open.push(token);
    else if (isWord(token, ")")) open.pop();
  }
  const last = open.at(-1);
  if (last === undefined) return undefined;
  const { line, column } = lines.position(last.start);
  return `The bracket at line ${line}, column ${column} is not closed.`;
}

/** A string over several lines before the place: rather a forgotten quote than text. */
function unclosedString({ tokens, index }: Stop, { lines }: FaultContext): string | undefined {
  for (let at = Math.min(index, tokens.length - 1); at >= 0; at--) {
    const token = tokens[at];
    if (token?.kind !== "string" || token.continuedAt !== undefined || !/[\n\r]/.test(token.image)) continue;
    const { line, column } = lines.position(token.start);
    return `The string at line ${line}, column ${column} ends on another line; is its closing quote missing?`;
  }
  return undefined;
}

function semicolonHint({ tokens, index }: Stop): string | undefined {
  const token = tokens[index];
  return token !== undefined && token.kind === "word" && index > 0 && STATEMENT_STARTS.has(token.word)
    ? "If this begins another statement, the semicolon before it is missing."
    : undefined;
}
