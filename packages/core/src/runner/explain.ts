/**
 * The plan of a graph for people and for tools: which steps are fused into one stage, and where elements change over to
 * another one by key.
 */
import type { GraphNode, PipelineGraph } from "../pipeline/graph.js";
import { isKeyedFunction } from "../pipeline/par-do.js";
import type { JsonValue } from "../types/json-value.js";

/** Widest line of the text, in characters; a word that is longer stays whole. */
const WIDTH = 80;

/** A step and the stage it runs in. @public */
export interface ExplainedNode {
  readonly name: string;
  readonly kind: string;
  /** Number of the stage, from 1. */
  readonly stage: number;
  readonly details: { readonly [key: string]: JsonValue };
}

/** A collection on its way from the step that makes it to one that reads it. @public */
export interface ExplainedEdge {
  readonly from: string;
  readonly to: string;
  /** `fused`: a function call; `forward`: into another stage as it is; `keyed`: into another stage, by key. */
  readonly exchange: "fused" | "forward" | "keyed";
}

/** The plan of a graph as data: its steps with their stages, and what goes between them. @public */
export interface Explanation {
  readonly pipeline: string;
  readonly parallelism: number;
  readonly nodes: readonly ExplainedNode[];
  readonly edges: readonly ExplainedEdge[];
}

/**
 * Stages of a valid graph as the direct runner fuses them.
 *
 * @param parallelism - writers of each sink, as the run will be told.
 * @public
 */
export function explainGraph(graph: PipelineGraph, parallelism = 1): Explanation {
  const producers = new Map(
    graph.nodes.flatMap((node) => node.outputs.map((output) => [output, node] as const)),
  );
  const stageOf = new Map<string, number>();
  const nodes: ExplainedNode[] = [];
  const edges: ExplainedEdge[] = [];
  let stages = 0;
  for (const node of graph.nodes) {
    const inputs = node.inputs.flatMap((input) => producers.get(input) ?? []);
    const stage = fusedStage(node, graph, inputs, stageOf) ?? ++stages;
    stageOf.set(node.name, stage);
    nodes.push({ name: node.name, kind: node.kind, stage, details: node.details });
    for (const input of inputs) {
      const isFused = stageOf.get(input.name) === stage;
      const isMain = input === inputs[0];
      const exchange = isMain && isKeyed(node, graph) ? "keyed" : isFused ? "fused" : "forward";
      edges.push({ from: input.name, to: node.name, exchange });
    }
  }
  return { pipeline: graph.name, parallelism, nodes, edges };
}

/** Elements come to a combine and to a function with state by key. */
function isKeyed(node: GraphNode, graph: PipelineGraph): boolean {
  if (node.kind === "combine") return true;
  const binding = graph.bindings.get(node.name);
  return binding?.kind === "parDo" && isKeyedFunction(binding.declaration);
}

/** A reshuffle is there to cut. */
function isCut(node: GraphNode, graph: PipelineGraph): boolean {
  const binding = graph.bindings.get(node.name);
  return binding?.kind === "elementwise" && binding.form === "reshuffle";
}

/** A read and a keyed step begin a stage; so does one whose inputs come from several. */
function fusedStage(
  node: GraphNode,
  graph: PipelineGraph,
  inputs: readonly GraphNode[],
  stageOf: ReadonlyMap<string, number>,
): number | undefined {
  if (node.kind === "read" || isKeyed(node, graph) || isCut(node, graph)) return undefined;
  const stages = new Set(inputs.map((input) => stageOf.get(input.name)));
  return stages.size === 1 ? [...stages][0] : undefined;
}

/** The same as text, a stage after the other. @public */
export function explainText({ pipeline, parallelism, nodes, edges }: Explanation): string {
  const lines = [`Pipeline '${pipeline}', parallelism ${parallelism}`];
  const stageOf = new Map(nodes.map((node) => [node.name, node.stage]));
  for (const stage of new Set(nodes.map((node) => node.stage))) {
    lines.push("", `Stage ${stage}`);
    for (const node of nodes.filter((one) => one.stage === stage)) {
      lines.push(`  ${node.kind.padEnd(11)} ${node.name}`, ...detailsText(node.details));
      for (const { to, exchange } of edges.filter((edge) => edge.from === node.name)) {
        if (exchange !== "fused") lines.push(`      -> stage ${stageOf.get(to)}, ${exchange}: ${to}`);
      }
    }
  }
  return `${lines.join("\n")}\n`;
}

function detailsText(details: ExplainedNode["details"]): readonly string[] {
  return Object.entries(details).flatMap(([name, value]) => wrapped(`${name}: ${valueText(value)}`, 6));
}

/** Lists and objects as `a, b` and `name value, name value`. */
function valueText(value: JsonValue): string {
  if (value === null || typeof value !== "object") return String(value);
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map(valueText).join(", ");
  return Object.entries(value)
    .map(([name, one]) => `${name} ${valueText(one)}`)
    .join(", ");
}

function wrapped(text: string, indent: number): readonly string[] {
  const lines: string[] = [];
  let line = " ".repeat(indent);
  for (const word of text.split(" ")) {
    const isFirst = line.trim() === "";
    if (!isFirst && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = " ".repeat(indent + 2) + word;
    } else line += isFirst ? word : ` ${word}`;
  }
  return [...lines, line];
}
