import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { bindingFaults } from "./binding-faults.js";
import { ownerOf } from "./collection-owner.js";
import type { JsonValue } from "../types/json-value.js";
import type { GraphNode, PipelineGraph, StepBinding } from "./graph.js";
import { changesIntoAppendOnly, isChangelogRefusal } from "../table/append-only.js";
import type { AppendOnlySink } from "../table/append-only.js";
import type { PlanContext, Planned } from "../table/planning.js";

/** What a step needs beside its name and its collections. */
export interface StepPlan {
  readonly binding: StepBinding;
  readonly details: { readonly [key: string]: JsonValue };
  readonly stateIdentity?: JsonValue;
  /** Of a step that writes insertions only. */
  readonly appendOnly?: AppendOnlySink;
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
  /** Faults that were met while steps were added. */
  readonly #refused: Diagnostic[] = [];
  readonly #checks: (() => readonly Diagnostic[])[] = [];

  add(step: StepDeclaration): void {
    this.#steps.push(step);
  }

  /** Name of a collection that a step reads. One that is none, or of another pipeline, becomes a fault of the step. */
  input(step: string, collection: { readonly name: string }): string {
    const given: unknown = collection;
    if (typeof given !== "object" || given === null || !("name" in given)) {
      this.#refuse(step, `The step '${step}' reads ${String(given)}, which is no collection.`);
      return "";
    }
    return this.#own(step, collection, collection.name);
  }

  /** The same for the collection behind a side input. */
  viewed(step: string, view: { readonly collection: string }): string {
    const given: unknown = view;
    if (typeof given !== "object" || given === null || !("collection" in given)) {
      this.#refuse(
        step,
        `The step '${step}' has ${String(given)} for a side input.`,
        "Make views of collections: asSingleton(rates), asList(rates), asMap(rates).",
      );
      return "";
    }
    return this.#own(step, view, view.collection);
  }

  #own(step: string, thing: object, name: string): string {
    const owner = ownerOf(thing);
    if (owner === undefined || owner === this) return name;
    this.#refuse(
      step,
      `The step '${step}' reads the collection '${name}', which belongs to another pipeline.`,
      "Steps read collections of their own pipeline; make the collection there.",
    );
    return name;
  }

  /** As {@link GraphBuilder.input}, for a list of them. */
  inputs(step: string, collections: readonly { readonly name: string }[]): readonly string[] {
    const given: unknown = collections;
    if (Array.isArray(given)) return collections.map((one) => this.input(step, one));
    this.#refuse(step, `The step '${step}' needs an array of collections.`);
    return [];
  }

  #refuse(step: string, message: string, hint?: string): void {
    this.#refused.push({
      severity: "error",
      code: "PIPELINE_INVALID",
      message,
      step,
      ...(hint === undefined ? {} : { hint }),
    });
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
    this.add({ name, inputs, outputs, plan: () => ({ value: { binding, details }, diagnostics: [] }) });
    return outputs[0] ?? name;
  }

  /** Adds a check that is made when the graph is. */
  addCheck(check: () => readonly Diagnostic[]): void {
    this.#checks.push(check);
  }

  /**
   * Plans every step; the diagnostics of all of them come together, in the order of the steps. Where one cannot be
   * planned, `validate` tells what is wrong with those that do not depend on it.
   */
  build(
    name: string,
    context: PlanContext,
    validate: (graph: PipelineGraph) => readonly Diagnostic[],
  ): Planned<PipelineGraph> {
    const diagnostics: Diagnostic[] = this.#checks.flatMap((check) => check());
    const nodes: GraphNode[] = [];
    const bindings = new Map<string, StepBinding>();
    /** Collections that a step without a plan makes, or one that depends on it. */
    const unknown = new Set<string>();
    const changes = new ChangingCollections();
    for (const step of this.#steps) {
      const planned = this.#planned(step, context);
      diagnostics.push(...planned.diagnostics.map((one) => ({ step: step.name, ...one })));
      changes.add(step, planned);
      const isRepeated = bindings.has(step.name);
      if (isRepeated) diagnostics.push(repeatedName(step.name));
      if (planned.value === undefined || step.inputs.some((input) => unknown.has(input))) {
        for (const output of step.outputs) unknown.add(output);
      }
      if (planned.value === undefined || isRepeated) continue;
      bindings.set(step.name, planned.value.binding);
      nodes.push(nodeOf(step, planned.value));
    }
    if (diagnostics.every((one) => one.severity !== "error")) {
      return { value: { name, nodes, bindings }, diagnostics };
    }
    const known = nodes.filter(({ inputs }) => !inputs.some((input) => unknown.has(input)));
    const faults = validate({ name, nodes: known, bindings });
    const all = [
      ...changes.refused(diagnostics),
      ...faults.filter(({ code }) => code !== "RUNNER_UNSUPPORTED"),
    ];
    return { diagnostics: this.#inOrder(all) };
  }

  /** A step's plan, unless there is something about the step itself that makes none. */
  #planned(step: StepDeclaration, context: PlanContext): Planned<StepPlan> {
    const refused = this.#refused.filter((one) => one.step === step.name);
    if (typeof step.name !== "string") return { diagnostics: [noName(step.name)] };
    if (refused.length > 0) return { diagnostics: refused };
    const planned = step.plan(context);
    if (planned.value === undefined) return planned;
    const faults = bindingFaults(step.name, planned.value.binding);
    return faults.length === 0 ? planned : { diagnostics: [...planned.diagnostics, ...faults] };
  }

  #inOrder(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
    const positions = new Map(this.#steps.map(({ name }, index) => [name, index]));
    const positionOf = ({ step = "" }: Diagnostic): number => positions.get(step) ?? -1;
    return diagnostics.toSorted((a, b) => positionOf(a) - positionOf(b));
  }
}

