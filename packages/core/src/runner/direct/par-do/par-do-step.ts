import type { ParDoBinding } from "../../../pipeline/graph.js";
import type { Pane } from "../../../pipeline/pane.js";
import type { Window } from "../../../pipeline/window.js";
import type { FinalizationCallback } from "../finalization.js";
import type { BundleStep, Pressure, Push } from "../push.js";
import type { StepServices } from "../step-services.js";
import { tryRepeatedly } from "./attempts.js";
import { BundleEndContext, CallContext, ElementContext } from "./element-context.js";
import { FunctionInstance, isWaiting } from "./function-instance.js";
import { FunctionOutputs } from "./function-outputs.js";
import { MutationGuard } from "./mutation-guard.js";
import { StepEffects } from "./step-effects.js";

interface Element {
  readonly value: unknown;
  readonly timestamp: number;
  readonly windows: readonly Window[];
  readonly pane: Pane;
}

/** What a step with a function is made of. */
export interface ParDoParts {
  readonly name: string;
  readonly binding: ParDoBinding;
  /** By output of the node; the first is the main one. */
  readonly outputs: readonly Push[];
  readonly pressure: Pressure;
  readonly services: StepServices;
}

/**
 * A ParDo without state, timers and side inputs. `process` runs inside the push loop as long as nothing returns a
 * promise; from the first promise on, the bundle's other elements wait for its end and are then processed, `concurrency`
 * at a time. With several attempts all of a bundle's elements wait for its end, and its outputs until it has succeeded.
 */
export class ParDoStep implements BundleStep {
  readonly name: string;
  readonly #parts: ParDoParts;
  readonly #instance: FunctionInstance;
  readonly #outputs: FunctionOutputs;
  readonly #effects: StepEffects;
  readonly #context: ElementContext;
  readonly #bundleContext: CallContext;
  readonly #endContext: BundleEndContext;
  readonly #pressure: Pressure;
  readonly #guard: MutationGuard | undefined;
  readonly #isRetried: boolean;
  #isInBundle = false;
  #pending: Promise<void> | undefined;
  #queue: Element[] = [];

