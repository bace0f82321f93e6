/** How what is kept for a key and window stands in a checkpoint. */
import type { CombineBinding } from "../../../pipeline/graph.js";
import type { Pane, PaneTiming } from "../../../pipeline/pane.js";
import type { Window, WindowFn } from "../../../pipeline/window.js";
import type { ByteReader } from "../../../types/coders/byte-reader.js";
import type { ByteWriter } from "../../../types/coders/byte-writer.js";
import { NOTHING, type Cell, type Span } from "./cell.js";
import { NO_HOLD } from "./holds.js";

/** What follows in the bytes. */
const END = 0;
const WINDOW = 1;
const CELL = 2;

const HAS_CONTENT = 1;
const IS_NEW = 2;
const IS_CLOSED = 4;
const HAS_PANE = 8;
const HAS_ELEMENT_HOLD = 16;
const HAS_EXTRA_HOLD = 32;

const TIMINGS: readonly PaneTiming[] = ["early", "on-time", "late"];

interface AnyCoder {
  encode(value: unknown): Uint8Array;
  decode(bytes: Uint8Array): unknown;
}

/** A cell as read back. */
export interface StoredCell {
  readonly window: Window;
  readonly key: unknown;
  readonly accumulator: unknown;
  readonly isNew: boolean;
  readonly isClosed: boolean;
  readonly trigger: number[];
  readonly elementHold: number;
  readonly extraHold: number;
  /** Without `isFirst`, which nothing asks for. */
  readonly pane: Pane | undefined;
}

/** Writes windows once, before the first of their cells, and refers to them by number. */
export class CellWriter {
  readonly #key: AnyCoder;
  readonly #accumulator: AnyCoder;
  readonly #windowFn: WindowFn;
  readonly #numbers = new Map<Span, number>();
  #next = 0;

  constructor(binding: CombineBinding, windowFn: WindowFn) {
    this.#key = binding.keyCoder;
    this.#accumulator = binding.accumulatorCoder;
    this.#windowFn = windowFn;
  }

  write(writer: ByteWriter, cell: Cell): void {
    const number = this.#numbers.get(cell.span) ?? this.#writeWindow(writer, cell.span);
    const { accumulator, pane, elementHold, extraHold } = cell;
    writer.byte(CELL);
    writer.varInt(number);
    writer.byte(
      (accumulator === NOTHING ? 0 : HAS_CONTENT) |
        (cell.isNew ? IS_NEW : 0) |
        (cell.isClosed ? IS_CLOSED : 0) |
        (pane === undefined ? 0 : HAS_PANE) |
        (elementHold === NO_HOLD ? 0 : HAS_ELEMENT_HOLD) |
        (extraHold === NO_HOLD ? 0 : HAS_EXTRA_HOLD),
    );
    writer.bytes(this.#key.encode(cell.key));
    if (accumulator !== NOTHING) writer.bytes(this.#accumulator.encode(accumulator));
    if (elementHold !== NO_HOLD) writer.float64(elementHold);
    if (extraHold !== NO_HOLD) writer.float64(extraHold);
    if (pane !== undefined) {
      writer.byte(TIMINGS.indexOf(pane.timing));
      writer.varInt(pane.index);
      writer.varInt(pane.nonSpeculativeIndex + 1);
    }
    writer.varInt(cell.trigger.length);
    for (const value of cell.trigger) writer.float64(value);
  }

  end(writer: ByteWriter): void {
    writer.byte(END);
  }

  /** A window of one key has one cell: it need not be remembered. */
  #writeWindow(writer: ByteWriter, span: Span): number {
    const number = this.#next++;
    if (span.cells !== undefined) this.#numbers.set(span, number);
    const { windowCoder } = this.#windowFn;
    writer.byte(WINDOW);
    if (windowCoder === undefined) {
      writer.float64(span.window.start);
      writer.float64(span.window.end);
    } else {
      writer.bytes(windowCoder.encode(span.window));
    }
    return number;
  }
}

/** Reads what a {@link CellWriter} wrote. */
export function* readCells(
  reader: ByteReader,
  binding: CombineBinding,
  windowFn: WindowFn,
): Generator<StoredCell> {
  const key = binding.keyCoder;
  const accumulator = binding.accumulatorCoder;
  const { windowCoder } = windowFn;
  const windows: Window[] = [];
  for (let kind = reader.byte(); kind !== END; kind = reader.byte()) {
    if (kind === WINDOW) {
      windows.push(
        windowCoder === undefined
          ? { start: reader.float64(), end: reader.float64() }
          : windowCoder.decode(reader.bytes()),
      );
      continue;
    }
    const window = windows[reader.varInt()] as Window;
    const flags = reader.byte();
    const has = (flag: number): boolean => (flags & flag) !== 0;
    yield {
      window,
      key: key.decode(reader.bytes()),
      accumulator: has(HAS_CONTENT) ? accumulator.decode(reader.bytes()) : NOTHING,
      isNew: has(IS_NEW),
      isClosed: has(IS_CLOSED),
      elementHold: has(HAS_ELEMENT_HOLD) ? reader.float64() : NO_HOLD,
      extraHold: has(HAS_EXTRA_HOLD) ? reader.float64() : NO_HOLD,
      pane: has(HAS_PANE) ? readPane(reader) : undefined,
      trigger: Array.from({ length: reader.varInt() }, () => reader.float64()),
    };
  }
}

function readPane(reader: ByteReader): Pane {
  const timing = TIMINGS[reader.byte()] as PaneTiming;
  const index = reader.varInt();
  return { timing, index, nonSpeculativeIndex: reader.varInt() - 1, isFirst: index === 0, isLast: false };
}
