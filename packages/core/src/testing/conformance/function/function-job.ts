import type { SourceFunction, SourceFunctionContext } from "../../../connector/source-function.js";
import type { Services } from "../../../connector/services.js";
import type { JsonValue } from "../../../types/json-value.js";

/** Plays the runner for one source function: sections run one after another, and none is accepted while it is held. */
export class FunctionJob<T> {
  readonly emitted: string[] = [];
  /** The state after each section, as text, with what had been emitted by then. */
  readonly states: { readonly state: string; readonly emitted: number }[] = [];
  sections = 0;
  hasEnded = false;
  failure: unknown;
  readonly #function: SourceFunction<T>;
  readonly #done: Promise<void>;
  #held: (() => void)[] | undefined;

  constructor(
    fn: SourceFunction<T>,
    identify: (value: T) => string,
    services: Services,
    options: { readonly restored?: readonly JsonValue[]; readonly isHeld?: boolean } = {},
  ) {
    this.#function = fn;
    this.#held = options.isHeld === true ? [] : undefined;
    const context: SourceFunctionContext<T> = {
      clock: services.clock,
      random: services.random,
      logger: services.logger,
      metrics: services.metrics,
      subtaskIndex: 0,
      parallelism: 1,
      signal: new AbortController().signal,
      ...(options.restored !== undefined && { restored: options.restored }),
      underCheckpointLock: async (section) => {
        this.sections += 1;
        section((value) => this.emitted.push(identify(value)));
        this.states.push({ state: JSON.stringify(fn.snapshot()), emitted: this.emitted.length });
        if (this.#held !== undefined) await new Promise<void>((resolve) => this.#held?.push(resolve));
      },
      openParts: () => {},
      closePart: () => {},
      markIdle: () => {},
      setCaughtUp: () => {},
    };
    this.#done = fn.run(context).then(
      () => {
        this.hasEnded = true;
      },
      (error: unknown) => {
        this.hasEnded = true;
        this.failure = error;
      },
    );
  }

  /** Cancels twice, as a runner may, and waits for the end. */
  async stop(): Promise<void> {
    this.#function.cancel();
    this.#function.cancel();
    for (const resume of this.#held ?? []) resume();
    this.#held = undefined;
    await this.#done;
  }
}