  constructor(parts: ParDoParts) {
    const { name, binding, outputs, pressure, services } = parts;
    const { allowedSkewMs, attempts = 1 } = binding.declaration;
    this.name = name;
    this.#parts = parts;
    this.#pressure = pressure;
    this.#isRetried = attempts > 1;
    this.#instance = new FunctionInstance(name, binding.create);
    this.#guard = services.detectMutations ? new MutationGuard(name) : undefined;
    this.#outputs = new FunctionOutputs(name, binding.tags, this.#guard?.watched(outputs) ?? outputs, {
      allowedSkewMs,
      isKept: this.#isRetried,
    });
    this.#effects = new StepEffects(name, services);
    this.#context = this.#newContext();
    this.#bundleContext = new CallContext(name, this.#effects, services);
    this.#endContext = new BundleEndContext(name, this.#outputs, this.#effects, services);
  }

  readonly push: Push = (value, timestamp, windows, pane) => {
    if (!this.#isInBundle) this.#begin();
    if (this.#pending !== undefined || this.#isRetried) {
      this.#queue.push({ value, timestamp, windows, pane });
      this.#pressure.waiting += 1;
      return;
    }
    if (windows.length === 1) {
      this.#pending = this.#process(this.#context, value, timestamp, windows, pane);
      return;
    }
    for (const window of windows) {
      if (this.#pending === undefined) {
        this.#pending = this.#process(this.#context, value, timestamp, [window], pane);
      } else {
        this.#queue.push({ value, timestamp, windows: [window], pane });
        this.#pressure.waiting += 1;
      }
    }
  };

  finishBundle(): Promise<void> | undefined {
    if (!this.#isInBundle) return undefined;
    this.#isInBundle = false;
    if (this.#isRetried) return this.#attempt();
    if (this.#pending !== undefined) return this.#finishWaiting();
    return this.#finish();
  }

  commit(): readonly FinalizationCallback[] {
    return this.#effects.commit();
  }

  open(): Promise<void> {
    return this.#instance.open();
  }

  close(): Promise<void> {
    return this.#instance.close();
  }

  #newContext(): ElementContext {
    return new ElementContext(this.name, this.#outputs, this.#effects, this.#parts.services);
  }

  #begin(): void {
    this.#isInBundle = true;
    if (!this.#isRetried) this.#pending = this.#instance.startBundle(this.#bundleContext);
  }

  #process(
    context: ElementContext,
    value: unknown,
    timestamp: number,
    windows: readonly Window[],
    pane: Pane,
  ): Promise<void> | undefined {
    context.timestamp = timestamp;
    context.windows = windows;
    context.pane = pane;
    context.window = windows[0] as Window;
    context.isOpen = true;
    if (this.#guard !== undefined) return this.#processGuarded(context, value);
    let result: void | Promise<void>;
    try {
      result = this.#instance.fn.process(value, context);
      if (!isWaiting(result)) {
        context.isOpen = false;
        this.#outputs.throwFailureBelow();
        return undefined;
      }
    } catch (error) {
      throw this.#instance.failed(error);
    }
    return this.#settled(context, result);
  }

  #processGuarded(context: ElementContext, value: unknown): Promise<void> | undefined {
    const check = this.#guard?.input(value);
    const result = this.#instance.call(() => this.#instance.fn.process(value, context));
    if (result !== undefined) return this.#settled(context, result.then(check));
    context.isOpen = false;
    this.#outputs.throwFailureBelow();
    return this.#instance.call(() => check?.());
  }

  #settled(context: ElementContext, result: Promise<void>): Promise<void> {
    return this.#instance.supervised(
      Promise.resolve(result).then(() => {
        context.isOpen = false;
        this.#outputs.throwFailureBelow();
      }),
    );
  }

  async #finishWaiting(): Promise<void> {
    const queue = this.#takeQueue();
    const first = this.#pending;
    this.#pending = undefined;
    const { concurrency = 1 } = this.#parts.binding.declaration;
    if (this.#context.isOpen) {
      await this.#processAll(queue, concurrency, first);
    } else {
      // The bundle's beginning was waited for.
      await first;
      await this.#processAll(queue, concurrency);
    }
    await this.#finish();
  }

  #takeQueue(): readonly Element[] {
    const queue = this.#queue;
    this.#queue = [];
    this.#pressure.waiting -= queue.length;
    return queue;
  }

  /** Workers take the next element each; the first one is busy until `first` is settled. */
  async #processAll(queue: readonly Element[], concurrency: number, first?: Promise<void>): Promise<void> {
    let next = 0;
    let isFailed = false;
    const work = async (context: ElementContext, busy: Promise<void> | undefined): Promise<void> => {
      try {
        await busy;
        while (next < queue.length && !isFailed) {
          const { value, timestamp, windows, pane } = queue[next++] as Element;
          for (const window of windows) {
            const one = windows.length === 1 ? windows : [window];
            const result = this.#process(context, value, timestamp, one, pane);
            if (result !== undefined) await result;
          }
        }
      } catch (error) {
        isFailed = true;
        throw error;
      }
    };
    const workers = Math.max(1, Math.min(concurrency, queue.length + (first === undefined ? 0 : 1)));
    const results = await Promise.allSettled(
      Array.from({ length: workers }, (_, worker) =>
        worker === 0 ? work(this.#context, first) : work(this.#newContext(), undefined),
      ),
    );
    const failure = results.find((result) => result.status === "rejected");
    if (failure !== undefined) throw failure.reason;
  }

  #finish(): Promise<void> | undefined {
    this.#checkOutputs();
    if (this.#instance.fn.finishBundle === undefined) return undefined;
    const context = this.#endContext;
    context.isOpen = true;
    const result = this.#instance.call(() => this.#instance.fn.finishBundle?.(context));
    if (result !== undefined) return result.then(() => this.#finished());
    this.#finished();
    return undefined;
  }

  #checkOutputs(): void {
    try {
      this.#guard?.outputs();
    } catch (error) {
      throw this.#instance.failed(error);
    }
  }

  #finished(): void {
    this.#endContext.isOpen = false;
    this.#outputs.throwFailureBelow();
  }

  async #attempt(): Promise<void> {
    const queue = this.#takeQueue();
    const { services, binding } = this.#parts;
    await tryRepeatedly(
      binding.declaration,
      services,
      {
        run: async () => {
          await this.#instance.startBundle(this.#bundleContext);
          await this.#processAll(queue, binding.declaration.concurrency ?? 1);
          await this.#finish();
        },
        undo: async () => {
          this.#outputs.drop();
          this.#effects.rollBack();
          await this.#instance.renew();
        },
      },
      this.name,
    );
    this.#outputs.release();
  }
}
