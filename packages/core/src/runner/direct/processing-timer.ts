import type { Clock, TimerHandle } from "../../connector/services.js";
import type { Component } from "./component.js";
import type { LoopHost } from "./source-loop.js";

function turnTimer(callback: () => void): TimerHandle {
  const turn = setImmediate(callback);
  return { cancel: () => clearImmediate(turn) };
}

/** Wakes a component when its steps have work that the clock makes due. At most one timer of the clock at a time. */
export class ProcessingTimer {
  readonly #component: Component;
  readonly #clock: Clock;
  readonly #host: LoopHost;
  #timer: TimerHandle | undefined;
  #armedFor = Number.POSITIVE_INFINITY;
  #isStopped = false;

  constructor(component: Component, clock: Clock, host: LoopHost) {
    this.#component = component;
    this.#clock = clock;
    this.#host = host;
  }

  /** Sets the timer to the earliest instant at which something is due. Called whenever a bundle is over. */
  arm(): void {
    const next = this.#component.nextProcessingTime;
    if (next === this.#armedFor || this.#isStopped) return;
    this.#timer?.cancel();
    this.#armedFor = next;
    if (next === Number.POSITIVE_INFINITY) return;
    const run = (): void => {
      this.#armedFor = Number.POSITIVE_INFINITY;
      this.#run().catch((error: unknown) => this.#host.fail(error));
    };
    const delayMs = next - this.#clock.now();
    // What is due already waits for a turn of the event loop, not for the clock.
    this.#timer = delayMs > 0 ? this.#clock.setTimer(delayMs, run) : turnTimer(run);
  }

  stop(): void {
    this.#isStopped = true;
    this.#timer?.cancel();
  }

  async #run(): Promise<void> {
    if (this.#isStopped || this.#host.signal.aborted) return;
    await this.#host.enter();
    try {
      // Beside the source loops, which may be in waits of their own.
      await this.#component.advanceProcessingTime(this.#clock.now(), this.#host.waiting);
    } finally {
      this.#host.leave();
    }
  }
}
