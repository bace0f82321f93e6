import type { BagState, SetState } from "../../../pipeline/state.js";
import type { KeyPrimitive, NestedCoder } from "../../../types/coders/nested-coder.js";
import type { StateHolder, StateKind } from "./state-kinds.js";

const NO_VALUES: readonly unknown[] = Object.freeze([]);

/** Values in the order in which they came. One that was read is not changed any more: the next addition copies it. */
interface Bag {
  values: unknown[];
  isShared: boolean;
}

/** Values in no order. */
export function bagKind(coder: NestedCoder<unknown>): StateKind {
  return {
    handle: (holder, index) => new BagHandle(holder, index),
    isKept: (content) => content !== undefined,
    write(content, writer) {
      const { values } = content as Bag;
      writer.varInt(values.length);
      for (const value of values) coder.append(value, writer);
    },
    read: (reader): Bag => ({
      values: Array.from({ length: reader.varInt() }, () => coder.read(reader)),
      isShared: false,
    }),
  };
}

class BagHandle implements BagState<unknown> {
  readonly #holder: StateHolder;
  readonly #index: number;

  constructor(holder: StateHolder, index: number) {
    this.#holder = holder;
    this.#index = index;
  }

  add(value: unknown): void {
    const { contents } = this.#holder;
    const bag = contents[this.#index] as Bag | undefined;
    if (bag === undefined) contents[this.#index] = { values: [value], isShared: false };
    else if (bag.isShared) contents[this.#index] = { values: [...bag.values, value], isShared: false };
    else bag.values.push(value);
  }

  read(): readonly unknown[] {
    const bag = this.#holder.contents[this.#index] as Bag | undefined;
    if (bag === undefined) return NO_VALUES;
    bag.isShared = true;
    return bag.values;
  }

  isEmpty(): boolean {
    return this.#holder.contents[this.#index] === undefined;
  }

  clear(): void {
    this.#holder.contents[this.#index] = undefined;
  }
}

type ValueSet = Map<KeyPrimitive, unknown>;

/** Different values. */
export function setKind(
  coder: NestedCoder<unknown>,
  identityOf: (value: unknown) => KeyPrimitive,
): StateKind {
  return {
    handle: (holder, index) => new SetHandle(holder, index, identityOf),
    isKept: (content) => content !== undefined && (content as ValueSet).size > 0,
    write(content, writer) {
      const values = content as ValueSet;
      writer.varInt(values.size);
      for (const value of values.values()) coder.append(value, writer);
    },
    read(reader): ValueSet {
      const values: ValueSet = new Map();
      for (let left = reader.varInt(); left > 0; left--) {
        const value = coder.read(reader);
        values.set(identityOf(value), value);
      }
      return values;
    },
  };
}

class SetHandle implements SetState<unknown> {
  readonly #holder: StateHolder;
  readonly #index: number;
  readonly #identityOf: (value: unknown) => KeyPrimitive;

  constructor(holder: StateHolder, index: number, identityOf: (value: unknown) => KeyPrimitive) {
    this.#holder = holder;
    this.#index = index;
    this.#identityOf = identityOf;
  }

  add(value: unknown): void {
    this.addIfAbsent(value);
  }

  addIfAbsent(value: unknown): boolean {
    const { contents } = this.#holder;
    const identity = this.#identityOf(value);
    const values = (contents[this.#index] as ValueSet | undefined) ?? new Map<KeyPrimitive, unknown>();
    if (values.has(identity)) return false;
    values.set(identity, value);
    contents[this.#index] = values;
    return true;
  }

  contains(value: unknown): boolean {
    return this.#values()?.has(this.#identityOf(value)) ?? false;
  }

  remove(value: unknown): void {
    this.#values()?.delete(this.#identityOf(value));
  }

  read(): readonly unknown[] {
    return Array.from(this.#values()?.values() ?? NO_VALUES);
  }

  isEmpty(): boolean {
    return (this.#values()?.size ?? 0) === 0;
  }

  clear(): void {
    this.#holder.contents[this.#index] = undefined;
  }

  #values(): ValueSet | undefined {
    return this.#holder.contents[this.#index] as ValueSet | undefined;
  }
}
