import type { ParDoBinding } from "../../../pipeline/graph.js";
import type { SideInput } from "../../../pipeline/side-input.js";
import { MIN_TIMESTAMP, type Window } from "../../../pipeline/window.js";
import type { WindowingStrategy } from "../../../pipeline/windowing-strategy.js";
import type { ByteReader } from "../../../types/coders/byte-reader.js";
import type { ByteWriter } from "../../../types/coders/byte-writer.js";
import type { Push } from "../push.js";
import { windowId } from "./key-cell.js";
import { SideContent, SideRules } from "./side-content.js";
import { viewOf } from "./side-view-values.js";
import { readWindow, writeWindow } from "./window-bytes.js";

/** Windows that are over and still kept, the latest ones, for elements that are late. */
const OVER_KEPT_MAX = 8;

/**
 * The side inputs of a step: what arrived, by window. A window can be read when its content has fired early, or when the
 * watermark of the side input is past it: then it is known whole.
 */
export class SideViews {
  readonly inputs: readonly Push[];
  readonly #sides: readonly SideCollection[];

  /** @param windowings - of the side inputs, in their order. */
  constructor(
    step: string,
    { sideInputs }: ParDoBinding,
    windowings: readonly WindowingStrategy[],
    main: WindowingStrategy,
  ) {
    this.#sides = sideInputs.map(
      ({ name, view }, index) =>
        new SideCollection(step, name, view, windowings[index] as WindowingStrategy, main.allowedLatenessMs),
    );
    this.inputs = this.#sides.map((side) => side.push);
  }

  /** The object that a function reads from. */
  reader(windowOf: () => Window): object {
    const reader = {};
    for (const side of this.#sides) {
      Object.defineProperty(reader, side.name, { enumerable: true, get: () => side.read(windowOf()) });
    }
    return reader;
  }

  /**
   * @param neededFrom - of windows that end before it nothing is left to be done and no element is expected but late
   *   ones: what they alone could read is forgotten in time.
   */
  advanceTo(watermarks: readonly number[], neededFrom: number): void {
    for (const [index, side] of this.#sides.entries()) {
      side.advanceTo(watermarks[index] ?? MIN_TIMESTAMP, neededFrom);
    }
  }

  /** Goes up with everything that may make a window ready. */
  get changes(): number {
    let changes = 0;
    for (const side of this.#sides) changes += side.changes;
    return changes;
  }

  /** True when what a main window would read has been forgotten. */
  isForgotten(window: Window): boolean {
    for (const side of this.#sides) if (side.isForgotten(window)) return true;
    return false;
  }

  /** True when all side inputs can be read for a main window. */
  isReady(window: Window): boolean {
    for (const side of this.#sides) if (!side.isReady(window)) return false;
    return true;
  }

  write(writer: ByteWriter): void {
    for (const side of this.#sides) side.write(writer);
  }

  read(reader: ByteReader): void {
    for (const side of this.#sides) side.restore(reader);
  }
}

class SideCollection {
  readonly name: string;
  readonly #step: string;
  readonly #view: SideInput<unknown>;
  readonly #windowing: WindowingStrategy;
  readonly #latenessMs: number;
  readonly #rules: SideRules;
  readonly #idOf: (window: Window) => string;
  readonly #contents = new Map<string, SideContent>();
  #watermark = MIN_TIMESTAMP;
  changes = 0;
  #neededFrom = MIN_TIMESTAMP;
  /** Latest end of a window that was forgotten. */
  #forgottenEnd = Number.NEGATIVE_INFINITY;
  #isRestored = false;
  /** The mapping made last: elements of a window come in runs. */
  #lastMain: Window | undefined;
  #lastSide: Window | undefined;

  constructor(
    step: string,
    name: string,
    view: SideInput<unknown>,
    windowing: WindowingStrategy,
    mainLatenessMs: number,
  ) {
    this.#step = step;
    this.name = name;
    this.#view = view;
    this.#windowing = windowing;
    this.#latenessMs = Math.max(mainLatenessMs, windowing.allowedLatenessMs);
    this.#rules = new SideRules(view, windowing.accumulation === "accumulating", windowing.trigger);
    this.#idOf = windowId(windowing.windowFn);
  }

  readonly push: Push = (value, _timestamp, windows, pane) => {
    this.changes += 1;
    for (const window of windows) {
      if (!this.#isOver(window) || this.#contents.has(this.#idOf(window))) {
        this.#contentOf(window).add(value, pane);
      }
    }
  };

  advanceTo(watermark: number, neededFrom: number): void {
    if (watermark > this.#watermark) {
      this.#watermark = watermark;
      this.changes += 1;
    }
    // It goes back where a late element waits for its side window.
    const isLater = neededFrom > this.#neededFrom;
    this.#neededFrom = neededFrom;
    if (!isLater) return;
    const over: Window[] = [];
    for (const { window } of this.#contents.values()) if (this.#isOver(window)) over.push(window);
    if (this.#isRestored && over.length >= OVER_KEPT_MAX) {
      // Those before the ones that were kept had been forgotten.
      this.#forgottenEnd = Math.min(...over.map((window) => window.end)) - 1;
    }
    this.#isRestored = false;
    if (over.length > OVER_KEPT_MAX) this.#forget(over);
  }

  isForgotten(main: Window): boolean {
    const window = this.#windowFor(main);
    if (window === undefined || window.end > this.#forgottenEnd) return false;
    return !this.#contents.has(this.#idOf(window));
  }

  isReady(main: Window): boolean {
    const window = this.#windowFor(main);
    if (window === undefined || this.#watermark >= window.end) return true;
    return this.#contents.get(this.#idOf(window))?.hasFired === true;
  }

  /** @throws `SIDE_INPUT_INVALID` where the elements do not make what was declared. */
  read(main: Window): unknown {
    const window = this.#windowFor(main) ?? main;
    const content = this.#contents.get(this.#idOf(window));
    const place = { step: this.#step, name: this.name, view: this.#view, window };
    if (content === undefined) return viewOf(place, [], this.#rules);
    content.view ??= { value: viewOf(place, content.values, this.#rules) };
    return content.view.value;
  }

  write(writer: ByteWriter): void {
    writer.varInt(this.#contents.size);
    for (const content of this.#contents.values()) {
      writeWindow(this.#windowing.windowFn, content.window, writer);
      content.write(writer);
    }
  }

  restore(reader: ByteReader): void {
    for (let left = reader.varInt(); left > 0; left--) {
      this.#contentOf(readWindow(this.#windowing.windowFn, reader)).read(reader);
    }
    this.#isRestored = true;
  }

  #forget(over: readonly Window[]): void {
    const earliestFirst = over.toSorted((a, b) => a.end - b.end);
    for (const window of earliestFirst.slice(0, -OVER_KEPT_MAX)) {
      this.#contents.delete(this.#idOf(window));
      this.#forgottenEnd = Math.max(this.#forgottenEnd, window.end);
    }
  }

  /** No main element that reads this window is expected, unless it is late. */
  #isOver(window: Window): boolean {
    return window.end - 1 + this.#latenessMs < this.#neededFrom;
  }

  #contentOf(window: Window): SideContent {
    const id = this.#idOf(window);
    const known = this.#contents.get(id);
    if (known !== undefined) return known;
    const made = new SideContent(window, this.#rules);
    this.#contents.set(id, made);
    return made;
  }

  /** The window that ends first of those that hold the last millisecond of a main window. */
  #windowFor(main: Window): Window | undefined {
    if (main !== this.#lastMain) {
      this.#lastMain = main;
      let first: Window | undefined;
      for (const window of this.#windowing.windowFn.assign(main.end - 1)) {
        if (first === undefined || window.end < first.end) first = window;
      }
      this.#lastSide = first;
    }
    return this.#lastSide;
  }
}
