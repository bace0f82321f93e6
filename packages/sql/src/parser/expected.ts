import type { TokenType } from "chevrotain";
import { nearestFirst, probablyMeant } from "@tributary/core";

import {
  BinaryToken,
  DecimalToken,
  FreeWord,
  IntegerToken,
  IntervalUnitWord,
  K,
  Name,
  Operator,
  S,
  StringToken,
} from "./grammar/vocabulary.js";
import type { Recognizer, StartRule } from "./recognizer.js";
import { CANDIDATES_MAX } from "./syntax-fault.js";
import type { Token } from "./token.js";

/** What could stand at a place, in words. */
export interface Expected {
  /** Nearest spelling first, at most {@link CANDIDATES_MAX}. */
  readonly labels: readonly string[];
  readonly name: boolean;
}

/** Tokens that a group stands for: if all of `signs` can stand there, one label replaces everything that is `member`. */
interface Group {
  readonly label: string;
  readonly signs: readonly TokenType[];
  readonly member: (type: TokenType) => boolean;
}

const isIn =
  (...types: readonly TokenType[]) =>
  (type: TokenType): boolean =>
    types.includes(type);

const QUERY_STARTS = [K.SELECT, K.VALUES, K.WITH, K.TABLE];
const OPERATOR_WORDS = [
  K.IS,
  K.IN,
  K.LIKE,
  K.SIMILAR,
  K.BETWEEN,
  K.NOT,
  K.OR,
  K.AND,
  K.OVERLAPS,
  S.LeftBracket,
];
const TYPE_STARTS = new Set([
  "ARRAY",
  "BIGINT",
  "BINARY",
  "BOOLEAN",
  "BYTES",
  "CHAR",
  "CHARACTER",
  "DATE",
  "DEC",
  "DECIMAL",
  "DOUBLE",
  "FLOAT",
  "INT",
  "INTEGER",
  "INTERVAL",
  "MAP",
  "MULTISET",
  "NULL",
  "NUMERIC",
  "RAW",
  "REAL",
  "ROW",
  "SMALLINT",
  "STRING",
  "TIME",
  "TIMESTAMP",
  "TIMESTAMP_LTZ",
  "TINYINT",
  "VARBINARY",
  "VARCHAR",
  "VARIANT",
] as const);

const isOperator = (type: TokenType): boolean =>
  OPERATOR_WORDS.includes(type) || type.CATEGORIES?.includes(Operator) === true;

/** In the order in which they are looked for. */
const GROUPS: readonly Group[] = [
  {
    label: "an expression",
    signs: [DecimalToken, K.CASE, S.LeftParen],
    member: (type) =>
      type !== S.Star && !isAfterExpression(type) && !isIn(S.RightParen, S.RightBracket, K.FROM)(type),
  },
  {
    label: "a data type",
    signs: [K.BOOLEAN, K.BYTES],
    member: (type) => type === FreeWord || [...TYPE_STARTS].some((word) => K[word] === type),
  },
  { label: "a query", signs: [K.SELECT, K.VALUES], member: isIn(...QUERY_STARTS, S.LeftParen) },
  {
    label: "a unit of time",
    signs: [K.DAY, K.MONTHS],
    member: (type) => type.CATEGORIES?.includes(IntervalUnitWord) === true,
  },
];

const AFTER_EXPRESSION = new Set<TokenType>([
  S.Comma,
  K.AS,
  K.WHERE,
  K.GROUP,
  K.ORDER,
  K.HAVING,
  K.LIMIT,
  K.UNION,
  K.EXCEPT,
  K.INTERSECT,
  K.OFFSET,
  K.FETCH,
  K.WINDOW,
  K.QUALIFY,
  K.DISTINCT,
  K.ALL,
  K.BOTH,
  K.LEADING,
  K.TRAILING,
  K.WHEN,
  K.FOR,
  K.SELECT,
  K.VALUES,
  K.TABLE,
  K.WITH,
  S.HintStart,
]);
const isAfterExpression = (type: TokenType): boolean => AFTER_EXPRESSION.has(type);

