import { performance } from "node:perf_hooks";
import type { GraphNode, PipelineGraph } from "../../pipeline/graph.js";
import { MAX_TIMESTAMP, MIN_TIMESTAMP } from "../../pipeline/window.js";
import { isKeyedFunction } from "../../pipeline/par-do.js";
import { DEFAULT_WINDOWING, type WindowingStrategy } from "../../pipeline/windowing-strategy.js";
import { collectionFacts, consumersOf, deadLettersStep, type Consumer } from "../graph-facts.js";
import { AsyncStep } from "./async-step.js";
import { CombineStep } from "./combine-step.js";
import { Landing, landingsOf } from "./deep-graph.js";
import { syncStep, windowStep } from "./elementwise.js";
import type { FinalizationCallback } from "./finalization.js";
import { GroupingStep } from "./grouping/grouping-step.js";
import { isMetadata, metadataStep } from "./metadata-step.js";
import { KeyedParDoStep } from "./par-do/keyed-par-do-step.js";
import { ParDoStep } from "./par-do/par-do-step.js";
import { SplittableStep } from "./par-do/splittable-step.js";
import { discard, fanOut, type BundleStep, type Pressure, type Push } from "./push.js";
import { SinkStep } from "./sink-step.js";
import type { StatefulStep } from "./stateful-step.js";
import type { StepServices } from "./step-services.js";

/**
 * The steps a bundle runs through: from a read or a step with state up to the next sinks and steps with state that keep
 * what they get until a watermark moves.
 */
export interface Region {
  readonly head: Push;
  /** In graph order. */
  readonly bundleSteps: readonly BundleStep[];
  readonly sinks: readonly SinkStep[];
  /** Time that its bundles took up to their handing over, in milliseconds. */
  busyMs: number;
}

const NO_CALLBACKS: readonly FinalizationCallback[] = [];

/** A read step as its component sees it. */
export interface ComponentInput {
  readonly watermark: number;
  /** True while no split of it holds the watermark. */
  readonly isIdle: boolean;
}

/** How whoever runs a bundle waits. */
export interface Waiting {
  /** Rejects early when the job is over. */
  until(promise: Promise<void>): Promise<void>;
  /** Lets timers and I/O have a turn when much was done without one. */
  breathe(): Promise<void>;
}

/** What a step finds around it when it is compiled. */
interface StepSurroundings {
  /** By output of the node; the first is the main one. */
  readonly outputs: readonly Push[];
  /** Of the main input. */
  readonly windowing: WindowingStrategy;
  /** Whether the main input ends by itself. */
  readonly isBounded: boolean;
  /** Of the inputs after the main one. */
  readonly sideWindowings: readonly WindowingStrategy[];
}

interface WatermarkCell {
  watermark: number;
  isIdle: boolean;
}

const MIN_CELL: WatermarkCell = { watermark: MIN_TIMESTAMP, isIdle: false };

/** Runs what it is given one after the other. */
class Mutex {
  #last: Promise<void> = Promise.resolve();

  async run(work: () => Promise<void>): Promise<void> {
    const turn = this.#last;
    let release: () => void = () => {};
    this.#last = new Promise((resolve) => {
      release = resolve;
    });
    await turn;
    try {
      await work();
    } finally {
      release();
    }
  }
}

/**
 * A connected part of the graph, as fused closures, with the watermarks of its collections. Parts that are not connected
 * share nothing.
 *
 * Bundles are synchronous where no step waits; then several sources may run through the same steps in turns, each whole.
 * Where a step can wait, a mutex keeps bundles apart. Nobody holds it while a sink accepts elements.
 */
export class Component {
  readonly nodes: readonly GraphNode[];
  readonly sinks: SinkStep[] = [];
  /** In graph order. */
  readonly statefulSteps: StatefulStep[] = [];
  readonly bundleSteps: BundleStep[] = [];
  readonly #graph: PipelineGraph;
  readonly #services: StepServices;
  /** Elements of each collection since the start; empty unless they are counted. */
  readonly elementCounts = new Map<string, { count: number }>();
  /** Elements that wait in steps. */
  readonly pressure: Pressure = { waiting: 0 };
  /** By step and position of the input. */
  readonly #pushes = new Map<string, readonly Push[]>();
  readonly #regions = new Map<string, Region>();
  readonly #cells = new Map<string, WatermarkCell>();
  readonly #inputs = new Map<string, ComponentInput>();
  /** By read step. */
  readonly #deadLetters = new Map<string, SinkStep>();
  readonly #statefulByName = new Map<string, StatefulStep>();
  /** By the step below them. */
  readonly #landings = new Map<string, readonly Landing[]>();
  readonly #heldSteps: readonly StatefulStep[];
  readonly #timedSteps: readonly StatefulStep[];
  /** Step that makes a collection. */
  readonly #producers: ReadonlyMap<string, string>;
  readonly #mutex: Mutex | undefined;
  #failure: { readonly error: unknown } | undefined;

