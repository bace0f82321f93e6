import { DEFAULT_TRIGGER, type Trigger } from "./trigger.js";
import type { WindowFn } from "./window.js";
import { GlobalWindows } from "./window-fns.js";

/** Whether a pane holds what is new since the last one, or all there is. @public */
export type AccumulationMode = "discarding" | "accumulating";

/** Which timestamp a pane carries: the end of its window, or an extremum of its elements' timestamps. @public */
export type TimestampCombiner = "end-of-window" | "earliest" | "latest";

/** How a collection is cut into windows and when they fire. Every collection carries one. After the Apache Beam model. @public */
export interface WindowingStrategy {
  readonly windowFn: WindowFn;
  readonly trigger: Trigger;
  readonly accumulation: AccumulationMode;
  /** How long after its end a window still takes elements, in milliseconds of event time; 0 or more. */
  readonly allowedLatenessMs: number;
  readonly timestampCombiner: TimestampCombiner;
  /** Whether the last pane of a window comes when it is empty. */
  readonly closing: "if-non-empty" | "always";
  /** Whether the on-time pane comes when it is empty. */
  readonly onTime: "always" | "if-non-empty";
  /** The trigger may finish while the window still takes elements: they are lost, and that is wanted. */
  readonly allowsUnsafeTrigger?: boolean;
}

/** What a collection has until `windowInto` says otherwise. @public */
export const DEFAULT_WINDOWING: WindowingStrategy = Object.freeze({
  windowFn: GlobalWindows.of(),
  trigger: DEFAULT_TRIGGER,
  accumulation: "discarding",
  allowedLatenessMs: 0,
  timestampCombiner: "end-of-window",
  closing: "if-non-empty",
  onTime: "always",
});

/** Default trigger, no lateness, timestamps at the end of windows that do not merge, panes when they must come. */
export function isDefaultWindowing(windowing: WindowingStrategy): boolean {
  return (
    windowing.trigger.kind === "default" &&
    windowing.allowedLatenessMs === 0 &&
    windowing.timestampCombiner === "end-of-window" &&
    windowing.closing === "if-non-empty" &&
    !windowing.windowFn.isMerging
  );
}
