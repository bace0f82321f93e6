import type { CombineFn } from "../../../pipeline/graph.js";
import type { CombiningState, ValueState } from "../../../pipeline/state.js";
import type { NestedCoder } from "../../../types/coders/nested-coder.js";
import type { StateHolder, StateKind } from "./state-kinds.js";

/** A value; `undefined` is none. */
export function valueKind(coder: NestedCoder<unknown>): StateKind {
  return {
    handle: (holder, index) => new ValueHandle(holder, index),
    isKept: (content) => content !== undefined,
    write: (content, writer) => coder.append(content, writer),
    read: (reader) => coder.read(reader),
  };
}

class ValueHandle implements ValueState<unknown> {
  readonly #holder: StateHolder;
  readonly #index: number;

  constructor(holder: StateHolder, index: number) {
    this.#holder = holder;
    this.#index = index;
  }

  read(): unknown {
    return this.#holder.contents[this.#index];
  }

  write(value: unknown): void {
    this.#holder.contents[this.#index] = value;
  }

  clear(): void {
    this.#holder.contents[this.#index] = undefined;
  }
}

/** An accumulator. */
interface Accumulated {
  accumulator: unknown;
}

/** A fold that goes on. */
export function combiningKind(
  coder: NestedCoder<unknown>,
  combineFn: CombineFn<unknown, unknown, unknown>,
): StateKind {
  return {
    handle: (holder, index) => new CombiningHandle(holder, index, combineFn),
    isKept: (content) => content !== undefined,
    write: (content, writer) => coder.append((content as Accumulated).accumulator, writer),
    read: (reader): Accumulated => ({ accumulator: coder.read(reader) }),
  };
}

class CombiningHandle implements CombiningState<unknown, unknown, unknown> {
  readonly #holder: StateHolder;
  readonly #index: number;
  readonly #fn: CombineFn<unknown, unknown, unknown>;

  constructor(holder: StateHolder, index: number, fn: CombineFn<unknown, unknown, unknown>) {
    this.#holder = holder;
    this.#index = index;
    this.#fn = fn;
  }

  add(input: unknown): void {
    const content = this.#content();
    content.accumulator = this.#fn.addInput(content.accumulator, input);
  }

  read(): unknown {
    return this.#fn.extractOutput(this.readAccumulator());
  }

  readAccumulator(): unknown {
    const content = this.#holder.contents[this.#index] as Accumulated | undefined;
    return content === undefined ? this.#fn.createAccumulator() : content.accumulator;
  }

  addAccumulator(accumulator: unknown): void {
    const content = this.#content();
    content.accumulator = this.#fn.mergeAccumulators([content.accumulator, accumulator]);
  }

  isEmpty(): boolean {
    return this.#holder.contents[this.#index] === undefined;
  }

  clear(): void {
    this.#holder.contents[this.#index] = undefined;
  }

  #content(): Accumulated {
    const { contents } = this.#holder;
    const known = contents[this.#index] as Accumulated | undefined;
    if (known !== undefined) return known;
    const made: Accumulated = { accumulator: this.#fn.createAccumulator() };
    contents[this.#index] = made;
    return made;
  }
}
