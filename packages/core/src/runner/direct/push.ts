/**
 * How elements move inside the direct runner: a step is a function that takes one element and calls the next step, so
 * that element-wise steps fuse into one loop over a bundle and allocate nothing of their own.
 */
import type { Pane } from "../../pipeline/pane.js";
import type { Window } from "../../pipeline/window.js";
import type { FinalizationCallback } from "./finalization.js";

/** Takes one element. `windows` is never empty and never changed. */
export type Push = (value: unknown, timestamp: number, windows: readonly Window[], pane: Pane) => void;

/** A step with work left when the last element of a bundle has been pushed. */
export interface BundleStep {
  readonly name: string;
  /** Runs what is left and pushes its outputs; `undefined` when that needed no waiting. */
  finishBundle(): Promise<void> | undefined;
  /**
   * The bundle has succeeded: what gathered beside its outputs counts.
   *
   * @returns what is to be called when its outputs are safe.
   */
  commit?(): readonly FinalizationCallback[];
  /** Before the first bundle. */
  open(): Promise<void>;
  /** When the job ends, for whatever reason. Best effort. */
  close(): Promise<void>;
}

/** Elements that wait inside steps for the end of a bundle; a bundle is cut when there are many. */
export interface Pressure {
  waiting: number;
}

/** Elements waiting inside steps at which a bundle is cut, so that steps that multiply elements stay bounded. */
export const WAITING_MAX = 4_096;

/** A collection that nobody reads. */
export const discard: Push = () => {};

/** Gives each element to every consumer, in order. */
export function fanOut(consumers: readonly Push[]): Push {
  const [first, second] = consumers;
  if (first === undefined) return discard;
  if (second === undefined) return first;
  if (consumers.length === 2) {
    return (value, timestamp, windows, pane) => {
      first(value, timestamp, windows, pane);
      second(value, timestamp, windows, pane);
    };
  }
  return (value, timestamp, windows, pane) => {
    for (const consumer of consumers) consumer(value, timestamp, windows, pane);
  };
}
