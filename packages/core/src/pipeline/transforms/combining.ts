/** Grouping steps: each is a combine of the graph; the windowing strategy of its input says when it emits. */
import { TributaryError } from "../../diagnostics/error.js";
import type { Coder } from "../../types/coders/coder.js";
import type { Combiner } from "../combiners.js";
import type { GraphBuilder, StepPlan } from "../graph-builder.js";
import type { CombineBinding } from "../graph.js";
import { coderName } from "../coder-name.js";
import { coderIdentity } from "../key-identity.js";
import type { KV } from "../kv.js";
import { VALUE_CODER } from "../value-coder.js";
import type { Window } from "../window.js";
import { addFanOutCombine, type HotKeyFanOut } from "./fan-out.js";

/** How a grouping by key is kept. @public */
export interface GroupByKeyOptions<K, V> {
  /** Absent: keys are plain values (see `VALUE_CODER`). Must be deterministic: equal keys have equal bytes. */
  readonly keyCoder?: Coder<K>;
  /** Of the values in checkpoints; absent: plain values. */
  readonly valueCoder?: Coder<V>;
}

/**
 * What `combinePerKey` does: which key an element has, what is made of the elements of a key and window.
 *
 * @public
 */
export interface CombinePerKey<T, K, O, R> {
  readonly key: (value: T) => K;
  /** Absent: keys are plain values (see `VALUE_CODER`). Must be deterministic. */
  readonly keyCoder?: Coder<K>;
  readonly combine: Combiner<T, unknown, O>;
  /** Makes the output element; absent: a pair of key and result. */
  readonly output?: (key: K, result: O, window: Window) => R;
  /** Folds the values of busy keys in parts. */
  readonly fanOut?: HotKeyFanOut<K>;
}

/** How the values of pairs are folded. @public */
export interface CombineValuesOptions<K> {
  /** Absent: keys are plain values (see `VALUE_CODER`). Must be deterministic. */
  readonly keyCoder?: Coder<K>;
  /** Folds the values of busy keys in parts. */
  readonly fanOut?: HotKeyFanOut<K>;
}

/** How a whole collection is folded. @public */
export interface CombineGloballyOptions {
  /**
   * Nothing comes of an empty window. Absent: the global window, if it ends empty, gives the result of no elements; other
   * windows cannot, and the pipeline is refused.
   */
  readonly withoutDefaults?: boolean;
  /** Folds the values in so many parts. */
  readonly fanOut?: number;
}

/** A grouping as its methods describe it. */
export interface CombineSpec {
  readonly keyOf: (element: never) => unknown;
  readonly keyCoder: Coder<never> | undefined;
  readonly combiner: Combiner<never, unknown, unknown>;
  readonly toOutput: (key: never, result: never, window: Window) => unknown;
  readonly fanOut?: HotKeyFanOut<never> | undefined;
  readonly details?: StepPlan["details"];
  /** What a binding may have beyond these. */
  readonly more?: Partial<CombineBinding>;
}

/** Adds a combine, in two stages with a fan-out. @returns the collection of the results. */
export function addCombine(builder: GraphBuilder, step: string, input: string, spec: CombineSpec): string {
  const { combiner, fanOut } = spec;
  const given: Combiner<never, unknown, unknown> | undefined = combiner;
  const binding: CombineBinding = {
    kind: "combine",
    keyOf: spec.keyOf,
    keyCoder: spec.keyCoder ?? (VALUE_CODER as Coder<never>),
    combineFn: combiner,
    accumulatorCoder: (given?.accumulatorCoder ?? VALUE_CODER) as Coder<never>,
    toOutput: spec.toOutput,
    ...(spec.keyCoder === undefined ? {} : { keyIdentity: coderIdentity(spec.keyCoder) }),
    ...spec.more,
  };
  const details = {
    ...spec.details,
    combine: given?.description ?? null,
    // A checkpoint fits only where the keys are still encoded in the same way.
    ...(spec.keyCoder === undefined ? {} : { keyCoder: coderName(spec.keyCoder) }),
  };
  if (fanOut === undefined) return builder.addStep(step, [input], binding, details);
  const parts = typeof fanOut === "number" ? () => fanOut : (fanOut as (key: unknown) => number);
  if (typeof fanOut === "number") checkFanOut(step, fanOut);
  return addFanOutCombine(builder, step, input, binding, parts, details);
}

/** Folds the values of pairs: the combiner sees the value alone. */
export function ofValues<V, A, O>(combiner: Combiner<V, A, O>): Combiner<KV<unknown, V>, A, O> {
  const given: Combiner<V, A, O> | undefined = combiner;
  if (given === undefined) return given;
  return {
    ...methodsOf(combiner),
    addInput: (accumulator, element) => combiner.addInput(accumulator, element.value),
  };
}

/** All of a combiner but what takes the values: it may be an instance of a class. */
function methodsOf<I, A, O>(combiner: Combiner<I, A, O>): Omit<Combiner<unknown, A, O>, "addInput"> {
  const { description, accumulatorCoder } = combiner;
  return {
    description,
    ...(accumulatorCoder === undefined ? {} : { accumulatorCoder }),
    createAccumulator: () => combiner.createAccumulator(),
    mergeAccumulators: (accumulators) => combiner.mergeAccumulators(accumulators),
    extractOutput: (accumulator) => combiner.extractOutput(accumulator),
    ...(combiner.compact === undefined
      ? {}
      : { compact: (accumulator) => combiner.compact?.(accumulator) ?? accumulator }),
  };
}

/** One value that the combiner makes of a list. */
export function foldList<V, A, O>(combiner: Combiner<V, A, O>, values: Iterable<V>): O {
  let accumulator = combiner.createAccumulator();
  for (const value of values) accumulator = combiner.addInput(accumulator, value);
  return combiner.extractOutput(accumulator);
}

/** The key of a fold over everything: the same for all. */
export const GLOBAL_KEY: Pick<CombineBinding, "keyIdentity" | "elementIdentity"> = {
  keyIdentity: () => 0,
  elementIdentity: () => 0,
};

function checkFanOut(step: string, fanOut: number): void {
  if (Number.isSafeInteger(fanOut) && fanOut >= 1) return;
  throw new TributaryError({
    severity: "error",
    code: "PIPELINE_INVALID",
    message: `The fan-out of the step '${step}' must be a whole number of at least 1, not ${fanOut}.`,
    step,
    value: String(fanOut),
  });
}
