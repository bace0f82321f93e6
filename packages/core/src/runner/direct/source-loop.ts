import type { FormatServices } from "../../connector/format.js";
import type { Services } from "../../connector/services.js";
import type {
  EnumeratorContext,
  SourceReader,
  Split,
  SplitEnumerator,
  SplitRecords,
} from "../../connector/source.js";
import { invariant } from "../../diagnostics/error.js";
import type { ReadBinding } from "../../pipeline/graph.js";
import { NO_PANE } from "../../pipeline/pane.js";
import { GLOBAL_WINDOW, MAX_TIMESTAMP, MIN_TIMESTAMP } from "../../pipeline/window.js";
import type { SourceSnapshot } from "../checkpoint/snapshot.js";
import type { JobProgress, SplitProgress } from "../runner.js";
import type { Component, ComponentInput, Region, Waiting } from "./component.js";
import { FunctionSource, type FunctionRecords } from "./function-reader.js";
import { INTERRUPTED, LoopWaits } from "./loop-waits.js";
import { PieceDecoder } from "./piece-decoder.js";
import { WAITING_MAX } from "./push.js";
import { stepError } from "./step-error.js";
import { SplitWatermarks, type SplitRuntime } from "./split-watermarks.js";

/** Most elements of a bundle that comes from a source. */
const BUNDLE_ELEMENTS_MAX = 1_000;
/** Finished splits that progress still shows. */
const FINISHED_SHOWN_MAX = 100;

const GLOBAL_ASSIGNMENT = Object.freeze([GLOBAL_WINDOW]);

/** What a job lends to its source loops. */
export interface LoopHost {
  readonly signal: AbortSignal;
  /** For work beside the source loops, each of which has waits of its own. */
  readonly waiting: Waiting;
  /** Resolves when a bundle may be processed; until `leave` no checkpoint is taken. */
  enter(): Promise<void>;
  leave(): void;
  /** Something was read: the job is not idle. */
  delivered(): void;
  /** Lets timers and I/O have a turn when much was done without one. */
  breathe(): Promise<void>;
  fail(error: unknown): void;
}

/** How a loop is asked to end: as if the input ended, or as it stands. */
export type EndRequest = "drain" | "stop";

/** Everything a loop is made of. */
export interface SourceLoopParts {
  readonly step: string;
  readonly binding: ReadBinding;
  readonly component: Component;
  readonly services: Services;
  readonly host: LoopHost;
}

/**
 * Reads one read step: polls its reader, cuts what comes into bundles, runs them and takes over the splits' positions.
 * It polls again only when every sink has accepted what the last poll gave.
 */
