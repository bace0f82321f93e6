/** The window functions of the model. Each returns the same array for equal windows, so that callers may compare it. */
import { TributaryError } from "../diagnostics/error.js";
import { GLOBAL_WINDOW, type Window, type WindowFn } from "./window.js";

/** Distance of numbers next to the beginning and the end of time, in milliseconds. */
export const NUMBER_STEP = 2;

const GLOBAL_ASSIGNMENT: readonly Window[] = Object.freeze([GLOBAL_WINDOW]);

/** One window for everything: where every collection begins. @public */
export class GlobalWindows implements WindowFn {
  readonly description = "Global";
  readonly isMerging = false;

  static of(): GlobalWindows {
    return new GlobalWindows();
  }

  assign(_timestamp: number): readonly Window[] {
    return GLOBAL_ASSIGNMENT;
  }
}

/** Windows of one size that touch: `[start, start + size)` with `start` a multiple of the size plus the offset. @public */
export class FixedWindows implements WindowFn {
  readonly description: string;
  readonly isMerging = false;
  readonly #sizeMs: number;
  readonly #offsetMs: number;
  #lastStart = Number.POSITIVE_INFINITY;
  #lastEnd = Number.NEGATIVE_INFINITY;
  #last: readonly Window[] = [];

  private constructor(sizeMs: number, offsetMs: number) {
    this.#sizeMs = sizeMs;
    this.#offsetMs = offsetMs;
    this.description = `Fixed(${parameters(sizeMs, offsetMs)})`;
  }

  /**
   * @param sizeMs - a whole number of milliseconds, at least 1.
   * @param offsetMs - from 0 to `sizeMs`, exclusive.
   * @throws `PIPELINE_INVALID` for other values.
   */
  static of(sizeMs: number, offsetMs = 0): FixedWindows {
    checkDuration("size", sizeMs);
    checkOffset(offsetMs, "size", sizeMs);
    return new FixedWindows(sizeMs, offsetMs);
  }

  assign(timestamp: number): readonly Window[] {
    if (timestamp >= this.#lastStart && timestamp < this.#lastEnd) return this.#last;
    const start = alignedStart(timestamp, this.#sizeMs, this.#offsetMs);
    const window = boundedWindow(start, start + this.#sizeMs);
    this.#lastStart = window.start;
    this.#lastEnd = window.end;
    this.#last = [window];
    return this.#last;
  }
}

/** Windows of one size that start every period, so that they overlap or leave gaps. @public */
export class SlidingWindows implements WindowFn {
  readonly description: string;
  readonly isMerging = false;
  readonly #sizeMs: number;
  readonly #periodMs: number;
  readonly #offsetMs: number;
  #lastFrom = Number.POSITIVE_INFINITY;
  #lastTo = Number.NEGATIVE_INFINITY;
  #last: readonly Window[] = [];

  private constructor(sizeMs: number, periodMs: number, offsetMs: number) {
    this.#sizeMs = sizeMs;
    this.#periodMs = periodMs;
    this.#offsetMs = offsetMs;
    this.description = `Sliding(${sizeMs}, ${parameters(periodMs, offsetMs)})`;
  }

  /**
   * @param sizeMs - a whole number of milliseconds, at least 1.
   * @param periodMs - the same; more than `sizeMs` leaves gaps, and an element in a gap is in no window.
   * @param offsetMs - from 0 to `periodMs`, exclusive.
   * @throws `PIPELINE_INVALID` for other values.
   */
  static of(sizeMs: number, periodMs: number, offsetMs = 0): SlidingWindows {
    checkDuration("size", sizeMs);
    checkDuration("period", periodMs);
    checkOffset(offsetMs, "period", periodMs);
    return new SlidingWindows(sizeMs, periodMs, offsetMs);
  }

  assign(timestamp: number): readonly Window[] {
    if (timestamp >= this.#lastFrom && timestamp < this.#lastTo) return this.#last;
    const lastStart = alignedStart(timestamp, this.#periodMs, this.#offsetMs);
    const windows: Window[] = [];
    let firstStart = lastStart;
    for (let start = lastStart; start > timestamp - this.#sizeMs; start = before(start, this.#periodMs)) {
      windows.push(boundedWindow(start, start + this.#sizeMs));
      firstStart = start;
    }
    windows.reverse();
    if (windows.length > 0) {
      // The same windows hold from the end of the one before them until the first ends or the next begins.
      const firstEnd = firstStart + this.#sizeMs;
      this.#lastFrom = Math.max(lastStart, firstEnd - this.#periodMs);
      this.#lastTo = Math.min(firstEnd, lastStart + this.#periodMs);
      this.#last = windows;
    }
    return windows;
  }
}

function alignedStart(timestamp: number, stepMs: number, offsetMs: number): number {
  const remainder = (timestamp - offsetMs) % stepMs;
  return timestamp - (remainder < 0 ? remainder + stepMs : remainder);
}

/** The start a period before; where numbers this large have no odd ones, at least the next lower one. */
function before(start: number, periodMs: number): number {
  const previous = start - periodMs;
  return previous < start ? previous : start - NUMBER_STEP;
}

/** The last window before the end of time is cut there; none is empty, also where numbers have no odd ones. */
function boundedWindow(start: number, end: number): Window {
  return Object.freeze({ start, end: Math.min(end > start ? end : start + NUMBER_STEP, GLOBAL_WINDOW.end) });
}

function parameters(sizeMs: number, offsetMs: number): string {
  return offsetMs === 0 ? String(sizeMs) : `${sizeMs}, ${offsetMs}`;
}

function checkDuration(name: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1) return;
  throw new TributaryError({
    severity: "error",
    code: "PIPELINE_INVALID",
    message: `The ${name} of a window must be a whole number of milliseconds of at least 1, not ${value}.`,
    value: String(value),
  });
}

function checkOffset(value: number, ofName: string, of: number): void {
  if (Number.isSafeInteger(value) && value >= 0 && value < of) return;
  throw new TributaryError({
    severity: "error",
    code: "PIPELINE_INVALID",
    message: `The offset of windows must be at least 0 and below their ${ofName} (${of} ms), not ${value}.`,
    value: String(value),
  });
}
