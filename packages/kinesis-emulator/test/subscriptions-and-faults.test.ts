import { Buffer } from "node:buffer";
import { once } from "node:events";
import { connect } from "node:net";
import { setImmediate } from "node:timers/promises";
import * as aws from "@aws-sdk/client-kinesis";
import {
  KinesisEmulatorError,
  startKinesisEmulator,
  type FaultRule,
  type KinesisEmulator,
  type KinesisEmulatorOptions,
} from "@tributary/kinesis-emulator";
import test, { type ExecutionContext } from "ava";
import { awsClient, failureOf, type Transport } from "./aws-client.js";

const NOON = Date.UTC(2026, 0, 1, 12);
const FIRST = "shardId-000000000000";

interface Scene {
  readonly emulator: KinesisEmulator;
  readonly client: aws.KinesisClient;
  readonly consumer: string;
}

/** An emulator with the stream `s` of one shard and a consumer of it. */
async function scene(
  t: ExecutionContext,
  transport: Transport = "http1",
  options: KinesisEmulatorOptions = {},
): Promise<Scene> {
  const emulator = await startKinesisEmulator({ virtualTime: NOON, ...options });
  const client = awsClient(emulator.endpoint, transport);
  t.teardown(async () => {
    client.destroy();
    await emulator.close();
  });
  await emulator.createStream("s", 1);
  const { Consumer } = await client.send(
    new aws.RegisterStreamConsumerCommand({ StreamARN: emulator.streamArn("s"), ConsumerName: "c" }),
  );
  return { emulator, client, consumer: Consumer?.ConsumerARN ?? "" };
}

async function put(client: aws.KinesisClient, ...texts: string[]): Promise<aws.PutRecordsCommandOutput> {
  return client.send(
    new aws.PutRecordsCommand({
      StreamName: "s",
      Records: texts.map((text) => ({ Data: Buffer.from(text), PartitionKey: text.slice(0, 256) })),
    }),
  );
}

async function read(client: aws.KinesisClient): Promise<aws.GetRecordsCommandOutput> {
  const { ShardIterator } = await client.send(
    new aws.GetShardIteratorCommand({ StreamName: "s", ShardId: FIRST, ShardIteratorType: "TRIM_HORIZON" }),
  );
  return client.send(new aws.GetRecordsCommand({ ShardIterator }));
}

type Events = AsyncIterator<aws.SubscribeToShardEventStream>;

async function subscribe(
  { client, consumer }: Pick<Scene, "client" | "consumer">,
  position: aws.StartingPosition = { Type: "TRIM_HORIZON" },
  shard = FIRST,
): Promise<Events> {
  const { EventStream } = await client.send(
    new aws.SubscribeToShardCommand({ ConsumerARN: consumer, ShardId: shard, StartingPosition: position }),
  );
  if (EventStream === undefined) throw new Error("no event stream");
  return EventStream[Symbol.asyncIterator]();
}

async function nextEvent(events: Events): Promise<aws.SubscribeToShardEvent | undefined> {
  const result = await events.next();
  return result.done === true ? undefined : result.value.SubscribeToShardEvent;
}

function textsOf(event: aws.SubscribeToShardEvent | undefined): string[] {
  return (event?.Records ?? []).map(({ Data }) => Buffer.from(Data ?? []).toString());
}

for (const transport of ["http1", "http2"] as const) {
  test(`over ${transport} a subscription delivers what is there and then what arrives`, async (t) => {
    const shared = await scene(t, transport);
    await put(shared.client, "a", "b");

    const events = await subscribe(shared);
    const before = await nextEvent(events);
    await put(shared.client, "c");
    const after = await nextEvent(events);

    t.deepEqual(textsOf(before), ["a", "b"]);
    t.is(before?.ContinuationSequenceNumber, before?.Records?.[1]?.SequenceNumber);
    t.is(before?.MillisBehindLatest, 0);
    t.deepEqual(textsOf(after), ["c"]);
  });

  test(`over ${transport} a subscription ends after five minutes, with an empty event each idle second`, async (t) => {
    const shared = await scene(t, transport);
    const events = await subscribe(shared, { Type: "LATEST" });

    shared.emulator.clock.advance(1_000);
    const idle = await nextEvent(events);
    await put(shared.client, "a");
    const full = await nextEvent(events);
    let count = 0;
    do shared.emulator.clock.advance(1_000);
    while ((await nextEvent(events)) !== undefined && ++count);

    t.deepEqual(textsOf(idle), []);
    t.regex(idle?.ContinuationSequenceNumber ?? "", /^\d{56}$/);
    t.deepEqual(textsOf(full), ["a"]);
    t.is(count, 298);
  });

  test(`over ${transport} a subscription ends with its shard and names the children`, async (t) => {
    const shared = await scene(t, transport);
    const events = await subscribe(shared);
    await put(shared.client, "a");
    t.deepEqual(textsOf(await nextEvent(events)), ["a"]);

    await shared.client.send(
      new aws.SplitShardCommand({ StreamName: "s", ShardToSplit: FIRST, NewStartingHashKey: "99" }),
    );
    const last = await nextEvent(events);

    t.is(last?.ContinuationSequenceNumber, undefined);
    t.deepEqual(
      last?.ChildShards?.map(({ ShardId }) => ShardId),
      ["shardId-000000000001", "shardId-000000000002"],
    );
    t.is(await nextEvent(events), undefined);
  });
}

