/** A disk that is full in the middle of a checkpoint: the job ends with a fault of the machine, and can be restored. */
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { JobProcess } from "./job.js";
import type { JobSaying, JobSettings } from "./job-process.js";
import { randomOf } from "./random.js";
import { expectedOf, faultsOf, resultsOf } from "./results.js";
import { readingsOf, type World } from "./world.js";

const READINGS = 300;
/** Room on the disk: for the lock and some checkpoints. */
const ROOM_MIN_BYTES = 20_000;
const ROOM_MAX_BYTES = 60_000;
const INTERVAL_MS = 20;
const IDLE_MS = 600;

/** What came of it. */
export interface DiskFullOutcome {
  readonly failure: JobSaying | undefined;
  /** Files in the directory when the job had ended. */
  readonly left: readonly string[];
  readonly faults: readonly string[];
}

export async function playDiskFull(world: World, seed: number): Promise<DiskFullOutcome> {
  const random = randomOf(seed);
  const directory = mkdtempSync(join(tmpdir(), "tributary-full-"));
  const [input, output] = [`full-in-${seed}`, `full-out-${seed}`];
  const readings = readingsOf(0, READINGS, random);
  await world.createStream(input);
  await world.createStream(output);
  await world.put(input, readings);
  const settings: JobSettings = {
    language: "typescript",
    endpoint: world.endpoint,
    input,
    output,
    directory,
    seed,
    intervalMs: INTERVAL_MS,
  };
  try {
    const diskBytes = Math.floor(ROOM_MIN_BYTES + random() * (ROOM_MAX_BYTES - ROOM_MIN_BYTES));
    const failure = await new JobProcess({ ...settings, breakage: { diskBytes } }).ended();
    const left = readdirSync(directory);
    const restored = new JobProcess({ ...settings, start: "restore", untilIdleMs: IDLE_MS });
    const last = await restored.ended();
    const faults = faultsOf(expectedOf(readings), resultsOf(await world.rows(output)));
    const isFinished = last !== undefined && "state" in last && last.state === "finished";
    return { failure, left, faults: isFinished ? faults : [JSON.stringify(last), ...faults] };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
