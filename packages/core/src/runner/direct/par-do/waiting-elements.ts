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

/** Elements that wait for their windows' side inputs. */
export class WaitingElements {
  readonly #idOf: (window: Window) => string;
  readonly #groups = new Map<string, Group>();

  constructor(idOf: (window: Window) => string) {
    this.#idOf = idOf;
  }

  /** Least timestamp of what waits; infinite when nothing does. */
  get earliest(): number {
    let earliest = Number.POSITIVE_INFINITY;
    for (const group of this.#groups.values()) earliest = Math.min(earliest, group.earliest);
    return earliest;
  }

  /** Last millisecond of the window that ends first among those of what waits; infinite when nothing does. */
  get earliestWindow(): number {
    let earliest = Number.POSITIVE_INFINITY;
    for (const { window } of this.#groups.values()) earliest = Math.min(earliest, window.end - 1);
    return earliest;
  }

  add(element: WindowedElement): void {
    const id = this.#idOf(element.window);
    const group = this.#groups.get(id) ?? {
      window: element.window,
      elements: [],
      earliest: Number.POSITIVE_INFINITY,
    };
    this.#groups.set(id, group);
    group.elements.push(element);
    group.earliest = Math.min(group.earliest, element.timestamp);
  }

  hasReady(isReady: (window: Window) => boolean): boolean {
    for (const { window } of this.#groups.values()) if (isReady(window)) return true;
    return false;
  }

  /** Takes up to `count` elements of a window that can be read. */
  takeReady(isReady: (window: Window) => boolean, count: number): readonly WindowedElement[] {
    for (const [id, group] of this.#groups) {
      if (!isReady(group.window)) continue;
      if (group.elements.length <= count) {
        this.#groups.delete(id);
        return group.elements;
      }
      const taken = group.elements.splice(0, count);
      group.earliest = group.elements.reduce(
        (earliest, { timestamp }) => Math.min(earliest, timestamp),
        Number.POSITIVE_INFINITY,
      );
      return taken;
    }
    return [];
  }

  *all(): Iterable<WindowedElement> {
    for (const { elements } of this.#groups.values()) yield* elements;
  }
}
