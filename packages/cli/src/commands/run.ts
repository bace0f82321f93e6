import {
  DirectRunner,
  parseDuration,
  TributaryError,
  type CheckpointOptions,
  type Diagnostic,
  type JobHandle,
  type JobResult,
} from "@tributary/core";

import { commandInvalid } from "../command-line/command-invalid.js";
import { FILE_OPTIONS, type Command, type Invocation } from "../command-line/command.js";
import { portOption } from "../command-line/port-option.js";
import { storeAt } from "../job/checkpoint-store.js";
import { atTable } from "../job/failure.js";
import { serveMetrics } from "../job/metrics-server.js";
import { foldersOf, loadJob, parallelismOf, sourceOf } from "../job/script.js";
import { onInterrupt } from "../job/signals.js";
import { withCodedWarnings } from "../output/coded-warnings.js";
import { stderrLogger } from "../output/logger.js";
import { hasErrors } from "../output/outcome.js";
import { showProgress } from "../output/progress.js";
import { restoredText } from "../output/restored.js";
import { grouped } from "../output/style.js";

interface RunSettings {
  readonly checkpoint?: CheckpointOptions;
  readonly untilIdleMs?: number;
  readonly metricsPort?: number;
}

function durationOption(name: string, { value }: Invocation, faults: Diagnostic[]): number | undefined {
  const text = value(name);
  if (text === undefined) return undefined;
  const duration = parseDuration(text);
  if (duration.ok) return duration.value;
  faults.push(commandInvalid(`--${name} '${text}' ${duration.reason}`, { hint: duration.expected }));
  return undefined;
}

function readSettings(invocation: Invocation): RunSettings {
  const { value, isSet } = invocation;
  const faults: Diagnostic[] = [];
  const intervalMs = durationOption("checkpoint-interval", invocation, faults);
  const untilIdleMs = durationOption("until-idle", invocation, faults);
  const directory = value("checkpoint");
  const needsDirectory = ["checkpoint-interval", "restore", "fresh"].filter((name) => isSet(name));
  if (directory === undefined && needsDirectory.length > 0) {
    const names = needsDirectory.map((name) => `--${name}`).join(" and ");
    faults.push(commandInvalid(`${names} without a directory`, { hint: "give --checkpoint DIR as well" }));
  }
  if (isSet("restore") && isSet("fresh"))
    faults.push(commandInvalid("--restore and --fresh exclude each other"));
  if (intervalMs === 0)
    faults.push(commandInvalid("--checkpoint-interval is 0", { hint: "give at least 1 ms" }));
  const metricsPort = portOption("metrics-port", invocation, faults);
  if (faults.length > 0) throw new TributaryError(faults);
  const start = isSet("restore") ? "restore" : isSet("fresh") ? "fresh" : undefined;
  return {
    ...(directory === undefined
      ? {}
      : {
          checkpoint: {
            directory,
            ...(intervalMs === undefined ? {} : { intervalMs }),
            ...(start === undefined ? {} : { start }),
          },
        }),
    ...(untilIdleMs === undefined ? {} : { untilIdleMs }),
    ...(metricsPort === undefined ? {} : { metricsPort }),
  };
}

/** The script's own interval counts where the command line names none. */
function withScriptInterval(
  checkpoint: CheckpointOptions | undefined,
  settings: ReadonlyMap<string, string>,
): CheckpointOptions | undefined {
  const text = settings.get("execution.checkpointing.interval");
  if (checkpoint === undefined || checkpoint.intervalMs !== undefined || text === undefined)
    return checkpoint;
  const interval = parseDuration(text);
  return interval.ok && interval.value > 0 ? { ...checkpoint, intervalMs: interval.value } : checkpoint;
}

function summary(result: JobResult): string {
  const counts = (all: Readonly<Record<string, number>>): string =>
    Object.entries(all)
      .map(([name, count]) => `${grouped(count)} ${name}`)
      .join(", ") || "nothing";
  const remarks = [
    result.late > 0 ? `${grouped(result.late)} dropped as late` : undefined,
    result.skipped > 0 ? `${grouped(result.skipped)} skipped as malformed` : undefined,
  ].filter((one) => one !== undefined);
  return [
    `${result.state} in ${result.seconds.toFixed(1)} s: read ${counts(result.read)}; wrote ${counts(result.written)}`,
    ...remarks,
  ].join("; ");
}

/**
 * Ends the job when a promise is rejected that nobody waits for: a function of the application started it and did not
 * return it, so no step fails with it, and what was made meanwhile may be wrong.
 */
