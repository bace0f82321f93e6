import { createHash } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import * as aws from "@aws-sdk/client-kinesis";
import {
  startKinesisEmulator,
  type KinesisEmulator,
  type KinesisEmulatorOptions,
} from "@tributary/kinesis-emulator";
import test, { type ExecutionContext } from "ava";
import fc from "fast-check";
import { awsClient, failureOf, type Transport } from "./aws-client.js";

const NOON = Date.UTC(2026, 0, 1, 12);

interface Scene {
  readonly emulator: KinesisEmulator;
  readonly client: aws.KinesisClient;
}

async function scene(
  t: ExecutionContext,
  options: KinesisEmulatorOptions = { virtualTime: NOON },
  transport: Transport = "http1",
): Promise<Scene> {
  const emulator = await startKinesisEmulator(options);
  const client = awsClient(emulator.endpoint, transport);
  t.teardown(async () => {
    client.destroy();
    await emulator.close();
  });
  return { emulator, client };
}

async function put(
  client: aws.KinesisClient,
  stream: string,
  ...texts: string[]
): Promise<aws.PutRecordsCommandOutput> {
  return client.send(
    new aws.PutRecordsCommand({
      StreamName: stream,
      Records: texts.map((text) => ({ Data: Buffer.from(text), PartitionKey: text })),
    }),
  );
}

async function iteratorOf(
  client: aws.KinesisClient,
  stream: string,
  shard: number | string,
  position: Partial<aws.GetShardIteratorCommandInput> = {},
): Promise<string> {
  const answer = await client.send(
    new aws.GetShardIteratorCommand({
      StreamName: stream,
      ShardId: typeof shard === "string" ? shard : shardId(shard),
      ShardIteratorType: "TRIM_HORIZON",
      ...position,
    }),
  );
  return answer.ShardIterator ?? "";
}

function shardId(index: number): string {
  return `shardId-${String(index).padStart(12, "0")}`;
}

async function read(
  client: aws.KinesisClient,
  iterator: string,
  limit?: number,
): Promise<aws.GetRecordsCommandOutput> {
  return client.send(new aws.GetRecordsCommand({ ShardIterator: iterator, Limit: limit }));
}

async function textsFrom(client: aws.KinesisClient, iterator: string): Promise<string[]> {
  const { Records = [] } = await read(client, iterator);
  return Records.map(({ Data }) => Buffer.from(Data ?? []).toString());
}

async function shardIds(
  client: aws.KinesisClient,
  input: Partial<aws.ListShardsCommandInput>,
): Promise<number[]> {
  const { Shards = [] } = await client.send(new aws.ListShardsCommand(input));
  return Shards.map(({ ShardId }) => Number(ShardId?.slice(8)));
}

for (const transport of ["http1", "http2"] as const) {
  test(`a record written over ${transport} is read back byte for byte, with its key and arrival time`, async (t) => {
    const { emulator, client } = await scene(t, { virtualTime: NOON }, transport);
    await emulator.createStream("orders", 1);
    const data = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    const key = 'key "\\ \u{1f600} \n é';

    const written = await client.send(
      new aws.PutRecordCommand({ StreamName: "orders", Data: data, PartitionKey: key }),
    );
    const { Records = [], MillisBehindLatest } = await read(client, await iteratorOf(client, "orders", 0));

    t.is(Records.length, 1);
    t.deepEqual(Buffer.from(Records[0]?.Data ?? []), data);
    t.is(Records[0]?.PartitionKey, key);
    t.is(Records[0]?.ApproximateArrivalTimestamp?.getTime(), NOON);
    t.is(Records[0]?.SequenceNumber, written.SequenceNumber);
    t.is(MillisBehindLatest, 0);
  });
}

test("any payloads and keys come back unchanged and in order, each from the shard that its MD5 falls into", async (t) => {
  const { emulator, client } = await scene(t);
  const entries = fc.array(
    fc.record({
      data: fc.uint8Array({ maxLength: 300 }),
      key: fc.oneof(
        fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }),
        fc.string({ unit: "binary", minLength: 1, maxLength: 64 }),
      ),
    }),
    { minLength: 1, maxLength: 20 },
  );
  let run = 0;

  await fc.assert(
    fc.asyncProperty(entries, async (records) => {
      const stream = `any-${run++}`;
      await emulator.createStream(stream, 3);
      await client.send(
        new aws.PutRecordsCommand({
          StreamName: stream,
          Records: records.map(({ data, key }) => ({ Data: data, PartitionKey: key })),
        }),
      );
      const width = 2n ** 128n / 3n;
      for (const shard of [0, 1, 2]) {
        const expected = records.filter(({ key }) => {
          const hash = BigInt(`0x${createHash("md5").update(key).digest("hex")}`);
          return Math.min(2, Number(hash / width)) === shard;
        });
        const { Records = [] } = await read(client, await iteratorOf(client, stream, shard));
        t.deepEqual(
          Records.map(({ Data, PartitionKey }) => ({ data: Buffer.from(Data ?? []), key: PartitionKey })),
          expected.map(({ data, key }) => ({ data: Buffer.from(data), key })),
        );
      }
    }),
    { numRuns: 40 },
  );
});