/** Follows the rows of tables that carry changes to where they are written. */
class ChangingCollections {
  /** Steps that read changes, by collection. */
  readonly #readers = new Map<string, ReadonlySet<string>>();
  /** Where the changes of a step that reads them go and cannot be written. */
  readonly #writers = new Map<string, { readonly step: string; readonly sink: AppendOnlySink }[]>();

  add({ name, inputs, outputs }: StepDeclaration, { value, diagnostics }: Planned<StepPlan>): void {
    const readers = new Set(inputs.flatMap((input) => [...(this.#readers.get(input) ?? [])]));
    if (diagnostics.some(isChangelogRefusal)) readers.add(name);
    if (readers.size === 0) return;
    for (const output of outputs) this.#readers.set(output, readers);
    const sink = value?.appendOnly;
    if (sink === undefined) return;
    for (const reader of readers) {
      this.#writers.set(reader, [...(this.#writers.get(reader) ?? []), { step: name, sink }]);
    }
  }

  /** The faults of reading, in the words of the steps that write where there are such. */
  refused(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
    return diagnostics.flatMap((one) => {
      const writers = isChangelogRefusal(one) ? (this.#writers.get(one.step ?? "") ?? []) : [];
      if (writers.length === 0) return [one];
      return writers.map(({ step, sink }) => ({ ...changesIntoAppendOnly(one, sink), step }));
    });
  }
}

function nodeOf({ name, inputs, outputs }: StepDeclaration, plan: StepPlan): GraphNode {
  const { binding, details, stateIdentity } = plan;
  return {
    name,
    kind: binding.kind,
    inputs,
    outputs,
    details,
    ...(stateIdentity === undefined ? {} : { stateIdentity }),
  };
}

function noName(given: unknown): Diagnostic {
  return {
    severity: "error",
    code: "PIPELINE_INVALID",
    message: `The name of a step must be a text, not ${typeof given === "function" ? "a function" : String(given)}.`,
    step: "",
    hint: "Names come first: numbers.map('double', (n) => n * 2).",
  };
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
