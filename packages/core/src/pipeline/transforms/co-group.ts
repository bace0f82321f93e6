import type { Coder } from "../../types/coders/coder.js";
import type { GraphBuilder } from "../graph-builder.js";
import type { KV } from "../kv.js";
import { addCombine } from "./combining.js";
import { collectingByTag, type TaggedValue } from "./collecting.js";

/** Joins inputs by key: for each key and window an object with the list of each input's values. */
export function addCoGroup(
  builder: GraphBuilder,
  step: string,
  inputs: Readonly<Record<string, string>>,
  keyCoder: Coder<never> | undefined,
): string {
  const tags = Object.keys(inputs);
  const tagged = tags.map((tag, input) =>
    builder.addStep(
      `${step}/${tag}`,
      [inputs[tag] as string],
      {
        kind: "elementwise",
        form: "map",
        fn: (element: KV<unknown, unknown>): TaggedValue => ({
          input,
          key: element.key,
          value: element.value,
        }),
      },
      { form: "map" },
    ),
  );
  const all = builder.addStep(`${step}/inputs`, tagged, { kind: "flatten" });
  return addCombine(builder, step, all, {
    keyOf: (element: TaggedValue) => element.key,
    keyCoder,
    combiner: collectingByTag(tags),
    toOutput: (key: unknown, value: unknown) => ({ key, value }),
    details: { inputs: tags },
  });
}
