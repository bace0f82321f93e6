import test from "ava";

import {
  DeregisterStreamConsumerCommand,
  ListStreamConsumersCommand,
  MergeShardsCommand,
  RegisterStreamConsumerCommand,
  SplitShardCommand,
} from "@aws-sdk/client-kinesis";
import { TributaryError } from "@tributary/core";
import { VirtualClock, until } from "@tributary/core/testing";
import { startKinesisEmulator } from "@tributary/kinesis-emulator";
import type { FaultRule, KinesisEmulator } from "@tributary/kinesis-emulator";

import { GatedProxy } from "./gated-proxy.js";
import { KinesisFixture, texts } from "./kinesis-fixture.js";
import { SourceHarness } from "./source-harness.js";
import type { HarnessOptions } from "./source-harness.js";

const emulator = await startKinesisEmulator();
const kinesis = new KinesisFixture(emulator.endpoint);
let streams = 0;

test.after.always(async () => {
  kinesis.client.destroy();
  await emulator.close();
});

async function newStream(shards: number): Promise<string> {
  const name = `fan-out-${(streams += 1)}`;
  await emulator.createStream(name, shards);
  return name;
}

const EFO = {
  "source.reader.type": "EFO",
  "source.efo.consumer.name": "tests",
};

const start = (
  stream: string,
  options: Readonly<Record<string, string>> = {},
  run: HarnessOptions = {},
  fixture = kinesis,
): Promise<SourceHarness> =>
  SourceHarness.start(fixture.table(stream, { ...EFO, ...options }), fixture.context, run);

async function consumers(stream: string, fixture = kinesis): Promise<readonly string[]> {
  const StreamARN = emulator.streamArn(stream);
  const { Consumers = [] } = await fixture.client.send(new ListStreamConsumersCommand({ StreamARN }));
  return Consumers.map(({ ConsumerName = "" }) => ConsumerName);
}

async function split(stream: string, shardId: string, fixture = kinesis): Promise<void> {
  const shard = (await fixture.shards(stream)).find((one) => one.ShardId === shardId);
  const { StartingHashKey = "0", EndingHashKey = "0" } = shard?.HashKeyRange ?? {};
  const NewStartingHashKey = String((BigInt(StartingHashKey) + BigInt(EndingHashKey)) / 2n + 1n);
  await fixture.client.send(
    new SplitShardCommand({ StreamName: stream, ShardToSplit: shardId, NewStartingHashKey }),
  );
}

const shardId = (index: number): string => `shardId-${String(index).padStart(12, "0")}`;

/** The time of a job and of the emulator it reads: both pass together, and only as fast as this process runs. */
class CommonTime {
  readonly clock = new VirtualClock(Date.now());
  readonly #emulator: KinesisEmulator;
  #passing: Promise<void> | undefined;
  #isStopped = false;

  constructor(emulator: KinesisEmulator) {
    this.#emulator = emulator;
  }

  run(): void {
    this.#passing = this.#pass();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#passing;
  }

  async #pass(): Promise<void> {
    while (!this.#isStopped) {
      this.#emulator.clock.advance(100);
      await this.clock.advance(100);
    }
  }
}

/** Counts calls without changing them. */
const counted = (operation: string, stream: string): ReturnType<typeof emulator.faults.inject> =>
  emulator.faults.inject({ kind: "delay", delayMs: 0, operation, stream });

test("records are pushed, each once, and one subscription a shard is all it takes", async (t) => {
  const stream = await newStream(3);
  await kinesis.put(stream, texts("a", 600));
  const polls = counted("GetRecords", stream);
  const subscriptions = counted("SubscribeToShard", stream);

  // No time passes, so nothing is tried again.
  const job = await start(stream, {}, { clock: new VirtualClock(Date.now()) });
  await job.until(() => job.texts.length >= 600);
  await kinesis.put(stream, texts("b", 600));
  await job.until(() => job.texts.length >= 1200);
  await job.stop();
  polls.remove();
  subscriptions.remove();

  t.deepEqual(job.texts.toSorted(), [...texts("a", 600), ...texts("b", 600)].toSorted());
  t.is(polls.hits, 0);
  t.is(subscriptions.hits, 3);
  t.deepEqual(job.logged, []);
});

test("JOB_MANAGED registers the consumer at the start and removes it at the end", async (t) => {
  const stream = await newStream(1);

  const job = await start(stream);
  const during = await consumers(stream);
  await job.stop();

  t.deepEqual(during, ["tests"]);
  t.deepEqual(await consumers(stream), []);
});

