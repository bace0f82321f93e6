import type { OrderedListState } from "../../../pipeline/state.js";
import type { NestedCoder } from "../../../types/coders/nested-coder.js";
import type { StateHolder, StateKind } from "./state-kinds.js";

interface Entry {
  readonly timestamp: number;
  readonly value: unknown;
}

/** In order of timestamps; equal ones in the order in which they came. */
type Entries = Entry[];

/** Values by timestamp. */
export function orderedListKind(coder: NestedCoder<unknown>): StateKind {
  return {
    handle: (holder, index) => new OrderedListHandle(holder, index),
    isKept: (content) => content !== undefined && (content as Entries).length > 0,
    write(content, writer) {
      const entries = content as Entries;
      writer.varInt(entries.length);
      for (const { timestamp, value } of entries) {
        writer.float64(timestamp);
        coder.append(value, writer);
      }
    },
    read: (reader): Entries =>
      Array.from({ length: reader.varInt() }, () => ({
        timestamp: reader.float64(),
        value: coder.read(reader),
      })),
  };
}

class OrderedListHandle implements OrderedListState<unknown> {
  readonly #holder: StateHolder;
  readonly #index: number;

  constructor(holder: StateHolder, index: number) {
    this.#holder = holder;
    this.#index = index;
  }

  add(timestamp: number, value: unknown): void {
    const { contents } = this.#holder;
    const entries = (contents[this.#index] as Entries | undefined) ?? [];
    contents[this.#index] = entries;
    const last = entries.at(-1);
    if (last === undefined || last.timestamp <= timestamp) entries.push({ timestamp, value });
    else entries.splice(firstAfter(entries, timestamp), 0, { timestamp, value });
  }

  read(): readonly Entry[] {
    return [...this.#entries()];
  }

  readRange(from: number, to: number): readonly Entry[] {
    const entries = this.#entries();
    return entries.slice(firstAt(entries, from), firstAt(entries, to));
  }

  clearRange(from: number, to: number): void {
    const entries = this.#entries();
    const start = firstAt(entries, from);
    const end = firstAt(entries, to);
    if (end > start) entries.splice(start, end - start);
  }

  isEmpty(): boolean {
    return this.#entries().length === 0;
  }

  clear(): void {
    this.#holder.contents[this.#index] = undefined;
  }

  #entries(): Entries {
    return (this.#holder.contents[this.#index] as Entries | undefined) ?? [];
  }
}

/** Position of the first entry at or after a timestamp. */
function firstAt(entries: Entries, timestamp: number): number {
  return search(entries, (entry) => entry.timestamp >= timestamp);
}

function firstAfter(entries: Entries, timestamp: number): number {
  return search(entries, (entry) => entry.timestamp > timestamp);
}

/** Position of the first entry for which the condition holds; it holds for all that follow. */
function search(entries: Entries, holds: (entry: Entry) => boolean): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(entries[middle] as Entry)) high = middle;
    else low = middle + 1;
  }
  return low;
}
