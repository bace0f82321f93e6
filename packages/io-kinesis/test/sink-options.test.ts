/** What the sink's options say: every check of a table that is written, and what each value changes. */
import test from "ava";

import { TributaryError, createRegistry, describeOptions, planSink, types } from "@tributary/core";
import type {
  Diagnostic,
  MetricGroup,
  Module,
  PlanContext,
  Row,
  SinkWriter,
  TableDescriptor,
} from "@tributary/core";
import { SILENT_LOGGER, VirtualClock } from "@tributary/core/testing";
import {
  KINESIS_CLIENTS,
  KinesisSinkOptions,
  kinesis5,
  kinesisStreams4,
  kinesisStreams5,
  readAggregate,
} from "@tributary/io-kinesis";
import type { ConnectionSettings, KinesisClient, PutEntry, PutRefusal } from "@tributary/io-kinesis";

import { plainFormat } from "./plain-format.js";

const STREAM = "arn:aws:kinesis:eu-west-1:111122223333:stream/orders";
const SOUND = { connector: "kinesis", "stream.arn": STREAM, "aws.region": "eu-west-1", format: "plain" };

type Options = Readonly<Record<string, string | undefined>>;

function tableOf(changes: Options, partitionKeys: readonly string[] = []): TableDescriptor {
  return {
    name: "orders",
    schema: {
      columns: [
        { kind: "physical", name: "id", type: types.string() },
        { kind: "physical", name: "city", type: types.string() },
        { kind: "physical", name: "price", type: types.decimal(10, 2) },
      ],
    },
    partitionKeys,
    options: Object.entries({ ...SOUND, ...changes })
      .filter((entry): entry is [string, string] => entry[1] !== undefined)
      .map(([key, value]) => ({ key, value })),
  };
}

function contextOf(module: Module): PlanContext {
  return { registry: createRegistry([module, plainFormat]), timeZone: "UTC", logger: SILENT_LOGGER };
}

const CONTEXT = contextOf(kinesisStreams5);

/** `CODE option` of each diagnostic; warnings with their severity. */
function briefly(diagnostics: readonly Diagnostic[]): string[] {
  return diagnostics.map(({ severity, code, option, columnName }) =>
    [severity === "error" ? undefined : severity, code, option ?? columnName]
      .filter((part) => part !== undefined)
      .join(" "),
  );
}

// ----------------------------------------------------------------------------------------------------------- checks

const checked = test.macro({
  exec(t, changes: Options, expected: readonly string[], partitionKeys: readonly string[] = []) {
    t.deepEqual(briefly(planSink(tableOf(changes, partitionKeys), CONTEXT).diagnostics), [...expected]);
  },
  title: (_, changes: Options, expected: readonly string[], partitionKeys: readonly string[] = []) =>
    `a table with ${JSON.stringify(changes)}${partitionKeys.length > 0 ? ` by ${partitionKeys.join()}` : ""} gives ${expected.length === 0 ? "no fault" : expected.join(", ")}`,
});

test(
  "everything that is wrong is reported together, in the order of the checks",
  checked,
  {
    "stream.arn": undefined,
    "invalid.option": "1",
    "sink.partitioner": "fixed",
    "sink.batch.max-size": "many",
    "sink.requests.max-inflight": "0",
    "sink.flush-buffer.timeout": "0",
    "aws.region": "nowhere",
    "sink.http-client.max-concurrency": "0",
    "sink.http-client.protocol.version": "http2",
    "aws.trust.all.certificates": "maybe",
  },
  [
    "SCHEMA_INVALID price",
    "SCHEMA_INVALID id",
    "OPTION_MISSING stream.arn",
    "OPTION_INVALID aws.trust.all.certificates",
    "OPTION_INVALID sink.batch.max-size",
    "OPTION_INVALID sink.http-client.protocol.version",
    "OPTION_UNKNOWN invalid.option",
    "OPTION_CONFLICT sink.partitioner",
    "OPTION_INVALID sink.requests.max-inflight",
    "OPTION_INVALID sink.flush-buffer.timeout",
    "OPTION_INVALID sink.http-client.max-concurrency",
    "OPTION_INVALID aws.region",
  ],
  ["price", "id", "id"],
);

test(
  "a partitioner that is unknown goes before what is missing",
  checked,
  { "stream.arn": undefined, "sink.partitioner": "org.acme.Keys" },
  ["OPTION_INVALID sink.partitioner", "OPTION_MISSING stream.arn"],
);

