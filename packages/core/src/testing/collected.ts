import type { Sink } from "../connector/sink.js";
import type { Reified, ReifiedElement } from "../pipeline/reified.js";
import { formatPanes } from "./pane-text.js";

/** What a collection of a test held, with windows and panes. Filled while the pipeline runs. @public */
export class Collected<T> implements Sink<ReifiedElement<T>> {
  readonly #elements: ReifiedElement<T>[] = [];

  /** In the order of arrival. */
  get values(): readonly T[] {
    return this.#elements.map(({ value }) => value);
  }

  /** In the order of arrival; an element in several windows stands once for each. */
  get elements(): readonly Reified<T>[] {
    return this.#elements.flatMap(({ value, timestamp, windows, pane }) =>
      windows.map((window) => ({ value, timestamp, window, pane })),
    );
  }

  /** A table for people: one line for each element and window. */
  toString(): string {
    return formatPanes(this.elements);
  }

  /** @internal */
  createWriter(): ReturnType<Sink<ReifiedElement<T>>["createWriter"]> {
    return Promise.resolve({
      write: async (elements) => {
        for (const element of elements) this.#elements.push(element);
      },
      flush: () => Promise.resolve(),
      close: () => Promise.resolve(),
    });
  }
}
