import { planSource } from "@tributary/core";
import type {
  Clock,
  JsonValue,
  LogFields,
  MetricGroup,
  PlanContext,
  Random,
  SourceFunction,
  SourceFunctionContext,
  TableDescriptor,
} from "@tributary/core";
import type { KinesisRecord } from "@tributary/io-kinesis";

import { hastyServices } from "./source-harness.js";

/** How a job of the old source runs. */
export interface LegacyRun {
  readonly subtaskIndex?: number;
  readonly parallelism?: number;
  readonly restored?: readonly JsonValue[];
  readonly clock?: Clock;
  readonly random?: Random;
  /** Called after every section under the lock, with what it emitted. */
  readonly onEmit?: (job: LegacyJob) => void;
  /** The function, where several subtasks share what the factory made. */
  readonly make?: () => SourceFunction<KinesisRecord>;
}

/** One thing that was emitted. */
export interface Emitted {
  readonly record: KinesisRecord;
  readonly timestampMs: number;
  readonly part: string;
}

/** What a table's planning makes of the old source. @throws with the diagnostics if it is refused. */
export function functionOf(
  table: TableDescriptor,
  context: PlanContext,
): () => SourceFunction<KinesisRecord> {
  const planned = planSource(table, context);
  const source = planned.value?.binding.source;
  if (source === undefined || !("createFunction" in source))
    throw new Error(JSON.stringify(planned.diagnostics));
  return source.createFunction;
}

/** Plays the runner for one subtask of the old source: sections run at once, unless the job is held. */
export class LegacyJob {
  readonly emitted: Emitted[] = [];
  readonly opened: string[] = [];
  readonly closed: string[] = [];
  readonly logged: { readonly message: string; readonly fields: LogFields }[] = [];
  readonly gauges = new Map<string, () => number>();
  isCaughtUp = true;
  failure: unknown;
  readonly done: Promise<void>;
  readonly #function: SourceFunction<KinesisRecord>;
  readonly #changed: (() => void)[] = [];
  #held: (() => void)[] | undefined;
  #isStopped = false;

  constructor(make: () => SourceFunction<KinesisRecord>, run: LegacyRun = {}) {
    const hasty = hastyServices([], this.gauges);
    const log =
      (level: string) =>
      (message: string, fields: LogFields = {}): void =>
        void this.logged.push({ message: `${level} ${message}`, fields });
    const metrics: MetricGroup = hasty.metrics;
    const context: SourceFunctionContext<KinesisRecord> = {
      clock: run.clock ?? hasty.clock,
      random: run.random ?? hasty.random,
      logger: {
        error: log("error"),
        warn: log("warn"),
        info: log("info"),
        debug: log("debug"),
        trace: log("trace"),
      },
      metrics,
      subtaskIndex: run.subtaskIndex ?? 0,
      parallelism: run.parallelism ?? 1,
      signal: new AbortController().signal,
      ...(run.restored !== undefined && { restored: run.restored }),
      underCheckpointLock: async (section, of) => {
        if (this.#held !== undefined) await new Promise<void>((resolve) => this.#held?.push(resolve));
        if (this.#isStopped) throw new Error("stopped");
        section((record, timestampMs) => this.emitted.push({ record, timestampMs, part: of?.part ?? "" }));
        run.onEmit?.(this);
        this.#wake();
      },
      openParts: (ids) => {
        this.opened.push(...ids);
        this.#wake();
      },
      closePart: (id) => {
        this.closed.push(id);
        this.#wake();
      },
      markIdle: () => {},
      setCaughtUp: (isCaughtUp) => {
        this.isCaughtUp = isCaughtUp;
        this.#wake();
      },
    };
    this.#function = make();
    this.done = this.#function.run(context).then(
      () => this.#wake(),
      (error: unknown) => {
        this.failure = error;
        this.#wake();
      },
    );
  }

  static start(table: TableDescriptor, context: PlanContext, run: LegacyRun = {}): LegacyJob {
    return new LegacyJob(run.make ?? functionOf(table, context), run);
  }

  get texts(): readonly string[] {
    return this.emitted.map(({ record }) => Buffer.from(record.data).toString());
  }

  snapshot(): readonly JsonValue[] {
    return JSON.parse(JSON.stringify(this.#function.snapshot())) as readonly JsonValue[];
  }

  /** Nothing is accepted until {@link release}. */
  hold(): void {
    this.#held ??= [];
  }

  release(): void {
    const held = this.#held;
    this.#held = undefined;
    for (const resume of held ?? []) resume();
  }

  /** Resolves when `condition` holds, looked at after everything that the function does. @throws what failed it. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.failure !== undefined) throw this.failure as Error;
      await new Promise<void>((resolve) => this.#changed.push(resolve));
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#function.cancel();
    this.release();
    await this.done;
  }

  #wake(): void {
    for (const wake of this.#changed.splice(0)) wake();
  }
}