/** Shown before other words when nothing is near in spelling. */
const PREFERRED = [
  S.Comma,
  S.RightParen,
  S.LeftParen,
  S.Equal,
  S.RightBracket,
  S.Greater,
  K.FROM,
  K.AS,
  K.WITH,
  K.WHERE,
  K.GROUP,
  K.ORDER,
  K.END,
  K.WHEN,
  K.THEN,
  K.ELSE,
];

/** Words that belong together. */
const LABELS = new Map<TokenType, string>([
  [K.GROUP, "GROUP BY"],
  [K.ORDER, "ORDER BY"],
  [K.PARTITIONED, "PARTITIONED BY"],
  [K.PRIMARY, "PRIMARY KEY"],
  [K.WITHIN, "WITHIN GROUP"],
  [StringToken, "a string"],
  [IntegerToken, "a whole number"],
  [FreeWord, "a name"],
]);

/** Everything that is tried, names and literals by one of a kind. */
const TRIED: readonly TokenType[] = [
  FreeWord,
  StringToken,
  IntegerToken,
  DecimalToken,
  BinaryToken,
  ...Object.values(S).filter((type) => type !== S.HintStart && type !== S.HintEnd && type !== S.Dot),
  ...Object.values(K),
];

/** What could stand at `index` in the place of what does. */
export function expectedAt(
  recognizer: Recognizer,
  tokens: readonly Token[],
  index: number,
  rule: StartRule,
): Expected {
  if (!recognizer.mayProbe((index + 1) * TRIED.length)) return { labels: [], name: false };
  const accepted = TRIED.filter((type) => recognizer.accepts(tokens, index, type, rule));
  const name = accepted.includes(FreeWord);
  const found = tokens[index];
  const word = found?.kind === "word" ? found.word : undefined;
  // Where any name can stand, a free word of the grammar is one name among many.
  let rest = accepted.filter(
    (type) =>
      type !== BinaryToken && !(name && type.CATEGORIES?.includes(Name) === true && type !== FreeWord),
  );
  const groups: string[] = [];
  for (const { label, signs, member } of GROUPS) {
    if (!signs.every((sign) => rest.includes(sign))) continue;
    groups.push(label);
    rest = rest.filter((type) => !member(type));
  }
  const operators = rest.filter(isOperator);
  // Behind an expression any operator can stand, and behind its last name a bracket: neither is much of a help.
  if (operators.length > 3) rest = rest.filter((type) => !isOperator(type) && type !== S.LeftParen);
  rest = rest.filter((type) => type !== DecimalToken);
  const ended = recognizer.canEndAt(tokens, index, rule);
  return { labels: ranked(rest, groups, ended, word), name };
}

function ranked(
  types: readonly TokenType[],
  groups: readonly string[],
  ended: boolean,
  word: string | undefined,
): readonly string[] {
  const rank = (type: TokenType): number => {
    const place = PREFERRED.indexOf(type);
    return place < 0 ? PREFERRED.length : place;
  };
  const reserved = [...types].sort((a, b) => rank(a) - rank(b));
  const labels = reserved.map((type) => LABELS.get(type) ?? type.name);
  const end = ended ? ["';'"] : [];
  const symbols = labels.filter((label) => !/^[A-Z]/.test(label)).map(quoted);
  const words = labels.filter((label) => /^[A-Z]/.test(label));
  if (word === undefined)
    return [...new Set([...groups, ...symbols, ...end, ...words])].slice(0, CANDIDATES_MAX);
  const near = nearestFirst(word, words).filter((label) => probablyMeant(word, [label]) !== undefined);
  const others = words.filter((label) => !near.includes(label));
  return [...new Set([...near, ...groups, ...symbols, ...end, ...others])].slice(0, CANDIDATES_MAX);
}

const quoted = (label: string): string => (/^\W/.test(label) ? `'${label}'` : label);
