import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import test from "ava";

import { SplitShardCommand } from "@aws-sdk/client-kinesis";
import { TributaryError, planSource } from "@tributary/core";
import { VirtualClock, until } from "@tributary/core/testing";
import { checkpointPositions } from "@tributary/io-kinesis";
import type { KinesisRecord } from "@tributary/io-kinesis";
import { startKinesisEmulator } from "@tributary/kinesis-emulator";

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
  const name = `bounds-${(streams += 1)}`;
  await emulator.createStream(name, shards);
  return name;
}

const start = (
  stream: string,
  options: Readonly<Record<string, string>> = {},
  restored?: Checkpoint,
  fixture = kinesis,
): Promise<SourceHarness> =>
  SourceHarness.start(fixture.table(stream, options), fixture.context, {
    ...(restored !== undefined && { restored }),
  });

async function split(stream: string, shardId: string, fixture = kinesis): Promise<void> {
  const shard = (await fixture.shards(stream)).find((one) => one.ShardId === shardId);
  const { StartingHashKey = "0", EndingHashKey = "0" } = shard?.HashKeyRange ?? {};
  const NewStartingHashKey = String((BigInt(StartingHashKey) + BigInt(EndingHashKey)) / 2n + 1n);
  await fixture.client.send(
    new SplitShardCommand({ StreamName: stream, ShardToSplit: shardId, NewStartingHashKey }),
  );
}

const shardId = (index: number): string => `shardId-${String(index).padStart(12, "0")}`;
const READERS = { POLLING: {}, EFO: { "source.reader.type": "EFO", "source.efo.consumer.name": "bounds" } };

for (const [reader, options] of Object.entries(READERS)) {
  test(`${reader}: a read up to LATEST gives what is there, children of split shards too, and ends`, async (t) => {
    const stream = await newStream(2);
    await kinesis.put(stream, texts("a", 200));
    await split(stream, shardId(0));
    await kinesis.put(stream, texts("b", 200));

    const job = await start(stream, { ...options, "source.end.position": "LATEST" });
    await job.ended();
    await job.stop();

    t.deepEqual(job.texts.toSorted(), [...texts("a", 200), ...texts("b", 200)].toSorted());
    t.is(job.finished.length, 4);
  });

  test(`${reader}: a read up to an instant leaves out what arrived then or later, and ends`, async (t) => {
    const timed = await startKinesisEmulator({ virtualTime: Date.UTC(2024, 0, 1, 12) });
    const there = new KinesisFixture(timed.endpoint);
    await timed.createStream("s", 2);
    await there.put("s", texts("in", 100));
    timed.clock.advance(60_000);
    await there.put("s", texts("out", 100));
    await split("s", shardId(0), there);
    await there.put("s", texts("child", 100));
    const assigned: string[] = [];

    const end = { "source.end.timestamp": "2024-01-01T12:01:00.000Z" };
    const job = await start("s", { ...options, ...end }, undefined, there);
    await job.ended();
    await job.stop();
    assigned.push(...job.assigned.map((one) => one.shardId));
    there.client.destroy();
    await timed.close();

    t.deepEqual(job.texts.toSorted(), texts("in", 100).toSorted());
    // Nothing of the children belongs to the read.
    t.deepEqual(assigned, [shardId(0), shardId(1)]);
  });
}

test("a bounded read of an empty stream ends at once, and is planned as bounded", async (t) => {
  const stream = await newStream(3);
  const options = { "source.end.position": "latest" };
  const planned = planSource(kinesis.table(stream, options), kinesis.context);

  const job = await start(stream, options);
  await job.ended();
  await job.stop();

  t.is(planned.value?.boundedness, "bounded");
  t.deepEqual(job.texts, []);
  t.is(planSource(kinesis.table(stream), kinesis.context).value?.boundedness, "unbounded");
});

