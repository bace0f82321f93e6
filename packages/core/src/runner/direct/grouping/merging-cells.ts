import type { KeyIdentity } from "../../../pipeline/key-identity.js";
import type { Window, WindowFn } from "../../../pipeline/window.js";
import { Cell, Span } from "./cell.js";
import { windowId, type CellEngine } from "./cell-engine.js";

/** Elements of one key that came in one batch, with those of their windows that have not expired. */
export class KeyBatch {
  readonly values: unknown[] = [];
  readonly timestamps: number[] = [];
  readonly windows: (readonly Window[])[] = [];

  constructor(
    readonly key: unknown,
    readonly identity: KeyIdentity,
  ) {}
}

/** Windows of one key, by identity. */
interface KeyWindows {
  readonly active: Map<string, Cell>;
  /** Their triggers have finished: they merge no more, and elements for them are dropped until they expire. */
  readonly closed: Map<string, Cell>;
}

/** What became of a batch. */
export interface AbsorbedBatch {
  /** Pairs of element and window that were dropped. */
  readonly closedPairs: number;
  /** Elements that were dropped in every window. */
  readonly closedElements: number;
}

/** The windows that hold something, where windows merge: each key has its own. */
export class MergingCells {
  readonly #engine: CellEngine;
  readonly #windowFn: WindowFn;
  readonly #allowedLatenessMs: number;
  readonly #newEpoch: () => number;
  readonly #keys = new Map<KeyIdentity, KeyWindows>();

  constructor(engine: CellEngine, windowFn: WindowFn, allowedLatenessMs: number, newEpoch: () => number) {
    this.#engine = engine;
    this.#windowFn = windowFn;
    this.#allowedLatenessMs = allowedLatenessMs;
    this.#newEpoch = newEpoch;
  }

  /** ON ELEMENTS for a batch of one key: the windows merge first, then the elements come. */
  absorb(batch: KeyBatch): AbsorbedBatch {
    const windows = this.#windowsOf(batch.identity);
    const became = this.#mergeAll(windows, this.#newWindows(windows, batch));
    let closedPairs = 0;
    let closedElements = 0;
    for (const [i, value] of batch.values.entries()) {
      let isDropped = true;
      for (const window of batch.windows[i] as readonly Window[]) {
        const merged = became.get(this.#idOf(window)) ?? window;
        const id = this.#idOf(merged);
        if (windows.closed.has(id)) {
          closedPairs += 1;
          continue;
        }
        isDropped = false;
        const cell = windows.active.get(id) ?? this.#open(windows, batch, merged);
        this.#engine.add(cell, value, batch.timestamps[i] as number);
      }
      if (isDropped) closedElements += 1;
    }
    if (windows.active.size + windows.closed.size === 0) this.#keys.delete(batch.identity);
    return { closedPairs, closedElements };
  }

  /** The trigger of the cell has finished. */
  close(cell: Cell): void {
    const windows = this.#windowsOf(cell.identity);
    const id = this.#idOf(cell.span.window);
    windows.active.delete(id);
    windows.closed.set(id, cell);
  }

  /** The window of the cell has expired. */
  free(cell: Cell): void {
    const windows = this.#windowsOf(cell.identity);
    const id = this.#idOf(cell.span.window);
    (cell.isClosed ? windows.closed : windows.active).delete(id);
    if (windows.active.size + windows.closed.size === 0) this.#keys.delete(cell.identity);
  }

  /** A cell that was restored. */
  adopt(cell: Cell): void {
    const windows = this.#windowsOf(cell.identity);
    const id = this.#idOf(cell.span.window);
    (cell.isClosed ? windows.closed : windows.active).set(id, cell);
  }

  spanFor(window: Window): Span {
    return new Span(window, this.#allowedLatenessMs, true);
  }

  /** Live: cells that come and go meanwhile are met or not. */
  *cells(): Generator<Cell> {
    for (const { active, closed } of this.#keys.values()) {
      for (const cell of [...active.values(), ...closed.values()]) yield cell;
    }
  }

  #windowsOf(identity: KeyIdentity): KeyWindows {
    const known = this.#keys.get(identity);
    if (known !== undefined) return known;
    const windows = { active: new Map<string, Cell>(), closed: new Map<string, Cell>() };
    this.#keys.set(identity, windows);
    return windows;
  }

  /** Those of the batch that are neither active nor closed. */
  #newWindows({ active, closed }: KeyWindows, batch: KeyBatch): Map<string, Window> {
    const created = new Map<string, Window>();
    for (const windows of batch.windows) {
      for (const window of windows) {
        const id = this.#idOf(window);
        if (!active.has(id) && !closed.has(id)) created.set(id, window);
      }
    }
    return created;
  }

  /** @returns what each window became that did not stay. */
  #mergeAll(windows: KeyWindows, created: ReadonlyMap<string, Window>): ReadonlyMap<string, Window> {
    const became = new Map<string, Window>();
    if (created.size === 0) return became;
    const all = [...Array.from(windows.active.values(), (cell) => cell.span.window), ...created.values()];
    for (const { sources, result } of this.#windowFn.merge?.(all) ?? []) {
      const isClosed = windows.closed.has(this.#idOf(result));
      for (const source of sources) {
        const id = this.#idOf(source);
        // What is buffered is not lost to a window that takes nothing any more.
        if (!isClosed || created.has(id)) became.set(id, result);
      }
      if (!isClosed) this.#merge(windows, sources, result);
    }
    return became;
  }

  #merge(windows: KeyWindows, sources: readonly Window[], result: Window): void {
    const cells = sources.flatMap((source) => windows.active.get(this.#idOf(source)) ?? []);
    const resultId = this.#idOf(result);
    const isResult = (cell: Cell): boolean => this.#idOf(cell.span.window) === resultId;
    const own = cells.find(isResult);
    const target = own ?? cells[0];
    if (target === undefined) return;
    if (own !== undefined && cells.length === 1) {
      this.#engine.touch(own);
      return;
    }
    for (const cell of cells) windows.active.delete(this.#idOf(cell.span.window));
    const others = cells.filter((cell) => cell !== target);
    this.#engine.merge(target, others, own === undefined ? this.spanFor(result) : own.span);
    windows.active.set(resultId, target);
  }

  #open(windows: KeyWindows, { key, identity }: KeyBatch, window: Window): Cell {
    const span = this.spanFor(window);
    const cell = new Cell(key, identity, span, this.#engine.machine.initial(), this.#newEpoch());
    span.owner = cell;
    windows.active.set(this.#idOf(window), cell);
    this.#engine.arm(span);
    return cell;
  }

  #idOf(window: Window): string {
    return windowId(window, this.#windowFn);
  }
}
