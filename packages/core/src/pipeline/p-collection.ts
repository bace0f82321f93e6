import type { Sink } from "../connector/sink.js";
import { TributaryError } from "../diagnostics/error.js";
import { planSink } from "../table/plan-sink.js";
import type { Planned } from "../table/planning.js";
import type { TypedTable } from "../table/table.js";
import type { Coder } from "../types/coders/coder.js";
import {
  combineFields,
  Count,
  type CombinedFields,
  type Combiner,
  type CombinerFields,
} from "./combiners.js";
import type { KeyOf, None, OutputTags, StateSpecs, TimerSpecs } from "./do-fn.js";
import { First, Latest } from "./element-combiners.js";
import type { GraphBuilder, StepPlan } from "./graph-builder.js";
import type { AsyncForm, ElementwiseBinding } from "./graph.js";
import { fieldKey } from "./key-identity.js";
import { kv, type KV } from "./kv.js";
import {
  declaredFunction,
  planParDo,
  taggedCollection,
  type DeclaredFunction,
  type DoFnSource,
  type ParDoOutputs,
} from "./par-do.js";
import { asIterable, asSingleton, type SideInput, type SideInputs } from "./side-input.js";
import { ownerOf, setOwner } from "./collection-owner.js";
import type { ErrorHandler } from "./error-handler.js";
import { Trigger } from "./trigger.js";
import { type, type TaggedType } from "./type-tag.js";
import { batching, checkBatchOptions, type BatchOptions } from "./transforms/batches.js";
import { checkDeduplicate, deduplicating, type DeduplicateOptions } from "./transforms/deduplicate.js";
import { caughtFunction, catchFaults } from "./transforms/catching.js";
import { catching, type FailedElement } from "./transforms/failures.js";
import { checkRequests, requesting, type RequestResponse } from "./transforms/request-response.js";
import { checkArray, checkFunction, checkObject, invalid, tableFaults } from "./step-arguments.js";
import type { SplittableFnSource } from "./splittable/splittable-fn.js";
import { partNames } from "./transforms/partition.js";
import type { Reified, ReifiedElement } from "./reified.js";
import { collectingValues } from "./transforms/collecting.js";
import {
  addCombine,
  foldList,
  GLOBAL_KEY,
  ofValues,
  type CombineGloballyOptions,
  type CombinePerKey,
  type CombineSpec,
  type CombineValuesOptions,
  type GroupByKeyOptions,
} from "./transforms/combining.js";
import { windowBinding, windowDetails, windowFaults, type WindowOptions } from "./window-options.js";
import type { Window, WindowFn } from "./window.js";

/** A composite: steps under one function. Give it the prefix of its steps' names as an argument of its own. @public */
export type PTransform<I, O> = (input: PCollection<I>) => PCollection<O>;

/** What {@link PCollection.combinePerKey} makes unless told otherwise. @public */
export type KeyedResult<K, O> = KV<K, O>;

/** What {@link PCollection.groupBy} does: which properties are the key, what is made of the others. @public */
export interface GroupBy<T, N extends keyof T & string, F, R> {
  /** Properties whose values together are the key. */
  readonly by: readonly N[];
  readonly aggregate: F;
  /** Makes the output element; absent: the key's properties, then the results. */
  readonly output?: (key: Pick<T, N>, results: CombinedFields<F>, window: Window) => R;
}

/** What a step made, and what it failed on. @public */
export interface Caught<U, T> {
  readonly main: PCollection<U>;
  readonly failed: PCollection<FailedElement<T>>;
}

/** What {@link PCollection.parDoCatching} makes: further outputs by name, too. @public */
export type CaughtOutputs<U, T, G> = Caught<U, T> & {
  readonly [N in keyof G]: PCollection<TaggedType<G[N]>>;
};

/** What a function whose failures are caught does not declare. @public */
export interface Stateless {
  readonly state?: never;
  readonly timers?: never;
}

/** What becomes of failures. @public */
export interface CatchOptions {
  /** Takes them, beside `failed`. */
  readonly handler?: ErrorHandler;
  /** Elements of a bundle in progress at one time, where the function returns promises; default 1. */
  readonly concurrency?: number;
}

