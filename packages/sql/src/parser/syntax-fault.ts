import type { Diagnostic } from "@tributary/core";

import type { Span } from "./ast.js";
import { excerpt } from "./excerpt.js";
import type { LineMap } from "./line-map.js";
import type { Token } from "./token.js";

/** A mistake in one statement, before it becomes a diagnostic. @internal */
export interface SyntaxFault {
  readonly span: Span;
  readonly message: string;
  readonly hint: string | undefined;
  /** What would have been read there, nearest first. */
  readonly candidates: readonly string[] | undefined;
}

/** A diagnostic with the line it is about. @public */
export interface SyntaxDiagnostic extends Diagnostic {
  readonly line: number;
  readonly column: number;
  /** The source line and, below it, a caret at the column; secrets masked. For people: text output only. */
  readonly excerpt: string;
}

/** Most candidates that a diagnostic lists. */
export const CANDIDATES_MAX = 5;

/** The script that faults are in. @internal */
export interface FaultContext {
  readonly text: string;
  readonly lines: LineMap;
  readonly file: string | undefined;
}

/** @internal */
export function toDiagnostic(
  fault: SyntaxFault,
  tokens: readonly Token[],
  { text, lines, file }: FaultContext,
): SyntaxDiagnostic {
  const place = lines.position(fault.span.start);
  return {
    severity: "error",
    code: "SQL_SYNTAX",
    message: fault.message,
    ...(file === undefined ? {} : { file }),
    ...place,
    ...(fault.candidates === undefined || fault.candidates.length === 0
      ? {}
      : { candidates: fault.candidates.slice(0, CANDIDATES_MAX) }),
    ...(fault.hint === undefined ? {} : { hint: fault.hint }),
    excerpt: excerpt(text, lines, place, tokens),
  };
}
