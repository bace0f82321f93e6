import { ByteReader } from "../../../types/coders/byte-reader.js";
import { ByteWriter } from "../../../types/coders/byte-writer.js";
import type { KeyPrimitive, NestedCoder } from "../../../types/coders/nested-coder.js";
import type { Window, WindowFn } from "../../../pipeline/window.js";
import { EntryCut, type CutParts, type StepCut } from "../step-cut.js";
import { expiryOf, KeyCell, windowId, WindowSpan } from "./key-cell.js";
import { LiveHeap } from "./live-heap.js";
import type { StateKind } from "./state-kinds.js";
import type { TimerStore } from "./timer-store.js";
import { readWindow, writeWindow } from "./window-bytes.js";

/** What a store of cells is made of. */
export interface CellStoreParts {
  readonly stateNames: readonly string[];
  readonly kinds: readonly StateKind[];
  readonly timers: TimerStore;
  readonly keyCoder: NestedCoder<unknown>;
  readonly identityOf: (key: unknown) => KeyPrimitive;
  readonly windowFn: WindowFn;
  readonly allowedLatenessMs: number;
  /** Cells stay until their window expires although nothing is in them. */
  readonly keepsEmpty: boolean;
  /** What is done to cells can be undone until the bundle is kept. */
  readonly isUndone: boolean;
}

/** States and timers of all keys and windows of a step. */
export class CellStore {
  readonly #parts: CellStoreParts;
  readonly #idOf: (window: Window) => string;
  readonly #spans = new Map<string, WindowSpan>();
  readonly #byExpiry = new LiveHeap<WindowSpan>();
  /** The window met last: they come in runs. */
  #last: WindowSpan | undefined;
  /** In reverse order: what brings back what was there when the bundle began. */
  #undo: (() => void)[] = [];
  #touched = new Set<KeyCell>();
  #cutNumber = 0;
  #preserve: ((cell: KeyCell) => void) | undefined;

  constructor(parts: CellStoreParts) {
    this.#parts = parts;
    this.#idOf = windowId(parts.windowFn);
  }

  /** When the first window expires. */
  get nextExpiry(): number {
    return this.#byExpiry.time;
  }

  get firstToExpire(): WindowSpan | undefined {
    return this.#byExpiry.peek();
  }

