/** Faults of a script: collected with their places, each once, while binding goes on at the next part. */
import type { Diagnostic, DiagnosticCode, SourcePlace } from "@tributary/core";
import { nearestFirst } from "@tributary/core";
import type { Span } from "../parser/ast.js";
import { LineMap } from "../parser/line-map.js";

/** Ends the binding of one part of a statement; its faults are reported already, or are those of something else. */
export class Abandoned extends Error {
  constructor() {
    super("This part of the statement cannot be bound.");
    this.name = "Abandoned";
  }
}

/** What a fault says beside its message. */
export type FaultDetails = Partial<
  Omit<Diagnostic, "severity" | "code" | "message" | "line" | "column" | "file">
>;

/** Greatest number of candidates in a diagnostic. */
const CANDIDATES_MAX = 50;

/** The near names of `word`, for a diagnostic. */
export function near(word: string, names: Iterable<string>): readonly string[] {
  return nearestFirst(word, names).slice(0, CANDIDATES_MAX);
}

/** A column whose declaration is bound, and how messages name it. */
export interface SchemaPart {
  readonly table: string;
  readonly columnName: string;
  readonly what: string;
}

/** Collects the diagnostics of a script. */
export class Faults {
  readonly diagnostics: Diagnostic[] = [];
  readonly #seen = new Set<string>();
  readonly #isSaid: ((fault: Diagnostic) => boolean)[] = [];
  readonly #lines: LineMap;
  readonly #file: string | undefined;
  #schema: SchemaPart | undefined;

  constructor(text: string, file: string | undefined) {
    this.#lines = new LineMap(text);
    this.#file = file;
  }

  get hasErrors(): boolean {
    return this.diagnostics.some((one) => one.severity === "error");
  }

  /** Line and column of a span's start. */
  place(span: Span): SourcePlace {
    const { line, column } = this.#lines.position(span.start);
    return this.#file === undefined ? { line, column } : { file: this.#file, line, column };
  }

  /** Faults like these are not added from here on: another one says the same. */
  leaveOut(isSaid: (fault: Diagnostic) => boolean): void {
    this.#isSaid.push(isSaid);
  }

  /** Adds diagnostics of others; one that is there already is left out. */
  add(diagnostics: readonly Diagnostic[]): void {
    for (const one of diagnostics) {
      if (this.#isSaid.some((isSaid) => isSaid(one))) continue;
      const key = JSON.stringify(one);
      if (this.#seen.has(key)) continue;
      this.#seen.add(key);
      this.diagnostics.push(one);
    }
  }

  error(code: DiagnosticCode, span: Span, message: string, details: FaultDetails = {}): void {
    const schema = this.#schema;
    const isOfSchema = schema !== undefined && code === "SQL_INVALID";
    this.add([
      {
        severity: "error",
        code: isOfSchema ? "SCHEMA_INVALID" : code,
        message: isOfSchema ? `${schema.what}: ${message}` : message,
        ...this.place(span),
        ...details,
        ...(schema === undefined ? {} : { table: schema.table, columnName: schema.columnName }),
      },
    ]);
  }

  /** Runs a part whose faults are those of a table's column. */
  ofSchema<T>(schema: SchemaPart, part: () => T): T {
    this.#schema = schema;
    try {
      return part();
    } finally {
      this.#schema = undefined;
    }
  }

  warning(code: DiagnosticCode, span: Span, message: string, details: FaultDetails = {}): void {
    this.add([{ severity: "warning", code, message, ...this.place(span), ...details }]);
  }

  /** Reports and gives up the part at hand. */
  fail(code: DiagnosticCode, span: Span, message: string, details: FaultDetails = {}): never {
    this.error(code, span, message, details);
    throw new Abandoned();
  }

  invalid(span: Span, message: string, details: FaultDetails = {}): never {
    return this.fail("SQL_INVALID", span, message, details);
  }

  /** Refuses a feature: what it is, and what there is instead. */
  unsupported(span: Span, feature: string, hint: string): never {
    return this.fail("SQL_UNSUPPORTED", span, `${feature} is not run by the embedded runner.`, { hint });
  }

  /** Runs a part; `undefined` when it was abandoned. */
  attempt<T>(part: () => T): T | undefined {
    try {
      return part();
    } catch (error) {
      if (error instanceof Abandoned) return undefined;
      throw error;
    }
  }
}
