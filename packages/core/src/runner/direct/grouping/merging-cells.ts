import type { KeyIdentity } from "../../../pipeline/key-identity.js";
import { SessionWindows } from "../../../pipeline/session-windows.js";
import type { Window, WindowFn, WindowMerge } from "../../../pipeline/window.js";
import { Cell, Span } from "./cell.js";
import { windowId, type CellEngine } from "./cell-engine.js";
import { KeyWindows } from "./key-windows.js";

/** An element that waits for the end of its batch. */
export interface WaitingElement {
  readonly value: unknown;
  readonly timestamp: number;
  /** Those that have not expired; never empty. */
  readonly windows: readonly Window[];
}

/** Elements of one key that came in one batch; never empty. */
export interface KeyBatch {
  readonly key: unknown;
  readonly identity: KeyIdentity;
  readonly elements: WaitingElement[];
}

/** Windows of one key. */
interface WindowsOfKey {
  readonly active: KeyWindows;
  /** Their triggers have finished: they merge no more, and elements for them are dropped until they expire. */
  readonly closed: KeyWindows;
}

/** What became of a batch. */
export interface AbsorbedBatch {
  /** Pairs of element and window that were dropped. */
  readonly closedPairs: number;
  /** Elements that were dropped in every window. */
  readonly closedElements: number;
}

const NO_MERGES: readonly WindowMerge[] = [];

/** The windows that hold something, where windows merge: each key has its own. */
export class MergingCells {
  readonly #engine: CellEngine;
  readonly #windowFn: WindowFn;
  readonly #allowedLatenessMs: number;
  readonly #newEpoch: () => number;
  readonly #keys = new Map<KeyIdentity, WindowsOfKey>();
  readonly #idOf: (window: Window) => string;
  /** What overlaps becomes one: no other windows need be looked at. */
  readonly #mergesOverlapping: boolean;

  constructor(engine: CellEngine, windowFn: WindowFn, allowedLatenessMs: number, newEpoch: () => number) {
    this.#engine = engine;
    this.#windowFn = windowFn;
    this.#allowedLatenessMs = allowedLatenessMs;
    this.#newEpoch = newEpoch;
    this.#idOf = (window) => windowId(window, windowFn);
    this.#mergesOverlapping = windowFn instanceof SessionWindows;
  }

  /** ON ELEMENTS for a batch of one key: the windows merge first, then the elements come. */
  absorb(batch: KeyBatch): AbsorbedBatch {
    const windows = this.#windowsOf(batch.identity);
    const created = this.#newWindows(windows, batch.elements);
    const merges = created.length === 0 ? NO_MERGES : this.#mergesOf(windows, created);
    const resultOf = merges.length === 0 ? undefined : this.#mergeAll(windows, created, merges);
    let closedPairs = 0;
    let closedElements = 0;
    for (const { value, timestamp, windows: assigned } of batch.elements) {
      let isDropped = true;
      for (const window of assigned) {
        const result = resultOf?.(window) ?? window;
        if (windows.closed.size > 0 && windows.closed.get(result) !== undefined) {
          closedPairs += 1;
          continue;
        }
        isDropped = false;
        const cell = windows.active.get(result) ?? this.#open(windows, batch, result);
        this.#engine.add(cell, value, timestamp);
      }
      if (isDropped) closedElements += 1;
    }
    this.#forgetIfEmpty(batch.identity, windows);
    return { closedPairs, closedElements };
  }

  /** The trigger of the cell has finished. */
  close(cell: Cell): void {
    const { active, closed } = this.#windowsOf(cell.identity);
    active.remove(cell);
    closed.add(cell);
  }

  /** The window of the cell has expired. */
  free(cell: Cell): void {
    const windows = this.#windowsOf(cell.identity);
    (cell.isClosed ? windows.closed : windows.active).remove(cell);
    this.#forgetIfEmpty(cell.identity, windows);
  }

