import { createHash } from "node:crypto";

import test from "ava";
import fc from "fast-check";

import { AggregateBuilder, readAggregate } from "@tributary/io-kinesis";
import type { AggregateEntry } from "@tributary/io-kinesis";
import { startKinesisEmulator } from "@tributary/kinesis-emulator";

import { KinesisFixture, texts } from "./kinesis-fixture.js";
import { KPL_VECTORS } from "./kpl-vectors.js";
import type { VectorRecord } from "./kpl-vectors.js";
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
  const name = `kpl-${(streams += 1)}`;
  await emulator.createStream(name, shards);
  return name;
}

const MAGIC = [0xf3, 0x89, 0x9a, 0xc2];

function entryOf([partitionKey, data, explicitHashKey]: VectorRecord): AggregateEntry {
  return {
    partitionKey,
    data: Buffer.from(data),
    ...(explicitHashKey !== undefined && { explicitHashKey }),
  };
}

function aggregate(records: readonly VectorRecord[], bytesMax = 1024 * 1024): Uint8Array {
  const builder = new AggregateBuilder(bytesMax);
  for (const record of records) builder.tryAdd(entryOf(record));
  return builder.build();
}

function contentOf(bytes: Uint8Array): readonly VectorRecord[] | undefined {
  const found = readAggregate(bytes);
  return found?.data.map((data, index) => {
    const hashKey = found.explicitHashKeys?.[index];
    const record = [found.partitionKeys[index] as string, Buffer.from(data).toString()] as const;
    return hashKey === undefined ? record : [...record, hashKey];
  });
}

/** A message as an aggregated record, with a digest that fits. */
function sealed(message: readonly number[]): Uint8Array {
  const bytes = Buffer.from(message);
  return Buffer.concat([Buffer.from(MAGIC), bytes, createHash("md5").update(bytes).digest()]);
}

for (const { name, records, base64 } of KPL_VECTORS) {
  test(`what the public package wrote is read: ${name}`, (t) => {
    t.deepEqual(contentOf(Buffer.from(base64, "base64")), records);
  });

  test(`what is written is what the public package writes: ${name}`, (t) => {
    t.is(Buffer.from(aggregate(records)).toString("base64"), base64);
  });
}

test("any records are read as they were written, and the size is known beforehand", (t) => {
  const key = fc.string({ minLength: 1, maxLength: 30, unit: "grapheme" });
  const entry = fc.record({
    partitionKey: key,
    data: fc.uint8Array({ maxLength: 300 }),
    explicitHashKey: fc.option(
      fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }).map((value) => value.toString()),
      { nil: undefined },
    ),
  });
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 50 }), (entries) => {
      const builder = new AggregateBuilder(1024 * 1024);
      for (const { partitionKey, data, explicitHashKey } of entries) {
        t.true(
          builder.tryAdd({ partitionKey, data, ...(explicitHashKey !== undefined && { explicitHashKey }) }),
        );
      }
      const { bytes, count } = builder;
      const written = builder.build();
      t.is(written.length, bytes);
      t.is(builder.count, 0);
      const found = readAggregate(written);
      // Without a single record there is no message, and nothing that is long enough to be an aggregate.
      t.is(found?.count ?? 0, count);
      for (const [index, { partitionKey, data, explicitHashKey }] of entries.entries()) {
        t.is(found?.partitionKeys[index], partitionKey);
        t.deepEqual(Buffer.from(found?.data[index] ?? []), Buffer.from(data));
        t.is(found?.explicitHashKeys?.[index], explicitHashKey);
      }
    }),
  );
});

test("damage anywhere makes a plain record, and nothing throws", (t) => {
  const whole = aggregate([
    ["a", "one", "1"],
    ["b", "two"],
  ]);
  for (let at = 0; at < whole.length; at += 1) {
    const damaged = Uint8Array.from(whole);
    damaged[at] = (damaged[at] as number) ^ 0x10;
    t.is(readAggregate(damaged), undefined, `byte ${at}`);
    t.is(readAggregate(whole.subarray(0, at)), undefined, `cut at ${at}`);
  }
});