test("JOB_MANAGED takes over a consumer that is there already, and removes it at the end", async (t) => {
  const stream = await newStream(1);
  await kinesis.put(stream, texts("a", 10));
  const input = { StreamARN: emulator.streamArn(stream), ConsumerName: "tests" };
  await kinesis.client.send(new RegisterStreamConsumerCommand(input));

  const job = await start(stream);
  await job.until(() => job.texts.length >= 10);
  await job.stop();

  t.deepEqual(job.texts, texts("a", 10));
  t.deepEqual(await consumers(stream), []);
});

test("SELF_MANAGED uses the consumer that is there and leaves it", async (t) => {
  const stream = await newStream(1);
  await kinesis.put(stream, texts("a", 10));
  const input = { StreamARN: emulator.streamArn(stream), ConsumerName: "tests" };
  await kinesis.client.send(new RegisterStreamConsumerCommand(input));

  const job = await start(stream, { "source.efo.lifecycle": "SELF_MANAGED" });
  await job.until(() => job.texts.length >= 10);
  await job.stop();

  t.deepEqual(await consumers(stream), ["tests"]);
});

test("SELF_MANAGED without the consumer fails at the start and says how to mend it", async (t) => {
  const stream = await newStream(1);

  const error = await t.throwsAsync(start(stream, { "source.efo.lifecycle": "SELF_MANAGED" }));

  t.true(TributaryError.is(error, "EXTERNAL_FAILED"));
  t.regex(error.message, /'tests'/);
  t.deepEqual(await consumers(stream), []);
});

test("a consumer that is being deleted is waited out and registered anew", async (t) => {
  const slow = await startKinesisEmulator({ deleteConsumerDelayMs: 300, createConsumerDelayMs: 100 });
  const there = new KinesisFixture(slow.endpoint);
  await slow.createStream("s", 1);
  await there.put("s", texts("a", 10));
  const StreamARN = slow.streamArn("s");
  const { Consumer } = await there.client.send(
    new RegisterStreamConsumerCommand({ StreamARN, ConsumerName: "tests" }),
  );
  await there.client.send(new DeregisterStreamConsumerCommand({ ConsumerARN: Consumer?.ConsumerARN }));

  const job = await start("s", {}, {}, there);
  await job.until(() => job.texts.length >= 10);
  await job.stop();
  there.client.destroy();
  await slow.close();

  t.deepEqual(job.texts, texts("a", 10));
  t.is(job.failure, undefined);
});

test("a consumer that somebody removes is registered again, and nothing is lost", async (t) => {
  const stream = await newStream(2);
  await kinesis.put(stream, texts("a", 20));
  const job = await start(stream, { "source.efo.describe.retry-strategy.delay.min": "100 ms" });
  await job.until(() => job.texts.length >= 20);
  const input = { StreamARN: emulator.streamArn(stream), ConsumerName: "tests" };
  await kinesis.client.send(new DeregisterStreamConsumerCommand(input));
  await kinesis.put(stream, texts("b", 20));

  await job.until(() => job.texts.length >= 40);
  await job.stop();

  t.deepEqual(job.texts.toSorted(), [...texts("a", 20), ...texts("b", 20)].toSorted());
  t.deepEqual(job.finished, []);
});

test("splits and merges lose and repeat nothing, children come after their parents", async (t) => {
  const stream = await newStream(2);
  const job = await start(stream);
  const written: string[] = [];
  const write = async (round: string): Promise<void> => {
    written.push(...texts(round, 200));
    await kinesis.put(stream, texts(round, 200));
  };

  await write("a");
  await split(stream, shardId(0));
  await write("b");
  await split(stream, shardId(1));
  await write("c");
  await kinesis.client.send(
    new MergeShardsCommand({
      StreamName: stream,
      ShardToMerge: shardId(3),
      AdjacentShardToMerge: shardId(4),
    }),
  );
  await write("d");
  await job.until(() => job.texts.length >= written.length && job.finished.length === 4);
  await job.stop();

  t.deepEqual(job.texts.toSorted(), written.toSorted());
  const order = job.batches.filter(({ records }) => records.length > 0).map(({ splitId }) => splitId);
  for (const { ShardId = "", ParentShardId, AdjacentParentShardId } of await kinesis.shards(stream)) {
    for (const parent of [ParentShardId, AdjacentParentShardId]) {
      const first = order.indexOf(ShardId);
      t.true(parent === undefined || first < 0 || order.lastIndexOf(parent) < first, ShardId);
    }
  }
});

