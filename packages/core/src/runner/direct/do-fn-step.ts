import type { DoFn, FinishBundleContext, ProcessContext } from "../../pipeline/do-fn.js";
import { NO_PANE, type Pane } from "../../pipeline/pane.js";
import { GLOBAL_WINDOW, MIN_TIMESTAMP, type Window } from "../../pipeline/window.js";
import type { BundleStep, Pressure, Push } from "./push.js";
import { stepError } from "./step-error.js";

interface Element {
  readonly value: unknown;
  readonly timestamp: number;
  readonly windows: readonly Window[];
  readonly pane: Pane;
}

/** The context of `process`: one object a step, since calls never overlap. */
class CurrentElement implements ProcessContext<unknown> {
  timestamp = MIN_TIMESTAMP;
  window: Window = GLOBAL_WINDOW;
  windows: readonly Window[] = [];
  pane = NO_PANE;
  readonly #next: Push;

  constructor(next: Push) {
    this.#next = next;
  }

  emit(value: unknown): void {
    this.#next(value, this.timestamp, this.windows, this.pane);
  }
}

/**
 * A ParDo. `process` runs inside the push loop as long as nothing returns a promise; from the first promise on, the
 * bundle's other elements wait for its end and are then processed one after the other.
 */
export class DoFnStep implements BundleStep {
  readonly name: string;
  readonly #fn: DoFn<unknown, unknown>;
  readonly #current: CurrentElement;
  readonly #finishContext: FinishBundleContext<unknown>;
  readonly #pressure: Pressure;
  #isInBundle = false;
  #pending: Promise<void> | undefined;
  #queue: Element[] = [];
  #isTornDown = false;

  constructor(name: string, fn: DoFn<never, unknown>, next: Push, pressure: Pressure) {
    this.name = name;
    this.#fn = fn;
    this.#current = new CurrentElement(next);
    this.#finishContext = {
      emit: (value, timestamp, window) => next(value, timestamp, [window], NO_PANE),
    };
    this.#pressure = pressure;
  }

  readonly push: Push = (value, timestamp, windows, pane) => {
    if (this.#pending === undefined && !this.#isInBundle) {
      this.#isInBundle = true;
      this.#pending = this.#call(() => this.#fn.startBundle?.());
    }
    if (this.#pending !== undefined) {
      this.#queue.push({ value, timestamp, windows, pane });
      this.#pressure.waiting += 1;
      return;
    }
    if (windows.length === 1) this.#pending = this.#process(value, timestamp, windows, pane);
    else this.#processPerWindow(value, timestamp, windows, pane);
  };

  finishBundle(): Promise<void> | undefined {
    if (!this.#isInBundle) return undefined;
    if (this.#pending !== undefined) return this.#finishWaiting(this.#pending);
    return this.#finish();
  }

  async open(): Promise<void> {
    await this.#call(() => this.#fn.setup?.());
  }

  async close(): Promise<void> {
    if (this.#isTornDown) return;
    this.#isTornDown = true;
    await this.#call(() => this.#fn.teardown?.());
  }

  #processPerWindow(value: unknown, timestamp: number, windows: readonly Window[], pane: Pane): void {
    for (const window of windows) {
      if (this.#pending === undefined) this.#pending = this.#process(value, timestamp, [window], pane);
      else {
        this.#queue.push({ value, timestamp, windows: [window], pane });
        this.#pressure.waiting += 1;
      }
    }
  }

  #process(
    value: unknown,
    timestamp: number,
    windows: readonly Window[],
    pane: Pane,
  ): Promise<void> | undefined {
    const current = this.#current;
    current.timestamp = timestamp;
    current.windows = windows;
    current.pane = pane;
    current.window = windows[0] as Window;
    let result: void | Promise<void>;
    try {
      result = this.#fn.process(value, current);
    } catch (error) {
      throw stepError(this.name, error);
    }
    return result === undefined ? undefined : this.#supervised(result);
  }

  async #finishWaiting(pending: Promise<void>): Promise<void> {
    await pending;
    this.#pending = undefined;
    const queue = this.#queue;
    this.#queue = [];
    this.#pressure.waiting -= queue.length;
    for (const { value, timestamp, windows, pane } of queue) {
      for (const window of windows) {
        const result = this.#process(value, timestamp, windows.length === 1 ? windows : [window], pane);
        if (result !== undefined) await result;
      }
    }
    await this.#finish();
  }

  #finish(): Promise<void> | undefined {
    this.#isInBundle = false;
    return this.#call(() => this.#fn.finishBundle?.(this.#finishContext));
  }

  #call(method: () => void | Promise<void>): Promise<void> | undefined {
    let result: void | Promise<void>;
    try {
      result = method();
    } catch (error) {
      throw stepError(this.name, error);
    }
    return result === undefined ? undefined : this.#supervised(result);
  }

  /** Names the step in a rejection; it may come before anybody waits for it. */
  #supervised(result: Promise<void>): Promise<void> {
    const named = Promise.resolve(result).catch((error: unknown) => {
      throw stepError(this.name, error);
    });
    named.catch(() => {});
    return named;
  }
}
