/** What follows from a graph's shape: who makes and reads a collection, its windows, whether it ends. */
import type { GraphNode, PipelineGraph, WindowBinding } from "../pipeline/graph.js";
import { continuationOf } from "../pipeline/trigger-rules.js";
import type { Window, WindowFn } from "../pipeline/window.js";
import { DEFAULT_WINDOWING, type WindowingStrategy } from "../pipeline/windowing-strategy.js";
import type { Coder } from "../types/coders/coder.js";

/** Facts of one collection. */
export interface CollectionFacts extends WindowingFacts {
  readonly name: string;
  readonly producer: GraphNode;
  readonly isBounded: boolean;
  /** Descriptions of the window functions that made its windows; more than one only for a faulty flatten. */
  readonly windows: readonly string[];
}

/** How a collection is cut into windows, and what of that was said and not left at its default. */
interface WindowingFacts {
  readonly windowing: WindowingStrategy;
  readonly isAccumulationSet: boolean;
  readonly isLatenessSet: boolean;
}

const DEFAULT_FACTS: WindowingFacts = {
  windowing: DEFAULT_WINDOWING,
  isAccumulationSet: false,
  isLatenessSet: false,
};

/** Where every collection begins. */
export const GLOBAL_WINDOWS_DESCRIPTION = "Global";

/** Facts by collection. Unknown inputs are passed over: validation reports them. */
export function collectionFacts(graph: PipelineGraph): ReadonlyMap<string, CollectionFacts> {
  const facts = new Map<string, CollectionFacts>();
  for (const node of graph.nodes) {
    // Side inputs say nothing of what a function makes.
    const read = node.kind === "parDo" ? node.inputs.slice(0, 1) : node.inputs;
    const inputs = read.flatMap((name) => facts.get(name) ?? []);
    const isBounded =
      node.kind === "read"
        ? isBoundedRead(graph, node)
        : inputs.every((one) => one.isBounded) && !neverEnds(graph, node);
    const windows = windowsOf(graph, node, inputs);
    const windowing = windowingOf(graph, node, inputs, facts);
    for (const name of node.outputs)
      facts.set(name, { ...windowing, name, producer: node, isBounded, windows });
  }
  return facts;
}

/** Whether the work on one element may be without end. */
function neverEnds(graph: PipelineGraph, node: GraphNode): boolean {
  const binding = graph.bindings.get(node.name);
  return binding?.kind === "parDo" && binding.splittable?.restriction.isBounded === false;
}

function isBoundedRead(graph: PipelineGraph, node: GraphNode): boolean {
  const binding = graph.bindings.get(node.name);
  if (binding?.kind !== "read") return true;
  return "createFunction" in binding.source ? false : binding.source.boundedness === "bounded";
}

function windowsOf(
  graph: PipelineGraph,
  node: GraphNode,
  inputs: readonly CollectionFacts[],
): readonly string[] {
  if (node.kind === "read") return [GLOBAL_WINDOWS_DESCRIPTION];
  const binding = graph.bindings.get(node.name);
  if (binding?.kind === "window" && binding.windowFn !== undefined) return [binding.windowFn.description];
  return [...new Set(inputs.flatMap((one) => one.windows))];
}

function windowingOf(
  graph: PipelineGraph,
  node: GraphNode,
  inputs: readonly WindowingFacts[],
  facts: ReadonlyMap<string, WindowingFacts>,
): WindowingFacts {
  const input = inputs[0] ?? DEFAULT_FACTS;
  const binding = graph.bindings.get(node.name);
  switch (binding?.kind) {
    case "window":
      return binding.strategyOf === undefined
        ? rewindowed(input, binding)
        : (facts.get(binding.strategyOf) ?? input);
    case "combine":
      return grouped(input);
    case "flatten":
      return flattened(input, inputs);
    case "read":
    case "elementwise":
    case "parDo":
    case "write":
    case undefined:
      return input;
  }
}

