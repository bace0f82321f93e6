import type { Diagnostic } from "@tributary/core";

import type { InsertStatement, Statement, StatementSet } from "./ast-statement.js";
import type { Expression, Span } from "./ast.js";
import { diagnose, lexicalFault } from "./diagnose.js";
import { elementFaults } from "./element-faults.js";
import { StatementGrammar, type Untexted } from "./grammar/statement-grammar.js";
import { lex } from "./lexer.js";
import { LineMap } from "./line-map.js";
import { Recognizer, type StartRule } from "./recognizer.js";
import { parseSetting } from "./set-statement.js";
import { type ScriptPiece, splitScript, type StatementSetParts } from "./splitter.js";
import { statementKind } from "./statement-kind.js";
import { type FaultContext, type SyntaxFault, toDiagnostic } from "./syntax-fault.js";
import { isWord, type Token } from "./token.js";
import { tooDeep, TREE_DEPTH_MAX } from "./tree-depth.js";

/** What a script was read into. Bad statements are in the diagnostics and not among the statements. @public */
export interface ParsedScript {
  /** In the order of the script. */
  readonly statements: readonly Statement[];
  /** In the order of the script; all are errors of code `SQL_SYNTAX` with line and column. No secret is in them. */
  readonly diagnostics: readonly Diagnostic[];
  /** Lines of the text that spans count in. */
  readonly lines: LineMap;
}

/** An expression that was read alone. @public */
export interface ParsedExpression {
  /** `undefined` if there are diagnostics. */
  readonly expression: Expression | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** Trees of fewer tokens cannot be too deep. */
const DEPTH_CHECK_TOKENS_MIN = 300;

/** Tokens of one statement with the place where it ends. */
interface Part {
  readonly tokens: readonly Token[];
  /** Offset of the semicolon or of the end. */
  readonly end: number;
  readonly terminated: boolean;
}

/** A statement, or one or more faults in it. */
type Outcome<T> = { readonly value: T } | { readonly faults: readonly SyntaxFault[] };

/** Reads scripts. Holds no state between scripts; one is enough for a process. @public */
export class ScriptParser {
  readonly #recognizer: Recognizer;

  /** @internal */
  constructor(options: { readonly validate: boolean } = { validate: false }) {
    this.#recognizer = new Recognizer(new StatementGrammar(options));
  }

  /**
   * Reads a whole script. Never throws for a mistake in the text: each bad statement gives a diagnostic, all others are
   * read.
   *
   * @param file - the script's name in diagnostics.
   */
  parse(text: string, file?: string): ParsedScript {
    this.#recognizer.startScript();
    const lines = new LineMap(text);
    const context: FaultContext = { text, lines, file };
    const statements: Statement[] = [];
    const diagnostics: Diagnostic[] = [];
    for (const piece of splitScript(text)) {
      if (piece.tokens.length === 0) continue;
      const outcome = this.#statement(piece, context);
      if ("value" in outcome) statements.push(outcome.value);
      else diagnostics.push(...outcome.faults.map((fault) => toDiagnostic(fault, context)));
    }
    return { statements, diagnostics, lines };
  }

  /** Reads one expression, as it stands in a computed column or a watermark. */
  parseExpression(text: string, file?: string): ParsedExpression {
    this.#recognizer.startScript();
    const context: FaultContext = { text, lines: new LineMap(text), file };
    const { tokens } = lex(text);
    const part = { tokens, end: text.trimEnd().length, terminated: false };
    const outcome = this.#read<Expression>(part, "expression", context);
    if ("value" in outcome && !("unsupported" in outcome)) {
      return { expression: outcome.value, diagnostics: [] };
    }
    const faults = "faults" in outcome ? outcome.faults : [];
    return {
      expression: undefined,
      diagnostics: faults.map((fault) => toDiagnostic(fault, context)),
    };
  }

  #statement(piece: ScriptPiece, context: FaultContext): Outcome<Statement> {
    const { tokens, semicolon } = piece;
    const end = semicolon ?? tokens.at(-1)?.end ?? piece.end;
    const part = { tokens, end, terminated: semicolon !== undefined };
    const kind = statementKind(tokens, end);
    switch (kind.kind) {
      case "unknown":
        return { faults: [kind.fault] };
      case "unsupported":
        return this.#unsupported(kind.feature, part, context);
      case "setting": {
        const outcome = parseSetting(context.text, tokens);
        return "fault" in outcome
          ? { faults: [outcome.fault] }
          : { value: withText<Statement>(outcome.statement, context.text) };
      }
      case "statementSet":
        return this.#statementSet(part, piece.set, context);
      case "rule":
        return this.#ruled(part, kind.rule, context);
    }
  }

