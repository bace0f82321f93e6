import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdtemp, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import * as aws from "@aws-sdk/client-kinesis";
import {
  KinesisEmulatorError,
  spawnKinesisEmulator,
  startKinesisEmulator,
  type KinesisEmulator,
} from "@tributary/kinesis-emulator";
import test, { type ExecutionContext } from "ava";
import fc from "fast-check";
import { awsClient, failureOf } from "./aws-client.js";

const NOON = Date.UTC(2026, 0, 1, 12);
const FIRST = "shardId-000000000000";
const LOG = "kinesis.log";

async function directory(t: ExecutionContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "kinesis-emulator-"));
  t.teardown(async () => rm(path, { recursive: true, force: true }));
  return path;
}

/** Runs `use` with an emulator on the directory and a client of it. */
async function withData<T>(
  dataDirectory: string,
  use: (client: aws.KinesisClient, emulator: KinesisEmulator) => Promise<T>,
  virtualTime = NOON,
): Promise<T> {
  const emulator = await startKinesisEmulator({ dataDirectory, virtualTime });
  const client = awsClient(emulator.endpoint);
  try {
    return await use(client, emulator);
  } finally {
    client.destroy();
    await emulator.close();
  }
}

async function put(client: aws.KinesisClient, ...texts: string[]): Promise<(string | undefined)[]> {
  const { Records = [] } = await client.send(
    new aws.PutRecordsCommand({
      StreamName: "s",
      Records: texts.map((text) => ({ Data: Buffer.from(text), PartitionKey: `key "${text.slice(0, 10)}"` })),
    }),
  );
  return Records.map(({ SequenceNumber }) => SequenceNumber);
}

async function readAll(client: aws.KinesisClient): Promise<(aws._Record | undefined)[]> {
  const { Shards = [] } = await client.send(new aws.ListShardsCommand({ StreamName: "s" }));
  const all = [];
  for (const { ShardId } of Shards) {
    const { ShardIterator } = await client.send(
      new aws.GetShardIteratorCommand({ StreamName: "s", ShardId, ShardIteratorType: "TRIM_HORIZON" }),
    );
    const { Records = [] } = await client.send(new aws.GetRecordsCommand({ ShardIterator }));
    all.push(...Records);
  }
  return all;
}

function textsOf(records: readonly (aws._Record | undefined)[]): string[] {
  return records.map((record) => Buffer.from(record?.Data ?? []).toString());
}

test("streams, shards, records, numbers, iterators, tags and consumers outlive a restart", async (t) => {
  const path = await directory(t);
  const before = await withData(path, async (client, emulator) => {
    await emulator.createStream("s", 2);
    await emulator.createStream("gone", 1);
    await client.send(new aws.DeleteStreamCommand({ StreamName: "gone" }));
    await put(client, "a", "b", "c");
    emulator.clock.advance(1000);
    await client.send(
      new aws.SplitShardCommand({ StreamName: "s", ShardToSplit: FIRST, NewStartingHashKey: "99" }),
    );
    await put(client, "d", "e");
    await client.send(new aws.AddTagsToStreamCommand({ StreamName: "s", Tags: { team: "x" } }));
    const { Consumer } = await client.send(
      new aws.RegisterStreamConsumerCommand({ StreamARN: emulator.streamArn("s"), ConsumerName: "c" }),
    );
    const { ShardIterator } = await client.send(
      new aws.GetShardIteratorCommand({
        StreamName: "s",
        ShardId: "shardId-000000000001",
        ShardIteratorType: "LATEST",
      }),
    );
    const { Shards } = await client.send(new aws.ListShardsCommand({ StreamName: "s" }));
    return { records: await readAll(client), Consumer, ShardIterator, Shards };
  });

  const after = await withData(
    path,
    async (client, emulator) => {
      t.deepEqual(await readAll(client), before.records);
      const { Shards } = await client.send(new aws.ListShardsCommand({ StreamName: "s" }));
      t.deepEqual(Shards, before.Shards);
      t.is(
        (await failureOf(client.send(new aws.DescribeStreamCommand({ StreamName: "gone" })))).name,
        "ResourceNotFoundException",
      );
      const { Tags } = await client.send(new aws.ListTagsForStreamCommand({ StreamName: "s" }));
      t.deepEqual(Tags, [{ Key: "team", Value: "x" }]);
      const { Consumers } = await client.send(
        new aws.ListStreamConsumersCommand({ StreamARN: emulator.streamArn("s") }),
      );
      t.is(Consumers?.[0]?.ConsumerARN, before.Consumer?.ConsumerARN);
      const texts = ["f", "g", "h", "i", "j"];
      const numbers = await put(client, ...texts);
      const { Records = [] } = await client.send(
        new aws.GetRecordsCommand({ ShardIterator: before.ShardIterator }),
      );
      return { numbers, received: textsOf(Records), texts };
    },
    NOON + 2000,
  );

  const greatest = before.records
    .map((record) => BigInt(record?.SequenceNumber ?? 0))
    .reduce((a, b) => (a > b ? a : b));
  t.true(after.numbers.every((number) => BigInt(number ?? 0) > greatest));
  t.true(after.received.length > 0 && after.received.every((text) => after.texts.includes(text)));
});

