/**
 * The process that is killed: runs a pipeline with checkpoints and says on standard output, at once and in order, what
 * it is at. Started by `job.ts` with its settings as JSON.
 */
import { writeSync } from "node:fs";

import {
  DirectRunner,
  DirectoryCheckpointStore,
  TributaryError,
  type CheckpointStore,
  type JobHandle,
  type PipelineGraph,
  type Sink,
  type Source,
  type StepBinding,
} from "@tributary/core";
import { SILENT_LOGGER } from "@tributary/core/testing";

import { breakMachine, type Breakage } from "./broken-machine.js";
import { graphOf, type PipelineChoice } from "./pipelines.js";
import { randomOf } from "./random.js";

/** What a job process is started with. */
export interface JobSettings extends PipelineChoice {
  readonly directory?: string;
  readonly start?: "restore";
  readonly intervalMs: number;
  readonly untilIdleMs?: number;
  readonly seed: number;
  readonly breakage?: Breakage;
  /** Says so often how it is, in milliseconds. */
  readonly vitalsEveryMs?: number;
}

/** How a process is. Memory in bytes, behind a garbage collection where Node is told to allow it. */
export interface Vitals {
  readonly heap: number;
  readonly resident: number;
  /** Sockets, timers and whatever else is open. */
  readonly handles: number;
  /** How far the slowest shard is behind its tip, in milliseconds. */
  readonly lagMs: number;
  readonly records: number;
  readonly written: number;
}

/** What a process says of itself, one a line. */
export type JobSaying =
  | { readonly phase: "starting" | "restoring" | "reading" | "flush" | "checkpoint" }
  /** Records that a reader gave. */
  | { readonly read: number }
  /** A split was assigned. */
  | { readonly assigned: string }
  | { readonly vitals: Vitals }
  | { readonly state: string; readonly late: number; readonly skipped: number }
  | { readonly failed: string; readonly message: string };

function say(saying: JobSaying): void {
  writeSync(1, `${JSON.stringify(saying)}\n`);
}

function observedSource(source: Source<unknown>): Source<unknown> {
  let isReading = false;
  return {
    boundedness: source.boundedness,
    describePosition: (record) => source.describePosition?.(record) ?? "",
    createEnumerator: (context, restored) =>
      source.createEnumerator(
        {
          ...context,
          assign: (split, reader, continues) => {
            say({ assigned: split.id });
            context.assign(split, reader, continues);
          },
        },
        restored,
      ),
    createReader: (context) => {
      const reader = source.createReader(context);
      const poll = reader.poll.bind(reader);
      reader.poll = async () => {
        if (!isReading) say({ phase: "reading" });
        isReading = true;
        const given = await poll();
        if (given !== undefined && given.records.length > 0) say({ read: given.records.length });
        return given;
      };
      return reader;
    },
  };
}

function observedSink(sink: Sink<unknown>): Sink<unknown> {
  return {
    createWriter: async (context, restored) => {
      const writer = await sink.createWriter(context, restored);
      const [write, flush] = [writer.write.bind(writer), writer.flush.bind(writer)];
      let isUnflushed = false;
      writer.write = (elements) => {
        isUnflushed = true;
        return write(elements);
      };
      writer.flush = async () => {
        if (!isUnflushed) return flush();
        say({ phase: "flush" });
        await flush();
        isUnflushed = false;
        say({ phase: "reading" });
      };
      return writer;
    },
  };
}

function observed(graph: PipelineGraph): PipelineGraph {
  const observe = (binding: StepBinding): StepBinding => {
    if (binding.kind === "write") return { ...binding, sink: observedSink(binding.sink) };
    if (binding.kind !== "read" || "createFunction" in binding.source) return binding;
    return { ...binding, source: observedSource(binding.source) };
  };
  return {
    ...graph,
    bindings: new Map([...graph.bindings].map(([step, binding]) => [step, observe(binding)])),
  };
}

/** The real store, with what it is at. */
function observedStore(directory: string): CheckpointStore {
  const store = new DirectoryCheckpointStore(directory);
  return {
    description: store.description,
    acquire: () => store.acquire(),
    list: () => store.list(),
    read: (id) => {
      say({ phase: "restoring" });
      return store.read(id);
    },
    write: async (id, parts) => {
      say({ phase: "checkpoint" });
      await store.write(id, parts);
      say({ phase: "reading" });
    },
    remove: (id) => store.remove(id),
    release: () => store.release(),
  };
}

function vitalsOf(job: JobHandle): Vitals {
  (globalThis as { readonly gc?: () => void }).gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  const { sources, sinks } = job.progress();
  const lags = sources.flatMap(({ splits }) =>
    splits.map((split) => (split.isFinished ? 0 : (split.lagMs ?? 0))),
  );
  return {
    heap: heapUsed,
    resident: rss,
    handles: process.getActiveResourcesInfo().length,
    lagMs: Math.max(0, ...lags),
    records: sources.reduce((sum, one) => sum + one.records, 0),
    written: sinks.reduce((sum, one) => sum + one.written, 0),
  };
}

async function main(settings: JobSettings): Promise<void> {
  const { directory, intervalMs, start, untilIdleMs, breakage, vitalsEveryMs } = settings;
  if (breakage !== undefined) await breakMachine(breakage, randomOf(settings.seed));
  const job = await new DirectRunner().run(observed(await graphOf(settings)), {
    logger: SILENT_LOGGER,
    ...(directory === undefined
      ? {}
      : {
          checkpoint: {
            directory,
            store: observedStore(directory),
            intervalMs,
            ...(start === undefined ? {} : { start }),
          },
        }),
    ...(untilIdleMs === undefined ? {} : { untilIdleMs }),
  });
  const vitals =
    vitalsEveryMs === undefined
      ? undefined
      : setInterval(() => say({ vitals: vitalsOf(job) }), vitalsEveryMs);
  const { state, late, skipped } = await job.result;
  clearInterval(vitals);
  say({ state, late, skipped });
}

say({ phase: "starting" });
try {
  await main(JSON.parse(process.argv[2] ?? "") as JobSettings);
} catch (error) {
  const failed = TributaryError.is(error) ? error.code : "CRASH";
  say({ failed, message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  process.exitCode = 1;
}