  #ruled(part: Part, rule: StartRule, context: FaultContext): Outcome<Statement> {
    const outcome = this.#read<Untexted<Statement>>(part, rule, context);
    if ("faults" in outcome) return outcome;
    if ("unsupported" in outcome) return this.#unsupported(outcome.unsupported, part, context);
    return { value: withText<Statement>(outcome.value, context.text) };
  }

  #read<T>(
    part: Part,
    rule: StartRule,
    context: FaultContext,
  ): Outcome<T> | { readonly unsupported: string } {
    const reading = this.#recognizer.read(part.tokens, rule);
    switch (reading.kind) {
      case "unsupported":
        return { unsupported: reading.feature };
      case "faulty":
        return { faults: [reading.fault] };
      case "stopped": {
        const stop = { ...part, index: reading.index, rule };
        const inElements = rule === "createTable" ? elementFaults(this.#recognizer, stop, context) : [];
        return { faults: inElements.length > 0 ? inElements : [diagnose(this.#recognizer, stop, context)] };
      }
      case "read": {
        const deep =
          part.tokens.length >= DEPTH_CHECK_TOKENS_MIN ? tooDeep(reading.value as object) : undefined;
        return deep === undefined ? { value: reading.value as T } : { faults: [depthFault(deep)] };
      }
    }
  }

  #unsupported(feature: string, part: Part, context: FaultContext): Outcome<Statement> {
    const invalid = part.tokens.findIndex((token) => token.fault !== undefined);
    if (invalid >= 0) return { faults: [lexicalFault(part.tokens, invalid)] };
    const span = { start: part.tokens[0]?.start ?? part.end, end: part.tokens.at(-1)?.end ?? part.end };
    return { value: withText<Statement>({ kind: "UnsupportedStatement", feature, span }, context.text) };
  }

  #statementSet(part: Part, set: StatementSetParts | undefined, context: FaultContext): Outcome<Statement> {
    const { tokens } = part;
    const faults: SyntaxFault[] = [];
    const inserts: InsertStatement[] = [];
    for (const { from, to, terminated } of set?.statements ?? []) {
      const inner = tokens.slice(from, to);
      const innerEnd = tokens[to]?.start ?? part.end;
      const first = inner[0];
      if (!isWord(first, "INSERT") && first !== undefined) {
        faults.push(notAnInsert(first));
        continue;
      }
      const outcome = this.#ruled({ tokens: inner, end: innerEnd, terminated }, "insert", context);
      if ("faults" in outcome) faults.push(...outcome.faults);
      else if (outcome.value.kind === "Insert") inserts.push(outcome.value);
    }
    faults.push(...setFaults(part, set));
    if (faults.length > 0) return { faults };
    const span = { start: tokens[0]?.start ?? 0, end: tokens.at(-1)?.end ?? 0 };
    const value: Untexted<StatementSet> = { kind: "StatementSet", inserts, span };
    return { value: withText<Statement>(value, context.text) };
  }
}

function withText<T extends Statement>(statement: Untexted<T>, text: string): T {
  const { start, end } = (statement as { span: Span }).span;
  return { ...statement, text: text.slice(start, end) } as unknown as T;
}

function setFaults({ tokens, end }: Part, set: StatementSetParts | undefined): SyntaxFault[] {
  const last = tokens.at(-1);
  const atEnd = { start: last?.end ?? end, end: last?.end ?? end };
  if (set?.endIndex === undefined) {
    return [
      {
        span: atEnd,
        message: "Found the end of the script, expected END",
        hint: "A STATEMENT SET ends with END; every INSERT inside ends with a semicolon.",
        candidates: ["END"],
      },
    ];
  }
  const after = tokens[set.endIndex + 1];
  if (after !== undefined) {
    return [
      {
        span: { start: after.start, end: after.end },
        message: `Found '${after.image}', expected ';'`,
        hint: "A STATEMENT SET ends with END and a semicolon.",
        candidates: ["';'"],
      },
    ];
  }
  if (set.statements.length > 0) return [];
  const close = tokens[set.endIndex];
  return [
    {
      span: { start: close?.start ?? end, end: close?.end ?? end },
      message: "Found 'END', expected INSERT",
      hint: "A STATEMENT SET holds one INSERT or more.",
      candidates: ["INSERT"],
    },
  ];
}

function notAnInsert(token: Token): SyntaxFault {
  return {
    span: { start: token.start, end: token.end },
    message: `Found '${token.image}', expected INSERT or END`,
    hint: "A STATEMENT SET holds only INSERT statements.",
    candidates: ["INSERT", "END"],
  };
}

function depthFault(span: Span): SyntaxFault {
  return {
    span: { start: span.start, end: span.end },
    message: `More than ${TREE_DEPTH_MAX} operators or clauses depend on each other`,
    hint: "Split the expression; a long list of alternatives can be written as x IN (a, b, ...).",
    candidates: undefined,
  };
}