/** What a step says of windows replaces what its input had; allowed lateness is never shortened. */
function rewindowed(input: WindowingFacts, binding: WindowBinding): WindowingFacts {
  const { kind: _kind, strategyOf: _of, ...changed } = binding;
  const { accumulation, allowedLatenessMs } = changed;
  return {
    windowing: {
      ...input.windowing,
      ...changed,
      allowedLatenessMs: Math.max(input.windowing.allowedLatenessMs, allowedLatenessMs ?? 0),
    },
    isAccumulationSet: input.isAccumulationSet || accumulation !== undefined,
    isLatenessSet: input.isLatenessSet || allowedLatenessMs !== undefined,
  };
}

/** After a grouping the trigger is the one that continues it, and windows are merged and stay so. */
function grouped(input: WindowingFacts): WindowingFacts {
  const facts = continued(input);
  const { windowFn } = facts.windowing;
  if (!windowFn.isMerging) return facts;
  return { ...facts, windowing: { ...facts.windowing, windowFn: new MergedWindows(windowFn) } };
}

function continued(input: WindowingFacts): WindowingFacts {
  const trigger = continuationOf(input.windowing.trigger);
  return trigger === input.windowing.trigger
    ? input
    : { ...input, windowing: { ...input.windowing, trigger } };
}

/** The first input's strategy; where others have windows that still merge, so do those of all. */
function flattened(first: WindowingFacts, inputs: readonly WindowingFacts[]): WindowingFacts {
  if (first.windowing.windowFn.isMerging) return first;
  const merging = inputs.find((one) => one.windowing.windowFn.isMerging);
  if (merging === undefined) return first;
  return { ...first, windowing: { ...first.windowing, windowFn: merging.windowing.windowFn } };
}

/** Windows that a grouping has merged: another grouping takes them as they are. */
class MergedWindows implements WindowFn {
  readonly description: string;
  readonly isMerging = false;
  readonly compatibleWith: string;
  readonly windowCoder?: Coder<Window>;
  readonly #windowFn: WindowFn;

  constructor(windowFn: WindowFn) {
    this.#windowFn = windowFn;
    this.description = windowFn.description;
    this.compatibleWith = compatibilityOf(windowFn);
    if (windowFn.windowCoder !== undefined) this.windowCoder = windowFn.windowCoder;
  }

  assign(timestamp: number, element?: unknown): readonly Window[] {
    return this.#windowFn.assign(timestamp, element);
  }
}

/** True for windows that a grouping has merged: none of them follows from a timestamp alone. */
export function areMerged(windowFn: WindowFn): boolean {
  return windowFn instanceof MergedWindows;
}

/** Collections whose window functions have equal texts here may be flattened. */
export function compatibilityOf(windowFn: WindowFn): string {
  return windowFn.compatibleWith ?? windowFn.description;
}

/** Name of the write that takes the dead letters of a read step: that of a step which is no node of the graph. */
export function deadLettersStep(read: string): string {
  return `${read}/dead-letters`;
}

/** Names of the writes that take dead letters, in graph order. */
export function deadLettersSteps(graph: PipelineGraph): readonly string[] {
  return graph.nodes.flatMap(({ name }) => {
    const binding = graph.bindings.get(name);
    return binding?.kind === "read" && binding.deadLetters !== undefined ? [deadLettersStep(name)] : [];
  });
}

/** A step that reads a collection. */
export interface Consumer {
  readonly node: GraphNode;
  /** Position of the collection among the step's inputs. */
  readonly input: number;
}

/** Steps that read a collection, in graph order; a step that names it twice stands twice. */
export function consumersOf(graph: PipelineGraph): ReadonlyMap<string, readonly Consumer[]> {
  const consumers = new Map<string, Consumer[]>();
  for (const node of graph.nodes) {
    for (const [input, collection] of node.inputs.entries()) {
      const known = consumers.get(collection);
      if (known === undefined) consumers.set(collection, [{ node, input }]);
      else known.push({ node, input });
    }
  }
  return consumers;
}
