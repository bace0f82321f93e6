import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { compareText, nearestFirst, probablyMeant } from "../diagnostics/nearest.js";
import type { TableOption } from "../table/table.js";
import type { KeyIndex } from "./key-index.js";
import { optionDiagnostic, ownerOf, printedValue } from "./option-diagnostics.js";
import type { OptionsContext } from "./option-diagnostics.js";

/** What is accepted beside the keys of the indexes. */
export interface AcceptedKeys {
  readonly indexes: readonly KeyIndex[];
  /** Keys that the framework takes itself, e.g. `connector`. */
  readonly frameworkKeys?: readonly string[];
  /** Below these an unknown key is a warning. */
  readonly exemptPrefixes?: readonly string[];
}

/** One diagnostic for each key that nobody takes, by key; candidates are all keys, nearest spelling first. */
export function findUnknownOptions(
  entries: Iterable<TableOption>,
  accepted: AcceptedKeys,
  context: OptionsContext,
): readonly Diagnostic[] {
  const framework = accepted.frameworkKeys ?? [];
  const unknown = [...entries].filter(
    ({ key }) => !framework.includes(key) && !accepted.indexes.some((index) => index.find(key) !== undefined),
  );
  const supported = [...accepted.indexes.flatMap((index) => index.supportedKeys), ...framework];
  return unknown
    .sort((a, b) => compareText(a.key, b.key))
    .map((entry) => {
      const isExempt = accepted.exemptPrefixes?.some((prefix) => entry.key.startsWith(prefix)) === true;
      const meant = probablyMeant(entry.key, supported);
      const consequence = isExempt ? " It has no effect." : "";
      return optionDiagnostic(
        {
          severity: isExempt ? "warning" : "error",
          code: "OPTION_UNKNOWN",
          message: `Option '${entry.key}' is not known to ${ownerOf(context)}.${consequence}`,
        },
        entry.key,
        entry.place,
        context,
        {
          value: printedValue(entry, undefined, context),
          candidates: nearestFirst(entry.key, supported),
          hint:
            meant === undefined
              ? "Leave it out, or use one of the keys that are known."
              : `Did you mean '${meant}'?`,
        },
      );
    });
}
