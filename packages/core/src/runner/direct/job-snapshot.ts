import type { PipelineGraph } from "../../pipeline/graph.js";
import { ByteWriter } from "../../types/coders/byte-writer.js";
import { signaturesOf } from "../checkpoint/signatures.js";
import type { SinkSnapshot, Snapshot } from "../checkpoint/snapshot.js";
import type { Component } from "./component.js";
import type { SinkStep } from "./sink-step.js";
import type { SourceLoop } from "./source-loop.js";

/** A job at rest, its sinks flushed. */
export interface JobAtRest {
  readonly graph: PipelineGraph;
  readonly lineage: string;
  readonly takenAt: number;
  readonly isDrained: boolean;
  readonly loops: readonly SourceLoop[];
  readonly components: readonly Component[];
}

/** The consistent cut of a job at rest: synchronous, so that nothing moves meanwhile. */
export function takeSnapshot(job: JobAtRest): Snapshot {
  const { graph, lineage, takenAt, isDrained, loops, components } = job;
  const keyedState = new Map<string, Uint8Array>();
  for (const step of components.flatMap((component) => component.statefulSteps)) {
    const writer = new ByteWriter();
    step.snapshot(writer);
    keyedState.set(step.name, writer.take());
  }
  return {
    manifest: {
      pipeline: graph.name,
      lineage,
      takenAt,
      isDrained,
      steps: signaturesOf(graph),
      sources: loops.map((loop) => loop.snapshot()),
      sinks: components.flatMap((component) => component.sinks).map(sinkSnapshot),
    },
    keyedState,
  };
}

function sinkSnapshot(sink: SinkStep): SinkSnapshot {
  const state = sink.snapshot();
  const snapshot = { step: sink.name, label: sink.label, written: sink.written };
  return state === undefined ? snapshot : { ...snapshot, state };
}
