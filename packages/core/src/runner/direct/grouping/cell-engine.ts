import { invariant } from "../../../diagnostics/error.js";
import type { CombineBinding, CombineFn } from "../../../pipeline/graph.js";
import { MIN_TIMESTAMP, type Window } from "../../../pipeline/window.js";
import type { WindowingStrategy } from "../../../pipeline/windowing-strategy.js";
import type { Push } from "../push.js";
import { refusePromise, stepError } from "../step-error.js";
import { NOTHING, type Cell, type Span } from "./cell.js";
import { Holds, NO_HOLD } from "./holds.js";
import { comesOut, paneAfter, timingOf } from "./pane-rules.js";
import { TimeBuckets } from "./time-buckets.js";
import { TriggerMachine } from "./trigger-machine.js";
import { NEVER_DUE, type Evaluation } from "./trigger-node.js";

/** What an engine is made of. */
export interface EngineParts {
  readonly name: string;
  readonly binding: CombineBinding;
  readonly windowing: WindowingStrategy;
  readonly emit: Push;
  /** Milliseconds of processing time. */
  readonly now: () => number;
  /** Called before a cell is changed that a cut in progress has not written. */
  readonly preserve: (cell: Cell) => void;
}

interface MutableEvaluation extends Evaluation {
  isPastEnd: boolean;
  now: number;
}

/**
 * What happens to one key and window: an element comes, windows merge, the window fires, the window expires. Knows the
 * watermarks, the holds and the timers of all of them. The grouping algorithm of the model's embedded runner, whose
 * parts have the same names here.
 */
export class CellEngine {
  readonly machine: TriggerMachine;
  readonly holds = new Holds();
  /** Windows by the instants the input watermark must pass: their ends and their expiries. */
  readonly timers = new TimeBuckets<Span>();
  /** Cells by the instants the clock must pass. */
  readonly deadlines = new TimeBuckets<Cell>();
  /** Cells to be evaluated when the batch is over. */
  readonly touched: Cell[] = [];
  inputWatermark = MIN_TIMESTAMP;
  outputWatermark = MIN_TIMESTAMP;
  readonly #parts: EngineParts;
  readonly #combineFn: CombineFn<unknown, unknown, unknown>;
  readonly #evaluation: MutableEvaluation = { isPastEnd: false, now: 0 };
  readonly #isDiscarding: boolean;

  constructor(parts: EngineParts) {
    this.#parts = parts;
    const { windowFn, trigger, accumulation } = parts.windowing;
    this.machine = new TriggerMachine(trigger, windowFn.isMerging);
    this.#combineFn = parts.binding.combineFn;
    this.#isDiscarding = accumulation === "discarding";
  }

  /** ON ELEMENTS, from the third step on: the window is neither expired nor closed. */
  add(cell: Cell, value: unknown, timestamp: number): void {
    const combineFn = this.#combineFn;
    if (cell.accumulator === NOTHING) this.#begin(cell, value);
    else {
      if (cell.isShared) this.#unshare(cell);
      cell.accumulator = combineFn.addInput(cell.accumulator, value);
    }
    cell.isNew = true;
    const isPastEnd = this.inputWatermark > cell.span.maxTimestamp;
    this.#hold(cell, timestamp, isPastEnd);
    const { machine } = this;
    if (machine.hasState) machine.onElement(cell.trigger, this.#evaluate(cell.span));
    if (!cell.isTouched && (machine.reactsToElements || isPastEnd)) this.touch(cell);
  }

  #begin(cell: Cell, value: unknown): void {
    const { name } = this.#parts;
    const empty = this.#combineFn.createAccumulator();
    refusePromise(name, "createAccumulator", empty);
    cell.accumulator = this.#combineFn.addInput(empty, value);
    refusePromise(name, "addInput", cell.accumulator);
  }

  touch(cell: Cell): void {
    if (cell.isTouched) return;
    cell.isTouched = true;
    this.touched.push(cell);
  }

  /** Arms the timers of a window. */
  arm(span: Span): void {
    if (
      this.machine.reactsToEnd &&
      span.maxTimestamp >= this.inputWatermark &&
      span.maxTimestamp < span.expiry
    ) {
      this.timers.add(span.maxTimestamp, span);
    }
    this.timers.add(span.expiry, span);
  }

