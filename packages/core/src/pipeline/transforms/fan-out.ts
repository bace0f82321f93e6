import { TributaryError } from "../../diagnostics/error.js";
import type { Coder } from "../../types/coders/coder.js";
import type { GraphBuilder, StepPlan } from "../graph-builder.js";
import type { CombineBinding, CombineFn } from "../graph.js";
import { VALUE_CODER } from "../value-coder.js";

/** How many parts a key's values are folded in before these are folded; a function says it key by key. @public */
export type HotKeyFanOut<K> = number | ((key: K) => number);

interface SpreadElement {
  readonly key: unknown;
  readonly part: number;
  readonly element: unknown;
}

interface Partial {
  readonly key: unknown;
  readonly accumulator: unknown;
}

type AnyCombineFn = CombineFn<unknown, unknown, unknown>;

/**
 * A combine in two stages, so that one busy key is folded in parts: elements are spread over parts of their key, each is
 * folded, and the accumulators are folded again. The first stage is discarding whatever the input is: accumulated panes
 * would be added twice. The second goes on as the input does, and merging windows merge again there.
 *
 * @returns the collection of the results.
 */
export function addFanOutCombine(
  builder: GraphBuilder,
  step: string,
  input: string,
  binding: CombineBinding,
  fanOut: (key: unknown) => number,
  details: StepPlan["details"],
): string {
  const keyOf = binding.keyOf as (element: unknown) => unknown;
  const spread = builder.addStep(`${step}/spread`, [input], {
    kind: "elementwise",
    form: "map",
    fn: spreading(step, keyOf, fanOut),
  });
  const discarding = builder.addStep(`${step}/discard`, [spread], {
    kind: "window",
    accumulation: "discarding",
  });
  const partial = builder.addStep(`${step}/parts`, [discarding], partsBinding(binding), {
    ...details,
    stage: "parts",
  });
  const restored = builder.addStep(`${step}/restore`, [partial], { kind: "window", strategyOf: input });
  return builder.addStep(step, [restored], wholeBinding(binding), details);
}

function spreading(
  step: string,
  keyOf: (element: unknown) => unknown,
  fanOut: (key: unknown) => number,
): (element: unknown) => SpreadElement {
  let turn = 0;
  return (element) => {
    const key = keyOf(element);
    const parts = fanOut(key);
    if (!Number.isSafeInteger(parts)) throw noWholeNumber(step, parts);
    turn = (turn + 1) % 0x3fff_ffff;
    return { key, part: parts > 1 ? turn % parts : 0, element };
  };
}

function noWholeNumber(step: string, parts: unknown): TributaryError {
  const text = typeof parts === "number" ? String(parts) : `a ${typeof parts}`;
  return new TributaryError({
    severity: "error",
    code: "PIPELINE_INVALID",
    message: `The function 'fanOut' of the step '${step}' returned ${text}, which is no whole number.`,
    step,
    value: text,
    hint: "Return how many parts the key's values are folded in, e.g. with Math.ceil; 1 or less folds them at once.",
  });
}

function partsBinding(binding: CombineBinding): CombineBinding {
  const fn = binding.combineFn as AnyCombineFn;
  const combineFn: AnyCombineFn = {
    createAccumulator: () => fn.createAccumulator(),
    addInput: (accumulator, input) => fn.addInput(accumulator, (input as SpreadElement).element),
    mergeAccumulators: (accumulators) => fn.mergeAccumulators(accumulators),
    extractOutput: (accumulator) => fn.compact?.(accumulator) ?? accumulator,
  };
  return {
    kind: "combine",
    keyOf: (element: SpreadElement) => ({ key: element.key, part: element.part }),
    keyCoder: partKeyCoder(binding.keyCoder),
    combineFn,
    accumulatorCoder: binding.accumulatorCoder,
    toOutput: ({ key }: { readonly key: unknown }, accumulator: unknown): Partial => ({ key, accumulator }),
  };
}

function wholeBinding(binding: CombineBinding): CombineBinding {
  const fn = binding.combineFn as AnyCombineFn;
  const { elementIdentity: _of, ...rest } = binding;
  return {
    ...rest,
    keyOf: (partial: Partial) => partial.key,
    combineFn: {
      createAccumulator: () => fn.createAccumulator(),
      addInput: (accumulator, input) => fn.mergeAccumulators([accumulator, (input as Partial).accumulator]),
      mergeAccumulators: (accumulators) => fn.mergeAccumulators(accumulators),
      extractOutput: (accumulator) => fn.extractOutput(accumulator),
    } satisfies AnyCombineFn,
  };
}

function partKeyCoder(keyCoder: Coder<never>): Coder<never> {
  const inner = keyCoder as unknown as Coder<unknown>;
  const coder: Coder<{ readonly key: unknown; readonly part: number }> = {
    isDeterministic: inner.isDeterministic,
    encode: ({ key, part }) => VALUE_CODER.encode([inner.encode(key), part]),
    decode: (bytes) => {
      const [key, part] = VALUE_CODER.decode(bytes) as [Uint8Array, number];
      return { key: inner.decode(key), part };
    },
  };
  return coder as unknown as Coder<never>;
}
