import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

import {
  CreateStreamCommand,
  KinesisClient,
  MergeShardsCommand,
  PutRecordsCommand,
} from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { spawnKinesisEmulator } from "@tributary/kinesis-emulator";
import test, { type ExecutionContext } from "ava";

import { readDepartures } from "../../examples/dist/main-job/data-set.js";
import { expectedWindows } from "../../examples/dist/main-job/results.js";
import { load, readBack } from "../../examples/dist/main-job/streams.js";
import { folderWith, jsonLines, start, tributary, type Outcome } from "../command/tributary.js";
import { root } from "../repository/checkout.js";
import { assertWindows, SCRIPT, SLOW_SCRIPT, tables, type Environment } from "./script.js";

const ROWS = 20_000;

interface Fixture {
  readonly client: KinesisClient;
  readonly env: Environment;
}

/** An embedded Kinesis in a process of its own with the main job's two streams. */
async function kinesis(t: ExecutionContext): Promise<Fixture> {
  const emulator = await spawnKinesisEmulator({});
  const client = new KinesisClient({
    endpoint: emulator.endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "a", secretAccessKey: "b" },
    requestHandler: new NodeHttpHandler(),
  });
  t.teardown(async () => {
    client.destroy();
    await emulator.close();
  });
  await client.send(new CreateStreamCommand({ StreamName: "flights", ShardCount: 4 }));
  await client.send(new CreateStreamCommand({ StreamName: "airport-delays", ShardCount: 2 }));
  return { client, env: emulator.environment };
}

for (const file of ["examples/flights.sql", "examples/flights.ts"]) {
  test(`${file} gives what the data set gives, each window once`, async (t) => {
    const { env } = await kinesis(t);
    const departures = await readDepartures(ROWS);
    const streams = await tables(env);
    await load(streams, departures, () => undefined);

    const outcome = await tributary(["run", join(root, file), "--until-idle", "1 s", "--json"], { env });

    t.is(outcome.code, 0, outcome.stdout + outcome.stderr);
    const rows = await readBack(streams, "airport_delays");
    assertWindows(t, departures, rows);
    t.is(rows.length, expectedWindows(departures).size);
    t.like(jsonLines<Record<string, unknown>>(outcome).at(-1), {
      event: "finished",
      read: { flights: ROWS },
      written: { airport_delays: rows.length },
      late: 0,
    });
  });
}

/** Resolves once a folder holds a complete checkpoint; what makes one is the directory's own affair. */
async function untilCheckpoint(running: ReturnType<typeof start>): Promise<void> {
  await running.line("stderr", '"completed":');
  await running.line("stderr", '"checkpoints":{"completed":1');
}

test("killed with -9 in the middle and restored, the job gives the windows of an uninterrupted run", async (t) => {
  const { env } = await kinesis(t);
  const departures = await readDepartures(ROWS);
  const streams = await tables(env);
  await load(streams, departures, () => undefined);
  const cwd = folderWith({ "flights.sql": SLOW_SCRIPT });
  const args = ["run", "flights.sql", "--checkpoint", "state", "--checkpoint-interval", "100 ms"];
  args.push("--until-idle", "1 s", "--json", "--progress", "json");

  const killed = start(args, { cwd, env });
  await untilCheckpoint(killed);
  killed.child.kill("SIGKILL");
  t.is((await killed.outcome).signal, "SIGKILL");
  const restored = await tributary([...args, "--restore"], { cwd, env });

  t.is(restored.code, 0, restored.stdout + restored.stderr);
  assertWindows(t, departures, await readBack(streams, "airport_delays"));
  const last = jsonLines<{ read: { flights: number } }>(restored).at(-1);
  t.true((last?.read.flights ?? 0) >= ROWS, "what was read before the checkpoint counts as read");
  t.true(existsSync(join(cwd, "state")) && readdirSync(join(cwd, "state")).length > 0);
});

async function put(client: KinesisClient, payloads: readonly string[]): Promise<readonly string[]> {
  const { Records = [] } = await client.send(
    new PutRecordsCommand({
      StreamName: "flights",
      Records: payloads.map((text) => ({ PartitionKey: "k", Data: Buffer.from(text) })),
    }),
  );
  return Records.map((record) => record.SequenceNumber ?? "");
}

