import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { nearestFirst } from "../diagnostics/nearest.js";
import type {
  CombineBinding,
  GraphNode,
  PipelineGraph,
  StepBinding,
  StepKind,
  WindowBinding,
} from "../pipeline/graph.js";
import { describeTrigger, finishesAt } from "../pipeline/trigger-rules.js";
import { parDoFaults } from "./validate-par-do.js";
import {
  collectionFacts,
  compatibilityOf,
  deadLettersSteps,
  GLOBAL_WINDOWS_DESCRIPTION,
  type CollectionFacts,
} from "./graph-facts.js";

type Fault = Pick<Diagnostic, "message" | "hint" | "candidates"> & {
  readonly code?: "PIPELINE_INVALID" | "RUNNER_UNSUPPORTED";
};

/** Every fault of a graph, in the order of its steps; empty when the direct runner can execute it. @public */
export function validateGraph(graph: PipelineGraph): readonly Diagnostic[] {
  const facts = collectionFacts(graph);
  const names = new Set<string>(deadLettersSteps(graph));
  const collections = new Set<string>();
  const diagnostics: Diagnostic[] = [];
  for (const node of graph.nodes) {
    const faults = [
      ...nameFaults(node, names),
      ...shapeFaults(node, graph.bindings.get(node.name)),
      ...collectionFaults(node, collections),
      ...bindingFaults(graph, node, facts),
    ];
    names.add(node.name);
    for (const output of node.outputs) collections.add(output);
    for (const { code = "PIPELINE_INVALID", ...fault } of faults) {
      diagnostics.push({ severity: "error", code, ...fault, ...placeOf(node), step: node.name });
    }
  }
  return diagnostics;
}

function placeOf(node: GraphNode): Pick<Diagnostic, "file" | "line" | "column"> {
  if (node.place === undefined) return {};
  const { file, line, column } = node.place;
  return { ...(file === undefined ? {} : { file }), line, column };
}

function* nameFaults(node: GraphNode, names: ReadonlySet<string>): Iterable<Fault> {
  if (node.name.trim() === "") {
    yield { message: "A step has no name.", hint: "State is restored by step names; give each step one." };
  } else if (names.has(node.name)) {
    yield {
      message: `Two steps are named '${node.name}'.`,
      hint: "Give each step a name of its own: state is restored by it.",
    };
  }
}

/** How many collections a step reads and makes, for each kind that the direct runner has. */
const SHAPES = {
  read: { inputs: 0, outputs: 1 },
  elementwise: { inputs: 1, outputs: 1 },
  parDo: { inputs: undefined, outputs: undefined },
  window: { inputs: 1, outputs: 1 },
  combine: { inputs: 1, outputs: 1 },
  flatten: { inputs: undefined, outputs: 1 },
  write: { inputs: 1, outputs: 0 },
} as const satisfies Record<
  StepKind,
  { readonly inputs: number | undefined; readonly outputs: number | undefined }
>;

/** Kinds of steps that the direct runner has. */
export const STEP_KINDS: readonly string[] = Object.keys(SHAPES);

function* shapeFaults(node: GraphNode, binding: StepBinding | undefined): Iterable<Fault> {
  const shape = SHAPES[node.kind] as (typeof SHAPES)[GraphNode["kind"]] | undefined;
  if (shape === undefined) {
    yield { code: "RUNNER_UNSUPPORTED", message: `The direct runner has no steps of kind '${node.kind}'.` };
    return;
  }
  if (shape.inputs !== undefined && node.inputs.length !== shape.inputs) {
    yield {
      message: `The step '${node.name}' (${node.kind}) reads ${node.inputs.length} collections; it must read ${shape.inputs}.`,
    };
  }
  if (shape.outputs === undefined || (hasManyOutputs(binding) && node.outputs.length > 0)) return;
  if (node.outputs.length > shape.outputs && shape.outputs === 1) {
    yield {
      code: "RUNNER_UNSUPPORTED",
      message: `The step '${node.name}' makes ${node.outputs.length} collections; the direct runner knows one a step.`,
    };
  } else if (node.outputs.length !== shape.outputs) {
    yield {
      message: `The step '${node.name}' (${node.kind}) makes ${node.outputs.length} collections; it must make ${shape.outputs}.`,
    };
  }
}

/** A partition makes as many collections as it has parts. */
function hasManyOutputs(binding: StepBinding | undefined): boolean {
  return binding?.kind === "elementwise" && binding.form === "partition";
}

function* collectionFaults(node: GraphNode, collections: ReadonlySet<string>): Iterable<Fault> {
  for (const input of node.inputs) {
    if (collections.has(input)) continue;
    yield {
      message: `The step '${node.name}' reads the collection '${input}', which no step before it makes.`,
      candidates: nearestFirst(input, collections),
    };
  }
  for (const output of node.outputs) {
    if (collections.has(output)) {
      yield { message: `The collection '${output}' is made by two steps.` };
    }
  }
}

