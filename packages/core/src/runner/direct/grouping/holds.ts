import { NumberHeap } from "../number-heap.js";

/** No hold. */
export const NO_HOLD = Number.POSITIVE_INFINITY;
/** Times without holds that the heap may have before it is built anew. */
const STALE_MAX = 1_024;

/** The holds of all keys and windows on a step's output watermark: how many there are of each time, and the earliest. */
export class Holds {
  readonly #counts = new Map<number, number>();
  /** Every time of `#counts`, and some that have gone. */
  readonly #times = new NumberHeap();

  /** Earliest hold; {@link NO_HOLD} when there is none. */
  get earliest(): number {
    for (;;) {
      const time = this.#times.peek();
      if (time === undefined) return NO_HOLD;
      if (this.#counts.has(time)) return time;
      this.#times.pop();
    }
  }

  add(time: number): void {
    const count = this.#counts.get(time);
    if (count !== undefined) {
      this.#counts.set(time, count + 1);
      return;
    }
    this.#counts.set(time, 1);
    this.#times.push(time);
    if (this.#times.size > 2 * this.#counts.size + STALE_MAX) this.#rebuild();
  }

  /** {@link NO_HOLD} is fine. */
  remove(time: number): void {
    const count = this.#counts.get(time);
    if (count === undefined) return;
    if (count === 1) this.#counts.delete(time);
    else this.#counts.set(time, count - 1);
  }

  #rebuild(): void {
    this.#times.clear();
    for (const time of this.#counts.keys()) this.#times.push(time);
  }
}
