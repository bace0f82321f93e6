import { TributaryError } from "../../diagnostics/error.js";
import type { PipelineGraph } from "../../pipeline/graph.js";
import {
  Checkpointer,
  CHECKPOINT_INTERVAL_DEFAULT_MS,
  CHECKPOINTS_RETAINED_DEFAULT,
} from "../checkpoint/checkpointer.js";
import { DirectoryCheckpointStore } from "../checkpoint/directory-store.js";
import { startingPoint, type StartingPoint, type StoredCheckpoint } from "../checkpoint/restore.js";
import { incompatibilities, signaturesOf } from "../checkpoint/signatures.js";
import type { CheckpointStore } from "../checkpoint/checkpoint-store.js";
import { MetricRegistry } from "../metrics.js";
import type { Capabilities, CheckpointOptions, JobHandle, RunOptions, Runner } from "../runner.js";
import type { Logger } from "../../connector/services.js";
import { STDERR_LOGGER, SYSTEM_CLOCK, SYSTEM_RANDOM } from "../system-services.js";
import { STEP_KINDS, validateGraph } from "../validate-graph.js";
import { Job } from "./job.js";
import { checkParallelism, writerFaults } from "./parallelism.js";

/** Runs a graph in this process. @public */
export class DirectRunner implements Runner {
  readonly capabilities: Capabilities = { name: "direct", stepKinds: STEP_KINDS };

  async run(graph: PipelineGraph, options: RunOptions = {}): Promise<JobHandle> {
    const faults = validateGraph(graph);
    if (faults.length > 0) throw new TributaryError(faults);
    const logger = options.logger ?? STDERR_LOGGER;
    const parallelism = options.parallelism ?? 1;
    checkParallelism(parallelism);
    const checkpoints = await openCheckpoints(options.checkpoint, { graph, parallelism }, logger);
    const services = {
      clock: options.clock ?? SYSTEM_CLOCK,
      random: options.random ?? SYSTEM_RANDOM,
      logger,
    };
    const job = new Job({
      graph,
      services,
      metrics: options.metrics ?? new MetricRegistry(),
      restored: checkpoints?.start.restored,
      untilIdleMs: options.untilIdleMs,
      countsElements: options.countElements ?? false,
      parallelism,
      detectMutations: options.detectMutations ?? false,
      release: async () => checkpoints?.store.release(),
    });
    cancelWith(options.signal, job);
    await job.open();
    job.start(
      checkpoints === undefined
        ? undefined
        : new Checkpointer({ ...checkpoints, clock: services.clock, logger, job }),
    );
    return job;
  }
}

/** What a checkpoint has to fit. */
interface PlannedJob {
  readonly graph: PipelineGraph;
  readonly parallelism: number;
}

interface OpenCheckpoints {
  readonly store: CheckpointStore;
  readonly start: StartingPoint;
  readonly intervalMs: number;
  readonly retained: number;
}

async function openCheckpoints(
  options: CheckpointOptions | undefined,
  planned: PlannedJob,
  logger: Logger,
): Promise<OpenCheckpoints | undefined> {
  if (options === undefined) return undefined;
  const store = options.store ?? new DirectoryCheckpointStore(options.directory);
  await store.acquire();
  try {
    const start = await startingPoint(store, options.start, logger);
    if (start.restored !== undefined) checkFit(start.restored, planned, logger);
    return {
      store,
      start,
      intervalMs: options.intervalMs ?? CHECKPOINT_INTERVAL_DEFAULT_MS,
      retained: Math.max(1, options.retained ?? CHECKPOINTS_RETAINED_DEFAULT),
    };
  } catch (error) {
    await store.release();
    throw error;
  }
}

/** Says where the job goes on: what was read after these positions before the end of the last run is repeated. */
function checkFit(
  { id, snapshot }: StoredCheckpoint,
  { graph, parallelism }: PlannedJob,
  logger: Logger,
): void {
  const faults = [
    ...incompatibilities(snapshot.manifest, signaturesOf(graph)),
    ...writerFaults(snapshot.manifest.sinks, parallelism),
  ];
  if (faults.length > 0) throw new TributaryError(faults);
  const { sources, takenAt } = snapshot.manifest;
  logger.info("restored from a checkpoint", { checkpoint: id, takenAt: new Date(takenAt).toISOString() });
  for (const { label, splits } of sources) {
    for (const { id: split, state, rows } of splits) {
      logger.info("reads on from", { source: label, split, position: JSON.stringify(state), rows });
    }
  }
}

function cancelWith(signal: AbortSignal | undefined, job: Job): void {
  if (signal === undefined) return;
  const cancel = (): void => {
    job.cancel().catch(() => {});
  };
  if (signal.aborted) {
    cancel();
    return;
  }
  signal.addEventListener("abort", cancel, { once: true });
  const forget = (): void => signal.removeEventListener("abort", cancel);
  job.result.then(forget, forget);
}