test("a continuation number goes on exactly behind its event, an empty one too", async (t) => {
  const shared = await scene(t);
  const first = await subscribe(shared, { Type: "LATEST" });
  shared.emulator.clock.advance(1_000);
  const idle = await nextEvent(first);
  await put(shared.client, "a");
  const full = await nextEvent(first);
  await put(shared.client, "b");

  const resumed = async (number: string | undefined): Promise<string[]> => {
    shared.emulator.clock.advance(5_000);
    const position = { Type: "AFTER_SEQUENCE_NUMBER", SequenceNumber: number } as const;
    return textsOf(await nextEvent(await subscribe(shared, position)));
  };

  t.deepEqual(await resumed(idle?.ContinuationSequenceNumber), ["a", "b"]);
  t.deepEqual(await resumed(full?.ContinuationSequenceNumber), ["b"]);
});

test("a subscription begins at each of the five positions", async (t) => {
  const shared = await scene(t);
  const numbers: (string | undefined)[] = [];
  for (const text of ["a", "b", "c"]) {
    numbers.push((await put(shared.client, text)).Records?.[0]?.SequenceNumber);
    shared.emulator.clock.advance(10);
  }
  const table: [aws.StartingPosition, string[]][] = [
    [{ Type: "TRIM_HORIZON" }, ["a", "b", "c"]],
    [{ Type: "AT_SEQUENCE_NUMBER", SequenceNumber: numbers[1] }, ["b", "c"]],
    [{ Type: "AFTER_SEQUENCE_NUMBER", SequenceNumber: numbers[1] }, ["c"]],
    [{ Type: "AT_TIMESTAMP", Timestamp: new Date(NOON + 10) }, ["b", "c"]],
    [{ Type: "LATEST" }, []],
  ];

  for (const [position, texts] of table) {
    shared.emulator.clock.advance(5_000);
    const events = await subscribe(shared, position);
    shared.emulator.clock.advance(1_000);
    t.deepEqual(textsOf(await nextEvent(events)), texts, position.Type);
  }
});

test("a second subscription is refused for five seconds and then takes over", async (t) => {
  const shared = await scene(t);
  const first = await subscribe(shared);

  shared.emulator.clock.advance(4_999);
  const refusal = await failureOf(subscribe(shared));
  shared.emulator.clock.advance(1);
  const second = await subscribe(shared);
  await put(shared.client, "a");

  t.is(refusal.name, "ResourceInUseException");
  t.deepEqual(textsOf(await nextEvent(second)), ["a"]);
  const ended = await failureOf(
    (async () => {
      while ((await nextEvent(first)) !== undefined) continue;
    })(),
  );
  t.is(ended.name, "ResourceInUseException");
});

test("subscriptions to what is not there are refused, and end when it goes", async (t) => {
  const shared = await scene(t);
  const unknown = { ...shared, consumer: shared.consumer.replace("consumer/c", "consumer/x") };

  t.is((await failureOf(subscribe(unknown))).name, "ResourceNotFoundException");
  t.is(
    (await failureOf(subscribe(shared, { Type: "LATEST" }, "shardId-000000000009"))).name,
    "ResourceNotFoundException",
  );
  t.is((await failureOf(subscribe(shared, { Type: "AT_SEQUENCE_NUMBER" }))).name, "InvalidArgumentException");
  const events = await subscribe(shared);
  await shared.client.send(new aws.DeregisterStreamConsumerCommand({ ConsumerARN: shared.consumer }));
  t.is((await failureOf(nextEvent(events))).name, "ResourceNotFoundException");
});