test("sequence numbers ascend over all shards of a stream, over splits, and over its re-creation", async (t) => {
  const { emulator, client } = await scene(t);
  await emulator.createStream("s", 2);
  const numbers: bigint[] = [];
  const write = async (): Promise<void> => {
    const { Records = [] } = await put(client, "s", "a", "b", "c", "d");
    numbers.push(...Records.map(({ SequenceNumber }) => BigInt(SequenceNumber ?? 0)));
  };

  await write();
  await client.send(
    new aws.SplitShardCommand({ StreamName: "s", ShardToSplit: shardId(0), NewStartingHashKey: "12345" }),
  );
  await write();
  await client.send(new aws.DeleteStreamCommand({ StreamName: "s" }));
  await emulator.createStream("s", 1);
  await write();

  t.deepEqual(
    numbers,
    [...numbers].sort((a, b) => (a < b ? -1 : 1)),
  );
  t.is(new Set(numbers).size, 12);
  t.true(numbers.every((number) => String(number).length === 56));
});

test("each type of iterator begins where the API says", async (t) => {
  const { emulator, client } = await scene(t);
  await emulator.createStream("s", 1);
  const numbers: (string | undefined)[] = [];
  for (const text of ["a", "b", "c"]) {
    numbers.push((await put(client, "s", text)).Records?.[0]?.SequenceNumber);
    emulator.clock.advance(1000);
  }
  const from = async (position: Partial<aws.GetShardIteratorCommandInput>): Promise<string> =>
    (await textsFrom(client, await iteratorOf(client, "s", 0, position))).join("");
  const latest = await iteratorOf(client, "s", 0, { ShardIteratorType: "LATEST" });
  const at = (ms: number): Partial<aws.GetShardIteratorCommandInput> => ({
    ShardIteratorType: "AT_TIMESTAMP",
    Timestamp: new Date(NOON + ms),
  });

  t.is(await from({ ShardIteratorType: "TRIM_HORIZON" }), "abc");
  t.is(await from({ ShardIteratorType: "AT_SEQUENCE_NUMBER", StartingSequenceNumber: numbers[1] }), "bc");
  t.is(await from({ ShardIteratorType: "AFTER_SEQUENCE_NUMBER", StartingSequenceNumber: numbers[1] }), "c");
  t.is(await from(at(0)), "abc");
  t.is(await from(at(1)), "bc");
  t.is(await from(at(2000)), "c");
  t.is(await from(at(2001)), "");
  t.is(await from(at(-5000)), "abc");
  await put(client, "s", "d");
  t.deepEqual(await textsFrom(client, latest), ["d"]);
});

test("positions that cannot be are refused", async (t) => {
  const { emulator, client } = await scene(t);
  await emulator.createStream("s", 2);
  const { Records = [] } = await put(client, "s", "a", "b");
  const first = Records.find(({ ShardId }) => ShardId === shardId(0)) ?? Records[0];
  const other = first?.ShardId === shardId(0) ? 1 : 0;
  const refusal = async (position: Partial<aws.GetShardIteratorCommandInput>, shard = 0): Promise<string> =>
    (await failureOf(iteratorOf(client, "s", shard, position))).name;

  t.is(await refusal({ ShardIteratorType: "AT_TIMESTAMP" }), "InvalidArgumentException");
  t.is(
    await refusal({ ShardIteratorType: "AT_TIMESTAMP", Timestamp: new Date(NOON + 1000) }),
    "InvalidArgumentException",
  );
  t.is(await refusal({ ShardIteratorType: "AT_SEQUENCE_NUMBER" }), "InvalidArgumentException");
  t.is(
    await refusal(
      { ShardIteratorType: "AT_SEQUENCE_NUMBER", StartingSequenceNumber: first?.SequenceNumber },
      other,
    ),
    "InvalidArgumentException",
  );
  t.is(
    await refusal({ ShardIteratorType: "AFTER_SEQUENCE_NUMBER", StartingSequenceNumber: "9".repeat(56) }),
    "InvalidArgumentException",
  );
  t.is(await refusal({ ShardIteratorType: "SIDEWAYS" as "LATEST" }), "ValidationException");
  t.is(await refusal({}, 7), "ResourceNotFoundException");
  t.is((await failureOf(read(client, "AAAA"))).name, "InvalidArgumentException");
  const iterator = await iteratorOf(client, "s", 0);
  t.is((await failureOf(read(client, `${iterator.slice(0, -4)}AAAA`))).name, "InvalidArgumentException");
  t.is((await failureOf(read(client, iterator, 10_001))).name, "ValidationException");
});