test("the end of a shard is final: no further subscription to it", async (t) => {
  const stream = await newStream(1);
  const subscriptions = emulator.faults.inject({
    kind: "delay",
    delayMs: 0,
    operation: "SubscribeToShard",
    stream,
    shard: shardId(0),
  });
  const job = await start(stream, {}, { clock: new VirtualClock(Date.now()) });
  await kinesis.put(stream, texts("a", 5));
  await split(stream, shardId(0));
  await kinesis.put(stream, texts("b", 5));
  await job.until(() => job.texts.length >= 10);
  await job.stop();
  subscriptions.remove();

  t.deepEqual(job.finished, [shardId(0)]);
  t.is(subscriptions.hits, 1);
});

test("a restored job continues after its last record, and polls what was pushed before", async (t) => {
  const stream = await newStream(2);
  await kinesis.put(stream, texts("a", 100));
  const first = await start(stream);
  await first.until(() => first.texts.length >= 100);
  const checkpoint = first.checkpoint();
  await first.stop();
  await kinesis.put(stream, texts("b", 100));

  const pushed = await start(stream, {}, { restored: checkpoint });
  await pushed.until(() => pushed.texts.length >= 100);
  await pushed.stop();
  const polled = await start(stream, { "source.reader.type": "POLLING" }, { restored: checkpoint });
  await polled.until(() => polled.texts.length >= 100);
  await polled.stop();

  t.deepEqual(pushed.texts.toSorted(), texts("b", 100).toSorted());
  t.deepEqual(polled.texts.toSorted(), texts("b", 100).toSorted());
  t.deepEqual([...pushed.logged, ...polled.logged], []);
});

test("a restored position that retention has removed is reported", async (t) => {
  const aging = await startKinesisEmulator({ virtualTime: Date.now() });
  const there = new KinesisFixture(aging.endpoint);
  await aging.createStream("s", 1);
  await there.put("s", texts("a", 10));
  const first = await start("s", {}, {}, there);
  await first.until(() => first.texts.length === 10);
  const checkpoint = first.checkpoint();
  await first.stop();
  await there.put("s", texts("lost", 10));
  aging.clock.advance(25 * 3_600_000);
  await there.put("s", texts("b", 10));

  const second = await start("s", {}, { restored: checkpoint }, there);
  await second.until(() => second.texts.length >= 10);
  await second.stop();
  aging.clock.advance(6_000);
  const failing = await start("s", { "source.on-data-loss": "fail" }, { restored: checkpoint }, there);
  const failure = await t.throwsAsync(failing.until(() => false));
  await failing.stop();
  there.client.destroy();
  await aging.close();

  t.deepEqual(second.texts, texts("b", 10));
  t.deepEqual(second.logged, [{ code: "SOURCE_DATA_LOST", shard: shardId(0) }]);
  t.true(TributaryError.is(failure, "SOURCE_DATA_LOST"));
});

test("a subscription that ends after five minutes is followed by one, from where it ended", async (t) => {
  const timed = await startKinesisEmulator({ virtualTime: Date.now() });
  const there = new KinesisFixture(timed.endpoint);
  await timed.createStream("s", 1);
  await there.put("s", texts("a", 10));
  const subscriptions = timed.faults.inject({ kind: "delay", delayMs: 0, operation: "SubscribeToShard" });
  const clock = new VirtualClock(Date.now());
  const job = await start("s", {}, { clock }, there);
  await job.until(() => job.texts.length >= 10);
  for (let round = 1; round <= 3; round += 1) {
    timed.clock.advance(300_000);
    await until(() => clock.pendingTimers > 0);
    // The next one is not allowed sooner than five seconds after the last.
    await clock.advance(6_000);
    await until(() => subscriptions.hits === round + 1);
    await there.put("s", texts(`b${round}`, 10));
    await job.until(() => job.texts.length >= 10 + 10 * round);
  }
  await job.stop();
  there.client.destroy();
  await timed.close();

  t.deepEqual(job.texts, [...texts("a", 10), ...texts("b1", 10), ...texts("b2", 10), ...texts("b3", 10)]);
  t.is(subscriptions.hits, 4);
});

