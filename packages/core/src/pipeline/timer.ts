/**
 * Timers of a function by key and window: one pending instance each. Setting it again moves it. After the Apache Beam
 * model.
 */

/** A timer as declared. @public */
export interface TimerSpec {
  /** Event time: fires when the watermark is beyond the target; processing time: when the clock is. */
  readonly domain: "event-time" | "processing-time";
  /** Timers of a family have names of their own, given when they are set. */
  readonly isFamily: boolean;
}

/** What may be said beside a timer's target. @public */
export interface TimerOptions {
  /** Name within a family. */
  readonly id?: string;
  /**
   * Timestamp of what `onTimer` emits, in milliseconds; the step's output watermark is held there until the timer fires
   * or is cleared. `none`: nothing is held, and the callback must not emit. Default: the target of an event-time timer,
   * the current timestamp for one of processing time.
   */
  readonly outputTimestamp?: number | "none";
}

/** Handle of a timer of the current key and window. @public */
export interface Timer {
  /**
   * @param timestamp - target, in milliseconds.
   * @throws `TIMER_INVALID` if an event-time target lies after the window's expiry, or the output timestamp before the
   *   current element or after the expiry.
   */
  set(timestamp: number, options?: TimerOptions): void;
  /**
   * Sets it `delayMs` after the current element's timestamp (event time) or after now (processing time); an event-time
   * target after the window's expiry is moved to it.
   *
   * @param delayMs - 0 or more.
   */
  setRelative(delayMs: number, options?: TimerOptions & { readonly alignToMs?: number }): void;
  /** One that is not set is fine. */
  clear(id?: string): void;
}

/** The handles of declared timers, by name. @public */
export type TimerHandles<T> = { readonly [N in keyof T]: Timer };

/** Declares timers. @public */
export const Timers = {
  /** Fires when the watermark is beyond its target. */
  eventTime(): TimerSpec {
    return { domain: "event-time", isFamily: false };
  },
  /** Fires when the clock is beyond its target. */
  processingTime(): TimerSpec {
    return { domain: "processing-time", isFamily: false };
  },
  /** Any number of timers, each with an `id` that is given when it is set. */
  family(domain: TimerSpec["domain"] = "event-time"): TimerSpec {
    return { domain, isFamily: true };
  },
} as const;
