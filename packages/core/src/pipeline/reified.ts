import type { Pane } from "./pane.js";
import type { Window } from "./window.js";

/** A value with its event time, in milliseconds. @public */
export interface TimestampedValue<T> {
  readonly value: T;
  readonly timestamp: number;
}

/** An element with what it carries beside its value. @public */
export interface Reified<T> {
  readonly value: T;
  /** Event time, in milliseconds. */
  readonly timestamp: number;
  readonly window: Window;
  readonly pane: Pane;
}

/** An element with all its windows. @public */
export interface ReifiedElement<T> {
  readonly value: T;
  /** Event time, in milliseconds. */
  readonly timestamp: number;
  /** Never empty. */
  readonly windows: readonly Window[];
  readonly pane: Pane;
}
