import type { TimerSpec } from "../../../pipeline/timer.js";
import type { ByteReader } from "../../../types/coders/byte-reader.js";
import type { ByteWriter } from "../../../types/coders/byte-writer.js";
import type { KeyCell } from "./key-cell.js";
import { LiveHeap, type Perishable } from "./live-heap.js";

/** A timer that is set. */
export interface PendingTimer extends Perishable {
  readonly cell: KeyCell;
  /** Position of the declaration. */
  readonly index: number;
  /** Name within a family, else empty. */
  readonly id: string;
  readonly target: number;
  /** What the output watermark is held at; absent: nothing is held. */
  readonly outputTimestamp: number | undefined;
}

/** The timers of all keys and windows. */
export class TimerStore {
  /** By position of the declaration. */
  readonly specs: readonly TimerSpec[];
  readonly names: readonly string[];
  readonly #eventTime = new LiveHeap<PendingTimer>();
  readonly #processingTime = new LiveHeap<PendingTimer>();
  /** Those that hold the watermark before their target. */
  readonly #holds = new LiveHeap<PendingTimer>();

  constructor(timers: Readonly<Record<string, TimerSpec>>) {
    this.names = Object.keys(timers);
    this.specs = Object.values(timers);
  }

  /** Target of the first event-time timer. */
  get nextEventTime(): number {
    return this.#eventTime.time;
  }

  get nextProcessingTime(): number {
    return this.#processingTime.time;
  }

  /** What the output watermark may not pass. */
  get hold(): number {
    return Math.min(this.#holds.time, this.#eventTime.time);
  }

  set(cell: KeyCell, index: number, id: string, target: number, outputTimestamp: number | undefined): void {
    const slot = slotOf(index, id);
    this.#kill(cell, slot);
    const timer: PendingTimer = { cell, index, id, target, outputTimestamp, isLive: true };
    cell.timers ??= new Map();
    cell.timers.set(slot, timer);
    const isEventTime = this.#isEventTime(index);
    (isEventTime ? this.#eventTime : this.#processingTime).push(target, timer);
    if (outputTimestamp !== undefined && (!isEventTime || outputTimestamp < target)) {
      this.#holds.push(outputTimestamp, timer);
    }
  }

  clear(cell: KeyCell, index: number, id: string): void {
    this.#kill(cell, slotOf(index, id));
  }

  clearAll(cell: KeyCell): void {
    if (cell.timers === undefined) return;
    for (const slot of cell.timers.keys()) this.#kill(cell, slot);
  }

  peekEventTime(): PendingTimer | undefined {
    return this.#eventTime.peek();
  }

  peekProcessingTime(): PendingTimer | undefined {
    return this.#processingTime.peek();
  }

  /** Takes the first event-time timer away; it fires. */
  takeEventTime(): PendingTimer | undefined {
    return this.#taken(this.#eventTime.pop());
  }

  takeProcessingTime(): PendingTimer | undefined {
    return this.#taken(this.#processingTime.pop());
  }

  /** The first processing-time timer of a key and window. */
  processingTimerOf(cell: KeyCell): PendingTimer | undefined {
    let first: PendingTimer | undefined;
    for (const timer of cell.timers?.values() ?? []) {
      if (this.#isEventTime(timer.index)) continue;
      if (first === undefined || timer.target < first.target) first = timer;
    }
    return first;
  }

  write(cell: KeyCell, writer: ByteWriter): void {
    writer.varInt(cell.timers?.size ?? 0);
    for (const { index, id, target, outputTimestamp } of cell.timers?.values() ?? []) {
      writer.varInt(index);
      writer.text(id);
      writer.float64(target);
      writer.float64(outputTimestamp ?? Number.NaN);
    }
  }

  /** @param indexes - present position of each timer, by the position it had. */
  read(cell: KeyCell, reader: ByteReader, indexes: readonly number[]): void {
    for (let left = reader.varInt(); left > 0; left--) {
      const index = indexes[reader.varInt()] as number;
      const id = reader.text();
      const target = reader.float64();
      const outputTimestamp = reader.float64();
      this.set(cell, index, id, target, Number.isNaN(outputTimestamp) ? undefined : outputTimestamp);
    }
  }

  #isEventTime(index: number): boolean {
    return this.specs[index]?.domain === "event-time";
  }

  #taken(timer: PendingTimer | undefined): PendingTimer | undefined {
    if (timer === undefined) return undefined;
    timer.isLive = false;
    timer.cell.timers?.delete(slotOf(timer.index, timer.id));
    if (timer.outputTimestamp !== undefined) this.#holds.died();
    return timer;
  }

  #kill(cell: KeyCell, slot: string): void {
    const timer = cell.timers?.get(slot);
    if (timer === undefined) return;
    timer.isLive = false;
    cell.timers?.delete(slot);
    (this.#isEventTime(timer.index) ? this.#eventTime : this.#processingTime).died();
    this.#holds.died();
  }
}

function slotOf(index: number, id: string): string {
  return `${index}:${id}`;
}