async function withoutStrayRejections(handle: JobHandle): Promise<JobResult> {
  let stray: { readonly error: TributaryError } | undefined;
  const handler = (reason: unknown): void => {
    stray ??= { error: strayRejection(reason) };
    // The job's outcome arrives through `handle.result`.
    handle.cancel().catch(() => undefined);
  };
  process.on("unhandledRejection", handler);
  try {
    return await handle.result;
  } finally {
    // Node tells of rejections when all that is due has run.
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", handler);
    // It came first: what the job ended with is what it caused.
    // oxlint-disable-next-line no-unsafe-finally
    if (stray !== undefined) throw stray.error;
  }
}

function strayRejection(reason: unknown): TributaryError {
  const text = reason instanceof Error ? `${reason.name}: ${reason.message}` : String(reason);
  return new TributaryError(
    {
      severity: "error",
      code: "PIPELINE_INVALID",
      message: `A promise that nobody waits for was rejected with '${text}'.`,
      hint: "Return or await every promise that a function starts, or catch its error there.",
    },
    { cause: reason },
  );
}

/** Waits for the end; the first interrupt stops the job in good order, a second one ends the process. */
async function superviseJob(handle: JobHandle, invocation: Invocation): Promise<number> {
  const { terminal, value } = invocation;
  let isInterrupted = false;
  const removeHandlers = onInterrupt(() => {
    isInterrupted = true;
    terminal.note("stopping; ctrl-C again ends at once");
    // The outcome, good or bad, arrives through `handle.result`.
    handle.stop().catch(() => undefined);
  });
  const hideProgress = showProgress(handle, value("progress") ?? "auto", terminal);
  try {
    const result = await withoutStrayRejections(handle);
    hideProgress();
    if (terminal.isJson) {
      const { read, written, late, skipped, seconds } = result;
      terminal.printJson({ event: "finished", read, written, late, skipped, seconds });
    } else terminal.note(summary(result));
    return isInterrupted ? 130 : 0;
  } finally {
    hideProgress();
    removeHandlers();
  }
}

/** `tributary run`: runs a pipeline module or a SQL script. */
export const run: Command = {
  path: ["run"],
  summary: "run a SQL script or a pipeline module",
  operands: [{ name: "FILE" }],
  options: [
    { name: "runner", value: "NAME", choices: ["direct"], summary: "where to run" },
    {
      name: "checkpoint",
      value: "DIR",
      summary: "keep checkpoints in DIR, or at s3://BUCKET/PREFIX",
    },
    {
      name: "checkpoint-interval",
      value: "DURATION",
      summary: "time between two checkpoints (default 10 s)",
    },
    { name: "restore", summary: "continue from the newest complete checkpoint in DIR" },
    { name: "fresh", summary: "start anew although DIR holds checkpoints" },
    {
      name: "until-idle",
      value: "DURATION",
      summary: "drain and end once no source has had anything to read for so long",
    },
    {
      name: "metrics-port",
      value: "N",
      summary: "serve metrics and health on this port of the loopback interface",
    },
    {
      name: "progress",
      value: "KIND",
      choices: ["auto", "bar", "json", "none"],
      summary: "what to show on stderr (default auto)",
    },
    ...FILE_OPTIONS,
  ],
  async run(invocation) {
    const { terminal } = invocation;
    const settings = readSettings(invocation);
    const logger = withCodedWarnings(stderrLogger(invocation), terminal);
    const job = await loadJob(invocation, "run", logger);
    try {
      terminal.report(job.diagnostics, sourceOf(job));
      if (hasErrors(job.diagnostics)) return 1;
      if (job.graph === undefined) {
        if (!terminal.isJson) terminal.note("nothing to run: no INSERT");
        else
          terminal.printJson({ event: "finished", read: {}, written: {}, late: 0, skipped: 0, seconds: 0 });
        return 0;
      }
      const checkpoint = withScriptInterval(settings.checkpoint, job.settings);
      let handle: JobHandle | undefined;
      const { metricsPort } = settings;
      const metrics = metricsPort === undefined ? undefined : await serveMetrics(() => handle, metricsPort);
      try {
        if (metrics !== undefined && !terminal.isJson) terminal.note(`metrics at ${metrics.url}`);
        handle = await new DirectRunner().run(job.graph, {
          logger,
          countElements: metrics !== undefined,
          parallelism: parallelismOf(job.settings),
          ...(checkpoint === undefined
            ? {}
            : {
                checkpoint: {
                  ...checkpoint,
                  ...(await storeAt(checkpoint.directory, job.registry, foldersOf(invocation))),
                },
              }),
          ...(settings.untilIdleMs === undefined ? {} : { untilIdleMs: settings.untilIdleMs }),
        });
        metrics?.watch(handle);
        if (!terminal.isJson) for (const line of restoredText(handle)) terminal.note(line);
        return await superviseJob(handle, invocation);
      } catch (error) {
        throw atTable(error, job.graph);
      } finally {
        await metrics?.close();
      }
    } finally {
      await job.registry.dispose();
    }
  },
};
