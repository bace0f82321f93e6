import type { Diagnostic } from "../../../diagnostics/diagnostic.js";
import { TributaryError } from "../../../diagnostics/error.js";
import { isSecretKey } from "../../../diagnostics/secrets.js";
import { describeOptions } from "../../../options/describe-options.js";
import { KeyIndex } from "../../../options/key-index.js";
import { declaredOptions } from "../../../options/option.js";
import type { DeclaredOption, OptionType } from "../../../options/option.js";
import { conformanceCase, expect, listed } from "../conformance-case.js";
import type { ConformanceCase, Subject } from "../conformance-case.js";
import type { ConformanceRule } from "../rules.js";
import { FactoryBench } from "./factory-bench.js";
import type { PlanOutcome } from "./factory-bench.js";
import type { FactoryHarness } from "./factory-harness.js";

/** A value that no type but string takes. */
const BAD_VALUES: Readonly<Record<OptionType, string | undefined>> = {
  string: undefined,
  boolean: "perhaps",
  int: "a few",
  long: "a few",
  double: "a few",
  enum: "no-such-value",
  duration: "10 parsecs",
  memorySize: "10 handfuls",
  list: "'never closed",
  map: "no colon",
};
/** What is looked for in everything that is printed. */
const SECRET = "conformance-secret-4711";
/** Characters shown before and behind a secret that is printed. */
const EXCERPT_CHARACTERS = 30;
/** A key that no factory declares. */
const UNKNOWN = "conformance-no-such-option";

/**
 * The cases of a factory.
 *
 * @example
 * for (const one of factoryConformance({ role: "sink", identifier: "acme", modules: [acme], options })) {
 *   test(one.name, (t) => t.notThrowsAsync(one.run()));
 * }
 * @public
 */
export function factoryConformance(harness: FactoryHarness): readonly ConformanceCase[] {
  return [...new FactoryCases(harness).all()];
}

/** A declared option under the key that a user would write. */
interface WrittenOption {
  readonly key: string;
  readonly declared: DeclaredOption;
}

class FactoryCases {
  readonly #harness: FactoryHarness;
  readonly #subject: Subject;

  constructor(harness: FactoryHarness) {
    this.#harness = harness;
    this.#subject = { group: "factory", name: `${harness.role} ${harness.identifier}` };
  }

  *all(): Generator<ConformanceCase> {
    yield this.#declaration();
    yield this.#documented();
    yield this.#defaults();
    yield this.#badValues();
    yield this.#unknownKeys();
    yield this.#missing();
    yield this.#secrets();
    yield* this.#creating();
  }

