import type { Clock, TimerHandle } from "../../connector/services.js";

/** Notices when a job has had nothing to read for some time: every source waits and none has delivered. */
export class IdleDetector {
  readonly #clock: Clock;
  readonly #idleMs: number;
  readonly #isQuiet: () => boolean;
  readonly #onIdle: () => void;
  #lastDelivery: number;
  #timer: TimerHandle | undefined;

  /** @param isQuiet - true while every source waits for something to read. */
  constructor(clock: Clock, idleMs: number, isQuiet: () => boolean, onIdle: () => void) {
    this.#clock = clock;
    this.#idleMs = idleMs;
    this.#isQuiet = isQuiet;
    this.#onIdle = onIdle;
    this.#lastDelivery = clock.now();
  }

  start(): void {
    this.#lastDelivery = this.#clock.now();
    this.#arm(this.#idleMs);
  }

  /** Something was read, or what was read has just been processed. */
  delivered(): void {
    this.#lastDelivery = this.#clock.now();
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #arm(delayMs: number): void {
    this.#timer = this.#clock.setTimer(delayMs, () => this.#check());
  }

  #check(): void {
    // While a source is at work its end of work is the beginning of the wait.
    if (!this.#isQuiet()) this.delivered();
    const rest = this.#lastDelivery + this.#idleMs - this.#clock.now();
    if (rest <= 0) this.#onIdle();
    else this.#arm(rest);
  }
}