for (const [changes, expected, partitionKeys] of [
  [{ format: undefined, "stream.arn": undefined }, ["OPTION_MISSING format", "OPTION_MISSING stream.arn"]],
  [{ "sink.ordering": "key" }, []],
  [{ "sink.ordering": "none" }, []],
  [{ "sink.ordering": "shard" }, ["OPTION_INVALID sink.ordering"]],
  [{ "sink.aggregate": "true" }, []],
  [{ "sink.aggregate": "on" }, ["OPTION_INVALID sink.aggregate"]],
  [{ "sink.ordering": "key", "sink.aggregate": "true" }, [], ["city"]],
  [{ "sink.partitioner": "Random" }, ["OPTION_INVALID sink.partitioner"]],
  [{ "sink.partitioner": "" }, ["OPTION_INVALID sink.partitioner"]],
  [{ "sink.partitioner": "fixed" }, ["OPTION_CONFLICT sink.partitioner"], ["id"]],
  [{}, ["SCHEMA_INVALID nowhere"], ["nowhere"]],
  [{}, ["SCHEMA_INVALID price", "SCHEMA_INVALID id"], ["id", "price", "id"]],
  [{ "sink.batch.max-size": "-1" }, ["OPTION_INVALID sink.batch.max-size"]],
  [{ "sink.requests.max-inflight": "-1" }, ["OPTION_INVALID sink.requests.max-inflight"]],
  [{ "sink.requests.max-buffered": "0" }, ["OPTION_INVALID sink.requests.max-buffered"]],
  [{ "sink.flush-buffer.size": "0" }, ["OPTION_INVALID sink.flush-buffer.size"]],
  [{ "sink.flush-buffer.size": "1000" }, ["OPTION_INVALID sink.flush-buffer.size"]],
  [{ "sink.flush-buffer.timeout": "-5" }, ["OPTION_INVALID sink.flush-buffer.timeout"]],
  [{ "sink.flush-buffer.timeout": "1.5" }, ["OPTION_INVALID sink.flush-buffer.timeout"]],
  [{ "sink.fail-on-error": "maybe" }, ["OPTION_INVALID sink.fail-on-error"]],
  [{ "sink.http-client.max-concurrency": "x" }, ["OPTION_INVALID sink.http-client.max-concurrency"]],
  [{ "sink.http-client.read-timeout": "0" }, ["OPTION_INVALID sink.http-client.read-timeout"]],
  [{ "sink.http-client.protocol.version": "HTTP3" }, ["OPTION_INVALID sink.http-client.protocol.version"]],
  [{ "sink.http-client.other": "1" }, ["warning OPTION_UNKNOWN sink.http-client.other"]],
  [{ "sink.parallel": "1" }, ["warning OPTION_UNKNOWN sink.parallel"]],
  [{ sinkfoo: "1" }, ["OPTION_UNKNOWN sinkfoo"]],
  [
    { "sink.producer.aggregation-enabled": "true" },
    ["warning OPTION_UNKNOWN sink.producer.aggregation-enabled"],
  ],
  [
    { "sink.producer.record-max-buffered-time": "10", "sink.flush-buffer.timeout": "20" },
    ["warning OPTION_DEPRECATED sink.producer.record-max-buffered-time"],
  ],
  [
    { "sink.producer.collection-max-size": "10", "sink.producer.collection-max-count": "7" },
    [
      "warning OPTION_DEPRECATED sink.producer.collection-max-count",
      "warning OPTION_DEPRECATED sink.producer.collection-max-size",
    ],
  ],
  [
    { "sink.producer.collection-max-count": "0" },
    [
      "OPTION_INVALID sink.producer.collection-max-count",
      "warning OPTION_DEPRECATED sink.producer.collection-max-count",
    ],
  ],
  [{ "sink.producer.fail-on-error": "true" }, ["warning OPTION_DEPRECATED sink.producer.fail-on-error"]],
  [
    { "sink.producer.kinesis-endpoint": "localhost", "aws.endpoint": "http://other:1" },
    ["warning OPTION_IGNORED sink.producer.kinesis-endpoint"],
  ],
  [
    { "sink.producer.verify-certificate": "true", "aws.trust.all.certificates": "true" },
    ["warning OPTION_IGNORED sink.producer.verify-certificate"],
  ],
] as const satisfies readonly (readonly [Options, readonly string[], (readonly string[])?])[]) {
  test(checked, changes, expected, partitionKeys);
}

