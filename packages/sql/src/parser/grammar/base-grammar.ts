import type { Identifier, QualifiedName, Span, StringLiteral } from "../ast.js";
import { EmbeddedActionsParser } from "./chevrotain.js";
import { type GrammarToken, IntegerToken, Name, S, StringToken, VOCABULARY } from "./vocabulary.js";

/**
 * Most levels of expressions, types, queries and joins inside each other. A level takes up to 5 KB of call stack, and Node
 * has 984 KB of it unless told otherwise; with less, reading stops with the same fault where the stack ends.
 */
export const NESTING_MAX = 100;

/** A mistake that the grammar sees and words alone cannot show; ends the statement. @internal */
export class GrammarFault extends Error {
  readonly span: Span;
  readonly hint: string | undefined;
  readonly candidates: readonly string[] | undefined;

  constructor(span: Span, message: string, hint?: string, candidates?: readonly string[]) {
    super(message);
    this.span = { start: span.start, end: span.end };
    this.hint = hint;
    this.candidates = candidates;
  }
}

/** Something that the language has and the tree has not: the statement is recognised by this name. @internal */
export class UnsupportedSyntax extends Error {
  readonly feature: string;

  constructor(feature: string) {
    super(feature);
    this.feature = feature;
  }
}

const QUERY_WORDS = new Set(["SELECT", "VALUES", "WITH", "TABLE"]);
/** What goes on with a query behind its closing bracket. */
const QUERY_TAILS = new Set([")", "UNION", "INTERSECT", "EXCEPT", "ORDER", "LIMIT", "OFFSET", "FETCH"]);

/** Reading stopped at a token that cannot stand there. One for all, since making an error with its stack is slow. */
const STOPPED = new Error("a token does not fit");

/** What all layers of the grammar share: places, names, strings, lists and the bound on nesting. */
export abstract class BaseGrammar extends EmbeddedActionsParser {
  #depth = 0;
  #tokens: readonly GrammarToken[] = [];
  /** For each bracket that opens, the index of the one that closes it. */
  #closing: ReadonlyMap<number, number> = new Map();

  constructor(skipValidations: boolean) {
    super(VOCABULARY, {
      maxLookahead: 1,
      skipValidations,
      recoveryEnabled: false,
      nodeLocationTracking: "none",
    });
  }

  // Chevrotain calls the next three by name where a token does not fit. Its own versions list all that could have come,
  // which takes 0.3 ms a time and is not used here; should the names change, they serve as well, only slower.

  protected raiseNoAltException(): never {
    throw STOPPED;
  }

  protected raiseEarlyExitException(): never {
    throw STOPPED;
  }

  protected consumeInternalError(): never {
    throw STOPPED;
  }

  /** Called by Chevrotain behind a start rule, to report tokens that are left; `read` looks for itself. */
  protected onAfterParse(): void {}

  /**
   * Reads tokens with a rule of this grammar.
   *
   * @returns the tree, or the index of the token that cannot stand there (the number of tokens for their end).
   * @throws GrammarFault, UnsupportedSyntax
   */
  read<T>(tokens: GrammarToken[], rule: () => T): { readonly tree: T } | { readonly stoppedAt: number } {
    const count = tokens.length;
    this.#depth = 0;
    this.#tokens = tokens;
    this.#closing = closingBrackets(tokens);
    this.input = tokens;
    try {
      const tree = rule();
      const [error] = this.errors;
      if (error !== undefined) return { stoppedAt: (error.token as Partial<GrammarToken>).index ?? count };
      const left = this.peek(1) as Partial<GrammarToken>;
      return left.index === undefined ? { tree } : { stoppedAt: left.index };
    } catch (error) {
      if (error instanceof RangeError) throw this.#tooDeep(this.#depth);
      if (error !== STOPPED) throw error;
      return { stoppedAt: (this.peek(1) as Partial<GrammarToken>).index ?? count };
    }
  }

  /** The token `distance` places ahead; 1 is the next one, 0 the last one that was read. */
  protected peek(distance: number): GrammarToken {
    return this.LA(distance) as GrammarToken;
  }

  /** True if the token `distance` ahead is one of these words or symbols, quoted names left out. */
  protected sees(distance: number, ...words: readonly string[]): boolean {
    const source = (this.LA(distance) as Partial<GrammarToken>).source;
    return source !== undefined && source.word !== "" && words.includes(source.word);
  }

  protected seesName(distance: number): boolean {
    return Name.categoryMatchesMap?.[this.LA(distance).tokenTypeIdx] === true;
  }

