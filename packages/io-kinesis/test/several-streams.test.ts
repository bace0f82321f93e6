import test from "ava";

import { TributaryError, planSource, types } from "@tributary/core";
import type { Column, SplitRecords } from "@tributary/core";
import { VirtualClock, until } from "@tributary/core/testing";
import { checkpointPositions } from "@tributary/io-kinesis";
import type { KinesisRecord } from "@tributary/io-kinesis";
import { startKinesisEmulator } from "@tributary/kinesis-emulator";

import { KinesisFixture, texts } from "./kinesis-fixture.js";
import { SourceHarness } from "./source-harness.js";
import type { HarnessOptions } from "./source-harness.js";

const emulator = await startKinesisEmulator();
const kinesis = new KinesisFixture(emulator.endpoint);

test.after.always(async () => {
  kinesis.client.destroy();
  await emulator.close();
});

const arn = (name: string): string => `arn:aws:kinesis:us-east-1:000000000000:stream/${name}`;

const start = (
  streams: string,
  options: Readonly<Record<string, string>> = {},
  run: HarnessOptions = {},
): Promise<SourceHarness> =>
  SourceHarness.start(kinesis.table("x", { "stream.arn": streams, ...options }), kinesis.context, run);

async function filled(name: string, shards: number, records: number): Promise<readonly string[]> {
  await emulator.createStream(name, shards);
  await kinesis.put(name, texts(name, records));
  return texts(name, records);
}

const READERS = { POLLING: {}, EFO: { "source.reader.type": "EFO", "source.efo.consumer.name": "several" } };

for (const [reader, options] of Object.entries(READERS)) {
  test(`${reader}: streams in a list are read together, over a restart too, each record with its stream`, async (t) => {
    const [left, right] = [`left-${reader}`, `right-${reader}`];
    const wanted = [...(await filled(left, 2, 100)), ...(await filled(right, 1, 100))];
    const list = `${arn(left)} ; ${arn(right)}`;

    const first = await start(list, options, { parallelism: 2 });
    await first.until(() => first.texts.length >= 200);
    const checkpoint = first.checkpoint();
    await first.stop();
    await kinesis.put(left, texts("later", 10));
    const second = await start(list, options, { restored: checkpoint });
    await second.until(() => second.texts.length >= 10);
    await second.stop();

    t.deepEqual(first.texts.toSorted(), wanted.toSorted());
    t.deepEqual(second.texts.toSorted(), texts("later", 10).toSorted());
    t.deepEqual(new Set(first.assigned.map(({ shardId }) => shardId.split("/")[0])), new Set([left, right]));
    const positions = checkpointPositions(checkpoint.enumerator, checkpoint.splits) ?? [];
    t.deepEqual(
      positions.map(({ stream, shard }) => [stream, shard]),
      [
        [left, "shardId-000000000000"],
        [left, "shardId-000000000001"],
        [right, "shardId-000000000000"],
      ],
    );
  });
}

test("a pattern reads the streams whose names fit, and those that appear later from their beginning", async (t) => {
  const wanted = [...(await filled("clicks-a", 1, 20)), ...(await filled("clicks-b", 1, 20))];
  await filled("other-clicks", 1, 20);
  const clock = new VirtualClock(Date.now());

  const job = await start(
    arn("clicks-*"),
    { "source.shard.discovery.interval": "10 s", "source.init.position": "TRIM_HORIZON" },
    { clock },
  );
  await job.until(() => job.texts.length >= 40);
  const late = await filled("clicks-c", 1, 20);
  await clock.advance(10_000);
  await job.until(() => job.texts.length >= 60);
  await job.stop();

  t.deepEqual(job.texts.toSorted(), [...wanted, ...late].toSorted());
});

test("more streams than one listing names are found", async (t) => {
  for (let index = 0; index < 130; index += 1) await emulator.createStream(`many-${100 + index}`, 1);
  await kinesis.put("many-229", ["last"]);

  const job = await start(arn("many-*"), { "source.end.position": "LATEST" });
  await job.ended();
  await job.stop();

  t.is(job.assigned.length, 130);
  t.deepEqual(job.texts, ["last"]);
});

test("a bounded read of several streams ends when all of them have", async (t) => {
  const wanted = [...(await filled("bounded-a", 2, 50)), ...(await filled("bounded-b", 1, 50))];

  const job = await start(`${arn("bounded-a")};${arn("bounded-b")}`, { "source.end.position": "LATEST" });
  await job.ended();
  await job.stop();

  t.deepEqual(job.texts.toSorted(), wanted.toSorted());
});

test("a pattern that nothing fits is reported with near names", async (t) => {
  await emulator.createStream("payments-eu", 1);

  const error = (await t.throwsAsync(start(arn("payment_*")))) as TributaryError;

  t.is(error.code, "STREAM_NOT_FOUND");
  t.true(error.diagnostics[0]?.candidates?.includes("payments-eu"));
});

test("the metadata column 'stream' tells the streams apart", async (t) => {
  await filled("meta-a", 1, 1);
  await filled("meta-b", 1, 1);
  const columns: Column[] = [
    { kind: "physical", name: "text", type: types.string() },
    { kind: "metadata", name: "stream", key: "stream", type: types.string(), isVirtual: true },
  ];
  const table = kinesis.table("x", { "stream.arn": arn("meta-*") }, { columns });
  const planned = planSource(table, kinesis.context);
  const rows: Record<string, unknown>[] = [];

  const source = planned.value?.binding.source;
  t.truthy(source);
  const job = await SourceHarness.startPlanned(planned, {
    take: (batch: SplitRecords<KinesisRecord>) =>
      planned.value?.binding.deserializer?.deserialize(batch, { values: rows, timestamps: [] }),
  });
  await until(() => rows.length === 2);
  await job.stop();

  t.deepEqual(rows.map(({ text, stream }) => `${String(text)} of ${String(stream)}`).toSorted(), [
    "meta-a-0 of meta-a",
    "meta-b-0 of meta-b",
  ]);
});

test("every stream of a list is checked, and one name twice is refused", (t) => {
  const faults = (streams: string): readonly (string | undefined)[] =>
    planSource(kinesis.table("x", { "stream.arn": streams }), kinesis.context).diagnostics.map(
      ({ code, option }) => `${code} ${option}`,
    );

  t.deepEqual(faults(`${arn("a")};${arn("b")}`), []);
  t.deepEqual(faults(`${arn("a")};nonsense;${arn("b*!")}`), [
    "OPTION_INVALID stream.arn",
    "OPTION_INVALID stream.arn",
  ]);
  t.deepEqual(faults(`${arn("a")};${arn("a")}`), ["OPTION_INVALID stream.arn"]);
  t.deepEqual(faults(";"), ["OPTION_INVALID stream.arn"]);
});

test("a checkpoint of one stream does not start several", async (t) => {
  await filled("single", 1, 1);
  const first = await SourceHarness.start(kinesis.table("single"), kinesis.context);
  const checkpoint = first.checkpoint();
  await first.stop();

  const error = await t.throwsAsync(async () =>
    start(`${arn("single")};${arn("clicks-a")}`, {}, { restored: checkpoint }),
  );

  t.true(TributaryError.is(error, "STATE_INCOMPATIBLE"));
});