test("an iterator lives five minutes, and a page token too", async (t) => {
  const { emulator, client } = await scene(t);
  await emulator.createStream("s", 3);
  const iterator = await iteratorOf(client, "s", 0);
  const { NextToken } = await client.send(new aws.ListShardsCommand({ StreamName: "s", MaxResults: 1 }));

  emulator.clock.advance(300_000);
  t.is((await failureOf(read(client, iterator))).name, "none");
  t.deepEqual(await shardIds(client, { NextToken, MaxResults: 1 }), [1]);
  emulator.clock.advance(1);
  t.is((await failureOf(read(client, iterator))).name, "ExpiredIteratorException");
  t.is((await failureOf(shardIds(client, { NextToken }))).name, "ExpiredNextTokenException");
});

test("GetRecords keeps the limit, 10 MiB an answer, and goes on where it stopped", async (t) => {
  const { emulator, client } = await scene(t);
  await emulator.createStream("s", 1);
  const megabyte = Buffer.alloc(1024 * 1024, "x");
  for (let i = 0; i < 12; i++) {
    await client.send(new aws.PutRecordCommand({ StreamName: "s", Data: megabyte, PartitionKey: `k${i}` }));
    emulator.clock.advance(1000);
  }

  const few = await read(client, await iteratorOf(client, "s", 0), 3);
  const many = await read(client, few.NextShardIterator ?? "");
  const whole = await read(client, await iteratorOf(client, "s", 0));

  t.deepEqual([few.Records?.length, many.Records?.length], [3, 9]);
  t.is(many.Records?.[0]?.PartitionKey, "k3");
  // Nine and not ten: the partition keys count, too.
  t.is(whole.Records?.length, 9);
  t.is(few.MillisBehindLatest, 10_000);
  t.is(many.MillisBehindLatest, 0);
});

test("a split closes the parent, whose reader learns of the children with the last record", async (t) => {
  const { emulator, client } = await scene(t);
  await emulator.createStream("s", 1);
  await put(client, "s", "a", "b");
  const before = await iteratorOf(client, "s", 0);
  const latest = await iteratorOf(client, "s", 0, { ShardIteratorType: "LATEST" });

  await client.send(
    new aws.SplitShardCommand({
      StreamName: "s",
      ShardToSplit: shardId(0),
      NewStartingHashKey: String(2n ** 127n),
    }),
  );
  await put(client, "s", "c", "d", "e");
  const first = await read(client, before, 1);
  const last = await read(client, first.NextShardIterator ?? "");
  const atEnd = await read(client, latest);

  t.is(first.ChildShards, undefined);
  t.is(last.NextShardIterator, undefined);
  t.is(last.Records?.length, 1);
  t.deepEqual(
    last.ChildShards?.map(({ ShardId, ParentShards }) => [ShardId, ParentShards]),
    [
      [shardId(1), [shardId(0)]],
      [shardId(2), [shardId(0)]],
    ],
  );
  t.is(atEnd.NextShardIterator, undefined);
  t.is(atEnd.ChildShards?.length, 2);
  const children = await Promise.all(
    [1, 2].map(async (shard) => textsFrom(client, await iteratorOf(client, "s", shard))),
  );
  t.deepEqual(children.flat().sort(), ["c", "d", "e"]);
});