  disarm(span: Span): void {
    if (span.maxTimestamp < span.expiry) this.timers.remove(span.maxTimestamp, span);
    this.timers.remove(span.expiry, span);
  }

  /** Arms the clock for a cell. */
  armClock(cell: Cell, now: number): void {
    if (!this.machine.usesProcessingTime) return;
    const deadline = cell.isClosed || cell.isGone ? NEVER_DUE : this.machine.deadline(cell.trigger, now);
    if (deadline === cell.deadline) return;
    if (cell.deadline !== NEVER_DUE) this.deadlines.remove(cell.deadline, cell);
    cell.deadline = deadline;
    if (deadline !== NEVER_DUE) this.deadlines.add(deadline, cell);
  }

  /** FIRE IF READY. @returns true when the window is closed now. */
  fireIfReady(cell: Cell): boolean {
    const { machine } = this;
    const evaluation = this.#evaluate(cell.span);
    const isReady = machine.shouldFire(cell.trigger, evaluation);
    let isFinished = false;
    if (isReady) {
      this.#parts.preserve(cell);
      machine.onFire(cell.trigger, evaluation);
      isFinished = machine.isFinished(cell.trigger);
      this.#emit(cell, isFinished);
      if (isFinished) this.#close(cell);
      else if (this.#isDiscarding) cell.accumulator = NOTHING;
      else cell.isShared = typeof cell.accumulator === "object" && cell.accumulator !== null;
    }
    this.armClock(cell, evaluation.now);
    return isFinished;
  }

  /** The watermark is beyond the window's expiry: the last pane, then nothing is kept. */
  expire(cell: Cell): void {
    this.#parts.preserve(cell);
    if (!cell.isClosed) {
      this.#emit(cell, true);
      this.#release(cell);
    }
    cell.isGone = true;
    this.armClock(cell, 0);
  }

  /**
   * Windows become one: buffers, holds and what the trigger knows go to `target`. The numbering of panes goes on if the
   * window is the target's own.
   */
  merge(target: Cell, others: readonly Cell[], span: Span): void {
    const cells = [target, ...others];
    for (const cell of cells) this.#parts.preserve(cell);
    const elementHold = this.#mergedHold(cells, span);
    const extraHold = cells.some((cell) => cell.extraHold !== NO_HOLD) ? span.expiry : NO_HOLD;
    const triggers = cells.map((cell) => cell.trigger);
    target.trigger = this.machine.onMerge(triggers, this.#evaluate(span));
    target.accumulator = this.#mergedAccumulator(cells);
    target.isShared = false;
    target.isNew = cells.some((cell) => cell.isNew);
    if (target.span !== span) target.pane = undefined;
    for (const cell of cells) {
      this.#release(cell);
      this.disarm(cell.span);
    }
    for (const cell of others) {
      cell.isGone = true;
      this.armClock(cell, 0);
    }
    target.span = span;
    span.owner = target;
    this.#holdElements(target, elementHold);
    this.#holdExtra(target, extraHold);
    this.arm(span);
    this.touch(target);
  }

  /** Holds and timers of a cell that was restored. */
  adopt(cell: Cell, elementHold: number, extraHold: number): void {
    this.#holdElements(cell, elementHold);
    this.#holdExtra(cell, extraHold);
    this.armClock(cell, Number.NEGATIVE_INFINITY);
  }

  /** EMIT. */
  #emit(cell: Cell, isLast: boolean): void {
    const { windowing, binding, emit, name } = this.#parts;
    const { span, pane: last, isNew } = cell;
    const { maxTimestamp } = span;
    const { inputWatermark, outputWatermark } = this;
    const timing = timingOf({ maxTimestamp, inputWatermark, outputWatermark, last });
    const { elementHold } = cell;
    const timestamp = Math.min(elementHold, cell.extraHold, maxTimestamp);
    this.#release(cell);
    if (!isLast && windowing.closing === "always" && span.expiry >= inputWatermark) {
      this.#holdExtra(cell, span.expiry);
    }
    cell.isNew = false;
    if (!comesOut({ timing, isLast, isNew }, windowing)) return;
    invariant(
      timestamp >= outputWatermark || elementHold === NO_HOLD,
      "what a hold waited for is not emitted late",
    );
    const pane = paneAfter(last, timing, isLast);
    if (!isLast) cell.pane = pane;
    let output: unknown;
    try {
      const accumulator =
        cell.accumulator === NOTHING ? this.#combineFn.createAccumulator() : cell.accumulator;
      refusePromise(name, "mergeAccumulators", accumulator);
      const result = this.#combineFn.extractOutput(accumulator);
      refusePromise(name, "extractOutput", result);
      output = binding.toOutput(cell.key as never, result as never, span.window);
    } catch (error) {
      throw stepError(name, error);
    }
    emit(output, timestamp, span.windows, pane);
  }

  #close(cell: Cell): void {
    this.#release(cell);
    cell.isClosed = true;
    cell.accumulator = NOTHING;
    cell.trigger = [];
    cell.pane = undefined;
  }

