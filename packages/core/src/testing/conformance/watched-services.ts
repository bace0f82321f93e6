import type { Clock, LogFields, Logger, Random, Services, TimerHandle } from "../../connector/services.js";
import { MetricRegistry } from "../../runner/metrics.js";
import { SeededRandom } from "./seeded-random.js";

/** Timers are due so many times sooner than asked for, so that back-offs cost a test little. */
const HASTE = 50;

/** A timer or sleep that is still to come. */
export interface PendingTimer {
  readonly delayMs: number;
}

/** A clock that knows which of its timers are pending. */
class WatchedClock implements Clock {
  readonly pending = new Set<PendingTimer>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  setTimer(delayMs: number, callback: () => void): TimerHandle {
    const entry = { delayMs };
    this.pending.add(entry);
    const timer = this.#clock.setTimer(delayMs, () => {
      this.pending.delete(entry);
      callback();
    });
    return {
      cancel: () => {
        this.pending.delete(entry);
        timer.cancel();
      },
    };
  }

  async sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    const entry = { delayMs };
    this.pending.add(entry);
    try {
      await this.#clock.sleep(delayMs, signal);
    } finally {
      this.pending.delete(entry);
    }
  }
}

/** The machine's time with hasty timers. */
const HASTY_CLOCK: Clock = {
  now: () => Date.now(),
  setTimer(delayMs, callback) {
    const timer = setTimeout(callback, delayMs / HASTE);
    return { cancel: () => clearTimeout(timer) };
  },
  sleep(delayMs, signal) {
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        clearTimeout(timer);
        reject(signal?.reason as Error);
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener("abort", onAbort);
        resolve();
      }, delayMs / HASTE);
      if (signal?.aborted === true) onAbort();
      else signal?.addEventListener("abort", onAbort, { once: true });
    });
  },
};

/** What a connector gets from the kit in place of the runner's services. */
export class WatchedServices implements Services {
  readonly clock: WatchedClock;
  readonly random: Random;
  readonly metrics = new MetricRegistry();
  readonly logger: Logger;
  /** Everything logged, one line each. */
  readonly logged: string[] = [];

  /** @param clock - the author's own, e.g. a virtual one; else the machine's with timers that are due sooner. */
  constructor(clock: Clock = HASTY_CLOCK, seed = 1) {
    this.clock = new WatchedClock(clock);
    this.random = new SeededRandom(seed);
    const log = (message: string, fields: LogFields = {}): void => {
      const texts = Object.entries(fields).map(([name, value]) => ` ${name}=${String(value)}`);
      this.logged.push(message + texts.join(""));
    };
    this.logger = { error: log, warn: log, info: log, debug: log, trace: log };
  }

  get pendingTimers(): readonly PendingTimer[] {
    return [...this.clock.pending];
  }
}