test("a merge joins neighbours only, the lower one named first; the child names both parents", async (t) => {
  const { emulator, client } = await scene(t);
  await emulator.createStream("s", 3);
  const merge = async (a: number, b: number): Promise<unknown> =>
    client.send(
      new aws.MergeShardsCommand({
        StreamName: "s",
        ShardToMerge: shardId(a),
        AdjacentShardToMerge: shardId(b),
      }),
    );

  t.is((await failureOf(merge(0, 2))).name, "InvalidArgumentException");
  t.is((await failureOf(merge(0, 9))).name, "ResourceNotFoundException");
  t.is((await failureOf(merge(1, 0))).name, "InvalidArgumentException");
  await merge(0, 1);
  t.is((await failureOf(merge(1, 2))).name, "InvalidArgumentException");
  const { Shards = [] } = await client.send(new aws.ListShardsCommand({ StreamName: "s" }));

  t.is(Shards.length, 4);
  t.is(Shards[3]?.ParentShardId, shardId(0));
  t.is(Shards[3]?.AdjacentParentShardId, shardId(1));
  t.is(Shards[3]?.HashKeyRange?.StartingHashKey, "0");
  t.is(Shards[3]?.HashKeyRange?.EndingHashKey, Shards[1]?.HashKeyRange?.EndingHashKey);
  t.deepEqual(
    Shards.map(({ SequenceNumberRange }) => SequenceNumberRange?.EndingSequenceNumber !== undefined),
    [true, true, false, false],
  );
});

test("UpdateShardCount gives shards of equal width within the factor of two", async (t) => {
  const { emulator, client } = await scene(t);
  await emulator.createStream("s", 4);
  const update = async (count: number): Promise<unknown> =>
    client.send(
      new aws.UpdateShardCountCommand({
        StreamName: "s",
        TargetShardCount: count,
        ScalingType: "UNIFORM_SCALING",
      }),
    );
  const starts = async (): Promise<string[]> => {
    const { Shards = [] } = await client.send(
      new aws.ListShardsCommand({ StreamName: "s", ShardFilter: { Type: "AT_LATEST" } }),
    );
    return Shards.map(({ HashKeyRange }) => HashKeyRange?.StartingHashKey ?? "").sort((a, b) =>
      BigInt(a) < BigInt(b) ? -1 : 1,
    );
  };
  const uniform = (count: number): string[] =>
    Array.from({ length: count }, (_, i) => String((2n ** 128n / BigInt(count)) * BigInt(i)));

  t.is((await failureOf(update(9))).name, "InvalidArgumentException");
  t.is((await failureOf(update(1))).name, "InvalidArgumentException");
  for (const count of [8, 5, 3, 6]) {
    await update(count);
    t.deepEqual(await starts(), uniform(count));
  }
});

test("ListShards filters by time, by id and by what is open", async (t) => {
  const { emulator, client } = await scene(t);
  await emulator.createStream("s", 2);
  emulator.clock.advance(60_000);
  await client.send(
    new aws.SplitShardCommand({ StreamName: "s", ShardToSplit: shardId(0), NewStartingHashKey: "1000" }),
  );
  emulator.clock.advance(60_000);
  const list = async (Type: aws.ShardFilterType, ms?: number, ShardId?: string): Promise<number[]> =>
    shardIds(client, {
      StreamName: "s",
      ShardFilter: { Type, ShardId, Timestamp: ms === undefined ? undefined : new Date(NOON + ms) },
    });

  t.deepEqual(await shardIds(client, { StreamName: "s" }), [0, 1, 2, 3]);
  t.deepEqual(await list("AT_LATEST"), [1, 2, 3]);
  t.deepEqual(await list("AT_TRIM_HORIZON"), [0, 1]);
  t.deepEqual(await list("FROM_TRIM_HORIZON"), [0, 1, 2, 3]);
  t.deepEqual(await list("AFTER_SHARD_ID", undefined, shardId(1)), [2, 3]);
  t.deepEqual(await list("AT_TIMESTAMP", 59_999), [0, 1]);
  t.deepEqual(await list("AT_TIMESTAMP", 60_001), [1, 2, 3]);
  t.deepEqual(await list("FROM_TIMESTAMP", 60_000), [0, 1, 2, 3]);
  t.deepEqual(await list("FROM_TIMESTAMP", 60_001), [1, 2, 3]);
  t.deepEqual(await list("FROM_TIMESTAMP", 130_000), [1, 2, 3]);
  t.is((await failureOf(list("FROM_TIMESTAMP", -25 * 3_600_000))).name, "InvalidArgumentException");
  t.is((await failureOf(list("AFTER_SHARD_ID"))).name, "InvalidArgumentException");
});