test("a bounded read goes on after a restart to the end that was fixed at first", async (t) => {
  const stream = await newStream(2);
  await kinesis.put(stream, texts("a", 200));
  const options = { "source.end.position": "LATEST", "source.shard.get-records.max-record-count": "20" };
  const first = await start(stream, options);
  await first.until(() => first.texts.length >= 60);
  first.pause();
  const checkpoint = first.checkpoint();
  const done = first.texts;
  await first.stop();

  const second = await start(stream, options, checkpoint);
  await second.ended();
  await second.stop();

  t.deepEqual([...done, ...second.texts].toSorted(), texts("a", 200).toSorted());
});

test("given positions start each shard behind its number, others at their beginning", async (t) => {
  const stream = await newStream(2);
  await kinesis.put(stream, texts("a", 100));
  const first = await start(stream);
  await first.until(() => first.texts.length >= 100);
  await first.stop();
  const inFirst = first.batches.filter(({ splitId }) => splitId === shardId(0)).flatMap((one) => one.records);
  const middle = inFirst[Math.floor(inFirst.length / 2)] as KinesisRecord;
  const rest = first.texts.length - Math.floor(inFirst.length / 2) - 1;
  const directory = await mkdtemp(join(tmpdir(), "positions-"));
  const object = join(directory, "object.json");
  await writeFile(object, JSON.stringify({ [shardId(0)]: middle.sequenceNumber }));
  const lines = join(directory, "lines.json");
  const line = { table: "t", stream, shard: shardId(0), sequenceNumber: middle.sequenceNumber };
  const other = { ...line, stream: "another", shard: shardId(1), finished: true };
  await writeFile(lines, `${JSON.stringify({ ...line, finished: false })}\n${JSON.stringify(other)}\n`);

  for (const positions of [
    `${shardId(0)}:${middle.sequenceNumber}`,
    `${shardId(0)}: ${middle.sequenceNumber}, ${shardId(1)}:TRIM_HORIZON`,
    JSON.stringify({ [shardId(0)]: middle.sequenceNumber }),
    object,
    lines,
  ]) {
    const job = await start(stream, {
      "source.init.position": "SPECIFIC",
      "source.init.positions": positions,
      "source.end.position": "LATEST",
    });
    await job.ended();
    await job.stop();

    t.is(job.texts.length, rest, positions);
    t.deepEqual(job.logged, []);
  }
});

test("positions that a checkpoint holds start another job where it stood", async (t) => {
  const stream = await newStream(2);
  await kinesis.put(stream, texts("a", 100));
  await split(stream, shardId(0));
  await kinesis.put(stream, texts("b", 100));
  const first = await start(stream, { "source.shard.get-records.max-record-count": "20" });
  await first.until(() => first.finished.length === 1 && first.texts.length >= 80);
  first.pause();
  const { enumerator, splits } = first.checkpoint();
  const done = first.texts;
  await first.stop();

  const positions = checkpointPositions(enumerator, splits) ?? [];
  const second = await start(stream, {
    "source.init.position": "SPECIFIC",
    "source.init.positions": positions.map((one) => JSON.stringify({ table: "t", ...one })).join("\n"),
    "source.end.position": "LATEST",
  });
  await second.ended();
  await second.stop();

  t.deepEqual(
    positions.map(({ shard, finished }) => [shard, finished]),
    [0, 1, 2, 3].map((index) => [shardId(index), index === 0]),
  );
  t.true(positions.every((one) => one.stream === stream));
  t.deepEqual([...done, ...second.texts].toSorted(), [...texts("a", 100), ...texts("b", 100)].toSorted());
  t.is(checkpointPositions({ other: "source" }, []), undefined);
});

