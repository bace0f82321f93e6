/**
 * State of a function by key and window: declared as a literal, read and written through handles. Writes are seen by
 * the reads after them; they are kept with the bundle. State of a window is deleted when the window expires. After the
 * Apache Beam model.
 */
import type { Coder } from "../types/coders/coder.js";
import type { Combiner } from "./combiners.js";
import type { CombineFn } from "./graph.js";
import { VALUE_CODER } from "./value-coder.js";

/** A state as declared; `T` is the type of its handle. @public */
export interface StateSpec<H> {
  readonly kind: "value" | "bag" | "set" | "map" | "multimap" | "combining" | "ordered-list";
  /** Of the values (of a combining state: of its accumulators). */
  readonly coder: Coder<unknown>;
  /** Of the keys of a map; deterministic. */
  readonly keyCoder?: Coder<unknown>;
  readonly combineFn?: CombineFn<unknown, unknown, unknown>;
  /** Of a combining state: what it computes; a checkpoint fits only where it is the same. */
  readonly description?: string;
  /** Carries the type of the handle; never there. */
  readonly handle?: H;
}

/** One value. @public */
export interface ValueState<T> {
  /** `undefined` when nothing was written since the last clear. */
  read(): T | undefined;
  write(value: T): void;
  clear(): void;
}

/** Values in no order, duplicates kept. @public */
export interface BagState<T> {
  add(value: T): void;
  /** A snapshot. */
  read(): readonly T[];
  isEmpty(): boolean;
  clear(): void;
}

/** Different values; equal when their encoded bytes are. @public */
export interface SetState<T> {
  add(value: T): void;
  /** @returns true if it was not there. */
  addIfAbsent(value: T): boolean;
  contains(value: T): boolean;
  remove(value: T): void;
  /** A snapshot. */
  read(): readonly T[];
  isEmpty(): boolean;
  clear(): void;
}

/** Values by key; keys are equal when their encoded bytes are. @public */
export interface MapState<K, V> {
  get(key: K): V | undefined;
  put(key: K, value: V): void;
  /** @returns the value there is, or the one that `compute` made and that is there now. */
  computeIfAbsent(key: K, compute: (key: K) => V): V;
  remove(key: K): void;
  /** A snapshot, as are `values` and `entries`. */
  keys(): readonly K[];
  values(): readonly V[];
  entries(): readonly (readonly [K, V])[];
  isEmpty(): boolean;
  clear(): void;
}

/** Any number of values by key. @public */
export interface MultimapState<K, V> {
  get(key: K): readonly V[];
  put(key: K, value: V): void;
  remove(key: K): void;
  keys(): readonly K[];
  entries(): readonly (readonly [K, V])[];
  isEmpty(): boolean;
  clear(): void;
}

/** A fold that goes on. @public */
export interface CombiningState<I, A, O> {
  add(input: I): void;
  /** Result of what was added. */
  read(): O;
  readAccumulator(): A;
  addAccumulator(accumulator: A): void;
  isEmpty(): boolean;
  clear(): void;
}

/** Values by timestamp, in milliseconds; duplicates kept. @public */
export interface OrderedListState<T> {
  add(timestamp: number, value: T): void;
  /** In order of timestamps. */
  read(): readonly { readonly timestamp: number; readonly value: T }[];
  /** From `from` on, below `to`. */
  readRange(from: number, to: number): readonly { readonly timestamp: number; readonly value: T }[];
  clearRange(from: number, to: number): void;
  isEmpty(): boolean;
  clear(): void;
}

/** The handles of declared states, by name. @public */
export type StateHandles<S> = { readonly [N in keyof S]: S[N] extends StateSpec<infer H> ? H : never };

/**
 * Declares states. Coders default to plain values (see `VALUE_CODER`); then the type is given, e.g.
 * `State.value<number>()`.
 *
 * @public
 */
export const State = {
  /** One value. */
  value<T>(coder: Coder<T> = VALUE_CODER as Coder<T>): StateSpec<ValueState<T>> {
    return { kind: "value", coder };
  },
  /** Values in no order. */
  bag<T>(coder: Coder<T> = VALUE_CODER as Coder<T>): StateSpec<BagState<T>> {
    return { kind: "bag", coder };
  },
  /** Different values. @param coder - deterministic. */
  set<T>(coder: Coder<T> = VALUE_CODER as Coder<T>): StateSpec<SetState<T>> {
    return { kind: "set", coder };
  },
  /** A value for each key. @param keyCoder - deterministic. */
  map<K, V>(
    keyCoder: Coder<K> = VALUE_CODER as Coder<K>,
    coder: Coder<V> = VALUE_CODER as Coder<V>,
  ): StateSpec<MapState<K, V>> {
    return { kind: "map", keyCoder, coder };
  },
  /** Any number of values for each key. @param keyCoder - deterministic. */
  multimap<K, V>(
    keyCoder: Coder<K> = VALUE_CODER as Coder<K>,
    coder: Coder<V> = VALUE_CODER as Coder<V>,
  ): StateSpec<MultimapState<K, V>> {
    return { kind: "multimap", keyCoder, coder };
  },
  /** A fold, e.g. `State.combining(Sum.of((order: Order) => order.amount))`. */
  combining<I, A, O>(
    combiner: Combiner<I, A, O>,
    accumulatorCoder: Coder<A> = combiner.accumulatorCoder ?? (VALUE_CODER as Coder<A>),
  ): StateSpec<CombiningState<I, A, O>> {
    return {
      kind: "combining",
      coder: accumulatorCoder,
      combineFn: combiner,
      description: combiner.description,
    };
  },
  /** Values by timestamp. */
  orderedList<T>(coder: Coder<T> = VALUE_CODER as Coder<T>): StateSpec<OrderedListState<T>> {
    return { kind: "ordered-list", coder };
  },
} as const;
