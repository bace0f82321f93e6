import test from "ava";

import { SplitShardCommand } from "@aws-sdk/client-kinesis";
import { TributaryError, createRegistry } from "@tributary/core";
import type { JsonValue, PlanContext, TableDescriptor } from "@tributary/core";
import { SILENT_LOGGER } from "@tributary/core/testing";
import { AggregateBuilder, convertOldState, kinesis5 } from "@tributary/io-kinesis";
import { startKinesisEmulator } from "@tributary/kinesis-emulator";

import { KinesisFixture, texts } from "./kinesis-fixture.js";
import { LegacyJob } from "./legacy-harness.js";
import { plainFormat } from "./plain-format.js";
import { SourceHarness } from "./source-harness.js";

const emulator = await startKinesisEmulator();
const kinesis = new KinesisFixture(emulator.endpoint);
const context: PlanContext = {
  registry: createRegistry([kinesis5, plainFormat]),
  timeZone: "UTC",
  logger: SILENT_LOGGER,
};

test.after.always(async () => {
  kinesis.client.destroy();
  await emulator.close();
});

function oldTable(stream: string): TableDescriptor {
  const base = kinesis.table(stream);
  const kept = base.options.filter(({ key }) => !/^(?:connector|stream\.arn|source\.)/.test(key));
  const own = {
    connector: "kinesis-legacy",
    stream,
    "scan.stream.initpos": "TRIM_HORIZON",
    "scan.shard.getrecords.intervalmillis": "50",
    "scan.shard.discovery.intervalmillis": "500",
  };
  return { ...base, options: [...Object.entries(own).map(([key, value]) => ({ key, value })), ...kept] };
}

const shardId = (index: number): string => `shardId-${String(index).padStart(12, "0")}`;

/** User records whose keys lie in a shard that holds every key. */
function aggregateOf(prefix: string, count: number): Uint8Array {
  const builder = new AggregateBuilder(1_000_000);
  for (const text of texts(prefix, count)) builder.tryAdd({ partitionKey: text, data: Buffer.from(text) });
  return builder.build();
}

const HALF = String(2n ** 127n);

async function halve(stream: string): Promise<void> {
  await kinesis.client.send(
    new SplitShardCommand({ StreamName: stream, ShardToSplit: shardId(0), NewStartingHashKey: HALF }),
  );
}

/** Stops the old job in the middle of an aggregated record, a split of its shard behind it. */
async function stopped(stream: string): Promise<{ seen: readonly string[]; state: readonly JsonValue[] }> {
  let state: readonly JsonValue[] = [];
  let seen: readonly string[] = [];
  const job = LegacyJob.start(oldTable(stream), context, {
    onEmit: (one) => {
      if (seen.length > 0) return;
      const last = one.emitted.at(-1)?.record;
      if (last?.subSequenceNumber === undefined || one.closed.length > 0) return;
      [state, seen] = [one.snapshot(), one.texts];
    },
  });
  await job.until(() => seen.length > 0);
  await job.stop();
  return { seen, state };
}

async function resharded(stream: string): Promise<readonly string[]> {
  await emulator.createStream(stream, 1);
  await kinesis.put(stream, texts("before", 700));
  await kinesis.putRaw(stream, [{ data: aggregateOf("user", 3000) }]);
  await kinesis.put(stream, texts("behind", 50));
  await halve(stream);
  await kinesis.put(stream, texts("child", 400));
  return [
    ...texts("before", 700),
    ...texts("user", 3000),
    ...texts("behind", 50),
    ...texts("child", 400),
  ].toSorted();
}

test("a job that stopped within an aggregated record and a split goes on with the new source, each record once", async (t) => {
  const all = await resharded("exact");
  const { seen, state } = await stopped("exact");
  const { enumerator, shards } = convertOldState(state, { takenAtMs: Date.now() });

  const next = await SourceHarness.start(kinesis.table("exact"), kinesis.context, {
    restored: { enumerator, splits: [] },
  });
  await next.until(() => seen.length + next.texts.length >= all.length);
  await next.until(() => next.finished.length === 1);
  await next.stop();

  t.true(seen.length > 700 && seen.length < 3700);
  t.true(shards >= 1);
  t.deepEqual([...seen, ...next.texts].toSorted(), all);
});