test("a consumer that does not read holds up nothing but itself and gets everything in order later", async (t) => {
  const shared = await scene(t, "http2");
  const events = await subscribe(shared);
  const chunk = "x".repeat(4_000);
  const written: string[] = [];
  for (let call = 0; call < 100; call++) {
    const texts = Array.from({ length: 16 }, (_, i) => `${call}-${i}-`);
    written.push(...texts);
    await put(shared.client, ...texts.map((text) => text + chunk));
  }
  const received: string[] = [];
  let count = 0;

  for (; received.length < written.length; count++) {
    received.push(...textsOf(await nextEvent(events)).map((text) => text.slice(0, -chunk.length)));
  }

  t.deepEqual(received, written);
  // One event for each call would mean that nothing was held back.
  t.true(count < 50);
});

test("with enforced limits a subscription delivers two megabytes a second", async (t) => {
  const shared = await scene(t, "http1", { enforceLimits: true });
  for (let i = 0; i < 6; i++) {
    await shared.client.send(
      new aws.PutRecordCommand({ StreamName: "s", Data: Buffer.alloc(1_000_000), PartitionKey: String(i) }),
    );
    shared.emulator.clock.advance(1_000);
  }
  const events = await subscribe(shared);
  const keys = async (): Promise<(string | undefined)[]> =>
    ((await nextEvent(events))?.Records ?? []).map(({ PartitionKey }) => PartitionKey);

  t.deepEqual([await keys(), await keys(), await keys()], [["0"], ["1"], ["2"]]);
  shared.emulator.clock.advance(500);
  t.deepEqual(await keys(), ["3"]);
});

test("consumers are listed, described and limited to twenty", async (t) => {
  const { emulator, client } = await scene(t);
  const StreamARN = emulator.streamArn("s");
  const register = async (name: string): Promise<unknown> =>
    client.send(new aws.RegisterStreamConsumerCommand({ StreamARN, ConsumerName: name }));
  for (let i = 1; i < 20; i++) await register(`c${i}`);

  t.is((await failureOf(register("c1"))).name, "ResourceInUseException");
  t.is((await failureOf(register("c20"))).name, "LimitExceededException");
  const page = await client.send(new aws.ListStreamConsumersCommand({ StreamARN, MaxResults: 15 }));
  const rest = await client.send(
    new aws.ListStreamConsumersCommand({ StreamARN, NextToken: page.NextToken }),
  );
  t.deepEqual([page.Consumers?.length, rest.Consumers?.length, rest.NextToken], [15, 5, undefined]);
  const { ConsumerDescription } = await client.send(
    new aws.DescribeStreamConsumerCommand({ StreamARN, ConsumerName: "c7" }),
  );
  t.is(ConsumerDescription?.ConsumerStatus, "ACTIVE");
});

test("faults that refuse a call name the right error, leave nothing behind and stop when spent", async (t) => {
  const { emulator, client } = await scene(t);
  const table: [FaultRule, () => Promise<unknown>, string, number][] = [
    [{ kind: "throttle" }, () => put(client, "x"), "ProvisionedThroughputExceededException", 400],
    [
      { kind: "throttle", operation: "ListShards" },
      () => client.send(new aws.ListShardsCommand({ StreamName: "s" })),
      "LimitExceededException",
      400,
    ],
    [{ kind: "server-error", status: 503 }, () => put(client, "x"), "InternalFailure", 503],
    [
      { kind: "error", errorType: "KMSDisabledException" },
      () => put(client, "x"),
      "KMSDisabledException",
      400,
    ],
    [{ kind: "expired-iterator" }, () => read(client), "ExpiredIteratorException", 400],
  ];

  for (const [rule, call, name, status] of table) {
    const fault = emulator.faults.inject({ ...rule, count: 1 });
    t.like(await failureOf(call()), { name, status }, rule.kind);
    t.is(fault.hits, 1);
    t.deepEqual(emulator.faults.list(), []);
  }
  t.is((await read(client)).Records?.length, 0);
});

test("a rule hits the calls that it names and no other", async (t) => {
  const { emulator, client } = await scene(t);
  await emulator.createStream("other", 2);
  emulator.faults.inject({ kind: "throttle", operation: ["GetRecords"], stream: "other", shard: FIRST });
  const iteratorFor = async (stream: string, shard: string): Promise<string | undefined> =>
    (
      await client.send(
        new aws.GetShardIteratorCommand({ StreamName: stream, ShardId: shard, ShardIteratorType: "LATEST" }),
      )
    ).ShardIterator;
  const outcome = async (stream: string, shard: string): Promise<string> =>
    (
      await failureOf(
        client.send(new aws.GetRecordsCommand({ ShardIterator: await iteratorFor(stream, shard) })),
      )
    ).name;

  t.is(await outcome("s", FIRST), "none");
  t.is(await outcome("other", "shardId-000000000001"), "none");
  t.is(await outcome("other", FIRST), "ProvisionedThroughputExceededException");
});

