import type { Diagnostic } from "@tributary/core";

import type { Span } from "./ast.js";
import type { LineMap } from "./line-map.js";

/** A mistake in one statement, before it becomes a diagnostic. @internal */
export interface SyntaxFault {
  readonly span: Span;
  readonly message: string;
  readonly hint: string | undefined;
  /** What would have been read there, nearest first. */
  readonly candidates: readonly string[] | undefined;
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
export function toDiagnostic(fault: SyntaxFault, { lines, file }: FaultContext): Diagnostic {
  return {
    severity: "error",
    code: "SQL_SYNTAX",
    message: fault.message,
    ...(file === undefined ? {} : { file }),
    ...lines.position(fault.span.start),
    ...(fault.candidates === undefined || fault.candidates.length === 0
      ? {}
      : { candidates: fault.candidates.slice(0, CANDIDATES_MAX) }),
    ...(fault.hint === undefined ? {} : { hint: fault.hint }),
  };
}
