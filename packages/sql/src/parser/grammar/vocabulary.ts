/**
 * The token types of the grammar. Words that the grammar names have a type each; all other words share one: a free word
 * is a name, a reserved one can only be a function or an error.
 */
import type { IToken, TokenType } from "chevrotain";

import { NILADIC_FUNCTIONS, RESERVED_FUNCTIONS, RESERVED_WORDS } from "../reserved-words.js";
import type { Token, TokenKind } from "../token.js";
import { createToken, Lexer } from "./chevrotain.js";
import { GRAMMAR_WORDS, INTERVAL_UNIT_WORDS, OPERATOR_WORDS, SCALAR_TYPE_WORDS } from "./words.js";

const type = (name: string, ...categories: TokenType[]): TokenType =>
  createToken({ name, pattern: Lexer.NA, categories });

/** Everything but brackets: what is skipped inside the brackets of a clause that has no tree. */
export const Anything = type("Anything");
/** A name: free words, and anything in backquotes. */
export const Name = type("Name", Anything);
/** A reserved word that may be called, `COUNT(...)`. */
export const FunctionWord = type("FunctionWord", Anything);
/** A function without brackets, `CURRENT_DATE`. */
export const NiladicWord = type("NiladicWord", Anything);
/** A binary operator, word or symbol. */
export const Operator = type("Operator", Anything);
/** First word of a data type that is no collection, row, interval or user type. */
export const ScalarTypeWord = type("ScalarTypeWord", Anything);
/** `DAY`, `DAYS`, ... */
export const IntervalUnitWord = type("IntervalUnitWord", Anything);
export const NumberToken = type("Number", Anything);

export const FreeWord = type("FreeWord", Name);
export const QuotedName = type("QuotedName", Name);
export const ReservedWord = type("ReservedWord", Anything);
export const PlainFunctionWord = type("PlainFunctionWord", FunctionWord);
export const PlainNiladicWord = type("PlainNiladicWord", NiladicWord);
export const StringToken = type("String", Anything);
export const BinaryToken = type("Binary", Anything);
export const IntegerToken = type("Integer", NumberToken);
export const DecimalToken = type("Decimal", NumberToken);
export const ApproximateToken = type("Approximate", NumberToken);
export const InvalidToken = type("Invalid", Anything);

const SYMBOLS = {
  LeftParen: "(",
  RightParen: ")",
  Comma: ",",
  Dot: ".",
  LeftBracket: "[",
  RightBracket: "]",
  Arrow: "=>",
  HintStart: "/*+",
  HintEnd: "*/",
  Equal: "=",
  NotEqual: "<>",
  Less: "<",
  LessOrEqual: "<=",
  Greater: ">",
  GreaterOrEqual: ">=",
  Plus: "+",
  Minus: "-",
  Star: "*",
  Slash: "/",
  Percent: "%",
  Concat: "||",
} as const;

const OPERATOR_SYMBOLS = new Set(["=", "<>", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "||"]);

/** The symbols by name. */
export const S = Object.fromEntries(
  Object.entries(SYMBOLS).map(([name, symbol]) => [
    name,
    symbol === "(" || symbol === ")"
      ? type(symbol)
      : OPERATOR_SYMBOLS.has(symbol)
        ? type(symbol, Operator, Anything)
        : type(symbol, Anything),
  ]),
) as Readonly<Record<keyof typeof SYMBOLS, TokenType>>;

/** A word that has a token type of its own. */
export type GrammarWord = (typeof GRAMMAR_WORDS)[number];

function wordType(word: GrammarWord): TokenType {
  const categories: TokenType[] = [];
  if (!RESERVED_WORDS.has(word)) categories.push(Name);
  if (RESERVED_FUNCTIONS.has(word)) categories.push(FunctionWord);
  if (NILADIC_FUNCTIONS.has(word)) categories.push(NiladicWord);
  if (OPERATOR_WORDS.some((one) => one === word)) categories.push(Operator);
  if (SCALAR_TYPE_WORDS.some((one) => one === word)) categories.push(ScalarTypeWord);
  if (INTERVAL_UNIT_WORDS.some((one) => one === word)) categories.push(IntervalUnitWord);
  return type(word, ...(categories.length > 0 ? categories : [Anything]));
}

/** The words by name. */
export const K = Object.fromEntries(
  [...new Set(GRAMMAR_WORDS)].map((word) => [word, wordType(word)]),
) as Readonly<Record<GrammarWord, TokenType>>;

const BY_WORD: ReadonlyMap<string, TokenType> = new Map([
  ...Object.entries(K),
  ...Object.values(S).map((symbol) => [symbol.name, symbol] as const),
]);

const BY_KIND: Readonly<Record<Exclude<TokenKind, "word" | "symbol">, TokenType>> = {
  quotedName: QuotedName,
  string: StringToken,
  binary: BinaryToken,
  integer: IntegerToken,
  decimal: DecimalToken,
  approximate: ApproximateToken,
  invalid: InvalidToken,
};

/** Every token type, for the parser's constructor. */
export const VOCABULARY: TokenType[] = [
  Anything,
  Name,
  FunctionWord,
  NiladicWord,
  Operator,
  ScalarTypeWord,
  IntervalUnitWord,
  NumberToken,
  FreeWord,
  QuotedName,
  ReservedWord,
  PlainFunctionWord,
  PlainNiladicWord,
  StringToken,
  BinaryToken,
  IntegerToken,
  DecimalToken,
  ApproximateToken,
  InvalidToken,
  ...Object.values(S),
  ...Object.values(K),
];

/** A token as the parser reads it. */
export interface GrammarToken extends IToken {
  readonly start: number;
  readonly end: number;
  /** Place in the statement, from 0. */
  readonly index: number;
  readonly source: Token;
}

/** The token type of a token. */
export function typeOf(token: Token): TokenType {
  if (token.kind !== "word" && token.kind !== "symbol") return BY_KIND[token.kind];
  const own = BY_WORD.get(token.word);
  if (own !== undefined) return own;
  if (token.kind === "symbol") return InvalidToken;
  if (!RESERVED_WORDS.has(token.word)) return FreeWord;
  if (NILADIC_FUNCTIONS.has(token.word)) return PlainNiladicWord;
  return RESERVED_FUNCTIONS.has(token.word) ? PlainFunctionWord : ReservedWord;
}

/** A token for the parser; `tokenType` is given to stand in for another one at the same place. */
export function grammarToken(source: Token, index: number, tokenType = typeOf(source)): GrammarToken {
  return {
    image: source.image,
    startOffset: source.start,
    tokenType,
    tokenTypeIdx: tokenType.tokenTypeIdx ?? 0,
    start: source.start,
    end: source.end,
    index,
    source,
  };
}
