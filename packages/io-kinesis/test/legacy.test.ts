import test from "ava";

import { MergeShardsCommand, SplitShardCommand } from "@aws-sdk/client-kinesis";
import { createRegistry } from "@tributary/core";
import type { PlanContext, TableDescriptor } from "@tributary/core";
import { SILENT_LOGGER, VirtualClock, sourceFunctionConformance } from "@tributary/core/testing";
import { AggregateBuilder, kinesis5 } from "@tributary/io-kinesis";
import { startKinesisEmulator } from "@tributary/kinesis-emulator";

import { KinesisFixture, texts } from "./kinesis-fixture.js";
import { LegacyJob, functionOf } from "./legacy-harness.js";
import type { LegacyRun } from "./legacy-harness.js";
import { plainFormat } from "./plain-format.js";
import { SourceHarness } from "./source-harness.js";

const emulator = await startKinesisEmulator();
const kinesis = new KinesisFixture(emulator.endpoint);
const context: PlanContext = {
  registry: createRegistry([kinesis5, plainFormat]),
  timeZone: "UTC",
  logger: SILENT_LOGGER,
};
let streams = 0;

test.after.always(async () => {
  kinesis.client.destroy();
  await emulator.close();
});

async function newStream(shards: number): Promise<string> {
  const name = `legacy-${(streams += 1)}`;
  await emulator.createStream(name, shards);
  return name;
}

type Options = Readonly<Record<string, string | undefined>>;

function tableOf(stream: string, options: Options = {}): TableDescriptor {
  const base = kinesis.table(stream);
  const all: Options = {
    ...Object.fromEntries(base.options.map(({ key, value }) => [key, value])),
    connector: "kinesis-legacy",
    stream,
    "stream.arn": undefined,
    "source.init.position": undefined,
    "source.shard.discovery.interval": undefined,
    "scan.stream.initpos": "TRIM_HORIZON",
    "scan.shard.getrecords.intervalmillis": "50",
    "scan.shard.discovery.intervalmillis": "1000",
    ...options,
  };
  return {
    ...base,
    options: Object.entries(all).flatMap(([key, value]) => (value === undefined ? [] : [{ key, value }])),
  };
}

const start = (stream: string, options: Options = {}, run: LegacyRun = {}): LegacyJob =>
  LegacyJob.start(tableOf(stream, options), context, run);

const shardId = (index: number): string => `shardId-${String(index).padStart(12, "0")}`;

const EFO: Options = {
  "scan.stream.recordpublisher": "EFO",
  "scan.stream.efo.consumername": "reader",
};

async function split(stream: string, id: string): Promise<void> {
  const shard = (await kinesis.shards(stream)).find((one) => one.ShardId === id);
  const { StartingHashKey = "0", EndingHashKey = "0" } = shard?.HashKeyRange ?? {};
  const NewStartingHashKey = String((BigInt(StartingHashKey) + BigInt(EndingHashKey)) / 2n + 1n);
  await kinesis.client.send(
    new SplitShardCommand({ StreamName: stream, ShardToSplit: id, NewStartingHashKey }),
  );
}

async function merge(stream: string, left: string, right: string): Promise<void> {
  await kinesis.client.send(
    new MergeShardsCommand({ StreamName: stream, ShardToMerge: left, AdjacentShardToMerge: right }),
  );
}

function aggregateOf(prefix: string, count: number): Uint8Array {
  const builder = new AggregateBuilder(1_000_000);
  for (const text of texts(prefix, count)) builder.tryAdd({ partitionKey: text, data: Buffer.from(text) });
  return builder.build();
}

for (const [publisher, options] of [
  ["polling", {}],
  ["fan-out", EFO],
] as const) {
  test(`${publisher}: every record of every shard is read once, in a loop of its own for each`, async (t) => {
    const stream = await newStream(3);
    await kinesis.put(stream, texts("a", 1200));

    const job = start(stream, options);
    await job.until(() => job.texts.length >= 1200);
    await job.until(() => job.isCaughtUp);
    await job.stop();

    t.deepEqual(job.texts.toSorted(), texts("a", 1200).toSorted());
    t.deepEqual(job.opened.toSorted(), [0, 1, 2].map(shardId));
    t.true(job.emitted.every(({ record, timestampMs }) => record.arrivalMs === timestampMs));
    t.true(job.emitted.every(({ record, part }) => record.origin.shardId === part));
  });

  test(`${publisher}: shards that are split and merged meanwhile are read to their end, their children as soon as they are found`, async (t) => {
    const stream = await newStream(2);
    const job = start(stream, options);
    await job.until(() => job.opened.length === 2);
    const written: string[] = [];
    const write = async (round: string): Promise<void> => {
      written.push(...texts(round, 200));
      await kinesis.put(stream, texts(round, 200));
    };
    await write("a");
    await split(stream, shardId(0));
    await write("b");
    await merge(stream, shardId(3), shardId(1));
    await write("c");
    await job.until(() => job.texts.length >= written.length && job.closed.length === 3);
    await job.stop();

    t.deepEqual(job.texts.toSorted(), written.toSorted());
    t.deepEqual(job.opened, [0, 1, 2, 3, 4].map(shardId));
  });

  test(`${publisher}: aggregated records are taken apart, with their place in the record`, async (t) => {
    const stream = await newStream(1);
    await kinesis.putRaw(stream, [
      { data: Buffer.from("plain") },
      { data: aggregateOf("u", 5) },
      { data: Buffer.from("last") },
    ]);

    const job = start(stream, options);
    await job.until(() => job.texts.length >= 7);
    await job.stop();

    t.deepEqual(job.texts, ["plain", ...texts("u", 5), "last"]);
    t.deepEqual(
      job.emitted.map(({ record }) => record.subSequenceNumber),
      [undefined, 0, 1, 2, 3, 4, undefined],
    );
    t.deepEqual(
      job.emitted.map(({ record }) => record.partitionKey),
      ["k", ...texts("u", 5), "k"],
    );
  });

  test(`${publisher}: a job that stops anywhere, within an aggregated record too, goes on with the next user record`, async (t) => {
    const stream = await newStream(1);
    const all: string[] = [];
    for (let round = 0; round < 4; round += 1) {
      await kinesis.putRaw(stream, [
        { data: aggregateOf(`r${round}`, 2500) },
        { data: Buffer.from(`p${round}`) },
      ]);
      all.push(...texts(`r${round}`, 2500), `p${round}`);
    }
    const seen: string[] = [];
    let restored: ReturnType<LegacyJob["snapshot"]> | undefined;
    for (let stops = 1; seen.length < all.length; stops += 1) {
      // One section more each time, so that stops fall into the middle of records.
      const left = all.length - seen.length;
      let sections = 0;
      let taken: readonly string[] = [];
      let isTaken = false;
      const job: LegacyJob = start(
        stream,
        { ...options, "scan.shard.subscribetoshard.maxretries": "100000" },
        {
          ...(restored !== undefined && { restored }),
          onEmit: (one) => {
            sections += 1;
            if (isTaken || (sections < stops && one.texts.length < left)) return;
            isTaken = true;
            restored = one.snapshot();
            taken = one.texts;
          },
        },
      );
      await job.until(() => isTaken);
      await job.stop();
      seen.push(...taken);
    }

    t.deepEqual(seen, all);
  });
}

