/**
 * The grammar of type strings once more, for the compiler: what `"DECIMAL(10, 2) NOT NULL"` holds is known where the
 * text is a literal. Bounds and the names of keywords in wrong places are left to {@link parseType}; a text that the
 * grammar here cannot read has values of type `unknown`.
 *
 * The compiler has no strings to index: a text becomes a tuple of tokens (words, symbols, names with a backquote in
 * front, strings with a quote in front), and each rule gives what it read and the tokens behind it.
 */
import type { LogicalType } from "./logical-type.js";
import type {
  TypedArray,
  TypedDecimal,
  TypedInterval,
  TypedMap,
  TypedMultiset,
  TypedRow,
  TypedSimple,
  TypedSized,
  TypedTemporal,
  WithNullability,
} from "./typed.js";

/** The logical type of a type string: `TypeOfText<"INT NOT NULL">`. Any {@link LogicalType} if the text is not known. @public */
export type TypeOfText<S extends string> = string extends S ? LogicalType : Whole<Type<Tokens<S, []>>>;

/** A type as `types.*` makes it, or its text, e.g. `DECIMAL(10, 2) NOT NULL`. @public */
export type TypeLike = LogicalType | string;

/** The logical type that a {@link TypeLike} stands for. @public */
export type TypeOf<T extends TypeLike> = T extends string ? TypeOfText<T> : T;

// ---- tokens

type Blank = " " | "\n" | "\t" | "\r";
type Symbol = "<" | ">" | "(" | ")" | "," | ".";

type Tokens<S extends string, Out extends readonly string[]> = S extends `${infer First}${infer Rest}`
  ? First extends Blank
    ? Tokens<Rest, Out>
    : First extends Symbol
      ? Tokens<Rest, [...Out, First]>
      : First extends "`" | "'"
        ? Quoted<Rest, First, First> extends readonly [
            infer Token extends string,
            infer Behind extends string,
          ]
          ? Tokens<Behind, [...Out, Token]>
          : [...Out, "?"]
        : Word<S, ""> extends readonly [infer Token extends string, infer Behind extends string]
          ? Tokens<Behind, [...Out, Token]>
          : never
  : Out;

/** The text to the closing quote, a quote inside doubled. */
type Quoted<
  S extends string,
  Quote extends string,
  Out extends string,
> = S extends `${infer Head}${Quote}${infer Rest}`
  ? Rest extends `${Quote}${infer More}`
    ? Quoted<More, Quote, `${Out}${Head}${Quote}`>
    : readonly [`${Out}${Head}`, Rest]
  : never;

type Word<S extends string, Out extends string> = S extends `${infer First}${infer Rest}`
  ? First extends Blank | Symbol | "`" | "'"
    ? readonly [Out, S]
    : Word<Rest, `${Out}${First}`>
  : readonly [Out, ""];

// ---- types

/** What a rule has read, and the tokens behind it. `never` says that the rule does not apply. */
type Read<T, Rest extends readonly string[]> = readonly [T, Rest];

type Whole<R> = [R] extends [never]
  ? LogicalType
  : R extends Read<infer T extends LogicalType, readonly []>
    ? T
    : LogicalType;

type Type<T extends readonly string[]> = Suffix<Nullability<Base<T>>>;

/** `NOT NULL`, `NULL` or nothing. */
type Nullability<R> =
  R extends Read<infer T extends LogicalType, infer Rest extends readonly string[]>
    ? Rest extends readonly [
        infer A extends string,
        infer B extends string,
        ...infer More extends readonly string[],
      ]
      ? [Uppercase<A>, Uppercase<B>] extends ["NOT", "NULL"]
        ? Read<WithNullability<T, false>, More>
        : Uppercase<A> extends "NULL"
          ? Read<T, [B, ...More]>
          : Read<T, Rest>
      : Rest extends readonly [infer Only extends string]
        ? Read<T, Uppercase<Only> extends "NULL" ? [] : Rest>
        : Read<T, Rest>
    : never;

