import type { AnyDoFn, BundleContext, DoFn } from "../../../pipeline/do-fn.js";
import { stepError } from "../step-error.js";

/** A function as the runner calls it. */
export type CalledFn = DoFn<unknown, unknown, never, never, never, never, unknown> & {
  process(element: unknown, context: unknown): void | Promise<void>;
  onTimer?(timer: string, context: unknown): void | Promise<void>;
  onWindowExpiration?(context: unknown): void | Promise<void>;
  finishBundle?(context: unknown): void | Promise<void>;
};

/** What a method returned is to be waited for; other values that it may return mean nothing. */
export function isWaiting(result: unknown): result is Promise<void> {
  return typeof result === "object" && result !== null && "then" in result;
}

/** Holds the instance of a function in use. One that threw is torn down and never called again. */
export class FunctionInstance {
  readonly #step: string;
  readonly #create: () => AnyDoFn;
  fn: CalledFn;
  #isSetUp = false;
  /** Of an instance that is not to be used any more. */
  #failure: { readonly error: unknown } | undefined;

  constructor(step: string, create: () => AnyDoFn) {
    this.#step = step;
    this.#create = create;
    this.fn = create() as unknown as CalledFn;
  }

  async open(): Promise<void> {
    this.#isSetUp = true;
    await this.call(() => this.fn.setup?.());
  }

  async close(): Promise<void> {
    if (!this.#isSetUp) return;
    this.#isSetUp = false;
    await this.call(() => this.fn.teardown?.(), true);
  }

  startBundle(context: BundleContext): Promise<void> | undefined {
    if (this.fn.startBundle === undefined) {
      if (this.#failure !== undefined) throw this.#failure.error;
      return undefined;
    }
    return this.call(() => this.fn.startBundle?.(context));
  }

  /** Runs a method and names the step in what it throws. */
  call(method: () => void | Promise<void>, isLast = false): Promise<void> | undefined {
    if (this.#failure !== undefined && !isLast) throw this.#failure.error;
    let result: void | Promise<void>;
    try {
      result = method();
    } catch (error) {
      throw this.failed(error);
    }
    return isWaiting(result) ? this.supervised(result) : undefined;
  }

  /** Names the step in a rejection; it may come before anybody waits for it. */
  supervised(result: Promise<void>): Promise<void> {
    const named = Promise.resolve(result).catch((error: unknown) => {
      throw this.failed(error);
    });
    named.catch(() => {});
    return named;
  }

  /** Marks the instance as unfit. @returns what is to be thrown. */
  failed(error: unknown): unknown {
    const named = stepError(this.#step, error);
    this.#failure ??= { error: named };
    return named;
  }

  /** Drops an instance that failed and begins with a new one. */
  async renew(): Promise<void> {
    try {
      await this.close();
    } catch {
      // The first error of the instance is the one that counts.
    }
    this.fn = this.#create() as unknown as CalledFn;
    this.#failure = undefined;
    await this.open();
  }
}
