import type { Diagnostic } from "../diagnostics/diagnostic.js";
import type { OptionsClass } from "../factory/factory.js";
import type { TableOption } from "../table/table.js";
import type { CrossCheckContext, CrossCheckMethod, OptionFault } from "./cross-check.js";
import type { KeyIndex } from "./key-index.js";
import { crossCheckMethods } from "./option.js";
import { optionDiagnostic, printedValue } from "./option-diagnostics.js";
import type { OptionsContext } from "./option-diagnostics.js";

/** What cross checks run on. */
export interface CheckedOptions {
  readonly options: OptionsClass<object>;
  /** The parsed options. */
  readonly instance: object;
  readonly index: KeyIndex;
  /** Declared keys with a fault of their own. */
  readonly faulty: ReadonlySet<string>;
  /** The entry that sets an option, under any of its spellings. */
  readonly entryOf: (key: string) => TableOption | undefined;
  readonly context: OptionsContext;
}

/** Runs the rules across options; a fault that only follows from another one is left out. */
export function runCrossChecks(checked: CheckedOptions): readonly Diagnostic[] {
  const { options, instance, index, faulty, entryOf } = checked;
  const methods = instance as Record<string | symbol, CrossCheckMethod | undefined>;
  const context: CrossCheckContext = {
    isGiven: (key) => entryOf(key) !== undefined,
    fullKey: (key) => index.prefix + key,
  };
  const faults: OptionFault[] = [];
  for (const name of crossCheckMethods(options)) {
    try {
      faults.push(...(methods[name]?.(context) ?? []));
    } catch (error) {
      // With faulty fields in place a rule may stumble over a value that is not there; those faults are known.
      if (faulty.size === 0) throw error;
    }
  }
  return faults
    .filter(({ key, otherKeys }) => ![key, ...(otherKeys ?? [])].some((one) => faulty.has(one)))
    .map((fault) => crossFault(fault, checked));
}

function crossFault(fault: OptionFault, { index, entryOf, context }: CheckedOptions): Diagnostic {
  const code = fault.code ?? "OPTION_INVALID";
  const isRemark = code === "OPTION_IGNORED" || code === "OPTION_DEPRECATED";
  const declared = index.declared.find(({ key }) => key === fault.key);
  const entry = entryOf(fault.key);
  return optionDiagnostic(
    { severity: fault.severity ?? (isRemark ? "warning" : "error"), code, message: fault.message },
    entry?.key ?? index.prefix + fault.key,
    entry?.place ?? context.place,
    context,
    {
      ...(entry !== undefined && { value: printedValue(entry, declared, context) }),
      ...(fault.candidates !== undefined && { candidates: fault.candidates }),
      ...(fault.hint !== undefined && { hint: fault.hint }),
    },
  );
}
