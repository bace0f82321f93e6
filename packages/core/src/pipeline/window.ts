/**
 * Windows cut an unbounded collection into finite groups by event time. A window is identified by its bounds; it is
 * over when the watermark passes its maximum timestamp. After the Apache Beam model.
 */

import type { Coder } from "../types/coders/coder.js";

/** Watermark before anything is known, and timestamp of an impulse. Milliseconds. @public */
export const MIN_TIMESTAMP = -Number(9_223_372_036_854_775n);
/**
 * Only a watermark may reach it; no element may carry it. The model's value is odd; a number holds the next even one.
 *
 * @public
 */
export const MAX_TIMESTAMP = Number(9_223_372_036_854_775n);
/** Largest timestamp that still belongs to the global window. @public */
export const GLOBAL_WINDOW_MAX_TIMESTAMP = MAX_TIMESTAMP - 86_400_000;

/** A span of event time, in milliseconds; over when the watermark passes its last millisecond. @public */
export interface Window {
  /** First millisecond. */
  readonly start: number;
  /** First millisecond after the window. */
  readonly end: number;
}

/** The one window that holds everything. Its `end - 1` is {@link GLOBAL_WINDOW_MAX_TIMESTAMP}. @public */
export const GLOBAL_WINDOW: Window = Object.freeze({
  start: MIN_TIMESTAMP,
  // Numbers this large are even: one more would be the same, and one less than two more is the maximum.
  end: GLOBAL_WINDOW_MAX_TIMESTAMP + 2,
});

/** Assigns windows from an element's timestamp. @public */
export interface WindowFn {
  /** Name and parameters, e.g. `Fixed(3600000)`; equal text means compatible windows. */
  readonly description: string;
  readonly isMerging: boolean;
  /** The windows of an element; usually one. May return the same array for equal results. */
  assign(timestamp: number, element?: unknown): readonly Window[];
  /** Of a merging function: which of a key's active windows become one. Windows that stay as they are are left out. */
  merge?(windows: readonly Window[]): readonly WindowMerge[];
  /**
   * Collections may be flattened when these are equal; absent: when the descriptions are. Functions with different
   * parameters whose windows may meet say so here.
   */
  readonly compatibleWith?: string;
  /** Absent: windows are their bounds. Must be deterministic. */
  readonly windowCoder?: Coder<Window>;
}

/** Windows of a key that become one. @public */
export interface WindowMerge {
  readonly sources: readonly Window[];
  readonly result: Window;
}
