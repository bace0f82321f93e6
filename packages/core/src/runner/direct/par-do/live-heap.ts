/** Something that is due at a time, unless it was called off before. */
export interface Perishable {
  isLive: boolean;
}

interface Node<T> {
  readonly time: number;
  readonly sequence: number;
  readonly item: T;
}

/** Dead items at which a heap is worth rebuilding. */
const DEAD_MIN = 64;

/** Items by time; those of one time in the order in which they came. What was called off is passed over. */
export class LiveHeap<T extends Perishable> {
  #nodes: Node<T>[] = [];
  #sequence = 0;
  #dead = 0;

  push(time: number, item: T): void {
    this.#nodes.push({ time, sequence: this.#sequence++, item });
    this.#up(this.#nodes.length - 1);
  }

  /** Time of the first live item; infinite when there is none. */
  get time(): number {
    this.#prune();
    return this.#nodes[0]?.time ?? Number.POSITIVE_INFINITY;
  }

  peek(): T | undefined {
    this.#prune();
    return this.#nodes[0]?.item;
  }

  pop(): T | undefined {
    const item = this.peek();
    if (item !== undefined) this.#removeFirst();
    return item;
  }

  /** To be called for every item that dies before it is popped, so that the dead do not gather. */
  died(): void {
    this.#dead += 1;
    if (this.#dead < DEAD_MIN || this.#dead * 2 < this.#nodes.length) return;
    this.#nodes = this.#nodes.filter((node) => node.item.isLive);
    this.#dead = 0;
    for (let index = (this.#nodes.length >>> 1) - 1; index >= 0; index--) this.#down(index);
  }

  /** Live items in no order. */
  *items(): Iterable<T> {
    for (const { item } of this.#nodes) if (item.isLive) yield item;
  }

  #prune(): void {
    while (this.#nodes[0]?.item.isLive === false) {
      this.#removeFirst();
      this.#dead = Math.max(0, this.#dead - 1);
    }
  }

  #removeFirst(): void {
    const last = this.#nodes.pop() as Node<T>;
    if (this.#nodes.length === 0) return;
    this.#nodes[0] = last;
    this.#down(0);
  }

  #up(from: number): void {
    const nodes = this.#nodes;
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >>> 1;
      if (!isBefore(nodes[index] as Node<T>, nodes[parent] as Node<T>)) return;
      this.#swap(index, parent);
      index = parent;
    }
  }

  #down(from: number): void {
    const nodes = this.#nodes;
    let index = from;
    for (;;) {
      let first = index;
      for (const child of [2 * index + 1, 2 * index + 2]) {
        if (child < nodes.length && isBefore(nodes[child] as Node<T>, nodes[first] as Node<T>)) first = child;
      }
      if (first === index) return;
      this.#swap(index, first);
      index = first;
    }
  }

  #swap(a: number, b: number): void {
    const nodes = this.#nodes;
    const node = nodes[a] as Node<T>;
    nodes[a] = nodes[b] as Node<T>;
    nodes[b] = node;
  }
}

function isBefore<T>(a: Node<T>, b: Node<T>): boolean {
  return a.time < b.time || (a.time === b.time && a.sequence < b.sequence);
}
