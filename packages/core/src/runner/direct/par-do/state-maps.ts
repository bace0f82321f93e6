import type { MapState, MultimapState } from "../../../pipeline/state.js";
import type { KeyPrimitive, NestedCoder } from "../../../types/coders/nested-coder.js";
import type { StateHolder, StateKind } from "./state-kinds.js";

type Identity = (key: unknown) => KeyPrimitive;

/** By what stands for the key: the key and its value. */
type Entries = Map<KeyPrimitive, readonly [unknown, unknown]>;

/** A value for each key. */
export function mapKind(
  keyCoder: NestedCoder<unknown>,
  coder: NestedCoder<unknown>,
  identityOf: Identity,
): StateKind {
  return {
    handle: (holder, index) => new MapHandle(holder, index, identityOf),
    isKept: (content) => content !== undefined && (content as Entries).size > 0,
    write(content, writer) {
      const entries = content as Entries;
      writer.varInt(entries.size);
      for (const [key, value] of entries.values()) {
        keyCoder.append(key, writer);
        coder.append(value, writer);
      }
    },
    read(reader): Entries {
      const entries: Entries = new Map();
      for (let left = reader.varInt(); left > 0; left--) {
        const key = keyCoder.read(reader);
        entries.set(identityOf(key), [key, coder.read(reader)]);
      }
      return entries;
    },
  };
}

class MapHandle implements MapState<unknown, unknown> {
  readonly #holder: StateHolder;
  readonly #index: number;
  readonly #identityOf: Identity;

  constructor(holder: StateHolder, index: number, identityOf: Identity) {
    this.#holder = holder;
    this.#index = index;
    this.#identityOf = identityOf;
  }

  get(key: unknown): unknown {
    return this.#entries()?.get(this.#identityOf(key))?.[1];
  }

  put(key: unknown, value: unknown): void {
    const entries = this.#entries() ?? new Map<KeyPrimitive, readonly [unknown, unknown]>();
    entries.set(this.#identityOf(key), [key, value]);
    this.#holder.contents[this.#index] = entries;
  }

  computeIfAbsent(key: unknown, compute: (key: unknown) => unknown): unknown {
    const known = this.#entries()?.get(this.#identityOf(key));
    if (known !== undefined) return known[1];
    const value = compute(key);
    this.put(key, value);
    return value;
  }

  remove(key: unknown): void {
    this.#entries()?.delete(this.#identityOf(key));
  }

  keys(): readonly unknown[] {
    return this.entries().map(([key]) => key);
  }

  values(): readonly unknown[] {
    return this.entries().map(([, value]) => value);
  }

  entries(): readonly (readonly [unknown, unknown])[] {
    return Array.from(this.#entries()?.values() ?? []);
  }

  isEmpty(): boolean {
    return (this.#entries()?.size ?? 0) === 0;
  }

  clear(): void {
    this.#holder.contents[this.#index] = undefined;
  }

  #entries(): Entries | undefined {
    return this.#holder.contents[this.#index] as Entries | undefined;
  }
}

/** By what stands for the key: the key and its values. */
type Lists = Map<KeyPrimitive, readonly [unknown, unknown[]]>;

/** Any number of values for each key. */
export function multimapKind(
  keyCoder: NestedCoder<unknown>,
  coder: NestedCoder<unknown>,
  identityOf: Identity,
): StateKind {
  return {
    handle: (holder, index) => new MultimapHandle(holder, index, identityOf),
    isKept: (content) => content !== undefined && (content as Lists).size > 0,
    write(content, writer) {
      const lists = content as Lists;
      writer.varInt(lists.size);
      for (const [key, values] of lists.values()) {
        keyCoder.append(key, writer);
        writer.varInt(values.length);
        for (const value of values) coder.append(value, writer);
      }
    },
    read(reader): Lists {
      const lists: Lists = new Map();
      for (let left = reader.varInt(); left > 0; left--) {
        const key = keyCoder.read(reader);
        const values = Array.from({ length: reader.varInt() }, () => coder.read(reader));
        lists.set(identityOf(key), [key, values]);
      }
      return lists;
    },
  };
}

class MultimapHandle implements MultimapState<unknown, unknown> {
  readonly #holder: StateHolder;
  readonly #index: number;
  readonly #identityOf: Identity;

  constructor(holder: StateHolder, index: number, identityOf: Identity) {
    this.#holder = holder;
    this.#index = index;
    this.#identityOf = identityOf;
  }

  get(key: unknown): readonly unknown[] {
    return [...(this.#lists()?.get(this.#identityOf(key))?.[1] ?? [])];
  }

  put(key: unknown, value: unknown): void {
    const lists = this.#lists() ?? new Map<KeyPrimitive, readonly [unknown, unknown[]]>();
    const identity = this.#identityOf(key);
    const known = lists.get(identity);
    if (known === undefined) lists.set(identity, [key, [value]]);
    else known[1].push(value);
    this.#holder.contents[this.#index] = lists;
  }

  remove(key: unknown): void {
    this.#lists()?.delete(this.#identityOf(key));
  }

  keys(): readonly unknown[] {
    return Array.from(this.#lists()?.values() ?? [], ([key]) => key);
  }

  entries(): readonly (readonly [unknown, unknown])[] {
    return Array.from(this.#lists()?.values() ?? []).flatMap(([key, values]) =>
      values.map((value) => [key, value] as const),
    );
  }

  isEmpty(): boolean {
    return (this.#lists()?.size ?? 0) === 0;
  }

  clear(): void {
    this.#holder.contents[this.#index] = undefined;
  }

  #lists(): Lists | undefined {
    return this.#holder.contents[this.#index] as Lists | undefined;
  }
}
