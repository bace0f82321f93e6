import type { TokenType } from "chevrotain";

import { GrammarFault, UnsupportedSyntax } from "./grammar/base-grammar.js";
import type { StatementGrammar } from "./grammar/statement-grammar.js";
import { grammarToken } from "./grammar/vocabulary.js";
import type { SyntaxFault } from "./syntax-fault.js";
import type { Token } from "./token.js";

/** A rule that a statement, or a part of one, is read by. */
export type StartRule =
  "createTable" | "createView" | "drop" | "insert" | "queryStatement" | "tableElement" | "expression";

/** What became of a list of tokens. */
export type Reading =
  | { readonly kind: "read"; readonly value: unknown }
  /** A token that cannot stand there; the index behind the last one means the end. */
  | { readonly kind: "stopped"; readonly index: number }
  | { readonly kind: "faulty"; readonly fault: SyntaxFault }
  | { readonly kind: "unsupported"; readonly feature: string };

/**
 * Most tokens that are read again in search of suggestions, in one script: bounds the time that a script full of mistakes
 * takes. A script that uses it up gets plainer messages.
 */
const PROBED_TOKENS_MAX = 100_000;

/** Runs the grammar over tokens, and again over changed ones to find out what could have stood where it stopped. */
export class Recognizer {
  readonly #grammar: StatementGrammar;
  #probedTokens = 0;

  constructor(grammar: StatementGrammar) {
    this.#grammar = grammar;
  }

  /** Allows the probes of a new script. */
  startScript(): void {
    this.#probedTokens = 0;
  }

  read(tokens: readonly Token[], rule: StartRule): Reading {
    return this.#run(
      tokens.map((token, index) => grammarToken(token, index)),
      rule,
    );
  }

  #run(tokens: ReturnType<typeof grammarToken>[], rule: StartRule): Reading {
    const grammar = this.#grammar;
    try {
      const outcome = grammar.read<unknown>(tokens, () => grammar[rule]());
      return "tree" in outcome
        ? { kind: "read", value: outcome.tree }
        : { kind: "stopped", index: outcome.stoppedAt };
    } catch (error) {
      if (error instanceof GrammarFault) {
        const { span, message, hint, candidates } = error;
        return { kind: "faulty", fault: { span, message, hint, candidates } };
      }
      if (error instanceof UnsupportedSyntax) return { kind: "unsupported", feature: error.feature };
      throw error;
    }
  }

  /** True while suggestions may still be looked for in `count` tokens. */
  mayProbe(count: number): boolean {
    return this.#probedTokens + count <= PROBED_TOKENS_MAX;
  }

  /** True if a token of this type could stand at `index`, whatever follows. */
  accepts(tokens: readonly Token[], index: number, type: TokenType, rule: StartRule): boolean {
    return this.#progress(tokens.slice(0, index), index, type, rule, []) > index;
  }

  /** True if the tokens before `index` are complete by themselves. */
  canEndAt(tokens: readonly Token[], index: number, rule: StartRule): boolean {
    this.#probedTokens += index;
    const reading = this.read(tokens.slice(0, index), rule);
    return reading.kind !== "stopped";
  }

  /** Index of the first token that cannot stand, once the one at `index` has this type; beyond the end if all can. */
  progressWith(tokens: readonly Token[], index: number, type: TokenType, rule: StartRule): number {
    return this.#progress(tokens.slice(0, index), index, type, rule, tokens.slice(index + 1));
  }

  #progress(
    before: readonly Token[],
    index: number,
    type: TokenType,
    rule: StartRule,
    after: readonly Token[],
  ): number {
    this.#probedTokens += before.length + after.length + 1;
    const stand = standIn(type, before.at(-1)?.end ?? 0);
    const changed = [...before, stand, ...after].map((token, place) =>
      place === index ? grammarToken(token, place, type) : grammarToken(token, place),
    );
    const reading = this.#run(changed, rule);
    return reading.kind === "stopped" ? reading.index : changed.length + 1;
  }
}

function standIn(type: TokenType, at: number): Token {
  return {
    kind: "word",
    start: at,
    end: at,
    image: type.name,
    word: type.name,
    value: type.name,
    bytes: undefined,
    continuedAt: undefined,
    fault: undefined,
  };
}
