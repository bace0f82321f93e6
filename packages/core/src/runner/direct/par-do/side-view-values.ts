/** What functions read of side inputs: read-only, made of the elements of a window. */
import { TributaryError } from "../../../diagnostics/error.js";
import type { SideInput, SideMap, SideMultimap } from "../../../pipeline/side-input.js";
import type { Window } from "../../../pipeline/window.js";
import type { KeyPrimitive } from "../../../types/coders/nested-coder.js";
import type { SideRules } from "./side-content.js";

/** A side input of a step, and the window that is read. */
export interface SidePlace {
  readonly step: string;
  readonly name: string;
  readonly view: SideInput<unknown>;
  readonly window: Window;
}

/** @throws `SIDE_INPUT_INVALID` where the elements do not make what was declared. */
export function viewOf(place: SidePlace, elements: readonly unknown[], rules: SideRules): unknown {
  const { view } = place;
  switch (view.kind) {
    case "singleton":
      return singleton(place, elements);
    case "iterable":
    case "list":
      return Object.freeze([...elements]);
    case "map":
      return new MapView(place, elements, rules);
    case "multimap":
      return new MultimapView(place, elements, rules);
  }
}

function singleton(place: SidePlace, elements: readonly unknown[]): unknown {
  if (elements.length === 1) return elements[0];
  const { defaultValue } = place.view;
  if (elements.length === 0 && defaultValue !== undefined) return defaultValue.value;
  throw elements.length === 0
    ? invalid(
        place,
        "is a singleton and has no value",
        "Give it a default: asSingleton(c, { defaultValue }).",
      )
    : invalid(
        place,
        `is a singleton and has ${elements.length} values`,
        "Combine the collection to one value.",
      );
}

function invalid({ step, name, window }: SidePlace, what: string, hint: string): TributaryError {
  return new TributaryError({
    severity: "error",
    code: "SIDE_INPUT_INVALID",
    message: `The side input '${name}' of the step '${step}' ${what} in the window [${window.start}, ${window.end}).`,
    step,
    value: name,
    hint,
  });
}

type Selector = (element: unknown) => unknown;

function selectorsOf({ keyOf, valueOf }: SideInput<unknown>): {
  readonly keyOf: Selector;
  readonly valueOf: Selector;
} {
  return {
    keyOf: (keyOf as Selector | undefined) ?? ((element) => (element as { readonly key: unknown }).key),
    valueOf:
      (valueOf as Selector | undefined) ?? ((element) => (element as { readonly value: unknown }).value),
  };
}

class MapView implements SideMap<unknown, unknown> {
  readonly #entries = new Map<KeyPrimitive, readonly [unknown, unknown]>();
  readonly #rules: SideRules;

  constructor(place: SidePlace, elements: readonly unknown[], rules: SideRules) {
    this.#rules = rules;
    const { keyOf, valueOf } = selectorsOf(place.view);
    for (const element of elements) {
      const key = keyOf(element);
      const identity = rules.identityOf(key);
      if (this.#entries.has(identity)) {
        throw invalid(place, `is a map and has the key ${String(key)} twice`, "Read it with asMultimap.");
      }
      this.#entries.set(identity, [key, valueOf(element)]);
    }
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: unknown): unknown {
    return this.#entries.get(this.#rules.identityOf(key))?.[1];
  }

  has(key: unknown): boolean {
    return this.#entries.has(this.#rules.identityOf(key));
  }

  keys(): readonly unknown[] {
    return this.entries().map(([key]) => key);
  }

  values(): readonly unknown[] {
    return this.entries().map(([, value]) => value);
  }

  entries(): readonly (readonly [unknown, unknown])[] {
    return [...this.#entries.values()];
  }
}

const NO_VALUES: readonly unknown[] = Object.freeze([]);

class MultimapView implements SideMultimap<unknown, unknown> {
  readonly #lists = new Map<KeyPrimitive, readonly [unknown, unknown[]]>();
  readonly #rules: SideRules;

  constructor(place: SidePlace, elements: readonly unknown[], rules: SideRules) {
    this.#rules = rules;
    const { keyOf, valueOf } = selectorsOf(place.view);
    for (const element of elements) {
      const key = keyOf(element);
      const identity = rules.identityOf(key);
      const known = this.#lists.get(identity);
      if (known === undefined) this.#lists.set(identity, [key, [valueOf(element)]]);
      else known[1].push(valueOf(element));
    }
    for (const [, values] of this.#lists.values()) Object.freeze(values);
  }

  get size(): number {
    return this.#lists.size;
  }

  get(key: unknown): readonly unknown[] {
    return this.#lists.get(this.#rules.identityOf(key))?.[1] ?? NO_VALUES;
  }

  has(key: unknown): boolean {
    return this.#lists.has(this.#rules.identityOf(key));
  }

  keys(): readonly unknown[] {
    return this.entries().map(([key]) => key);
  }

  entries(): readonly (readonly [unknown, readonly unknown[]])[] {
    return [...this.#lists.values()];
  }
}