test("a log that is cut anywhere gives back a prefix of what was written, and takes more", async (t) => {
  const path = await directory(t);
  await withData(path, async (client, emulator) => {
    await emulator.createStream("s", 1);
    for (let i = 0; i < 20; i++) await put(client, `r${i}`);
  });
  const whole = await readFile(join(path, LOG));
  const streamEnd = whole.indexOf("SequenceNumber");

  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: streamEnd, max: whole.length }),
      fc.boolean(),
      async (cut, garbled) => {
        await writeFile(join(path, LOG), whole.subarray(0, cut));
        if (garbled) await appendFile(join(path, LOG), Buffer.alloc(37, 0xa5));
        const kept = await withData(path, async (client) => {
          const texts = textsOf(await readAll(client));
          await put(client, "more");
          return texts;
        });
        const again = await withData(path, async (client) => textsOf(await readAll(client)));
        t.deepEqual(
          kept,
          Array.from({ length: kept.length }, (_, i) => `r${i}`),
        );
        t.deepEqual(again, [...kept, "more"]);
        if (cut === whole.length) t.is(kept.length, 20);
      },
    ),
    {
      numRuns: 25,
      examples: [
        [whole.length, true],
        [whole.length - 1, false],
      ],
    },
  );
});

test("a log with a damaged byte gives back what stands before it", async (t) => {
  const path = await directory(t);
  await withData(path, async (client, emulator) => {
    await emulator.createStream("s", 1);
    for (let i = 0; i < 10; i++) await put(client, `r${i}`);
  });
  const whole = await readFile(join(path, LOG));
  const first = whole.indexOf("SequenceNumber");

  await fc.assert(
    fc.asyncProperty(fc.integer({ min: first, max: whole.length - 1 }), async (at) => {
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] ?? 0) ^ 1;
      await writeFile(join(path, LOG), damaged);
      const kept = await withData(path, async (client) => textsOf(await readAll(client)));
      t.true(kept.length < 10);
      t.deepEqual(
        kept,
        Array.from({ length: kept.length }, (_, i) => `r${i}`),
      );
    }),
    { numRuns: 15, examples: [[whole.length - 1], [whole.length - 100]] },
  );
});

test("an empty log is a new one; a file of another kind is refused and left alone", async (t) => {
  const path = await directory(t);
  await withData(path, async (_client, emulator) => emulator.createStream("s", 1));
  await truncate(join(path, LOG), 3);
  await withData(path, async (client) => {
    t.deepEqual((await client.send(new aws.ListStreamsCommand({}))).StreamNames, []);
  });

  await writeFile(join(path, LOG), "something else entirely");
  await t.throwsAsync(startKinesisEmulator({ dataDirectory: path }), {
    instanceOf: KinesisEmulatorError,
    code: "DATA_UNREADABLE",
  });
  t.is(await readFile(join(path, LOG), "utf8"), "something else entirely");
});

test("a log that has outgrown what it stands for is written anew while writing goes on", async (t) => {
  const path = await directory(t);
  const megabyte = "x".repeat(1024 * 1024);
  const small = Array.from({ length: 60 }, (_, i) => `r${i}`);
  const sizes = await withData(path, async (client, emulator) => {
    await emulator.createStream("s", 1);
    for (let i = 0; i < 12; i++) await put(client, ...Array.from({ length: 4 }, () => megabyte));
    const before = (await stat(join(path, LOG))).size;
    emulator.clock.advance(25 * 3_600_000);
    const large = Array.from({ length: 5 }, async () =>
      put(client, ...Array.from({ length: 4 }, () => megabyte)),
    );
    await Promise.all([...large, ...small.map(async (text) => put(client, text))]);
    return { before, after: (await stat(join(path, LOG))).size };
  });

  const kept = await withData(path, async (client) => drain(client), NOON + 25 * 3_600_000);

  t.true(sizes.before > 60 * 1024 * 1024);
  t.true(sizes.after < 40 * 1024 * 1024);
  t.deepEqual(kept.filter((text) => text !== megabyte).sort(byName), [...small].sort(byName));
  t.is(kept.length, 80);
});

