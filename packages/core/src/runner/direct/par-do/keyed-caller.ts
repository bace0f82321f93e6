import { TributaryError } from "../../../diagnostics/error.js";
import { NO_PANE, type Pane } from "../../../pipeline/pane.js";
import type { Window } from "../../../pipeline/window.js";
import type { FinalizationCallback } from "../finalization.js";
import type { CellStore } from "./cell-store.js";
import { BundleEndContext, CallContext } from "./element-context.js";
import { FunctionInstance, isWaiting } from "./function-instance.js";
import { FunctionOutputs } from "./function-outputs.js";
import type { KeyCell } from "./key-cell.js";
import { KeyedContext, type Firing } from "./keyed-context.js";
import { MutationGuard } from "./mutation-guard.js";
import type { ParDoParts } from "./par-do-step.js";
import type { SideViews } from "./side-views.js";
import type { StateKind } from "./state-kinds.js";
import { StepEffects } from "./step-effects.js";
import type { PendingTimer, TimerStore } from "./timer-store.js";

/** What the calls of a function need beside the function. */
export interface KeyedCallerParts {
  readonly step: ParDoParts;
  /** Absent for a function without state, timers and order. */
  readonly cells: CellStore | undefined;
  readonly kinds: readonly StateKind[];
  readonly timers: TimerStore;
  readonly sides: SideViews | undefined;
}

/** Calls the methods of a function with state, timers or side inputs, with what each may look at. */
export class KeyedCaller {
  readonly #parts: KeyedCallerParts;
  readonly #instance: FunctionInstance;
  readonly #outputs: FunctionOutputs;
  readonly #effects: StepEffects;
  readonly #bundleContext: CallContext;
  readonly #endContext: BundleEndContext;
  readonly #guard: MutationGuard | undefined;
  readonly #context: KeyedContext;
  #lastWindows: readonly Window[] = [];