export class SourceLoop implements ComponentInput {
  readonly step: string;
  /** Table or step, for counters. */
  readonly label: string;
  readonly #binding: ReadBinding;
  readonly #component: Component;
  readonly #region: Region;
  readonly #services: Services;
  readonly #host: LoopHost;
  readonly #watermarks = new SplitWatermarks((id) => this.#reader?.isBehind?.(id) === true);
  readonly #finished: SplitProgress[] = [];
  readonly #decoder: PieceDecoder;
  readonly #waits: LoopWaits;
  readonly #waiting: Waiting = {
    until: (promise) => this.#waits.untilAccepted(promise),
    breathe: () => this.#host.breathe(),
  };
  readonly #formatServices: FormatServices;
  #enumerator: SplitEnumerator | undefined;
  #reader: SourceReader<unknown> | undefined;
  #rows = 0;
  #skipped = 0;
  #isPolling = false;
  #hasStarted = false;
  #hasEnded = false;
  #endRequest: EndRequest | undefined;
  /** Watermark of the split that is finishing just now: splits assigned meanwhile continue it. */
  #continued: number | undefined;
  #hasIdleTimer = false;
  /** Finished splits that hold the watermark for what continues them. */
  #over: SplitRuntime[] = [];

  constructor(parts: SourceLoopParts) {
    this.step = parts.step;
    this.label = parts.binding.table ?? parts.step;
    this.#binding = parts.binding;
    this.#decoder = new PieceDecoder(parts.step, parts.binding, parts.services.clock);
    this.#component = parts.component;
    this.#region = parts.component.regionOf(parts.step);
    this.#services = parts.services;
    this.#host = parts.host;
    const { clock, random, logger } = parts.services;
    this.#formatServices = { clock, random, logger, signal: parts.host.signal };
    this.#waits = new LoopWaits(parts.services.clock, parts.host.signal);
    parts.component.addInput(parts.step, this);
  }

  get watermark(): number {
    return this.#watermarks.merged;
  }

  get isIdle(): boolean {
    return this.#watermarks.isIdle && !this.#hasEnded;
  }

  get rows(): number {
    return this.#rows;
  }

  get skipped(): number {
    return this.#skipped;
  }

  /** True when nothing is in progress and nothing can be processed before the reader gives more. */
  get isWaiting(): boolean {
    if (this.#hasEnded) return true;
    if (!this.#isPolling || !this.#hasStarted || this.#reader?.isCaughtUp === false) return false;
    return !this.#over.some((split) => this.#isContinued(split));
  }

  /** Makes enumerator and reader and hands over restored splits; reads nothing yet. */
  open(restored: SourceSnapshot | undefined): void {
    const { source } = this.#binding;
    const splitSource = "createFunction" in source ? new FunctionSource(source.createFunction) : source;
    const services = { ...this.#services, parallelism: 1, signal: this.#host.signal };
    this.#reader = splitSource.createReader({ ...services, readerIndex: 0 });
    const context: EnumeratorContext = {
      ...services,
      restoredSplitIds:
        restored?.splits.filter((split) => split.isOver !== true).map((split) => split.id) ?? [],
      assign: (split, _readerIndex, continues = []) => this.#assign(split, continues),
      noMoreSplits: () => this.#reader?.noMoreSplits(),
      fail: (error) => this.#host.fail(stepError(this.step, error)),
    };
    this.#enumerator =
      restored === undefined
        ? splitSource.createEnumerator(context)
        : splitSource.createEnumerator(context, restored.enumerator);
    // Behind the enumerator, which knows best what is wrong with a state that is not its own.
    if (restored !== undefined) this.#restore(restored);
  }

  /** Reads until the input ends or the loop is asked to end. */
  async run(): Promise<void> {
    this.#startEnumerator();
    while (this.#endRequest === undefined) {
      const records = await this.#poll();
      if (records === undefined || records === INTERRUPTED) break;
      await this.#host.enter();
      try {
        // A batch that came while the job was asked to end is left: no position covers it.
        if (this.#endRequest === undefined) await this.#process(records);
      } finally {
        this.#host.leave();
      }
      await this.#host.breathe();
    }
    if (this.#requestedEnd() !== "stop") await this.#endInput();
  }

  /** Ends the loop after the batch in progress. */
  requestEnd(request: EndRequest): void {
    this.#endRequest ??= request;
    if (this.#isPolling) this.#waits.interrupt();
  }

  /** Ends the loop at once: whatever it waits for rejects with `error`. */
  abort(error: unknown): void {
    this.#waits.abort(error);
  }

  /** Positions and counters. Called between bundles only. */
  snapshot(): SourceSnapshot {
    invariant(this.#enumerator !== undefined, "a source is opened before a checkpoint");
    return {
      step: this.step,
      label: this.label,
      enumerator: this.#enumerator.snapshot(),
      watermark: this.#watermarks.merged,
      rows: this.#rows,
      skipped: this.#skipped,
      splits: Array.from(this.#watermarks.splits.values(), (split) => ({
        id: split.id,
        state: split.state,
        rows: split.rows,
        watermark: split.watermark,
        ...(split.isOver ? { isOver: true } : {}),
      })),
    };
  }

  progress(): JobProgress["sources"][number] {
    const unfinished = [...this.#watermarks.splits.values()].filter((split) => !split.isOver);
    const active = unfinished.map((split) => ({
      id: split.id,
      records: split.rows,
      ...(split.lagMs === undefined ? {} : { lagMs: split.lagMs }),
      isFinished: false,
      watermark: split.watermark,
    }));
    return {
      name: this.label,
      records: this.#rows,
      skipped: this.#skipped,
      watermark: this.watermark,
      splits: [...active, ...this.#finished],
    };
  }

  /** Closes enumerator, then reader. */
  async close(): Promise<void> {
    try {
      await this.#enumerator?.close();
    } finally {
      await this.#reader?.close();
    }
  }

  #startEnumerator(): void {
    this.#enumerator?.start().then(
      () => {
        this.#hasStarted = true;
        this.#host.delivered();
      },
      (error: unknown) => this.#host.fail(stepError(this.step, error)),
    );
  }

  #restore(restored: SourceSnapshot): void {
    this.#rows = restored.rows;
    this.#skipped = restored.skipped;
    this.#watermarks.raiseTo(restored.watermark);
    for (const { id, state, rows, watermark, isOver = false } of restored.splits) {
      const split = this.#addSplit({ id, state }, rows, watermark);
      split.isOver = isOver;
      if (isOver) this.#over.push(split);
      else this.#reader?.addSplits([{ id, state }]);
    }
  }

  #assign(split: Split, continues: readonly string[]): void {
    const ended = continues.flatMap((id) => this.#watermarks.splits.get(id)?.watermark ?? []);
    const watermark = ended.length > 0 ? Math.min(...ended) : (this.#continued ?? MIN_TIMESTAMP);
    this.#addSplit(split, 0, watermark);
    this.#reader?.addSplits([split]);
  }

  #addSplit(split: Split, rows: number, watermark: number): SplitRuntime {
    invariant(!this.#watermarks.splits.has(split.id), `split '${split.id}' is assigned once`);
    const added: SplitRuntime = {
      id: split.id,
      state: split.state,
      rows,
      lagMs: undefined,
      watermark,
      isIdle: false,
      isOver: false,
      lastActiveAt: this.#waits.idleClock(),
    };
    this.#watermarks.add(added);
    this.#armIdleTimer();
    return added;
  }

  /** `undefined` when all is read; {@link INTERRUPTED} when the loop is to end. */
  async #poll(): Promise<SplitRecords<unknown> | undefined | typeof INTERRUPTED> {
    this.#isPolling = true;
    try {
      return await this.#waits.until((this.#reader as SourceReader<unknown>).poll());
    } catch (error) {
      throw this.#host.signal.aborted ? error : stepError(this.step, error);
    } finally {
      this.#isPolling = false;
    }
  }

  async #process(records: FunctionRecords): Promise<void> {
    const split = this.#watermarks.splits.get(records.splitId);
    invariant(split !== undefined, `records come from an assigned split, not '${records.splitId}'`);
    await this.#component.advanceProcessingTime(this.#services.clock.now(), this.#waiting);
    let watermark = MIN_TIMESTAMP;
    if (records.records.length > 0) {
      this.#host.delivered();
      split.lastActiveAt = Number.POSITIVE_INFINITY;
      watermark = await this.#runBundles(records, split);
      split.lastActiveAt = this.#waits.idleClock();
      this.#host.delivered();
    }
    split.state = records.state;
    if (records.lagMs !== undefined) split.lagMs = records.lagMs;
    let isMoved = records.records.length > 0 && this.#watermarks.observe(split, watermark);
    if (records.isIdle === true && !split.isIdle) {
      split.isIdle = true;
      isMoved = true;
    }
    if (records.notice !== undefined || records.isFinished === true) {
      this.#notifyEnumerator(records, split);
      isMoved = true;
    }
    if (this.#releaseContinued()) isMoved = true;
    isMoved = isMoved && this.#watermarks.update();
    if (isMoved || this.#component.holdsMayMove) await this.#component.advanceWatermarks(this.#waiting);
    this.#armIdleTimer();
  }

  /** The enumerator hears of a finished split while the split still holds the watermark. */
  #notifyEnumerator(records: SplitRecords<unknown>, split: SplitRuntime): void {
    const enumerator = this.#enumerator as SplitEnumerator;
    try {
      if (records.isFinished === true) this.#continued = split.watermark;
      if (records.notice !== undefined) enumerator.handleNotice?.(split.id, records.notice);
      if (records.isFinished === true) enumerator.splitFinished(split.id);
    } catch (error) {
      throw stepError(this.step, error);
    } finally {
      this.#continued = undefined;
    }
    if (records.isFinished !== true) return;
    split.isOver = true;
    this.#over.push(split);
    this.#finished.push({ id: split.id, records: split.rows, isFinished: true, watermark: split.watermark });
    if (this.#finished.length > FINISHED_SHOWN_MAX) this.#finished.shift();
  }

  #isContinued(split: SplitRuntime): boolean {
    return this.#enumerator?.isContinued?.(split.id) === true;
  }

  /** Finished splits let go of the watermark when what continues them holds it; `true` if any did. */
  #releaseContinued(): boolean {
    if (this.#over.length === 0) return false;
    const held = this.#over.filter((split) => this.#isContinued(split));
    if (held.length === this.#over.length) return false;
    for (const split of this.#over) if (!held.includes(split)) this.#watermarks.splits.delete(split.id);
    this.#over = held;
    return true;
  }

  /** Runs a batch through the region; gives the highest watermark that its rows tell. */
  async #runBundles(batch: SplitRecords<unknown>, split: SplitRuntime): Promise<number> {
    const { length } = batch.records;
    if (length <= BUNDLE_ELEMENTS_MAX) return this.#runBundle(batch, split);
    let watermark = MIN_TIMESTAMP;
    for (let from = 0; from < length; from += BUNDLE_ELEMENTS_MAX) {
      const to = from + BUNDLE_ELEMENTS_MAX;
      const piece = {
        ...batch,
        records: batch.records.slice(from, to),
        ...(batch.timestamps === undefined ? {} : { timestamps: batch.timestamps.slice(from, to) }),
      };
      watermark = Math.max(watermark, await this.#runBundle(piece, split));
      await this.#host.breathe();
    }
    return watermark;
  }

  async #runBundle(piece: SplitRecords<unknown>, split: SplitRuntime): Promise<number> {
    const decoder = this.#decoder;
    const ready = decoder.prepare(piece, this.#formatServices);
    if (ready !== undefined) await this.#waiting.until(ready);
    decoder.decode(piece);
    const { values, timestamps, watermark } = decoder;
    this.#skipped += decoder.skipped;
    if (decoder.deadLetters.length > 0) await this.#writeDeadLetters(decoder.deadLetters);
    const component = this.#component;
    const { pressure } = component;
    const { head } = this.#region;
    const { length } = values;
    this.#rows += length;
    split.rows += length;
    let next = 0;
    const push = (): void => {
      let index = next;
      while (index < length) {
        head(values[index], timestamps[index] as number, GLOBAL_ASSIGNMENT, NO_PANE);
        index += 1;
        if (pressure.waiting >= WAITING_MAX) break;
      }
      next = index;
    };
    while (next < length) await component.runBundle(this.#region, push, this.#waiting);
    return watermark;
  }

  /** Resolves when they are accepted: until then nothing counts as read. */
  async #writeDeadLetters(letters: readonly unknown[]): Promise<void> {
    const sink = this.#component.deadLettersOf(this.step);
    for (const letter of letters) sink.push(letter, MIN_TIMESTAMP, GLOBAL_ASSIGNMENT, NO_PANE);
    const accepted = sink.handOver();
    if (accepted !== undefined) await this.#waiting.until(accepted);
  }

  async #endInput(): Promise<void> {
    await this.#host.enter();
    try {
      await this.#component.advanceProcessingTime(this.#services.clock.now(), this.#waiting);
      this.#hasEnded = true;
      this.#watermarks.raiseTo(MAX_TIMESTAMP);
      await this.#component.advanceWatermarks(this.#waiting);
    } finally {
      this.#host.leave();
    }
  }

  #requestedEnd(): EndRequest | undefined {
    return this.#endRequest;
  }

  /** At most one timer: for the split that is not idle and whose last records are the longest ago. */
  #armIdleTimer(): void {
    const { idleTimeoutMs } = this.#binding;
    if (idleTimeoutMs === undefined || this.#hasIdleTimer || this.#host.signal.aborted) return;
    if (this.#watermarks.splits.size === 0) return;
    this.#hasIdleTimer = true;
    const now = this.#waits.idleClock();
    // Where all are idle it is asked again too: one of them may be kept from reading by then.
    const earliest = Math.min(now, this.#watermarks.earliestActivity());
    const delayMs = Math.max(1, earliest + idleTimeoutMs - now);
    this.#services.clock.setTimer(delayMs, () => {
      this.#hasIdleTimer = false;
      this.#checkIdle(idleTimeoutMs).catch((error: unknown) => this.#host.fail(error));
    });
  }

  async #checkIdle(idleTimeoutMs: number): Promise<void> {
    if (this.#host.signal.aborted || this.#hasEnded) return;
    await this.#host.enter();
    try {
      const now = this.#waits.idleClock();
      this.#watermarks.markIdle(now - idleTimeoutMs, now);
      if (this.#watermarks.update()) {
        // Beside the loop, which may be in a wait of its own.
        await this.#component.advanceWatermarks(this.#host.waiting);
      }
    } finally {
      this.#host.leave();
    }
    this.#armIdleTimer();
  }
}