test("the conflict with PARTITIONED BY names the option and the clause", (t) => {
  const [fault] = planSink(tableOf({ "sink.partitioner": "random" }, ["city", "id"]), CONTEXT).diagnostics;

  t.is(
    fault?.message,
    "Option 'sink.partitioner' = 'random' cannot stand beside PARTITIONED BY (city, id): both say what the partition key is.",
  );
});

test("the sinks of all distributions check alike", (t) => {
  const faulty = { "sink.partitioner": "org.acme.Keys", "sink.requests.max-inflight": "0" };
  const of4 = { ...faulty, "stream.arn": undefined, stream: "orders" };
  const expected = ["OPTION_INVALID sink.partitioner", "OPTION_INVALID sink.requests.max-inflight"];

  t.deepEqual(briefly(planSink(tableOf(faulty), contextOf(kinesis5)).diagnostics), expected);
  t.deepEqual(briefly(planSink(tableOf(of4), contextOf(kinesisStreams4)).diagnostics), expected);
});

test("the sink's own options are described", (t) => {
  const described = new Map(describeOptions(KinesisSinkOptions).map((one) => [one.key, one]));

  t.like(described.get("sink.ordering"), { type: "Enum", default: "none", required: false });
  t.like(described.get("sink.aggregate"), { type: "Boolean", default: "false", required: false });
});

// ------------------------------------------------------------------------------------------------------- behaviour

/** One PutRecords call that the test answers. */
interface Call {
  readonly entries: readonly PutEntry[];
  answer(refused?: readonly number[], code?: string): Promise<void>;
  breakDown(error: Error): Promise<void>;
}

/** Lets promise callbacks that are due run. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A client whose calls stay open until the test ends them. */
class DeskClient implements Pick<KinesisClient, "describeStreamSummary" | "putRecords" | "close"> {
  readonly calls: Call[] = [];

  describeStreamSummary(): ReturnType<KinesisClient["describeStreamSummary"]> {
    return Promise.resolve({ streamName: "orders", status: "ACTIVE", retentionHours: 24 });
  }

  putRecords(entries: readonly PutEntry[]): Promise<readonly PutRefusal[]> {
    return new Promise((resolve, reject) => {
      this.calls.push({
        entries,
        answer: (refused = [], code = "ProvisionedThroughputExceededException") => {
          resolve(refused.map((index) => ({ index, code })));
          return settle();
        },
        breakDown: (error) => {
          reject(error);
          return settle();
        },
      });
    });
  }

  close(): void {}
}

interface Opened {
  readonly writer: SinkWriter<Row>;
  readonly client: DeskClient;
  readonly clock: VirtualClock;
  readonly settings: ConnectionSettings;
  readonly failures: readonly unknown[];
  readonly counters: ReadonlyMap<string, number>;
}

/** A writer of a table, its client, and the settings that the client was opened with. */
async function open(changes: Options = {}, partitionKeys: readonly string[] = []): Promise<Opened> {
  const client = new DeskClient();
  const opened: ConnectionSettings[] = [];
  const clients = {
    open: (settings: ConnectionSettings) => {
      opened.push(settings);
      return Promise.resolve(client);
    },
  };
  const registry = createRegistry([kinesisStreams5, plainFormat], {
    bindings: [{ token: KINESIS_CLIENTS, value: clients }],
  });
  const table = {
    ...tableOf(changes, partitionKeys),
    schema: {
      columns: [
        { kind: "physical", name: "id", type: types.string() },
        { kind: "physical", name: "city", type: types.string() },
      ],
    },
  } as const;
  const { value, diagnostics } = planSink(table, { registry, timeZone: "UTC", logger: SILENT_LOGGER });
  if (value === undefined) throw new TributaryError(diagnostics);
  const clock = new VirtualClock();
  const failures: unknown[] = [];
  const counters = new Map<string, number>();
  const metrics: MetricGroup = {
    group: () => metrics,
    counter: (name) => ({ add: (amount) => void counters.set(name, (counters.get(name) ?? 0) + amount) }),
    gauge: () => {},
    remove: () => {},
  };
  let uuids = 0;
  const writer = await value.binding.sink.createWriter({
    clock,
    random: { next: () => 1, uuid: () => `uuid-${(uuids += 1)}`.padEnd(36, "-") },
    logger: SILENT_LOGGER,
    metrics,
    writerIndex: 3,
    parallelism: 4,
    signal: new AbortController().signal,
    fail: (error) => failures.push(error),
  });
  return {
    writer,
    client,
    clock,
    settings: opened[0] as ConnectionSettings,
    failures,
    counters,
  };
}

