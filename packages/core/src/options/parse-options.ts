import type { Diagnostic } from "../diagnostics/diagnostic.js";
import type { OptionsClass } from "../factory/factory.js";
import type { TableOption } from "../table/table.js";
import { bindOptions } from "./bind-options.js";
import { KeyIndex } from "./key-index.js";
import { optionDiagnostic, printedValue } from "./option-diagnostics.js";
import type { OptionsContext } from "./option-diagnostics.js";
import { findUnknownOptions } from "./unknown-options.js";

/** Parsed options, and everything that was found. @public */
export interface ParsedOptions<O> {
  /** An instance of the options class, frozen; absent exactly if a diagnostic is an error. */
  readonly value?: O;
  /** In the order of the checks: missing, invalid, unknown, across options, then warnings; each by key. */
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Parses and checks the entries of one options class on its own: every key must be one of the class.
 * Tables are planned with their connector and format together instead; this is for options that stand alone.
 *
 * @param entries - keys and values as written, e.g. a table's options or {@link optionEntries} of an object.
 * @public
 */
export function parseOptions<O extends object>(
  options: OptionsClass<O>,
  entries: Iterable<TableOption>,
  context: OptionsContext = {},
): ParsedOptions<O> {
  const prefix = context.prefix ?? "";
  const index = new KeyIndex(options, prefix);
  const own = [...entries].filter(({ key }) => key.startsWith(prefix));
  const { byKey, repeated } = lastOfEachKey(own, [index], context);
  const bound = bindOptions(options, index, byKey, context);
  const unknown = findUnknownOptions(byKey.values(), { indexes: [index] }, context);
  const diagnostics = [
    ...bound.missing,
    ...bound.invalid,
    ...unknown,
    ...bound.crossFaults,
    ...bound.warnings,
    ...repeated,
  ];
  return {
    ...(bound.value !== undefined && unknown.length === 0 && { value: bound.value }),
    diagnostics,
  };
}

/** Entries of an object or map, without places. @public */
export function optionEntries(
  options: Readonly<Record<string, string>> | ReadonlyMap<string, string>,
): readonly TableOption[] {
  const pairs = options instanceof Map ? [...options] : Object.entries(options);
  return (pairs as [string, string][]).map(([key, value]) => ({ key, value }));
}

/** Keeps the last value of each key, at the first one's place in the order, and warns about the others. */
export function lastOfEachKey(
  entries: Iterable<TableOption>,
  indexes: readonly KeyIndex[],
  context: OptionsContext,
): { readonly byKey: ReadonlyMap<string, TableOption>; readonly repeated: readonly Diagnostic[] } {
  const byKey = new Map<string, TableOption>();
  const times = new Map<string, number>();
  for (const entry of entries) {
    byKey.set(entry.key, entry);
    times.set(entry.key, (times.get(entry.key) ?? 0) + 1);
  }
  const repeated = [...byKey.values()]
    .filter(({ key }) => (times.get(key) ?? 0) > 1)
    .map((entry) => {
      const declared = indexes
        .map((index) => index.find(entry.key)?.declared)
        .find((one) => one !== undefined);
      const value = printedValue(entry, declared, context);
      return optionDiagnostic(
        {
          severity: "warning",
          code: "OPTION_REPEATED",
          message: `Option '${entry.key}' is given ${times.get(entry.key)} times; the last value, '${value}', is used.`,
        },
        entry.key,
        entry.place,
        context,
        { value, hint: "Keep one of them." },
      );
    });
  return { byKey, repeated };
}
