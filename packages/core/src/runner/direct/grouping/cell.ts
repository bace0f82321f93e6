import type { KeyIdentity } from "../../../pipeline/key-identity.js";
import type { Pane } from "../../../pipeline/pane.js";
import { GLOBAL_WINDOW_MAX_TIMESTAMP, type Window } from "../../../pipeline/window.js";
import { NO_HOLD } from "./holds.js";
import { NEVER_DUE, type TriggerState } from "./trigger-node.js";

/** A window of one key or of all, with the times that matter and what is kept for it. */
export class Span {
  readonly window: Window;
  /** What an element of the window is given along. */
  readonly windows: readonly Window[];
  /** Last millisecond. */
  readonly maxTimestamp: number;
  /** The window is kept until the watermark is beyond it. */
  readonly expiry: number;
  /** By key, in the order in which they came. */
  readonly cells: Map<KeyIdentity, Cell> | undefined;
  /** Where windows merge, each key has spans of its own. */
  owner: Cell | undefined;

  constructor(window: Window, allowedLatenessMs: number, isMerging: boolean) {
    this.cells = isMerging ? undefined : new Map();
    this.window = window;
    this.windows = [window];
    this.maxTimestamp = window.end - 1;
    this.expiry = expiryOf(window, allowedLatenessMs);
  }

  /** Those that come meanwhile among them. */
  visit(): Iterator<Cell> {
    if (this.cells !== undefined) return this.cells.values();
    return (this.owner === undefined ? [] : [this.owner]).values();
  }
}

/** Last instant at which a window takes elements. */
export function expiryOf(window: Window, allowedLatenessMs: number): number {
  return Math.min(window.end - 1 + allowedLatenessMs, GLOBAL_WINDOW_MAX_TIMESTAMP);
}

/** Stands for the accumulator of no elements, which is made when it is needed. */
export const NOTHING = Symbol("nothing");

/** What is kept for a key and window. */
export class Cell {
  readonly key: unknown;
  readonly identity: KeyIdentity;
  span: Span;
  accumulator: unknown = NOTHING;
  /** The accumulator was handed to the pipeline in a pane: it is copied before it is changed. */
  isShared = false;
  trigger: TriggerState;
  elementHold = NO_HOLD;
  extraHold = NO_HOLD;
  /** Emitted last. */
  pane: Pane | undefined;
  /** Has elements that no pane has had yet. */
  isNew = false;
  /** The trigger has finished; nothing else is kept. */
  isClosed = false;
  /** Waits to be evaluated. */
  isTouched = false;
  /** Merged into another cell, or deleted. */
  isGone = false;
  /** Instant beyond which the clock may make the trigger ready, as it was armed. */
  deadline = NEVER_DUE;
  /** Number of the cut that it was written for, or after which it was made. */
  epoch: number;

  constructor(key: unknown, identity: KeyIdentity, span: Span, trigger: TriggerState, epoch: number) {
    this.key = key;
    this.identity = identity;
    this.span = span;
    this.trigger = trigger;
    this.epoch = epoch;
  }
}
