/**
 * Which firing of a window an element comes from. A window may fire before its end on what is there, once when the
 * watermark passes it, and after that for late elements. After the Apache Beam model.
 */

/** `early` before the watermark passes the window, `on-time` the pane that covers the passing, `late` after. @public */
export type PaneTiming = "early" | "on-time" | "late" | "unknown";

/** One firing of a key's window; travels with the element through every element-wise step. @public */
export interface Pane {
  /** `unknown`: the element was never grouped. */
  readonly timing: PaneTiming;
  /** Counts the emitted panes of a key and window from 0. */
  readonly index: number;
  /** -1 for early panes; otherwise counts the on-time and late ones from 0. */
  readonly nonSpeculativeIndex: number;
  readonly isFirst: boolean;
  /** No pane of this key and window follows. */
  readonly isLast: boolean;
}

/** Pane of elements that were never grouped. @public */
export const NO_PANE: Pane = Object.freeze({
  timing: "unknown",
  index: 0,
  nonSpeculativeIndex: 0,
  isFirst: true,
  isLast: true,
});

/** The pane of a window that fires once, when the watermark passes it. @public */
export const ONLY_PANE: Pane = Object.freeze({
  timing: "on-time",
  index: 0,
  nonSpeculativeIndex: 0,
  isFirst: true,
  isLast: true,
});