  #evaluate(span: Span): Evaluation {
    const evaluation = this.#evaluation;
    evaluation.isPastEnd = this.inputWatermark > span.maxTimestamp;
    if (this.machine.usesProcessingTime) evaluation.now = this.#parts.now();
    return evaluation;
  }

  /** A pane that went out may be the accumulator itself: merging into a new one leaves it as it was. */
  #unshare(cell: Cell): void {
    const combineFn = this.#combineFn;
    cell.accumulator = combineFn.mergeAccumulators([combineFn.createAccumulator(), cell.accumulator]);
    cell.isShared = false;
  }

  #mergedAccumulator(cells: readonly Cell[]): unknown {
    const filled = cells.filter((cell) => cell.accumulator !== NOTHING);
    const [first] = filled;
    if (first === undefined) return NOTHING;
    if (filled.length === 1 && !first.isShared) return first.accumulator;
    const accumulators = filled.map((cell) => cell.accumulator);
    if (first.isShared) accumulators.unshift(this.#combineFn.createAccumulator());
    return this.#combineFn.mergeAccumulators(accumulators);
  }

  #hold(cell: Cell, timestamp: number, isPastEnd: boolean): void {
    const { span } = cell;
    const { timestampCombiner } = this.#parts.windowing;
    const hold = timestampCombiner === "end-of-window" ? span.maxTimestamp : timestamp;
    if (hold < this.outputWatermark || isPastEnd) {
      if (cell.extraHold === NO_HOLD) this.#holdExtra(cell, span.expiry);
    } else if (cell.elementHold === NO_HOLD) {
      this.#holdElements(cell, hold);
    } else if (timestampCombiner === "earliest" ? hold < cell.elementHold : hold > cell.elementHold) {
      // A hold that moves on may let the output watermark go: it is worked out when what was touched is dealt with.
      if (cell.elementHold < hold && cell.elementHold < this.inputWatermark) this.touch(cell);
      this.holds.remove(cell.elementHold);
      this.#holdElements(cell, hold);
    }
  }

  #holdElements(cell: Cell, time: number): void {
    cell.elementHold = time;
    if (time === NO_HOLD) return;
    invariant(time >= this.outputWatermark, "a hold is not below the output watermark");
    this.holds.add(time);
  }

  #holdExtra(cell: Cell, time: number): void {
    cell.extraHold = time;
    if (time === NO_HOLD) return;
    invariant(time >= this.outputWatermark, "a hold is not below the output watermark");
    this.holds.add(time);
  }

  #release(cell: Cell): void {
    if (cell.elementHold !== NO_HOLD) this.holds.remove(cell.elementHold);
    if (cell.extraHold !== NO_HOLD) this.holds.remove(cell.extraHold);
    cell.elementHold = NO_HOLD;
    cell.extraHold = NO_HOLD;
  }

  #mergedHold(cells: readonly Cell[], span: Span): number {
    const held = cells.map((cell) => cell.elementHold).filter((hold) => hold !== NO_HOLD);
    if (held.length === 0) return NO_HOLD;
    switch (this.#parts.windowing.timestampCombiner) {
      case "end-of-window":
        return span.maxTimestamp;
      case "earliest":
        return Math.min(...held);
      case "latest":
        return Math.max(...held);
    }
  }
}

/** Bounds, or the bytes of a window that its function has a coder for. */
export function windowId(window: Window, { windowCoder }: WindowingStrategy["windowFn"]): string {
  if (windowCoder === undefined) return `${window.start}:${window.end}`;
  return Buffer.from(windowCoder.encode(window)).toString("latin1");
}
