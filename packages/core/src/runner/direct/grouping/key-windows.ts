import type { Window } from "../../../pipeline/window.js";
import type { Cell } from "./cell.js";

/** Cells of a run at which it is cut in two. */
const RUN_MAX = 256;

/**
 * Cells of one key by their windows. Windows that are their bounds stand in the order of their starts, in runs of limited
 * length, so that one among many is found, added and removed quickly, and those which overlap another are met without
 * looking at all. Windows with an identity of their own stand in the order in which they came.
 */
export class KeyWindows {
  /** None is empty; together in order. */
  readonly #runs: Cell[][] = [];
  readonly #idOf: ((window: Window) => string) | undefined;
  #size = 0;

  /** @param idOf - absent where windows are their bounds. */
  constructor(idOf: ((window: Window) => string) | undefined) {
    this.#idOf = idOf;
  }

  get size(): number {
    return this.#size;
  }

  /** A copy, in order. */
  all(): readonly Cell[] {
    return this.#runs.flat();
  }

  get(window: Window): Cell | undefined {
    if (this.#idOf !== undefined) return this.#byId(window, this.#idOf);
    const run = this.#runs[this.#runOf(window)];
    const cell = run?.[placeIn(run, window)];
    return cell !== undefined && isSame(cell.span.window, window) ? cell : undefined;
  }

  add(cell: Cell): void {
    const { window } = cell.span;
    this.#size += 1;
    const index = this.#idOf === undefined ? this.#runOf(window) : this.#runs.length - 1;
    const run = this.#runs[index];
    if (run === undefined) {
      this.#runs.push([cell]);
      return;
    }
    run.splice(this.#idOf === undefined ? placeIn(run, window) : run.length, 0, cell);
    if (run.length > RUN_MAX) this.#runs.splice(index + 1, 0, run.splice(RUN_MAX >> 1));
  }

  remove(cell: Cell): void {
    const index =
      this.#idOf === undefined
        ? this.#runOf(cell.span.window)
        : this.#runs.findIndex((run) => run.includes(cell));
    const run = this.#runs[index];
    const place = run?.indexOf(cell) ?? -1;
    if (run === undefined || place < 0) return;
    this.#size -= 1;
    run.splice(place, 1);
    if (run.length === 0) this.#runs.splice(index, 1);
  }

  /** Adds those that overlap a window, where none of the cells overlap each other. */
  addOverlapping(window: Window, found: Set<Cell>): void {
    // The one before may reach into it.
    let index = Math.max(0, this.#runOf(window));
    let place = placeIn(this.#runs[index] ?? [], window) - 1;
    for (; index < this.#runs.length; index++, place = 0) {
      const run = this.#runs[index] as Cell[];
      for (place = Math.max(0, place); place < run.length; place++) {
        const cell = run[place] as Cell;
        if (cell.span.window.start >= window.end) return;
        if (cell.span.window.end > window.start) found.add(cell);
      }
    }
  }

  #byId(window: Window, idOf: (window: Window) => string): Cell | undefined {
    const id = idOf(window);
    for (const run of this.#runs) {
      const cell = run.find((one) => idOf(one.span.window) === id);
      if (cell !== undefined) return cell;
    }
    return undefined;
  }

  /** The last run that begins with the window or before it; the first for one before all. */
  #runOf(window: Window): number {
    let low = 0;
    let high = this.#runs.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      const [first] = this.#runs[middle] as [Cell];
      if (isBefore(window, first.span.window)) high = middle - 1;
      else low = middle;
    }
    return low;
  }
}

/** Where a window stands in a run, or would stand, by start and end. */
function placeIn(run: readonly Cell[], window: Window): number {
  let low = 0;
  let high = run.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isBefore((run[middle] as Cell).span.window, window)) low = middle + 1;
    else high = middle;
  }
  return low;
}

function isBefore(a: Window, b: Window): boolean {
  return a.start < b.start || (a.start === b.start && a.end < b.end);
}

function isSame(a: Window, b: Window): boolean {
  return a.start === b.start && a.end === b.end;
}