test("the rows are those of the new source, aggregated records included", async (t) => {
  const stream = await newStream(3);
  await kinesis.put(stream, texts("plain", 300));
  // One user record lies outside the shard: the whole record is left out by both.
  await kinesis.putRaw(stream, [{ data: aggregateOf("misplaced", 50), hashKey: "0" }]);
  for (const text of texts("own", 40)) {
    const builder = new AggregateBuilder(50_000);
    builder.tryAdd({ partitionKey: text, data: Buffer.from(text) });
    await kinesis.putRaw(stream, [{ data: builder.build(), key: text }]);
  }

  const legacy = start(stream);
  await legacy.until(() => legacy.texts.length >= 340);
  await legacy.until(() => legacy.isCaughtUp);
  await legacy.stop();
  const split5 = await SourceHarness.start(kinesis.table(stream), kinesis.context);
  await split5.until(() => split5.texts.length >= 340);
  await split5.stop();

  const row = (record: (typeof legacy.emitted)[number]["record"]): string =>
    [
      record.origin.shardId,
      record.sequenceNumber,
      record.subSequenceNumber ?? "",
      record.partitionKey,
      record.explicitHashKey ?? "",
      record.arrivalMs,
      Buffer.from(record.data).toString(),
    ].join(" ");
  t.deepEqual(
    legacy.emitted.map(({ record }) => row(record)).toSorted(),
    split5.batches.flatMap(({ records }) => records.map(row)).toSorted(),
  );
  t.is(legacy.texts.length, 340);
});

for (const one of sourceFunctionConformance({
  name: "kinesis-legacy",
  create: async (values) => {
    const stream = await newStream(2);
    await kinesis.put(stream, texts("v", values));
    return { function: functionOf(tableOf(stream), context), expected: texts("v", values) };
  },
  identify: ({ data }) => Buffer.from(data).toString(),
})) {
  test(one.name, (t) => t.notThrowsAsync(one.run()));
}

test("several readers share the shards without a gap, by either assigner", async (t) => {
  const stream = await newStream(5);
  await kinesis.put(stream, texts("a", 500));
  for (const assigner of ["default", "uniform"]) {
    const make = functionOf(tableOf(stream, { "source.shard-assigner": assigner }), context);
    const jobs = [0, 1, 2].map((subtaskIndex) => new LegacyJob(make, { subtaskIndex, parallelism: 3 }));
    for (const job of jobs) await job.until(() => job.isCaughtUp);
    await Promise.all(jobs.map((job) => job.stop()));

    t.deepEqual(jobs.flatMap((job) => job.opened).toSorted(), [0, 1, 2, 3, 4].map(shardId));
    t.deepEqual(jobs.flatMap((job) => job.texts).toSorted(), texts("a", 500).toSorted());
  }
});

test("a poll waits as the formula says: the interval less the time since the call", async (t) => {
  const stream = await newStream(1);
  const clock = new VirtualClock(Date.now());
  const calls = emulator.faults.inject({ kind: "delay", delayMs: 0, operation: "GetRecords", stream });
  const job = start(stream, { "scan.shard.getrecords.intervalmillis": "200" }, { clock });
  await job.until(() => job.opened.length === 1);
  await new Promise<void>((resolve) => {
    const look = (): void =>
      calls.hits >= 1 && clock.pendingTimers >= 2 ? resolve() : void setImmediate(look);
    look();
  });

  const before = calls.hits;
  await clock.advance(199);
  t.is(calls.hits, before);
  await clock.advance(1);
  while (calls.hits === before) await new Promise((resolve) => setImmediate(resolve));
  t.is(calls.hits, before + 1);
  await job.stop();
  calls.remove();
});