test("given positions of children mean that their parents are read", async (t) => {
  const stream = await newStream(1);
  await kinesis.put(stream, texts("parent", 10));
  await split(stream, shardId(0));
  await kinesis.put(stream, texts("child", 20));
  const first = await start(stream);
  await first.until(() => first.texts.length >= 30);
  await first.stop();
  const number = (id: string): string =>
    first.batches.filter(({ splitId }) => splitId === id).flatMap(({ records }) => records)[0]
      ?.sequenceNumber ?? "";

  const job = await start(stream, {
    "source.init.position": "SPECIFIC",
    "source.init.positions": `${shardId(1)}:${number(shardId(1))},${shardId(2)}:${number(shardId(2))}`,
    "source.end.position": "LATEST",
  });
  await job.ended();
  await job.stop();

  t.is(job.texts.length, 18);
  t.true(job.texts.every((text) => text.startsWith("child")));
});

test("a position for a shard that is not there is lost data: a warning, or the job's end", async (t) => {
  const stream = await newStream(1);
  const options = {
    "source.init.position": "SPECIFIC",
    "source.init.positions": `${shardId(7)}:495`,
    "source.end.position": "LATEST",
  };

  const job = await start(stream, options);
  await job.ended();
  await job.stop();
  const error = await t.throwsAsync(start(stream, { ...options, "source.on-data-loss": "fail" }));

  t.deepEqual(job.logged, [{ code: "SOURCE_DATA_LOST", shard: shardId(7) }]);
  t.true(TributaryError.is(error, "SOURCE_DATA_LOST"));
});

test("a file of positions that cannot be used is named", async (t) => {
  const stream = await newStream(1);
  const directory = await mkdtemp(join(tmpdir(), "positions-"));
  const broken = join(directory, "broken.json");
  await writeFile(broken, "{");

  for (const path of [join(directory, "none.json"), broken]) {
    const options = { "source.init.position": "SPECIFIC", "source.init.positions": path };
    const error = await t.throwsAsync(start(stream, options));

    t.true(TributaryError.is(error, "OPTION_INVALID"));
    t.true(error.message.includes(path));
  }
});

test("with on-data-loss = fail a position that retention has removed ends the job with the missing range", async (t) => {
  const aging = await startKinesisEmulator({ virtualTime: Date.now() });
  const there = new KinesisFixture(aging.endpoint);
  await aging.createStream("s", 1);
  await there.put("s", texts("a", 10));
  const first = await start("s", {}, undefined, there);
  await first.until(() => first.texts.length === 10);
  const checkpoint = first.checkpoint();
  const last = first.batches.flatMap(({ records }) => records).at(-1);
  await first.stop();
  await there.put("s", texts("lost", 10));
  aging.clock.advance(25 * 3_600_000);
  await there.put("s", texts("b", 10));

  const second = await start("s", { "source.on-data-loss": "fail" }, checkpoint, there);
  const error = (await t.throwsAsync(second.until(() => false))) as TributaryError;
  await second.stop();
  there.client.destroy();
  await aging.close();

  t.is(error.code, "SOURCE_DATA_LOST");
  t.is(error.diagnostics[0]?.shard, shardId(0));
  t.is(error.diagnostics[0]?.sequenceNumber, last?.sequenceNumber);
  t.regex(error.message, new RegExp(`after ${last?.sequenceNumber}, up to \\d+`));
  t.deepEqual(second.texts, []);
});

for (const [share, callsMax] of [
  ["1", 5 * 10 + 5],
  ["0.2", 1 * 10 + 1],
] as const) {
  test(`with a limit share of ${share} ten seconds make at most ${callsMax} calls`, async (t) => {
    const stream = await newStream(1);
    await kinesis.put(stream, texts("a", 200));
    const calls = emulator.faults.inject({ kind: "delay", delayMs: 0, operation: "GetRecords", stream });
    const clock = new VirtualClock(Date.now());
    const table = kinesis.table(stream, {
      "source.shard.get-records.limit-share": share,
      "source.shard.get-records.max-record-count": "1",
    });
    const job = await SourceHarness.start(table, kinesis.context, { clock });

    for (let tenth = 0; tenth < 100; tenth += 1) {
      await clock.advance(100);
      // Whatever the passing of time has let go is answered before more passes.
      const made = calls.hits;
      await until(() => job.texts.length >= Math.min(200, made));
    }
    const made = calls.hits;
    await job.stop();
    calls.remove();

    t.true(made <= callsMax, `${made} calls`);
    t.true(made >= callsMax / 2, `${made} calls`);
  });
}

