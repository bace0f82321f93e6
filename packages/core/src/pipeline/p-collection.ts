import type { Sink } from "../connector/sink.js";
import { planSink } from "../table/plan-sink.js";
import type { TypedTable } from "../table/table.js";
import type { Coder } from "../types/coders/coder.js";
import type { JsonValue } from "../types/json-value.js";
import { combineFields, type CombinedFields, type Combiner, type CombinerFields } from "./combiners.js";
import type { DoFn } from "./do-fn.js";
import type { GraphBuilder } from "./graph-builder.js";
import type { AsyncForm, CombineBinding, ElementwiseBinding, StepBinding } from "./graph.js";
import { fieldKey } from "./key-identity.js";
import { VALUE_CODER } from "./value-coder.js";
import type { Window, WindowFn } from "./window.js";

/** A composite: steps under one function. Give it the prefix of its steps' names as an argument of its own. @public */
export type PTransform<I, O> = (input: PCollection<I>) => PCollection<O>;

/** What {@link PCollection.combinePerKey} makes unless told otherwise. @public */
export interface KeyedResult<K, O> {
  readonly key: K;
  readonly value: O;
}

/**
 * What {@link PCollection.combinePerKey} does: which key an element has, what is made of the elements of a key and
 * window.
 *
 * @public
 */
export interface CombinePerKey<T, K, O, R> {
  readonly key: (value: T) => K;
  /** Absent: keys are plain values (see `VALUE_CODER`). Must be deterministic. */
  readonly keyCoder?: Coder<K>;
  readonly combine: Combiner<T, unknown, O>;
  /** Makes the output element; absent: a {@link KeyedResult}. */
  readonly output?: (key: K, result: O, window: Window) => R;
}

/** What {@link PCollection.groupBy} does: which properties are the key, what is made of the others. @public */
export interface GroupBy<T, N extends keyof T & string, F, R> {
  /** Properties whose values together are the key. */
  readonly by: readonly N[];
  readonly aggregate: F;
  /** Makes the output element; absent: the key's properties, then the results. */
  readonly output?: (key: Pick<T, N>, results: CombinedFields<F>, window: Window) => R;
}

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

  /** Element-wise work with a life cycle. Every use of a DoFn is an instance: `fn` makes it. */
  parDo<U>(step: string, fn: () => DoFn<T, U>): PCollection<U> {
    return this.#add<U>(step, true, () => ({
      binding: { kind: "elementwise", form: "doFn", fn: fn() },
      details: { form: "doFn" },
    }));
  }

  /** Assigns windows by event time; groupings that follow are per window. */
  windowInto(step: string, windowFn: WindowFn): PCollection<T> {
    return this.#add<T>(step, true, () => ({
      binding: { kind: "window", windowFn },
      details: { windows: windowFn.description },
    }));
  }

  /** Folds the values of each key and window; emits once, when the watermark passes the window. */
  combinePerKey<K, O, R = KeyedResult<K, O>>(
    step: string,
    { key, keyCoder, combine, output }: CombinePerKey<T, K, O, R>,
  ): PCollection<R> {
    const toOutput =
      output ?? ((k: K, value: O): R => ({ key: k, value }) satisfies KeyedResult<K, O> as unknown as R);
    return this.#combine(step, combine, {
      kind: "combine",
      keyOf: key,
      keyCoder: (keyCoder ?? VALUE_CODER) as Coder<never>,
      combineFn: combine,
      accumulatorCoder: (combine.accumulatorCoder ?? VALUE_CODER) as Coder<never>,
      toOutput,
    });
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
    const combine = combineFields<T, F>(aggregate);
    const toOutput =
      output ?? ((key: Pick<T, N>, results: CombinedFields<F>): R => ({ ...key, ...results }) as R);
    return this.#combine(
      step,
      combine,
      {
        kind: "combine",
        ...fieldKey(by),
        keyCoder: VALUE_CODER as Coder<never>,
        combineFn: combine,
        accumulatorCoder: combine.accumulatorCoder as unknown as Coder<never>,
        toOutput,
      },
      by,
    );
  }

  /** Writes to a table; elements are its rows, without computed and virtual columns. */
  writeTable(step: string, table: TypedTable<unknown, T>): void {
    this.#builder.add({
      name: step,
      inputs: [this.name],
      hasOutput: false,
      plan: (context) => {
        const { value, diagnostics } = planSink(table, context);
        if (value === undefined) return { diagnostics };
        const details = {
          table: table.name,
          connector: value.factory.identifier,
          columns: value.rowType.fields.map((field) => field.name),
        };
        return { value: { binding: value.binding, details }, diagnostics };
      },
    });
  }

  /** Writes to a sink without a table. */
  write(step: string, sink: Sink<T>): void {
    this.#add<never>(step, false, () => ({
      binding: { kind: "write", sink },
      details: {},
    }));
  }

  /** Applies a composite. */
  apply<U>(transform: PTransform<T, U>): PCollection<U> {
    return transform(this);
  }

  #elementwise<U>(step: string, binding: ElementwiseBinding): PCollection<U> {
    return this.#add<U>(step, true, () => ({ binding, details: { form: binding.form } }));
  }

  #combine<R>(
    step: string,
    combine: Combiner<T, unknown, unknown>,
    binding: CombineBinding,
    by?: readonly string[],
  ): PCollection<R> {
    return this.#add<R>(step, true, () => ({
      binding,
      details: { ...(by === undefined ? {} : { by }), combine: combine.description },
    }));
  }

  #add<U>(
    step: string,
    hasOutput: boolean,
    plan: () => { readonly binding: StepBinding; readonly details: { readonly [key: string]: JsonValue } },
  ): PCollection<U> {
    this.#builder.add({
      name: step,
      inputs: [this.name],
      hasOutput,
      plan: () => ({ value: plan(), diagnostics: [] }),
    });
    return new PCollection<U>(this.#builder, step);
  }
}

/** A function declared `async` says so itself. */
function asyncForm(fn: (value: never) => unknown, options: AsyncForm): AsyncForm {
  const kind = Object.prototype.toString.call(fn);
  const isAsync =
    options.isAsync ?? (kind === "[object AsyncFunction]" || kind === "[object AsyncGeneratorFunction]");
  return {
    ...(isAsync || options.concurrency !== undefined ? { isAsync: true } : {}),
    ...(options.concurrency === undefined ? {} : { concurrency: options.concurrency }),
  };
}
