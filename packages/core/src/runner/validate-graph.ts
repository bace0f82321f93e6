import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { nearestFirst } from "../diagnostics/nearest.js";
import type { CombineBinding, GraphNode, PipelineGraph, StepKind } from "../pipeline/graph.js";
import {
  collectionFacts,
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
      ...shapeFaults(node),
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
  window: { inputs: 1, outputs: 1 },
  combine: { inputs: 1, outputs: 1 },
  flatten: { inputs: undefined, outputs: 1 },
  write: { inputs: 1, outputs: 0 },
} as const satisfies Record<StepKind, { readonly inputs: number | undefined; readonly outputs: number }>;

/** Kinds of steps that the direct runner has. */
export const STEP_KINDS: readonly string[] = Object.keys(SHAPES);

function* shapeFaults(node: GraphNode): Iterable<Fault> {
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
  if (binding.kind === "window" && binding.windowFn?.isMerging === true) {
    yield {
      code: "RUNNER_UNSUPPORTED",
      message: `The step '${node.name}' assigns windows that merge (${binding.windowFn.description}); the direct runner has no merging windows.`,
    };
  }
  if (binding.kind === "flatten") yield* flattenFaults(node, facts);
  if (binding.kind === "combine") yield* combineFaults(node, binding, facts);
}

function* flattenFaults(node: GraphNode, facts: ReadonlyMap<string, CollectionFacts>): Iterable<Fault> {
  const windows = new Set(node.inputs.flatMap((input) => facts.get(input)?.windows ?? []));
  if (windows.size <= 1) return;
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
  if (!binding.keyCoder.isDeterministic) {
    yield {
      message: `The key coder of the step '${node.name}' is not deterministic: equal keys could differ in bytes.`,
    };
  }
  if (binding.elementIdentity !== undefined && binding.keyIdentity === undefined) {
    yield { message: `The step '${node.name}' gives elementIdentity without keyIdentity.` };
  }
  const input = facts.get(node.inputs[0] ?? "");
  if (input === undefined || input.isBounded || !input.windows.includes(GLOBAL_WINDOWS_DESCRIPTION)) return;
  yield {
    message: `The step '${node.name}' groups an unbounded collection in the global window, which never ends: nothing would ever come out.`,
    hint: "Assign windows first, e.g. FixedWindows.",
  };
}
