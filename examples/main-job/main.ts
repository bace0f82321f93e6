/**
 * The main job: real flights through Kinesis, from two streams and one SQL script.
 *
 * Starts an embedded Kinesis, loads a data set into a stream, runs `examples/flights.sql` in a process of its own,
 * reads what the script wrote and checks it against the data set.
 *
 *   --keep      leaves the embedded Kinesis running and prints its endpoint
 *   --restore   uses the Kinesis and the checkpoints of an earlier run with --keep
 *   --stop      ends the Kinesis that an earlier run left running
 *   --typescript   runs examples/flights.ts, the same pipeline in TypeScript, instead of the script
 */
import { spawn } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { CreateStreamCommand, KinesisClient } from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";

import { readDepartures, type Departure } from "./data-set.js";
import { findKinesis, startKinesis, stopKinesis, workFolder, type RunningKinesis } from "./kinesis.js";
import { airportTable, hourChart, loadingBar } from "./report.js";
import { differences, expectedWindows, isCounted, lastWindows } from "./results.js";
import { load, readBack, tablesOf, type ScriptTables } from "./streams.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "..");
const scriptFile = join(root, "examples", "flights.sql");
const pipelineFile = join(root, "examples", "flights.ts");
const folder = workFolder(root);

/** Faults listed when the check fails. */
const FAULTS_SHOWN = 10;

function say(text = ""): void {
  console.log(text);
}

async function createStreams(kinesis: RunningKinesis): Promise<void> {
  // The pinned client's advice on its later releases.
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
  const client = new KinesisClient({
    endpoint: kinesis.endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "embedded", secretAccessKey: "embedded" },
    requestHandler: new NodeHttpHandler(),
  });
  try {
    await client.send(new CreateStreamCommand({ StreamName: "flights", ShardCount: 4 }));
    await client.send(new CreateStreamCommand({ StreamName: "airport-delays", ShardCount: 2 }));
  } finally {
    client.destroy();
  }
}

/** Runs the script with the `tributary` command; resolves with its exit code, 1 if it was killed. */
function runPipeline(file: string, isRestored: boolean): Promise<number> {
  const command = createRequire(import.meta.url).resolve("@tributary/cli/package.json");
  const program = join(dirname(command), "bin", "tributary.mjs");
  const start = isRestored ? "--restore" : "--fresh";
  const args = [
    "run",
    relative(process.cwd(), file),
    "--checkpoint",
    relative(process.cwd(), folder.checkpoints),
    start,
  ];
  args.push("--checkpoint-interval", "500 ms", "--until-idle", "1 s", "--progress", "bar");
  say(`$ tributary ${args.map((arg) => (arg.includes(" ") ? `'${arg}'` : arg)).join(" ")}`);
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], { stdio: "inherit" });
    // The script's process handles ctrl-C itself; this one waits for it.
    process.on("SIGINT", () => undefined);
    process.on("SIGTERM", () => child.kill("SIGTERM"));
    child.once("error", reject);
    child.once("close", (code, signal) => {
      if (signal !== null) say(`the script's process was ended by ${signal}`);
      resolve(code ?? 1);
    });
  });
}

/** Reads the output, shows it and compares it; true when every row is accounted for. */
async function report(tables: ScriptTables, departures: readonly Departure[]): Promise<boolean> {
  const rows = await readBack(tables, "airport_delays");
  const found = lastWindows(rows);
  const repeated = rows.length - found.size;
  for (const line of ["", ...airportTable(found), "", ...hourChart(found), ""]) say(line);

  const faults = differences(expectedWindows(departures), found, FAULTS_SHOWN);
  const filtered = departures.filter((departure) => !isCounted(departure)).length;
  const counted = [...found.values()].reduce((sum, window) => sum + window.departures, 0);
  say(
    `${found.size.toLocaleString("en-US")} windows hold ${counted.toLocaleString("en-US")} departures, ` +
      `the script left out ${filtered.toLocaleString("en-US")}` +
      (repeated > 0
        ? `, ${repeated.toLocaleString("en-US")} windows were written again after the restart`
        : ""),
  );
  say(`checked: ${departures.length} rows in, ${counted + filtered} accounted for`);
  for (const fault of faults) console.error(`  ${fault}`);
  return faults.length === 0 && counted + filtered === departures.length;
}

async function prepareKinesis(
  isKept: boolean,
  isRestored: boolean,
): Promise<(RunningKinesis & { readonly close?: () => Promise<void> }) | undefined> {
  if (isRestored) {
    const kinesis = await findKinesis(folder);
    if (kinesis === undefined) {
      console.error("There is no Kinesis to go on with: start it with `npm start -- --keep` first.");
    } else say(`Kinesis of the earlier run at ${kinesis.endpoint}`);
    return kinesis;
  }
  await stopKinesis(folder);
  await rm(folder.checkpoints, { recursive: true, force: true });
  const kinesis = await startKinesis(folder, isKept);
  say(`embedded Kinesis at ${kinesis.endpoint}`);
  return kinesis;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      keep: { type: "boolean" },
      restore: { type: "boolean" },
      stop: { type: "boolean" },
      typescript: { type: "boolean" },
    },
  });
  if (values.stop === true) {
    say((await stopKinesis(folder)) ? "Kinesis ended" : "no Kinesis was running");
    return 0;
  }
  const isRestored = values.restore === true;
  const isKept = values.keep === true || isRestored;

  const kinesis = await prepareKinesis(isKept, isRestored);
  if (kinesis === undefined) return 1;
  Object.assign(process.env, kinesis.environment);
  try {
    const script = await readFile(scriptFile, "utf8");
    const tables = await tablesOf(script, scriptFile);
    const departures = await readDepartures();
    if (!isRestored) {
      await createStreams(kinesis);
      say(
        `${departures.length.toLocaleString("en-US")} departures of January 2001 into the stream flights, 4 shards`,
      );
      await load(tables, departures, loadingBar(departures.length, process.stdout));
    }
    const code = await runPipeline(values.typescript === true ? pipelineFile : scriptFile, isRestored);
    if (code !== 0) {
      if (isKept) {
        say("Kinesis is still running; `npm start -- --restore` goes on from the last checkpoint,");
        say("and `npm start -- --keep` begins anew, which a run without a checkpoint has to.");
      }
      return code;
    }
    const isRight = await report(tables, departures);
    if (isKept) say(`Kinesis is still running at ${kinesis.endpoint}; \`npm start -- --stop\` ends it.`);
    return isRight ? 0 : 1;
  } finally {
    if (!isKept) await kinesis.close?.();
  }
}

process.exitCode = await main();
