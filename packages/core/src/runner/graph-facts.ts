/** What follows from a graph's shape: who makes and reads a collection, its windows, whether it ends. */
import type { GraphNode, PipelineGraph } from "../pipeline/graph.js";
import { DEFAULT_WINDOWING, type WindowingStrategy } from "../pipeline/windowing-strategy.js";

/** Facts of one collection. */
export interface CollectionFacts {
  readonly name: string;
  readonly producer: GraphNode;
  readonly isBounded: boolean;
  /** Descriptions of the window functions that made its windows; more than one only for a faulty flatten. */
  readonly windows: readonly string[];
  readonly windowing: WindowingStrategy;
}

/** Where every collection begins. */
export const GLOBAL_WINDOWS_DESCRIPTION = "Global";

/** Facts by collection. Unknown inputs are passed over: validation reports them. */
export function collectionFacts(graph: PipelineGraph): ReadonlyMap<string, CollectionFacts> {
  const facts = new Map<string, CollectionFacts>();
  for (const node of graph.nodes) {
    const inputs = node.inputs.flatMap((name) => facts.get(name) ?? []);
    const isBounded =
      node.kind === "read" ? isBoundedRead(graph, node) : inputs.every((one) => one.isBounded);
    const windows = windowsOf(graph, node, inputs);
    const windowing = windowingOf(graph, node, inputs[0]?.windowing ?? DEFAULT_WINDOWING);
    for (const name of node.outputs) facts.set(name, { name, producer: node, isBounded, windows, windowing });
  }
  return facts;
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

/** What a step says of windows replaces what its input had; allowed lateness is never shortened. */
function windowingOf(graph: PipelineGraph, node: GraphNode, input: WindowingStrategy): WindowingStrategy {
  const binding = graph.bindings.get(node.name);
  if (binding?.kind !== "window") return input;
  const { kind: _kind, ...changed } = binding;
  return {
    ...input,
    ...changed,
    allowedLatenessMs: Math.max(input.allowedLatenessMs, changed.allowedLatenessMs ?? 0),
  };
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
