/** What is wrong with a function where it stands in the graph: its windows, and what its side inputs can never give. */
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import type { GraphNode, ParDoBinding } from "../pipeline/graph.js";
import { isKeyedFunction } from "../pipeline/par-do.js";
import type { WindowFn } from "../pipeline/window.js";
import { areMerged, GLOBAL_WINDOWS_DESCRIPTION, type CollectionFacts } from "./graph-facts.js";

type Fault = Pick<Diagnostic, "message" | "hint" | "value">;

/** The faults of a ParDo; none for inputs that do not exist, which is reported elsewhere. */
export function* parDoFaults(
  node: GraphNode,
  binding: ParDoBinding,
  facts: ReadonlyMap<string, CollectionFacts>,
): Iterable<Fault> {
  const main = facts.get(node.inputs[0] ?? "");
  if (main === undefined) return;
  const { windowFn } = main.windowing;
  if (windowFn.isMerging && isKeyedFunction(binding.declaration)) {
    yield {
      message: `The step '${node.name}' keeps state or timers in windows that merge (${windowFn.description}): they belong to a key and window, and such windows change.`,
      hint: "Group by key first, or assign windows that do not merge.",
    };
  }
  for (const [index, { name }] of binding.sideInputs.entries()) {
    const side = facts.get(node.inputs[index + 1] ?? "");
    if (side !== undefined) yield* sideInputFaults(node.name, name, main, side);
  }
}

function* sideInputFaults(
  step: string,
  name: string,
  main: CollectionFacts,
  side: CollectionFacts,
): Iterable<Fault> {
  const { windowFn, trigger } = side.windowing;
  if (windowFn.isMerging || areMerged(windowFn)) {
    yield {
      message: `The side input '${name}' of the step '${step}' has windows that merge (${windowFn.description}): no window of the main input can be found among them.`,
      hint: "Assign fixed or global windows to the side input.",
      value: name,
    };
    return;
  }
  if (!isGlobal(windowFn) && isGlobal(main.windowing.windowFn)) {
    yield {
      message: `The side input '${name}' of the step '${step}' has windows (${windowFn.description}), and the main input is in the global window, which is in none of them.`,
      hint: "Assign windows to the main input, or the global window to the side input.",
      value: name,
    };
  }
  if (isGlobal(windowFn) && !side.isBounded && trigger.kind === "default") {
    yield {
      message: `The side input '${name}' of the step '${step}' is unbounded, in the global window, with the default trigger: it would never be ready.`,
      hint: "Give it a trigger, e.g. Trigger.repeat(Trigger.afterCount(1)), or windows.",
      value: name,
    };
  }
}

function isGlobal({ description }: WindowFn): boolean {
  return description === GLOBAL_WINDOWS_DESCRIPTION;
}