  spanOf(window: Window): WindowSpan {
    if (this.#last?.window === window && this.#last.isLive) return this.#last;
    const id = this.#idOf(window);
    this.#last = this.#spans.get(id) ?? this.#open(id, window);
    return this.#last;
  }

  /** The cell of a key, made if need be; about to be read and written. */
  enter(key: unknown, span: WindowSpan): KeyCell {
    const { identityOf, kinds } = this.#parts;
    const identity = identityOf(key);
    let cell = span.cells.get(identity);
    if (cell === undefined) {
      cell = new KeyCell(key, identity, span, kinds.length, this.#cutNumber);
      span.cells.set(identity, cell);
    }
    this.touch(cell);
    return cell;
  }

  /** Before anything is changed in a cell. */
  touch(cell: KeyCell): void {
    if (this.#preserve !== undefined) this.#preserve(cell);
    if (this.#parts.isUndone && !this.#touched.has(cell)) this.#remember(cell);
  }

  /** After a call: a cell without content is forgotten. */
  leave(cell: KeyCell): void {
    const { kinds, keepsEmpty } = this.#parts;
    if (keepsEmpty || (cell.timers?.size ?? 0) > 0) return;
    for (let index = 0; index < kinds.length; index++) {
      if (kinds[index]?.isKept(cell.contents[index]) === true) return;
    }
    cell.span.cells.delete(cell.identity);
  }

  /** Deletes a cell whose window expires. */
  remove(cell: KeyCell): void {
    this.touch(cell);
    this.#parts.timers.clearAll(cell);
    cell.span.cells.delete(cell.identity);
  }

  /** Deletes a window without cells. */
  close(span: WindowSpan): void {
    this.#byExpiry.pop();
    span.isLive = false;
    this.#spans.delete(span.id);
    if (!this.#parts.isUndone) return;
    this.#undo.push(() => {
      span.isLive = true;
      this.#spans.set(span.id, span);
      this.#byExpiry.push(span.expiry, span);
    });
  }

  /** Says how to bring back what was taken elsewhere. */
  onUndo(undo: () => void): void {
    if (this.#parts.isUndone) this.#undo.push(undo);
  }

  /** What was done since the last bundle is kept. */
  keep(): void {
    if (this.#undo.length === 0) return;
    this.#undo = [];
    this.#touched = new Set();
  }

  /** Brings back what was there when the bundle began. */
  undo(): void {
    for (const undo of this.#undo.toReversed()) undo();
    this.keep();
  }

  /** Everything, as it is now, written a slice at a time. */
  cut(head: (writer: ByteWriter) => void): StepCut {
    this.#cutNumber += 1;
    const number = this.#cutNumber;
    const preserve = (cell: KeyCell): void => {
      if (cell.cut >= number) return;
      cell.cut = number;
      const { writer } = cut;
      writer.byte(1);
      this.#write(cell, writer);
    };
    const parts: CutParts<KeyCell> = {
      head: (writer) => {
        this.#writeNames(writer);
        head(writer);
      },
      entries: this.#cells(),
      preserve,
      tail: (writer) => {
        writer.byte(0);
        if (this.#preserve === preserve) this.#preserve = undefined;
      },
    };
    const cut = new EntryCut(parts);
    this.#preserve = preserve;
    return cut;
  }

  /** Reads what a cut wrote; `head` reads what its `head` wrote. */
  restore(reader: ByteReader, head: (reader: ByteReader) => void): void {
    const { stateNames, timers } = this.#parts;
    const states = readNames(reader, stateNames);
    const timerIndexes = readNames(reader, timers.names);
    head(reader);
    while (reader.byte() === 1) this.#read(reader, states, timerIndexes);
  }

  #open(id: string, window: Window): WindowSpan {
    const span = new WindowSpan(id, window, expiryOf(window, this.#parts.allowedLatenessMs));
    this.#spans.set(id, span);
    this.#byExpiry.push(span.expiry, span);
    return span;
  }

  *#cells(): Generator<KeyCell> {
    for (const span of this.#spans.values()) yield* span.cells.values();
  }

  #remember(cell: KeyCell): void {
    this.#touched.add(cell);
    const writer = new ByteWriter();
    this.#writeContent(cell, writer);
    const bytes = writer.take();
    this.#undo.push(() => {
      const { timers, kinds } = this.#parts;
      timers.clearAll(cell);
      cell.span.cells.set(cell.identity, cell);
      const states = kinds.map((_, index) => index);
      this.#readContent(
        cell,
        new ByteReader(bytes),
        states,
        timers.names.map((_, index) => index),
      );
      this.leave(cell);
    });
  }

  #writeNames(writer: ByteWriter): void {
    for (const names of [this.#parts.stateNames, this.#parts.timers.names]) {
      writer.varInt(names.length);
      for (const name of names) writer.text(name);
    }
  }

  #write(cell: KeyCell, writer: ByteWriter): void {
    writeWindow(this.#parts.windowFn, cell.span.window, writer);
    this.#parts.keyCoder.append(cell.key, writer);
    this.#writeContent(cell, writer);
  }

  #read(reader: ByteReader, states: readonly number[], timerIndexes: readonly number[]): void {
    const span = this.spanOf(readWindow(this.#parts.windowFn, reader));
    const key = this.#parts.keyCoder.read(reader);
    const identity = this.#parts.identityOf(key);
    const cell = new KeyCell(key, identity, span, this.#parts.kinds.length, this.#cutNumber);
    span.cells.set(identity, cell);
    this.#readContent(cell, reader, states, timerIndexes);
  }

  #writeContent(cell: KeyCell, writer: ByteWriter): void {
    const { kinds, timers } = this.#parts;
    for (const [index, kind] of kinds.entries()) {
      const content = cell.contents[index];
      const isKept = kind.isKept(content);
      writer.byte(isKept ? 1 : 0);
      if (isKept) kind.write(content, writer);
    }
    timers.write(cell, writer);
  }

  #readContent(
    cell: KeyCell,
    reader: ByteReader,
    states: readonly number[],
    timerIndexes: readonly number[],
  ): void {
    const { kinds, timers } = this.#parts;
    for (const index of states) {
      cell.contents[index] = reader.byte() === 1 ? (kinds[index] as StateKind).read(reader) : undefined;
    }
    timers.read(cell, reader, timerIndexes);
  }
}

/** Present positions of the names that were written, in the order in which they were. */
function readNames(reader: ByteReader, names: readonly string[]): readonly number[] {
  return Array.from({ length: reader.varInt() }, () => names.indexOf(reader.text()));
}