test("pages of ListShards join to the whole, with the filter of the first call", async (t) => {
  const { emulator, client } = await scene(t);
  await emulator.createStream("s", 7);
  await client.send(
    new aws.SplitShardCommand({
      StreamName: "s",
      ShardToSplit: shardId(3),
      NewStartingHashKey: String(2n ** 127n),
    }),
  );
  const pages: number[][] = [];
  let input: aws.ListShardsCommandInput = {
    StreamName: "s",
    MaxResults: 3,
    ShardFilter: { Type: "AT_LATEST" },
  };
  let next: string | undefined;

  do {
    const { Shards = [], NextToken } = await client.send(new aws.ListShardsCommand(input));
    pages.push(Shards.map(({ ShardId }) => Number(ShardId?.slice(8))));
    next = NextToken;
    input = { NextToken, MaxResults: 3 };
  } while (next !== undefined);

  t.deepEqual(pages, [
    [0, 1, 2],
    [4, 5, 6],
    [7, 8],
  ]);
  t.is(
    (await failureOf(client.send(new aws.ListShardsCommand({ StreamName: "s", NextToken: "x" })))).name,
    "InvalidArgumentException",
  );
});

test("what is older than the retention is gone: records first, then closed shards", async (t) => {
  const { emulator, client } = await scene(t);
  await emulator.createStream("s", 1);
  const old = await put(client, "s", "old");
  emulator.clock.advance(3_600_000);
  await put(client, "s", "new");
  await client.send(
    new aws.SplitShardCommand({ StreamName: "s", ShardToSplit: shardId(0), NewStartingHashKey: "1000" }),
  );

  emulator.clock.advance(23 * 3_600_000 + 1);
  t.deepEqual(await textsFrom(client, await iteratorOf(client, "s", 0)), ["new"]);
  const position = {
    ShardIteratorType: "AT_SEQUENCE_NUMBER",
    StartingSequenceNumber: old.Records?.[0]?.SequenceNumber,
  } as const;
  t.deepEqual(await textsFrom(client, await iteratorOf(client, "s", 0, position)), ["new"]);
  emulator.clock.advance(3_600_000);
  t.deepEqual(await shardIds(client, { StreamName: "s" }), [1, 2]);
  t.is((await failureOf(iteratorOf(client, "s", 0))).name, "ResourceNotFoundException");
});

test("a longer retention keeps longer, and the bounds of the period hold", async (t) => {
  const { emulator, client } = await scene(t);
  await emulator.createStream("s", 1);
  await put(client, "s", "a");
  const increase = async (hours: number): Promise<unknown> =>
    client.send(
      new aws.IncreaseStreamRetentionPeriodCommand({ StreamName: "s", RetentionPeriodHours: hours }),
    );
  const decrease = async (hours: number): Promise<unknown> =>
    client.send(
      new aws.DecreaseStreamRetentionPeriodCommand({ StreamName: "s", RetentionPeriodHours: hours }),
    );

  await increase(48);
  emulator.clock.advance(30 * 3_600_000);
  t.deepEqual(await textsFrom(client, await iteratorOf(client, "s", 0)), ["a"]);
  t.is((await failureOf(increase(47))).name, "InvalidArgumentException");
  t.is((await failureOf(increase(8761))).name, "InvalidArgumentException");
  t.is((await failureOf(decrease(23))).name, "InvalidArgumentException");
  await decrease(24);
  t.deepEqual(await textsFrom(client, await iteratorOf(client, "s", 0)), []);
});

test("limits of a request hold on both sides of the line", async (t) => {
  const { emulator, client } = await scene(t);
  await emulator.createStream("s", 1);
  const record = (bytes: number, key = "k"): Promise<unknown> =>
    client.send(new aws.PutRecordCommand({ StreamName: "s", Data: Buffer.alloc(bytes), PartitionKey: key }));
  const records = (count: number, bytes: number): Promise<unknown> =>
    client.send(
      new aws.PutRecordsCommand({
        StreamName: "s",
        Records: Array.from({ length: count }, () => ({ Data: Buffer.alloc(bytes), PartitionKey: "k" })),
      }),
    );
  const table: [string, () => Promise<unknown>, string][] = [
    ["largest record", () => record(1024 * 1024), "none"],
    ["one byte more", () => record(1024 * 1024 + 1), "ValidationException"],
    ["longest key", () => record(1, "\u{1f600}".repeat(256)), "none"],
    ["one character more", () => record(1, "\u{1f600}".repeat(257)), "ValidationException"],
    ["empty key", () => record(1, ""), "ValidationException"],
    ["most entries", () => records(500, 1), "none"],
    ["one entry more", () => records(501, 1), "ValidationException"],
    ["no entries", () => records(0, 1), "ValidationException"],
    ["most bytes", () => records(10, 1024 * 1024 - 1), "none"],
    ["more bytes", () => records(11, 1024 * 1024 - 1), "InvalidArgumentException"],
  ];

  for (const [what, call, outcome] of table) t.is((await failureOf(call())).name, outcome, what);
  await client.send(
    new aws.UpdateMaxRecordSizeCommand({ StreamARN: emulator.streamArn("s"), MaxRecordSizeInKiB: 2048 }),
  );
  t.is((await failureOf(record(2 * 1024 * 1024))).name, "none");
});

