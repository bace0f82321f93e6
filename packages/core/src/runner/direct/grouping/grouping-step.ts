import { invariant } from "../../../diagnostics/error.js";
import type { CombineBinding } from "../../../pipeline/graph.js";
import type { KeyIdentity } from "../../../pipeline/key-identity.js";
import { ONLY_PANE } from "../../../pipeline/pane.js";
import {
  GLOBAL_WINDOW,
  GLOBAL_WINDOW_MAX_TIMESTAMP,
  MIN_TIMESTAMP,
  type Window,
} from "../../../pipeline/window.js";
import type { WindowingStrategy } from "../../../pipeline/windowing-strategy.js";
import type { ByteReader } from "../../../types/coders/byte-reader.js";
import type { ByteWriter } from "../../../types/coders/byte-writer.js";
import { identityOfKey } from "../key-identities.js";
import { WAITING_MAX, type Pressure, type Push } from "../push.js";
import type { ProcessingTimeWork, StatefulStep } from "../stateful-step.js";
import { EntryCut, wholeCut, type StepCut } from "../step-cut.js";
import { stepError } from "../step-error.js";
import { Cell, expiryOf, type Span } from "./cell.js";
import { CellWriter, readCells } from "./cell-coder.js";
import { CellEngine } from "./cell-engine.js";
import { MergingCells, type KeyBatch } from "./merging-cells.js";
import { NEVER_DUE } from "./trigger-node.js";
import { WindowCells } from "./window-cells.js";

/** Most windows of keys dealt with at a time, so that a job with many lets others have a turn. */
const FIRED_MAX = 4_096;
/** Elements that wait for the end of their batch, where windows merge, at which the batch is cut. */
const BATCH_ELEMENTS_MAX = 16_384;

const GLOBAL_WINDOWS: readonly Window[] = Object.freeze([GLOBAL_WINDOW]);

/** What a grouping step is made of. */
export interface GroupingParts {
  readonly name: string;
  readonly binding: CombineBinding;
  /** Of the input. */
  readonly windowing: WindowingStrategy;
  readonly emit: Push;
  readonly clock: { now(): number };
}

interface BoundFunctions {
  readonly keyOf: (value: unknown) => unknown;
  readonly elementIdentity?: (value: unknown) => KeyIdentity;
}

/** A window whose timer went off, and those of its cells that were not looked at. */
interface DueWindow {
  readonly span: Span;
  readonly isExpired: boolean;
  readonly rest: Iterator<Cell>;
}

/**
 * Groups per key and window by the grouping algorithm of the Apache Beam model, for every windowing strategy:
 *
 * - elements of a batch go to their windows (ON ELEMENTS); where windows merge they wait for the end of the batch, since
 *   the windows of a batch merge before its elements come;
 * - `fire` does what the end of a batch, the watermark and the clock make due, in this order and a slice at a time, so
 *   that sinks keep up; the watermarks stand still until all of it is done;
 * - a window's state is freed when it expires.
 */
export class GroupingStep implements StatefulStep {
  readonly name: string;
  readonly inputs: readonly Push[];
  readonly emitsInBundle = false;
  readonly processingTime?: ProcessingTimeWork;
  readonly #parts: GroupingParts;
  readonly #functions: BoundFunctions;
  readonly #identityOfKey: (key: unknown) => KeyIdentity;
  readonly #engine: CellEngine;
  /** One of the two. */
  readonly #shared: WindowCells | undefined;
  readonly #merging: MergingCells | undefined;
  /** Batches that are not over, where windows merge. */
  readonly #batches = new Map<KeyIdentity, KeyBatch>();
  #restOfBatches: Iterator<KeyBatch> | undefined;
  #batchedElements = 0;
  #touchedNext = 0;
  #dueWindow: DueWindow | undefined;
  /** The assignment met last, and its window's span if it has one that is open. Windows come in runs. */
  #lastWindows: readonly Window[] | undefined;
  #lastSpan: Span | undefined;
  #now = Number.NEGATIVE_INFINITY;
  /** The result of no elements is to come when the global window expires. */
  #owesEmpty: boolean;
  #lateRows = 0;
  #droppedLate = 0;
  #droppedClosed = 0;
  /** Number of the cut taken last. */
  #epoch = 0;
  #cut: { readonly entries: EntryCut<Cell>; readonly writer: CellWriter } | undefined;

