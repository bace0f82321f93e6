/**
 * A steady load on one job for minutes: its memory must not grow, its lag stays bounded, and nothing is left open.
 *
 *   npm run test:soak -- MINUTES
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { JobProcess } from "../faults/job.js";
import { randomOf } from "../faults/random.js";
import { readingsOf, World } from "../faults/world.js";
import { judge } from "./judge.js";

const RECORDS_PER_SECOND = 500;
const PUT_EVERY_MS = 200;
const SAMPLE_EVERY_MS = 2_000;

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const mb = (bytes: number): string => `${(bytes / 1_000_000).toFixed(1)} MB`;

async function soak(minutes: number): Promise<number> {
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
  const world = await World.open();
  const directory = mkdtempSync(join(tmpdir(), "tributary-soak-"));
  const random = randomOf(1);
  await world.createStream("soak-in");
  await world.createStream("soak-out");
  const job = new JobProcess(
    {
      language: "typescript",
      endpoint: world.endpoint,
      input: "soak-in",
      output: "soak-out",
      directory,
      intervalMs: 1_000,
      fetchRecords: 1_000,
      seed: 1,
      vitalsEveryMs: SAMPLE_EVERY_MS,
    },
    ["--expose-gc"],
  );
  try {
    const end = Date.now() + minutes * 60_000;
    let sent = 0;
    for (const begin = Date.now(); Date.now() < end && !job.isGone;) {
      const due = Math.floor(((Date.now() - begin) / 1_000) * RECORDS_PER_SECOND) - sent;
      await world.put("soak-in", readingsOf(sent, due, random));
      sent += due;
      await wait(PUT_EVERY_MS);
    }
    const failure = job.sayings.find((one) => "failed" in one);
    if (failure !== undefined) console.error(JSON.stringify(failure));
    const { vitals } = job;
    const { heap, lagMaxMs, handles, faults } = judge(vitals);
    const last = vitals.at(-1);
    console.log(`sent ${sent}, read ${last?.records}, written ${last?.written}, in ${minutes} minutes`);
    console.log(
      `heap ${mb(last?.heap ?? 0)}, grew by ${mb(heap.growth)} (noise ${mb(heap.noise)}); resident ${mb(last?.resident ?? 0)}`,
    );
    console.log(`lag at most ${lagMaxMs} ms; handles ${handles[0]} at first, ${handles[1]} at last`);
    for (const fault of faults) console.error(fault);
    return faults.length > 0 || failure !== undefined ? 1 : 0;
  } finally {
    await job.kill();
    await world.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

const [minutes = 5] = process.argv.slice(2).map(Number);
process.exitCode = await soak(minutes);
