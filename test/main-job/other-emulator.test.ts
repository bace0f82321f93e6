/** The main job on an emulator that others wrote: it is slow, so the data are few and nothing waits for a real second. */
import { once } from "node:events";
import { createRequire } from "node:module";
import { createServer, type AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { Worker } from "node:worker_threads";

import {
  CreateStreamCommand,
  DescribeStreamSummaryCommand,
  KinesisClient,
  ListShardsCommand,
  SplitShardCommand,
} from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import test from "ava";

import { readDepartures } from "../../examples/dist/main-job/data-set.js";
import { expectedWindows } from "../../examples/dist/main-job/results.js";
import { load, readBack } from "../../examples/dist/main-job/streams.js";
import { folderWith, jsonLines, start, tributary } from "../command/tributary.js";
import { assertWindows, SCRIPT, tables } from "./script.js";

const ROWS = 1_000;
const LOOK_AGAIN_MS = 20;

const port = await freePort();
const env = {
  AWS_ENDPOINT_URL_KINESIS: `http://127.0.0.1:${port}`,
  AWS_REGION: "us-east-1",
  AWS_ACCESS_KEY_ID: "a",
  AWS_SECRET_ACCESS_KEY: "b",
};
const main = createRequire(import.meta.url).resolve("kinesis-local");
const worker = new Worker(main, {
  stdout: true,
  stderr: true,
  env: {
    ...process.env,
    KINESIS_MOCK_PLAIN_PORT: String(port),
    KINESIS_MOCK_TLS_PORT: String(await freePort()),
    KINESIS_MOCK_CERT_PATH: join(dirname(main), "server.json"),
    LOG_LEVEL: "ERROR",
    SHARD_LIMIT: "10000",
    CREATE_STREAM_DURATION: "5ms",
    SPLIT_SHARD_DURATION: "5ms",
  },
});
const client = new KinesisClient({
  endpoint: env.AWS_ENDPOINT_URL_KINESIS,
  region: "us-east-1",
  credentials: { accessKeyId: "a", secretAccessKey: "b" },
  requestHandler: new NodeHttpHandler(),
});

test.after.always(async () => {
  client.destroy();
  await worker.terminate();
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port: free } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return free;
}

/** What is asked for again until it gives true. */
async function until(ask: () => Promise<boolean>): Promise<void> {
  while (!(await ask())) await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
}

/** Resolves when the emulator answers, and the stream, if there is one, is active. */
async function active(stream: string): Promise<void> {
  const command = new DescribeStreamSummaryCommand({ StreamName: stream });
  await until(() =>
    client.send(command).then(
      (answer) => answer.StreamDescriptionSummary?.StreamStatus === "ACTIVE",
      (error: Error) => error.name === "ResourceNotFoundException",
    ),
  );
}

/** Splits the stream's first shard in the middle of its hash keys. */
async function split(stream: string): Promise<void> {
  const { Shards: [shard] = [] } = await client.send(new ListShardsCommand({ StreamName: stream }));
  const { StartingHashKey = "0", EndingHashKey = "0" } = shard?.HashKeyRange ?? {};
  const middle = (BigInt(StartingHashKey) + BigInt(EndingHashKey)) / 2n + 1n;
  await client.send(
    new SplitShardCommand({
      StreamName: stream,
      ShardToSplit: shard?.ShardId,
      NewStartingHashKey: String(middle),
    }),
  );
  await active(stream);
}

test("stopped, its stream split, and restored, the main job gives each window once on the other emulator", async (t) => {
  await active("flights");
  for (const [StreamName, ShardCount] of [["flights", 3] as const, ["airport-delays", 1] as const]) {
    await client.send(new CreateStreamCommand({ StreamName, ShardCount }));
    await active(StreamName);
  }
  const departures = await readDepartures(ROWS);
  const streams = await tables(env);
  await load(streams, departures.slice(0, ROWS / 2), () => undefined);
  const cwd = folderWith({ "flights.sql": SCRIPT });
  const args = ["run", "flights.sql", "--checkpoint", "state", "--checkpoint-interval", "200 ms", "--json"];

  const first = start([...args, "--progress", "json"], { cwd, env });
  await first.line("stderr", `"records":${ROWS / 2}`);
  first.child.kill("SIGTERM");
  const stopped = await first.outcome;
  await split("flights");
  await load(streams, departures.slice(ROWS / 2), () => undefined);
  const restored = await tributary([...args, "--restore", "--until-idle", "1 s"], { cwd, env });

  t.is(stopped.code, 130, stopped.stdout + stopped.stderr);
  t.is(restored.code, 0, restored.stdout + restored.stderr);
  const rows = await readBack(streams, "airport_delays");
  assertWindows(t, departures, rows);
  t.is(rows.length, expectedWindows(departures).size);
  t.like(jsonLines<Record<string, unknown>>(restored).at(-1), { read: { flights: ROWS }, late: 0 });
});
