/**
 * Kills the main job with -9 at random instants, one to three times a round, restores it and compares its windows with
 * those worked out from the data. Every third round the newest checkpoint is damaged as well.
 *
 *   node dist-test/main-job/kill-loop.js [ROUNDS] [SEED]
 *
 * A failing round prints the command that repeats it; exit code 1 if any fails.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { CreateStreamCommand, KinesisClient } from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { spawnKinesisEmulator } from "@tributary/kinesis-emulator";

import { readDepartures, type Departure } from "../../examples/dist/main-job/data-set.js";
import { differences, expectedWindows, lastWindows } from "../../examples/dist/main-job/results.js";
import { load, readBack } from "../../examples/dist/main-job/streams.js";
import { folderWith, start, tributary } from "../command/tributary.js";
import { SLOW_SCRIPT, tables, type Environment } from "./script.js";

const ROWS = 6_000;
const KILLS_MAX = 3;
/** Longest time from a run's first checkpoint to its kill, in milliseconds. */
const KILL_AFTER_MAX_MS = 600;
/** Longest time from a start to a kill that waits for no checkpoint, in milliseconds. */
const KILL_EARLY_MAX_MS = 2_000;
const LOOK_AGAIN_MS = 5;
const ARGS = ["run", "flights.sql", "--checkpoint", "state", "--checkpoint-interval", "20 ms"];
ARGS.push("--until-idle", "700 ms", "--json", "--progress", "none");

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function checkpoints(folder: string): readonly string[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => /^checkpoint-\d+$/.test(name));
  return names.toSorted().map((name) => join(folder, name));
}

/** Changes a byte of the newest checkpoint, if there is an older one to fall back on. */
function damageNewest(folder: string, random: () => number): void {
  const [newest, older] = checkpoints(folder).toReversed();
  if (newest === undefined || older === undefined) return;
  const bytes = readFileSync(newest);
  const at = Math.floor(random() * bytes.length);
  bytes[at] = (bytes[at] ?? 0) ^ 0xff;
  writeFileSync(newest, bytes);
}

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Starts the job and kills it: mostly at work, now and then wherever it is. True if it was not over before. */
async function isKilled(
  args: readonly string[],
  options: { readonly cwd: string; readonly env: Environment },
  random: () => number,
): Promise<boolean> {
  const newest = () => checkpoints(join(options.cwd, "state")).at(-1);
  const before = newest();
  const { child, outcome } = start(args, options);
  const isEarly = random() < 0.25;
  while (!isEarly && newest() === before && child.exitCode === null) await wait(LOOK_AGAIN_MS);
  await wait(random() * (isEarly ? KILL_EARLY_MAX_MS : KILL_AFTER_MAX_MS));
  child.kill("SIGKILL");
  return (await outcome).signal !== null;
}

/** Runs the job to its end over kills. */
async function runOverKills(
  cwd: string,
  env: Environment,
  random: () => number,
  isDamaged: boolean,
): Promise<void> {
  const state = join(cwd, "state");
  const args = () => (checkpoints(state).length > 0 ? [...ARGS, "--restore"] : ARGS);
  const kills = 1 + Math.floor(random() * KILLS_MAX);
  for (let kill = 0; kill < kills; kill++) {
    if (!(await isKilled(args(), { cwd, env }, random))) return;
  }
  if (isDamaged) damageNewest(state, random);
  const { code, stdout, stderr } = await tributary(args(), { cwd, env });
  // Killed between its last checkpoint and its end, a drained job has nothing left to do.
  if (code !== 0 && !stdout.includes("had drained")) throw new Error(`exit code ${code}: ${stdout}${stderr}`);
}

async function faultsOfRound(seed: number, departures: readonly Departure[]) {
  const emulator = await spawnKinesisEmulator({});
  const env = emulator.environment;
  const client = new KinesisClient({
    endpoint: emulator.endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "a", secretAccessKey: "b" },
    requestHandler: new NodeHttpHandler(),
  });
  try {
    await client.send(new CreateStreamCommand({ StreamName: "flights", ShardCount: 4 }));
    await client.send(new CreateStreamCommand({ StreamName: "airport-delays", ShardCount: 2 }));
    const streams = await tables(env);
    await load(streams, departures, () => undefined);
    const cwd = folderWith({ "flights.sql": SLOW_SCRIPT });
    await runOverKills(cwd, env, randomOf(seed), seed % 3 === 2);
    const rows = await readBack(streams, "airport_delays");
    const found = lastWindows(rows);
    console.log(`seed ${seed}: ${found.size} windows, ${rows.length - found.size} repeated`);
    return differences(expectedWindows(departures), found, 5);
  } catch (error) {
    return [String(error)];
  } finally {
    client.destroy();
    await emulator.close();
  }
}

// The pinned client's advice on its later releases.
process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
const [rounds = 30, firstSeed = 1] = process.argv.slice(2).map(Number);
const departures = await readDepartures(ROWS);
for (let round = 0; round < rounds; round++) {
  // All chance of a round comes from its own seed, so that it can be run alone.
  const seed = firstSeed + round;
  const faults = await faultsOfRound(seed, departures);
  if (faults.length === 0) continue;
  process.exitCode = 1;
  console.error(`again: node dist-test/main-job/kill-loop.js 1 ${seed}`);
  for (const fault of faults) console.error(`  ${fault}`);
}
