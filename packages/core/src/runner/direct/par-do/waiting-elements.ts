import type { Pane, PaneTiming } from "../../../pipeline/pane.js";
import type { Window, WindowFn } from "../../../pipeline/window.js";
import type { ByteReader } from "../../../types/coders/byte-reader.js";
import type { ByteWriter } from "../../../types/coders/byte-writer.js";
import type { NestedCoder } from "../../../types/coders/nested-coder.js";
import { readWindow, writeWindow } from "./window-bytes.js";

/** An element in one of its windows. */
export interface WindowedElement {
  readonly value: unknown;
  readonly timestamp: number;
  readonly window: Window;
  readonly pane: Pane;
}

const TIMINGS: readonly PaneTiming[] = ["early", "on-time", "late", "unknown"];

/** Writes an element that waits. */
export function writeElement(
  element: WindowedElement,
  coder: NestedCoder<unknown>,
  windowFn: WindowFn,
  writer: ByteWriter,
): void {
  const { value, timestamp, window, pane } = element;
  writer.float64(timestamp);
  writeWindow(windowFn, window, writer);
  writePane(pane, writer);
  coder.append(value, writer);
}

export function readElement(
  coder: NestedCoder<unknown>,
  windowFn: WindowFn,
  reader: ByteReader,
): WindowedElement {
  const timestamp = reader.float64();
  const window = readWindow(windowFn, reader);
  const pane = readPane(reader);
  return { timestamp, window, pane, value: coder.read(reader) };
}

function writePane({ timing, index, nonSpeculativeIndex, isFirst, isLast }: Pane, writer: ByteWriter): void {
  writer.byte(TIMINGS.indexOf(timing));
  writer.varInt64(index);
  writer.varInt64(nonSpeculativeIndex);
  writer.byte((isFirst ? 1 : 0) + (isLast ? 2 : 0));
}

function readPane(reader: ByteReader): Pane {
  const timing = TIMINGS[reader.byte()] ?? "unknown";
  const index = reader.varInt64();
  const nonSpeculativeIndex = reader.varInt64();
  const flags = reader.byte();
  return { timing, index, nonSpeculativeIndex, isFirst: (flags & 1) === 1, isLast: (flags & 2) === 2 };
}

interface Group {
  readonly window: Window;
  readonly elements: WindowedElement[];
  /** Least timestamp. */
  earliest: number;
}

function groupOf(window: Window, elements: WindowedElement[]): Group {
  const earliest = elements.reduce(
    (least, { timestamp }) => Math.min(least, timestamp),
    Number.POSITIVE_INFINITY,
  );
  return { window, elements, earliest };
}

/** Elements that wait for their windows' side inputs. */
export class WaitingElements {
  readonly #idOf: (window: Window) => string;
  readonly #groups = new Map<string, Group>();
  /** Over all groups; absent after some were taken. */
  #least: { timestamp: number; window: number } | undefined;
  /** State of the side inputs for which no group was ready. */
  #notReadyAt: number | undefined;

  constructor(idOf: (window: Window) => string) {
    this.#idOf = idOf;
  }

  /** Least timestamp of what waits; infinite when nothing does. */
  get earliest(): number {
    return this.#leastOf().timestamp;
  }

  /** Last millisecond of the window that ends first among those of what waits; infinite when nothing does. */
  get earliestWindow(): number {
    return this.#leastOf().window;
  }

  add(element: WindowedElement): void {
    const id = this.#idOf(element.window);
    const group = this.#groups.get(id) ?? groupOf(element.window, []);
    this.#groups.set(id, group);
    group.elements.push(element);
    group.earliest = Math.min(group.earliest, element.timestamp);
    this.#notReadyAt = undefined;
    if (this.#least === undefined) return;
    this.#least.timestamp = Math.min(this.#least.timestamp, element.timestamp);
    this.#least.window = Math.min(this.#least.window, element.window.end - 1);
  }

  /** @param state - changes whenever `isReady` may say otherwise than before. */
  hasReady(isReady: (window: Window) => boolean, state: number): boolean {
    if (this.#groups.size === 0 || this.#notReadyAt === state) return false;
    for (const { window } of this.#groups.values()) if (isReady(window)) return true;
    this.#notReadyAt = state;
    return false;
  }

  /** Takes up to `count` elements of windows that can be read. */
  takeReady(isReady: (window: Window) => boolean, count: number): readonly WindowedElement[] {
    const taken: WindowedElement[] = [];
    for (const [id, group] of this.#groups) {
      if (!isReady(group.window)) continue;
      const { elements } = group;
      const rest = elements.splice(count - taken.length);
      for (const element of elements) taken.push(element);
      if (rest.length === 0) this.#groups.delete(id);
      else this.#groups.set(id, groupOf(group.window, rest));
      if (taken.length === count) break;
    }
    if (taken.length > 0) this.#least = undefined;
    return taken;
  }

  *all(): Iterable<WindowedElement> {
    for (const { elements } of this.#groups.values()) yield* elements;
  }

  #leastOf(): { timestamp: number; window: number } {
    if (this.#least !== undefined) return this.#least;
    const least = { timestamp: Number.POSITIVE_INFINITY, window: Number.POSITIVE_INFINITY };
    for (const { earliest, window } of this.#groups.values()) {
      least.timestamp = Math.min(least.timestamp, earliest);
      least.window = Math.min(least.window, window.end - 1);
    }
    this.#least = least;
    return least;
  }
}