test("a connection that is reset has applied nothing; a dropped or cut answer has applied everything", async (t) => {
  const { emulator, client } = await scene(t);
  const outcomes: [string, boolean][] = [];
  for (const kind of ["connection-reset", "drop-response", "cut-body"] as const) {
    emulator.faults.inject({ kind, operation: "PutRecords", count: 1 });
    const failure = await failureOf(put(client, kind));
    const { Records = [] } = await read(client);
    outcomes.push([kind, Records.some(({ PartitionKey }) => PartitionKey === kind)]);
    t.not(failure.name, "none", kind);
  }

  t.deepEqual(outcomes, [
    ["connection-reset", false],
    ["drop-response", true],
    ["cut-body", true],
  ]);
});

test("over HTTP/2 a reset breaks the connection and the client can connect anew", async (t) => {
  const { emulator, client } = await scene(t, "http2");
  emulator.faults.inject({ kind: "connection-reset", operation: "PutRecords", count: 1 });

  t.not((await failureOf(put(client, "a"))).name, "none");
  t.is((await failureOf(put(client, "b"))).name, "none");
  t.is((await read(client)).Records?.length, 1);
});

test("a partial failure takes the entries it does not name, and the same ones for the same seed", async (t) => {
  const texts = Array.from({ length: 100 }, (_, i) => `r${i}`);
  const failedOf = async (seed: number): Promise<number[]> => {
    const { emulator, client } = await scene(t, "http1", { seed });
    emulator.faults.inject({ kind: "partial-failure", ratio: 0.3, count: 1 });
    const { Records = [], FailedRecordCount } = await put(client, ...texts);
    const failed = Records.flatMap(({ ErrorCode }, i) =>
      ErrorCode === "ProvisionedThroughputExceededException" ? [i] : [],
    );
    t.is(FailedRecordCount, failed.length);
    const kept = (await read(client)).Records ?? [];
    t.deepEqual(
      kept.map(({ PartitionKey }) => PartitionKey),
      texts.filter((_, i) => !failed.includes(i)),
    );
    return failed;
  };

  const [one, again, other] = [await failedOf(7), await failedOf(7), await failedOf(8)];

  t.deepEqual(one, again);
  t.notDeepEqual(one, other);
  t.true(one.length > 10 && one.length < 60);
});

test("throttling one shard fails only the entries that go there", async (t) => {
  const { emulator, client } = await scene(t);
  await client.send(
    new aws.SplitShardCommand({
      StreamName: "s",
      ShardToSplit: FIRST,
      NewStartingHashKey: String(2n ** 127n),
    }),
  );
  const shard = "shardId-000000000001";
  const texts = Array.from({ length: 20 }, (_, i) => `r${i}`);
  const calm = await put(client, ...texts);
  const elsewhere = texts.filter((_, i) => calm.Records?.[i]?.ShardId !== shard);

  const fault = emulator.faults.inject({ kind: "throttle", operation: "PutRecords", shard, count: 1 });
  const untouched = await put(client, ...elsewhere);
  const hitsBefore = fault.hits;
  const stormy = await put(client, ...texts);

  t.deepEqual([untouched.FailedRecordCount, hitsBefore, fault.hits], [0, 0, 1]);
  t.deepEqual(
    stormy.Records?.map(({ ErrorCode }) => ErrorCode !== undefined),
    calm.Records?.map(({ ShardId }) => ShardId === shard),
  );
});

test("skip and probability choose calls, repeatably", async (t) => {
  const outcomes = async (): Promise<string> => {
    const { emulator, client } = await scene(t, "http1", { seed: 3 });
    emulator.faults.inject({ kind: "server-error", operation: "PutRecords", skip: 2, probability: 0.5 });
    let text = "";
    for (let i = 0; i < 16; i++) text += (await failureOf(put(client, "x"))).name === "none" ? "." : "x";
    return text;
  };

  const one = await outcomes();

  t.is(one, await outcomes());
  t.regex(one, /^\.\.(?=.*x)(?=.*\.)/);
});