function* bindingFaults(
  graph: PipelineGraph,
  node: GraphNode,
  facts: ReadonlyMap<string, CollectionFacts>,
): Iterable<Fault> {
  const binding = graph.bindings.get(node.name);
  if (binding === undefined) {
    yield { message: `The step '${node.name}' has no function behind it.` };
    return;
  }
  if (binding.kind !== node.kind) {
    yield {
      message: `The step '${node.name}' is of kind '${node.kind}', but what is bound to it is of kind '${binding.kind}'.`,
    };
    return;
  }
  if (binding.kind === "window") yield* windowFaults(node, binding, facts);
  if (binding.kind === "flatten") yield* flattenFaults(node, facts);
  if (binding.kind === "parDo") yield* parDoFaults(node, binding, facts);
  if (binding.kind === "combine") yield* combineFaults(node, binding, facts);
}

function* windowFaults(
  node: GraphNode,
  { windowFn, trigger }: WindowBinding,
  facts: ReadonlyMap<string, CollectionFacts>,
): Iterable<Fault> {
  if (windowFn?.windowCoder?.isDeterministic === false) {
    yield {
      message: `The window coder of the step '${node.name}' (${windowFn.description}) is not deterministic: equal windows could differ in bytes.`,
    };
  }
  if (windowFn?.isMerging === true && windowFn.merge === undefined) {
    yield {
      message: `The step '${node.name}' assigns windows that merge (${windowFn.description}), but the window function has no 'merge'.`,
    };
  }
  const output = facts.get(node.outputs[0] ?? "");
  if (trigger === undefined || trigger.kind === "default" || output === undefined) return;
  const missing = [
    ...(output.isAccumulationSet ? [] : ["accumulation"]),
    ...(output.isLatenessSet ? [] : ["allowedLatenessMs"]),
  ];
  if (missing.length === 0) return;
  yield {
    message: `The step '${node.name}' sets the trigger ${describeTrigger(trigger)} without ${missing.join(" and ")}.`,
    hint: "A trigger other than the default may fire a window more than once: say what later panes hold (accumulation: 'discarding' or 'accumulating') and how long late elements are taken (allowedLatenessMs, may be 0).",
  };
}

function* flattenFaults(node: GraphNode, facts: ReadonlyMap<string, CollectionFacts>): Iterable<Fault> {
  const inputs = node.inputs.flatMap((input) => facts.get(input) ?? []);
  if (new Set(inputs.map(({ windowing }) => compatibilityOf(windowing.windowFn))).size <= 1) return;
  const windows = new Set(inputs.map(({ windowing }) => windowing.windowFn.description));
  yield {
    message: `The inputs of the step '${node.name}' have different windows: ${[...windows].join(", ")}.`,
    hint: "Assign the same windows to all of them first.",
  };
}

function* combineFaults(
  node: GraphNode,
  binding: CombineBinding,
  facts: ReadonlyMap<string, CollectionFacts>,
): Iterable<Fault> {
  yield* coderFaults(node, binding);
  if (binding.elementIdentity !== undefined && binding.keyIdentity === undefined) {
    yield { message: `The step '${node.name}' gives elementIdentity without keyIdentity.` };
  }
  const input = facts.get(node.inputs[0] ?? "");
  if (input === undefined) return;
  yield* triggerFaults(node, input);
  const isGlobal = input.windowing.windowFn.description === GLOBAL_WINDOWS_DESCRIPTION;
  if (binding.emitsWhenEmpty === true && !isGlobal) {
    yield {
      message: `The step '${node.name}' cannot give a result for windows without elements: there is no end of them (${input.windowing.windowFn.description}).`,
      hint: "Say that nothing is to come of them (withoutDefaults: true), or see the result as a side input with a default.",
    };
  }
  if (input.isBounded || !isGlobal || input.windowing.trigger.kind !== "default") return;
  yield {
    message: `The step '${node.name}' groups an unbounded collection in the global window, which never ends: nothing would ever come out.`,
    hint: "Assign windows first, e.g. FixedWindows, or a trigger that fires before the end.",
  };
}

function* coderFaults(node: GraphNode, { keyCoder, accumulatorCoder }: CombineBinding): Iterable<Fault> {
  const given: { readonly [name: string]: unknown } = { key: keyCoder, accumulator: accumulatorCoder };
  for (const [name, coder] of Object.entries(given)) {
    if (coder === undefined || coder === null)
      yield { message: `The step '${node.name}' has no ${name} coder.` };
  }
  if ((keyCoder as CombineBinding["keyCoder"] | undefined)?.isDeterministic === false) {
    yield {
      message: `The key coder of the step '${node.name}' is not deterministic: equal keys could differ in bytes.`,
    };
  }
}

function* triggerFaults(node: GraphNode, { windowing }: CollectionFacts): Iterable<Fault> {
  const { trigger, allowedLatenessMs } = windowing;
  const finishes = finishesAt(trigger);
  const isSafe = finishes === "never" || (finishes === "at-end" && allowedLatenessMs === 0);
  if (isSafe || windowing.allowsUnsafeTrigger === true) return;
  yield {
    message: `The step '${node.name}' groups with the trigger ${describeTrigger(trigger)}, which may finish while the window still takes elements${
      finishes === "at-end" ? ` (allowed lateness ${allowedLatenessMs} ms)` : ""
    }: they would be lost.`,
    hint:
      finishes === "at-end"
        ? "Give it a late trigger, e.g. afterEndOfWindow({ late: afterCount(1) }), or allow no lateness."
        : "Repeat it: Trigger.repeat(...). If the loss is wanted, say allowsUnsafeTrigger: true with the trigger.",
  };
}
