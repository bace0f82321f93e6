import { isDeepStrictEqual } from "node:util";
import type { PCollection } from "../pipeline/p-collection.js";
import type { Reified } from "../pipeline/reified.js";
import type { Window } from "../pipeline/window.js";
import { Collected } from "./collected.js";
import { valueText, windowText } from "./pane-text.js";

/** Values and elements of a message that are written out. */
const SHOWN_MAX = 10;

/** Looks at what a collection held; throws when it is not as it should be. @public */
export type AssertionCheck<T> = (values: readonly T[], elements: readonly Reified<T>[]) => void;

/** Which elements an assertion is about. */
interface Restriction {
  readonly text: string;
  readonly holds: (element: Reified<unknown>) => boolean;
}

interface PlannedCheck {
  readonly restriction: Restriction | undefined;
  readonly check: AssertionCheck<never>;
}

/** Collects for an assertion; a test pipeline finds its assertions by their sinks. */
export class AssertionSink<T> extends Collected<T> {
  readonly step: string;
  /** The line that asked, for the message. */
  readonly #place: string;
  readonly #checks: PlannedCheck[] = [];
  isVerified = false;

  constructor(step: string, place: string) {
    super();
    this.step = step;
    this.#place = place;
  }

  plan(restriction: Restriction | undefined, check: AssertionCheck<T>): void {
    this.#checks.push({ restriction, check });
  }

  /** @throws Error with the step and the place of the assertion. Also if nothing is asserted. */
  verify(): void {
    this.isVerified = true;
    if (this.#checks.length === 0) {
      throw new Error(`The assertion '${this.step}' asserts nothing. (${this.#place})`);
    }
    for (const { restriction, check } of this.#checks) this.#run(restriction, check);
  }

  /** The message for an assertion that was never looked at. */
  get unverified(): string {
    return `The assertion '${this.step}' did not run. (${this.#place})`;
  }

  #run(restriction: Restriction | undefined, check: AssertionCheck<never>): void {
    const elements =
      restriction === undefined ? this.elements : this.elements.filter((one) => restriction.holds(one));
    const values = restriction === undefined ? this.values : elements.map(({ value }) => value);
    try {
      const result: unknown = check(values as readonly never[], elements as readonly Reified<never>[]);
      if (result instanceof Promise) {
        result.catch(() => {});
        throw new TypeError("the check is asynchronous, and nobody would wait for it");
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const where = restriction === undefined ? "" : ` ${restriction.text}`;
      throw new Error(`The assertion '${this.step}' failed${where}: ${reason} (${this.#place})`, {
        cause: error,
      });
    }
  }
}

/**
 * Expectations of one collection, checked when the pipeline has ended. A test pipeline checks all that were made for its
 * collections; a run fails unless all hold.
 *
 * ```ts
 * pipeline.assert("counts", counts)
 *   .inOnTimePane({ start: 0, end: 10 }).containsInAnyOrder([{ key: "a", value: 2 }])
 *   .inLatePane({ start: 0, end: 10 }).empty();
 * ```
 *
 * @public
 */
export class PAssert<T> {
  readonly #sink: AssertionSink<T>;
  readonly #restriction: Restriction | undefined;

  private constructor(sink: AssertionSink<T>, restriction?: Restriction) {
    this.#sink = sink;
    this.#restriction = restriction;
  }

  /** @param step - name of the write step that collects. */
  static that<T>(step: string, collection: PCollection<T>): PAssert<T> {
    return PAssert.at(placeOutside(PAssert, "that"), step, collection);
  }

  /** @internal */
  static at<T>(place: string, step: string, collection: PCollection<T>): PAssert<T> {
    const sink = new AssertionSink<T>(step, place);
    collection.reifyElements(`${step}/elements`).write(step, sink);
    return new PAssert(sink);
  }

  /** The same elements, as often, in any order. */
  containsInAnyOrder(expected: readonly T[]): this {
    return this.satisfies((values) => {
      const missing = without(expected, values);
      const surplus = without(values, expected);
      if (missing.length === 0 && surplus.length === 0) return;
      throw new Error(`missing ${format(missing)}, unexpected ${format(surplus)}`);
    });
  }

