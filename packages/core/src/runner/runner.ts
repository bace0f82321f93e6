/**
 * A runner executes a graph. It refuses what it cannot do exactly, naming the step and the reason; it never
 * approximates.
 */
import type { Clock, Logger, Random } from "../connector/services.js";
import type { PipelineGraph } from "../pipeline/graph.js";
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import type { SourceSnapshot } from "./checkpoint/snapshot.js";
import type { CheckpointStore } from "./checkpoint/checkpoint-store.js";
import type { MetricRegistry } from "./metrics.js";

/** What a runner can do; data, so that tools can compare it with what a graph needs. @public */
export interface Capabilities {
  readonly name: string;
  readonly stepKinds: readonly string[];
}

/** Executes graphs, exactly or not at all. @public */
export interface Runner {
  readonly capabilities: Capabilities;
  /**
   * Starts the job and resolves once it is running.
   *
   * @throws `RUNNER_UNSUPPORTED`, `PIPELINE_INVALID`, `STATE_INCOMPATIBLE`, `CHECKPOINT_UNUSABLE`,
   *   `CHECKPOINT_DAMAGED` before anything is read or written.
   */
  run(graph: PipelineGraph, options?: RunOptions): Promise<JobHandle>;
}

/** What a job runs with. Clock, random source, logger and metrics default to the process's own. @public */
export interface RunOptions {
  readonly checkpoint?: CheckpointOptions;
  /** Drain and end once no source has had anything to read for so long, in milliseconds. */
  readonly untilIdleMs?: number;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly logger?: Logger;
  /** Where the job's metrics go; absent: a registry of its own, see {@link JobHandle.metrics}. */
  readonly metrics?: MetricRegistry;
  /**
   * Writers of each sink, each with its index; bundles take them in turn, so that order holds within a writer only. A
   * checkpoint in which writers left state needs as many again. Default 1, at most 128.
   */
  readonly parallelism?: number;
  /**
   * Counts the elements of every step's outputs (metric `elementCount`). It costs a call more for each element of each
   * step; default false.
   */
  readonly countElements?: boolean;
  /**
   * Functions that change their inputs, or outputs after they were emitted, fail the job with `ELEMENT_MUTATED`. For
   * tests, since it copies every element; default false.
   */
  readonly detectMutations?: boolean;
  /** Aborting it cancels the job. */
  readonly signal?: AbortSignal;
}

/** Where and how often a job writes checkpoints, and whether it continues from one. @public */
export interface CheckpointOptions {
  readonly directory: string;
  /** Absent: files in `directory`; with a store, `directory` serves in messages only. */
  readonly store?: CheckpointStore;
  /** Time between two checkpoints, in milliseconds; default 10000. */
  readonly intervalMs?: number;
  /** Complete checkpoints that are kept, the older ones to fall back on; at least 1, default 2. */
  readonly retained?: number;
  /**
   * `fresh`: start anew although the directory holds checkpoints; `restore`: continue from the newest complete one;
   * absent: the directory must hold none.
   */
  readonly start?: "fresh" | "restore";
}

/** Where a job is: the first three while it runs, one of the others once it ended. @public */
export type JobState = "running" | "draining" | "stopping" | "finished" | "stopped" | "cancelled" | "failed";

/** Where a restored job goes on: what came after these positions in the last run is read again. @public */
export interface RestoredFrom {
  /** Number of the checkpoint. */
  readonly checkpoint: number;
  /** Milliseconds since 1970. */
  readonly takenAt: number;
  readonly sources: readonly SourceSnapshot[];
  /** `CHECKPOINT_DAMAGED` for each newer checkpoint that could not be used. */
  readonly warnings: readonly Diagnostic[];
}

/** A running job. @public */
export interface JobHandle {
  readonly state: JobState;
  /** Absent on a fresh start. */
  readonly restoredFrom?: RestoredFrom;
  /** Resolves when the job ended in good order; rejects with a TributaryError (or the user's error) when it failed. */
  readonly result: Promise<JobResult>;
  /** Metrics of the runner, the sources and the sinks. */
  readonly metrics: MetricRegistry;
  /** A snapshot of counters, cheap enough to call several times a second. */
  progress(): JobProgress;
  /** Ends the sources, moves the watermark to the end of time, fires every window, flushes. */
  drain(): Promise<JobResult>;
  /** Checkpoint (where there is a directory), flush, end. No window fires early. */
  stop(): Promise<JobResult>;
  /** Ends now; nothing more is emitted or flushed. */
  cancel(): Promise<void>;
}

/** What a job did; after a restore the counts go on from the checkpoint. @public */
export interface JobResult {
  readonly state: JobState;
  /** Rows read by table or step, rows before any filter. */
  readonly read: Readonly<Record<string, number>>;
  readonly written: Readonly<Record<string, number>>;
  /** Rows dropped as late: every window they belong to was over. */
  readonly late: number;
  /** Records skipped as malformed. */
  readonly skipped: number;
  /** Since this run was started, a restored one too. */
  readonly seconds: number;
}

/** How far one split has been read. @public */
export interface SplitProgress {
  readonly id: string;
  readonly records: number;
  /** Milliseconds behind the tip, if the source says so. */
  readonly lagMs?: number;
  readonly isFinished: boolean;
  /** The model's watermark of the split, in milliseconds. */
  readonly watermark: number;
}

/** Counters of a job at one moment, by source and sink. @public */
export interface JobProgress {
  readonly state: JobState;
  readonly sources: readonly {
    readonly name: string;
    readonly records: number;
    readonly skipped: number;
    readonly watermark: number;
    readonly splits: readonly SplitProgress[];
  }[];
  readonly sinks: readonly {
    readonly name: string;
    readonly written: number;
    readonly isBackPressured: boolean;
  }[];
  readonly late: number;
  readonly checkpoints: { readonly completed: number; readonly lastDurationMs?: number };
}