test("a slow body arrives whole, a delayed call is applied after others that came later", async (t) => {
  const { emulator, client } = await scene(t);
  await put(client, "a".repeat(200));
  emulator.faults.inject({ kind: "slow-body", operation: "GetRecords", bytesPerSecond: 10_000 });
  const fault = emulator.faults.inject({ kind: "delay", operation: "PutRecords", delayMs: 500, count: 1 });

  const delayed = put(client, "delayed");
  while (fault.hits === 0) await setImmediate();
  await put(client, "later");
  emulator.clock.advance(500);
  await delayed;
  const { Records = [] } = await read(client);

  t.deepEqual(
    Records.map(({ PartitionKey }) => PartitionKey?.slice(0, 7)),
    ["aaaaaaa", "later", "delayed"],
  );
});

test("an event error ends a subscription after the events it spares", async (t) => {
  const shared = await scene(t);
  shared.emulator.faults.inject({
    kind: "event-error",
    errorType: "KMSThrottlingException",
    afterEvents: 1,
    count: 1,
  });
  await put(shared.client, "a");

  const events = await subscribe(shared);

  t.deepEqual(textsOf(await nextEvent(events)), ["a"]);
  t.is((await failureOf(nextEvent(events))).name, "KMSThrottlingException");
});

test("a rule that makes no sense is refused with everything that is wrong with it", async (t) => {
  const { emulator } = await scene(t);

  const error = t.throws(
    () =>
      emulator.faults.inject({ kind: "earthquake", probability: "often", colour: 1 } as unknown as FaultRule),
    { instanceOf: KinesisEmulatorError, code: "OPTION_INVALID" },
  );

  t.regex(error.message, /'earthquake'.*throttle.*'probability'.*"often".*'colour'/);
});

test("faults and clock can be commanded over HTTP", async (t) => {
  const { emulator, client } = await scene(t);
  const call = async (
    method: string,
    path: string,
    body?: object,
  ): Promise<[number, Record<string, unknown>]> => {
    const response = await fetch(`${emulator.endpoint}/_emulator/${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return [response.status, (await response.json()) as Record<string, unknown>];
  };

  t.deepEqual(await call("GET", "health"), [200, { status: "ok" }]);
  t.deepEqual(await call("POST", "clock", { advanceMs: 5 }), [200, { now: NOON + 5 }]);
  t.deepEqual(await call("POST", "clock", { setTimeMs: NOON }), [200, { now: NOON }]);
  const [, { id }] = await call("POST", "faults", { kind: "throttle", operation: "PutRecords" });
  t.is((await failureOf(put(client, "x"))).name, "ProvisionedThroughputExceededException");
  t.deepEqual((await call("GET", "faults"))[1], {
    faults: [{ id, rule: { kind: "throttle", operation: "PutRecords" }, hits: 1 }],
  });
  await call("DELETE", `faults/${Number(id)}`);
  t.is((await failureOf(put(client, "x"))).name, "none");
  t.is((await call("POST", "faults", { kind: "nothing" }))[0], 400);
  t.is((await call("GET", "nowhere"))[0], 404);
  t.like((await call("GET", "stats"))[1], { streams: [{ name: "s", shards: [{ id: FIRST, records: 1 }] }] });
});

test("a request that arrives byte by byte is understood", async (t) => {
  const { emulator } = await scene(t);
  const socket = connect({ port: emulator.port, host: "127.0.0.1", noDelay: true });
  t.teardown(() => socket.destroy());
  const body = '{"advanceMs":1}';
  const request = `POST /_emulator/clock HTTP/1.1\r\nhost: x\r\ncontent-length: ${body.length}\r\n\r\n${body}`;

  for (const byte of Buffer.from(request)) {
    await new Promise((resolve) => {
      socket.write(Buffer.from([byte]), resolve);
    });
    await setImmediate();
  }
  const [answer] = (await once(socket, "data")) as [Buffer];

  t.regex(answer.toString(), /^HTTP\/1\.1 200 /);
  t.is(emulator.clock.now(), NOON + 1);
});

test("bytes that are neither HTTP/1.1 nor HTTP/2 disturb nobody else", async (t) => {
  const { emulator, client } = await scene(t);
  const socket = connect(emulator.port, "127.0.0.1");
  socket.on("error", () => {});
  socket.write(Buffer.from([0x16, 3, 1, 0, 5, 0, 0, 0, 0, 0]));

  await once(socket, "close");

  t.is((await failureOf(put(client, "x"))).name, "none");
});
