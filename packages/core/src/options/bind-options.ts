import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { compareText, nearestFirst } from "../diagnostics/nearest.js";
import type { OptionsClass } from "../factory/factory.js";
import type { TableOption } from "../table/table.js";
import { brokenRules } from "./field-rules.js";
import type { KeyIndex, KeyMatch } from "./key-index.js";
import type { DeclaredOption } from "./option.js";
import { optionDiagnostic, ownerOf, printedValue, withoutSecret } from "./option-diagnostics.js";
import type { OptionsContext } from "./option-diagnostics.js";
import { parseOptionValue } from "./parse-value.js";
import type { ParseFault } from "./parsed.js";
import { runCrossChecks } from "./run-cross-checks.js";

/** The entries of one options class as bound to an instance; faults apart, in the order of the checks. */
export interface BoundOptions<O> {
  /** Frozen. Present if nothing is missing or invalid and no cross check found an error. */
  readonly value?: O;
  /** Required options that are absent, by key. */
  readonly missing: readonly Diagnostic[];
  /** Values that do not parse or break a rule, by key. */
  readonly invalid: readonly Diagnostic[];
  /** What the cross checks found. */
  readonly crossFaults: readonly Diagnostic[];
  /** Older spellings and entries that another one makes useless, by key. */
  readonly warnings: readonly Diagnostic[];
}

/** An entry with what its key means. */
interface Given {
  readonly entry: TableOption;
  readonly match: KeyMatch;
}

/**
 * Fills an instance of an options class from entries. Entries of other keys are passed over.
 *
 * @param entries - each key once.
 */
export function bindOptions<O extends object>(
  options: OptionsClass<O>,
  index: KeyIndex,
  entries: ReadonlyMap<string, TableOption>,
  context: OptionsContext,
): BoundOptions<O> {
  return new OptionsBinder(options, index, entries, context).bind();
}

class OptionsBinder<O extends object> {
  readonly #options: OptionsClass<O>;
  readonly #index: KeyIndex;
  readonly #entries: ReadonlyMap<string, TableOption>;
  readonly #context: OptionsContext;
  readonly #instance: O;
  readonly #given = new Map<DeclaredOption, readonly Given[]>();
  readonly #missing: Diagnostic[] = [];
  readonly #invalid: Diagnostic[] = [];
  readonly #warnings: Diagnostic[] = [];
  /** Declared keys with a fault of their own. */
  readonly #faulty = new Set<string>();

  constructor(
    options: OptionsClass<O>,
    index: KeyIndex,
    entries: ReadonlyMap<string, TableOption>,
    context: OptionsContext,
  ) {
    this.#options = options;
    this.#index = index;
    this.#entries = entries;
    this.#context = context;
    this.#instance = new options();
  }

