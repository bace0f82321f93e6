import { GLOBAL_WINDOW_MAX_TIMESTAMP, type Window, type WindowFn } from "../../../pipeline/window.js";
import type { KeyPrimitive } from "../../../types/coders/nested-coder.js";
import type { PendingTimer } from "./timer-store.js";

/** A window of which something is kept. */
export class WindowSpan {
  /** For elements that are emitted into it. */
  readonly windows: readonly Window[];
  readonly cells = new Map<KeyPrimitive, KeyCell>();
  /** False once it has expired. */
  isLive = true;
  /** Where the walk over the cells is that removes them one by one: from the start it would meet all that are gone. */
  #walk: Iterator<KeyCell> | undefined;

  constructor(
    readonly id: string,
    readonly window: Window,
    readonly expiry: number,
  ) {
    this.windows = [window];
  }

  /** A cell that is left. */
  nextCell(): KeyCell | undefined {
    if (this.cells.size === 0) return undefined;
    this.#walk ??= this.cells.values();
    for (;;) {
      const next = this.#walk.next();
      if (next.done !== true) return next.value;
      this.#walk = this.cells.values();
    }
  }
}

/** States and timers of a key and window. */
export class KeyCell {
  contents: unknown[];
  /** By position of the declaration, or that and the name within a family; absent where none was ever set. */
  timers: Map<string, PendingTimer> | undefined;
  /** Number of the cut that has written it, or during which it was made. */
  cut: number;

  constructor(
    readonly key: unknown,
    readonly identity: KeyPrimitive,
    readonly span: WindowSpan,
    states: number,
    cut: number,
  ) {
    this.contents = Array.from({ length: states });
    this.cut = cut;
  }
}

/** Last instant at which a window takes elements. */
export function expiryOf(window: Window, allowedLatenessMs: number): number {
  return Math.min(window.end - 1 + allowedLatenessMs, GLOBAL_WINDOW_MAX_TIMESTAMP);
}

/** What stands for a window: its bounds, or what its coder makes of it. */
export function windowId({ windowCoder }: WindowFn): (window: Window) => string {
  if (windowCoder === undefined) return ({ start, end }) => `${start}:${end}`;
  return (window) => Buffer.from(windowCoder.encode(window)).toString("latin1");
}