  constructor(parts: KeyedCallerParts) {
    this.#parts = parts;
    const { name, binding, outputs, services } = parts.step;
    const { allowedSkewMs, attempts = 1 } = binding.declaration;
    this.#instance = new FunctionInstance(name, binding.create);
    this.#guard = services.detectMutations ? new MutationGuard(name) : undefined;
    this.#outputs = new FunctionOutputs(name, binding.tags, this.#guard?.watched(outputs) ?? outputs, {
      allowedSkewMs,
      isKept: attempts > 1,
    });
    this.#effects = new StepEffects(name, services);
    this.#bundleContext = new CallContext(name, this.#effects, services);
    this.#endContext = new BundleEndContext(name, this.#outputs, this.#effects, services);
    this.#context = this.newContext();
  }

  /** For elements that are processed while others are. */
  newContext(): KeyedContext {
    const { step, kinds, timers, sides } = this.#parts;
    return new KeyedContext({
      step: step.name,
      binding: step.binding,
      outputs: this.#outputs,
      effects: this.#effects,
      services: step.services,
      kinds,
      timerStore: timers,
      sides,
    });
  }

  open(): Promise<void> {
    return this.#instance.open();
  }

  close(): Promise<void> {
    return this.#instance.close();
  }

  startBundle(): Promise<void> | undefined {
    return this.#instance.startBundle(this.#bundleContext);
  }

  finishBundle(): Promise<void> | undefined {
    try {
      this.#guard?.outputs();
    } catch (error) {
      throw this.#instance.failed(error);
    }
    const { fn } = this.#instance;
    if (fn.finishBundle === undefined) return undefined;
    const context = this.#endContext;
    context.isOpen = true;
    const end = (): void => {
      context.isOpen = false;
      this.#outputs.throwFailureBelow();
    };
    const result = this.#instance.call(() => fn.finishBundle?.(context));
    if (result !== undefined) return result.then(end);
    end();
    return undefined;
  }

  /** The bundle has succeeded: its outputs leave if they were kept. */
  release(): void {
    this.#outputs.release();
  }

  commit(): readonly FinalizationCallback[] {
    return this.#effects.commit();
  }

  /** Drops what the bundle has done and the instance that failed. */
  async undo(): Promise<void> {
    this.#outputs.drop();
    this.#effects.rollBack();
    await this.#instance.renew();
  }

  /** @throws what the function's own `key` throws, and `PIPELINE_INVALID` for an element without one. */
  keyOf(value: unknown): unknown {
    try {
      const { fn } = this.#instance;
      if (fn.key !== undefined) return fn.key(value);
      if (typeof value === "object" && value !== null && "key" in value) return value.key;
    } catch (error) {
      throw this.#instance.failed(error);
    }
    const step = this.#parts.step.name;
    throw new TributaryError({
      severity: "error",
      code: "PIPELINE_INVALID",
      message: `The step '${step}' keeps state by key and declares none, and an element has no property 'key'.`,
      step,
      hint: "Declare it: key: (element) => ...",
    });
  }

  process(
    value: unknown,
    timestamp: number,
    window: Window,
    pane: Pane,
    context = this.#context,
  ): Promise<void> | undefined {
    const { cells } = this.#parts;
    if (cells === undefined) {
      if (this.#lastWindows[0] !== window) this.#lastWindows = [window];
      this.#prepare(context, "element", timestamp, this.#lastWindows, pane);
    } else {
      const key = this.keyOf(value);
      let cell: KeyCell;
      try {
        cell = cells.enter(key, cells.spanOf(window));
      } catch (error) {
        throw this.#instance.failed(error);
      }
      this.#atCell(context, cell, "element", timestamp, pane);
    }
    const check = this.#guard?.input(value);
    let result: void | Promise<void>;
    try {
      result = this.#instance.fn.process(value, context);
    } catch (error) {
      throw this.#instance.failed(error);
    }
    return this.#ended(context, result, check);
  }

  /** @param timestamp - of what it emits where it has no output timestamp and may not. */
  fireTimer(timer: PendingTimer, firing: Firing, timestamp: number): Promise<void> | undefined {
    const context = this.#context;
    const { cell, index, id, target, outputTimestamp } = timer;
    this.#parts.cells?.touch(cell);
    this.#atCell(context, cell, firing, outputTimestamp ?? timestamp, NO_PANE);
    context.fireTime = target;
    context.id = id;
    context.mayEmit = outputTimestamp !== undefined;
    const name = this.#parts.timers.names[index] as string;
    return this.#ended(
      context,
      this.#instance.call(() => this.#instance.fn.onTimer?.(name, context)),
    );
  }

  expire(cell: KeyCell): Promise<void> | undefined {
    const { fn } = this.#instance;
    if (fn.onWindowExpiration === undefined) return undefined;
    this.#parts.cells?.touch(cell);
    const context = this.#context;
    this.#atCell(context, cell, "expiration", cell.span.window.end - 1, NO_PANE);
    return this.#ended(
      context,
      this.#instance.call(() => fn.onWindowExpiration?.(context)),
    );
  }

  #atCell(context: KeyedContext, cell: KeyCell, firing: Firing, timestamp: number, pane: Pane): void {
    context.cell = cell;
    context.key = cell.key;
    this.#prepare(context, firing, timestamp, cell.span.windows, pane);
  }

  #prepare(
    context: KeyedContext,
    firing: Firing,
    timestamp: number,
    windows: readonly Window[],
    pane: Pane,
  ): void {
    context.firing = firing;
    context.timestamp = timestamp;
    context.windows = windows;
    context.window = windows[0] as Window;
    context.pane = pane;
    context.mayEmit = true;
    context.isOpen = true;
  }

  #ended(context: KeyedContext, result: void | Promise<void>, check?: () => void): Promise<void> | undefined {
    if (isWaiting(result)) {
      return this.#instance.supervised(Promise.resolve(result).then(() => this.#end(context, check)));
    }
    try {
      this.#end(context, check);
    } catch (error) {
      throw this.#instance.failed(error);
    }
    return undefined;
  }

  #end(context: KeyedContext, check: (() => void) | undefined): void {
    context.isOpen = false;
    this.#outputs.throwFailureBelow();
    check?.();
    if (context.cell !== undefined) this.#parts.cells?.leave(context.cell);
  }
}