/** `INT ARRAY`, `INT MULTISET`. */
type Suffix<R> =
  R extends Read<infer T extends LogicalType, infer Rest extends readonly string[]>
    ? Rest extends readonly [infer Word extends string, ...infer More extends readonly string[]]
      ? Uppercase<Word> extends "ARRAY"
        ? Nullability<Read<TypedArray<T, true>, More>>
        : Uppercase<Word> extends "MULTISET"
          ? Nullability<Read<TypedMultiset<T, true>, More>>
          : R
      : R
    : never;

/** Types of one word, brackets behind it aside. */
interface WordTypes {
  BOOLEAN: TypedSimple<"BOOLEAN", true>;
  TINYINT: TypedSimple<"TINYINT", true>;
  SMALLINT: TypedSimple<"SMALLINT", true>;
  INT: TypedSimple<"INT", true>;
  INTEGER: TypedSimple<"INT", true>;
  BIGINT: TypedSimple<"BIGINT", true>;
  FLOAT: TypedSimple<"FLOAT", true>;
  DATE: TypedSimple<"DATE", true>;
  NULL: TypedSimple<"NULL", true>;
  STRING: TypedSized<"VARCHAR", true>;
  BYTES: TypedSized<"VARBINARY", true>;
  CHAR: TypedSized<"CHAR", true>;
  VARCHAR: TypedSized<"VARCHAR", true>;
  BINARY: TypedSized<"BINARY", true>;
  VARBINARY: TypedSized<"VARBINARY", true>;
  DECIMAL: TypedDecimal<true>;
  DEC: TypedDecimal<true>;
  NUMERIC: TypedDecimal<true>;
  TIMESTAMP_LTZ: TypedTemporal<"TIMESTAMP_LTZ", true>;
}

type Base<T extends readonly string[]> = T extends readonly [
  infer Head extends string,
  ...infer Rest extends readonly string[],
]
  ? Uppercase<Head> extends infer W extends string
    ? W extends keyof WordTypes
      ? Read<WordTypes[W], Bracketed<Rest>>
      : W extends "DOUBLE"
        ? Read<TypedSimple<"DOUBLE", true>, Optional<Rest, ["PRECISION"]>>
        : W extends "TIME"
          ? Read<TypedTemporal<"TIME", true>, Optional<Bracketed<Rest>, ["WITHOUT", "TIME", "ZONE"]>>
          : W extends "TIMESTAMP"
            ? Timestamp<Bracketed<Rest>>
            : W extends "INTERVAL"
              ? Interval<Rest>
              : W extends "ARRAY" | "MULTISET"
                ? Collection<W, Rest>
                : W extends "MAP"
                  ? MapOf<Rest>
                  : W extends "ROW"
                    ? RowType<Rest>
                    : never
    : never
  : never;

/** Without the numbers in brackets at the start. */
type Bracketed<T extends readonly string[]> = T extends readonly [
  "(",
  string,
  ")",
  ...infer Rest extends readonly string[],
]
  ? Rest
  : T extends readonly ["(", string, ",", string, ")", ...infer Rest extends readonly string[]]
    ? Rest
    : T;

/** Without the words at the start, if all of them stand there. */
type Optional<T extends readonly string[], Words extends readonly string[]> =
  Skip<T, Words> extends infer Rest extends readonly string[] ? ([Rest] extends [never] ? T : Rest) : T;

type Skip<T extends readonly string[], Words extends readonly string[]> = Words extends readonly [
  infer Word extends string,
  ...infer More extends readonly string[],
]
  ? T extends readonly [infer Head extends string, ...infer Rest extends readonly string[]]
    ? Uppercase<Head> extends Word
      ? Skip<Rest, More>
      : never
    : never
  : T;

type Timestamp<T extends readonly string[]> = [Skip<T, ["WITH", "LOCAL", "TIME", "ZONE"]>] extends [never]
  ? [Skip<T, ["WITH", "TIME", "ZONE"]>] extends [never]
    ? Read<TypedTemporal<"TIMESTAMP", true>, Optional<T, ["WITHOUT", "TIME", "ZONE"]>>
    : Read<TypedTemporal<"TIMESTAMP_TZ", true>, Skip<T, ["WITH", "TIME", "ZONE"]>>
  : Read<TypedTemporal<"TIMESTAMP_LTZ", true>, Skip<T, ["WITH", "LOCAL", "TIME", "ZONE"]>>;