test("an explicit hash key decides the shard, up to the greatest", async (t) => {
  const { emulator, client } = await scene(t);
  await emulator.createStream("s", 2);
  const shardFor = async (key: bigint): Promise<string | undefined> =>
    (
      await client.send(
        new aws.PutRecordsCommand({
          StreamName: "s",
          Records: [{ Data: Buffer.from("x"), PartitionKey: "k", ExplicitHashKey: String(key) }],
        }),
      )
    ).Records?.[0]?.ShardId;

  t.is(await shardFor(0n), shardId(0));
  t.is(await shardFor(2n ** 127n - 1n), shardId(0));
  t.is(await shardFor(2n ** 127n), shardId(1));
  t.is(await shardFor(2n ** 128n - 1n), shardId(1));
  t.is((await failureOf(shardFor(2n ** 128n))).name, "InvalidArgumentException");
});

test("streams: creating, describing, listing, deleting, by name and by ARN", async (t) => {
  const { emulator, client } = await scene(t, {
    virtualTime: NOON,
    region: "eu-west-1",
    accountId: "111122223333",
    createStreamDelayMs: 500,
    deleteStreamDelayMs: 500,
    updateStreamDelayMs: 500,
  });
  const summary = async (
    input: aws.DescribeStreamSummaryCommandInput,
  ): Promise<aws.StreamDescriptionSummary | undefined> =>
    (await client.send(new aws.DescribeStreamSummaryCommand(input))).StreamDescriptionSummary;

  await client.send(
    new aws.CreateStreamCommand({ StreamName: "many", StreamModeDetails: { StreamMode: "ON_DEMAND" } }),
  );
  t.is((await summary({ StreamName: "many" }))?.StreamStatus, "CREATING");
  t.is((await failureOf(iteratorOf(client, "many", 0))).name, "ResourceNotFoundException");
  t.is((await failureOf(shardIds(client, { StreamName: "many" }))).name, "ResourceInUseException");
  t.is((await failureOf(put(client, "many", "x"))).name, "ResourceNotFoundException");
  emulator.clock.advance(500);
  const described = await summary({ StreamARN: emulator.streamArn("many") });
  t.like(described, {
    StreamStatus: "ACTIVE",
    StreamARN: "arn:aws:kinesis:eu-west-1:111122223333:stream/many",
    OpenShardCount: 4,
    RetentionPeriodHours: 24,
    ConsumerCount: 0,
  });
  t.is(described?.StreamCreationTimestamp?.getTime(), NOON);

  const mode = (StreamMode: aws.StreamMode): Promise<unknown> =>
    client.send(
      new aws.UpdateStreamModeCommand({
        StreamARN: emulator.streamArn("many"),
        StreamModeDetails: { StreamMode },
      }),
    );
  const split = new aws.SplitShardCommand({
    StreamName: "many",
    ShardToSplit: shardId(0),
    NewStartingHashKey: "99",
  });
  t.is((await failureOf(client.send(split))).name, "ValidationException");
  await mode("PROVISIONED");
  await client.send(split);
  t.is((await summary({ StreamName: "many" }))?.StreamStatus, "UPDATING");
  t.is((await failureOf(client.send(split))).name, "ResourceInUseException");
  emulator.clock.advance(500);

  await client.send(new aws.DeleteStreamCommand({ StreamARN: emulator.streamArn("many") }));
  t.is((await summary({ StreamName: "many" }))?.StreamStatus, "DELETING");
  emulator.clock.advance(500);
  t.is((await failureOf(summary({ StreamName: "many" }))).name, "ResourceNotFoundException");
});