const rowsOf = (count: number, bytes = 1): Row[] =>
  Array.from({ length: count }, (_, index) => ({
    id: String(index).padEnd(bytes, "."),
    city: `c${index % 3}`,
  }));

const sizes = ({ calls }: DeskClient): number[] => calls.map(({ entries }) => entries.length);

async function isPending(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol("pending");
  await settle();
  return (await Promise.race([promise, Promise.resolve(pending)])) === pending;
}

test("sink.partitioner changes the keys", async (t) => {
  for (const [partitioner, key] of [
    [undefined, "uuid-1".padEnd(36, "-")],
    ["random", "uuid-1".padEnd(36, "-")],
    ["fixed", "3"],
  ] as const) {
    const { writer, client } = await open({ "sink.partitioner": partitioner, "sink.batch.max-size": "1" });
    await writer.write(rowsOf(1));
    t.is(client.calls[0]?.entries[0]?.partitionKey, key);
    await writer.close();
  }
});

for (const [delimiter, key] of [
  [undefined, "0|c0"],
  ["", "0c0"],
  ["-+-", "0-+-c0"],
  ["\u{1F30A}", "0\u{1F30A}c0"],
] as const) {
  test(`the delimiter ${JSON.stringify(delimiter)} makes the key ${key}`, async (t) => {
    const { writer, client } = await open(
      { "sink.partitioner-field-delimiter": delimiter, "sink.batch.max-size": "1" },
      ["id", "city"],
    );
    await writer.write(rowsOf(1));
    await writer.close();

    t.is(client.calls[0]?.entries[0]?.partitionKey, key);
  });
}

test("sink.batch.max-size bounds the records of a call, 500 unless given", async (t) => {
  const many = await open();
  await many.writer.write(rowsOf(499));
  t.deepEqual(sizes(many.client), []);
  await many.writer.write(rowsOf(2));
  t.deepEqual(sizes(many.client), [500]);
  await many.writer.close();

  const few = await open({ "sink.batch.max-size": "10" });
  await few.writer.write(rowsOf(15));
  t.deepEqual(sizes(few.client), [10]);
  await few.writer.close();
});

test("sink.requests.max-inflight bounds the calls at once", async (t) => {
  for (const [max, expected] of [
    ["2", 2],
    ["3", 3],
  ] as const) {
    const { writer, client } = await open({
      "sink.requests.max-inflight": max,
      "sink.batch.max-size": "5",
      "sink.requests.max-buffered": "1000",
    });
    await writer.write(rowsOf(100));
    for (let call = 0; call < 4; call += 1) await client.calls[call]?.answer();
    t.is(client.calls.length - 4, expected);
    await writer.close();
  }
});

test("the window starts at a batch, grows by ten a success and stays below batch size times calls in flight", async (t) => {
  const { writer, client } = await open({ "sink.batch.max-size": "100" });
  await writer.write(rowsOf(2000));
  t.is(client.calls.length, 1);
  for (let call = 0; call < 9; call += 1) await client.calls[call]?.answer();
  t.is(client.calls.length, 10);
  // After ten successes the window is 200: two calls at once.
  await client.calls[9]?.answer();

  t.is(client.calls.length, 12);
  await writer.close();
});

test("sink.requests.max-buffered makes writing wait", async (t) => {
  for (const [max, isWaiting] of [
    ["101", true],
    ["201", false],
  ] as const) {
    const { writer } = await open({ "sink.batch.max-size": "100", "sink.requests.max-buffered": max });
    const writing = writer.write(rowsOf(300));
    writing.catch(() => undefined);

    t.is(await isPending(writing), isWaiting);
    await writer.close();
  }
});

test("sink.flush-buffer.size bounds the bytes of a call, keys counted", async (t) => {
  const MEBI = 1024 * 1024;
  for (const [size, inCall] of [
    // 100 rows of 10,000 bytes with `,c0` and a key of 36 bytes are 1,003,900 bytes; 104 are 1,044,056; 105 too many.
    [String(MEBI), 104],
    [String(2 * MEBI), 208],
  ] as const) {
    const { writer, client } = await open({ "sink.flush-buffer.size": size });
    await writer.write(rowsOf(400, 10_000));
    t.is(sizes(client)[0], inCall);
    await writer.close();
  }
});

