/** How far event time has come in the work on one restriction. After the Apache Beam model. */
import { TributaryError } from "../../diagnostics/error.js";
import { MAX_TIMESTAMP } from "../window.js";

/** Tells a lower bound for the timestamps of what a restriction will still give. @public */
export interface WatermarkEstimator {
  /** Never goes back, in milliseconds. */
  readonly watermark: number;
  /** What is kept with the rest of the restriction, from which the estimator is made again. */
  readonly state: number;
  /** Something was emitted. */
  observe?(timestamp: number): void;
  /** The function says so itself. */
  set?(timestamp: number): void;
}

/** Makes estimators. @public */
export interface WatermarkEstimatorSpec {
  /** Name and parameters, for checkpoints. */
  readonly description: string;
  /**
   * @param state - of the estimator that was there before; for a new restriction the element's timestamp.
   * @param now - the clock, in milliseconds since 1970.
   */
  create(state: number, now: () => number): WatermarkEstimator;
}

/** The estimators there are. @public */
export const Watermarks = {
  /** What the function says with `context.watermark.set`. */
  manual(): WatermarkEstimatorSpec {
    return { description: "manual", create: (state) => new ManualEstimator(state) };
  },
  /** The highest timestamp that was emitted: timestamps only go up. */
  monotonic(): WatermarkEstimatorSpec {
    return { description: "monotonic", create: (state) => new ObservingEstimator(state, 0) };
  },
  /** The clock: nothing is emitted with a timestamp before now. */
  wallClock(): WatermarkEstimatorSpec {
    return { description: "wall clock", create: (state, now) => new WallClockEstimator(state, now) };
  },
  /** The highest timestamp that was emitted less `outOfOrdernessMs`, by which timestamps may go back. */
  boundedOutOfOrderness(outOfOrdernessMs: number): WatermarkEstimatorSpec {
    return {
      description: `bounded out-of-orderness ${outOfOrdernessMs}`,
      create: (state) => new ObservingEstimator(state, outOfOrdernessMs),
    };
  },
} as const;

class ManualEstimator implements WatermarkEstimator {
  watermark: number;

  constructor(state: number) {
    this.watermark = state;
  }

  get state(): number {
    return this.watermark;
  }

  set(timestamp: number): void {
    if (timestamp >= this.watermark && timestamp <= MAX_TIMESTAMP) {
      this.watermark = timestamp;
      return;
    }
    throw new TributaryError({
      severity: "error",
      code: "RESTRICTION_INVALID",
      message: `A watermark is set to ${timestamp} after it was at ${this.watermark}; it never goes back.`,
      value: String(timestamp),
    });
  }
}

class ObservingEstimator implements WatermarkEstimator {
  watermark: number;
  readonly #delayMs: number;

  constructor(state: number, delayMs: number) {
    this.watermark = state;
    this.#delayMs = delayMs;
  }

  get state(): number {
    return this.watermark;
  }

  observe(timestamp: number): void {
    this.watermark = Math.max(this.watermark, timestamp - this.#delayMs);
  }
}

class WallClockEstimator implements WatermarkEstimator {
  readonly #now: () => number;
  #watermark: number;

  constructor(state: number, now: () => number) {
    this.#watermark = state;
    this.#now = now;
  }

  get watermark(): number {
    this.#watermark = Math.max(this.#watermark, this.#now());
    return this.#watermark;
  }

  get state(): number {
    return this.#watermark;
  }
}
