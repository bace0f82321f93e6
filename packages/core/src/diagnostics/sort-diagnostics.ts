import type { Diagnostic } from "./diagnostic.js";
import { compareText } from "./nearest.js";

/**
 * Sorts by file, line and column. What stands at one place keeps its order, which is that of the checks, then by key;
 * what has no file or no line comes before what has.
 *
 * @public
 */
export function sortDiagnostics(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return diagnostics.toSorted(
    (a, b) =>
      compareText(a.file ?? "", b.file ?? "") ||
      (a.line ?? 0) - (b.line ?? 0) ||
      (a.column ?? 0) - (b.column ?? 0),
  );
}
