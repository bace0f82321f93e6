/** Collects the steps of a graph under names that are unique and stable. */
import type { GraphNode, JsonValue, PipelineGraph, SourcePlace, StepBinding } from "@tributary/core";

export interface StepDetails {
  readonly [key: string]: JsonValue;
}

export class GraphBuilder {
  readonly #nodes: GraphNode[] = [];
  readonly #bindings = new Map<string, StepBinding>();
  readonly #prefixes = new Map<string, number>();

  /** The name itself the first time, then `name#2`, `name#3`, ... */
  prefix(name: string): string {
    const count = (this.#prefixes.get(name) ?? 0) + 1;
    this.#prefixes.set(name, count);
    return count === 1 ? name : `${name}#${count}`;
  }

  /**
   * Adds a step and returns its collection, which has the step's name.
   *
   * @param stateIdentity - what must stay equal for a checkpoint to fit the step.
   */
  add(
    step: string,
    inputs: readonly string[],
    binding: StepBinding,
    details: StepDetails,
    place: SourcePlace,
    stateIdentity?: JsonValue,
  ): string {
    const name = this.prefix(step);
    const outputs = binding.kind === "write" ? [] : [name];
    this.#nodes.push({
      name,
      kind: binding.kind,
      inputs,
      outputs,
      details,
      place,
      ...(stateIdentity === undefined ? {} : { stateIdentity }),
    });
    this.#bindings.set(name, binding);
    return name;
  }

  get isEmpty(): boolean {
    return this.#nodes.length === 0;
  }

  build(name: string): PipelineGraph {
    return { name, nodes: this.#nodes, bindings: this.#bindings };
  }
}
