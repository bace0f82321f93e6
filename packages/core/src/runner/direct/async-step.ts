import type { ElementwiseBinding, MetadataBinding } from "../../pipeline/graph.js";
import type { Pane } from "../../pipeline/pane.js";
import type { Window } from "../../pipeline/window.js";
import { iterable } from "./elementwise.js";
import type { BundleStep, Pressure, Push } from "./push.js";
import { stepError } from "./step-error.js";

type FunctionBinding = Exclude<ElementwiseBinding, MetadataBinding>;

/** Elements of a bundle in progress at one time, unless the step says otherwise. */
const CONCURRENCY_DEFAULT = 16;

/**
 * An element-wise step whose function may return promises. Elements wait until the bundle has been pushed; then a
 * bounded number is in progress at a time and the outputs leave in the order of the inputs.
 */
export class AsyncStep implements BundleStep {
  readonly name: string;
  readonly #binding: FunctionBinding;
  readonly #next: Push;
  readonly #pressure: Pressure;
  readonly #concurrency: number;
  #values: unknown[] = [];
  #timestamps: number[] = [];
  #windows: (readonly Window[])[] = [];
  #panes: Pane[] = [];

  constructor(name: string, binding: FunctionBinding, next: Push, pressure: Pressure) {
    this.name = name;
    this.#binding = binding;
    this.#next = next;
    this.#pressure = pressure;
    this.#concurrency = Math.max(1, binding.concurrency ?? CONCURRENCY_DEFAULT);
  }

  readonly push: Push = (value, timestamp, windows, pane) => {
    this.#values.push(value);
    this.#timestamps.push(timestamp);
    this.#windows.push(windows);
    this.#panes.push(pane);
    this.#pressure.waiting += 1;
  };

  finishBundle(): Promise<void> | undefined {
    return this.#values.length === 0 ? undefined : this.#run();
  }

  open(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async #run(): Promise<void> {
    const values = this.#values;
    const timestamps = this.#timestamps;
    const windows = this.#windows;
    const panes = this.#panes;
    this.#values = [];
    this.#timestamps = [];
    this.#windows = [];
    this.#panes = [];
    const results = await this.#results(values);
    this.#pressure.waiting -= values.length;
    for (let i = 0; i < values.length; i++) {
      this.#emit(values[i], results[i], (result) =>
        this.#next(result, timestamps[i] as number, windows[i] as readonly Window[], panes[i] as Pane),
      );
    }
  }

  /** Workers take the next element each; one that never meets a promise takes them all. */
  async #results(values: readonly unknown[]): Promise<unknown[]> {
    const results = Array.from({ length: values.length });
    let next = 0;
    let isFailed = false;
    const work = async (): Promise<void> => {
      while (next < values.length && !isFailed) {
        const index = next++;
        try {
          const result = this.#call(values[index]);
          results[index] = isPromiseLike(result) ? await result : result;
        } catch (error) {
          isFailed = true;
          throw stepError(this.name, error);
        }
      }
    };
    await Promise.all(Array.from({ length: Math.min(this.#concurrency, values.length) }, work));
    return results;
  }

  #call(value: unknown): unknown {
    const result = (this.#binding.fn as (value: unknown) => unknown)(value);
    return this.#binding.form === "flatMap" ? collected(this.name, result) : result;
  }

  #emit(value: unknown, result: unknown, next: (result: unknown) => void): void {
    switch (this.#binding.form) {
      case "map":
        next(result);
        return;
      case "filter":
        if (result) next(value);
        return;
      case "filterMap":
        if (result !== undefined) next(result);
        return;
      case "flatMap":
        for (const one of result as readonly unknown[]) next(one);
        return;
    }
  }
}

function isPromiseLike(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

/** An iterable is read whole before the step's outputs leave: what it throws is the function's own. */
function collected(step: string, result: unknown): unknown {
  if (isPromiseLike(result)) return result.then((settled) => collected(step, settled));
  if (typeof result === "object" && result !== null && Symbol.asyncIterator in result) {
    return toArray(result as AsyncIterable<unknown>);
  }
  return Array.isArray(result) ? result : [...iterable(step, result)];
}

async function toArray(values: AsyncIterable<unknown>): Promise<unknown[]> {
  const array: unknown[] = [];
  for await (const value of values) array.push(value);
  return array;
}