test("sink.flush-buffer.timeout is the longest time in the buffer", async (t) => {
  for (const [timeout, waits] of [
    [undefined, 5000],
    ["200", 200],
  ] as const) {
    const { writer, client, clock } = await open({ "sink.flush-buffer.timeout": timeout });
    await writer.write(rowsOf(3));
    await clock.advance(waits - 1);
    t.is(client.calls.length, 0);
    await clock.advance(1);
    t.deepEqual(sizes(client), [3]);
    await writer.close();
  }
});

test("sink.fail-on-error fails on a refused record; else it is sent again, at the head and in order", async (t) => {
  const failing = await open({ "sink.fail-on-error": "true", "sink.batch.max-size": "4" });
  await failing.writer.write(rowsOf(4));
  await failing.client.calls[0]?.answer([2]);
  t.regex((failing.failures[0] as Error).message, /refused 1 of 4 records.*'sink.fail-on-error' is 'true'/);
  await failing.writer.close();

  const patient = await open({ "sink.batch.max-size": "4", "sink.partitioner": "fixed" });
  await patient.writer.write(rowsOf(6));
  await patient.client.calls[0]?.answer([1, 3]);
  await patient.clock.advance(1000);
  const again = patient.client.calls[1]?.entries.map(
    ({ data }) => Buffer.from(data).toString().split(",")[0],
  );
  t.deepEqual(again, ["1", "3", "4", "5"]);
  t.deepEqual(patient.failures, []);
  await patient.writer.close();
});

/** An error as the service or the network gives it. */
function failure(name: string, facts: { readonly status?: number; readonly code?: string } = {}): Error {
  const { status, code } = facts;
  return Object.assign(new Error(name), {
    name,
    ...(code !== undefined && { code }),
    ...(status !== undefined && { $metadata: { httpStatusCode: status } }),
  });
}

for (const [error, expected] of [
  [failure("ResourceNotFoundException", { status: 400 }), "fatal"],
  [failure("AccessDeniedException", { status: 400 }), "fatal"],
  [failure("ExpiredTokenException", { status: 400 }), "fatal"],
  [failure("ValidationException", { status: 400 }), "fatal"],
  [failure("KMSDisabledException", { status: 400 }), "fatal"],
  [failure("ProvisionedThroughputExceededException", { status: 400 }), "again"],
  [failure("LimitExceededException", { status: 400 }), "again"],
  [failure("KMSThrottlingException", { status: 400 }), "again"],
  [failure("InternalFailure", { status: 500 }), "again"],
  [failure("ServiceUnavailable", { status: 503 }), "again"],
  [failure("Error", { code: "ECONNRESET" }), "again"],
  [failure("Error", { code: "ENOTFOUND" }), "again"],
  [failure("TimeoutError"), "again"],
] as const) {
  const { name, code } = error as Error & { readonly code?: string };
  test(`a call that fails with ${code ?? name} is ${expected === "fatal" ? "the end" : "made again"}`, async (t) => {
    const { writer, client, clock, failures } = await open({ "sink.batch.max-size": "2" });
    await writer.write(rowsOf(2));
    await client.calls[0]?.breakDown(error);
    await clock.advance(1000);

    t.is(failures.length, expected === "fatal" ? 1 : 0);
    t.is(client.calls.length, expected === "fatal" ? 1 : 2);
    await writer.close();
  });
}

test("a stream that throttles for an hour keeps the job waiting; one that cannot be reached for ten minutes ends it", async (t) => {
  for (const [error, failed] of [
    [failure("ProvisionedThroughputExceededException", { status: 400 }), 0],
    [failure("Error", { code: "ECONNREFUSED" }), 1],
  ] as const) {
    const { writer, client, clock, failures } = await open({ "sink.batch.max-size": "2" });
    await writer.write(rowsOf(2));
    for (let second = 0; second < 3600 && failures.length === 0; second += 1) {
      await client.calls.at(-1)?.breakDown(error);
      await clock.advance(1000);
    }

    t.is(failures.length, failed);
    await writer.close();
  }
});

