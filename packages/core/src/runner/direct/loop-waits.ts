import type { Clock } from "../../connector/services.js";

/** What a wait gives when the loop is told to end. */
export const INTERRUPTED = Symbol("interrupted");

/**
 * The waits of one source loop, one at a time, each of which can be given up: without a race on a long-lived promise,
 * which would gather reactions for as long as the job runs.
 */
export class LoopWaits {
  readonly #clock: Clock;
  readonly #signal: AbortSignal;
  /** Ends of the wait in progress. Two fields, not one closure over both: that kept batches alive for long (measured). */
  #resolve: ((reason: typeof INTERRUPTED) => void) | undefined;
  #reject: ((error: unknown) => void) | undefined;
  /** Time spent waiting for sinks, which makes no split idle. */
  #pressedMs = 0;
  #pressedSince: number | undefined;

  constructor(clock: Clock, signal: AbortSignal) {
    this.#clock = clock;
    this.#signal = signal;
  }

  /** The clock without the time spent waiting for sinks. */
  idleClock(): number {
    return (this.#pressedSince ?? this.#clock.now()) - this.#pressedMs;
  }

  /** Waits for the reader or for a step. */
  until<T>(promise: Promise<T>): Promise<T | typeof INTERRUPTED> {
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
      if (this.#signal.aborted) reject(this.#signal.reason);
      promise.then(resolve, reject);
    });
  }

  /** Waits for what is below the source. */
  async untilAccepted(promise: Promise<void>): Promise<void> {
    const since = this.#clock.now();
    this.#pressedSince = since;
    try {
      await this.until(promise);
    } finally {
      this.#pressedSince = undefined;
      this.#pressedMs += this.#clock.now() - since;
    }
  }

  /** Ends the wait in progress with {@link INTERRUPTED}. */
  interrupt(): void {
    this.#resolve?.(INTERRUPTED);
  }

  /** Ends the wait in progress with an error. */
  abort(error: unknown): void {
    this.#reject?.(error);
  }
}