test("ListStreams goes through the names in order, page by page", async (t) => {
  const { emulator, client } = await scene(t);
  for (const name of ["d", "a", "c", "b", "e"]) await emulator.createStream(name, 1);
  const first = await client.send(new aws.ListStreamsCommand({ Limit: 2 }));
  const second = await client.send(new aws.ListStreamsCommand({ Limit: 2, NextToken: first.NextToken }));
  const third = await client.send(new aws.ListStreamsCommand({ ExclusiveStartStreamName: "d" }));

  t.deepEqual(
    [first, second, third].map(({ StreamNames, HasMoreStreams }) => [StreamNames, HasMoreStreams]),
    [
      [["a", "b"], true],
      [["c", "d"], true],
      [["e"], false],
    ],
  );
});

test("a request with several faults is told all of them", async (t) => {
  const { client } = await scene(t);

  const failure = await failureOf(
    client.send(new aws.CreateStreamCommand({ StreamName: "no spaces", ShardCount: 0 })),
  );

  t.is(failure.name, "ValidationException");
  t.is(
    failure.message,
    "2 validation errors detected: Value 'no spaces' at 'streamName' failed to satisfy constraint: Member must " +
      "satisfy regular expression pattern: [a-zA-Z0-9_.-]+; Value '0' at 'shardCount' failed to satisfy constraint: " +
      "Member must have value greater than or equal to 1",
  );
});

test("a request in any JSON form is understood, and one that is not a request is refused", async (t) => {
  const { emulator } = await scene(t);
  await emulator.createStream("s", 1);
  const post = async (operation: string, body: string): Promise<[number, unknown]> => {
    const response = await fetch(emulator.endpoint, {
      method: "POST",
      headers: {
        "content-type": "application/x-amz-json-1.1",
        "x-amz-target": `Kinesis_20131202.${operation}`,
      },
      body,
    });
    return [response.status, (JSON.parse((await response.text()) || "{}") as { __type?: string }).__type];
  };
  const table: [string, string, [number, unknown]][] = [
    [
      "PutRecords",
      '{ "StreamName" : "s", "Records":[ {"PartitionKey":"k","Data":"QQ=="} ] }',
      [200, undefined],
    ],
    [
      "PutRecords",
      '{"StreamName":"s","Records":[{"PartitionKey":"\\u0041","Data":"QQ=="}]}',
      [200, undefined],
    ],
    [
      "PutRecords",
      '{"StreamName":"s","Records":[{"PartitionKey":"\\ud800","Data":"QR=="}]}',
      [200, undefined],
    ],
    ["PutRecords", '{"StreamName":"s","Records":[{"PartitionKey":"k","Data":""}]}', [200, undefined]],
    [
      "PutRecords",
      '{"StreamName":"s","Records":[{"PartitionKey":"k","Data":"Q"}]}',
      [400, "SerializationException"],
    ],
    [
      "PutRecords",
      '{"StreamName":"s","Records":[{"PartitionKey":"k","Data":5}]}',
      [400, "SerializationException"],
    ],
    [
      "PutRecords",
      '{"StreamName":"a:b","Records":[{"PartitionKey":"k","Data":"QQ=="}]}',
      [400, "ValidationException"],
    ],
    ["PutRecords", '{"StreamName":"s","Records":[{"PartitionKey":"k"}]}', [400, "ValidationException"]],
    ["PutRecords", '{"Records":[{"PartitionKey":"k","Data":"QQ=="}]}', [400, "InvalidArgumentException"]],
    [
      "PutRecords",
      '{"StreamName":"z","Records":[{"PartitionKey":"k","Data":"QQ=="}]}',
      [400, "ResourceNotFoundException"],
    ],
    ["PutRecords", '{"StreamName":"s","Records":[{"Part', [400, "SerializationException"]],
    ["ListStreams", "[]", [400, "SerializationException"]],
    ["Dance", "{}", [400, "UnknownOperationException"]],
  ];

  for (const [operation, body, expected] of table) t.deepEqual(await post(operation, body), expected, body);
});

test("tags are added, replaced, listed in order and removed", async (t) => {
  const { emulator, client } = await scene(t);
  await emulator.createStream("s", 1);
  await client.send(new aws.AddTagsToStreamCommand({ StreamName: "s", Tags: { b: "1", a: "2" } }));
  await client.send(
    new aws.TagResourceCommand({ ResourceARN: emulator.streamArn("s"), Tags: { b: "3", c: "4" } }),
  );
  await client.send(new aws.RemoveTagsFromStreamCommand({ StreamName: "s", TagKeys: ["a"] }));

  const { Tags } = await client.send(new aws.ListTagsForStreamCommand({ StreamName: "s" }));

  t.deepEqual(Tags, [
    { Key: "b", Value: "3" },
    { Key: "c", Value: "4" },
  ]);
});

