import { TributaryError } from "../diagnostics/error.js";
import {
  MAX_LENGTH,
  type IntervalType,
  type LogicalType,
  type RowField,
  type TemporalType,
} from "./logical-type.js";
import { quoteName, quoteText } from "./print-type.js";
import { TYPE_BOUNDS, type Bounds } from "./type-bounds.js";
import { TYPE_KEYWORDS, tokenizeType, type TypeToken } from "./type-tokens.js";

/** Deepest nesting of types; deeper text is refused instead of exhausting the stack. */
const MAX_DEPTH = 200;
/** Characters of the text shown on either side of a fault. */
const EXCERPT_SIDE = 20;

/**
 * Reads a type's text: `BIGINT NOT NULL`, `decimal(10,2)`, ``ROW<id INT, `date` DATE 'due'>``, `INT ARRAY`. Case and
 * white space do not matter. CHAR, BINARY, VARCHAR and VARBINARY without a length have length 1, as in every type
 * string; the SQL grammar of DDL has rules of its own. A name that is no keyword is a user type.
 *
 * @throws `SCHEMA_INVALID` with the position, what was expected and found, and the whole text.
 * @see Flink documentation, "Data Types"
 * @public
 */
export function parseType(text: string): LogicalType {
  return new TypeParser(text).parse();
}

const BASE_HINT = "a type such as INT, STRING, DECIMAL(10, 2), ARRAY<INT> or ROW<name STRING>";