test("six minutes of silence are noticed: the dead subscription is replaced", async (t) => {
  // Its time stands still, so that it sends nothing; the reader's goes on.
  const silent = await startKinesisEmulator({ virtualTime: Date.now() });
  const there = new KinesisFixture(silent.endpoint);
  const proxy = await GatedProxy.start(silent.endpoint);
  const through = new KinesisFixture(proxy.endpoint);
  await silent.createStream("s", 1);
  await there.put("s", texts("a", 10));
  const subscriptions = silent.faults.inject({ kind: "delay", delayMs: 0, operation: "SubscribeToShard" });
  const job = await start("s", {}, {}, through);
  await job.until(() => job.texts.length >= 10);
  // The connections stay open, and nothing comes through them any more.
  proxy.deafen();
  await there.put("s", texts("b", 10));
  silent.clock.advance(360_000);
  await job.until(() => job.texts.length >= 20);
  await job.stop();
  for (const fixture of [there, through]) fixture.client.destroy();
  await proxy.close();
  await silent.close();

  t.deepEqual(job.texts, [...texts("a", 10), ...texts("b", 10)]);
  t.true(subscriptions.hits <= 4, `${subscriptions.hits} subscriptions`);
});

test("a subscription that is not acknowledged in time is tried again", async (t) => {
  const stream = await newStream(1);
  await kinesis.put(stream, texts("a", 10));
  const slow = emulator.faults.inject({
    kind: "delay",
    delayMs: 3_600_000,
    operation: "SubscribeToShard",
    stream,
    count: 1,
  });

  const job = await start(stream, { "source.efo.subscription.timeout": "10 s" });
  await job.until(() => job.texts.length >= 10);
  await job.stop();

  t.is(slow.hits, 1);
  t.deepEqual(job.texts, texts("a", 10));
});

/** Each with the most subscriptions that one shard may take until everything is read. */
const troubles: readonly (readonly [FaultRule, number])[] = [
  [{ kind: "throttle", operation: "SubscribeToShard", count: 3 }, 4],
  [{ kind: "server-error", operation: "SubscribeToShard", count: 3 }, 4],
  [{ kind: "error", errorType: "ResourceInUseException", operation: "SubscribeToShard", count: 2 }, 3],
  [{ kind: "error", errorType: "InternalFailureException", operation: "SubscribeToShard", count: 2 }, 3],
  [{ kind: "connection-reset", operation: "SubscribeToShard", count: 2 }, 3],
  [{ kind: "cut-body", operation: "SubscribeToShard", count: 2 }, 8],
  [{ kind: "event-error", errorType: "InternalFailureException", afterEvents: 1, count: 2 }, 8],
  [{ kind: "event-error", errorType: "LimitExceededException", afterEvents: 0, count: 2 }, 8],
  [{ kind: "event-error", errorType: "ResourceInUseException", afterEvents: 1, count: 2 }, 8],
  [{ kind: "event-error", errorType: "KMSThrottlingException", afterEvents: 1, count: 2 }, 8],
  [{ kind: "go-away", operation: "SubscribeToShard", count: 2 }, 8],
  [{ kind: "reset-stream", operation: "SubscribeToShard", count: 2 }, 8],
  [{ kind: "damaged-frame", operation: "SubscribeToShard", count: 2 }, 8],
  [{ kind: "wrong-json", operation: "SubscribeToShard", count: 2 }, 8],
  [{ kind: "slow-body", bytesPerSecond: 20_000, operation: "SubscribeToShard", count: 1 }, 8],
];

for (const [rule, callsMax] of troubles) {
  const { kind, errorType = "" } = rule;
  test(`${kind} ${errorType} of a subscription costs at most ${callsMax} calls, and no record`, async (t) => {
    const own = await startKinesisEmulator({ virtualTime: Date.now() });
    const there = new KinesisFixture(own.endpoint);
    await own.createStream("s", 1);
    await there.put("s", texts("a", 50));
    const subscriptions = own.faults.inject({ kind: "delay", delayMs: 0, operation: "SubscribeToShard" });
    const fault = own.faults.inject(rule);
    const time = new CommonTime(own);

    time.run();
    const job = await start("s", {}, { clock: time.clock }, there);
    await there.put("s", texts("b", 50));
    await job.until(() => job.texts.length >= 100);
    await until(() => fault.hits === (rule.count ?? 0));
    await there.put("s", texts("c", 50));
    await job.until(() => job.texts.length >= 150);
    await time.stop();
    await job.stop();
    there.client.destroy();
    await own.close();

    t.deepEqual(job.texts, [...texts("a", 50), ...texts("b", 50), ...texts("c", 50)]);
    t.true(subscriptions.hits <= callsMax, `${subscriptions.hits} calls`);
    t.deepEqual(job.logged, []);
  });
}

