import test from "ava";

import { MergeShardsCommand, SplitShardCommand } from "@aws-sdk/client-kinesis";
import { TributaryError, notNull, planSource, types } from "@tributary/core";
import type { Column, SplitRecords } from "@tributary/core";
import { until } from "@tributary/core/testing";
import type { KinesisRecord } from "@tributary/io-kinesis";
import { startKinesisEmulator } from "@tributary/kinesis-emulator";

import { GatedProxy } from "./gated-proxy.js";
import { KinesisFixture, texts } from "./kinesis-fixture.js";
import { SourceHarness } from "./source-harness.js";
import type { Checkpoint } from "./source-harness.js";

const emulator = await startKinesisEmulator();
const kinesis = new KinesisFixture(emulator.endpoint);
let streams = 0;

test.after.always(async () => {
  kinesis.client.destroy();
  await emulator.close();
});

async function newStream(shards: number): Promise<string> {
  const name = `stream-${(streams += 1)}`;
  await emulator.createStream(name, shards);
  return name;
}

const start = (
  stream: string,
  options: Readonly<Record<string, string>> = {},
  run: { readonly parallelism?: number; readonly restored?: Checkpoint } = {},
): Promise<SourceHarness> => SourceHarness.start(kinesis.table(stream, options), kinesis.context, run);

