import { NumberHeap } from "../number-heap.js";

/** Times without items that the heap may hold before it is built anew. */
const STALE_MAX = 1_024;

/** Things by time, earliest first; those of one time in the order in which they came. Memory follows what is in it. */
export class TimeBuckets<T> {
  readonly #items = new Map<number, Set<T>>();
  /** Every time of `#items`, and some that have gone. */
  readonly #times = new NumberHeap();

  /** Earliest time, `undefined` when empty. */
  peek(): number | undefined {
    for (;;) {
      const time = this.#times.peek();
      if (time === undefined || this.#items.has(time)) return time;
      this.#times.pop();
    }
  }

  /** First thing of the earliest time. */
  first(): T | undefined {
    const time = this.peek();
    if (time === undefined) return undefined;
    const [item] = this.#items.get(time) as Set<T>;
    return item;
  }

  add(time: number, item: T): void {
    const bucket = this.#items.get(time);
    if (bucket !== undefined) {
      bucket.add(item);
      return;
    }
    this.#items.set(time, new Set([item]));
    this.#times.push(time);
    if (this.#times.size > 2 * this.#items.size + STALE_MAX) this.#rebuild();
  }

  /** What is not there is fine. */
  remove(time: number, item: T): void {
    const bucket = this.#items.get(time);
    if (bucket === undefined) return;
    bucket.delete(item);
    if (bucket.size === 0) this.#items.delete(time);
  }

  #rebuild(): void {
    this.#times.clear();
    for (const time of this.#items.keys()) this.#times.push(time);
  }
}
