import type { Clock, Logger } from "../../connector/services.js";

/** A callback for when a bundle is safe. */
export interface FinalizationCallback {
  readonly step: string;
  /** Of the clock, in milliseconds. */
  readonly expiresAt: number;
  readonly callback: () => void | Promise<void>;
}

/** Most callbacks that wait for a checkpoint; older ones are dropped, as they may be. */
const WAITING_CALLBACKS_MAX = 100_000;

/**
 * Calls back when bundles are safe: at once when a bundle's outputs were accepted, or with the next checkpoint that
 * covers them where the job writes checkpoints. Best effort: a callback that fails is logged.
 */
export class Finalization {
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** Set by a job that writes checkpoints. */
  waitsForCheckpoints = false;
  #waiting: FinalizationCallback[] = [];
  #cut: FinalizationCallback[] = [];

  constructor(clock: Clock, logger: Logger) {
    this.#clock = clock;
    this.#logger = logger;
  }

  /** The outputs of a bundle were accepted. */
  async bundleAccepted(callbacks: readonly FinalizationCallback[]): Promise<void> {
    if (!this.waitsForCheckpoints) {
      await this.#run(callbacks);
      return;
    }
    this.#waiting.push(...callbacks);
    if (this.#waiting.length > WAITING_CALLBACKS_MAX) {
      this.#waiting.splice(0, this.#waiting.length - WAITING_CALLBACKS_MAX);
    }
  }

  /** A checkpoint covers what was accepted so far. */
  checkpointCut(): void {
    this.#cut.push(...this.#waiting);
    this.#waiting = [];
  }

  /** The checkpoint is durable. */
  async checkpointCompleted(): Promise<void> {
    const callbacks = this.#cut;
    this.#cut = [];
    await this.#run(callbacks);
  }

  /** A callback that does not come back holds nobody beyond its time. */
  #unlessExpired(called: void | Promise<void>, expiresAt: number): void | Promise<void> {
    if (!(called instanceof Promise)) return called;
    return new Promise((resolve, reject) => {
      const late = (): void => reject(new Error("it took longer than it was given"));
      const timer = this.#clock.setTimer(expiresAt - this.#clock.now(), late);
      called.then(resolve, reject).finally(() => timer.cancel());
    });
  }

  async #run(callbacks: readonly FinalizationCallback[]): Promise<void> {
    for (const { step, expiresAt, callback } of callbacks) {
      if (expiresAt < this.#clock.now()) continue;
      try {
        await this.#unlessExpired(callback(), expiresAt);
      } catch (error) {
        this.#logger.warn("a callback after a commit failed", { step, reason: String(error) });
      }
    }
  }
}