  constructor(parts: GroupingParts) {
    const { name, binding, windowing, emit } = parts;
    const { windowFn, allowedLatenessMs } = windowing;
    this.name = name;
    this.#parts = parts;
    this.#functions = binding as unknown as BoundFunctions;
    this.#identityOfKey = identityOfKey(binding);
    this.#owesEmpty = binding.emitsWhenEmpty === true;
    const preserve = (cell: Cell): void => this.#preserve(cell);
    this.#engine = new CellEngine({ name, binding, windowing, emit, now: () => this.#clock(), preserve });
    if (windowFn.isMerging) {
      this.#merging = new MergingCells(this.#engine, windowFn, allowedLatenessMs, () => this.#epoch);
      this.inputs = [this.#pushMerging];
    } else {
      this.#shared = new WindowCells(this.#engine, windowFn, allowedLatenessMs);
      this.inputs = [this.#pushShared];
    }
    if (this.#engine.machine.usesProcessingTime) this.processingTime = this.#processingTime();
  }

  get outputWatermark(): number {
    return this.#engine.outputWatermark;
  }

  get lateRows(): number {
    return this.#lateRows;
  }

  get droppedDueToLateness(): number {
    return this.#droppedLate;
  }

  get droppedDueToClosedWindow(): number {
    return this.#droppedClosed;
  }

  get hasDue(): boolean {
    const { touched, timers, inputWatermark } = this.#engine;
    if (touched.length > 0 || this.#batches.size > 0 || this.#dueWindow !== undefined) return true;
    const time = timers.peek();
    return (time !== undefined && time < inputWatermark) || this.#isEmptyDue;
  }

  /** ON INPUT WATERMARK. What is due comes first: until it is done both watermarks stay. */
  advanceTo([watermark = MIN_TIMESTAMP]: readonly number[]): void {
    const engine = this.#engine;
    if (this.hasDue) return;
    if (watermark > engine.inputWatermark) {
      engine.inputWatermark = watermark;
      this.#lastWindows = undefined;
      this.#lastSpan = undefined;
      if (this.hasDue) return;
    }
    const output = Math.min(engine.inputWatermark, engine.holds.earliest);
    if (output > engine.outputWatermark) engine.outputWatermark = output;
  }

  fire(pressure: Pressure): void {
    try {
      for (let fired = 0; fired < FIRED_MAX && pressure.waiting < WAITING_MAX; fired++) {
        if (!this.#fireNext()) return;
      }
    } catch (error) {
      throw stepError(this.name, error);
    }
  }

  cut(): StepCut {
    const { binding, windowing } = this.#parts;
    invariant(!this.hasDue, "a cut is taken when nothing is due");
    this.#epoch += 1;
    const writer = new CellWriter(binding, windowing.windowFn);
    const entries = new EntryCut<Cell>({
      head: (bytes) => this.#writeHead(bytes),
      entries: (this.#shared ?? (this.#merging as MergingCells)).cells(),
      preserve: (cell) => this.#preserve(cell),
      tail: (bytes) => {
        writer.end(bytes);
        this.#cut = undefined;
      },
    });
    this.#cut = { entries, writer };
    return entries;
  }

  snapshot(writer: ByteWriter): void {
    for (const part of wholeCut(this.cut())) writer.raw(part);
  }

  restore(reader: ByteReader): void {
    const engine = this.#engine;
    const { binding, windowing } = this.#parts;
    engine.inputWatermark = reader.float64();
    engine.outputWatermark = reader.float64();
    this.#lateRows = reader.float64();
    this.#droppedLate = reader.float64();
    this.#droppedClosed = reader.float64();
    this.#owesEmpty = reader.byte() === 1;
    for (const stored of readCells(reader, binding, windowing.windowFn)) {
      invariant(
        stored.isClosed || engine.machine.accepts(stored.trigger),
        "the state of a trigger fits its machine",
      );
      const span = this.#shared?.spanOf(stored.window) ?? this.#merging?.spanFor(stored.window);
      invariant(span !== undefined, "no state is kept of a window that has expired");
      const identity = this.#identityOfKey(stored.key);
      const cell = new Cell(stored.key, identity, span, stored.trigger, this.#epoch);
      const { accumulator, isNew, isClosed, pane } = stored;
      Object.assign(cell, { accumulator, isNew, isClosed, pane });
      if (span.cells === undefined) {
        span.owner = cell;
        engine.arm(span);
      } else {
        span.cells.set(identity, cell);
      }
      this.#merging?.adopt(cell);
      engine.adopt(cell, stored.elementHold, stored.extraHold);
    }
  }

  readonly #pushShared: Push = (value, timestamp, windows) => {
    try {
      if (windows !== this.#lastWindows) this.#turnTo(windows);
      const span = this.#lastSpan;
      if (span === undefined) this.#pushIntoAll(value, timestamp, windows);
      else if (!this.#addTo(span, value, timestamp)) this.#lateRows += 1;
    } catch (error) {
      throw stepError(this.name, error);
    }
  };

  readonly #pushMerging: Push = (value, timestamp, windows) => {
    try {
      const { allowedLatenessMs } = this.#parts.windowing;
      const { inputWatermark } = this.#engine;
      const isOpen = (window: Window): boolean => expiryOf(window, allowedLatenessMs) >= inputWatermark;
      const open = windows.every(isOpen) ? windows : windows.filter(isOpen);
      this.#droppedLate += windows.length - open.length;
      if (open.length === 0) this.#lateRows += 1;
      else this.#await(value, timestamp, open);
    } catch (error) {
      throw stepError(this.name, error);
    }
  };

  #turnTo(windows: readonly Window[]): void {
    this.#lastWindows = windows;
    this.#lastSpan = windows.length === 1 ? this.#shared?.spanOf(windows[0] as Window) : undefined;
  }

  #pushIntoAll(value: unknown, timestamp: number, windows: readonly Window[]): void {
    let isLate = true;
    for (const window of windows) {
      const span = this.#shared?.spanOf(window);
      if (span === undefined) this.#droppedLate += 1;
      else if (this.#addTo(span, value, timestamp)) isLate = false;
    }
    if (isLate) this.#lateRows += 1;
  }

  /** @returns false if the window is closed. */
  #addTo(span: Span, value: unknown, timestamp: number): boolean {
    const { keyOf, elementIdentity } = this.#functions;
    const cells = span.cells as Map<KeyIdentity, Cell>;
    let key: unknown;
    let identity: KeyIdentity;
    if (elementIdentity === undefined) {
      key = keyOf(value);
      identity = this.#identityOfKey(key);
    } else {
      identity = elementIdentity(value);
    }
    let cell = cells.get(identity);
    if (cell === undefined) {
      if (elementIdentity !== undefined) key = keyOf(value);
      cell = new Cell(key, identity, span, this.#engine.machine.initial(), this.#epoch);
      cells.set(identity, cell);
      this.#owesEmpty = false;
    } else if (cell.epoch !== this.#epoch) {
      this.#preserve(cell);
    }
    if (cell.isClosed) {
      this.#droppedClosed += 1;
      return false;
    }
    this.#engine.add(cell, value, timestamp);
    return true;
  }

  #await(value: unknown, timestamp: number, windows: readonly Window[]): void {
    const { keyOf, elementIdentity } = this.#functions;
    const key = elementIdentity === undefined ? keyOf(value) : undefined;
    const identity = elementIdentity?.(value) ?? this.#identityOfKey(key);
    const element = { value, timestamp, windows };
    const batch = this.#batches.get(identity);
    if (batch === undefined) {
      const keyed = elementIdentity === undefined ? key : keyOf(value);
      this.#batches.set(identity, { key: keyed, identity, elements: [element] });
    } else {
      batch.elements.push(element);
    }
    this.#batchedElements += 1;
    if (this.#batchedElements < BATCH_ELEMENTS_MAX) return;
    for (const one of this.#batches.values()) this.#absorb(one);
  }

  #absorb(batch: KeyBatch): void {
    this.#batches.delete(batch.identity);
    this.#batchedElements -= batch.elements.length;
    const { closedPairs, closedElements } = (this.#merging as MergingCells).absorb(batch);
    this.#droppedClosed += closedPairs;
    this.#lateRows += closedElements;
  }

  /** Does one thing that is due. @returns false when there is nothing. */
  #fireNext(): boolean {
    if (this.#batches.size > 0) {
      this.#absorb(this.#nextBatch());
      return true;
    }
    const cell = this.#nextTouched();
    if (cell !== undefined) {
      this.#fireIfReady(cell);
      return true;
    }
    return this.#fireDueWindow() || this.#emitEmpty();
  }

  /** Goes on where it was: a map is slow to find its first entry where many before it were deleted. */
  #nextBatch(): KeyBatch {
    this.#restOfBatches ??= this.#batches.values();
    const next = this.#restOfBatches.next();
    if (next.done !== true) return next.value;
    this.#restOfBatches = undefined;
    return this.#nextBatch();
  }

  #nextTouched(): Cell | undefined {
    const { touched } = this.#engine;
    const cell = touched[this.#touchedNext];
    if (cell === undefined) return undefined;
    this.#touchedNext += 1;
    if (this.#touchedNext === touched.length) {
      touched.length = 0;
      this.#touchedNext = 0;
    }
    cell.isTouched = false;
    return cell;
  }

  /** Of a window that is neither closed nor expired nor gone into another. */
  #fireIfReady(cell: Cell): void {
    if (cell.isGone || cell.isClosed || cell.span.expiry < this.#engine.inputWatermark) return;
    if (this.#engine.fireIfReady(cell)) this.#merging?.close(cell);
  }

  /** Windows whose timers the watermark has passed, in the order of time; one cell at a time. */
  #fireDueWindow(): boolean {
    const engine = this.#engine;
    const { timers, inputWatermark } = engine;
    if (this.#dueWindow === undefined) {
      const time = timers.peek();
      if (time === undefined || time >= inputWatermark) return false;
      const span = timers.take() as Span;
      this.#dueWindow = { span, isExpired: span.expiry < inputWatermark, rest: span.visit() };
    }
    const { span, isExpired, rest } = this.#dueWindow;
    const next = rest.next();
    if (next.done === true) {
      this.#dueWindow = undefined;
      if (isExpired) this.#free(span);
    } else if (isExpired) {
      engine.expire(next.value);
      this.#merging?.free(next.value);
    } else {
      this.#fireIfReady(next.value);
    }
    return true;
  }

  #free(span: Span): void {
    this.#engine.disarm(span);
    this.#shared?.free(span);
  }

  get #isEmptyDue(): boolean {
    return this.#owesEmpty && this.#engine.inputWatermark > GLOBAL_WINDOW_MAX_TIMESTAMP;
  }

  #emitEmpty(): boolean {
    if (!this.#isEmptyDue) return false;
    this.#owesEmpty = false;
    const { binding, emit } = this.#parts;
    const { combineFn, toOutput } = binding;
    const result = combineFn.extractOutput(combineFn.createAccumulator());
    const output = toOutput(undefined as never, result as never, GLOBAL_WINDOW);
    emit(output, GLOBAL_WINDOW_MAX_TIMESTAMP, GLOBAL_WINDOWS, ONLY_PANE);
    return true;
  }

  #clock(): number {
    this.#now = Math.max(this.#now, this.#parts.clock.now());
    return this.#now;
  }

  #processingTime(): ProcessingTimeWork {
    const engine = this.#engine;
    const { deadlines } = engine;
    const takeDue = (now: number): void => {
      this.#now = Math.max(this.#now, now);
      for (let at = deadlines.peek(); at !== undefined && at < this.#now; at = deadlines.peek()) {
        const cell = deadlines.take() as Cell;
        cell.deadline = NEVER_DUE;
        engine.touch(cell);
      }
    };
    return {
      // The clock must be beyond a deadline; it counts in milliseconds.
      get next() {
        const deadline = deadlines.peek();
        return deadline === undefined ? undefined : deadline + 1;
      },
      advanceTo: takeDue,
    };
  }

  #preserve(cell: Cell): void {
    if (cell.epoch === this.#epoch) return;
    cell.epoch = this.#epoch;
    const cut = this.#cut;
    if (cut !== undefined && !cell.isGone) cut.writer.write(cut.entries.writer, cell);
  }

  #writeHead(writer: ByteWriter): void {
    writer.float64(this.#engine.inputWatermark);
    writer.float64(this.#engine.outputWatermark);
    writer.float64(this.#lateRows);
    writer.float64(this.#droppedLate);
    writer.float64(this.#droppedClosed);
    writer.byte(this.#owesEmpty ? 1 : 0);
  }
}
