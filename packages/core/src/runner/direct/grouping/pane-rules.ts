/** Which pane a firing is, and whether it comes out. After the Apache Beam model. */
import type { Pane, PaneTiming } from "../../../pipeline/pane.js";
import type { WindowingStrategy } from "../../../pipeline/windowing-strategy.js";

/** Where the watermarks stand when a window fires, and what it has emitted. */
export interface FiringWindow {
  readonly maxTimestamp: number;
  readonly inputWatermark: number;
  readonly outputWatermark: number;
  /** Pane emitted last; `undefined` before the first. */
  readonly last: Pane | undefined;
}

/** Early before the watermark passes the window, on time once, late from then on. */
export function timingOf({ maxTimestamp, inputWatermark, outputWatermark, last }: FiringWindow): PaneTiming {
  if (outputWatermark > maxTimestamp || (last !== undefined && last.timing !== "early")) return "late";
  return inputWatermark <= maxTimestamp ? "early" : "on-time";
}

/** The pane after `last`. */
export function paneAfter(last: Pane | undefined, timing: PaneTiming, isLast: boolean): Pane {
  const index = last === undefined ? 0 : last.index + 1;
  const speculative = last === undefined ? -1 : last.nonSpeculativeIndex;
  return {
    timing,
    index,
    nonSpeculativeIndex: timing === "early" ? -1 : speculative + 1,
    isFirst: index === 0,
    isLast,
  };
}

/** A pane with something new always comes out; an empty one where it is promised. */
export function comesOut(
  pane: { readonly timing: PaneTiming; readonly isLast: boolean; readonly isNew: boolean },
  { onTime, closing }: Pick<WindowingStrategy, "onTime" | "closing">,
): boolean {
  if (pane.isNew) return true;
  if (pane.timing === "on-time" && onTime === "always") return true;
  return pane.isLast && closing === "always";
}
