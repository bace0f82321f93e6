import type { Window } from "./window.js";

/** What a DoFn may look at and do while it processes an element. @public */
export interface ProcessContext<O> {
  /** Event time of the current element, in milliseconds. */
  readonly timestamp: number;
  readonly window: Window;
  /** Emits with the current element's timestamp and window. */
  emit(value: O): void;
}

/** What a DoFn may do at the end of a bundle, where there is no current element. @public */
export interface FinishBundleContext<O> {
  emit(value: O, timestamp: number, window: Window): void;
}

/**
 * The function of a ParDo with its life cycle: setup, then any number of (startBundle, process..., finishBundle), then
 * at most one teardown. Calls never overlap within an instance. After the Apache Beam model.
 *
 * @public
 */
export interface DoFn<I, O> {
  setup?(): void | Promise<void>;
  startBundle?(): void | Promise<void>;
  process(element: I, context: ProcessContext<O>): void | Promise<void>;
  finishBundle?(context: FinishBundleContext<O>): void | Promise<void>;
  /** Best effort. */
  teardown?(): void | Promise<void>;
}