  bind(): BoundOptions<O> {
    this.#lookUp();
    for (const declared of this.#index.declared) this.#fill(declared);
    this.#applyFieldRules();
    this.#dropAbsent();
    Object.freeze(this.#instance);
    const crossFaults = runCrossChecks({
      options: this.#options,
      instance: this.#instance,
      index: this.#index,
      faulty: this.#faulty,
      entryOf: (key) => this.#entryOf(key),
      context: this.#context,
    });
    const isFit =
      this.#faulty.size === 0 && crossFaults.every((diagnostic) => diagnostic.severity !== "error");
    const byKey = (a: Diagnostic, b: Diagnostic) => compareText(a.option ?? "", b.option ?? "");
    return {
      ...(isFit && { value: this.#instance }),
      missing: this.#missing.toSorted(byKey),
      invalid: this.#invalid.toSorted(byKey),
      crossFaults,
      warnings: this.#warnings.toSorted(byKey),
    };
  }

  /** Groups the entries by the option they set. */
  #lookUp(): void {
    const all = new Map<DeclaredOption, Given[]>();
    for (const entry of this.#entries.values()) {
      const match = this.#index.find(entry.key);
      if (match === undefined) continue;
      const given = all.get(match.declared);
      if (given === undefined) all.set(match.declared, [{ entry, match }]);
      else given.push({ entry, match });
    }
    for (const [declared, given] of all) this.#given.set(declared, this.#winners(declared, given));
  }

  /** Of several spellings of one thing keeps the first in the order of look-up, and says so about the others. */
  #winners(declared: DeclaredOption, given: readonly Given[]): Given[] {
    const whole = given.filter(({ match }) => match.part === undefined).sort(byRank)[0];
    const winners = new Map<string | undefined, Given>();
    for (const one of given.toSorted(byRank)) {
      // A map given as a whole leaves no room for entries below its prefix.
      const part = declared.key.includes("#")
        ? one.match.part
        : whole === undefined
          ? one.match.part
          : undefined;
      const winner = winners.get(part);
      if (winner === undefined) winners.set(part, one);
      this.#warnAboutSpelling(declared, one, winner);
    }
    return [...winners.values()];
  }

  #warnAboutSpelling(declared: DeclaredOption, { entry, match }: Given, winner: Given | undefined): void {
    const current = this.#index.prefix + declared.key.replace("#", match.part ?? "#");
    if (match.spelling === "deprecated") {
      const message =
        winner === undefined
          ? `Option '${entry.key}' is an older spelling of '${current}'.`
          : `Option '${entry.key}' is an older spelling of '${current}' and has no effect, since '${winner.entry.key}' is given.`;
      const hint = winner === undefined ? `Write '${current}' instead.` : `Leave '${entry.key}' out.`;
      this.#warn("OPTION_DEPRECATED", message, entry, declared, { candidates: [current], hint });
    } else if (winner !== undefined) {
      const message = `Option '${entry.key}' has no effect, since '${winner.entry.key}' is given.`;
      this.#warn("OPTION_IGNORED", message, entry, declared, { hint: `Leave one of the two out.` });
    }
  }

  #warn(
    code: "OPTION_DEPRECATED" | "OPTION_IGNORED",
    message: string,
    entry: TableOption,
    declared: DeclaredOption,
    more: Pick<Diagnostic, "candidates" | "hint">,
  ): void {
    const value = printedValue(entry, declared, this.#context);
    this.#warnings.push(
      optionDiagnostic({ severity: "warning", code, message }, entry.key, entry.place, this.#context, {
        value,
        ...more,
      }),
    );
  }

  /** Parses the entries of one option into its property. */
  #fill(declared: DeclaredOption): void {
    const given = this.#given.get(declared);
    if (given === undefined) {
      if (declared.required === true) this.#reportMissing(declared);
      return;
    }
    const isMany = declared.key.includes("#");
    const parts = new Map<string, unknown>();
    for (const { entry, match } of given) {
      // An entry below a map's prefix is a value of the map as it stands.
      if (!isMany && match.part !== undefined) {
        parts.set(match.part, entry.value);
        continue;
      }
      const result = parseOptionValue(declared, entry.value);
      if (!result.ok) this.#reportUnparsable(declared, entry, result);
      else if (match.part === undefined) this.#assign(declared, result.value);
      else parts.set(match.part, result.value);
    }
    if (parts.size > 0) this.#assign(declared, parts);
  }

  #assign(declared: DeclaredOption, value: unknown): void {
    Object.defineProperty(this.#instance, declared.property, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }

  #reportMissing(declared: DeclaredOption): void {
    const key = this.#index.prefix + declared.key;
    const message = `Option '${key}' is missing: ${ownerOf(this.#context)} requires it.`;
    const example = declared.example ?? declared.values?.[0];
    const hint = `Add '${key}' = '${example ?? "..."}'. ${declared.summary}`;
    this.#faulty.add(declared.key);
    this.#missing.push(
      optionDiagnostic(
        { severity: "error", code: "OPTION_MISSING", message },
        key,
        this.#context.place,
        this.#context,
        { hint, ...(declared.type === "enum" && { candidates: declared.values ?? [] }) },
      ),
    );
  }

  #reportUnparsable(declared: DeclaredOption, entry: TableOption, fault: ParseFault): void {
    const { candidates } = fault;
    this.#reportInvalid(declared, entry, fault.reason, {
      hint: `Expected: ${fault.expected}.`,
      ...(candidates !== undefined && { candidates: nearestFirst(entry.value, candidates) }),
    });
  }

  #reportInvalid(
    declared: DeclaredOption,
    entry: TableOption,
    reason: string,
    more: Pick<Diagnostic, "candidates" | "hint">,
  ): void {
    const value = printedValue(entry, declared, this.#context);
    const words = withoutSecret(reason, entry, value);
    const message = `The value '${value}' of option '${entry.key}' ${words}.`;
    this.#faulty.add(declared.key);
    this.#invalid.push(
      optionDiagnostic(
        { severity: "error", code: "OPTION_INVALID", message },
        entry.key,
        entry.place,
        this.#context,
        { value, ...more },
      ),
    );
  }

  /** Runs the class-validator rules; a default is not the user's fault and is not reported. */
  #applyFieldRules(): void {
    const broken = brokenRules(this.#instance);
    for (const declared of this.#index.declared) {
      const reason = broken.get(declared.property);
      const [given] = this.#given.get(declared) ?? [];
      if (reason === undefined || given === undefined || this.#faulty.has(declared.key)) continue;
      const words = declared.unit !== undefined && /\d$/.test(reason) ? `${reason} ${declared.unit}` : reason;
      this.#reportInvalid(declared, given.entry, words, hintOf(declared));
    }
  }

  /** An option that is neither given nor has a default is no property of the result. */
  #dropAbsent(): void {
    const instance = this.#instance as Record<string, unknown>;
    for (const { property } of this.#index.declared) {
      if (instance[property] === undefined) delete instance[property];
    }
  }

  /** The entry that sets an option, under any of its spellings. */
  #entryOf(key: string): TableOption | undefined {
    const declared = this.#index.declared.find((one) => one.key === key);
    const given = declared === undefined ? undefined : this.#given.get(declared)?.[0]?.entry;
    return given ?? this.#entries.get(this.#index.prefix + key);
  }
}

function byRank(a: Given, b: Given): number {
  return a.match.rank - b.match.rank;
}

function hintOf(declared: DeclaredOption): Pick<Diagnostic, "hint"> {
  return { hint: declared.example === undefined ? declared.summary : `Example: '${declared.example}'.` };
}
