import { setImmediate as nextTurn } from "node:timers/promises";
import type { PipelineGraph } from "../../pipeline/graph.js";
import { ByteWriter } from "../../types/coders/byte-writer.js";
import { CHECKPOINT_FORMAT_VERSION } from "../checkpoint/checkpoint-format.js";
import { signaturesOf } from "../checkpoint/signatures.js";
import type { CheckpointManifest, SinkSnapshot, Snapshot } from "../checkpoint/snapshot.js";
import type { Component } from "./component.js";
import type { SinkStep } from "./sink-step.js";
import type { SourceLoop } from "./source-loop.js";
import type { StatefulStep } from "./stateful-step.js";
import type { StepCut } from "./step-cut.js";
import { stepError } from "./step-error.js";

/** Time that state is written for before bundles have a turn, in milliseconds. */
const SLICE_MS = 5;

/** A job at rest, its sinks flushed. */
export interface JobAtRest {
  readonly graph: PipelineGraph;
  readonly lineage: string;
  readonly takenAt: number;
  readonly isDrained: boolean;
  readonly loops: readonly SourceLoop[];
  readonly components: readonly Component[];
}

/** The consistent cut of a job, its keyed state not written yet. */
export interface JobCut {
  readonly manifest: CheckpointManifest;
  readonly steps: ReadonlyMap<string, StepCut>;
}

/** Cuts a job at rest: synchronous, so that nothing moves meanwhile. The job may go on before the state is written. */
export function cutJob(job: JobAtRest): JobCut {
  const { graph, lineage, takenAt, isDrained, loops, components } = job;
  const steps = components.flatMap((component) => component.statefulSteps);
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
    steps: new Map(steps.map((step) => [step.name, cutStep(step)])),
  };
}

/** Writes the keyed state of a cut a slice at a time. Rejects with the signal's reason when the job is over. */
export async function writeCut({ manifest, steps }: JobCut, signal: AbortSignal): Promise<Snapshot> {
  const keyedState = new Map<string, readonly Uint8Array[]>();
  for (const [name, cut] of steps) {
    while (!encodeSome(name, cut)) {
      await nextTurn();
      signal.throwIfAborted();
    }
    keyedState.set(name, cut.parts);
  }
  return { manifest, keyedState, formatVersion: CHECKPOINT_FORMAT_VERSION };
}

function encodeSome(step: string, cut: StepCut): boolean {
  try {
    return cut.encodeSome(SLICE_MS);
  } catch (error) {
    throw stepError(step, error);
  }
}

/** A step that knows no cut writes everything now. */
function cutStep(step: StatefulStep): StepCut {
  if (step.cut !== undefined) return step.cut();
  const writer = new ByteWriter();
  step.snapshot(writer);
  return { encodeSome: () => true, parts: [writer.take()] };
}

function sinkSnapshot(sink: SinkStep): SinkSnapshot {
  return { step: sink.name, label: sink.label, written: sink.written, ...sink.snapshot() };
}