/** Turns of the event loop in which a call that should not be made would reach the emulator. */
async function rest(): Promise<void> {
  for (let turn = 0; turn < 5_000; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Splits the shard in the middle of its hash keys. */
async function split(stream: string, shardId: string): Promise<void> {
  const shard = (await kinesis.shards(stream)).find((one) => one.ShardId === shardId);
  const { StartingHashKey = "0", EndingHashKey = "0" } = shard?.HashKeyRange ?? {};
  const NewStartingHashKey = String((BigInt(StartingHashKey) + BigInt(EndingHashKey)) / 2n + 1n);
  await kinesis.client.send(
    new SplitShardCommand({ StreamName: stream, ShardToSplit: shardId, NewStartingHashKey }),
  );
}

async function merge(stream: string, left: string, right: string): Promise<void> {
  await kinesis.client.send(
    new MergeShardsCommand({ StreamName: stream, ShardToMerge: left, AdjacentShardToMerge: right }),
  );
}

const shardId = (index: number): string => `shardId-${String(index).padStart(12, "0")}`;

test("every record of every shard is read once, with its arrival time and the position after it", async (t) => {
  const stream = await newStream(3);
  await kinesis.put(stream, texts("a", 1200));

  const job = await start(stream, { "source.shard.get-records.max-record-count": "100" });
  await job.until(() => job.texts.length >= 1200);
  await job.stop();

  t.deepEqual(job.texts.toSorted(), texts("a", 1200).toSorted());
  for (const batch of job.batches) {
    t.true(batch.records.length <= 100);
    t.deepEqual(
      batch.timestamps,
      batch.records.map(({ arrivalMs }) => arrivalMs),
    );
    const last = batch.records.at(-1);
    if (last !== undefined) {
      t.like(batch.state, { type: "AFTER_SEQUENCE_NUMBER", sequenceNumber: last.sequenceNumber });
    }
  }
});

test("shards go to readers by their hash-key range", async (t) => {
  const stream = await newStream(3);

  const job = await start(stream, {}, { parallelism: 3 });
  await job.stop();

  t.deepEqual(
    job.assigned,
    [0, 1, 2].map((index) => ({ shardId: shardId(index), reader: index })),
  );
});

test("splits and merges during reading lose and repeat nothing, and parents come before children", async (t) => {
  const stream = await newStream(2);
  const job = await start(stream);
  const written: string[] = [];
  const write = async (round: string): Promise<void> => {
    written.push(...texts(round, 300));
    await kinesis.put(stream, texts(round, 300));
  };

  await write("a");
  await split(stream, shardId(0));
  await write("b");
  await split(stream, shardId(1));
  await write("c");
  await merge(stream, shardId(3), shardId(4));
  await write("d");
  await job.until(() => job.texts.length >= written.length);
  await job.until(() => job.finished.length === 4);
  await job.stop();

  t.deepEqual(job.texts.toSorted(), written.toSorted());
  const parents = new Map(
    (await kinesis.shards(stream)).map((shard) => [
      shard.ShardId ?? "",
      [shard.ParentShardId, shard.AdjacentParentShardId].filter((id) => id !== undefined),
    ]),
  );
  const order = job.batches.filter(({ records }) => records.length > 0).map(({ splitId }) => splitId);
  for (const [child, ids] of parents) {
    for (const parent of ids) {
      const firstOfChild = order.indexOf(child);
      t.true(firstOfChild < 0 || order.lastIndexOf(parent) < firstOfChild, `${parent} before ${child}`);
    }
  }
});

test("children are known with their parent's last answer, without another listing", async (t) => {
  const stream = await newStream(1);
  const job = await start(stream);
  await kinesis.put(stream, texts("a", 10));
  await job.until(() => job.texts.length === 10);
  const listings = emulator.faults.inject({ kind: "delay", delayMs: 0, operation: "ListShards", stream });
  await split(stream, shardId(0));
  await kinesis.put(stream, texts("b", 10));
  await job.until(() => job.texts.length === 20);
  await job.stop();
  listings.remove();

  t.deepEqual(
    job.assigned.map((one) => one.shardId),
    [0, 1, 2].map(shardId),
  );
  // The fixture's own listing, to find the middle of the shard.
  t.is(listings.hits, 1);
});

test("new shards are found by listing while their parent is still being read, and wait for it", async (t) => {
  const stream = await newStream(1);
  await kinesis.put(stream, texts("a", 10));
  const block = emulator.faults.inject({
    kind: "throttle",
    operation: "GetRecords",
    stream,
    shard: shardId(0),
  });
  const job = await start(stream, { "source.shard.discovery.interval": "1 s" });
  await split(stream, shardId(0));
  await kinesis.put(stream, texts("b", 10));
  const known = (): number =>
    (job.checkpoint().enumerator as { readonly shards: readonly unknown[] }).shards.length;
  await until(() => known() === 3);

  t.is(known(), 3);
  t.deepEqual(
    job.assigned.map((one) => one.shardId),
    [shardId(0)],
  );
  block.remove();
  await job.until(() => job.texts.length === 20);
  await job.stop();
  t.deepEqual(job.texts.slice(0, 10), texts("a", 10));
});

test("LATEST reads what arrives after the first discovery", async (t) => {
  const stream = await newStream(2);
  await kinesis.put(stream, texts("before", 50));
  const arrived = Date.now();
  while (Date.now() <= arrived) await new Promise((resolve) => setImmediate(resolve));

  const job = await start(stream, { "source.init.position": "latest" });
  await kinesis.put(stream, texts("after", 50));
  await job.until(() => job.texts.length >= 50);
  await job.stop();

  t.deepEqual(job.texts.toSorted(), texts("after", 50).toSorted());
});

test("LATEST stays the first discovery's time over a restart before the first record", async (t) => {
  const stream = await newStream(1);
  const first = await start(stream, { "source.init.position": "LATEST" });
  const checkpoint = first.checkpoint();
  await first.stop();
  await kinesis.put(stream, texts("meanwhile", 20));

  const second = await start(stream, { "source.init.position": "LATEST" }, { restored: checkpoint });
  await second.until(() => second.texts.length >= 20);
  await second.stop();

  t.deepEqual(second.texts, texts("meanwhile", 20));
});

test("LATEST works although the service's clock is behind ours", async (t) => {
  const behind = await startKinesisEmulator({ virtualTime: Date.now() - 5000 });
  const there = new KinesisFixture(behind.endpoint);
  await behind.createStream("s", 1);
  await there.put("s", texts("before", 10));

  const job = await SourceHarness.start(
    there.table("s", { "source.init.position": "LATEST" }),
    there.context,
  );
  await job.until(() => job.batches.length > 0);
  await there.put("s", texts("after", 10));
  await job.until(() => job.texts.length >= 10);
  await job.stop();
  there.client.destroy();
  await behind.close();

  t.deepEqual(job.texts, texts("after", 10));
});

test("AT_TIMESTAMP reads from the first record at or after the instant, and whatever its shards were split into", async (t) => {
  const t0 = Date.UTC(2024, 0, 1, 12);
  const then = await startKinesisEmulator({ virtualTime: t0 });
  const there = new KinesisFixture(then.endpoint);
  await then.createStream("s", 1);
  await there.put("s", texts("old", 10));
  then.clock.advance(60_000);
  await there.put("s", texts("new", 10));

  const job = await SourceHarness.start(
    there.table("s", {
      "source.init.position": "AT_TIMESTAMP",
      "source.init.timestamp": "2024-01-01T13:01:00.000+01:00",
    }),
    there.context,
  );
  await job.until(() => job.texts.length >= 10);
  await job.stop();
  there.client.destroy();
  await then.close();

  t.deepEqual(job.texts, texts("new", 10));
});

test("AT_TIMESTAMP in the future reads nothing that arrives before it", async (t) => {
  const now = Date.now();
  const early = await startKinesisEmulator({ virtualTime: now });
  const there = new KinesisFixture(early.endpoint);
  await early.createStream("s", 1);

  const job = await SourceHarness.start(
    there.table("s", {
      "source.init.position": "AT_TIMESTAMP",
      "source.init.timestamp": String((now + 60_000) / 1000),
    }),
    there.context,
  );
  await job.until(() => job.batches.length > 0);
  await there.put("s", texts("early", 10));
  early.clock.advance(60_001);
  await there.put("s", texts("due", 10));
  await job.until(() => job.texts.length >= 10);
  await job.stop();
  there.client.destroy();
  await early.close();

  t.deepEqual(job.texts, texts("due", 10));
});

test("a stream that is still being created is waited for, and the start does not move meanwhile", async (t) => {
  const slow = await startKinesisEmulator({ virtualTime: Date.now(), createStreamDelayMs: 60_000 });
  const there = new KinesisFixture(slow.endpoint);
  await slow.createStream("s", 1);
  const table = there.table("s", {
    "source.init.position": "LATEST",
    "source.shard.discovery.interval": "500 ms",
  });
  const first = await SourceHarness.start(table, there.context);
  const checkpoint = first.checkpoint();
  await first.stop();

  const second = await SourceHarness.start(table, there.context, { restored: checkpoint });
  slow.clock.advance(60_001);
  await second.until(() => second.assigned.length === 1);
  await there.put("s", texts("a", 10));
  await second.until(() => second.texts.length >= 10);
  const start = (taken: Checkpoint): unknown => (taken.enumerator as { readonly startMs?: number }).startMs;
  const later = second.checkpoint();
  await second.stop();
  there.client.destroy();
  await slow.close();

  t.deepEqual(second.texts, texts("a", 10));
  t.is(typeof start(checkpoint), "number");
  t.is(start(later), start(checkpoint));
});

test("AT_TIMESTAMP before all that is kept reads everything", async (t) => {
  const stream = await newStream(2);
  await kinesis.put(stream, texts("a", 20));

  const job = await start(stream, {
    "source.init.position": "AT_TIMESTAMP",
    "source.init.timestamp": "1000000000",
  });
  await job.until(() => job.texts.length >= 20);
  await job.stop();

  t.is(job.texts.length, 20);
});

test("a restored job continues after its last record, whatever start position the table has", async (t) => {
  const stream = await newStream(2);
  await kinesis.put(stream, texts("a", 300));
  const first = await start(stream, { "source.shard.get-records.max-record-count": "50" });
  await first.until(() => first.texts.length >= 100);
  first.pause();
  const checkpoint = first.checkpoint();
  const done = first.texts;
  await first.stop();
  await split(stream, shardId(0));
  await kinesis.put(stream, texts("b", 100));

  const second = await start(stream, { "source.init.position": "LATEST" }, { restored: checkpoint });
  await second.until(() => done.length + second.texts.length >= 400);
  await second.stop();

  t.deepEqual([...done, ...second.texts].toSorted(), [...texts("a", 300), ...texts("b", 100)].toSorted());
  t.deepEqual(second.logged, []);
});

test("children of a shard that ended before a restart are read, the shard itself is not read again", async (t) => {
  const stream = await newStream(1);
  await kinesis.put(stream, texts("a", 10));
  const first = await start(stream);
  await split(stream, shardId(0));
  await first.until(() => first.finished.length === 1);
  const checkpoint = first.checkpoint();
  await first.stop();
  await kinesis.put(stream, texts("b", 10));

  const second = await start(stream, {}, { restored: checkpoint });
  await second.until(() => second.texts.length >= 10);
  await second.stop();

  t.deepEqual(second.texts.toSorted(), texts("b", 10).toSorted());
});

test("an assigned shard that the restored checkpoint does not hold has ended: its children are read", async (t) => {
  const stream = await newStream(1);
  await kinesis.put(stream, texts("a", 10));
  const first = await start(stream);
  await first.until(() => first.texts.length === 10);
  const { enumerator } = first.checkpoint();
  await first.stop();
  await split(stream, shardId(0));
  await kinesis.put(stream, texts("b", 10));

  const second = await start(stream, {}, { restored: { enumerator, splits: [] } });
  await second.until(() => second.texts.length >= 10);
  await second.stop();

  t.deepEqual(second.texts.toSorted(), texts("b", 10).toSorted());
});

test("a restored shard that is gone is finished with a warning", async (t) => {
  const stream = await newStream(1);
  const first = await start(stream);
  const checkpoint = JSON.stringify(first.checkpoint()).replaceAll(shardId(0), shardId(77));
  await first.stop();

  const second = await start(stream, {}, { restored: JSON.parse(checkpoint) as Checkpoint });
  await second.until(() => second.finished.length === 1);
  await second.stop();

  t.deepEqual(second.logged, [{ code: "SOURCE_DATA_LOST", shard: shardId(77) }]);
});

test("a restored position that retention has removed is reported, and reading goes on with what there is", async (t) => {
  const aging = await startKinesisEmulator({ virtualTime: Date.now() });
  const there = new KinesisFixture(aging.endpoint);
  await aging.createStream("s", 1);
  await there.put("s", texts("a", 10));
  const table = there.table("s", { "source.shard.get-records.max-record-count": "5" });
  const first = await SourceHarness.start(table, there.context);
  await first.until(() => first.texts.length === 10);
  const checkpoint = first.checkpoint();
  await first.stop();
  await there.put("s", texts("lost", 10));
  aging.clock.advance(25 * 3_600_000);
  await there.put("s", texts("b", 10));

  const second = await SourceHarness.start(table, there.context, { restored: checkpoint });
  await second.until(() => second.texts.length >= 10);
  await second.stop();
  there.client.destroy();
  await aging.close();

  t.deepEqual(second.texts, texts("b", 10));
  t.deepEqual(second.logged, [{ code: "SOURCE_DATA_LOST", shard: shardId(0) }]);
});

test("a checkpoint of another stream is refused", async (t) => {
  const first = await start(await newStream(1));
  const checkpoint = first.checkpoint();
  await first.stop();

  const error = await t.throwsAsync(async () => start(await newStream(1), {}, { restored: checkpoint }));

  t.true(TributaryError.is(error, "STATE_INCOMPATIBLE"));
});

/** Of two shards with 400 records, 20 an answer: 21 answers at most, and one that is empty of each. */
const CALLS_WITHOUT_FAULTS = {
  GetRecords: 23,
  GetShardIterator: 2,
  ListShards: 1,
  DescribeStreamSummary: 1,
};

for (const rule of [
  { kind: "throttle", operation: "GetRecords", probability: 0.5, count: 20 },
  { kind: "server-error", operation: "GetRecords", probability: 0.5, count: 20 },
  { kind: "connection-reset", operation: "GetRecords", probability: 0.5, count: 20 },
  { kind: "cut-body", operation: "GetRecords", probability: 0.5, count: 20 },
  { kind: "drop-response", operation: "GetRecords", probability: 0.5, count: 20 },
  { kind: "wrong-json", operation: "GetRecords", count: 5 },
  { kind: "wrong-json", operation: "ListShards", count: 2 },
  { kind: "slow-body", operation: "GetRecords", bytesPerSecond: 20_000, count: 2 },
  { kind: "expired-iterator", operation: "GetRecords", skip: 3, count: 1 },
  // Room for an answer can take longer than an iterator lives, several times in a row.
  { kind: "expired-iterator", operation: "GetRecords", skip: 3, count: 6 },
  { kind: "throttle", operation: "GetShardIterator", count: 3 },
  { kind: "throttle", operation: "ListShards", count: 3 },
  { kind: "server-error", operation: "DescribeStreamSummary", count: 3 },
] as const) {
  const { kind, operation, count } = rule;
  test(`${kind} of ${operation}, ${count} times, costs a call each time, not records`, async (t) => {
    const stream = await newStream(2);
    await kinesis.put(stream, texts("a", 400));
    const fault = emulator.faults.inject({ ...rule, stream });
    const calls = emulator.faults.inject({ kind: "delay", delayMs: 0, operation, stream });

    const job = await start(stream, {
      "source.shard.get-records.max-record-count": "20",
      // Nothing is asked again of a shard that has given everything.
      "source.reader.empty-records-fetch-interval": "1 h",
    });
    await job.until(() => job.texts.length >= 400);
    await job.stop();
    calls.remove();
    fault.remove();

    t.true(fault.hits > 0);
    t.deepEqual(job.texts.toSorted(), texts("a", 400).toSorted());
    t.deepEqual(job.logged, []);
    t.true(calls.hits <= CALLS_WITHOUT_FAULTS[operation] + fault.hits, `${calls.hits} calls`);
  });
}

// One after the other: client and server of several HTTP/2 connections that break at the same time in one process have
// ended it in Node's own memory (Node 20.20, "corrupted size vs. prev_size").
for (const kind of ["go-away", "reset-stream", "connection-reset"] as const) {
  test.serial(`${kind} of an HTTP/2 connection costs a call each, not records`, async (t) => {
    const stream = await newStream(2);
    await kinesis.put(stream, texts("a", 400));
    const fault = emulator.faults.inject({ kind, operation: "GetRecords", stream, skip: 2, count: 4 });
    const calls = emulator.faults.inject({ kind: "delay", delayMs: 0, operation: "GetRecords", stream });

    const job = await start(stream, {
      "aws.http.protocol.version": "HTTP2",
      "source.shard.get-records.max-record-count": "50",
    });
    await job.until(() => job.texts.length >= 400);
    await job.stop();
    calls.remove();
    fault.remove();

    t.is(fault.hits, 4);
    t.deepEqual(job.texts.toSorted(), texts("a", 400).toSorted());
    // Nine or ten answers hold the records; a dead connection may take a call of each shard with it.
    t.true(calls.hits <= 30, `${calls.hits} calls`);
  });
}

test("connections that stay open and give nothing any more are noticed by the read time-out", async (t) => {
  const stream = await newStream(1);
  await kinesis.put(stream, texts("a", 10));
  const proxy = await GatedProxy.start(emulator.endpoint);
  const calls = emulator.faults.inject({ kind: "delay", delayMs: 0, operation: "GetRecords", stream });

  const job = await start(stream, {
    "aws.endpoint": proxy.endpoint,
    "aws.http-client.read-timeout": "3000",
    "source.reader.empty-records-fetch-interval": "10 s",
  });
  await job.until(() => job.texts.length >= 10);
  proxy.deafen();
  await kinesis.put(stream, texts("b", 10));
  await job.until(() => job.texts.length >= 20);
  await job.stop();
  calls.remove();
  await proxy.close();

  t.deepEqual(job.texts, [...texts("a", 10), ...texts("b", 10)]);
  t.true(calls.hits <= 20, `${calls.hits} calls`);
});

test("a stream deleted while it is read ends the job", async (t) => {
  const stream = await newStream(1);
  await kinesis.put(stream, texts("a", 10));
  const job = await start(stream);
  await job.until(() => job.texts.length >= 10);
  await kinesis.deleteStream(stream);

  const error = await t.throwsAsync(job.until(() => false));
  await job.stop();

  t.true(TributaryError.is(error, "STREAM_NOT_FOUND"), error.message);
});

test("a merged shard waits for a parent that was made since the last listing", async (t) => {
  const stream = await newStream(2);
  await kinesis.put(stream, texts("a", 40));
  const job = await start(stream);
  await job.until(() => job.texts.length >= 40);
  const block = emulator.faults.inject({
    kind: "throttle",
    operation: "GetRecords",
    stream,
    shard: shardId(1),
  });
  // Shard 1 becomes 2 and 3, then 0 and 2 become 4: the end of 0 names 4 while 2 is unknown.
  await split(stream, shardId(1));
  await kinesis.put(stream, texts("b", 40));
  await merge(stream, shardId(0), shardId(2));
  await kinesis.put(stream, texts("c", 40));
  await job.until(() => job.finished.includes(shardId(0)));
  await rest();
  const early = job.assigned.map((one) => one.shardId);
  block.remove();
  await job.until(() => job.texts.length >= 120);
  await job.stop();

  t.false(early.includes(shardId(4)));
  const order = job.batches.filter(({ records }) => records.length > 0).map(({ splitId }) => splitId);
  t.true(order.lastIndexOf(shardId(2)) < order.indexOf(shardId(4)));
  t.deepEqual(job.texts.toSorted(), ["a", "b", "c"].flatMap((prefix) => texts(prefix, 40)).toSorted());
});

for (const version of ["HTTP1_1", "HTTP2"]) {
  test(`an answer that does not come in time over ${version} is asked for again`, async (t) => {
    const stream = await newStream(1);
    await kinesis.put(stream, texts("a", 10));
    const fault = emulator.faults.inject({
      kind: "delay",
      delayMs: 60_000,
      operation: "GetRecords",
      stream,
      count: 1,
    });

    const job = await start(stream, {
      "aws.http.protocol.version": version,
      "aws.http-client.read-timeout": "3000",
    });
    await job.until(() => job.texts.length >= 10);
    await job.stop();
    fault.remove();

    t.is(fault.hits, 1);
    t.deepEqual(job.texts, texts("a", 10));
  });
}

for (const [fault, operation, code] of [
  [{ errorType: "AccessDeniedException" }, "GetRecords", "ACCESS_DENIED"],
  [{ errorType: "AccessDeniedException" }, "GetShardIterator", "ACCESS_DENIED"],
  [{ errorType: "AccessDeniedException" }, "ListShards", "ACCESS_DENIED"],
  [{ errorType: "UnrecognizedClientException" }, "DescribeStreamSummary", "CREDENTIALS_REJECTED"],
  [{ errorType: "KMSDisabledException" }, "GetRecords", "KMS_DENIED"],
] as const) {
  test(`${fault.errorType} of ${operation} ends the job as ${code}`, async (t) => {
    const stream = await newStream(1);
    const rule = emulator.faults.inject({ kind: "error", operation, stream, ...fault });

    const error = await t.throwsAsync(async () => {
      const job = await start(stream);
      const failure: unknown = await job.until(() => false).catch((error: unknown) => error);
      await job.stop();
      throw failure as Error;
    });
    rule.remove();

    t.true(TributaryError.is(error, code), error.message);
  });
}

test("a stream that does not exist is reported with near names", async (t) => {
  await emulator.createStream("clicks", 1);

  const error = (await t.throwsAsync(() => start("click"))) as TributaryError;

  t.is(error.code, "STREAM_NOT_FOUND");
  t.is(error.diagnostics[0]?.candidates?.[0], "clicks");
  t.regex(error.message, /us-east-1/);
  t.regex(error.message, /000000000000/);
});

test("an endpoint that nobody answers at is reported soon", async (t) => {
  const gone = await startKinesisEmulator();
  await gone.close();
  const table = kinesis.table("s", { "aws.endpoint": gone.endpoint });

  const error = (await t.throwsAsync(() => SourceHarness.start(table, kinesis.context))) as TributaryError;

  t.is(error.code, "SERVICE_UNAVAILABLE");
  t.true(error.message.includes(gone.endpoint));
});

test("while nobody polls, the reader stops at its bound, and then delivers everything", async (t) => {
  const stream = await newStream(2);
  const big = "x".repeat(1_000_000);
  const wanted = texts("a", 60);
  for (let from = 0; from < wanted.length; from += 5) {
    await kinesis.put(
      stream,
      wanted.slice(from, from + 5).map((text) => `${text},${big}`),
    );
  }
  const calls = emulator.faults.inject({ kind: "delay", delayMs: 0, operation: "GetRecords", stream });

  const job = await start(stream, { "source.shard.get-records.max-record-count": "5" });
  job.pause();
  const bytes = (): number => job.gauges.get("prefetchedBytes")?.() ?? 0;
  // Six answers of five megabytes fit below the bound of 32 MiB.
  await until(() => bytes() >= 30_000_000);
  await rest();
  const held = bytes();
  const made = calls.hits;
  job.resume();
  await job.until(() => job.texts.length >= 60);
  await job.stop();
  calls.remove();

  t.true(held < 40_000_000, `${held} bytes`);
  t.true(made <= 8, `${made} of more than 12 calls`);
  t.deepEqual(job.texts.map((text) => text.split(",")[0] ?? "").toSorted(), wanted.toSorted());
});

test("an idle shard is left alone for the interval, and its lag is told once", async (t) => {
  const stream = await newStream(1);
  const calls = emulator.faults.inject({ kind: "delay", delayMs: 0, operation: "GetRecords", stream });

  const job = await start(stream, { "source.reader.empty-records-fetch-interval": "1 h" });
  await job.until(() => job.batches.length === 1);
  await kinesis.put(stream, ["late"]);
  await rest();
  await job.stop();
  calls.remove();

  t.is(calls.hits, 1);
  t.like(job.batches[0], { records: [], lagMs: 0, state: { type: "TRIM_HORIZON" } });
});

test("closing a reader ends its calls and its poll", async (t) => {
  const stream = await newStream(1);
  const slow = emulator.faults.inject({ kind: "delay", delayMs: 60_000, operation: "GetRecords", stream });
  const job = await start(stream);

  await job.stop();
  slow.remove();

  t.is(job.failure, undefined);
});

test("metadata columns hold what the service says about each record", async (t) => {
  const stream = await newStream(1);
  await kinesis.put(stream, ["hello"]);
  const column = (key: string, type: Column["type"]): Column => ({
    kind: "metadata",
    name: key,
    key,
    type,
    isVirtual: true,
  });
  const columns: Column[] = [
    { kind: "physical", name: "text", type: types.string() },
    column("timestamp", notNull(types.timestampLtz(3))),
    column("sequence-number", notNull(types.varchar(128))),
    column("shard-id", notNull(types.varchar(128))),
    column("stream", types.string()),
    column("partition-key", types.string()),
    column("sub-sequence-number", types.bigint()),
    column("explicit-hash-key", types.string()),
    column("millis-behind-latest", types.bigint()),
  ];
  const table = kinesis.table(stream, {}, { columns });
  const planned = planSource(table, kinesis.context);
  t.deepEqual(planned.diagnostics, []);

  const job = await SourceHarness.start(table, kinesis.context);
  await job.until(() => job.texts.length === 1);
  await job.stop();
  const batch = job.batches.find(({ records }) => records.length > 0) as SplitRecords<KinesisRecord>;
  const [record] = batch.records as [KinesisRecord];
  const output = { values: [] as Record<string, unknown>[], timestamps: [] as number[] };
  planned.value?.binding.deserializer?.deserialize(batch, output);

  const [row] = output.values;
  t.like(row, {
    text: "hello",
    "sequence-number": record.sequenceNumber,
    "shard-id": shardId(0),
    stream,
    "partition-key": "hello",
    "sub-sequence-number": null,
    "explicit-hash-key": null,
    "millis-behind-latest": 0n,
  });
  t.regex(String(row?.["timestamp"]), /^20/);
  t.true(Math.abs(record.arrivalMs - Date.now()) < 60_000);
});
