import { performance } from "node:perf_hooks";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Clock, Logger, Services } from "../../connector/services.js";
import type { SinkWriter } from "../../connector/sink.js";
import { TributaryError } from "../../diagnostics/error.js";
import type { PipelineGraph } from "../../pipeline/graph.js";
import { ByteReader } from "../../types/coders/byte-reader.js";
import type { Checkpointed, Checkpointer } from "../checkpoint/checkpointer.js";
import type { StoredCheckpoint } from "../checkpoint/restore.js";
import type { Snapshot } from "../checkpoint/snapshot.js";
import type { MetricRegistry } from "../metrics.js";
import { observeWithOpenTelemetry } from "../telemetry/open-telemetry.js";
import type { JobHandle, JobProgress, JobResult, JobState, RestoredFrom } from "../runner.js";
import { BundleGate } from "./bundle-gate.js";
import { componentsOf, type Component, type Waiting } from "./component.js";
import { Finalization } from "./finalization.js";
import { IdleDetector } from "./idle-detector.js";
import { registerMetrics } from "./job-metrics.js";
import { cutJob, writeCut, type JobCut } from "./job-snapshot.js";
import { ProcessingTimer } from "./processing-timer.js";
import type { BundleStep } from "./push.js";
import type { SinkStep } from "./sink-step.js";
import { SourceLoop, type EndRequest, type LoopHost } from "./source-loop.js";
import { failedStep, stepError } from "./step-error.js";

/** Longest run of work without a turn for timers and I/O, in milliseconds of real time. */
const TURN_MAX_MS = 10;
/** A timer that keeps the process alive while the job runs fires this rarely, in milliseconds. */
const KEEP_ALIVE_MS = 2 ** 31 - 1;

/** Longest wait at the end for the teardown of a function and for a checkpoint under way, in milliseconds of real time. */
const PATIENCE_MS = 5_000;

/** What a job is made of. */
export interface JobParts {
  readonly graph: PipelineGraph;
  readonly services: Omit<Services, "metrics">;
  readonly metrics: MetricRegistry;
  readonly restored: StoredCheckpoint | undefined;
  readonly untilIdleMs: number | undefined;
  readonly countsElements: boolean;
  /** Writers of each sink. */
  readonly parallelism: number;
  readonly detectMutations: boolean;
  /** Gives up what the job was lent, e.g. the checkpoint directory. Called once, last. */
  readonly release: () => Promise<void>;
}

/** Why waits of a cancelled job are given up. */
class JobCancelledError extends Error {
  override readonly name = "JobCancelledError";

  constructor() {
    super("The job was cancelled.");
  }
}

/**
 * A running graph. Source loops do the work; the job opens and closes what they use, lets checkpoints in between
 * bundles, and decides how it all ends: by itself, by `drain`, `stop` or `cancel`, or with the first error.
 */
export class Job implements JobHandle, LoopHost, Checkpointed {
  readonly result: Promise<JobResult>;
  readonly metrics: MetricRegistry;
  readonly restoredFrom?: RestoredFrom;
  readonly waiting: Waiting = {
    until: (promise) => {
      // Nobody asks for it any more once the job has ended.
      promise.catch(() => {});
      return this.#unlessAborted(() => promise);
    },
    breathe: () => this.breathe(),
  };
  readonly #parts: JobParts;
  readonly #components: readonly Component[];
  readonly #finalization: Finalization;
  readonly #sinks: readonly SinkStep[];
  readonly #loops: readonly SourceLoop[];
  /** Aborted when the job ends for whatever reason. */
  readonly #ended = new AbortController();
  /** Aborted when the job is cancelled or fails. */
  readonly #failed = new AbortController();
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #idleDetector: IdleDetector | undefined;
  /** Undo steps of what was opened, run in reverse order. */
  readonly #closers: (() => Promise<void>)[] = [];
  readonly #startedAt: number;
  /** Timers of the clock keep no process alive; a job does, from opening on. */
  #keepAlive: NodeJS.Timeout | undefined;
  #checkpointer: Checkpointer | undefined;
  #lineage: string;
  #state: JobState = "running";
  #failure: { readonly error: unknown } | undefined;
  #settle: { resolve: (result: JobResult) => void; reject: (error: unknown) => void } | undefined;
  /** Of the last checkpoint, by step. */
  readonly #stateBytes = new Map<string, number>();
  readonly #unobserve: () => void;
  readonly #gate = new BundleGate();
  readonly #processingTimers: readonly ProcessingTimer[];
  /** True once every source has ended. */
  #isEnding = false;
  #lastTurn = performance.now();
  /** Wakes the wait for steps with work left. */
  #worked: (() => void) | undefined;