function byName(a: string, b: string): number {
  return a < b ? -1 : 1;
}

/** All texts of the first shard, answer by answer. */
async function drain(client: aws.KinesisClient): Promise<string[]> {
  const texts: string[] = [];
  let { ShardIterator } = await client.send(
    new aws.GetShardIteratorCommand({ StreamName: "s", ShardId: FIRST, ShardIteratorType: "TRIM_HORIZON" }),
  );
  for (;;) {
    const { Records = [], NextShardIterator } = await client.send(
      new aws.GetRecordsCommand({ ShardIterator }),
    );
    if (Records.length === 0) return texts;
    texts.push(...textsOf(Records));
    ShardIterator = NextShardIterator;
  }
}

test("one emulator at a time uses a data directory", async (t) => {
  const path = await directory(t);
  await withData(path, async () => {
    await t.throwsAsync(startKinesisEmulator({ dataDirectory: path }), { code: "DATA_IN_USE" });
    await t.throwsAsync(spawnKinesisEmulator({ dataDirectory: path }), { code: "DATA_IN_USE" });
  });

  await t.notThrowsAsync(withData(path, async () => {}));
});

test("every record whose write was answered is there after a kill, and nothing of the lock remains", async (t) => {
  const path = await directory(t);
  const spawned = await spawnKinesisEmulator({ dataDirectory: path });
  const client = awsClient(spawned.endpoint);
  await client.send(new aws.CreateStreamCommand({ StreamName: "s", ShardCount: 1 }));
  const answered: string[] = [];
  const writers = Array.from({ length: 4 }, async (_, writer) => {
    for (let i = 0; ; i++) {
      const texts = [`${writer}-${i}-a`, `${writer}-${i}-b`];
      await put(client, ...texts);
      answered.push(...texts);
      if (answered.length > 300) process.kill(spawned.pid, "SIGKILL");
    }
  });
  await Promise.allSettled(writers);
  client.destroy();
  await spawned.close();

  const kept = new Set(await withData(path, async (again) => textsOf(await readAll(again)), Date.now()));

  t.true(answered.length > 300);
  t.deepEqual(
    answered.filter((text) => !kept.has(text)),
    [],
  );
});

test("an emulator of its own process answers, and is gone when closed", async (t) => {
  const spawned = await spawnKinesisEmulator({ region: "eu-west-1" });
  const client = awsClient(spawned.endpoint, "http2");
  await client.send(new aws.CreateStreamCommand({ StreamName: "s", ShardCount: 1 }));
  const { StreamDescriptionSummary } = await client.send(
    new aws.DescribeStreamSummaryCommand({ StreamName: "s" }),
  );

  t.is(StreamDescriptionSummary?.StreamARN, "arn:aws:kinesis:eu-west-1:000000000000:stream/s");
  t.is(spawned.environment["AWS_ENDPOINT_URL_KINESIS"], spawned.endpoint);
  t.true(isAlive(spawned.pid));
  await spawned.close();
  t.false(isAlive(spawned.pid));
  client.destroy();
});

test("a spawned emulator that cannot start says why", async (t) => {
  const first = await spawnKinesisEmulator();
  t.teardown(async () => first.close());
  const port = Number(new URL(first.endpoint).port);

  await t.throwsAsync(spawnKinesisEmulator({ port }), { code: "LISTEN_FAILED" });
  await t.throwsAsync(spawnKinesisEmulator({ accountId: "1", port: -1 }), {
    code: "OPTION_INVALID",
    message: /port -1.*accountId '1'/,
  });
});

for (const [how, detached, survives] of [
  ["ends with a parent that is killed", false, false],
  ["outlives a parent that is killed, if detached", true, true],
] as const) {
  test(`a spawned emulator ${how}`, async (t) => {
    const entry = import.meta.resolve("@tributary/kinesis-emulator");
    const script = `
      import { spawnKinesisEmulator } from ${JSON.stringify(entry)};
      const { pid, endpoint } = await spawnKinesisEmulator({ detached: ${detached} });
      console.log(JSON.stringify({ pid, endpoint }));
      setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ["--input-type=module", "-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const [line] = (await once(createInterface({ input: parent.stdout }), "line")) as [string];
    const { pid, endpoint } = JSON.parse(line) as { pid: number; endpoint: string };
    const gone = once(parent, "exit");
    parent.kill("SIGKILL");
    await gone;

    if (survives) {
      t.is((await fetch(`${endpoint}/_emulator/health`)).status, 200);
      process.kill(pid, "SIGTERM");
    }
    while (isAlive(pid)) await delay(5);
    t.pass();
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
