import type { BatchQueue } from "./batch-queue.js";

/** The entries of one key that are not durable yet. */
interface Lane<E> {
  readonly key: string;
  readonly entries: E[];
  /** Taken places at the front of `entries`. */
  head: number;
  /** An entry of this lane is in flight or waits to be sent again: the ones behind it stay. */
  isBusy: boolean;
}

/**
 * Keeps the order of entries with the same key: a call gets one entry of a key at most, and the next one only when
 * that one is durable. A key whose entry was refused holds back its own later entries and nobody else's.
 *
 * @internal
 */
export class OrderedQueue<E> implements BatchQueue<E> {
  readonly #keyOf: (entry: E) => string;
  readonly #sizeOf: (entry: E) => number;
  /** Every key with an entry that waits or is in flight. */
  readonly #lanes = new Map<string, Lane<E>>();
  /** Lanes whose first entry may go, those that are sent again before the others; each in order of readiness. */
  #again: Lane<E>[] = [];
  #againHead = 0;
  #ready: Lane<E>[] = [];
  #readyHead = 0;
  #records = 0;
  #bytes = 0;
  #sendableBytes = 0;

  constructor(keyOf: (entry: E) => string, sizeOf: (entry: E) => number) {
    this.#keyOf = keyOf;
    this.#sizeOf = sizeOf;
  }

  get records(): number {
    return this.#records;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get sendableRecords(): number {
    return this.#ready.length - this.#readyHead + this.#again.length - this.#againHead;
  }

  get sendableBytes(): number {
    return this.#sendableBytes;
  }

  push(entry: E): void {
    const size = this.#sizeOf(entry);
    this.#records += 1;
    this.#bytes += size;
    const key = this.#keyOf(entry);
    const lane = this.#lanes.get(key);
    if (lane !== undefined) {
      lane.entries.push(entry);
      return;
    }
    const first: Lane<E> = { key, entries: [entry], head: 0, isBusy: false };
    this.#lanes.set(key, first);
    this.#ready.push(first);
    this.#sendableBytes += size;
  }

  pushRetries(entries: readonly E[]): void {
    for (const entry of entries) {
      const lane = this.#lanes.get(this.#keyOf(entry));
      if (lane === undefined) continue;
      const size = this.#sizeOf(entry);
      // Its own place is free: the entry was taken from there.
      lane.head -= 1;
      lane.entries[lane.head] = entry;
      lane.isBusy = false;
      this.#again.push(lane);
      this.#records += 1;
      this.#bytes += size;
      this.#sendableBytes += size;
    }
  }

  take(recordsMax: number, bytesMax: number): E[] {
    const batch: E[] = [];
    let bytes = 0;
    while (batch.length < recordsMax) {
      const isAgain = this.#againHead < this.#again.length;
      const lane = isAgain ? this.#again[this.#againHead] : this.#ready[this.#readyHead];
      if (lane === undefined) break;
      const entry = lane.entries[lane.head] as E;
      const size = this.#sizeOf(entry);
      if (batch.length > 0 && bytes + size > bytesMax) break;
      batch.push(entry);
      bytes += size;
      lane.head += 1;
      lane.isBusy = true;
      if (isAgain) this.#againHead += 1;
      else this.#readyHead += 1;
    }
    this.#records -= batch.length;
    this.#bytes -= bytes;
    this.#sendableBytes -= bytes;
    this.#compact();
    return batch;
  }

  settled(entries: readonly E[]): boolean {
    const before = this.sendableRecords;
    for (const entry of entries) {
      const lane = this.#lanes.get(this.#keyOf(entry));
      if (lane === undefined) continue;
      lane.isBusy = false;
      const next = lane.entries[lane.head];
      if (next === undefined) {
        this.#lanes.delete(lane.key);
        continue;
      }
      // As many places are cut as are kept, or more: what was sent is not held on to, and cutting costs little.
      if (lane.head * 2 >= lane.entries.length) {
        lane.entries.splice(0, lane.head);
        lane.head = 0;
      }
      this.#ready.push(lane);
      this.#sendableBytes += this.#sizeOf(next);
    }
    return this.sendableRecords > before;
  }

  #compact(): void {
    if (this.#againHead * 2 >= this.#again.length) {
      this.#again = this.#again.slice(this.#againHead);
      this.#againHead = 0;
    }
    if (this.#readyHead * 2 >= this.#ready.length) {
      this.#ready = this.#ready.slice(this.#readyHead);
      this.#readyHead = 0;
    }
  }
}
