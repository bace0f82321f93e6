import { TributaryError } from "../diagnostics/error.js";
import { NUMBER_STEP } from "./window-fns.js";
import { GLOBAL_WINDOW, type Window, type WindowFn, type WindowMerge } from "./window.js";

/**
 * Windows of activity, key by key: a window ends when a key has had no element for the gap. Each element begins as a
 * window of its own, `[t, t + gap)`; windows of a key that overlap become one when they are grouped. Windows that only
 * touch stay apart: an element exactly one gap after the last begins a new session.
 *
 * @public
 */
export class SessionWindows implements WindowFn {
  readonly description: string;
  readonly isMerging = true;
  /** Sessions merge whatever their gaps are. */
  readonly compatibleWith = "Sessions";
  readonly #gapMs: number;

  private constructor(gapMs: number) {
    this.#gapMs = gapMs;
    this.description = `Sessions(${gapMs})`;
  }

  /**
   * @param gapMs - a whole number of milliseconds, at least 1.
   * @throws `PIPELINE_INVALID` for other values.
   */
  static of(gapMs: number): SessionWindows {
    if (Number.isSafeInteger(gapMs) && gapMs >= 1) return new SessionWindows(gapMs);
    throw new TributaryError({
      severity: "error",
      code: "PIPELINE_INVALID",
      message: `The gap of sessions must be a whole number of milliseconds of at least 1, not ${gapMs}.`,
      value: String(gapMs),
    });
  }

  assign(timestamp: number): readonly Window[] {
    const end = timestamp + this.#gapMs;
    return [
      {
        start: timestamp,
        end: Math.min(end > timestamp ? end : timestamp + NUMBER_STEP, GLOBAL_WINDOW.end),
      },
    ];
  }

  merge(windows: readonly Window[]): readonly WindowMerge[] {
    return mergeOverlapping(windows);
  }
}

/**
 * Joins windows that have at least a millisecond in common, over chains too.
 *
 * @returns a merge for every group of at least two; what stays alone is left out.
 * @public
 */
export function mergeOverlapping(windows: readonly Window[]): readonly WindowMerge[] {
  const sorted = windows.toSorted((a, b) => a.start - b.start || a.end - b.end);
  const merges: WindowMerge[] = [];
  let sources: Window[] = [];
  let start = 0;
  let end = Number.NEGATIVE_INFINITY;
  const close = (): void => {
    if (sources.length > 1) merges.push({ sources, result: { start, end } });
  };
  for (const window of sorted) {
    if (window.start < end) {
      sources.push(window);
      end = Math.max(end, window.end);
    } else {
      close();
      sources = [window];
      ({ start, end } = window);
    }
  }
  close();
  return merges;
}
