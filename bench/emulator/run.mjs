/**
 * What a record costs the emulator, in microseconds of its own CPU, as its shard grows: written in calls of 500 and
 * read in calls of 10,000, under a load generator of its own process. Beside it what the stock AWS client spends on
 * its side of the same calls.
 *
 *     node bench/emulator/run.mjs [--json] [--quick]
 */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { spawnKinesisEmulator } from "@tributary/kinesis-emulator";

const isJson = process.argv.includes("--json");
const isQuick = process.argv.includes("--quick");
const SHARD = "shardId-000000000000";
/** Lengths of the shard at which the cost is taken, in records. */
const LENGTHS = isQuick ? [0, 100_000] : [0, 100_000, 500_000, 1_000_000];
/** Records over which one figure is taken. */
const SAMPLE = isQuick ? 50_000 : 100_000;
const PAYLOADS = isQuick ? [100] : [100, 1_024];
const WARM_UP = 50_000;

/** The process at `script`, commanded line by line. */
function commanded(script, endpoint) {
  const child = spawn(process.execPath, [fileURLToPath(new URL(script, import.meta.url)), endpoint], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout });
  return {
    async send(command) {
      child.stdin.write(`${JSON.stringify(command)}\n`);
      const [line] = await once(lines, "line");
      return JSON.parse(line);
    },
    async close() {
      const gone = once(child, "exit");
      child.stdin.end();
      await gone;
    },
  };
}

async function stats(endpoint) {
  return (await fetch(`${endpoint}/_emulator/stats`)).json();
}

/** The emulator's CPU for `run`, in microseconds per record, and the records per second of the wall clock. */
async function measured(endpoint, run) {
  const before = await stats(endpoint);
  const start = performance.now();
  const { records } = await run();
  const seconds = (performance.now() - start) / 1000;
  const after = await stats(endpoint);
  return {
    micros: (after.cpuMicroseconds - before.cpuMicroseconds) / records,
    perSecond: Math.round(records / seconds),
  };
}

async function create(load, stream, shards) {
  await load.send({
    operation: "call",
    name: "CreateStream",
    body: JSON.stringify({ StreamName: stream, ShardCount: shards }),
  });
}

async function measureLengths(endpoint, load, payloadBytes) {
  const stream = `length-${payloadBytes}`;
  await create(load, stream, 1);
  const put = (records) => load.send({ operation: "put", stream, payloadBytes, records, inFlight: 4 });
  const rows = [];
  let length = 0;
  for (const wanted of payloadBytes > 100 ? LENGTHS.slice(0, 2) : LENGTHS) {
    if (wanted > length) await put(wanted - length);
    length = Math.max(length, wanted);
    const begin = new Date(Date.now());
    const written = await measured(endpoint, () => put(SAMPLE));
    length += SAMPLE;
    // Behind everything that was there before: the far end of the shard.
    const read = await measured(endpoint, () =>
      load.send({
        operation: "get",
        stream,
        shard: SHARD,
        iterator: { ShardIteratorType: "AT_TIMESTAMP", Timestamp: begin.getTime() / 1000 },
        records: SAMPLE,
      }),
    );
    rows.push({ payloadBytes, length: wanted, put: written, get: read });
  }
  return rows;
}

async function measureShards(endpoint, load) {
  await create(load, "shards-64", 64);
  const put = (records) =>
    load.send({ operation: "put", stream: "shards-64", payloadBytes: 100, records, inFlight: 4 });
  await put(WARM_UP);
  return measured(endpoint, () => put(SAMPLE));
}

const emulator = await spawnKinesisEmulator();
const load = commanded("load.mjs", emulator.endpoint);
try {
  await create(load, "warm-up", 2);
  await load.send({ operation: "put", stream: "warm-up", payloadBytes: 100, records: WARM_UP, inFlight: 4 });
  const iterator = { ShardIteratorType: "TRIM_HORIZON" };
  await load.send({ operation: "get", stream: "warm-up", shard: SHARD, iterator, records: WARM_UP });
  const rows = [];
  for (const payloadBytes of PAYLOADS)
    rows.push(...(await measureLengths(emulator.endpoint, load, payloadBytes)));
  const manyShards = await measureShards(emulator.endpoint, load);
  await create(load, "aws", 1);
  const { stdout } = await promisify(execFile)(process.execPath, [
    "--no-warnings",
    fileURLToPath(new URL("aws.mjs", import.meta.url)),
    emulator.endpoint,
    "aws",
    "100",
    String(SAMPLE),
  ]);
  const aws = JSON.parse(stdout);
  const { residentBytes } = await stats(emulator.endpoint);
  if (isJson) process.stdout.write(`${JSON.stringify({ rows, manyShards, aws, residentBytes })}\n`);
  else print(rows, manyShards, aws);
} finally {
  await load.close();
  await emulator.close();
}

function print(rows, manyShards, aws) {
  const number = (value, width) => value.toFixed(2).padStart(width);
  console.log("emulator CPU, µs per record            put        get    records/s put        get");
  for (const { payloadBytes, length, put, get } of rows) {
    const what = `${payloadBytes} B, shard of ${length.toLocaleString("en")}`;
    console.log(
      `  ${what.padEnd(30)}${number(put.micros, 10)} ${number(get.micros, 10)} ${String(put.perSecond).padStart(16)} ${String(get.perSecond).padStart(10)}`,
    );
  }
  console.log(`  ${"100 B, 64 shards".padEnd(30)}${number(manyShards.micros, 10)}`);
  console.log(`stock AWS client's CPU, 100 B   ${number(aws.put, 10)} ${number(aws.get, 10)}`);
}
