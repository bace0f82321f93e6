import { MAX_TIMESTAMP, MIN_TIMESTAMP } from "../../pipeline/window.js";
import type { MetricRegistry } from "../metrics.js";
import type { Component } from "./component.js";
import type { SourceLoop } from "./source-loop.js";

/** What the metrics of a job are read from. */
export interface MeasuredJob {
  readonly loops: readonly SourceLoop[];
  readonly components: readonly Component[];
  readonly checkpoints: () => { readonly completed: number; readonly lastDurationMs?: number };
  /** What the last checkpoint wrote for a step. */
  readonly stateBytes: (step: string) => number;
  readonly now: () => number;
}

/** Registers the runner's own metrics: of sources and sinks by table, of steps by name, of checkpoints. */
export function registerMetrics(
  metrics: MetricRegistry,
  { loops, components, checkpoints, stateBytes, now }: MeasuredJob,
): void {
  for (const component of components) registerStepMetrics(metrics.group("step"), component, now);
  for (const loop of loops) {
    const group = metrics.group("source").group(loop.label);
    group.gauge("numRecordsIn", () => loop.rows);
    group.gauge("numRecordsSkipped", () => loop.skipped);
    group.gauge("currentWatermark", () => loop.watermark);
    group.gauge("lagMs", () =>
      Math.max(0, ...loop.progress().splits.map((split) => (split.isFinished ? 0 : (split.lagMs ?? 0)))),
    );
  }
  for (const sink of components.flatMap((component) => component.sinks)) {
    const group = metrics.group("sink").group(sink.label);
    group.gauge("numRecordsOut", () => sink.written);
    group.gauge("isBackPressured", () => (sink.isBackPressured ? 1 : 0));
  }
  for (const step of components.flatMap((component) => component.statefulSteps)) {
    const group = metrics.group("step").group(step.name);
    group.gauge("numLateRecordsDropped", () => step.lateRows);
    group.gauge("droppedDueToLateness", () => step.droppedDueToLateness);
    group.gauge("droppedDueToClosedWindow", () => step.droppedDueToClosedWindow);
    group.gauge("currentWatermark", () => step.outputWatermark);
    group.gauge("stateBytes", () => stateBytes(step.name));
    if (step.backlog !== undefined) group.gauge("backlog", () => step.backlog ?? 0);
  }
  const group = metrics.group("checkpoint");
  group.gauge("completed", () => checkpoints().completed);
  group.gauge("lastDurationMs", () => checkpoints().lastDurationMs ?? 0);
}

/** Of every step, at no cost for an element unless elements are counted. */
function registerStepMetrics(steps: MetricRegistry, component: Component, now: () => number): void {
  for (const { name, inputs, outputs } of component.nodes) {
    const group = steps.group(name);
    if (inputs.length > 0) group.gauge("inputWatermark", () => component.inputWatermarkOf(name));
    group.gauge("outputWatermark", () => component.watermarkOf(name));
    group.gauge("processingTimeLagMs", () => lagOf(component.watermarkOf(name), now()));
    const region = component.regions.get(name);
    if (region !== undefined) group.gauge("processBundleMsecs", () => region.busyMs);
    for (const [at, output] of outputs.entries()) {
      const cell = component.elementCounts.get(output);
      if (cell === undefined) continue;
      const ofOutput = at === 0 ? group : group.group("output").group(output);
      ofOutput.gauge("elementCount", () => cell.count);
    }
  }
  const [first] = component.nodes;
  if (first !== undefined) steps.group(first.name).gauge("waitingElements", () => component.pressure.waiting);
}

/** How far a watermark is behind the clock; nothing to be told before the first and after the last. */
function lagOf(watermark: number, now: number): number {
  return watermark <= MIN_TIMESTAMP || watermark >= MAX_TIMESTAMP ? Number.NaN : now - watermark;
}
