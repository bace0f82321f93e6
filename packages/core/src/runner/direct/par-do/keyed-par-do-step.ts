import type { Pane } from "../../../pipeline/pane.js";
import { isKeyedFunction } from "../../../pipeline/par-do.js";
import { VALUE_CODER } from "../../../pipeline/value-coder.js";
import { MAX_TIMESTAMP, MIN_TIMESTAMP, type Window } from "../../../pipeline/window.js";
import type { WindowingStrategy } from "../../../pipeline/windowing-strategy.js";
import type { ByteReader } from "../../../types/coders/byte-reader.js";
import type { ByteWriter } from "../../../types/coders/byte-writer.js";
import { nestedCoder, type KeyPrimitive, type NestedCoder } from "../../../types/coders/nested-coder.js";
import type { FinalizationCallback } from "../finalization.js";
import { WAITING_MAX, type BundleStep, type Pressure, type Push } from "../push.js";
import type { ProcessingTimeWork, StatefulStep } from "../stateful-step.js";
import { wholeCut, type StepCut } from "../step-cut.js";
import { tryRepeatedly } from "./attempts.js";
import { CellStore } from "./cell-store.js";
import { expiryOf, windowId, type KeyCell, type WindowSpan } from "./key-cell.js";
import { KeyedCaller } from "./keyed-caller.js";
import { runLanes } from "./lanes.js";
import { LiveHeap, type Perishable } from "./live-heap.js";
import type { ParDoParts } from "./par-do-step.js";
import { SideViews } from "./side-views.js";
import { identityBy, stateKind } from "./state-kinds.js";
import { TimerStore } from "./timer-store.js";
import { readElement, WaitingElements, writeElement, type WindowedElement } from "./waiting-elements.js";

/** Most timers, windows of keys or elements that waited dealt with in one bundle. */
const FIRED_MAX = 4_096;

/** What a step with state, timers or side inputs is made of beside a function. */
export interface KeyedParDoParts extends ParDoParts {
  /** Of the main input. */
  readonly windowing: WindowingStrategy;
  /** Of the side inputs, in their order. */
  readonly sideWindowings: readonly WindowingStrategy[];
  /** Whether the main input ends by itself. */
  readonly isBounded: boolean;
}

/** An element that waits for its turn in time. */
interface SortedElement extends WindowedElement, Perishable {}

/** What a firing did: something, something that is not over, or nothing since nothing is due. */
type Fired = true | Promise<void> | false;

/**
 * A ParDo with state, timers or side inputs:
 *
 * - an element whose side inputs are not there waits for them and holds the watermark; one that must come in order waits
 *   until the watermark is past it; all others are processed as they come;
 * - `fire` does what a movement of a watermark or of the clock makes due, in the order of event time: elements that
 *   waited, timers, windows that expire;
 * - states and timers belong to a key and window and are deleted when the window expires. Elements of expired windows are
 *   dropped.
 */
export class KeyedParDoStep implements StatefulStep, BundleStep {
  readonly name: string;
  readonly inputs: readonly Push[];
  readonly emitsInBundle = true;
  readonly droppedDueToClosedWindow = 0;
  readonly processingTime?: ProcessingTimeWork;
  lateRows = 0;
  droppedDueToLateness = 0;
  readonly #parts: KeyedParDoParts;
  readonly #isKeyed: boolean;
  readonly #isRetried: boolean;
  readonly #latenessMs: number;
  readonly #elementCoder: NestedCoder<unknown>;
  readonly #identityOf: (key: unknown) => KeyPrimitive;
  readonly #caller: KeyedCaller;
  readonly #cells: CellStore;
  readonly #timers: TimerStore;
  readonly #sides: SideViews | undefined;
  readonly #isReady: (window: Window) => boolean;
  readonly #waiting: WaitingElements;
  readonly #sorted: LiveHeap<SortedElement> | undefined;
  #mainWatermark = MIN_TIMESTAMP;
  /** Held back by elements that wait for side inputs. */
  #inputWatermark = MIN_TIMESTAMP;
  #outputWatermark = MIN_TIMESTAMP;
  #now = Number.NEGATIVE_INFINITY;
  #isDraining = false;
  #isInBundle = false;
  /** True while what is due is left to the end of a bundle that may be tried again. */
  #firesAtEnd = false;
  #pending: Promise<void> | undefined;
  #queue: WindowedElement[] = [];
  /** The cell of an expiring window whose timers fire first. */
  #expiring: KeyCell | undefined;

