/** Taken places at the front of the array before it is cut; a multiple of usual batches, so that cutting is rare. */
const COMPACT_AT = 4096;

/**
 * First in, first out, with a second lane in front for entries that are sent again. Knows its bytes.
 *
 * @internal
 */
export class EntryQueue<E> {
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

  push(entry: E): void {
    this.#fresh.push(entry);
    this.#bytes += this.#sizeOf(entry);
  }

  /** Puts entries, in their order, in front of all fresh ones. */
  pushRetries(entries: readonly E[]): void {
    for (const entry of entries) {
      this.#retries.push(entry);
      this.#bytes += this.#sizeOf(entry);
    }
  }

  /** Takes entries from the head up to both limits; at least one if there is one. */
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

  #compact(): void {
    if (this.#freshHead === this.#fresh.length || this.#freshHead >= COMPACT_AT) {
      this.#fresh = this.#fresh.slice(this.#freshHead);
      this.#freshHead = 0;
    }
    if (this.#retriesHead === this.#retries.length || this.#retriesHead >= COMPACT_AT) {
      this.#retries = this.#retries.slice(this.#retriesHead);
      this.#retriesHead = 0;
    }
  }
}
