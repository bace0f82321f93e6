/** Keeps graphs of any depth off the call stack. */
import type { GraphNode } from "../../pipeline/graph.js";
import type { Pane } from "../../pipeline/pane.js";
import type { Window } from "../../pipeline/window.js";
import type { BundleStep, Pressure, Push } from "./push.js";

/** Steps that call each other for one element. Each takes up to ten frames of a stack that holds about ten thousand. */
const STEPS_IN_A_ROW_MAX = 200;

/** Lets elements wait for the end of their bundle before they go further down. */
export class Landing implements BundleStep {
  readonly name: string;
  readonly #next: Push;
  readonly #pressure: Pressure;
  #elements: Parameters<Push>[] = [];

  constructor(name: string, next: Push, pressure: Pressure) {
    this.name = name;
    this.#next = next;
    this.#pressure = pressure;
  }

  readonly push: Push = (value: unknown, timestamp: number, windows: readonly Window[], pane: Pane) => {
    this.#elements.push([value, timestamp, windows, pane]);
    this.#pressure.waiting += 1;
  };

  finishBundle(): undefined {
    const elements = this.#elements;
    this.#elements = [];
    this.#pressure.waiting -= elements.length;
    const next = this.#next;
    for (const [value, timestamp, windows, pane] of elements) next(value, timestamp, windows, pane);
  }

  open(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Names of the steps that need a landing above them. */
export function landingsOf(nodes: readonly GraphNode[]): ReadonlySet<string> {
  const landings = new Set<string>();
  if (nodes.length <= STEPS_IN_A_ROW_MAX) return landings;
  const depths = new Map<string, number>();
  for (const node of nodes) {
    const above = Math.max(0, ...node.inputs.map((input) => depths.get(input) ?? 0));
    const isLanding = above >= STEPS_IN_A_ROW_MAX;
    if (isLanding) landings.add(node.name);
    for (const output of node.outputs) depths.set(output, isLanding ? 1 : above + 1);
  }
  return landings;
}
