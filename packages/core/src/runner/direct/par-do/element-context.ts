import type { Clock, Logger } from "../../../connector/services.js";
import type { BundleContext, EmitOptions } from "../../../pipeline/do-fn.js";
import type { Finalizer, StepMetrics } from "../../../pipeline/bundle-services.js";
import { NO_PANE, type Pane } from "../../../pipeline/pane.js";
import { GLOBAL_WINDOW, MIN_TIMESTAMP, type Window } from "../../../pipeline/window.js";
import type { StepServices } from "../step-services.js";
import { emitOutside, type FunctionOutputs } from "./function-outputs.js";
import type { StepEffects } from "./step-effects.js";

/** What every call of a function finds. */
export class CallContext implements BundleContext {
  readonly step: string;
  readonly metrics: StepMetrics;
  readonly finalizer: Finalizer;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly signal: AbortSignal;

  constructor(step: string, effects: StepEffects, { logger, clock, signal }: StepServices) {
    this.step = step;
    this.metrics = effects.metrics;
    this.finalizer = effects.finalizer;
    this.logger = logger;
    this.clock = clock;
    this.signal = signal;
  }
}

/**
 * The context of `process`: one object for all elements that are processed one after the other. Methods are bound, so
 * that a function may take the context apart.
 */
export class ElementContext extends CallContext {
  timestamp = MIN_TIMESTAMP;
  window: Window = GLOBAL_WINDOW;
  windows: readonly Window[] = [];
  pane: Pane = NO_PANE;
  key: unknown;
  fireTime = MIN_TIMESTAMP;
  id = "";
  readonly state: object = {};
  readonly timers: object = {};
  readonly side: object = {};
  /** True while an element is processed or a timer fires. */
  isOpen = false;
  /** False for a timer without an output timestamp. */
  mayEmit = true;
  readonly emit: (value: unknown, options?: EmitOptions) => void;
  readonly emitTo: (tag: string, value: unknown, options?: EmitOptions) => void;

  constructor(step: string, outputs: FunctionOutputs, effects: StepEffects, services: StepServices) {
    super(step, effects, services);
    const { main } = outputs;
    this.emit = (value, options) => {
      if (!this.isOpen || !this.mayEmit) throw this.#refused();
      const at = options?.timestamp;
      main(value, at === undefined ? this.timestamp : this.outputTime(outputs, at), this.windows, this.pane);
    };
    this.emitTo = (tag, value, options) => {
      if (!this.isOpen || !this.mayEmit) throw this.#refused();
      const at = options?.timestamp;
      const push = outputs.tagged(tag);
      push(value, at === undefined ? this.timestamp : this.outputTime(outputs, at), this.windows, this.pane);
    };
  }

  /** Checks the timestamp of an output. */
  protected outputTime(outputs: FunctionOutputs, timestamp: number): number {
    return outputs.checkTimestamp(timestamp, this.timestamp);
  }

  #refused(): unknown {
    return emitOutside(
      this.step,
      this.isOpen ? "from a timer that has no output timestamp" : "after it has finished with the element",
    );
  }
}

/** The context of `finishBundle`. */
export class BundleEndContext extends CallContext {
  isOpen = false;
  readonly emit: (value: unknown, timestamp: number, window: Window) => void;
  readonly emitTo: (tag: string, value: unknown, timestamp: number, window: Window) => void;

  constructor(step: string, outputs: FunctionOutputs, effects: StepEffects, services: StepServices) {
    super(step, effects, services);
    const emit = (push: FunctionOutputs["main"], value: unknown, timestamp: number, window: Window): void => {
      if (!this.isOpen) throw emitOutside(step, "after the bundle has ended");
      push(value, outputs.checkTimestamp(timestamp, Number.NEGATIVE_INFINITY), [window], NO_PANE);
    };
    this.emit = (value, timestamp, window) => emit(outputs.main, value, timestamp, window);
    this.emitTo = (tag, value, timestamp, window) => emit(outputs.tagged(tag), value, timestamp, window);
  }
}
