import { NumberHeap } from "../number-heap.js";

/** Times without items that the heap may hold before it is built anew. */
const STALE_MAX = 1_024;

/**
 * Things by time, earliest first; those of one time in the order in which they came. Memory follows what is in it. Most
 * times have one thing: it stands for itself until there is another.
 */
export class TimeBuckets<T extends object> {
  readonly #items = new Map<number, T | Set<T>>();
  /** Every time of `#items`, and some that have gone. */
  readonly #times = new NumberHeap();
  /** The bucket that things are taken from, and those of it that were not. */
  #taken: { readonly bucket: Set<T>; readonly rest: Iterator<T> } | undefined;

  /** Earliest time, `undefined` when empty. */
  peek(): number | undefined {
    for (;;) {
      const time = this.#times.peek();
      if (time === undefined || this.#items.has(time)) return time;
      this.#times.pop();
    }
  }

  /** Removes the first thing of the earliest time. */
  take(): T | undefined {
    const time = this.peek();
    if (time === undefined) return undefined;
    const bucket = this.#items.get(time) as T | Set<T>;
    const item = bucket instanceof Set ? this.#firstOf(bucket) : bucket;
    this.remove(time, item);
    return item;
  }

  add(time: number, item: T): void {
    const bucket = this.#items.get(time);
    if (bucket instanceof Set) {
      bucket.add(item);
    } else if (bucket === undefined) {
      this.#items.set(time, item);
      this.#times.push(time);
      if (this.#times.size > 2 * this.#items.size + STALE_MAX) this.#rebuild();
    } else if (bucket !== item) {
      this.#items.set(time, new Set([bucket, item]));
    }
  }

  /** What is not there is fine. */
  remove(time: number, item: T): void {
    const bucket = this.#items.get(time);
    if (bucket === item) this.#items.delete(time);
    if (!(bucket instanceof Set)) return;
    bucket.delete(item);
    if (bucket.size === 0) this.#items.delete(time);
  }

  /** Goes on where it was: a set is slow to find its first item where many before it were deleted. */
  #firstOf(bucket: Set<T>): T {
    if (this.#taken?.bucket !== bucket) this.#taken = { bucket, rest: bucket.values() };
    const next = this.#taken.rest.next();
    if (next.done !== true) return next.value;
    this.#taken = undefined;
    return this.#firstOf(bucket);
  }

  #rebuild(): void {
    this.#times.clear();
    for (const time of this.#items.keys()) this.#times.push(time);
  }
}
