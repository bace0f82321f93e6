import type { Coder } from "../../types/coders/coder.js";
import { iterableCoder } from "../../types/coders/composite-coders.js";
import type { Combiner } from "../combiners.js";
import type { KV } from "../kv.js";

/** Collects the values of pairs: what a grouping by key folds into. A pane's array is the reader's own. */
export function collectingValues<V>(valueCoder?: Coder<V>): Combiner<KV<unknown, V>, V[], readonly V[]> {
  return {
    description: "Values",
    ...(valueCoder === undefined ? {} : { accumulatorCoder: listCoder(valueCoder) }),
    createAccumulator: () => [],
    addInput(values, element) {
      values.push(element.value);
      return values;
    },
    mergeAccumulators: (parts) => parts.flat(1),
    extractOutput: (values) => values.slice(),
  };
}

function listCoder<V>(valueCoder: Coder<V>): Coder<V[]> {
  return iterableCoder(valueCoder) as unknown as Coder<V[]>;
}

/** One element of a join on its way: which input it comes from, its key and its value. */
export interface TaggedValue {
  readonly input: number;
  readonly key: unknown;
  readonly value: unknown;
}

/** Collects values by input, into an object with a list for each tag. */
export function collectingByTag(
  tags: readonly string[],
): Combiner<TaggedValue, unknown[][], Readonly<Record<string, readonly unknown[]>>> {
  return {
    description: `Values(${tags.join(", ")})`,
    createAccumulator: () => tags.map(() => []),
    addInput(lists, element) {
      lists[element.input]?.push(element.value);
      return lists;
    },
    mergeAccumulators: (parts) => tags.map((_, input) => parts.flatMap((part) => part[input] ?? [])),
    extractOutput: (lists) =>
      Object.fromEntries(tags.map((tag, input) => [tag, (lists[input] ?? []).slice()])),
  };
}