  constructor(graph: PipelineGraph, nodes: readonly GraphNode[], services: StepServices) {
    this.#graph = graph;
    this.#services = services;
    this.nodes = nodes;
    this.#producers = new Map(
      nodes.flatMap((node) => node.outputs.map((output) => [output, node.name] as const)),
    );
    const consumers = consumersOf(graph);
    const stepByName = new Map<string, BundleStep | SinkStep>();
    const landings = landingsOf(nodes);
    const facts = collectionFacts(graph);
    for (const node of nodes.toReversed()) {
      const outputs = node.outputs.map((name) =>
        this.#counted(name, fanOut((consumers.get(name) ?? []).map((one) => this.#pushOf(one)))),
      );
      const main = facts.get(node.inputs[0] ?? "");
      const windowing = main?.windowing ?? DEFAULT_WINDOWING;
      const isBounded = main?.isBounded ?? true;
      const sideWindowings = node.inputs
        .slice(1)
        .map((name) => facts.get(name)?.windowing ?? DEFAULT_WINDOWING);
      const surroundings = { outputs, windowing, isBounded, sideWindowings };
      const pushes = this.#compile(node, surroundings, stepByName);
      this.#pushes.set(node.name, landings.has(node.name) ? this.#landAbove(node, pushes) : pushes);
      if (node.kind === "read" || this.#statefulByName.has(node.name)) {
        this.#regions.set(node.name, this.#region(node, outputs[0] ?? discard, consumers, stepByName));
      }
    }
    this.sinks.reverse();
    this.statefulSteps.reverse();
    this.#heldSteps = this.statefulSteps.filter((step) => step.emitsInBundle);
    this.#timedSteps = this.statefulSteps.filter((step) => step.processingTime !== undefined);
    this.bundleSteps.reverse();
    this.#mutex = this.bundleSteps.length > 0 ? new Mutex() : undefined;
  }

  addInput(step: string, input: ComponentInput): void {
    this.#inputs.set(step, input);
  }

  /** Regions by the step that they begin at. */
  get regions(): ReadonlyMap<string, Region> {
    return this.#regions;
  }

  regionOf(step: string): Region {
    return this.#regions.get(step) as Region;
  }

  /** The write of the records that a read step cannot decode. */
  deadLettersOf(step: string): SinkStep {
    return this.#deadLetters.get(step) as SinkStep;
  }

  /** Sum over the steps of elements all of whose windows were over. */
  get lateRows(): number {
    return this.statefulSteps.reduce((sum, step) => sum + step.lateRows, 0);
  }

  /** True where a bundle alone, without a movement of its source's watermark, released a hold or made something due. */
  get holdsMayMove(): boolean {
    return this.#heldSteps.length > 0 || this.statefulSteps.some((step) => step.hasDue);
  }

  /** Earliest instant at which the clock makes something due, in milliseconds; infinite when nothing waits for it. */
  get nextProcessingTime(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { processingTime } of this.#timedSteps) next = Math.min(next, processingTime?.next ?? next);
    return next;
  }

  /** Runs `pushElements` as one bundle of `region` and hands its outputs to the sinks. */
  async runBundle(region: Region, pushElements: () => Promise<void> | void, waiting: Waiting): Promise<void> {
    if (this.#mutex === undefined) {
      const begin = performance.now();
      const pushed = pushElements();
      if (pushed !== undefined) await waiting.until(pushed);
      region.busyMs += performance.now() - begin;
      await handOver(region, waiting);
      return;
    }
    let callbacks = NO_CALLBACKS;
    await this.#mutex.run(async () => {
      // Steps that met an error are in the middle of a bundle: none follows it.
      if (this.#failure !== undefined) throw this.#failure.error;
      const begin = performance.now();
      try {
        const pushed = pushElements();
        if (pushed !== undefined) await waiting.until(pushed);
        callbacks = await finishBundle(region, waiting);
        region.busyMs += performance.now() - begin;
      } catch (error) {
        this.#failure = { error };
        throw error;
      }
    });
    await handOver(region, waiting);
    if (callbacks.length > 0) await waiting.until(this.#services.finalization.bundleAccepted(callbacks));
  }

  /** Moves the watermarks of all collections and emits every window that became due. */
  async advanceWatermarks(waiting: Waiting): Promise<void> {
    for (;;) {
      if (this.#mutex === undefined) this.#propagate();
      else await this.#mutex.run(async () => this.#propagate());
      const due = this.statefulSteps.find((step) => step.hasDue);
      if (due === undefined) return;
      await this.runBundle(this.regionOf(due.name), () => due.fire(this.pressure), waiting);
      await waiting.breathe();
    }
  }

  /** Emits what the clock makes due. */
  async advanceProcessingTime(now: number, waiting: Waiting): Promise<void> {
    if (now < this.nextProcessingTime) return;
    for (const { processingTime } of this.#timedSteps) processingTime?.advanceTo(now);
    await this.advanceWatermarks(waiting);
  }

  /** True while steps have work that their inputs' ends do not end. */
  get isWorking(): boolean {
    return this.statefulSteps.some((step) => step.isWorking === true);
  }

  /** The job drains. */
  drain(): void {
    for (const step of this.statefulSteps) step.drain?.();
  }

  /** The watermark of what a step makes, or of what a write reads. */
  watermarkOf(step: string): number {
    return this.#cells.get(step)?.watermark ?? MIN_TIMESTAMP;
  }

  /** The least watermark of what a step reads. */
  inputWatermarkOf(step: string): number {
    const { inputs = [] } = this.nodes.find((node) => node.name === step) ?? {};
    return Math.min(...inputs.map((name) => this.#cellOfCollection(name).watermark));
  }

  #counted(collection: string, push: Push): Push {
    if (!this.#services.countsElements) return push;
    const cell = { count: 0 };
    this.elementCounts.set(collection, cell);
    return (value, timestamp, windows, pane) => {
      cell.count += 1;
      push(value, timestamp, windows, pane);
    };
  }

  #pushOf({ node, input }: Consumer): Push {
    const pushes = this.#pushes.get(node.name) as readonly Push[];
    return (pushes[input] ?? pushes[0]) as Push;
  }

  /** The step's function for each of its inputs; one for all where they are the same. */
  #compile(
    node: GraphNode,
    { outputs, windowing, isBounded, sideWindowings }: StepSurroundings,
    steps: Map<string, BundleStep | SinkStep>,
  ): readonly Push[] {
    const next = outputs[0] ?? discard;
    const binding = this.#graph.bindings.get(node.name);
    switch (binding?.kind) {
      case "elementwise": {
        if (isMetadata(binding)) return [metadataStep(node.name, binding, outputs)];
        if (binding.isAsync !== true) return [syncStep(node.name, binding, next)];
        const step = new AsyncStep(node.name, binding, next, this.pressure);
        this.bundleSteps.push(step);
        steps.set(node.name, step);
        return [step.push];
      }
      case "parDo": {
        const { pressure } = this;
        const parts = { name: node.name, binding, outputs, pressure, services: this.#services };
        if (binding.splittable !== undefined) {
          const { splittable } = binding;
          const step = new SplittableStep({ ...parts, splittable, windowing, sideWindowings });
          this.bundleSteps.push(step);
          steps.set(node.name, step);
          this.#addStateful(step);
          return step.inputs;
        }
        if (!isKeyedFunction(binding.declaration) && sideWindowings.length === 0) {
          const step = new ParDoStep(parts);
          this.bundleSteps.push(step);
          steps.set(node.name, step);
          return [step.push];
        }
        const step = new KeyedParDoStep({ ...parts, windowing, sideWindowings, isBounded });
        this.bundleSteps.push(step);
        steps.set(node.name, step);
        this.#addStateful(step);
        return step.inputs;
      }
      case "window":
        return [windowStep(node.name, binding, next)];
      case "combine": {
        const step = CombineStep.serves(windowing)
          ? new CombineStep(node.name, binding, next)
          : new GroupingStep({
              name: node.name,
              binding,
              windowing,
              emit: next,
              clock: this.#services.clock,
            });
        this.#addStateful(step);
        return step.inputs;
      }
      case "write": {
        const step = new SinkStep(node.name, binding, this.pressure);
        this.sinks.push(step);
        steps.set(node.name, step);
        return [step.push];
      }
      case "read": {
        if (binding.deadLetters === undefined) return [next];
        const letters = new SinkStep(deadLettersStep(node.name), binding.deadLetters, this.pressure);
        this.sinks.push(letters);
        this.#deadLetters.set(node.name, letters);
        return [next];
      }
      case "flatten":
      case undefined:
        return [next];
    }
  }

  /** Elements wait before the step, whichever input they come by. */
  #landAbove({ name }: GraphNode, pushes: readonly Push[]): readonly Push[] {
    const landings = pushes.map((push) => new Landing(name, push, this.pressure));
    this.#landings.set(name, landings);
    this.bundleSteps.push(...landings);
    return landings.map((landing) => landing.push);
  }

  #addStateful(step: StatefulStep): void {
    this.statefulSteps.push(step);
    this.#statefulByName.set(step.name, step);
  }

  #region(
    node: GraphNode,
    head: Push,
    consumers: ReadonlyMap<string, readonly Consumer[]>,
    steps: ReadonlyMap<string, BundleStep | SinkStep>,
  ): Region {
    const reached = new Set<string>([node.name]);
    const open = [node];
    for (let from = open.pop(); from !== undefined; from = open.pop()) {
      for (const { node: to } of from.outputs.flatMap((name) => consumers.get(name) ?? [])) {
        if (reached.has(to.name)) continue;
        reached.add(to.name);
        if (this.#statefulByName.get(to.name)?.emitsInBundle !== false) open.push(to);
      }
    }
    const ordered = this.nodes.flatMap((one) =>
      reached.has(one.name)
        ? [...(this.#landings.get(one.name) ?? []), steps.get(one.name) ?? []].flat()
        : [],
    );
    return {
      head,
      bundleSteps: ordered.filter((step): step is BundleStep => !(step instanceof SinkStep)),
      sinks: ordered.filter((step) => step instanceof SinkStep),
      busyMs: 0,
    };
  }

  /** One pass in graph order: inputs come before their readers. */
  #propagate(): void {
    for (const node of this.nodes) {
      const cell = this.#cells.get(node.name) ?? { watermark: MIN_TIMESTAMP, isIdle: false };
      this.#cells.set(node.name, cell);
      const input = node.kind === "read" ? this.#inputs.get(node.name) : this.#merged(mainInputs(node));
      if (input === undefined) continue;
      cell.isIdle = input.isIdle;
      const step = this.#statefulByName.get(node.name);
      step?.advanceTo(node.inputs.map((name) => this.#cellOfCollection(name).watermark));
      const watermark = step === undefined ? input.watermark : step.outputWatermark;
      if (watermark > cell.watermark) cell.watermark = watermark;
    }
  }

  /** Minimum over inputs that are not idle; if all are, nothing holds and the greatest counts. */
  #merged(inputs: readonly string[]): WatermarkCell {
    const cells = inputs.map((name) => this.#cellOfCollection(name));
    if (cells.length === 0) return { watermark: MAX_TIMESTAMP, isIdle: false };
    if (cells.length === 1) return cells[0] as WatermarkCell;
    const active = cells.filter((cell) => !cell.isIdle);
    const values = (active.length > 0 ? active : cells).map((cell) => cell.watermark);
    const watermark = active.length > 0 ? Math.min(...values) : Math.max(...values);
    return { watermark, isIdle: active.length === 0 };
  }

  #cellOfCollection(collection: string): WatermarkCell {
    return this.#cells.get(this.#producers.get(collection) ?? "") ?? MIN_CELL;
  }
}

/** Side inputs neither hold a step's output nor make it idle. */
function mainInputs({ kind, inputs }: GraphNode): readonly string[] {
  return kind === "parDo" ? inputs.slice(0, 1) : inputs;
}

async function finishBundle(region: Region, waiting: Waiting): Promise<readonly FinalizationCallback[]> {
  for (const step of region.bundleSteps) {
    const finished = step.finishBundle();
    if (finished !== undefined) await waiting.until(finished);
  }
  let callbacks = NO_CALLBACKS;
  for (const step of region.bundleSteps) {
    const ofStep = step.commit?.();
    if (ofStep !== undefined && ofStep.length > 0) callbacks = [...callbacks, ...ofStep];
  }
  return callbacks;
}

/** Elements for several sinks are handed to all of them before any is waited for. */
async function handOver(region: Region, waiting: Waiting): Promise<void> {
  const accepted = region.sinks.flatMap((sink) => sink.handOver() ?? []);
  const [first, ...others] = accepted;
  if (first === undefined) return;
  await waiting.until(others.length === 0 ? first : Promise.all(accepted).then(() => undefined));
}

/** The connected parts of a graph, in the order of their first steps. */
export function componentsOf(graph: PipelineGraph, services: StepServices): readonly Component[] {
  const partOf = new Map<string, Set<GraphNode>>();
  for (const node of graph.nodes) {
    const part = new Set([node]);
    for (const input of node.inputs) for (const one of partOf.get(input) ?? []) part.add(one);
    for (const one of part) for (const output of one.outputs) partOf.set(output, part);
    for (const input of node.inputs) partOf.set(input, part);
  }
  const parts = new Set<Set<GraphNode>>();
  for (const node of graph.nodes) {
    const key = node.outputs[0] ?? node.inputs[0];
    const part = key === undefined ? undefined : partOf.get(key);
    if (part !== undefined) parts.add(part);
  }
  return [...parts].map(
    (part) =>
      new Component(
        graph,
        graph.nodes.filter((node) => part.has(node)),
        services,
      ),
  );
}