  /** These elements and no others, each at least once, in any order. */
  containsOnly(expected: readonly T[]): this {
    return this.satisfies((values) => {
      const missing = expected.filter((one) => !contains(values, one));
      const surplus = values.filter((one) => !contains(expected, one));
      if (missing.length === 0 && surplus.length === 0) return;
      throw new Error(`missing ${format(missing)}, unexpected ${format(surplus)}`);
    });
  }

  /** No element. */
  empty(): this {
    return this.satisfies((values) => {
      if (values.length > 0) throw new Error(`expected nothing, got ${format(values)}`);
    });
  }

  /** One element, equal to this. */
  singleton(expected: T): this {
    return this.satisfies((values) => {
      if (values.length === 1 && isDeepStrictEqual(values[0], expected)) return;
      throw new Error(`expected ${format([expected])} alone, got ${format(values)}`);
    });
  }

  /** @param check - throws when the values are not as they should be. */
  satisfies(check: AssertionCheck<T>): this {
    this.#sink.plan(this.#restriction, check);
    return this;
  }

  /** What follows is about the elements of this window, of all its panes. */
  inWindow(window: Window): PAssert<T> {
    return this.#restricted(window, "", () => true);
  }

  /** What follows is about the pane that covers the passing of the window. */
  inOnTimePane(window: Window): PAssert<T> {
    return this.#restricted(window, "on-time pane of ", ({ pane }) => pane.timing === "on-time");
  }

  /** What follows is about the panes before the window has passed. */
  inEarlyPane(window: Window): PAssert<T> {
    return this.#restricted(window, "early panes of ", ({ pane }) => pane.timing === "early");
  }

  /** What follows is about the panes after the window has passed. */
  inLatePane(window: Window): PAssert<T> {
    return this.#restricted(window, "late panes of ", ({ pane }) => pane.timing === "late");
  }

  /** What follows is about the window's last pane. */
  inFinalPane(window: Window): PAssert<T> {
    return this.#restricted(window, "final pane of ", ({ pane }) => pane.isLast);
  }

  /** What follows is about all panes of the window but the late ones. */
  inCombinedNonLatePanes(window: Window): PAssert<T> {
    return this.#restricted(window, "panes that are not late of ", ({ pane }) => pane.timing !== "late");
  }

  /** Checks what was asserted so far. A test pipeline does it. @throws Error with the step and the place. */
  verify(): void {
    this.#sink.verify();
  }

  #restricted(window: Window, what: string, holds: Restriction["holds"]): PAssert<T> {
    return new PAssert(this.#sink, {
      text: `in the ${what}window ${windowText(window)}`,
      holds: (element) =>
        element.window.start === window.start && element.window.end === window.end && holds(element),
    });
  }
}

/** The line that called a method, as file, line and column. */
export function placeOutside(owner: object, method: string): string {
  const holder: { stack?: string } = {};
  Error.captureStackTrace(holder, Reflect.get(owner, method) as () => void);
  const line = holder.stack?.split("\n")[1] ?? "";
  return (/\(([^()]+)\)\s*$/.exec(line)?.[1] ?? line.replace(/^\s*at /, "")).replace(/^file:\/\//, "");
}

function contains(values: readonly unknown[], value: unknown): boolean {
  return values.some((one) => isDeepStrictEqual(one, value));
}

function without<T>(values: readonly T[], taken: readonly T[]): readonly T[] {
  const rest = [...taken];
  return values.filter((value) => {
    const index = rest.findIndex((other) => isDeepStrictEqual(other, value));
    if (index >= 0) rest.splice(index, 1);
    return index < 0;
  });
}

function format(values: readonly unknown[]): string {
  const shown = values.slice(0, SHOWN_MAX).map(valueText);
  return `[${shown.join(", ")}${values.length > shown.length ? `, ... ${values.length} in all` : ""}]`;
}
