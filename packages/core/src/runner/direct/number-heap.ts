/** A binary min-heap of numbers: the ends of windows that hold state, so that firing never scans keys or windows. */
export class NumberHeap {
  readonly #items: number[] = [];

  /** Least number, `undefined` when empty. */
  peek(): number | undefined {
    return this.#items[0];
  }

  /** Numbers in it. */
  get size(): number {
    return this.#items.length;
  }

  clear(): void {
    this.#items.length = 0;
  }

  push(value: number): void {
    const items = this.#items;
    let index = items.push(value) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = items[parent] as number;
      if (above <= value) break;
      items[index] = above;
      index = parent;
    }
    items[index] = value;
  }

  pop(): number | undefined {
    const items = this.#items;
    const least = items[0];
    const last = items.pop();
    if (items.length > 0 && last !== undefined) this.#sink(last);
    return least;
  }

  #sink(value: number): void {
    const items = this.#items;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && (items[child + 1] as number) < (items[child] as number)) child += 1;
      const below = items[child] as number;
      if (below >= value) break;
      items[index] = below;
      index = child;
    }
    items[index] = value;
  }
}