test("messages that no producer writes make plain records although their digest fits", (t) => {
  const key = [0x0a, 1, 0x61];
  for (const [why, message] of [
    ["an index outside the table", [...key, 0x1a, 5, 0x08, 1, 0x1a, 1, 0x78]],
    ["no index", [...key, 0x1a, 3, 0x1a, 1, 0x78]],
    ["no data", [...key, 0x1a, 2, 0x08, 0]],
    ["a record longer than the message", [...key, 0x1a, 50, 0x08, 0]],
    ["data longer than the record", [...key, 0x1a, 5, 0x08, 0, 0x1a, 9, 0x78]],
    ["a hash key outside the table", [...key, 0x1a, 7, 0x08, 0, 0x10, 0, 0x1a, 1, 0x78]],
    ["a number that never ends", [...key, ...Array<number>(12).fill(0xff)]],
    ["a group", [...key, 0x0b]],
    ["a field cut off", [...key, 0x1a]],
  ] as const) {
    t.is(readAggregate(sealed(message)), undefined, why);
  }
});

test("unknown fields, tags and tables behind the records are read over", (t) => {
  const tags = [0x22, 3, 0x0a, 1, 0x74];
  const record = [0x08, 0, 0x1a, 1, 0x78, ...tags];
  const message = [0x1a, record.length, ...record, 0x0a, 1, 0x61, 0x28, 0x96, 0x01, 0x35, 1, 2, 3, 4];

  t.deepEqual(contentOf(sealed(message)), [["a", "x"]]);
});

test("a builder refuses what would exceed its size, and is not changed by it", (t) => {
  const builder = new AggregateBuilder(60);
  t.true(builder.tryAdd(entryOf(["key", "0123456789"])));
  const before = builder.bytes;
  t.false(builder.tryAdd(entryOf(["other", "0123456789"])));
  t.is(builder.bytes, before);
  t.true(builder.tryAdd(entryOf(["key", "012345"])));

  t.true(builder.bytes <= 60);
  t.deepEqual(contentOf(builder.build()), [
    ["key", "0123456789"],
    ["key", "012345"],
  ]);
});

const read = (
  stream: string,
  options: Readonly<Record<string, string>> = {},
  restored?: Checkpoint,
): Promise<SourceHarness> =>
  SourceHarness.start(kinesis.table(stream, options), kinesis.context, {
    ...(restored !== undefined && { restored }),
  });

const three = (prefix: string): readonly VectorRecord[] =>
  [0, 1, 2].map((index) => [`key-${index}`, `${prefix}-${index}`]);

test("user records are delivered one by one with their own keys and places, plain ones between them", async (t) => {
  const stream = await newStream(1);
  await kinesis.putRaw(stream, [
    { data: Buffer.from("plain-0"), key: "p" },
    { data: aggregate([["a", "x", "7"], ...three("y")]), key: "carrier" },
    { data: Buffer.from("plain-1"), key: "p" },
  ]);

  const job = await read(stream);
  await job.until(() => job.texts.length >= 6);
  await job.stop();

  t.deepEqual(job.texts, ["plain-0", "x", "y-0", "y-1", "y-2", "plain-1"]);
  const records = job.batches.flatMap((batch) => batch.records);
  t.deepEqual(
    records.map(({ partitionKey, subSequenceNumber, explicitHashKey }) => [
      partitionKey,
      subSequenceNumber,
      explicitHashKey,
    ]),
    [
      ["p", undefined, undefined],
      ["a", 0, "7"],
      ["key-0", 1, undefined],
      ["key-1", 2, undefined],
      ["key-2", 3, undefined],
      ["p", undefined, undefined],
    ],
  );
  t.is(new Set(records.slice(1, 5).map(({ sequenceNumber }) => sequenceNumber)).size, 1);
});

test("with 'off' an aggregated record is delivered as it is", async (t) => {
  const stream = await newStream(1);
  const packed = aggregate(three("a"));
  await kinesis.putRaw(stream, [{ data: packed }]);

  const job = await read(stream, { "source.deaggregate": "off" });
  await job.until(() => job.texts.length >= 1);
  await job.stop();

  const [record] = job.batches.flatMap((batch) => batch.records);
  t.deepEqual(Buffer.from(record?.data ?? []), Buffer.from(packed));
  t.is(record?.subSequenceNumber, undefined);
});

test("damaged and cut aggregates are delivered as plain records", async (t) => {
  const stream = await newStream(1);
  const packed = aggregate(three("a"));
  const damaged = Uint8Array.from(packed);
  damaged[8] = (damaged[8] as number) ^ 1;
  await kinesis.putRaw(stream, [{ data: damaged }, { data: packed.subarray(0, 30) }]);

  const job = await read(stream);
  await job.until(() => job.texts.length >= 2);
  await job.stop();

  const records = job.batches.flatMap((batch) => batch.records);
  t.deepEqual(
    records.map(({ data }) => Buffer.from(data)),
    [Buffer.from(damaged), Buffer.from(packed.subarray(0, 30))],
  );
});

