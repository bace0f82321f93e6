/** Cancels a scheduled call; harmless when it has run already. */
export type Cancel = () => void;

interface Alarm {
  readonly at: number;
  readonly order: number;
  readonly run: () => void;
}

/**
 * The emulator's time. Everything that depends on time asks it: arrival times, expiry of iterators, retention, the
 * end of subscriptions, the rates.
 *
 * By default it runs with the system's clock and can be pushed ahead; a virtual one stands still until it is told to
 * move. Whatever is due between the old and the new time happens in order, each at its own instant.
 *
 * @internal
 */
export class EmulatorClock {
  readonly #isVirtual: boolean;
  readonly #alarms = new Set<Alarm>();
  #virtualMs = 0;
  #offsetMs = 0;
  #order = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(virtualTime: boolean | number = false) {
    this.#isVirtual = virtualTime !== false;
    if (this.#isVirtual) this.#virtualMs = typeof virtualTime === "number" ? virtualTime : Date.now();
  }

  /** Milliseconds since 1970. */
  now(): number {
    return this.#isVirtual ? this.#virtualMs : Date.now() + this.#offsetMs;
  }

  /** Moves time by `ms`, which may be negative. */
  advance(ms: number): void {
    this.setTime(this.now() + ms);
  }

  /** Sets the time, in milliseconds since 1970. */
  setTime(ms: number): void {
    for (let due = this.#next(); due !== undefined && due.at <= ms; due = this.#next()) {
      this.#alarms.delete(due);
      if (due.at > this.now()) this.#jump(due.at);
      due.run();
    }
    this.#jump(ms);
    this.#arm();
  }

  /** Runs `run` once when the time `at` (ms since 1970) has come; never before this call has returned. */
  schedule(at: number, run: () => void): Cancel {
    const alarm: Alarm = { at, order: this.#order++, run };
    this.#alarms.add(alarm);
    this.#arm();
    return () => {
      this.#alarms.delete(alarm);
    };
  }

  /** Resolves when `ms` have passed. */
  wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.schedule(this.now() + ms, resolve);
    });
  }

  /** Forgets everything that was scheduled. */
  close(): void {
    this.#alarms.clear();
    clearTimeout(this.#timer);
  }

  #jump(ms: number): void {
    if (this.#isVirtual) this.#virtualMs = ms;
    else this.#offsetMs = ms - Date.now();
  }

  #next(): Alarm | undefined {
    let next: Alarm | undefined;
    for (const alarm of this.#alarms) {
      if (next === undefined || alarm.at < next.at || (alarm.at === next.at && alarm.order < next.order)) {
        next = alarm;
      }
    }
    return next;
  }

  #arm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const next = this.#next();
    if (next === undefined || (this.#isVirtual && next.at > this.#virtualMs)) return;
    const waitMs = Math.min(Math.max(0, next.at - this.now()), 0x7fffffff);
    this.#timer = setTimeout(() => this.#fire(), waitMs);
    this.#timer.unref();
  }

  #fire(): void {
    const now = this.now();
    for (let due = this.#next(); due !== undefined && due.at <= now; due = this.#next()) {
      this.#alarms.delete(due);
      due.run();
    }
    this.#arm();
  }
}
