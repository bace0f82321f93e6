import type { SourceReader, Split, SplitRecords } from "@tributary/core";

/** Reads one split after another; what a split is, its reading says. */
export interface SplitReading<T> {
  /** The next records; with `isFinished` in the last ones. `undefined` once it was closed. */
  next(): Promise<SplitRecords<T> | undefined>;
  /** Makes a pending `next` resolve. Never rejects. */
  close(): Promise<void>;
}

/** A reader that works on the splits it was given in turn, a batch of each. */
export class SequentialReader<T> implements SourceReader<T> {
  readonly #open: (split: Split) => SplitReading<T>;
  /** A split is opened when its turn comes, and with `isExclusive` only after the one before it. */
  readonly #isExclusive: boolean;
  readonly #waiting: Split[] = [];
  #readings: SplitReading<T>[] = [];
  #isComplete = false;
  #isClosed = false;
  #wake: (() => void) | undefined;

  /** @param isExclusive - finish a split before the next is opened. */
  constructor(open: (split: Split) => SplitReading<T>, isExclusive: boolean) {
    this.#open = open;
    this.#isExclusive = isExclusive;
  }

  addSplits(splits: readonly Split[]): void {
    this.#waiting.push(...splits);
    this.#wake?.();
  }

  noMoreSplits(): void {
    this.#isComplete = true;
    this.#wake?.();
  }

  async poll(): Promise<SplitRecords<T> | undefined> {
    while (!this.#isClosed) {
      this.#openSplits();
      const reading = this.#readings.shift();
      if (reading !== undefined) {
        const records = await this.#read(reading);
        if (records !== undefined) return records;
      } else if (this.#isComplete) {
        return undefined;
      } else {
        await new Promise<void>((resolve) => (this.#wake = resolve));
        this.#wake = undefined;
      }
    }
    return undefined;
  }

  #openSplits(): void {
    while (this.#waiting.length > 0 && !(this.#isExclusive && this.#readings.length > 0)) {
      this.#readings.push(this.#open(this.#waiting.shift() as Split));
    }
  }

  async #read(reading: SplitReading<T>): Promise<SplitRecords<T> | undefined> {
    // Back in line before anything is awaited, so that `close` finds it.
    if (this.#isExclusive) this.#readings.unshift(reading);
    else this.#readings.push(reading);
    const records = await reading.next();
    if (records === undefined || records.isFinished === true) {
      this.#readings = this.#readings.filter((other) => other !== reading);
      await reading.close();
    }
    return this.#isClosed ? undefined : records;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#wake?.();
    await Promise.all(this.#readings.map((reading) => reading.close()));
    this.#readings = [];
  }
}
