import type { SideInput } from "../../../pipeline/side-input.js";
import type { Pane } from "../../../pipeline/pane.js";
import type { Trigger } from "../../../pipeline/trigger.js";
import { VALUE_CODER } from "../../../pipeline/value-coder.js";
import type { Window } from "../../../pipeline/window.js";
import type { ByteReader } from "../../../types/coders/byte-reader.js";
import type { ByteWriter } from "../../../types/coders/byte-writer.js";
import { nestedCoder, type KeyPrimitive, type NestedCoder } from "../../../types/coders/nested-coder.js";
import { identityBy } from "./state-kinds.js";

/** What decides how the elements of a side input come together. */
export class SideRules {
  /** A later pane takes the place of an earlier one. */
  readonly replaces: boolean;
  /** The window may fire before its end: then what comes is there at once, else when the watermark is past the end. */
  readonly firesEarly: boolean;
  /** Every element that was never grouped takes the place of the one before. */
  readonly isElementPane: boolean;
  readonly coder: NestedCoder<unknown>;
  readonly #keyOf: ((element: unknown) => unknown) | undefined;
  readonly #identityOf: (key: unknown) => KeyPrimitive;

  constructor(view: SideInput<unknown>, isAccumulating: boolean, trigger: Trigger) {
    const isMap = view.kind === "map" || view.kind === "multimap";
    this.replaces = isAccumulating || view.kind === "singleton";
    this.firesEarly = mayFireEarly(trigger);
    this.isElementPane =
      this.firesEarly && (view.kind === "singleton" || (isAccumulating && view.kind === "map"));
    this.coder = nestedCoder((view.coder ?? VALUE_CODER) as NestedCoder<unknown>);
    this.#keyOf = isMap
      ? ((view.keyOf as ((element: unknown) => unknown) | undefined) ?? propertyKey)
      : view.kind === "singleton"
        ? undefined
        : propertyKey;
    this.#identityOf = identityBy(view.keyCoder ?? VALUE_CODER);
  }

  /** What an element's panes are counted by. */
  groupOf(element: unknown): KeyPrimitive {
    const key = this.#keyOf?.(element);
    return key === undefined ? "" : this.#identityOf(key);
  }

  identityOf(key: unknown): KeyPrimitive {
    return this.#identityOf(key);
  }
}

/** Whether a trigger can fire before the watermark passes the window. */
function mayFireEarly(trigger: Trigger): boolean {
  switch (trigger.kind) {
    case "default":
    case "never":
      return false;
    case "after-end-of-window":
      return trigger.early !== undefined && mayFireEarly(trigger.early);
    case "repeat":
      return mayFireEarly(trigger.trigger);
    case "after-each":
    case "after-all":
      return trigger.triggers.every(mayFireEarly);
    case "after-first":
      return trigger.triggers.some(mayFireEarly);
    case "or-finally":
      return mayFireEarly(trigger.main) || mayFireEarly(trigger.until);
    case "after-count":
    case "after-processing-time":
    case "after-synchronized-processing-time":
    case "always":
      return true;
  }
}

function propertyKey(element: unknown): unknown {
  return typeof element === "object" && element !== null && "key" in element ? element.key : undefined;
}

/** Values of one pane. */
interface PaneValues {
  readonly index: number;
  readonly values: unknown[];
}

/** What a side input holds in one of its windows. */
export class SideContent {
  readonly window: Window;
  hasFired = false;
  /** What the function reads, made when it is first asked for. */
  view: { readonly value: unknown } | undefined;
  readonly #rules: SideRules;
  /** Latest pane by key, where panes replace each other; else all under one key. */
  readonly #panes = new Map<KeyPrimitive, PaneValues>();

  constructor(window: Window, rules: SideRules) {
    this.window = window;
    this.#rules = rules;
  }

  add(value: unknown, pane: Pane): void {
    const isElement = pane.timing === "unknown";
    this.view = undefined;
    // Panes on time come by the key; the watermark tells when all of them are there.
    if (pane.timing === "early" || (isElement && this.#rules.firesEarly)) this.hasFired = true;
    if (!this.#rules.replaces) {
      this.#append("", 0, value);
      return;
    }
    const group = this.#rules.groupOf(value);
    const known = this.#panes.get(group);
    if (known === undefined) this.#append(group, isElement ? 0 : pane.index, value);
    else if (isElement ? this.#rules.isElementPane : pane.index > known.index) {
      this.#panes.set(group, { index: isElement ? known.index + 1 : pane.index, values: [value] });
    } else if (isElement || pane.index === known.index) known.values.push(value);
  }

  get values(): readonly unknown[] {
    return Array.from(this.#panes.values(), (pane) => pane.values).flat();
  }

  write(writer: ByteWriter): void {
    writer.byte(this.hasFired ? 1 : 0);
    writer.varInt(this.#panes.size);
    for (const { index, values } of this.#panes.values()) {
      writer.varInt(index);
      writer.varInt(values.length);
      for (const value of values) this.#rules.coder.append(value, writer);
    }
  }

  read(reader: ByteReader): void {
    this.hasFired = reader.byte() === 1;
    for (let panes = reader.varInt(); panes > 0; panes--) {
      const index = reader.varInt();
      for (let left = reader.varInt(); left > 0; left--) {
        const value = this.#rules.coder.read(reader);
        this.#append(this.#rules.replaces ? this.#rules.groupOf(value) : "", index, value);
      }
    }
  }

  #append(group: KeyPrimitive, index: number, value: unknown): void {
    const known = this.#panes.get(group);
    if (known === undefined) this.#panes.set(group, { index, values: [value] });
    else known.values.push(value);
  }
}
