import type { Diagnostic } from "../diagnostics/diagnostic.js";
import type { JsonValue } from "../types/json-value.js";
import type { GraphNode, PipelineGraph, StepBinding } from "./graph.js";
import type { PlanContext, Planned } from "../table/planning.js";

/** What a step needs beside its name and its collections. */
export interface StepPlan {
  readonly binding: StepBinding;
  readonly details: { readonly [key: string]: JsonValue };
  readonly stateIdentity?: JsonValue;
}

/** A step as declared; tables are planned when the graph is made. */
export interface StepDeclaration {
  readonly name: string;
  readonly inputs: readonly string[];
  /** Names of the collections made, the main output first; that one carries the step's name. */
  readonly outputs: readonly string[];
  plan(context: PlanContext): Planned<StepPlan>;
}

/** Collects steps in the order of declaration, which is topological since a collection exists before it is read. */
export class GraphBuilder {
  readonly #steps: StepDeclaration[] = [];
  readonly #checks: (() => readonly Diagnostic[])[] = [];

  add(step: StepDeclaration): void {
    this.#steps.push(step);
  }

  /**
   * Adds a step that needs no planning.
   *
   * @returns its main output.
   */
  addStep(
    name: string,
    inputs: readonly string[],
    binding: StepBinding,
    details: StepPlan["details"] = {},
    outputs: readonly string[] = binding.kind === "write" ? [] : [name],
  ): string {
    this.#steps.push({
      name,
      inputs,
      outputs,
      plan: () => ({ value: { binding, details }, diagnostics: [] }),
    });
    return outputs[0] ?? name;
  }

  /** Adds a check that is made when the graph is. */
  addCheck(check: () => readonly Diagnostic[]): void {
    this.#checks.push(check);
  }

  /** Plans every step; the diagnostics of all of them come together. */
  build(name: string, context: PlanContext): Planned<PipelineGraph> {
    const diagnostics: Diagnostic[] = this.#checks.flatMap((check) => check());
    const nodes: GraphNode[] = [];
    const bindings = new Map<string, StepBinding>();
    for (const step of this.#steps) {
      const planned = step.plan(context);
      diagnostics.push(...planned.diagnostics.map((one) => ({ step: step.name, ...one })));
      if (planned.value === undefined) continue;
      if (bindings.has(step.name)) {
        diagnostics.push(repeatedName(step.name));
        continue;
      }
      const { binding, details, stateIdentity } = planned.value;
      bindings.set(step.name, binding);
      nodes.push({
        name: step.name,
        kind: binding.kind,
        inputs: step.inputs,
        outputs: step.outputs,
        details,
        ...(stateIdentity === undefined ? {} : { stateIdentity }),
      });
    }
    if (diagnostics.some((one) => one.severity === "error")) return { diagnostics };
    return { value: { name, nodes, bindings }, diagnostics };
  }
}

function repeatedName(step: string): Diagnostic {
  return {
    severity: "error",
    code: "PIPELINE_INVALID",
    message: `Two steps are named '${step}'.`,
    step,
    hint: "Give each step a name of its own: state is restored by it.",
  };
}
