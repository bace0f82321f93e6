import type { MetricRegistry } from "../metrics.js";
import type { Component } from "./component.js";
import type { SourceLoop } from "./source-loop.js";

/** What the metrics of a job are read from. */
export interface MeasuredJob {
  readonly loops: readonly SourceLoop[];
  readonly components: readonly Component[];
  readonly checkpoints: () => { readonly completed: number; readonly lastDurationMs?: number };
}

/** Registers the runner's own metrics: of sources and sinks by table, of steps by name, of checkpoints. */
export function registerMetrics(
  metrics: MetricRegistry,
  { loops, components, checkpoints }: MeasuredJob,
): void {
  for (const loop of loops) {
    const group = metrics.group("source").group(loop.label);
    group.gauge("numRecordsIn", () => loop.rows);
    group.gauge("numRecordsSkipped", () => loop.skipped);
    group.gauge("currentWatermark", () => loop.watermark);
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
    if (step.backlog !== undefined) group.gauge("backlog", () => step.backlog ?? 0);
  }
  const group = metrics.group("checkpoint");
  group.gauge("completed", () => checkpoints().completed);
  group.gauge("lastDurationMs", () => checkpoints().lastDurationMs ?? 0);
}
