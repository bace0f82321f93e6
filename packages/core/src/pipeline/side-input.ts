/**
 * Side inputs: a function sees another collection as a value, per window. After the Apache Beam model.
 *
 * ```ts
 * orders.parDo("convert", {
 *   sideInputs: { rates: asMap(rates) },
 *   output: type<number>(),
 *   process(order, { side, emit }) {
 *     emit(order.amount * (side.rates.get(order.currency) ?? 1));
 *   },
 * });
 * ```
 */
import { TributaryError } from "../diagnostics/error.js";
import type { Coder } from "../types/coders/coder.js";
import type { KV } from "./kv.js";
import { ownerOf, setOwner } from "./collection-owner.js";
import type { PCollection } from "./p-collection.js";

/** What a collection is seen as. @public */
export type SideInputKind = "singleton" | "iterable" | "list" | "map" | "multimap";

/** A view of another collection; `V` is what the function reads. @public */
export interface SideInput<V> {
  readonly kind: SideInputKind;
  /** Name of the collection. */
  readonly collection: string;
  /** What an empty singleton reads as; absent: reading it fails. */
  readonly defaultValue?: { readonly value: unknown };
  readonly keyOf?: (element: never) => unknown;
  readonly valueOf?: (element: never) => unknown;
  /** Of the keys of a map; absent: keys are plain values. Must be deterministic. */
  readonly keyCoder?: Coder<never>;
  /** Of the collection's elements in checkpoints; absent: plain values. */
  readonly coder?: Coder<never>;
  /** Carries the type of the view; never there. */
  readonly view?: { readonly value: V };
}

/** Declared side inputs by name. @public */
export type SideInputs = { readonly [name: string]: SideInput<unknown> };

/** What a function reads, by the name of the side input. @public */
export type SideValues<V> = { readonly [N in keyof V]: V[N] extends SideInput<infer T> ? T : never };

/** Values by key; keys are equal when their encoded bytes are. @public */
export interface SideMap<K, V> {
  readonly size: number;
  get(key: K): V | undefined;
  has(key: K): boolean;
  keys(): readonly K[];
  values(): readonly V[];
  entries(): readonly (readonly [K, V])[];
}

/** Lists of values by key; keys are equal when their encoded bytes are. @public */
export interface SideMultimap<K, V> {
  readonly size: number;
  /** Empty for a key that is not there. */
  get(key: K): readonly V[];
  has(key: K): boolean;
  keys(): readonly K[];
  entries(): readonly (readonly [K, readonly V[]])[];
}

/** How a view is kept. @public */
export interface ViewOptions<T> {
  /** Of the collection's elements in checkpoints; absent: plain values (see `VALUE_CODER`). */
  readonly coder?: Coder<T>;
}

/** How a map is made of a collection. @public */
export interface MapViewOptions<T, K, V> extends ViewOptions<T> {
  readonly key: (element: T) => K;
  readonly value: (element: T) => V;
  /** Absent: keys are plain values. Must be deterministic. */
  readonly keyCoder?: Coder<K>;
}

/**
 * The one value of a window. Reading it fails where there are two, and where there is none and no default is given. Of a
 * collection that fires more than once it is the latest.
 *
 * @public
 */
export function asSingleton<T>(
  collection: PCollection<T>,
  options: ViewOptions<T> & { readonly defaultValue?: T } = {},
): SideInput<T> {
  return viewOf(collection, "singleton", {
    ...("defaultValue" in options ? { defaultValue: { value: options.defaultValue } } : {}),
    ...coderOf(options),
  });
}

/** The values of a window in no order. @public */
export function asIterable<T>(
  collection: PCollection<T>,
  options: ViewOptions<T> = {},
): SideInput<Iterable<T>> {
  return viewOf(collection, "iterable", coderOf(options));
}

/** The values of a window as an array, in no order. @public */
export function asList<T>(collection: PCollection<T>, options: ViewOptions<T> = {}): SideInput<readonly T[]> {
  return viewOf(collection, "list", coderOf(options));
}

/** The values of a window by key. Reading it fails where a key is there twice; see {@link asMultimap}. @public */
export function asMap<K, V>(collection: PCollection<KV<K, V>>): SideInput<SideMap<K, V>>;
export function asMap<T, K, V>(
  collection: PCollection<T>,
  options: MapViewOptions<T, K, V>,
): SideInput<SideMap<K, V>>;
export function asMap<T, K, V>(
  collection: PCollection<T>,
  options?: MapViewOptions<T, K, V>,
): SideInput<SideMap<K, V>> {
  return viewOf(collection, "map", mapOptions(options));
}

/** All values of a window by key. @public */
export function asMultimap<K, V>(collection: PCollection<KV<K, V>>): SideInput<SideMultimap<K, V>>;
export function asMultimap<T, K, V>(
  collection: PCollection<T>,
  options: MapViewOptions<T, K, V>,
): SideInput<SideMultimap<K, V>>;
export function asMultimap<T, K, V>(
  collection: PCollection<T>,
  options?: MapViewOptions<T, K, V>,
): SideInput<SideMultimap<K, V>> {
  return viewOf(collection, "multimap", mapOptions(options));
}

/** @throws `PIPELINE_INVALID` for what is no collection. */
function viewOf<V>(
  collection: PCollection<unknown>,
  kind: SideInputKind,
  parts: Omit<SideInput<V>, "kind" | "collection">,
): SideInput<V> {
  const given: unknown = collection;
  if (typeof given !== "object" || given === null || !("name" in given)) {
    throw new TributaryError({
      severity: "error",
      code: "PIPELINE_INVALID",
      message: `A side input is a view of a collection; ${String(given)} is none.`,
      value: String(given),
    });
  }
  const view: SideInput<V> = { kind, collection: collection.name, ...parts };
  setOwner(view, ownerOf(collection));
  return view;
}

type MapParts = Pick<SideInput<unknown>, "keyOf" | "valueOf" | "keyCoder" | "coder">;

function mapOptions<T, K, V>(options: MapViewOptions<T, K, V> | undefined): MapParts {
  // Every object has a method `valueOf`: a view without one of its own would read it.
  if (options === undefined) return { keyOf: pairKey, valueOf: pairValue };
  return {
    keyOf: options.key,
    valueOf: options.value,
    ...(options.keyCoder === undefined ? {} : { keyCoder: options.keyCoder as Coder<never> }),
    ...coderOf(options),
  };
}

function coderOf<T>({ coder }: ViewOptions<T>): { readonly coder?: Coder<never> } {
  return coder === undefined ? {} : { coder: coder as Coder<never> };
}

function pairKey(pair: KV<unknown, unknown>): unknown {
  return pair.key;
}

function pairValue(pair: KV<unknown, unknown>): unknown {
  return pair.value;
}