/** Which elements count as equal. @public */
export interface DistinctOptions<T, K> {
  /** What is compared; absent: the element itself. */
  readonly by?: (value: T) => K;
  /** Of what is compared; absent: plain values. Must be deterministic. */
  readonly keyCoder?: Coder<K>;
}

/** The parts of a partition, as a tuple where their number is known. @public */
export type Parts<T, N extends number, A extends readonly PCollection<T>[] = readonly []> = number extends N
  ? readonly PCollection<T>[]
  : A["length"] extends N
    ? A
    : A["length"] extends 64
      ? readonly PCollection<T>[]
      : Parts<T, N, readonly [...A, PCollection<T>]>;

/**
 * A deferred, maybe unbounded collection. Every method names a step of the pipeline and returns what the step makes.
 *
 * @public
 */
export class PCollection<T> {
  /** Name of the step that makes it. */
  readonly name: string;
  readonly #builder: GraphBuilder;

  /** @internal */
  constructor(builder: GraphBuilder, name: string) {
    this.#builder = builder;
    this.name = name;
    setOwner(this, builder);
  }

  /** One output for each element. An `async` function runs on up to `concurrency` elements at a time. */
  map<U>(step: string, fn: (value: T) => U, options: AsyncForm = {}): PCollection<Awaited<U>> {
    return this.#elementwise(step, { kind: "elementwise", form: "map", fn, ...asyncForm(fn, options) });
  }

