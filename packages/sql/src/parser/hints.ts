import { isSecretValue } from "./redact-script.js";
import { isWord, type Token } from "./token.js";

/** A known mistake: where it really is, what to call it, what to write. */
export interface KnownMistake {
  /** Index of the token at fault; the one where reading stopped unless given. */
  readonly at?: number;
  readonly message?: string;
  readonly hint: string;
}

type Recogniser = (tokens: readonly Token[], index: number) => KnownMistake | undefined;

const CLAUSES = new Set(["FROM", "WHERE", "GROUP", "ORDER", "HAVING", "LIMIT", "UNION", ")"]);

/** `SELECT a AS 'x'` */
const aliasInQuotes: Recogniser = (tokens, index) =>
  tokens[index]?.kind === "string" && isWord(tokens[index - 1], "AS")
    ? {
        message: "An alias is a name, not a string",
        hint: `Write AS ${plainName(tokens[index]?.value ?? "")}.`,
      }
    : undefined;

/** `LIMIT a, b` */
const limitWithComma: Recogniser = (tokens, index) => {
  const [limit, first, comma, second] = tokens.slice(index - 2, index + 2);
  if (!isWord(limit, "LIMIT") || !isWord(comma, ",")) return undefined;
  return {
    message: "LIMIT takes one number",
    hint: `Write LIMIT ${second?.image ?? "n"} OFFSET ${first?.image ?? "m"}.`,
  };
};

const ilike: Recogniser = (tokens, index) => {
  const at = isWord(tokens[index], "ILIKE") ? index : isWord(tokens[index - 1], "ILIKE") ? index - 1 : -1;
  return at < 0
    ? undefined
    : { at, message: "ILIKE is not part of the language", hint: "Write UPPER(x) LIKE UPPER(pattern)." };
};

/** `SELECT a, FROM t`, `(a, b,)` */
const trailingComma: Recogniser = (tokens, index) =>
  isWord(tokens[index - 1], ",") && CLAUSES.has(tokens[index]?.word ?? "")
    ? { hint: "There is a comma too many before it, or something is missing between the two." }
    : undefined;

/** `WITH (connector = 'x')` */
const optionKey: Recogniser = (tokens, index) => {
  const key = tokens[index];
  if (key?.kind !== "word" && key?.kind !== "quotedName") return undefined;
  let from = index - 1;
  while (from > 0 && !isWord(tokens[from], "(")) {
    if (isWord(tokens[from], ")")) return undefined;
    from--;
  }
  if (!isWord(tokens[from - 1], "WITH")) return undefined;
  let to = index;
  while (to < tokens.length && !["=", ",", ")"].includes(tokens[to]?.word ?? "")) to++;
  const after = isWord(tokens[index - 1], "=");
  if (isSecretValue(tokens, index))
    return {
      message: "Keys and values of options are strings",
      hint: "Put the value between single quotes.",
    };
  const text = after
    ? key.value
    : tokens
        .slice(index, to)
        .map((token) => token.value || token.image)
        .join("");
  return {
    message: `Keys and values of options are strings, '${text}' is not quoted`,
    hint: after ? `Write = '${text}'.` : `Write '${text}' = '...'.`,
  };
};

/** `'key' = 5` in WITH */
const optionValue: Recogniser = (tokens, index) => {
  const value = tokens[index];
  const isValue = isWord(tokens[index - 1], "=") && tokens[index - 2]?.kind === "string";
  if (!isValue || (value?.kind !== "integer" && value?.kind !== "decimal")) return undefined;
  const shown = isSecretValue(tokens, index) ? "..." : value.image;
  return { message: "Keys and values of options are strings", hint: `Write = '${shown}'.` };
};

/** `LIKE t (INCLUDING ALL, EXCLUDING OPTIONS)` */
const likeComma: Recogniser = (tokens, index) =>
  isWord(tokens[index], ",") &&
  ["INCLUDING", "EXCLUDING", "OVERWRITING"].includes(tokens[index - 2]?.word ?? "")
    ? { hint: "The options of LIKE are separated by blanks; leave the comma out." }
    : undefined;

/** `INTERVAL 5 DAY` */
const bareInterval: Recogniser = (tokens, index) => {
  const number = tokens[index];
  if (!isWord(tokens[index - 1], "INTERVAL") || !["integer", "decimal"].includes(number?.kind ?? ""))
    return undefined;
  const unit = tokens[index + 1]?.image ?? "DAY";
  return {
    message: "The length of an interval is a string",
    hint: `Write INTERVAL '${number?.image ?? "5"}' ${unit}.`,
  };
};

/** `ts METADATA FROM 'timestamp'`: the type is missing and METADATA was taken for one. */
const metadataWithoutType: Recogniser = (tokens, index) => {
  const at = isWord(tokens[index - 1], "METADATA") ? index - 1 : -1;
  const next = tokens[index]?.word ?? "";
  if (at < 0 || !["FROM", "VIRTUAL"].includes(next)) return undefined;
  const name = tokens[at - 1]?.image ?? "c";
  return {
    at,
    message: "A metadata column needs a type before METADATA",
    hint: `Write ${name} TIMESTAMP_LTZ(3) METADATA, or whatever its type is.`,
  };
};

/** `'a' = 'b'` line break `'c' = 'd'`: the strings on two lines count as one. */
const continuedString: Recogniser = (tokens, index) =>
  isWord(tokens[index], "=") && tokens[index - 1]?.continuedAt !== undefined
    ? {
        hint: "The string before it goes on from another line, since strings on different lines count as one; a comma is probably missing between them.",
      }
    : undefined;

/** `SELECT TOP 5 a` */
const top: Recogniser = (tokens, index) =>
  isWord(tokens[index - 1], "TOP") ||
  (isWord(tokens[index - 2], "TOP") && isWord(tokens[index - 3], "SELECT"))
    ? { hint: "There is no TOP; write LIMIT at the end of the query." }
    : undefined;

const KNOWN: readonly Recogniser[] = [
  aliasInQuotes,
  limitWithComma,
  ilike,
  optionKey,
  optionValue,
  likeComma,
  bareInterval,
  metadataWithoutType,
  continuedString,
  top,
  trailingComma,
];

/** The mistake that people make where reading stopped, if it is a known one. */
export function knownMistake(tokens: readonly Token[], index: number): KnownMistake | undefined {
  for (const recognise of KNOWN) {
    const mistake = recognise(tokens, index);
    if (mistake !== undefined) return mistake;
  }
  return undefined;
}

const plainName = (text: string): string => (/^[A-Za-z_]\w*$/.test(text) ? text : `\`${text}\``);