  #case(rule: ConformanceRule, fact: string, check: (bench: FactoryBench) => void): ConformanceCase {
    return conformanceCase(this.#subject, rule, fact, async () => {
      const bench = new FactoryBench(this.#harness);
      try {
        check(bench);
      } finally {
        await bench.dispose();
      }
    });
  }

  #declaration(): ConformanceCase {
    return this.#case("factory-declaration", "a registry takes it", ({ factory }) => {
      // That the bench could be made has checked the rest.
      const { identifier, role } = this.#harness;
      expect(
        factory.identifier === identifier && factory.role === role,
        `the ${role} '${identifier}'`,
        () => `the ${factory.role} '${factory.identifier}'`,
      );
    });
  }

  #documented(): ConformanceCase {
    return this.#case("factory-documented", "every option says what it is for", (bench) => {
      const silent = optionsOf(bench).filter(({ declared }) => declared.summary.trim() === "");
      expect(silent.length === 0, "a summary for every option", () => `none for ${keysOf(silent)}`);
      const { factory } = bench;
      const nameless =
        factory.role === "format" ? [] : factory.metadata.filter(({ key }) => key.trim() === "");
      expect(nameless.length === 0, "a key for every metadata column", () => `${nameless.length} without`);
    });
  }

  #defaults(): ConformanceCase {
    return this.#case("factory-defaults", "defaults and examples are accepted", (bench) => {
      const described = new Map(
        describeOptions(bench.factory.options).map((one) => [bench.prefix + one.key, one.default]),
      );
      for (const { key, declared } of optionsOf(bench)) {
        const texts = [
          ["default", described.get(bench.prefix + declared.key)],
          ["example", this.#harness.illustrations?.includes(key) === true ? undefined : declared.example],
        ] as const;
        for (const [what, text] of texts) {
          if (text === null || text === undefined) continue;
          const fault = this.#invalidIn(bench.plan(this.#with(key, text)), key);
          expect(
            fault === undefined,
            `the ${what} '${text}' of '${key}' accepted`,
            () => fault?.message ?? "",
          );
        }
      }
    });
  }

  #badValues(): ConformanceCase {
    return this.#case("factory-bad-values", "a bad value is refused", (bench) => {
      const byType = optionsOf(bench).flatMap(({ key, declared }) => {
        const bad = BAD_VALUES[declared.type];
        return bad === undefined ? [] : ([[key, bad]] as const);
      });
      for (const [key, bad] of [...byType, ...Object.entries(this.#harness.invalid ?? {})]) {
        const fault = this.#invalidIn(bench.plan(this.#with(key, bad)), key);
        expect(fault !== undefined, `OPTION_INVALID for '${key}' = '${bad}'`, () => "it was accepted");
      }
    });
  }

  #unknownKeys(): ConformanceCase {
    return this.#case("factory-unknown-keys", "a misspelt key is reported with the right one", (bench) => {
      const index = new KeyIndex(bench.factory.options, bench.prefix);
      const nonsense = bench.prefix + UNKNOWN;
      const isRefused = bench
        .plan(this.#with(nonsense, "x"))
        .diagnostics.some(
          (one) => one.code === "OPTION_UNKNOWN" && one.option === nonsense && one.severity === "error",
        );
      expect(isRefused, `OPTION_UNKNOWN, an error, for '${nonsense}'`, () => "it was accepted");
      for (const { key, declared } of optionsOf(bench)) {
        const misspelt = withoutMiddle(key, bench.prefix.length);
        if (index.find(misspelt) !== undefined) continue;
        const fault = bench
          .plan(this.#with(misspelt, "x"))
          .diagnostics.find((one) => one.code === "OPTION_UNKNOWN" && one.option === misspelt);
        expect(fault !== undefined, `OPTION_UNKNOWN for '${misspelt}'`, () => "it was accepted");
        const right = bench.prefix + declared.key;
        expect(
          fault.candidates?.includes(right) === true,
          `'${right}' among the candidates for '${misspelt}'`,
          () => listed(fault.candidates ?? []) || "no candidate",
        );
      }
    });
  }

  #missing(): ConformanceCase {
    return this.#case("factory-missing", "required options that are missing are all reported", (bench) => {
      const required = optionsOf(bench).filter(({ declared }) => declared.required === true);
      const { diagnostics, thrown } = bench.plan([]);
      expect(
        thrown.length === 0,
        "diagnostics for a table without options",
        () => `it threw ${listed(thrown)}`,
      );
      const reported = diagnostics
        .filter(({ code }) => code === "OPTION_MISSING")
        .map(({ option }) => option);
      const unreported = required.filter(({ key }) => !reported.includes(key));
      expect(
        unreported.length === 0,
        `OPTION_MISSING for ${keysOf(required)}`,
        () => `none for ${keysOf(unreported)}`,
      );
      for (const left of Object.keys(this.#harness.options)) {
        const others = Object.entries(this.#harness.options).filter(([key]) => key !== left);
        const { thrown: crashes } = bench.plan(others);
        expect(
          crashes.length === 0,
          `a diagnostic, or a product, without '${left}'`,
          () => `it threw ${listed(crashes)}`,
        );
      }
    });
  }

  #secrets(): ConformanceCase {
    return this.#case("factory-secrets", "secrets are never printed", (bench) => {
      const marked = [...(this.#harness.secrets ?? [])];
      for (const { key, declared } of optionsOf(bench)) {
        if (declared.isSecret === true || isSecretKey(key)) marked.push(key);
      }
      const { options } = this.#harness;
      for (const key of marked) {
        const secret = [key, SECRET] as const;
        const plans = {
          "with all other options": bench.plan(this.#with(key, SECRET)),
          "without any other option": bench.plan([secret]),
          "given twice": bench.plan([...Object.entries(options), secret, secret]),
          "beside an unknown option": bench.plan([...this.#with(key, SECRET), [UNKNOWN, "x"]]),
        };
        for (const [how, { diagnostics, thrown, logged }] of Object.entries(plans)) {
          const leaks = [...diagnostics.map((one) => JSON.stringify(one)), ...thrown, ...logged].flatMap(
            around,
          );
          expect(leaks.length === 0, `the value of '${key}' masked, ${how}`, () => listed(leaks, 1));
        }
      }
    });
  }

  *#creating(): Generator<ConformanceCase> {
    yield this.#case("factory-create", "it creates with the options given", (bench) => {
      const { diagnostics, thrown } = bench.plan(Object.entries(this.#harness.options));
      expect(thrown.length === 0, "no error but a TributaryError from create", () => listed(thrown));
      // A pipeline may lack what a sound format offers, e.g. rows that are taken back: no fault of the factory.
      const isOther = ({ code }: Diagnostic): boolean =>
        this.#harness.role === "format" && code === "RUNNER_UNSUPPORTED";
      const errors = diagnostics.filter((one) => one.severity === "error" && !isOther(one));
      expect(errors.length === 0, "no fault", () => listed(errors.map(({ message }) => message)));
    });
    yield this.#case("factory-create", "create builds and starts nothing", (bench) => {
      const before = process.getActiveResourcesInfo();
      const first = products(bench);
      const second = products(bench);
      // That it cannot create is what the case before says.
      if (first === undefined || second === undefined) return;
      const opened = process.getActiveResourcesInfo().slice(before.length);
      expect(opened.length === 0, "no timer, file or socket opened by create", () => listed(opened));
      expect(first.length > 0, "a product", () => "nothing");
      for (const [index, product] of first.entries()) {
        expect(!isPromise(product), "a product at once", () => "a promise");
        const twin = second[index];
        expect(partOf(product) !== partOf(twin), "another product each time", () => "the same one twice");
      }
    });
  }

  /** The harness's options with one more, or another value for one. */
  #with(key: string, value: string): readonly (readonly [key: string, value: string])[] {
    return [...Object.entries(this.#harness.options).filter(([other]) => other !== key), [key, value]];
  }

  #invalidIn({ diagnostics }: PlanOutcome, key: string): Diagnostic | undefined {
    return diagnostics.find(
      (one) => one.severity === "error" && one.code === "OPTION_INVALID" && one.option === key,
    );
  }
}