  constructor(parts: JobParts) {
    this.#parts = parts;
    this.#clock = parts.services.clock;
    this.#logger = parts.services.logger;
    this.metrics = parts.metrics;
    if (parts.restored !== undefined) this.restoredFrom = restoredFrom(parts.restored);
    this.#startedAt = this.#clock.now();
    this.#lineage = parts.services.random.uuid();
    this.#finalization = new Finalization(this.#clock, this.#logger);
    this.#components = componentsOf(parts.graph, {
      clock: this.#clock,
      logger: this.#logger,
      signal: this.#ended.signal,
      userMetrics: this.metrics.user,
      finalization: this.#finalization,
      bundleRetries: {
        add: (step) => this.metrics.group("step").group(step).counter("bundleRetries").add(1),
      },
      countsElements: parts.countsElements,
      detectMutations: parts.detectMutations,
    });
    this.#sinks = this.#components.flatMap((component) => component.sinks);
    this.#loops = this.#makeLoops();
    this.#processingTimers = this.#components.map(
      (component) => new ProcessingTimer(component, this.#clock, this),
    );
    this.#idleDetector =
      parts.untilIdleMs === undefined
        ? undefined
        : new IdleDetector(
            this.#clock,
            parts.untilIdleMs,
            () => this.#loops.every((loop) => loop.isWaiting),
            () => this.#requestEnd("drain"),
          );
    this.result = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    // Nobody need ask for the result.
    this.result.catch(() => {});
    registerMetrics(this.metrics, {
      loops: this.#loops,
      components: this.#components,
      checkpoints: () => this.#checkpointProgress(),
      stateBytes: (step) => this.#stateBytes.get(step) ?? 0,
      now: () => this.#clock.now(),
    });
    this.#unobserve = observeWithOpenTelemetry(this.metrics, { pipeline: parts.graph.name });
  }

  get state(): JobState {
    return this.#state;
  }

  get signal(): AbortSignal {
    return this.#ended.signal;
  }

  /**
   * Opens sinks, functions and sources, in this order, and gives them their state. Closes all again on failure, and when
   * the job is cancelled meanwhile, which its result tells.
   */
  async open(): Promise<void> {
    const restored = this.#parts.restored?.snapshot;
    this.#keepAlive = setInterval(() => {}, KEEP_ALIVE_MS);
    try {
      if (restored !== undefined) this.#lineage = restored.manifest.lineage;
      for (const sink of this.#sinks) await this.#openSink(sink, restored);
      for (const component of this.#components) {
        for (const step of component.bundleSteps) {
          this.#closers.push(() => this.#tearDown(step));
          await this.#unlessAborted(() => step.open());
        }
        this.#restoreKeyedState(component, restored);
      }
      for (const loop of this.#loops) {
        this.#closers.push(() => loop.close());
        loop.open(restored?.manifest.sources.find((source) => source.step === loop.step));
      }
    } catch (error) {
      this.#giveUp(error);
      await this.#closeAll();
      clearInterval(this.#keepAlive);
      if (!(this.#failure?.error instanceof JobCancelledError)) throw error;
      this.#settle?.resolve(this.#conclude());
    }
  }

  /** Starts the loops. The promise of the result settles when all has ended. */
  start(checkpointer: Checkpointer | undefined): void {
    if (this.#state !== "running") return;
    this.#checkpointer = checkpointer;
    this.#finalization.waitsForCheckpoints = checkpointer !== undefined;
    this.#idleDetector?.start();
    checkpointer?.start();
    for (const timer of this.#processingTimers) timer.arm();
    this.#runToEnd()
      .finally(() => clearInterval(this.#keepAlive))
      .then(
        (result) => this.#settle?.resolve(result),
        (error: unknown) => this.#settle?.reject(error),
      );
  }

  progress(): JobProgress {
    return {
      state: this.#state,
      sources: this.#loops.map((loop) => loop.progress()),
      sinks: this.#sinks.map((sink) => ({
        name: sink.label,
        written: sink.written,
        isBackPressured: sink.isBackPressured,
      })),
      late: this.#lateRows(),
      checkpoints: this.#checkpointProgress(),
    };
  }

  drain(): Promise<JobResult> {
    this.#requestEnd("drain");
    return this.result;
  }

  stop(): Promise<JobResult> {
    this.#requestEnd("stop");
    return this.result;
  }

  async cancel(): Promise<void> {
    this.#giveUp(new JobCancelledError());
    await this.result.catch(() => {});
  }

  enter(): Promise<void> {
    return this.#gate.enter();
  }

  leave(): void {
    this.#gate.leave();
    for (const timer of this.#processingTimers) timer.arm();
    this.#worked?.();
  }

  delivered(): void {
    this.#idleDetector?.delivered();
  }

  async breathe(): Promise<void> {
    if (performance.now() - this.#lastTurn < TURN_MAX_MS) return;
    await nextTurn();
    this.#lastTurn = performance.now();
  }

  fail(error: unknown): void {
    this.#giveUp(error);
  }

  /** The job rests for the flush and the cut; bundles go on while the state is written. */
  async cut(isDrained: boolean): Promise<Snapshot> {
    const snapshot = await writeCut(await this.#cutAtRest(isDrained), this.#failed.signal);
    for (const [step, pieces] of snapshot.keyedState) {
      this.#stateBytes.set(
        step,
        pieces.reduce((sum, piece) => sum + piece.length, 0),
      );
    }
    return snapshot;
  }

  async #cutAtRest(isDrained: boolean): Promise<JobCut> {
    const open = this.#gate.close();
    try {
      await this.#gate.untilAtRest();
      await this.#unlessAborted(() => this.#flush());
      this.#finalization.checkpointCut();
      return cutJob({
        graph: this.#parts.graph,
        lineage: this.#lineage,
        takenAt: this.#clock.now(),
        isDrained,
        loops: this.#loops,
        components: this.#components,
      });
    } finally {
      open();
    }
  }

  async completed(): Promise<void> {
    await Promise.all(this.#sinks.map((sink) => sink.checkpointCompleted()));
    await this.waiting.until(this.#finalization.checkpointCompleted());
  }

  #checkpointProgress(): JobProgress["checkpoints"] {
    const lastDurationMs = this.#checkpointer?.lastDurationMs;
    return {
      completed: this.#checkpointer?.completed ?? 0,
      ...(lastDurationMs === undefined ? {} : { lastDurationMs }),
    };
  }

  #makeLoops(): readonly SourceLoop[] {
    const { graph, services, metrics } = this.#parts;
    return this.#components.flatMap((component) =>
      component.nodes.flatMap((node) => {
        const binding = graph.bindings.get(node.name);
        if (binding?.kind !== "read") return [];
        const group = metrics.group("source").group(binding.table ?? node.name);
        return new SourceLoop({
          step: node.name,
          binding,
          component,
          services: { ...services, metrics: group },
          host: this,
        });
      }),
    );
  }

  async #openSink(sink: SinkStep, restored: Snapshot | undefined): Promise<void> {
    const stored = restored?.manifest.sinks.find((one) => one.step === sink.name);
    const { parallelism } = this.#parts;
    const metrics = this.metrics.group("sink").group(sink.label);
    const writers: SinkWriter<unknown>[] = [];
    // Those that were opened before one that cannot be are closed too.
    this.#closers.push(() => sink.close());
    sink.use(writers);
    try {
      for (let writerIndex = 0; writerIndex < parallelism; writerIndex++) {
        const context = {
          ...this.#parts.services,
          metrics: parallelism === 1 ? metrics : metrics.group("writer").group(String(writerIndex)),
          writerIndex,
          parallelism,
          signal: this.#failed.signal,
          fail: (error: unknown) => this.fail(stepError(sink.name, error)),
        };
        const state = stored?.states === undefined ? stored?.state : stored.states[writerIndex];
        writers.push(
          state === undefined || (state === null && stored?.states !== undefined)
            ? await sink.sink.createWriter(context)
            : await sink.sink.createWriter(context, state),
        );
      }
    } catch (error) {
      throw stepError(sink.name, error);
    }
    sink.use(writers);
    sink.written = stored?.written ?? 0;
  }

  #restoreKeyedState(component: Component, restored: Snapshot | undefined): void {
    if (restored === undefined) return;
    for (const step of component.statefulSteps) {
      const pieces = restored.keyedState.get(step.name);
      if (pieces === undefined) continue;
      const [first, ...others] = pieces;
      const bytes = others.length === 0 && first !== undefined ? first : Buffer.concat(pieces);
      step.restore(new ByteReader(bytes), restored.formatVersion);
    }
  }

  async #runToEnd(): Promise<JobResult> {
    const loops = this.#loops.map((loop) => loop.run());
    try {
      await Promise.all(loops.map((loop) => loop.catch((error: unknown) => this.#giveUp(error))));
      await this.#untilWorkIsDone();
      if (!this.signal.aborted) await this.#endInGoodOrder();
    } catch (error) {
      this.#giveUp(error);
    }
    this.#idleDetector?.stop();
    for (const timer of this.#processingTimers) timer.stop();
    await this.#patiently(this.#checkpointer?.close(), "a checkpoint has not been written or given up", {});
    this.#ended.abort(new Error("The job has ended."));
    await this.#closeAll();
    return this.#conclude();
  }

  /** Steps may have work of their own left when the sources have ended. A job that is stopped leaves it. */
  async #untilWorkIsDone(): Promise<void> {
    while (this.#mayWorkOn() && this.#components.some((component) => component.isWorking)) {
      if (this.#state === "draining") await this.#advanceAll();
      if (!this.#mayWorkOn() || !this.#components.some((component) => component.isWorking)) return;
      await new Promise<void>((resolve) => {
        this.#worked = resolve;
      });
    }
  }

  #mayWorkOn(): boolean {
    return !this.signal.aborted && this.#state !== "stopping";
  }

  async #advanceAll(): Promise<void> {
    await this.enter();
    try {
      for (const component of this.#components) await component.advanceWatermarks(this.waiting);
    } finally {
      this.leave();
    }
  }

  /** Flushes, with a last checkpoint where there are any. */
  async #endInGoodOrder(): Promise<void> {
    this.#isEnding = true;
    const isDrained = this.#state !== "stopping";
    if (this.#checkpointer === undefined) {
      await this.#unlessAborted(() => this.#flush());
    } else {
      const checkpointer = this.#checkpointer;
      await this.#unlessAborted(() => checkpointer.take(isDrained));
    }
  }

  #conclude(): JobResult {
    const failure = this.#failure;
    if (failure === undefined) {
      this.#state = this.#state === "stopping" ? "stopped" : "finished";
    } else if (failure.error instanceof JobCancelledError) {
      this.#state = "cancelled";
    } else {
      this.#state = "failed";
      this.#logFailure(failure.error);
      throw failure.error;
    }
    return this.#summary();
  }

  #logFailure(error: unknown): void {
    const step = failedStep(error);
    this.#logger.debug("the job failed", {
      ...(step === undefined ? {} : { step }),
      code: TributaryError.is(error) ? error.code : undefined,
      reason: error instanceof Error ? error.message : String(error),
    });
  }

  #summary(): JobResult {
    return {
      state: this.#state,
      read: totals(this.#loops, (loop) => loop.rows),
      written: totals(this.#sinks, (sink) => sink.written),
      late: this.#lateRows(),
      skipped: this.#loops.reduce((sum, loop) => sum + loop.skipped, 0),
      seconds: (this.#clock.now() - this.#startedAt) / 1_000,
    };
  }

  #lateRows(): number {
    return this.#components.reduce((sum, component) => sum + component.lateRows, 0);
  }

  #requestEnd(request: EndRequest): void {
    if (this.#state !== "running" || this.#isEnding) return;
    this.#state = request === "drain" ? "draining" : "stopping";
    if (request === "drain") for (const component of this.#components) component.drain();
    for (const loop of this.#loops) loop.requestEnd(request);
    this.#worked?.();
  }

  /** The first error wins; everything that waits is woken. */
  #giveUp(error: unknown): void {
    if (this.signal.aborted) return;
    this.#failure = { error };
    this.#failed.abort(error);
    this.#ended.abort(error);
    for (const loop of this.#loops) loop.abort(error);
    this.#gate.wake();
    this.#worked?.();
  }

  async #flush(): Promise<void> {
    await Promise.all(this.#sinks.map((sink) => sink.flush()));
  }

  async #unlessAborted(work: () => Promise<void>): Promise<void> {
    this.signal.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const abort = (): void => reject(this.signal.reason as Error);
      this.signal.addEventListener("abort", abort, { once: true });
      work()
        .then(resolve, reject)
        .finally(() => this.signal.removeEventListener("abort", abort));
    });
  }

  #tearDown(step: BundleStep): Promise<void> {
    return this.#patiently(step.close(), "a function has not ended its teardown", { step: step.name });
  }

  /** Best effort: what does not come back keeps no job from ending. */
  async #patiently(
    work: Promise<void> | undefined,
    warning: string,
    fields: Readonly<Record<string, string>>,
  ): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(() => {
        this.#logger.warn(warning, fields);
        resolve();
      }, PATIENCE_MS);
    });
    try {
      await Promise.race([work, patience]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** In reverse order of opening. A failure in here hides no earlier one. */
  async #closeAll(): Promise<void> {
    for (const close of this.#closers.toReversed()) {
      try {
        await close();
      } catch (error) {
        this.#failure ??= { error };
      }
    }
    this.#closers.length = 0;
    this.#unobserve();
    try {
      await this.#parts.release();
    } catch (error) {
      this.#failure ??= { error };
    }
  }
}

function restoredFrom({ id, snapshot, warnings }: StoredCheckpoint): RestoredFrom {
  const { takenAt, sources } = snapshot.manifest;
  return { checkpoint: id, takenAt, sources, warnings };
}

/** Several steps on one table count together. */
function totals<S extends { readonly label: string }>(
  steps: readonly S[],
  count: (step: S) => number,
): Readonly<Record<string, number>> {
  const sums = new Map<string, number>();
  for (const step of steps) sums.set(step.label, (sums.get(step.label) ?? 0) + count(step));
  return Object.fromEntries(sums);
}