test("large answers are paid back: two megabytes a second on the average", async (t) => {
  const stream = await newStream(1);
  const big = "x".repeat(1_000_000);
  for (const text of texts("a", 20)) await kinesis.put(stream, [`${text},${big}`]);
  const clock = new VirtualClock(Date.now());
  const table = kinesis.table(stream, { "source.shard.get-records.limit-share": "1" });
  const job = await SourceHarness.start(table, kinesis.context, { clock });

  await until(() => job.texts.length >= 10);
  const first = job.texts.length;
  await clock.advance(2_000);
  const early = job.texts.length;
  await clock.advance(3_500);
  await job.until(() => job.texts.length >= 20);
  await job.stop();

  // Ten megabytes an answer: the first one is followed by four seconds of rest.
  t.is(early, first);
});

for (const [reader, operation, kind] of [
  ["POLLING", "GetRecords", "throttle"],
  ["POLLING", "GetRecords", "connection-reset"],
  ["POLLING", "GetShardIterator", "server-error"],
  ["EFO", "SubscribeToShard", "server-error"],
] as const) {
  test(`${reader}: a shard with a ${kind} at every ${operation} is behind and never caught up, beside one that is read`, async (t) => {
    const stream = await newStream(2);
    await kinesis.put(stream, texts("a", 20));
    const block = emulator.faults.inject({ kind, operation, stream, shard: shardId(1) });

    const job = await start(stream, READERS[reader]);
    await until(() => block.hits >= 3 && job.texts.length > 0 && !job.isBehind(shardId(0)));
    const during = { isCaughtUp: job.isCaughtUp, isBehind: job.isBehind(shardId(1)) };
    block.remove();
    await job.until(() => job.texts.length >= 20);
    await job.stop();

    t.deepEqual(during, { isCaughtUp: false, isBehind: true });
  });
}

test("a shard that was read to its tip is behind again as soon as its calls fail, and until one is answered", async (t) => {
  const stream = await newStream(2);
  await kinesis.put(stream, texts("a", 20));
  const job = await start(stream);
  await job.until(() => job.texts.length >= 20);
  await until(() => job.isCaughtUp);

  const block = emulator.faults.inject({
    kind: "throttle",
    operation: "GetRecords",
    stream,
    shard: shardId(1),
  });
  await until(() => job.isBehind(shardId(1)));
  const during = [job.isCaughtUp, job.isBehind(shardId(0))];
  block.remove();
  await until(() => job.isCaughtUp && !job.isBehind(shardId(1)));
  await job.stop();

  t.deepEqual(during, [false, false]);
});

for (const [reader, options] of Object.entries(READERS)) {
  test(`${reader}: the lag of each shard is a metric under the reference's name, and goes with the shard`, async (t) => {
    const stream = await newStream(2);
    await kinesis.put(stream, texts("a", 20));
    const name = (index: number): string =>
      `KinesisStreamSource.accountId.000000000000.region.us-east-1.stream.${stream}.shardId.${shardId(index)}.millisBehindLatest`;

    const job = await start(stream, options);
    await job.until(() => job.texts.length >= 20);
    await until(() => [0, 1].every((index) => job.gauges.get(name(index))?.() === 0));
    await split(stream, shardId(0));
    await kinesis.put(stream, texts("b", 20));
    await job.until(() => job.finished.length === 1);
    await until(() => !job.gauges.has(name(0)));
    const remaining = job.gauges.has(name(1));
    await job.stop();

    t.true(remaining);
  });
}
