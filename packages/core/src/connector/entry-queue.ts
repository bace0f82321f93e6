import type { BatchQueue } from "./batch-queue.js";

/**
 * First in, first out, with a second lane in front for entries that are sent again. Knows its bytes.
 *
 * @internal
 */
export class EntryQueue<E> implements BatchQueue<E> {
  readonly #sizeOf: (entry: E) => number;
  #fresh: E[] = [];
  #freshHead = 0;
  #retries: E[] = [];
  #retriesHead = 0;
  #bytes = 0;

  constructor(sizeOf: (entry: E) => number) {
    this.#sizeOf = sizeOf;
  }

  get records(): number {
    return this.#fresh.length - this.#freshHead + this.#retries.length - this.#retriesHead;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get sendableRecords(): number {
    return this.records;
  }

  get sendableBytes(): number {
    return this.#bytes;
  }

  push(entry: E): void {
    this.#fresh.push(entry);
    this.#bytes += this.#sizeOf(entry);
  }

  pushRetries(entries: readonly E[]): void {
    for (const entry of entries) {
      this.#retries.push(entry);
      this.#bytes += this.#sizeOf(entry);
    }
  }

  take(recordsMax: number, bytesMax: number): E[] {
    const batch: E[] = [];
    let bytes = 0;
    while (batch.length < recordsMax) {
      const isRetry = this.#retriesHead < this.#retries.length;
      const entry = isRetry ? this.#retries[this.#retriesHead] : this.#fresh[this.#freshHead];
      if (entry === undefined) break;
      const size = this.#sizeOf(entry);
      if (batch.length > 0 && bytes + size > bytesMax) break;
      batch.push(entry);
      bytes += size;
      if (isRetry) this.#retriesHead += 1;
      else this.#freshHead += 1;
    }
    this.#bytes -= bytes;
    this.#compact();
    return batch;
  }

  settled(): boolean {
    return false;
  }

  /** As many places are cut as are kept, or more: what was sent is not held on to, and cutting costs little. */
  #compact(): void {
    if (this.#freshHead * 2 >= this.#fresh.length) {
      this.#fresh = this.#fresh.slice(this.#freshHead);
      this.#freshHead = 0;
    }
    if (this.#retriesHead * 2 >= this.#retries.length) {
      this.#retries = this.#retries.slice(this.#retriesHead);
      this.#retriesHead = 0;
    }
  }
}
