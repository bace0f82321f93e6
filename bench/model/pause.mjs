/**
 * (c) what a checkpoint costs a running pipeline that keeps much: the longest time between two polls of the source while
 * it is cut, written and made durable, beside the longest without one. Wall time, and CPU time of the process (which
 * leaves out what other processes took).
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DirectRunner, FixedWindows, Pipeline, Sum } from "@tributary/core";
import { graphOf } from "@tributary/core/testing";
import { countingSink, rowSource } from "./source.mjs";

const cpuMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
};

/** Watches the polls of a source. */
function watched(source, onPoll) {
  return {
    ...source,
    createReader(context) {
      const reader = source.createReader(context);
      return { ...reader, poll: () => (onPoll(), reader.poll()) };
    },
  };
}

/** Runs until `checkpoints` are complete with all keys in state. */
async function measure(keys, checkpoints, allowedLatenessMs) {
  const directory = mkdtempSync(join(tmpdir(), "tributary-pause-"));
  const logger = { error: console.error, warn() {}, info() {}, debug() {}, trace() {} };
  let polls = 0;
  let last = { wall: performance.now(), cpu: cpuMs() };
  const longest = { wall: 0, cpu: 0 };
  const calm = { wall: 0, cpu: 0 };
  const fill = Math.ceil(keys / 1_000);
  let completed = 0;
  let polledDuring = 0;
  let job;
  const onPoll = () => {
    polls += 1;
    const now = { wall: performance.now(), cpu: cpuMs() };
    const gap = { wall: now.wall - last.wall, cpu: now.cpu - last.cpu };
    last = now;
    if (polls <= fill + 10 || job === undefined) return;
    const counts = job.progress().checkpoints;
    const into = counts.completed < 1 ? undefined : longest;
    const target = into ?? calm;
    target.wall = Math.max(target.wall, gap.wall);
    target.cpu = Math.max(target.cpu, gap.cpu);
    if (into !== undefined) polledDuring += 1;
    if (counts.completed > completed) {
      completed = counts.completed;
      if (completed > checkpoints) void job.stop();
    }
  };
  // Every key once, then again in another order: state neither grows nor shrinks.
  const make = (i) => ({ key: i < keys ? i : (i * 7_919) % keys, time: 0, value: 1 });
  const pipeline = new Pipeline("pause");
  pipeline
    .read("rows", watched(rowSource(Number.MAX_SAFE_INTEGER, make), onPoll), {
      eventTime: { timestamp: (row) => row.time },
    })
    .windowInto("day", { windowFn: FixedWindows.of(86_400_000), allowedLatenessMs })
    .combinePerKey("sum", { key: (row) => row.key, combine: Sum.of((row) => row.value) })
    .write("out", countingSink());
  try {
    job = await new DirectRunner().run(graphOf(pipeline), {
      logger,
      checkpoint: { directory, start: "fresh", intervalMs: 3_000 },
    });
    await job.result;
    const { lastDurationMs } = job.progress().checkpoints;
    return { calm, longest, lastDurationMs, rowsDuring: polledDuring * 1_000 };
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const run =
  (allowedLatenessMs) =>
  (keys, checkpoints = 2) =>
    measure(keys, checkpoints, allowedLatenessMs);

export const CONTENDERS = { once: run(0), general: run(1_000) };
