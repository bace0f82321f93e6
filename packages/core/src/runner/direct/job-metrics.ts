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
  for (const combine of components.flatMap((component) => component.combines)) {
    const group = metrics.group("step").group(combine.name);
    group.gauge("numLateRecordsDropped", () => combine.lateRows);
    group.gauge("droppedDueToLateness", () => combine.droppedPairs);
    group.gauge("currentWatermark", () => combine.outputWatermark);
  }
  const group = metrics.group("checkpoint");
  group.gauge("completed", () => checkpoints().completed);
  group.gauge("lastDurationMs", () => checkpoints().lastDurationMs ?? 0);
}
