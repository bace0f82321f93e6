/** What a checkpoint holds, before it is bytes. */
import type { JsonValue } from "../../types/json-value.js";

/** Positions and counters of one read step. @public */
export interface SourceSnapshot {
  readonly step: string;
  /** Table read, or the step. */
  readonly label: string;
  readonly enumerator: JsonValue;
  /** Merged over the splits, in the model's sense, in milliseconds. */
  readonly watermark: number;
  readonly rows: number;
  readonly skipped: number;
  /** Splits that are assigned and not finished, and finished ones that hold the watermark. */
  readonly splits: readonly SplitSnapshot[];
}

/** Position of one split. @public */
export interface SplitSnapshot {
  readonly id: string;
  /** In the connector's own form. */
  readonly state: JsonValue;
  readonly rows: number;
  readonly watermark: number;
  /** Present: read to its end, and what continues it is not assigned yet. */
  readonly isOver?: true;
}

/** State of the writers of one step. @public */
export interface SinkSnapshot {
  readonly step: string;
  readonly label: string;
  readonly written: number;
  /** Of the only writer. Absent: it keeps none. */
  readonly state?: JsonValue;
  /** Of several writers, by index. */
  readonly states?: readonly JsonValue[];
}

/** A step as a checkpoint remembers it, to tell whether a pipeline still fits. @public */
export interface StepSignature {
  readonly name: string;
  readonly kind: string;
  /** Of what must stay equal; only for steps with state. */
  readonly hash?: string;
  /** What the hash is made of, by name, where a difference can be named: states, timers, coders of a function. */
  readonly parts?: Readonly<Record<string, string>>;
}

/** Everything but keyed state, which is bytes. @public */
export interface CheckpointManifest {
  readonly pipeline: string;
  /** Same for all checkpoints from a fresh start on, over restores. */
  readonly lineage: string;
  /** Milliseconds since 1970, of the job's clock. */
  readonly takenAt: number;
  /** True for the last checkpoint of a job that drained: its windows have fired, nothing can follow. */
  readonly isDrained: boolean;
  readonly steps: readonly StepSignature[];
  readonly sources: readonly SourceSnapshot[];
  readonly sinks: readonly SinkSnapshot[];
}

/** A consistent cut of a job. @public */
export interface Snapshot {
  readonly manifest: CheckpointManifest;
  /** Keyed state by step, in pieces one after the other. */
  readonly keyedState: ReadonlyMap<string, readonly Uint8Array[]>;
  /** Version of the format that keyed state is in. */
  readonly formatVersion: number;
}