  /** A cell that was restored. */
  adopt(cell: Cell): void {
    const windows = this.#windowsOf(cell.identity);
    (cell.isClosed ? windows.closed : windows.active).add(cell);
  }

  spanFor(window: Window): Span {
    return new Span(window, this.#allowedLatenessMs, true);
  }

  /** Live: cells that come and go meanwhile are met or not. */
  *cells(): Generator<Cell> {
    for (const { active, closed } of this.#keys.values()) {
      yield* active.all();
      yield* closed.all();
    }
  }

  #windowsOf(identity: KeyIdentity): WindowsOfKey {
    const known = this.#keys.get(identity);
    if (known !== undefined) return known;
    const idOf = this.#windowFn.windowCoder === undefined ? undefined : this.#idOf;
    const windows = { active: new KeyWindows(idOf), closed: new KeyWindows(idOf) };
    this.#keys.set(identity, windows);
    return windows;
  }

  #forgetIfEmpty(identity: KeyIdentity, { active, closed }: WindowsOfKey): void {
    if (active.size + closed.size === 0) this.#keys.delete(identity);
  }

  /** Those of the batch that are neither active nor closed. */
  #newWindows({ active, closed }: WindowsOfKey, elements: readonly WaitingElement[]): readonly Window[] {
    const isNew = (window: Window): boolean =>
      active.get(window) === undefined && (closed.size === 0 || closed.get(window) === undefined);
    const [first] = elements as [WaitingElement];
    if (elements.length === 1 && first.windows.length === 1) return first.windows.filter(isNew);
    const created = new Map<string, Window>();
    for (const { windows } of elements) {
      for (const window of windows) if (isNew(window)) created.set(this.#idOf(window), window);
    }
    return [...created.values()];
  }

  #mergesOf({ active }: WindowsOfKey, created: readonly Window[]): readonly WindowMerge[] {
    const overlapping = new Set<Cell>();
    if (this.#mergesOverlapping) {
      for (const window of created) active.addOverlapping(window, overlapping);
      if (overlapping.size + created.length === 1) return NO_MERGES;
    }
    const cells = this.#mergesOverlapping ? overlapping : active.all();
    const windows = Array.from(cells, (cell) => cell.span.window);
    return this.#windowFn.merge?.([...windows, ...created]) ?? NO_MERGES;
  }

  /** @returns what a window became, if it did not stay. */
  #mergeAll(
    windows: WindowsOfKey,
    created: readonly Window[],
    merges: readonly WindowMerge[],
  ): (window: Window) => Window | undefined {
    const became = new Map<string, Window>();
    const createdIds = new Set(created.map(this.#idOf));
    for (const { sources, result } of merges) {
      const isClosed = windows.closed.get(result) !== undefined;
      for (const source of sources) {
        const id = this.#idOf(source);
        // What is buffered is not lost to a window that takes nothing any more.
        if (!isClosed || createdIds.has(id)) became.set(id, result);
      }
      if (!isClosed) this.#merge(windows, sources, result);
    }
    return (window) => became.get(this.#idOf(window));
  }

  #merge({ active }: WindowsOfKey, sources: readonly Window[], result: Window): void {
    const cells = sources.flatMap((source) => active.get(source) ?? []);
    const resultId = this.#idOf(result);
    const own = cells.find((cell) => this.#idOf(cell.span.window) === resultId);
    const target = own ?? cells[0];
    if (target === undefined) return;
    if (own !== undefined && cells.length === 1) {
      this.#engine.touch(own);
      return;
    }
    for (const cell of cells) active.remove(cell);
    const others = cells.filter((cell) => cell !== target);
    this.#engine.merge(target, others, own === undefined ? this.spanFor(result) : own.span);
    active.add(target);
  }

  #open({ active }: WindowsOfKey, { key, identity }: KeyBatch, window: Window): Cell {
    const span = this.spanFor(window);
    const cell = new Cell(key, identity, span, this.#engine.machine.initial(), this.#newEpoch());
    span.owner = cell;
    active.add(cell);
    this.#engine.arm(span);
    return cell;
  }
}
