import { DIAGNOSTIC_CODES, type Diagnostic } from "@tributary/core";

/** Is one of the diagnostics an error? */
export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((one) => one.severity === "error");
}

/** Exit code of a command that ended with these diagnostics: the outside world's only if nothing else is wrong. */
export function exitCodeOf(diagnostics: readonly Diagnostic[]): number {
  const codes = diagnostics
    .filter((one) => one.severity === "error")
    .map((one) => DIAGNOSTIC_CODES[one.code].exitCode);
  if (codes.length === 0) return 0;
  return codes.includes(2) ? 2 : codes.includes(1) ? 1 : 3;
}