type Interval<T extends readonly string[]> = T extends readonly [
  infer Unit extends string,
  ...infer Rest extends readonly string[],
]
  ? Uppercase<Unit> extends "YEAR" | "MONTH"
    ? Read<TypedInterval<"INTERVAL_YEAR_MONTH", true>, To<Bracketed<Rest>>>
    : Uppercase<Unit> extends "DAY" | "HOUR" | "MINUTE" | "SECOND"
      ? Read<TypedInterval<"INTERVAL_DAY_TIME", true>, To<Bracketed<Rest>>>
      : never
  : never;

/** Without `TO unit` at the start. */
type To<T extends readonly string[]> = T extends readonly [
  infer Word extends string,
  string,
  ...infer Rest extends readonly string[],
]
  ? Uppercase<Word> extends "TO"
    ? Bracketed<Rest>
    : T
  : T;

type Collection<Kind extends string, T extends readonly string[]> = T extends readonly [
  "<",
  ...infer Inside extends readonly string[],
]
  ? Type<Inside> extends Read<
      infer Element extends LogicalType,
      readonly [">", ...infer Rest extends readonly string[]]
    >
    ? Read<Kind extends "ARRAY" ? TypedArray<Element, true> : TypedMultiset<Element, true>, Rest>
    : never
  : never;

type MapOf<T extends readonly string[]> = T extends readonly ["<", ...infer Inside extends readonly string[]]
  ? Type<Inside> extends Read<
      infer Key extends LogicalType,
      readonly [",", ...infer Behind extends readonly string[]]
    >
    ? Type<Behind> extends Read<
        infer Value extends LogicalType,
        readonly [">", ...infer Rest extends readonly string[]]
      >
      ? Read<TypedMap<Key, Value, true>, Rest>
      : never
    : never
  : never;

type RowType<T extends readonly string[]> = T extends readonly [
  infer Opening extends "<" | "(",
  ...infer Inside extends readonly string[],
]
  ? Closing[Opening] extends infer End extends string
    ? Inside extends readonly [End, ...infer Rest extends readonly string[]]
      ? // oxlint-disable-next-line typescript/no-empty-object-type -- a ROW without fields.
        Read<TypedRow<{}, true>, Rest>
      : // oxlint-disable-next-line typescript/no-empty-object-type -- no fields yet.
        Fields<Inside, End, {}>
    : never
  : never;

interface Closing {
  "<": ">";
  "(": ")";
}

type Fields<
  T extends readonly string[],
  End extends string,
  Out extends Readonly<Record<string, LogicalType>>,
> =
  Field<T> extends readonly [
    infer Name extends string,
    infer FieldType extends LogicalType,
    infer Rest extends readonly string[],
  ]
    ? Rest extends readonly [",", ...infer More extends readonly string[]]
      ? Fields<More, End, Out & Readonly<Record<Name, FieldType>>>
      : Rest extends readonly [End, ...infer Behind extends readonly string[]]
        ? Read<TypedRow<Flat<Out & Readonly<Record<Name, FieldType>>>, true>, Behind>
        : never
    : never;

/** One object type instead of an intersection, so that errors and hovers show it. */
type Flat<F> = { readonly [Name in keyof F]: F[Name] };

/** Name, type, and the tokens behind them and the comment. */
type Field<T extends readonly string[]> = T extends readonly [
  infer Name extends string,
  ...infer Rest extends readonly string[],
]
  ? Type<Rest> extends Read<infer Found extends LogicalType, infer Behind extends readonly string[]>
    ? Behind extends readonly [`'${string}`, ...infer More extends readonly string[]]
      ? readonly [Unquoted<Name>, Found, More]
      : readonly [Unquoted<Name>, Found, Behind]
    : never
  : never;

type Unquoted<Name extends string> = Name extends `\`${infer Inside}` ? Inside : Name;