  /** Index in the statement of the bracket that closes the one `distance` ahead; -1 if nothing does. */
  protected closingIndex(distance: number): number {
    return this.#closing.get(this.peek(distance).index) ?? -1;
  }

  /** From `start` to the last token that was read. */
  protected spanFrom(start: number): Span {
    return { start, end: this.peek(0).end };
  }

  /**
   * True if the bracket `distance` ahead holds a query, not an expression that begins with a subquery: the query inside
   * the innermost bracket must be followed by what goes on with a query, and so on outwards.
   */
  protected opensQuery(distance: number): boolean {
    const tokens = this.#tokens;
    const outermost = this.peek(distance).index;
    let open = outermost;
    while (tokens[open + 1]?.tokenType === S.LeftParen && open - outermost <= NESTING_MAX) open++;
    if (!QUERY_WORDS.has(tokens[open + 1]?.source?.word ?? "")) return false;
    for (; open > outermost; open--) {
      const close = this.#closing.get(open);
      if (close === undefined) return true;
      if (!QUERY_TAILS.has(tokens[close + 1]?.source?.word ?? "")) return false;
    }
    return true;
  }

  protected enter(): void {
    this.#depth++;
    if (this.#depth > NESTING_MAX) throw this.#tooDeep(NESTING_MAX);
  }

  #tooDeep(levels: number): GrammarFault {
    return new GrammarFault(
      this.nextSpan(),
      `Nested more than ${levels} levels deep`,
      `At most ${levels} levels of brackets, operators, types and queries inside each other are read.`,
    );
  }

  /** Span of the next token, or of the end of the last one. */
  protected nextSpan(): Span {
    const next = this.peek(1);
    return next.source === undefined ? { start: this.peek(0).end, end: this.peek(0).end } : next;
  }

  protected leave(): void {
    this.#depth--;
  }

  protected fault(at: Span, message: string, hint?: string, candidates?: readonly string[]): never {
    throw new GrammarFault(at, message, hint, candidates);
  }

  /** Upper case of a word; empty while the grammar is being recorded. */
  protected wordOf(token: unknown): string {
    return (token as Partial<GrammarToken>).source?.word ?? "";
  }

  protected toIdentifier(token: unknown): Identifier {
    const { source, start, end } = token as GrammarToken;
    if (source === undefined) return RECORDED_NAME;
    return {
      kind: "Identifier",
      name: source.value,
      quoted: source.kind === "quotedName",
      span: { start, end },
    };
  }

  protected toStringLiteral(token: unknown): StringLiteral {
    const { source, start, end } = token as GrammarToken;
    return { kind: "StringLiteral", value: source?.value ?? "", span: { start, end } };
  }

  readonly identifier = this.RULE("identifier", (): Identifier => this.toIdentifier(this.CONSUME(Name)));

  readonly stringLiteral = this.RULE("stringLiteral", (): StringLiteral =>
    this.toStringLiteral(this.CONSUME(StringToken)),
  );

  readonly qualifiedName = this.RULE("qualifiedName", (): QualifiedName => {
    const start = this.peek(1).start;
    const parts = [this.toIdentifier(this.CONSUME(Name))];
    this.MANY(() => {
      this.CONSUME(S.Dot);
      parts.push(this.toIdentifier(this.CONSUME2(Name)));
    });
    this.ACTION(() => {
      const fourth = parts[3];
      if (fourth !== undefined)
        this.fault(fourth.span, "A name has at most three parts", "Write catalog.database.name.");
    });
    return { kind: "QualifiedName", parts, span: this.spanFrom(start) };
  });

  /** `(a, b)` */
  readonly nameList = this.RULE("nameList", (): Identifier[] => {
    const names: Identifier[] = [];
    this.CONSUME(S.LeftParen);
    this.AT_LEAST_ONE_SEP({
      SEP: S.Comma,
      DEF: () => {
        names.push(this.toIdentifier(this.CONSUME(Name)));
      },
    });
    this.CONSUME(S.RightParen);
    return names;
  });

  /** A number without sign or point. */
  readonly unsigned = this.RULE("unsigned", (): number => Number(this.CONSUME(IntegerToken).image));
}

const RECORDED_NAME: Identifier = {
  kind: "Identifier",
  name: "",
  quoted: false,
  span: { start: 0, end: 0 },
};

function closingBrackets(tokens: readonly GrammarToken[]): ReadonlyMap<number, number> {
  const closing = new Map<number, number>();
  const open: number[] = [];
  for (const token of tokens) {
    if (token.tokenType === S.LeftParen) open.push(token.index);
    else if (token.tokenType === S.RightParen) {
      const start = open.pop();
      if (start !== undefined) closing.set(start, token.index);
    }
  }
  return closing;
}
