/**
 * The bound form of an expression: names looked up, types known, casts explicit. It is data; two back ends turn it into
 * a function of a row (`compile-code.ts` generates JavaScript, `compile-closures.ts` composes closures) and must agree.
 *
 * Values are those of `LogicalType`; NULL is `null`. Three-valued logic: TRUE, FALSE, `null`.
 */
import type { LogicalType, SqlValue } from "@tributary/core";
import type { Span } from "../parser/ast.js";

/** A bound expression. @experimental */
export type Scalar = ScalarLiteral | ScalarColumn | ScalarCall | ScalarLogical | ScalarCase | ScalarCoalesce;

/** A constant. */
export interface ScalarLiteral {
  readonly kind: "literal";
  readonly type: LogicalType;
  readonly value: SqlValue;
}

/** A column of the input row. */
export interface ScalarColumn {
  readonly kind: "column";
  readonly type: LogicalType;
  readonly name: string;
  /** Where it stands in the script, for faults. */
  readonly span?: Span;
}

/** An operator or function; all arguments are worked out first. */
export interface ScalarCall {
  readonly kind: "call";
  readonly type: LogicalType;
  readonly implementation: ScalarImplementation;
  readonly arguments: readonly Scalar[];
  /** Where it stands in the script, for run-time failures. */
  readonly span?: Span;
}

/** AND, OR: works out operands from the left until the result is known. */
export interface ScalarLogical {
  readonly kind: "logical";
  readonly type: LogicalType;
  readonly operator: "AND" | "OR";
  /** Two or more. */
  readonly operands: readonly Scalar[];
}

/** CASE, IF, NULLIF: only the chosen branch is worked out. */
export interface ScalarCase {
  readonly kind: "case";
  readonly type: LogicalType;
  readonly branches: readonly { readonly condition: Scalar; readonly result: Scalar }[];
  readonly otherwise: Scalar;
}

/** COALESCE, IFNULL: works out operands until one is not NULL. */
export interface ScalarCoalesce {
  readonly kind: "coalesce";
  readonly type: LogicalType;
  readonly operands: readonly Scalar[];
}

/** What an operator or function does with values. */
export interface ScalarImplementation {
  /** For plans and run-time failures, e.g. `SUBSTRING`, `+`, `CAST`. */
  readonly name: string;
  /** `strict`: NULL for a NULL argument, and `evaluate` never sees one. `custom`: `evaluate` sees them. */
  readonly nulls: "strict" | "custom";
  /** @throws {@link ScalarFault} when `canFail`. */
  readonly evaluate: (...args: never[]) => SqlValue;
  /**
   * The same as a JavaScript expression over the arguments' texts (each a variable name), where a call would cost more
   * than the work. Holds no text from a script.
   */
  readonly inline?: (args: readonly string[]) => string;
  /** May the result be NULL although no argument is? */
  readonly canBeNull: boolean;
  readonly canFail: boolean;
  /** False for RAND, UUID, the current time: worked out anew for each row, never folded or shared. */
  readonly isDeterministic: boolean;
  /** SQL text for plans; by default `NAME(a, b)`. */
  readonly print?: (args: readonly string[]) => string;
}

/** What a row's values made impossible, e.g. a division by zero. Becomes a `RECORD_MALFORMED` with its place. */
export class ScalarFault extends Error {
  constructor(message: string) {
    super(message);
    this.name = "ScalarFault";
  }
}

/** Facts of an implementation that most share. */
export type ImplementationFacts = Partial<Omit<ScalarImplementation, "name" | "evaluate">>;

/** An implementation with the usual facts: strict, never NULL otherwise, never failing, deterministic. */
export function implementation(
  name: string,
  evaluate: (...args: never[]) => SqlValue,
  facts: ImplementationFacts = {},
): ScalarImplementation {
  return {
    name,
    evaluate,
    nulls: "strict",
    canBeNull: false,
    canFail: false,
    isDeterministic: true,
    ...facts,
  };
}

/** The operands of a scalar. */
export function operandsOf(scalar: Scalar): readonly Scalar[] {
  switch (scalar.kind) {
    case "literal":
    case "column":
      return [];
    case "call":
      return scalar.arguments;
    case "logical":
    case "coalesce":
      return scalar.operands;
    case "case":
      return [...scalar.branches.flatMap((one) => [one.condition, one.result]), scalar.otherwise];
  }
}

/** The scalar with its columns replaced. */
export function substitute(scalar: Scalar, columns: (column: ScalarColumn) => Scalar): Scalar {
  const go = (one: Scalar): Scalar => substitute(one, columns);
  switch (scalar.kind) {
    case "literal":
      return scalar;
    case "column":
      return columns(scalar);
    case "call":
      return { ...scalar, arguments: scalar.arguments.map(go) };
    case "logical":
    case "coalesce":
      return { ...scalar, operands: scalar.operands.map(go) };
    case "case":
      return {
        ...scalar,
        branches: scalar.branches.map((one) => ({ condition: go(one.condition), result: go(one.result) })),
        otherwise: go(scalar.otherwise),
      };
  }
}

/** True if every call in it gives the same result for the same row. */
export function isDeterministic(scalar: Scalar): boolean {
  if (scalar.kind === "call" && !scalar.implementation.isDeterministic) return false;
  return operandsOf(scalar).every(isDeterministic);
}

/** Calls `visit` for each column in it. */
export function forEachColumn(scalar: Scalar, visit: (column: ScalarColumn) => void): void {
  if (scalar.kind === "column") visit(scalar);
  for (const operand of operandsOf(scalar)) forEachColumn(operand, visit);
}