test("the HTTP options of the sink go before those of AWS, and each changes its own setting", async (t) => {
  const httpOf = async (changes: Options) => {
    const { settings, writer } = await open(changes);
    await writer.close();
    const { concurrencyMax, readTimeoutMs, httpVersion } = settings;
    return { concurrencyMax, readTimeoutMs, httpVersion };
  };
  const aws = {
    "aws.http-client.max-concurrency": "7",
    "aws.http-client.read-timeout": "700",
    "aws.http.protocol.version": "HTTP2",
  };

  t.deepEqual(await httpOf({}), { concurrencyMax: 10_000, readTimeoutMs: 360_000, httpVersion: undefined });
  t.deepEqual(await httpOf(aws), { concurrencyMax: 7, readTimeoutMs: 700, httpVersion: "HTTP2" });
  t.deepEqual(
    await httpOf({
      ...aws,
      "sink.http-client.max-concurrency": "9",
      "sink.http-client.read-timeout": "900",
      "sink.http-client.protocol.version": "HTTP1_1",
    }),
    { concurrencyMax: 9, readTimeoutMs: 900, httpVersion: "HTTP1_1" },
  );
});

for (const [changes, expected] of [
  [{ "sink.producer.kinesis-endpoint": "localhost" }, { endpoint: "https://localhost" }],
  [
    { "sink.producer.kinesis-endpoint": "localhost", "sink.producer.kinesis-port": "4567" },
    { endpoint: "https://localhost:4567" },
  ],
  [{ "sink.producer.kinesis-endpoint": "old", "aws.endpoint": "http://new:1" }, { endpoint: "http://new:1" }],
  [{ "sink.producer.kinesis-port": "4567" }, { endpoint: undefined }],
  [{ "sink.producer.verify-certificate": "FALSE" }, { trustsAllCertificates: true }],
  [{ "sink.producer.verify-certificate": "true" }, { trustsAllCertificates: false }],
  [{ "sink.producer.verify-certificate": "perhaps" }, { trustsAllCertificates: false }],
  [
    { "sink.producer.verify-certificate": "false", "aws.trust.all.certificates": "false" },
    { trustsAllCertificates: false },
  ],
  [
    { "sink.producer.verify-certificate": "true", "aws.trust.all.certificates": "true" },
    { trustsAllCertificates: true },
  ],
] as const satisfies readonly (readonly [Options, Partial<ConnectionSettings> | { endpoint: undefined }])[]) {
  test(`${JSON.stringify(changes)} opens the client with ${JSON.stringify(expected)}`, async (t) => {
    const { settings, writer } = await open(changes);
    await writer.close();

    for (const [name, value] of Object.entries(expected)) {
      t.is(settings[name as keyof ConnectionSettings], value);
    }
  });
}

test("the older spellings mean what the newer ones do, which win", async (t) => {
  const small = await open({ "sink.producer.collection-max-size": "5" });
  await small.writer.write(rowsOf(5));
  t.deepEqual(sizes(small.client), [5]);
  await small.writer.close();

  const both = await open({ "sink.producer.collection-max-size": "5", "sink.batch.max-size": "6" });
  await both.writer.write(rowsOf(6));
  t.deepEqual(sizes(both.client), [6]);
  await both.writer.close();

  const soon = await open({ "sink.producer.record-max-buffered-time": "50" });
  await soon.writer.write(rowsOf(1));
  await soon.clock.advance(50);
  t.deepEqual(sizes(soon.client), [1]);
  await soon.writer.close();

  const strict = await open({ "sink.producer.fail-on-error": "true", "sink.batch.max-size": "1" });
  await strict.writer.write(rowsOf(1));
  await strict.client.calls[0]?.answer([0]);
  t.is(strict.failures.length, 1);
  await strict.writer.close();

  const alone = await open({ "sink.producer.collection-max-count": "1", "sink.batch.max-size": "1" });
  await alone.writer.write(rowsOf(5));
  await alone.client.calls[0]?.answer();
  t.is(alone.client.calls.length, 2);
  await alone.writer.close();
});

test("sink.ordering = key sends one record of a key at a time, none sends them together", async (t) => {
  for (const [ordering, expected] of [
    ["none", [6]],
    ["key", [3]],
  ] as const) {
    const { writer, client, clock } = await open({ "sink.ordering": ordering }, ["city"]);
    await writer.write(rowsOf(6));
    await clock.advance(5000);
    t.deepEqual(sizes(client), expected);
    await writer.close();
  }
});