test("with enforced limits a shard takes a thousand records a second and is read five times a second", async (t) => {
  const { emulator, client } = await scene(t, { virtualTime: NOON, enforceLimits: true });
  await emulator.createStream("s", 1);
  const batch = Array.from({ length: 400 }, (_, i) => `r${i}`);

  const failed = [];
  for (let i = 0; i < 3; i++) failed.push((await put(client, "s", ...batch)).FailedRecordCount);
  emulator.clock.advance(500);
  failed.push((await put(client, "s", ...batch, "x")).FailedRecordCount);
  emulator.clock.advance(1000);
  failed.push((await put(client, "s", ...batch)).FailedRecordCount);

  t.deepEqual(failed, [0, 0, 200, 0, 0]);
  const iterator = await iteratorOf(client, "s", 0);
  const reads = [];
  for (let i = 0; i < 6; i++) reads.push((await failureOf(read(client, iterator, 1))).name);
  t.deepEqual(reads, [...Array<string>(5).fill("none"), "ProvisionedThroughputExceededException"]);
});

test("with enforced limits the largest record passes, and those behind it wait for their share", async (t) => {
  const { emulator, client } = await scene(t, { virtualTime: NOON, enforceLimits: true });
  await emulator.createStream("s", 1);
  const record = async (): Promise<string> =>
    (
      await failureOf(
        client.send(
          new aws.PutRecordCommand({ StreamName: "s", Data: Buffer.alloc(1024 * 1024), PartitionKey: "k" }),
        ),
      )
    ).name;

  t.deepEqual([await record(), await record()], ["none", "ProvisionedThroughputExceededException"]);
  emulator.clock.advance(500);
  t.is(await record(), "ProvisionedThroughputExceededException");
  emulator.clock.advance(501);
  t.is(await record(), "none");
});

test("with enforced limits a large answer holds up the next ones", async (t) => {
  const { emulator, client } = await scene(t, { virtualTime: NOON, enforceLimits: true });
  await emulator.createStream("s", 1);
  for (let i = 0; i < 5; i++) {
    await client.send(
      new aws.PutRecordCommand({ StreamName: "s", Data: Buffer.alloc(1_000_000), PartitionKey: "k" }),
    );
    emulator.clock.advance(1000);
  }
  const iterator = await iteratorOf(client, "s", 0);

  t.is((await read(client, iterator)).Records?.length, 5);
  emulator.clock.advance(1000);
  t.is((await failureOf(read(client, iterator))).name, "ProvisionedThroughputExceededException");
  emulator.clock.advance(1000);
  t.is((await failureOf(read(client, iterator))).name, "none");
});

test("when time is set back, records keep their order and their numbers", async (t) => {
  const { emulator, client } = await scene(t);
  await emulator.createStream("s", 1);
  const first = await put(client, "s", "a");
  emulator.clock.setTime(NOON - 60_000);
  const second = await put(client, "s", "b");

  const { Records = [] } = await read(client, await iteratorOf(client, "s", 0));

  t.deepEqual(
    Records.map(({ SequenceNumber }) => SequenceNumber),
    [first.Records?.[0]?.SequenceNumber, second.Records?.[0]?.SequenceNumber],
  );
  t.deepEqual(
    Records.map(({ ApproximateArrivalTimestamp }) => ApproximateArrivalTimestamp?.getTime()),
    [NOON, NOON],
  );
});

test("time can be pushed ahead on the system's clock as well", async (t) => {
  const { emulator, client } = await scene(t, {});
  await emulator.createStream("s", 1);
  const iterator = await iteratorOf(client, "s", 0);
  emulator.clock.advance(400_000);

  t.is((await failureOf(read(client, iterator))).name, "ExpiredIteratorException");
  t.true(emulator.clock.now() - Date.now() >= 399_000);
});

test("closing an emulator frees its port and ends what is under way", async (t) => {
  const { emulator, client } = await scene(t);
  await emulator.createStream("s", 1);
  const iterator = await iteratorOf(client, "s", 0);
  const fault = emulator.faults.inject({ kind: "slow-body", bytesPerSecond: 1 });
  const pending = failureOf(read(client, iterator));
  while (fault.hits === 0) await delay(1);

  await emulator.close();
  await emulator.close();
  const again = await startKinesisEmulator({ port: emulator.port });
  await again.close();

  t.not((await pending).name, "none");
});