/** Every option with a key as a user writes it: prefix before, the first column for `#`. */
function optionsOf({ factory, firstColumn, prefix }: FactoryBench): readonly WrittenOption[] {
  return declaredOptions(factory.options).map((declared) => ({
    key: prefix + declared.key.replace("#", firstColumn),
    declared,
  }));
}

/** A slip of the fingers: one letter behind the prefix left out. */
function withoutMiddle(key: string, prefixLength: number): string {
  const middle = prefixLength + Math.floor((key.length - prefixLength) / 2);
  return key.slice(0, middle) + key.slice(middle + 1);
}

/** The place in a text that shows the secret. */
function around(text: string): readonly string[] {
  const at = text.indexOf(SECRET);
  return at < 0
    ? []
    : [text.slice(Math.max(0, at - EXCERPT_CHARACTERS), at + SECRET.length + EXCERPT_CHARACTERS)];
}

function isPromise(value: unknown): boolean {
  return typeof value === "object" && value !== null && "then" in value;
}

function products(bench: FactoryBench): readonly unknown[] | undefined {
  try {
    return bench.create();
  } catch (error) {
    if (TributaryError.is(error)) return undefined;
    throw error;
  }
}

/** The source or sink inside a table's product; a format itself. */
function partOf(product: unknown): unknown {
  const { source, sink } = product as { readonly source?: unknown; readonly sink?: unknown };
  return source ?? sink ?? product;
}

function keysOf(options: readonly WrittenOption[]): string {
  return listed(options.map(({ key }) => key)) || "no option";
}