const MALFORMED: readonly (readonly [string, string, string])[] = [
  ["csv", "2001-01-01 00:01:00,33,2176,LAS", "2001-01-01 00:01:00,33,2176,LAS,PHL"],
  ["json", '{"delay": 33, ', '{"date":"2001-01-01 00:01:00","delay":33,"distance":2176,"origin":"LAS"}'],
];

for (const [format, bad, good] of MALFORMED) {
  const script = SCRIPT.replace("'csv'", `'${format}'`);

  test(`a malformed ${format} record stops the job, naming table, shard and sequence number`, async (t) => {
    const { client, env } = await kinesis(t);
    const [, sequenceNumber] = await put(client, [good, bad]);
    const cwd = folderWith({ "flights.sql": script });

    const outcome: Outcome = await tributary(["run", "flights.sql", "--until-idle", "1 s", "--json"], {
      cwd,
      env,
    });

    t.is(outcome.code, 1, outcome.stdout + outcome.stderr);
    const [found] = jsonLines(outcome);
    t.like(found, { code: "RECORD_MALFORMED", severity: "error", table: "flights", sequenceNumber });
    t.regex(found?.shard ?? "", /^shardId-\d{12}$/);
  });

  test(`a malformed ${format} record is skipped and counted where the format ignores errors`, async (t) => {
    const { client, env } = await kinesis(t);
    // Bad quotes cannot be split into cells; a line with too few cells would be filled up with NULL.
    await put(client, [good, format === "csv" ? '"open' : bad, good]);
    const ignoring = script.replace(`'${format}'`, `'${format}', '${format}.ignore-parse-errors' = 'true'`);
    const cwd = folderWith({ "flights.sql": ignoring });
    const args = ["run", "flights.sql", "--until-idle", "1 s"];

    const json = await tributary([...args, "--json"], { cwd, env });
    const text = await tributary(args, { cwd, env });

    t.is(json.code, 0, json.stdout + json.stderr);
    t.like(jsonLines<Record<string, unknown>>(json).at(-1), { skipped: 1, read: { flights: 2 } });
    t.regex(text.stderr, /1 skipped as malformed/);
  });
}

/** Both ends of the hash keys: the first and the last shard of a stream. */
const FIRST_HASH_KEY = "0";
const LAST_HASH_KEY = String(2n ** 128n - 1n);

test("a shard hours behind the one that it is merged with makes no row late", async (t) => {
  const { client, env } = await kinesis(t);
  const write = (hashKey: string, hours: readonly number[]) =>
    client.send(
      new PutRecordsCommand({
        StreamName: "flights",
        Records: hours.map((hour) => ({
          PartitionKey: "k",
          ExplicitHashKey: hashKey,
          Data: Buffer.from(`2001-01-01 ${String(hour).padStart(2, "0")}:30:00,5,2176,LAS,PHL`),
        })),
      }),
    );
  const merge = (ShardToMerge: string, AdjacentShardToMerge: string) =>
    client.send(new MergeShardsCommand({ StreamName: "flights", ShardToMerge, AdjacentShardToMerge }));
  await write(FIRST_HASH_KEY, [1, 2, 3]);
  await write(LAST_HASH_KEY, [20, 21, 22]);
  await merge("shardId-000000000000", "shardId-000000000001");
  await merge("shardId-000000000002", "shardId-000000000003");
  await merge("shardId-000000000004", "shardId-000000000005");
  await write(FIRST_HASH_KEY, [4, 5, 6]);
  const cwd = folderWith({ "flights.sql": SCRIPT });

  const outcome = await tributary(["run", "flights.sql", "--until-idle", "1 s", "--json"], { cwd, env });

  t.is(outcome.code, 0, outcome.stdout + outcome.stderr);
  t.like(jsonLines<Record<string, unknown>>(outcome).at(-1), {
    read: { flights: 9 },
    written: { airport_delays: 9 },
    late: 0,
  });
});

test("an address that nobody answers at is reported, and ends the command with exit code 3", async (t) => {
  const env = { ...(await kinesis(t)).env, AWS_ENDPOINT_URL_KINESIS: "http://127.0.0.1:1" };

  const outcome = await tributary(["run", "examples/flights.sql", "--json"], { env });

  t.is(outcome.code, 3, outcome.stdout + outcome.stderr);
  t.like(jsonLines(outcome).at(-1), {
    code: "SERVICE_UNAVAILABLE",
    severity: "error",
    table: "airport_delays",
    connector: "kinesis",
  });
});
