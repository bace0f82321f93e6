import type { Window, WindowFn } from "../../../pipeline/window.js";
import { expiryOf, Span, type Cell } from "./cell.js";
import { windowId, type CellEngine } from "./cell-engine.js";

/** The windows that hold something, where windows do not merge: each is shared by all keys. */
export class WindowCells {
  readonly #engine: CellEngine;
  readonly #windowFn: WindowFn;
  readonly #allowedLatenessMs: number;
  /** By end and start or, where windows have a coder, by their bytes. */
  readonly #spans = new Map<number | string, Map<number, Span>>();

  constructor(engine: CellEngine, windowFn: WindowFn, allowedLatenessMs: number) {
    this.#engine = engine;
    this.#windowFn = windowFn;
    this.#allowedLatenessMs = allowedLatenessMs;
  }

  /** `undefined` when the window has expired. */
  spanOf(window: Window): Span | undefined {
    if (expiryOf(window, this.#allowedLatenessMs) < this.#engine.inputWatermark) return undefined;
    return this.#spans.get(this.#idOf(window))?.get(window.start) ?? this.open(window);
  }

  open(window: Window): Span {
    const span = new Span(window, this.#allowedLatenessMs, false);
    const id = this.#idOf(window);
    const spans = this.#spans.get(id);
    if (spans === undefined) this.#spans.set(id, new Map([[window.start, span]]));
    else spans.set(window.start, span);
    this.#engine.arm(span);
    return span;
  }

  free(span: Span): void {
    const id = this.#idOf(span.window);
    const spans = this.#spans.get(id);
    spans?.delete(span.window.start);
    if (spans?.size === 0) this.#spans.delete(id);
  }

  /** Live: cells that come and go meanwhile are met or not. */
  *cells(): Generator<Cell> {
    for (const spans of this.#spans.values()) {
      for (const { cells } of spans.values()) if (cells !== undefined) yield* cells.values();
    }
  }

  #idOf(window: Window): number | string {
    return this.#windowFn.windowCoder === undefined ? window.end : windowId(window, this.#windowFn);
  }
}