class TypeParser {
  readonly #text: string;
  readonly #tokens: readonly TypeToken[];
  #next = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
    const tokens = tokenizeType(text);
    if (!Array.isArray(tokens)) throw typeError(text, tokens.at, `found ${tokens.problem}`);
    this.#tokens = tokens;
  }

  parse(): LogicalType {
    const type = this.#type();
    if (this.#token.kind !== "end") throw this.#unexpected("the end of the type");
    return type;
  }

  get #token(): TypeToken {
    return this.#tokens[this.#next] as TypeToken;
  }

  /** The base type, its nullability, and at most one ARRAY or MULTISET behind it. */
  #type(): LogicalType {
    if (++this.#depth > MAX_DEPTH) throw this.#fault(`types are nested deeper than ${MAX_DEPTH} levels`);
    const element = this.#nullability(this.#base());
    const suffix = this.#acceptKeyword("ARRAY")
      ? "ARRAY"
      : this.#acceptKeyword("MULTISET")
        ? "MULTISET"
        : undefined;
    this.#depth--;
    return suffix === undefined ? element : this.#nullability({ kind: suffix, nullable: true, element });
  }

  #nullability(type: LogicalType): LogicalType {
    if (this.#acceptKeyword("NOT")) {
      this.#keyword("NULL");
      if (type.kind === "NULL") throw this.#fault("the type NULL cannot be NOT NULL");
      return { ...type, nullable: false };
    }
    this.#acceptKeyword("NULL");
    return type;
  }

  #base(): LogicalType {
    const token = this.#token;
    if (token.kind === "name") return { kind: "USER", nullable: true, text: this.#userName() };
    if (token.kind !== "keyword") throw this.#unexpected(BASE_HINT);
    this.#next++;
    const type = this.#keywordType(token.text);
    if (type !== undefined) return type;
    this.#next--;
    throw this.#unexpected(BASE_HINT);
  }

  #keywordType(keyword: string): LogicalType | undefined {
    switch (keyword) {
      case "BOOLEAN":
      case "TINYINT":
      case "SMALLINT":
      case "INT":
      case "BIGINT":
      case "FLOAT":
      case "DATE":
      case "NULL":
        return { kind: keyword, nullable: true };
      case "INTEGER":
        return { kind: "INT", nullable: true };
      case "DOUBLE":
        this.#acceptKeyword("PRECISION");
        return { kind: "DOUBLE", nullable: true };
      case "CHAR":
      case "VARCHAR":
      case "BINARY":
      case "VARBINARY":
        return { kind: keyword, nullable: true, length: this.#parameter("length", TYPE_BOUNDS.length, 1) };
      case "STRING":
        return { kind: "VARCHAR", nullable: true, length: MAX_LENGTH };
      case "BYTES":
        return { kind: "VARBINARY", nullable: true, length: MAX_LENGTH };
      case "DECIMAL":
      case "DEC":
      case "NUMERIC":
        return this.#decimal();
      case "TIME":
        return this.#time();
      case "TIMESTAMP":
        return this.#timestamp();
      case "TIMESTAMP_LTZ":
        return this.#temporal("TIMESTAMP_LTZ", this.#parameter("precision", TYPE_BOUNDS.fraction, 6));
      case "INTERVAL":
        return this.#interval();
      case "ARRAY":
      case "MULTISET":
        return { kind: keyword, nullable: true, element: this.#inAngles(() => this.#type()) };
      case "MAP":
        return this.#map();
      case "ROW":
        return { kind: "ROW", nullable: true, fields: this.#fields() };
      case "RAW":
        return this.#raw();
      case "VARIANT":
      case "BITMAP":
        return { kind: keyword, nullable: true, text: "" };
      default:
        return undefined;
    }
  }

  #decimal(): LogicalType {
    let precision = 10;
    let scale = 0;
    if (this.#acceptSymbol("(")) {
      precision = this.#number("precision", TYPE_BOUNDS.decimalPrecision);
      if (this.#acceptSymbol(",")) scale = this.#number("scale", { min: 0, max: precision });
      this.#symbol(")");
    }
    return { kind: "DECIMAL", nullable: true, precision, scale };
  }

  #time(): LogicalType {
    const precision = this.#parameter("precision", TYPE_BOUNDS.fraction, 0);
    if (this.#acceptKeyword("WITHOUT")) this.#timeZone();
    return this.#temporal("TIME", precision);
  }

  #timestamp(): LogicalType {
    const precision = this.#parameter("precision", TYPE_BOUNDS.fraction, 6);
    if (this.#acceptKeyword("WITHOUT")) {
      this.#timeZone();
    } else if (this.#acceptKeyword("WITH")) {
      const isLocal = this.#acceptKeyword("LOCAL");
      this.#timeZone();
      return this.#temporal(isLocal ? "TIMESTAMP_LTZ" : "TIMESTAMP_TZ", precision);
    }
    return this.#temporal("TIMESTAMP", precision);
  }

  #timeZone(): void {
    this.#keyword("TIME");
    this.#keyword("ZONE");
  }

  #temporal(kind: TemporalType["kind"], precision: number): LogicalType {
    return { kind, nullable: true, precision };
  }

  #interval(): IntervalType {
    if (this.#acceptKeyword("MONTH"))
      return { kind: "INTERVAL_YEAR_MONTH", nullable: true, resolution: "MONTH" };
    if (this.#acceptKeyword("YEAR")) {
      const years = `YEAR(${this.#parameter("year precision", TYPE_BOUNDS.intervalYears, 2)})`;
      const isToMonth = this.#acceptKeyword("TO");
      if (isToMonth) this.#keyword("MONTH");
      return {
        kind: "INTERVAL_YEAR_MONTH",
        nullable: true,
        resolution: isToMonth ? `${years} TO MONTH` : years,
      };
    }
    return { kind: "INTERVAL_DAY_TIME", nullable: true, resolution: this.#dayTimeResolution() };
  }

  #dayTimeResolution(): string {
    const units = ["DAY", "HOUR", "MINUTE", "SECOND"];
    const first = units.findIndex((unit) => this.#acceptKeyword(unit));
    if (first < 0) throw this.#unexpected("YEAR, MONTH, DAY, HOUR, MINUTE or SECOND");
    const start = this.#unit(units[first] as string);
    if (first === 3 || !this.#acceptKeyword("TO")) return start;
    const finer = units.slice(first + 1);
    const last = finer.find((unit) => this.#acceptKeyword(unit));
    if (last === undefined) throw this.#unexpected(finer.join(" or "));
    return `${start} TO ${this.#unit(last)}`;
  }

  #unit(unit: string): string {
    if (unit === "DAY") return `DAY(${this.#parameter("day precision", TYPE_BOUNDS.intervalDays, 2)})`;
    if (unit === "SECOND") return `SECOND(${this.#parameter("fraction precision", TYPE_BOUNDS.fraction, 6)})`;
    return unit;
  }

  #map(): LogicalType {
    return this.#inAngles(() => {
      const key = this.#type();
      this.#symbol(",");
      return { kind: "MAP", nullable: true, key, value: this.#type() };
    });
  }

  #inAngles<T>(inside: () => T): T {
    this.#symbol("<");
    const result = inside();
    this.#symbol(">");
    return result;
  }

  #fields(): readonly RowField[] {
    const closing = this.#acceptSymbol("<") ? ">" : this.#acceptSymbol("(") ? ")" : undefined;
    if (closing === undefined) throw this.#unexpected("'<' or '('");
    const fields: RowField[] = [];
    const names = new Set<string>();
    if (this.#acceptSymbol(closing)) return fields;
    do {
      const field = this.#field();
      if (names.has(field.name)) throw this.#fault(`the ROW has two fields named ${quoteName(field.name)}`);
      names.add(field.name);
      fields.push(field);
    } while (this.#acceptSymbol(","));
    if (!this.#acceptSymbol(closing)) throw this.#unexpected(`',' or '${closing}'`);
    return fields;
  }

  #field(): RowField {
    const name = this.#name("a field name");
    const type = this.#type();
    if (this.#token.kind !== "string") return { name, type };
    const comment = this.#token.text;
    this.#next++;
    return { name, type, comment };
  }

  #raw(): LogicalType {
    this.#symbol("(");
    const className = this.#string();
    this.#symbol(",");
    const snapshot = this.#string();
    this.#symbol(")");
    return { kind: "RAW", nullable: true, text: `${quoteText(className)}, ${quoteText(snapshot)}` };
  }

  /** One to three parts; printed with backquotes where they are needed to read the name back. */
  #userName(): string {
    const parts = [this.#name("a type name")];
    while (parts.length < 3 && this.#acceptSymbol(".")) parts.push(this.#name("a name"));
    return parts.map((part) => (isPlainName(part) ? part : quoteName(part))).join(".");
  }

  #parameter(what: string, bounds: Bounds, byDefault: number): number {
    if (!this.#acceptSymbol("(")) return byDefault;
    const value = this.#number(what, bounds);
    this.#symbol(")");
    return value;
  }

  #number(what: string, bounds: Bounds): number {
    const token = this.#token;
    if (token.kind !== "number") throw this.#unexpected(`the ${what}, a number`);
    const value = Number(token.text);
    if (value < bounds.min || value > bounds.max) {
      throw this.#fault(`the ${what} must be from ${bounds.min} to ${bounds.max}, found ${token.text}`);
    }
    this.#next++;
    return value;
  }

  #name(expected: string): string {
    const token = this.#token;
    if (token.kind !== "name") throw this.#unexpected(expected);
    this.#next++;
    return token.text;
  }

  #string(): string {
    const token = this.#token;
    if (token.kind !== "string") throw this.#unexpected("a string in single quotes");
    this.#next++;
    return token.text;
  }

  #keyword(keyword: string): void {
    if (!this.#acceptKeyword(keyword)) throw this.#unexpected(keyword);
  }

  #symbol(symbol: string): void {
    if (!this.#acceptSymbol(symbol)) throw this.#unexpected(`'${symbol}'`);
  }

  #acceptKeyword(keyword: string): boolean {
    return this.#accept("keyword", keyword);
  }

  #acceptSymbol(symbol: string): boolean {
    return this.#accept("symbol", symbol);
  }

  #accept(kind: TypeToken["kind"], text: string): boolean {
    const token = this.#token;
    if (token.kind !== kind || token.text !== text) return false;
    this.#next++;
    return true;
  }

  #unexpected(expected: string): TributaryError {
    const token = this.#token;
    const found = token.kind === "end" ? "the end" : `'${this.#text.slice(token.at, this.#endOf(token))}'`;
    const hint =
      token.kind === "keyword" && expected.endsWith("name")
        ? `${token.text} is a keyword of types; as a name it needs backquotes: \`${this.#text.slice(token.at, this.#endOf(token))}\`.`
        : undefined;
    return typeError(this.#text, token.at, `expected ${expected}, found ${found}`, hint);
  }

  #fault(problem: string): TributaryError {
    return typeError(this.#text, this.#token.at, problem);
  }

  #endOf(token: TypeToken): number {
    const following = this.#tokens[this.#tokens.indexOf(token) + 1];
    return this.#text.slice(token.at, following?.at ?? this.#text.length).trimEnd().length + token.at;
  }
}

function isPlainName(name: string): boolean {
  return /^[\p{L}_][\p{L}\p{N}_$]*$/u.test(name) && !TYPE_KEYWORDS.has(name.toUpperCase());
}

function typeError(text: string, at: number, problem: string, hint?: string): TributaryError {
  const from = Math.max(0, at - EXCERPT_SIDE);
  const near = text.slice(from, at + EXCERPT_SIDE);
  const place = near === text ? "" : `, near '${near}'`;
  return new TributaryError({
    severity: "error",
    code: "SCHEMA_INVALID",
    message: `The type '${text}' is wrong at character ${at + 1}${place}: ${problem}.`,
    column: at + 1,
    value: text,
    ...(hint === undefined ? {} : { hint }),
  });
}