test("positions of every kind are exact, and a shard that is done counts as finished only with a child", async (t) => {
  const entry = (index: number, position: object, more: object = {}): JsonValue => ({
    kind: "kinesis-legacy",
    stream: "s",
    streamArn: "arn:aws:kinesis:us-east-1:000000000000:stream/s",
    shardId: shardId(index),
    parents: [],
    hashKeyRange: { first: "0", last: "9" },
    position: { subSequenceNumber: -1, ...position },
    ...more,
  });
  const ending = { sequenceNumber: "SHARD_ENDING_SEQUENCE_NUM" };
  const before = { sequenceNumber: "77", subSequenceNumber: -1 };

  const { enumerator, finished } = convertOldState(
    [
      entry(0, ending, { before }),
      entry(1, { sequenceNumber: "5" }, { parents: [shardId(0)] }),
      entry(2, { sequenceNumber: "6", subSequenceNumber: 3 }),
      entry(3, { sequenceNumber: "EARLIEST_SEQUENCE_NUM" }),
      entry(4, { sequenceNumber: "AT_TIMESTAMP_SEQUENCE_NUM", timestampMs: 99 }),
      entry(10, ending, { before }),
    ],
    { takenAtMs: 5 },
  );

  t.is(finished, 1);
  const stored = enumerator as unknown as {
    lastSeen: string;
    finished: unknown;
    shards: { id: string; assigned: boolean; position: object }[];
  };
  t.is(stored.lastSeen, shardId(10));
  t.deepEqual(stored.finished, [[shardId(0), 5]]);
  t.deepEqual(
    stored.shards.map(({ id, position }) => [id, position]),
    [
      [shardId(1), { type: "AFTER_SEQUENCE_NUMBER", sequenceNumber: "5" }],
      [shardId(2), { type: "AFTER_SEQUENCE_NUMBER", sequenceNumber: "6", subSequenceNumber: 3 }],
      [shardId(3), { type: "TRIM_HORIZON" }],
      [shardId(4), { type: "AT_TIMESTAMP", timestamp: 99 }],
      [shardId(10), { type: "AFTER_SEQUENCE_NUMBER", sequenceNumber: "77" }],
    ],
  );
  t.true(stored.shards.every(({ assigned }) => !assigned));
  t.throws(() => convertOldState([{ kind: "other" }], { takenAtMs: 0 }), { code: "STATE_INCOMPATIBLE" });
});

test("the new source refuses the old one's checkpoint before it reads, and the instant it prints loses nothing", async (t) => {
  const all = await resharded("manual");
  const { seen, state } = await stopped("manual");
  const calls = emulator.faults.inject({ kind: "delay", delayMs: 0, stream: "manual" });

  const error = await t.throwsAsync(
    SourceHarness.start(kinesis.table("manual"), kinesis.context, {
      restored: { enumerator: { sourceFunction: state }, splits: [] },
    }),
  );
  const hits = calls.hits;
  calls.remove();
  if (!TributaryError.is(error, "STATE_INCOMPATIBLE")) return t.fail(String(error));
  const hint = error.diagnostics[0]?.hint ?? "";
  const timestamp = /'source\.init\.timestamp' = '([^']+)'/.exec(hint)?.[1] ?? "";
  const again = await SourceHarness.start(
    kinesis.table("manual", {
      "source.init.position": "AT_TIMESTAMP",
      "source.init.timestamp": timestamp,
    }),
    kinesis.context,
  );
  await again.until(() => new Set([...seen, ...again.texts]).size >= all.length);
  await again.stop();

  t.is(hits, 0);
  t.regex(hint, /tributary migrate checkpoint/);
  const reread = again.texts.filter((text) => seen.includes(text)).length;
  t.true(reread > 0);
  t.is(seen.length + again.texts.length, all.length + reread);
  t.deepEqual([...new Set([...seen, ...again.texts])].toSorted(), all);
});