test("an aggregate with a user record of another shard is dropped whole, and reading goes on behind it", async (t) => {
  const stream = await newStream(2);
  const [low, high] = ["1", ((1n << 128n) - 1n).toString()];
  await kinesis.putRaw(stream, [
    {
      data: aggregate([
        ["a", "kept-0", low],
        ["b", "kept-1", low],
      ]),
      hashKey: low,
    },
    {
      data: aggregate([
        ["a", "dropped", low],
        ["b", "misplaced", high],
      ]),
      hashKey: low,
    },
    { data: Buffer.from("plain"), hashKey: low },
    { data: aggregate([["b", "there", high]]), hashKey: high },
  ]);

  const job = await read(stream);
  await job.until(() => job.texts.length >= 4);
  const checkpoint = job.checkpoint();
  await job.stop();
  const again = await read(stream, {}, checkpoint);
  await again.until(() => again.batches.length >= 2);
  await again.stop();

  t.deepEqual(job.texts.toSorted(), ["kept-0", "kept-1", "plain", "there"]);
  t.deepEqual(again.texts, []);
});

test("the hash of the partition key decides where there is no explicit one", async (t) => {
  const stream = await newStream(2);
  const half = 1n << 127n;
  const hashOf = (key: string): bigint => BigInt(`0x${createHash("md5").update(key).digest("hex")}`);
  const keys = texts("key", 20);
  const lower = keys.filter((key) => hashOf(key) < half);
  const upper = keys.filter((key) => hashOf(key) >= half);
  await kinesis.putRaw(stream, [
    { data: aggregate(lower.map((key) => [key, key])), hashKey: "0" },
    { data: aggregate(upper.map((key) => [key, key])), hashKey: half.toString() },
    { data: aggregate([...lower, ...upper].map((key) => [key, "both"])), hashKey: "0" },
    { data: Buffer.from("last"), hashKey: "0" },
  ]);

  const job = await read(stream);
  await job.until(() => job.texts.length >= keys.length + 1);
  await job.stop();

  t.deepEqual(job.texts.toSorted(), [...keys, "last"].toSorted());
});

test("a restart in the middle of an aggregate continues with the user record after the last one", async (t) => {
  const stream = await newStream(1);
  await kinesis.putRaw(stream, [
    { data: aggregate(three("a")) },
    { data: aggregate(three("b")) },
    { data: Buffer.from("plain") },
  ]);
  const first = await read(stream);
  await first.until(() => first.texts.length >= 7);
  const [record] = first.batches.flatMap((batch) => batch.records);
  const { enumerator, splits } = first.checkpoint();
  await first.stop();
  const within = (subSequenceNumber: number): Checkpoint => ({
    enumerator,
    splits: splits.map(({ id, state }) => ({
      id,
      state: { ...(state as object), sequenceNumber: record?.sequenceNumber ?? "", subSequenceNumber },
    })),
  });
  const rest = [...three("b").map(([, data]) => data), "plain"];

  for (const [done, expected] of [
    [0, ["a-1", "a-2", ...rest]],
    [1, ["a-2", ...rest]],
    [2, rest],
  ] as const) {
    const second = await read(stream, {}, within(done));
    await second.until(() => second.texts.length >= expected.length);
    await second.stop();

    t.deepEqual(second.texts, expected);
    t.deepEqual(second.logged, []);
  }
});

test("an answer of many user records is given in parts, each with a position to restart from", async (t) => {
  const stream = await newStream(1);
  const many = (prefix: string): readonly VectorRecord[] => texts(prefix, 7000).map((text) => ["k", text]);
  const wanted = ["a", "b", "c"].flatMap((prefix) => texts(prefix, 7000));
  await kinesis.putRaw(
    stream,
    ["a", "b", "c"].map((prefix) => ({ data: aggregate(many(prefix)) })),
  );

  const first = await read(stream);
  const checkpoints: { readonly done: number; readonly checkpoint: Checkpoint }[] = [];
  await first.until(() => {
    checkpoints.push({ done: first.texts.length, checkpoint: first.checkpoint() });
    return first.texts.length >= wanted.length;
  });
  await first.stop();

  t.deepEqual(first.texts, wanted);
  t.true(first.batches.every(({ records }) => records.length <= 10_000));
  const within = checkpoints.find(({ done }) => done === 10_000);
  t.like(within?.checkpoint.splits[0]?.state, { subSequenceNumber: 2999 });
  const second = await read(stream, {}, within?.checkpoint);
  await second.until(() => second.texts.length >= wanted.length - 10_000);
  await second.stop();
  t.deepEqual(second.texts, wanted.slice(10_000));
});