  constructor(parts: KeyedParDoParts) {
    const { name, binding, windowing, sideWindowings } = parts;
    const { declaration } = binding;
    this.name = name;
    this.#parts = parts;
    this.#isKeyed = isKeyedFunction(declaration);
    this.#isRetried = (declaration.attempts ?? 1) > 1;
    this.#latenessMs = windowing.allowedLatenessMs;
    this.#elementCoder = nestedCoder((declaration.elementCoder ?? VALUE_CODER) as NestedCoder<unknown>);
    const keyCoder = (declaration.keyCoder ?? VALUE_CODER) as NestedCoder<unknown>;
    this.#identityOf = identityBy(keyCoder);
    const kinds = Object.values(declaration.state ?? {}).map(stateKind);
    this.#timers = new TimerStore(declaration.timers ?? {});
    this.#cells = new CellStore({
      stateNames: Object.keys(declaration.state ?? {}),
      kinds,
      timers: this.#timers,
      keyCoder: nestedCoder(keyCoder),
      identityOf: this.#identityOf,
      windowFn: windowing.windowFn,
      allowedLatenessMs: windowing.allowedLatenessMs,
      keepsEmpty: declaration.onWindowExpiration !== undefined,
      isUndone: this.#isRetried,
    });
    this.#sides =
      binding.sideInputs.length === 0 ? undefined : new SideViews(name, binding, sideWindowings, windowing);
    this.#isReady = (window) => this.#sides?.isReady(window) ?? true;
    this.#waiting = new WaitingElements(windowId(windowing.windowFn));
    this.#sorted = declaration.requiresTimeSortedInput === true ? new LiveHeap() : undefined;
    this.#caller = new KeyedCaller({
      step: parts,
      cells: this.#isKeyed ? this.#cells : undefined,
      kinds,
      timers: this.#timers,
      sides: this.#sides,
    });
    this.inputs = [this.push, ...(this.#sides?.inputs ?? [])];
    if (this.#timers.specs.some((spec) => spec.domain === "processing-time")) {
      this.processingTime = this.#processingTimeWork();
    }
  }

  get outputWatermark(): number {
    return this.#outputWatermark;
  }

  get hasDue(): boolean {
    return (
      this.#nextEventTime < this.#inputWatermark ||
      this.#timers.nextProcessingTime < this.#now ||
      (this.#sides !== undefined && this.#waiting.hasReady(this.#isReady, this.#sides.changes))
    );
  }

  readonly push: Push = (value, timestamp, windows, pane) => {
    let isLate = true;
    for (const window of windows) {
      if (this.#take(value, timestamp, window, pane)) isLate = false;
      else this.droppedDueToLateness += 1;
    }
    if (isLate) this.lateRows += 1;
  };

  advanceTo([main = MIN_TIMESTAMP, ...sides]: readonly number[]): void {
    this.#mainWatermark = Math.max(this.#mainWatermark, main);
    // What is due and not done yet may read them.
    this.#sides?.advanceTo(
      sides,
      Math.min(this.#inputWatermark, this.#nextEventTime, this.#waiting.earliestWindow),
    );
    const input = Math.min(this.#mainWatermark, this.#waiting.earliest);
    this.#inputWatermark = Math.max(this.#inputWatermark, input);
    const sorted = this.#sorted?.peek()?.timestamp ?? Number.POSITIVE_INFINITY;
    const output = Math.min(input, this.#timers.hold, this.#cells.nextExpiry, sorted);
    this.#outputWatermark = Math.max(this.#outputWatermark, output);
  }

  /** The job drains: timers of processing time that are left fire when the input ends. */
  drain(): void {
    this.#isDraining = true;
  }

  fire(pressure: Pressure): Promise<void> | void {
    if (!this.#isInBundle) this.#begin();
    if (this.#isRetried) {
      this.#firesAtEnd = true;
      return undefined;
    }
    const begun = this.#pending;
    this.#pending = undefined;
    return begun === undefined ? this.#fireDue(pressure) : this.#fireAfter(begun, pressure);
  }

  finishBundle(): Promise<void> | undefined {
    if (!this.#isInBundle) return undefined;
    this.#isInBundle = false;
    if (this.#isRetried) return this.#attempt();
    if (this.#pending !== undefined || this.#queue.length > 0) return this.#finishWaiting();
    return this.#caller.finishBundle();
  }

  commit(): readonly FinalizationCallback[] {
    this.#cells.keep();
    return this.#caller.commit();
  }

  open(): Promise<void> {
    return this.#caller.open();
  }

  close(): Promise<void> {
    return this.#caller.close();
  }

  snapshot(writer: ByteWriter): void {
    for (const part of wholeCut(this.cut())) writer.raw(part);
  }

  cut(): StepCut {
    return this.#cells.cut((writer) => this.#writeHead(writer));
  }

  restore(reader: ByteReader): void {
    this.#cells.restore(reader, (head) => this.#readHead(head));
  }

  /** When the next thing that only the watermark makes due comes. */
  get #nextEventTime(): number {
    const sorted = this.#sorted?.time ?? Number.POSITIVE_INFINITY;
    return Math.min(sorted, this.#timers.nextEventTime, this.#cells.nextExpiry);
  }

  #processingTimeWork(): ProcessingTimeWork {
    const timers = this.#timers;
    return {
      get next() {
        const target = timers.nextProcessingTime;
        return target === Number.POSITIVE_INFINITY ? undefined : target + 1;
      },
      advanceTo: (now) => {
        this.#now = Math.max(this.#now, now);
      },
    };
  }

  /** @returns false for an element that is dropped in this window. */
  #take(value: unknown, timestamp: number, window: Window, pane: Pane): boolean {
    if (this.#isKeyed && expiryOf(window, this.#latenessMs) < this.#inputWatermark) return false;
    if (this.#sides !== undefined && this.#sides.isForgotten(window)) return false;
    if (this.#sides !== undefined && !this.#sides.isReady(window)) {
      this.#waiting.add({ value, timestamp, window, pane });
      return true;
    }
    if (this.#sorted !== undefined) return this.#sort({ value, timestamp, window, pane });
    this.#deliver(value, timestamp, window, pane);
    return true;
  }

  /** Late elements are sorted, too: one waits until none that would be accepted can come before it. */
  #sort(element: WindowedElement): boolean {
    const release = element.timestamp + this.#latenessMs;
    if (release < this.#inputWatermark) return false;
    const expiry = expiryOf(element.window, this.#latenessMs);
    this.#sorted?.push(Math.min(release, expiry), { ...element, isLive: true });
    return true;
  }

  #deliver(value: unknown, timestamp: number, window: Window, pane: Pane): void {
    if (!this.#isInBundle) this.#begin();
    if (this.#pending === undefined && !this.#isRetried) {
      this.#pending = this.#caller.process(value, timestamp, window, pane);
      return;
    }
    this.#queue.push({ value, timestamp, window, pane });
    this.#parts.pressure.waiting += 1;
  }

  #begin(): void {
    this.#isInBundle = true;
    if (!this.#isRetried) this.#pending = this.#caller.startBundle();
  }

  #fireDue(pressure: Pressure): Promise<void> | void {
    if (this.#deliverReady()) return undefined;
    for (let count = 0; count < FIRED_MAX && pressure.waiting < WAITING_MAX; count++) {
      const fired = this.#fireNext();
      if (fired === false) return undefined;
      if (fired !== true) return this.#fireAfter(fired, pressure);
    }
    return undefined;
  }

  async #fireAfter(before: Promise<void>, pressure: Pressure): Promise<void> {
    await before;
    await this.#fireDue(pressure);
  }

  /** Elements whose side inputs are there now. @returns false if there are none. */
  #deliverReady(): boolean {
    if (this.#sides === undefined) return false;
    const ready = this.#waiting.takeReady(this.#isReady, FIRED_MAX);
    for (const element of ready) {
      const { value, timestamp, window, pane } = element;
      this.#cells.onUndo(() => this.#waiting.add(element));
      if (this.#sorted === undefined) this.#deliver(value, timestamp, window, pane);
      else if (!this.#sort(element)) this.droppedDueToLateness += 1;
    }
    return ready.length > 0;
  }

  /** In the order of event time; elements before timers, and timers before what expires. */
  #fireNext(): Fired {
    const sorted = this.#sorted?.time ?? Number.POSITIVE_INFINITY;
    const timer = this.#timers.nextEventTime;
    const expiry = this.#cells.nextExpiry;
    if (Math.min(sorted, timer, expiry) < this.#inputWatermark) {
      if (sorted <= timer && sorted <= expiry) return this.#processSorted();
      return timer <= expiry ? this.#fireTimer() : this.#expire(this.#cells.firstToExpire as WindowSpan);
    }
    if (this.#timers.nextProcessingTime >= this.#now) return false;
    const due = this.#timers.peekProcessingTime();
    if (due === undefined) return false;
    this.#cells.touch(due.cell);
    this.#timers.takeProcessingTime();
    return this.#caller.fireTimer(due, "processing-time", this.#within(due.cell.span)) ?? true;
  }

  #processSorted(): Fired {
    const element = this.#sorted?.pop() as SortedElement;
    const { value, timestamp, window, pane } = element;
    this.#cells.onUndo(() =>
      this.#sorted?.push(Math.min(timestamp + this.#latenessMs, expiryOf(window, this.#latenessMs)), element),
    );
    return this.#caller.process(value, timestamp, window, pane) ?? true;
  }

  #fireTimer(): Fired {
    const timer = this.#timers.peekEventTime();
    if (timer === undefined) return false;
    this.#cells.touch(timer.cell);
    this.#timers.takeEventTime();
    return this.#caller.fireTimer(timer, "event-time", timer.target) ?? true;
  }

  /** One key of a window that expires, or the window when all its keys are gone. */
  #expire(span: WindowSpan): Fired {
    const cell = this.#expiring?.span === span ? this.#expiring : span.nextCell();
    this.#expiring = undefined;
    if (cell === undefined) {
      this.#cells.close(span);
      return true;
    }
    const isEnd = this.#inputWatermark >= MAX_TIMESTAMP && (this.#parts.isBounded || this.#isDraining);
    const timer = isEnd ? this.#timers.processingTimerOf(cell) : undefined;
    if (timer !== undefined) {
      this.#expiring = cell;
      this.#cells.touch(cell);
      this.#timers.clear(cell, timer.index, timer.id);
      return this.#caller.fireTimer(timer, "end-of-input", this.#within(span)) ?? true;
    }
    const expired = this.#caller.expire(cell);
    if (expired !== undefined) return expired.then(() => this.#cells.remove(cell));
    this.#cells.remove(cell);
    return true;
  }

  /** The input watermark, or the end of the window that is nearest to it. */
  #within({ window }: WindowSpan): number {
    return Math.min(Math.max(this.#inputWatermark, window.start), window.end - 1);
  }

  async #finishWaiting(): Promise<void> {
    const begun = this.#pending;
    this.#pending = undefined;
    const queue = this.#takeQueue();
    await begun;
    await this.#processAll(queue);
    await this.#caller.finishBundle();
  }

  #takeQueue(): readonly WindowedElement[] {
    const queue = this.#queue;
    this.#queue = [];
    this.#parts.pressure.waiting -= queue.length;
    return queue;
  }

  /** As many at a time as the step says, those of a key one after the other. */
  #processAll(queue: readonly WindowedElement[]): Promise<void> {
    const { concurrency = 1 } = this.#parts.binding.declaration;
    return runLanes(concurrency === 1 ? [queue] : this.#lanes(queue), concurrency, () => {
      const context = this.#caller.newContext();
      return ({ value, timestamp, window, pane }) =>
        this.#caller.process(value, timestamp, window, pane, context);
    });
  }

  #lanes(queue: readonly WindowedElement[]): readonly (readonly WindowedElement[])[] {
    if (!this.#isKeyed) return queue.map((element) => [element]);
    const lanes = new Map<KeyPrimitive, WindowedElement[]>();
    for (const element of queue) {
      const identity = this.#identityOf(this.#caller.keyOf(element.value));
      const lane = lanes.get(identity);
      if (lane === undefined) lanes.set(identity, [element]);
      else lane.push(element);
    }
    return [...lanes.values()];
  }

  async #attempt(): Promise<void> {
    const { services, binding, pressure } = this.#parts;
    const queue = this.#takeQueue();
    const fires = this.#firesAtEnd;
    this.#firesAtEnd = false;
    await tryRepeatedly(
      binding.declaration,
      services,
      {
        run: async () => {
          await this.#caller.startBundle();
          await this.#processAll(queue);
          if (fires) await this.#fireDue(pressure);
          await this.#processAll(this.#takeQueue());
          await this.#caller.finishBundle();
        },
        undo: async () => {
          this.#takeQueue();
          this.#expiring = undefined;
          this.#cells.undo();
          await this.#caller.undo();
        },
      },
      this.name,
    );
    this.#caller.release();
  }

  #writeHead(writer: ByteWriter): void {
    const { windowFn } = this.#parts.windowing;
    for (const number of [
      this.#mainWatermark,
      this.#inputWatermark,
      this.#outputWatermark,
      this.lateRows,
      this.droppedDueToLateness,
    ]) {
      writer.float64(number);
    }
    for (const elements of [[...this.#waiting.all()], [...(this.#sorted?.items() ?? [])]]) {
      writer.varInt(elements.length);
      for (const element of elements) writeElement(element, this.#elementCoder, windowFn, writer);
    }
    this.#sides?.write(writer);
  }

  #readHead(reader: ByteReader): void {
    const { windowFn } = this.#parts.windowing;
    this.#mainWatermark = reader.float64();
    this.#inputWatermark = reader.float64();
    this.#outputWatermark = reader.float64();
    this.lateRows = reader.float64();
    this.droppedDueToLateness = reader.float64();
    for (let left = reader.varInt(); left > 0; left--) {
      this.#waiting.add(readElement(this.#elementCoder, windowFn, reader));
    }
    for (let left = reader.varInt(); left > 0; left--) {
      const element = readElement(this.#elementCoder, windowFn, reader);
      const expiry = expiryOf(element.window, this.#latenessMs);
      this.#sorted?.push(Math.min(element.timestamp + this.#latenessMs, expiry), {
        ...element,
        isLive: true,
      });
    }
    this.#sides?.read(reader);
  }
}