for (const [errorType, code] of [
  ["AccessDeniedException", "ACCESS_DENIED"],
  ["UnrecognizedClientException", "CREDENTIALS_REJECTED"],
  ["KMSDisabledException", "KMS_DENIED"],
  ["ValidationException", "EXTERNAL_FAILED"],
] as const) {
  test(`${errorType} of a subscription ends the job as ${code}, with one call`, async (t) => {
    const stream = await newStream(1);
    const fault = emulator.faults.inject({ kind: "error", errorType, operation: "SubscribeToShard", stream });

    // No time passes: what is tried again would never be.
    const job = await start(stream, {}, { clock: new VirtualClock(Date.now()) });
    const error = await t.throwsAsync(job.until(() => false));
    await job.stop();
    fault.remove();

    t.true(TributaryError.is(error, code), error.message);
    t.is(fault.hits, 1);
  });
}

test("access denied to the consumer's registration names the action", async (t) => {
  const stream = await newStream(1);
  const errorType = "AccessDeniedException";
  const fault = emulator.faults.inject({
    kind: "error",
    errorType,
    operation: "RegisterStreamConsumer",
    stream,
  });

  const error = await t.throwsAsync(start(stream));
  fault.remove();

  t.true(TributaryError.is(error, "ACCESS_DENIED"));
  t.regex(error.message, /kinesis:RegisterStreamConsumer/);
});

test("while nobody takes the records the service is told to wait, and then everything comes", async (t) => {
  const stream = await newStream(1);
  const big = "x".repeat(900_000);
  const wanted = texts("a", 60);
  for (let from = 0; from < wanted.length; from += 5) {
    await kinesis.put(
      stream,
      wanted.slice(from, from + 5).map((text) => `${text},${big}`),
    );
  }

  const job = await start(stream);
  job.pause();
  const bytes = (): number => job.gauges.get("prefetchedBytes")?.() ?? 0;
  await until(() => bytes() >= 28_000_000);
  const held = bytes();
  job.resume();
  await job.until(() => job.texts.length >= 60);
  await job.stop();

  t.true(held < 40_000_000, `${held} bytes`);
  t.deepEqual(
    job.texts.map((text) => text.split(",")[0] ?? ""),
    wanted,
  );
});

test("LATEST pushes what arrives after the first discovery, AT_TIMESTAMP from its instant on", async (t) => {
  const timed = await startKinesisEmulator({ virtualTime: Date.UTC(2024, 0, 1, 12) });
  const there = new KinesisFixture(timed.endpoint);
  await timed.createStream("s", 1);
  await there.put("s", texts("old", 10));
  timed.clock.advance(60_000);
  await there.put("s", texts("new", 10));

  const from = await start(
    "s",
    { "source.init.position": "AT_TIMESTAMP", "source.init.timestamp": "2024-01-01T12:01:00.000Z" },
    {},
    there,
  );
  await from.until(() => from.texts.length >= 10);
  await from.stop();
  timed.clock.setTime(Date.now() - 5_000);
  const subscriptions = timed.faults.inject({ kind: "delay", delayMs: 0, operation: "SubscribeToShard" });
  const latest = await start("s", { "source.init.position": "LATEST" }, {}, there);
  // The first one is refused: our "now" is the future there.
  await until(() => subscriptions.hits === 2);
  await there.put("s", texts("newest", 10));
  await latest.until(() => latest.texts.length >= 10);
  await latest.stop();
  there.client.destroy();
  await timed.close();

  t.deepEqual(from.texts, texts("new", 10));
  t.deepEqual(latest.texts, texts("newest", 10));
});

test("a stream deleted while its records are pushed ends the job", async (t) => {
  const stream = await newStream(1);
  await kinesis.put(stream, texts("a", 10));
  const job = await start(stream);
  await job.until(() => job.texts.length >= 10);
  await kinesis.deleteStream(stream);

  const error = await t.throwsAsync(job.until(() => false));
  await job.stop();

  t.true(TributaryError.is(error, "STREAM_NOT_FOUND"));
});