// ------------------------------------------------------------------------------------------------------- aggregates

/** Texts of an entry's user records. */
function unpacked({ data }: PutEntry): string[] {
  const aggregate = readAggregate(data);
  if (aggregate === undefined) return [Buffer.from(data).toString()];
  return aggregate.data.map((one) => Buffer.from(one).toString());
}

test("sink.aggregate packs records of one key, and leaves one that stays alone as it is", async (t) => {
  const { writer, client, clock, counters } = await open({ "sink.aggregate": "true" }, ["city"]);
  await writer.write(rowsOf(7));
  await clock.advance(5000);

  const [call] = client.calls;
  t.deepEqual(
    call?.entries.map((entry) => [entry.partitionKey, ...unpacked(entry)]),
    [
      ["c0", "0,c0", "3,c0", "6,c0"],
      ["c1", "1,c1", "4,c1"],
      ["c2", "2,c2", "5,c2"],
    ],
  );
  t.is(counters.get("numUserRecordsOut"), 7);
  t.is(counters.get("numRecordsOut"), 3);
  await call?.answer();
  await writer.write(rowsOf(1));
  await clock.advance(5000);
  t.deepEqual(
    client.calls[1]?.entries.map(({ data }) => Buffer.from(data).toString()),
    ["0,c0"],
  );
  await writer.close();
});

test("records without keys of their own share the fresh key of their aggregate", async (t) => {
  const { writer, client } = await open({ "sink.aggregate": "true" });
  await writer.write(rowsOf(1000, 100));
  const flushing = writer.flush();
  await settle();
  const { entries } = client.calls[0] as Call;
  await client.calls[0]?.answer();
  await flushing;

  t.is(entries.length, 3);
  t.is(new Set(entries.map(({ partitionKey }) => partitionKey)).size, 3);
  t.is(entries.flatMap(unpacked).length, 1000);
  for (const { data } of entries) t.true(data.length <= 51_200);
  await writer.close();
});

test("what is too large for an aggregate goes alone, behind what its key has before it", async (t) => {
  const { writer, client } = await open({ "sink.aggregate": "true", "sink.partitioner": "fixed" });
  await writer.write([...rowsOf(2), ...rowsOf(1, 60_000), ...rowsOf(1)]);
  const flushing = writer.flush();
  await settle();
  const { entries } = client.calls[0] as Call;
  await client.calls[0]?.answer();
  await flushing;

  t.deepEqual(
    entries.map((entry) => unpacked(entry).map((text) => text.length)),
    [[4, 4], [60_003], [4]],
  );
  await writer.close();
});

test("open aggregates are closed at as many records as may be buffered, or bytes as make a call leave", async (t) => {
  const byRecords = await open({
    "sink.aggregate": "true",
    "sink.batch.max-size": "10",
    "sink.requests.max-buffered": "50",
  });
  await byRecords.writer.write(rowsOf(49));
  await byRecords.writer.write(rowsOf(1));
  await byRecords.clock.advance(4999);
  t.is(byRecords.counters.get("numUserRecordsOut"), 50);
  await byRecords.writer.close();

  const byBytes = await open({ "sink.aggregate": "true", "sink.flush-buffer.size": "1048576" }, ["id"]);
  await byBytes.writer.write(
    rowsOf(104, 10_000).map((row, index) => ({ ...row, id: `${index}${String(row["id"])}` })),
  );
  t.true(byBytes.client.calls.length > 0);
  await byBytes.writer.close();
});

test("aggregates of one key keep their order where it is asked for", async (t) => {
  const { writer, client, clock } = await open({
    "sink.aggregate": "true",
    "sink.ordering": "key",
    "sink.partitioner": "fixed",
  });
  await writer.write(rowsOf(1200, 100));
  const flushing = writer.flush();
  const arrived: string[] = [];
  for (let call = 0; await isPending(flushing); call += 1) {
    const { entries } = client.calls[call] as Call;
    t.is(entries.length, 1);
    const isRefused = call % 2 === 0;
    if (!isRefused) arrived.push(...entries.flatMap(unpacked));
    await client.calls[call]?.answer(isRefused ? [0] : []);
    await clock.advance(1000);
  }

  t.deepEqual(
    arrived.map((text) => Number(text.split(".")[0])),
    Array.from({ length: 1200 }, (_, index) => index),
  );
  await writer.close();
});
