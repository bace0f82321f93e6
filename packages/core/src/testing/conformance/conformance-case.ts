/**
 * A conformance case: one fact that must hold of every connector or format, with a name and a function that checks it.
 * Cases know no test runner; any runner registers them in a loop.
 */
import { TributaryError } from "../../diagnostics/error.js";
import { CONFORMANCE_RULES } from "./rules.js";
import type { ConformanceRule } from "./rules.js";
import { Overdue } from "./waiting.js";

/** What is checked. @public */
export type ConformanceGroup = "source" | "sink" | "format" | "factory";

/**
 * One case.
 *
 * @example
 * for (const one of sourceConformance({ ... })) test(one.name, (t) => t.notThrowsAsync(one.run()));
 * @public
 */
export interface ConformanceCase {
  readonly group: ConformanceGroup;
  /** `source acme: a fact about it`; unique among the cases of one subject. */
  readonly name: string;
  /** The rule behind it: an anchor of docs/plugins/conformance.md. */
  readonly rule: ConformanceRule;
  /** @throws {@link ConformanceFailure} */
  run(): Promise<void>;
}

/** A case that does not hold. The message names the case, what was expected, what happened and what to do. @public */
export class ConformanceFailure extends Error {
  readonly case: string;
  readonly rule: ConformanceRule;
  readonly expected: string;
  readonly happened: string;

  constructor(name: string, rule: ConformanceRule, mismatch: Mismatch) {
    const { expected, happened, cause } = mismatch;
    super(
      [
        name,
        `  expected: ${expected}`,
        `  happened: ${happened}`,
        `  to do:    ${CONFORMANCE_RULES[rule]}`,
        `  rule:     docs/plugins/conformance.md#${rule}`,
      ].join("\n"),
      cause === undefined ? undefined : { cause },
    );
    this.name = "ConformanceFailure";
    this.case = name;
    this.rule = rule;
    this.expected = expected;
    this.happened = happened;
  }
}

/** Thrown inside a case; {@link conformanceCase} adds the case's name and advice. */
export class Mismatch extends Error {
  readonly expected: string;
  readonly happened: string;

  constructor(expected: string, happened: string, cause?: unknown) {
    super(`${expected}; ${happened}`, cause === undefined ? undefined : { cause });
    this.expected = expected;
    this.happened = happened;
  }
}

/** Ends the case unless `condition` holds. */
export function expect(condition: boolean, expected: string, happened: () => string): asserts condition {
  if (!condition) throw new Mismatch(expected, happened());
}

/** Whose cases they are: `source acme`. */
export interface Subject {
  readonly group: ConformanceGroup;
  readonly name: string;
}

/** Makes a case; whatever `check` throws becomes a {@link ConformanceFailure}. */
export function conformanceCase(
  { group, name: subject }: Subject,
  rule: ConformanceRule,
  fact: string,
  check: () => Promise<void>,
): ConformanceCase {
  const name = `${group} ${subject}: ${fact}`;
  return {
    group,
    name,
    rule,
    async run() {
      try {
        await check();
      } catch (error) {
        throw new ConformanceFailure(name, rule, mismatchOf(error, fact));
      }
    },
  };
}

function mismatchOf(error: unknown, fact: string): Mismatch {
  if (error instanceof Mismatch) return error;
  if (error instanceof Overdue) return new Mismatch(error.expected, "it did not come to pass", error);
  return new Mismatch(fact, `it threw ${describeError(error)}`, error);
}

/** One line about anything thrown. */
export function describeError(error: unknown): string {
  if (TributaryError.is(error)) return `${error.code}: ${error.message}`;
  return error instanceof Error ? `${error.name}: ${error.message}` : `'${String(error)}', which is no Error`;
}

/** A list for a message: the first few, and how many more. */
export function listed(texts: readonly string[], most = 5): string {
  const shown = texts.slice(0, most).map((text) => `'${shortened(text)}'`);
  return texts.length > most ? `${shown.join(", ")} and ${texts.length - most} more` : shown.join(", ");
}

const TEXT_CHARACTERS_MAX = 120;

export function shortened(text: string): string {
  return text.length <= TEXT_CHARACTERS_MAX ? text : `${text.slice(0, TEXT_CHARACTERS_MAX)}...`;
}