  /** Keeps the elements for which `predicate` holds. */
  filter<U extends T>(step: string, predicate: (value: T) => value is U): PCollection<U>;
  filter(
    step: string,
    predicate: (value: T) => boolean | Promise<boolean>,
    options?: AsyncForm,
  ): PCollection<T>;
  filter(
    step: string,
    predicate: (value: T) => boolean | Promise<boolean>,
    options: AsyncForm = {},
  ): PCollection<T> {
    return this.#elementwise(step, {
      kind: "elementwise",
      form: "filter",
      fn: predicate,
      ...asyncForm(predicate, options),
    });
  }

  /** Any number of outputs for each element. */
  flatMap<U>(
    step: string,
    fn: (value: T) => Iterable<U> | AsyncIterable<U> | Promise<Iterable<U>>,
    options: AsyncForm = {},
  ): PCollection<U> {
    return this.#elementwise(step, { kind: "elementwise", form: "flatMap", fn, ...asyncForm(fn, options) });
  }

  /**
   * Element-wise work with a life cycle, and with state, timers, side inputs and further outputs where it declares them;
   * all types follow from the declarations. Every use of a function is an instance of its own.
   *
   * ```ts
   * const { main, late } = orders.parDo("first of the day", {
   *   key: (order) => order.customer,
   *   state: { seen: State.value<boolean>() },
   *   outputs: { late: output<Order>() },
   *   output: type<Order>(),
   *   process(order, { state, timestamp, emit, emitTo }) {
   *     if (timestamp < order.dueAt) emitTo("late", order);
   *     else if (state.seen.read() === undefined) emit(order);
   *     state.seen.write(true);
   *   },
   * });
   * ```
   *
   * @returns the main output; with further outputs all of them by name, the main one as `main`.
   */
  parDo<
    O,
    S extends StateSpecs = None,
    N extends TimerSpecs = None,
    G extends OutputTags = None,
    V extends SideInputs = None,
    K = KeyOf<T>,
  >(step: string, fn: DoFnSource<T, O, S, N, G, V, K>): ParDoOutputs<O, NoInfer<G>> {
    return this.#function<O, G>(step, fn);
  }

  /**
   * Work on elements that may be long or without end: a function works off a restriction of each element position by
   * position, and is stopped and continued as the runner needs it. See `SplittableFn`.
   *
   * @returns as `parDo`.
   */
  splittable<O, R, P, G extends OutputTags = None, V extends SideInputs = None>(
    step: string,
    fn: SplittableFnSource<T, O, R, P, G, V>,
  ): ParDoOutputs<O, NoInfer<G>> {
    return this.#function<O, G>(step, fn);
  }

  /**
   * Assigns windows by event time, or says when they fire; groupings that follow are per window.
   *
   * ```ts
   * clicks.windowInto("by minute", {
   *   windowFn: FixedWindows.of(60_000),
   *   trigger: Trigger.afterEndOfWindow({ early: Trigger.afterProcessingTime(5_000), late: Trigger.afterCount(1) }),
   *   accumulation: "accumulating",
   *   allowedLatenessMs: 3_600_000,
   * });
   * ```
   *
   * @param windows - a window function, or any of the parts of a windowing strategy; what is left out stays.
   */
  windowInto(step: string, windows: WindowFn | WindowOptions): PCollection<T> {
    checkObject(step, "The windows", windows);
    const binding = windowBinding(windows);
    this.#builder.add({
      name: step,
      inputs: [this.name],
      outputs: [step],
      plan: () => {
        const diagnostics = windowFaults(step, binding);
        if (diagnostics.length > 0) return { diagnostics };
        return { value: { binding, details: windowDetails(binding) }, diagnostics };
      },
    });
    return this.#collection(step);
  }

  /** The values of each key and window, one list for each pane, in no order. */
  groupByKey<K, V>(
    this: PCollection<KV<K, V>>,
    step: string,
    options: GroupByKeyOptions<K, V> = {},
  ): PCollection<KV<K, readonly V[]>> {
    const { keyCoder, valueCoder } = options;
    return this.#combine(step, {
      keyOf: pairKey,
      keyCoder: keyCoder as Coder<never> | undefined,
      combiner: collectingValues(valueCoder),
      toOutput: kv,
    });
  }

  /** Folds the values of pairs by key and window; one result for each pane. */
  combineValues<K, V, O>(
    this: PCollection<KV<K, V>>,
    step: string,
    combiner: Combiner<NoInfer<V>, unknown, O>,
    options: CombineValuesOptions<K> = {},
  ): PCollection<KV<K, O>> {
    return this.#combine(step, {
      keyOf: pairKey,
      keyCoder: options.keyCoder as Coder<never> | undefined,
      combiner: ofValues(combiner),
      toOutput: kv,
      fanOut: options.fanOut,
    });
  }

  /** Folds the elements of each key and window; one result for each pane. */
  combinePerKey<K, O, R = KeyedResult<K, O>>(step: string, what: CombinePerKey<T, K, O, R>): PCollection<R> {
    return this.#combine(step, {
      keyOf: what.key,
      keyCoder: what.keyCoder as Coder<never> | undefined,
      combiner: what.combine,
      toOutput: what.output ?? kv,
      fanOut: what.fanOut,
    });
  }

  /**
   * Folds all elements of each window into one. Of an empty collection in the global window comes the result of no
   * elements; in other windows nothing comes, which has to be said: `withoutDefaults`.
   */
  combineGlobally<O>(
    step: string,
    combiner: Combiner<T, unknown, O>,
    options: CombineGloballyOptions = {},
  ): PCollection<O> {
    const { withoutDefaults = false, fanOut } = options;
    return this.#combine(step, {
      keyOf: () => undefined,
      keyCoder: undefined,
      combiner,
      toOutput: (_key: unknown, result: unknown) => result,
      fanOut,
      details: { by: [] },
      more: { ...GLOBAL_KEY, ...(withoutDefaults ? {} : { emitsWhenEmpty: true }) },
    });
  }

  /**
   * Folds all elements of each window into one value, as a side input: in windows without elements it is the result of
   * none.
   */
  combineToSideInput<O>(
    step: string,
    combiner: Combiner<T, unknown, O>,
    options: Omit<CombineGloballyOptions, "withoutDefaults"> = {},
  ): SideInput<O> {
    return asSingleton(this.combineGlobally(step, combiner, { ...options, withoutDefaults: true }), {
      defaultValue: foldList(combiner, []),
    });
  }

  /** Folds the list of each pair, as a grouping made it. */
  combineGroupedValues<K, V, O>(
    this: PCollection<KV<K, Iterable<V>>>,
    step: string,
    combiner: Combiner<NoInfer<V>, unknown, O>,
  ): PCollection<KV<K, O>> {
    return this.map(step, ({ key, value }) => ({ key, value: foldList(combiner, value) }));
  }

  /**
   * Groups by properties and computes several results at once:
   *
   * ```ts
   * flights.groupBy("per origin", {
   *   by: ["origin"],
   *   aggregate: { flights: Count.elements(), meanDelay: Mean.of((flight) => flight.delay) },
   * });
   * ```
   */
  groupBy<N extends keyof T & string, F extends CombinerFields<T>, R = Pick<T, N> & CombinedFields<F>>(
    step: string,
    { by, aggregate, output }: GroupBy<T, N, F, R>,
  ): PCollection<R> {
    checkArray(step, "'by'", by);
    const { keyOf, ...identities } = fieldKey(by);
    return this.#combine(step, {
      keyOf,
      keyCoder: undefined,
      combiner: combineFields<T, F>(aggregate),
      toOutput: output ?? ((key: Pick<T, N>, results: CombinedFields<F>): R => ({ ...key, ...results }) as R),
      details: { by },
      more: identities,
    });
  }

  /** Each different element of a window once; equal by their encoded bytes, or by what `by` makes of them. */
  distinct<K = T>(step: string, options: DistinctOptions<T, K> = {}): PCollection<T> {
    const { by, keyCoder } = options;
    const firsts = this.#combine<T>(`${step}/firsts`, {
      keyOf: by ?? ((element: unknown) => element),
      keyCoder: keyCoder as Coder<never> | undefined,
      combiner: First.elements<T>(),
      toOutput: (_key: unknown, first: unknown) => first,
    });
    // A later pane of the same window is about elements that were given before.
    return firsts.reifyElements(`${step}/panes`).#elementwise(step, {
      kind: "elementwise",
      form: "flatMap",
      fn: ({ value, pane }: ReifiedElement<T>) => (pane.isFirst ? [value] : []),
    });
  }

  /** The value with the latest event time of each key and window. */
  latestPerKey<K, V>(
    this: PCollection<KV<K, V>>,
    step: string,
    options: CombineValuesOptions<K> = {},
  ): PCollection<KV<K, V>> {
    return this.reifyElements(`${step}/timestamps`).#combine(step, {
      keyOf: (element: ReifiedElement<KV<K, V>>) => element.value.key,
      keyCoder: options.keyCoder as Coder<never> | undefined,
      combiner: Latest.elements<KV<K, V>>(),
      toOutput: (_key: unknown, latest: unknown) => latest,
      fanOut: options.fanOut,
    });
  }

  /** The element with the latest event time of each window; see {@link PCollection.combineGlobally} for empty ones. */
  latestGlobally(step: string, options: CombineGloballyOptions = {}): PCollection<T | null> {
    return this.reifyElements(`${step}/timestamps`).combineGlobally(step, Latest.elements<T>(), options);
  }

  /** Gives each element a key. */
  withKeys<K>(step: string, key: (value: T) => K): PCollection<KV<Awaited<K>, T>> {
    checkFunction(step, "key", key);
    return this.#elementwise(step, {
      kind: "elementwise",
      form: "map",
      fn: withKey(key),
      ...asyncForm(key, {}),
    });
  }

  /** The keys of pairs. */
  keys<K>(this: PCollection<KV<K, unknown>>, step: string): PCollection<K> {
    return this.map(step, (pair) => pair.key);
  }

  /** The values of pairs. */
  values<V>(this: PCollection<KV<unknown, V>>, step: string): PCollection<V> {
    return this.map(step, (pair) => pair.value);
  }

  /** Pairs with key and value changed over. */
  swap<K, V>(this: PCollection<KV<K, V>>, step: string): PCollection<KV<V, K>> {
    return this.map(step, ({ key, value }) => ({ key: value, value: key }));
  }

  /** Changes the values of pairs; keys stay. */
  mapValues<K, V, U>(
    this: PCollection<KV<K, V>>,
    step: string,
    fn: (value: V, key: K) => U,
  ): PCollection<KV<K, Awaited<U>>> {
    checkFunction(step, "fn", fn);
    return this.#elementwise(step, {
      kind: "elementwise",
      form: "map",
      fn: withValue(fn),
      ...asyncForm(fn, {}),
    });
  }

  /**
   * Sets event times; windows stay as they are.
   *
   * @param timestamp - milliseconds; not before the element's own by more than `allowedSkewMs` (default 0, may be
   *   infinite), else the job fails with `OUTPUT_INVALID`.
   * @throws `PIPELINE_INVALID` for a skew below 0.
   */
  withTimestamps(
    step: string,
    timestamp: (value: T) => number,
    options: { readonly allowedSkewMs?: number } = {},
  ): PCollection<T> {
    return this.#elementwise(step, {
      kind: "elementwise",
      form: "withTimestamps",
      fn: timestamp,
      allowedSkewMs: checkSkew(step, options.allowedSkewMs ?? 0),
    });
  }

  /**
   * One output for each element; an element for which `fn` throws or rejects goes to `failed` with the error, and the
   * job goes on.
   */
  mapCatching<U>(
    step: string,
    fn: (value: T) => U | Promise<U>,
    options: CatchOptions = {},
  ): Caught<Awaited<U>, T> {
    checkFunction(step, "fn", fn);
    return this.flatMapCatching<Awaited<U>>(
      step,
      (value) => {
        const result = fn(value);
        return result instanceof Promise ? result.then((one) => [one as Awaited<U>]) : [result as Awaited<U>];
      },
      options,
    );
  }

  /** Any number of outputs for each element; see {@link mapCatching}. Of an element that fails nothing comes. */
  flatMapCatching<U>(
    step: string,
    fn: (value: T) => Iterable<U> | Promise<Iterable<U>>,
    options: CatchOptions = {},
  ): Caught<U, T> {
    checkFunction(step, "fn", fn);
    const { concurrency, handler } = options;
    const caught: Caught<U, T> = this.parDo(step, () => catching<T, U>(fn, concurrency));
    handler?.add(caught.failed);
    return caught;
  }

  /**
   * As `parDo`, but an element for which `process` throws or rejects goes to `failed` with the error, and counts as
   * processed; nothing that was emitted for it comes. The other methods fail the bundle, as ever, and `attempts` are
   * theirs. For functions without state, timers, time-sorted input and restrictions: others are refused before the run.
   *
   * @param options - `handler` takes the failures, beside `failed`. How many elements are in progress at one time is
   *   declared in the function.
   */
  parDoCatching<O, G extends OutputTags = None, V extends SideInputs = None>(
    step: string,
    fn: DoFnSource<T, O, None, None, G, V> & Stateless,
    options: Pick<CatchOptions, "handler"> = {},
  ): CaughtOutputs<O, T, NoInfer<G>> {
    checkObject(step, "The options", options);
    const declared = declaredFunction(step, fn);
    const caught = this.#functionAs(step, caughtFunction(declared), (withFailed) => {
      const diagnostics = [
        ...planParDo(fn, declared).diagnostics,
        ...catchFaults(declared).map((fault) => ({ ...fault, step })),
      ];
      return diagnostics.length > 0 ? { diagnostics } : planParDo(fn, withFailed);
    }) as CaughtOutputs<O, T, NoInfer<G>>;
    options.handler?.add(caught.failed);
    return caught;
  }

  /**
   * Asks a service about each element: concurrently, with time limits, retries, a cache and a pace, as `what` says. What
   * fails in the end goes to `failed`, and the job goes on.
   */
  requestResponse<R>(
    step: string,
    what: RequestResponse<T, R> & { readonly handler?: ErrorHandler },
  ): Caught<R, T> {
    checkRequests(step, what);
    const caught: Caught<R, T> = this.parDo(step, () => requesting<T, R>(what));
    what.handler?.add(caught.failed);
    return caught;
  }

  /** The values of a key and window in batches: when there are enough, or for long enough, or the window ends. */
  groupIntoBatches<K, V>(
    this: PCollection<KV<K, V>>,
    step: string,
    options: BatchOptions<K, V>,
  ): PCollection<KV<K, readonly V[]>> {
    checkBatchOptions(step, options);
    return this.parDo(step, () => batching<K, V>(options));
  }

  /** The first of equal elements, and no other for a time; window by window. At once, unlike {@link distinct}. */
  deduplicate<K = T>(step: string, options: DeduplicateOptions<T, K> = {}): PCollection<T> {
    checkDeduplicate(step, options);
    return this.parDo(step, () => deduplicating<T, K>(options));
  }

  /**
   * The same elements, each once the windows of all signals are over that it needs: those that hold its own window's
   * end. What the signals hold does not matter.
   */
  waitOn(step: string, signals: readonly PCollection<unknown>[]): PCollection<T> {
    this.#builder.inputs(step, signals);
    const given: unknown = signals;
    const collections = Array.isArray(given) ? signals.filter((one) => ownerOf(one) === this.#builder) : [];
    const sideInputs: SideInputs = Object.fromEntries(
      collections.map((signal, index) => [
        `signal ${index}`,
        asIterable(whenOver(`${step}/signal ${index}`, signal)),
      ]),
    );
    return this.parDo(step, {
      output: type<T>(),
      sideInputs,
      process: (element: T, { emit }) => emit(element),
    });
  }

  /** Each element with its event time, its pane and its window; an element in several windows comes once for each. */
  reify(step: string): PCollection<Reified<T>> {
    return this.#elementwise(step, { kind: "elementwise", form: "reify", perWindow: true });
  }

  /** Each element once, with its event time, its pane and all its windows. */
  reifyElements(step: string): PCollection<ReifiedElement<T>> {
    return this.#elementwise(step, { kind: "elementwise", form: "reify", perWindow: false });
  }

  /**
   * Spreads the elements over `count` collections:
   *
   * ```ts
   * const [even, odd] = numbers.partition("parity", 2, (n) => n % 2);
   * ```
   *
   * @param part - number of an element's part, from 0 to `count - 1`; any other fails the job.
   * @throws `PIPELINE_INVALID` if `count` is not a whole number of at least 1.
   */
  partition<N extends number>(step: string, count: N, part: (value: T) => number): Parts<T, N> {
    const outputs = partNames(step, count);
    this.#builder.addStep(
      step,
      [this.name],
      { kind: "elementwise", form: "partition", fn: part },
      { form: "partition", parts: count },
      outputs,
    );
    return outputs.map((name) => new PCollection<T>(this.#builder, name)) as unknown as Parts<T, N>;
  }

  /** The same elements with all they carry, cut off from the steps before. Makes no promise of order; drops nothing. */
  reshuffle(step: string): PCollection<T> {
    return this.#elementwise(step, { kind: "elementwise", form: "reshuffle" });
  }

  /** Writes to a table; elements are its rows, without computed and virtual columns. */
  writeTable(step: string, table: TypedTable<unknown, T>): void {
    this.#builder.add({
      name: step,
      inputs: [this.name],
      outputs: [],
      plan: (context) => {
        const faults = tableFaults(step, table);
        if (faults.length > 0) return { diagnostics: faults };
        const { value, diagnostics } = planSink(table, context);
        if (value === undefined) return { diagnostics };
        const details = {
          table: table.name,
          connector: value.factory.identifier,
          columns: value.rowType.fields.map((field) => field.name),
        };
        const { binding, appendOnly } = value;
        return { value: { binding, details, ...(appendOnly !== undefined && { appendOnly }) }, diagnostics };
      },
    });
  }

  /** Writes to a sink without a table. */
  write(step: string, sink: Sink<T>): void {
    this.#builder.addStep(step, [this.name], { kind: "write", sink });
  }

  /** Applies a composite. */
  apply<U>(transform: PTransform<T, U>): PCollection<U> {
    const given: unknown = transform;
    if (typeof given !== "function")
      throw invalid("", "What is applied must be a function of a collection.", given);
    return transform(this);
  }

  #elementwise<U>(step: string, binding: ElementwiseBinding): PCollection<U> {
    return this.#collection(this.#builder.addStep(step, [this.name], binding, { form: binding.form }));
  }

  #combine<R>(step: string, spec: CombineSpec): PCollection<R> {
    return this.#collection(addCombine(this.#builder, step, this.name, spec));
  }

  #function<O, G>(step: string, fn: unknown): ParDoOutputs<O, NoInfer<G>> {
    const declared = declaredFunction(step, fn);
    return this.#functionAs(step, declared, () => planParDo(fn, declared)) as ParDoOutputs<O, NoInfer<G>>;
  }

  #functionAs(
    step: string,
    declared: DeclaredFunction,
    plan: (declared: DeclaredFunction) => Planned<StepPlan>,
  ): unknown {
    const { tags, sideInputs } = declared;
    this.#builder.add({
      name: step,
      inputs: [this.name, ...sideInputs.map(({ view }) => this.#builder.viewed(step, view))],
      outputs: [step, ...tags.map((tag) => taggedCollection(step, tag))],
      plan: () => plan(declared),
    });
    const main = this.#collection(step);
    if (tags.length === 0) return main;
    const tagged = tags.map((tag) => [tag, this.#collection(taggedCollection(step, tag))]);
    return { ...Object.fromEntries(tagged), main };
  }

  #collection<U>(name: string): PCollection<U> {
    return new PCollection<U>(this.#builder, name);
  }
}

/** A collection that fires once for each window of another, when that is over. */
function whenOver(step: string, signal: PCollection<unknown>): PCollection<number> {
  return signal
    .windowInto(`${step}/once`, {
      trigger: Trigger.never(),
      accumulation: "discarding",
      allowedLatenessMs: 0,
    })
    .combineGlobally(`${step}/over`, Count.elements(), { withoutDefaults: true });
}

function checkSkew(step: string, allowedSkewMs: number): number {
  if (allowedSkewMs >= 0) return allowedSkewMs;
  throw new TributaryError({
    severity: "error",
    code: "PIPELINE_INVALID",
    message: `The allowed skew of the step '${step}' must be 0 ms or more, not ${allowedSkewMs}.`,
    step,
    value: String(allowedSkewMs),
  });
}

/** The key of a pair. */
function pairKey(pair: KV<unknown, unknown>): unknown {
  const given: Partial<KV<unknown, unknown>> | null | undefined = pair;
  const key = given?.key;
  if (key === undefined && !isPair(given)) throw noPair(given);
  return key;
}

function isPair(value: unknown): boolean {
  return typeof value === "object" && value !== null && "key" in value;
}

function noPair(value: unknown): TributaryError {
  return new TributaryError({
    severity: "error",
    code: "PIPELINE_INVALID",
    message: `An element to be grouped by key is no pair of key and value, but ${String(value)}.`,
    value: String(value),
    hint: "Give elements keys first: withKeys('by id', (element) => element.id), or use combinePerKey with a key.",
  });
}

function withKey<T>(keyOf: (value: T) => unknown): (value: T) => unknown {
  return (value) => {
    const key = keyOf(value);
    return key instanceof Promise ? key.then((settled: unknown) => kv(settled, value)) : kv(key, value);
  };
}

function withValue<K, V>(fn: (value: V, key: K) => unknown): (pair: KV<K, V>) => unknown {
  return ({ key, value }) => {
    const result = fn(value, key);
    return result instanceof Promise ? result.then((settled: unknown) => kv(key, settled)) : kv(key, result);
  };
}

/** A function declared `async` says so itself. */
function asyncForm(fn: unknown, options: AsyncForm): AsyncForm {
  const kind = Object.prototype.toString.call(fn);
  const isAsync =
    options.isAsync ?? (kind === "[object AsyncFunction]" || kind === "[object AsyncGeneratorFunction]");
  return {
    ...(isAsync || options.concurrency !== undefined ? { isAsync: true } : {}),
    ...(options.concurrency === undefined ? {} : { concurrency: options.concurrency }),
  };
}
