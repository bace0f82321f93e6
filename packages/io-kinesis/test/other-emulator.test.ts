import { once } from "node:events";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { Worker } from "node:worker_threads";

import test from "ava";

import {
  CreateStreamCommand,
  DescribeStreamSummaryCommand,
  SplitShardCommand,
} from "@aws-sdk/client-kinesis";
import { SYSTEM_CLOCK, planSink } from "@tributary/core";
import type { Row, Sink, TributaryError } from "@tributary/core";

import { KinesisFixture, texts } from "./kinesis-fixture.js";
import { SourceHarness, hastyServices } from "./source-harness.js";

/** An emulator that others wrote, in a worker thread: the independent check of the connector. */
const port = await freePort();
const tlsPort = await freePort();
const main = createRequire(import.meta.url).resolve("kinesis-local");
const worker = new Worker(main, {
  stdout: true,
  stderr: true,
  env: {
    ...process.env,
    KINESIS_MOCK_PLAIN_PORT: String(port),
    KINESIS_MOCK_TLS_PORT: String(tlsPort),
    KINESIS_MOCK_CERT_PATH: join(dirname(main), "server.json"),
    LOG_LEVEL: "ERROR",
    SHARD_LIMIT: "10000",
    CREATE_STREAM_DURATION: "5ms",
    SPLIT_SHARD_DURATION: "5ms",
  },
});
const kinesis = new KinesisFixture(`http://127.0.0.1:${port}`);
await answering();

test.after.always(async () => {
  kinesis.client.destroy();
  await worker.terminate();
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port: free } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return free;
}

/** Resolves when the emulator answers at all. */
async function answering(): Promise<void> {
  for (;;) {
    const error = await kinesis.client
      .send(new DescribeStreamSummaryCommand({ StreamName: "none" }))
      .catch((failure: unknown) => failure as Error);
    if (error instanceof Error && error.name === "ResourceNotFoundException") return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function active(stream: string): Promise<void> {
  for (;;) {
    const command = new DescribeStreamSummaryCommand({ StreamName: stream });
    const { StreamDescriptionSummary: summary } = await kinesis.client.send(command);
    if (summary?.StreamStatus === "ACTIVE") return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function newStream(name: string, shards: number): Promise<string> {
  await kinesis.client.send(new CreateStreamCommand({ StreamName: name, ShardCount: shards }));
  await active(name);
  return name;
}

test("what the sink writes, the source reads, once", async (t) => {
  const stream = await newStream("there-and-back", 2);
  const table = kinesis.table(stream, { "sink.batch.max-size": "100" });
  const sink = planSink(table, kinesis.context).value?.binding.sink as Sink<Row>;
  const signal = new AbortController().signal;
  const writer = await sink.createWriter({
    ...hastyServices(),
    writerIndex: 0,
    parallelism: 1,
    signal,
    fail: (error) => t.fail(String(error)),
  });
  await writer.write(texts("a", 400).map((text) => ({ text })));
  await writer.flush();
  await writer.close();

  const job = await SourceHarness.start(table, kinesis.context);
  await job.until(() => job.texts.length >= 400);
  await job.stop();

  t.deepEqual(job.texts.toSorted(), texts("a", 400).toSorted());
});

test("a split during reading and a restart lose and repeat nothing", async (t) => {
  const stream = await newStream("reshard", 1);
  const table = kinesis.table(stream);
  await kinesis.put(stream, texts("a", 100));
  const first = await SourceHarness.start(table, kinesis.context);
  await first.until(() => first.texts.length >= 100);
  await kinesis.client.send(
    new SplitShardCommand({
      StreamName: stream,
      ShardToSplit: "shardId-000000000000",
      NewStartingHashKey: String(2n ** 127n),
    }),
  );
  await active(stream);
  await kinesis.put(stream, texts("b", 100));
  await first.until(() => first.texts.length >= 200);
  first.pause();
  const checkpoint = first.checkpoint();
  await first.stop();
  await kinesis.put(stream, texts("c", 100));
  const second = await SourceHarness.start(table, kinesis.context, { restored: checkpoint });
  await second.until(() => first.texts.length + second.texts.length >= 300);
  await second.stop();

  const wanted = [...texts("a", 100), ...texts("b", 100), ...texts("c", 100)];
  t.deepEqual([...first.texts, ...second.texts].toSorted(), wanted.toSorted());
  t.deepEqual(second.logged, []);
});

test("what is pushed arrives once, over a restart too", async (t) => {
  const stream = await newStream("fan-out", 2);
  await kinesis.put(stream, texts("a", 200));
  const table = kinesis.table(stream, {
    "source.reader.type": "EFO",
    "source.efo.consumer.name": "tests",
  });
  // It sends an event a second: the reader's time must pass as its does.
  const clock = SYSTEM_CLOCK;
  const first = await SourceHarness.start(table, kinesis.context, { clock });
  await first.until(() => first.texts.length >= 200);
  await kinesis.put(stream, texts("b", 100));
  await first.until(() => first.texts.length >= 300);
  const checkpoint = first.checkpoint();
  await first.stop();
  await kinesis.put(stream, texts("c", 100));

  const second = await SourceHarness.start(table, kinesis.context, { restored: checkpoint, clock });
  await second.until(() => second.texts.length >= 100);
  await second.stop();

  t.deepEqual(first.texts.toSorted(), [...texts("a", 200), ...texts("b", 100)].toSorted());
  t.deepEqual(second.texts.toSorted(), texts("c", 100).toSorted());
  t.deepEqual([...first.logged, ...second.logged], []);
});

test("LATEST skips what was there", async (t) => {
  const stream = await newStream("latest", 1);
  await kinesis.put(stream, texts("before", 20));
  await new Promise((resolve) => setTimeout(resolve, 5));

  const job = await SourceHarness.start(
    kinesis.table(stream, { "source.init.position": "LATEST" }),
    kinesis.context,
  );
  await kinesis.put(stream, texts("after", 20));
  await job.until(() => job.texts.length >= 20);
  await job.stop();

  t.deepEqual(job.texts, texts("after", 20));
});

test("a stream that does not exist is reported with near names", async (t) => {
  await newStream("payments", 1);

  const error = (await t.throwsAsync(() =>
    SourceHarness.start(kinesis.table("payment"), kinesis.context),
  )) as TributaryError;

  t.is(error.code, "STREAM_NOT_FOUND");
  t.is(error.diagnostics[0]?.candidates?.[0], "payments");
});
