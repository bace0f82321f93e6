import test from "ava";

import { createRegistry, describeConnector, planSink, planSource, types } from "@tributary/core";
import type { Diagnostic, Module, PlanContext, Random, TableDescriptor } from "@tributary/core";
import { SILENT_LOGGER } from "@tributary/core/testing";
import { bindClass, defineModule } from "@tributary/core";
import {
  KinesisSink4Options,
  LegacySourceOptions,
  SHARD_ASSIGNER,
  kinesis4,
  kinesis5,
  kinesisStreams4,
  kinesisStreams5,
} from "@tributary/io-kinesis";
import { startKinesisEmulator } from "@tributary/kinesis-emulator";

import { KinesisFixture, texts } from "./kinesis-fixture.js";
import { LegacyJob, functionOf } from "./legacy-harness.js";
import type { LegacyRun } from "./legacy-harness.js";
import { LEGACY_OPTIONS } from "./legacy-option-table.js";
import { plainFormat } from "./plain-format.js";
import { hastyServices } from "./source-harness.js";

const emulator = await startKinesisEmulator();
const kinesis = new KinesisFixture(emulator.endpoint);
let streams = 0;

test.after.always(async () => {
  kinesis.client.destroy();
  await emulator.close();
});

type Options = Readonly<Record<string, string | undefined>>;

function contextOf(...modules: readonly Module[]): PlanContext {
  return { registry: createRegistry([...modules, plainFormat]), timeZone: "UTC", logger: SILENT_LOGGER };
}

const CONTEXT = contextOf(kinesis5);

function tableOf(options: Options): TableDescriptor {
  const all: Options = {
    connector: "kinesis-legacy",
    stream: "orders",
    "aws.region": "us-east-1",
    "aws.endpoint": emulator.endpoint,
    "aws.credentials.basic.accesskeyid": "a",
    "aws.credentials.basic.secretkey": "b",
    "scan.stream.initpos": "TRIM_HORIZON",
    format: "plain",
    ...options,
  };
  return {
    name: "orders",
    schema: { columns: [{ kind: "physical", name: "text", type: types.string() }] },
    partitionKeys: [],
    options: Object.entries(all).flatMap(([key, value]) => (value === undefined ? [] : [{ key, value }])),
  };
}

const briefly = (found: readonly Diagnostic[]): string[] =>
  found.map(({ severity, code, option }) => `${severity} ${code} ${option ?? ""}`);

function faults(options: Options, context = CONTEXT): string[] {
  return briefly(planSource(tableOf(options), context).diagnostics);
}

async function newStream(shards = 1, count = 0): Promise<string> {
  const name = `options-${(streams += 1)}`;
  await emulator.createStream(name, shards);
  await kinesis.put(name, texts("a", count));
  return name;
}

/** Always the middle: each pause is half of what it may be. */
const HALF: Random = { next: () => 0.5, uuid: () => "00000000-0000-4000-8000-000000000000" };

/** The machine's clock with hasty timers, and every pause that was asked for. */
function watched(): { readonly run: LegacyRun; readonly sleeps: number[]; readonly timers: number[] } {
  const { clock } = hastyServices();
  const sleeps: number[] = [];
  const timers: number[] = [];
  return {
    sleeps,
    timers,
    run: {
      random: HALF,
      clock: {
        now: () => clock.now(),
        sleep: (delayMs, signal) => {
          sleeps.push(delayMs);
          return clock.sleep(delayMs, signal);
        },
        setTimer: (delayMs, callback) => {
          timers.push(delayMs);
          return clock.setTimer(delayMs, callback);
        },
      },
    },
  };
}

const start = (options: Options, run: LegacyRun = {}): LegacyJob =>
  LegacyJob.start(tableOf(options), CONTEXT, run);

// ------------------------------------------------------------------------------------------------------- the table

test("the connector lists every option of the original with its type and default", (t) => {
  const described = new Map(
    (describeConnector(CONTEXT.registry, "kinesis-legacy") ?? []).map((one) => [one.key, one]),
  );
  const others = new Set([...described.values()].flatMap(({ deprecatedKeys }) => deprecatedKeys));
  const missing: string[] = [];
  for (const [key, type, fallback, required, side, forwarded] of LEGACY_OPTIONS) {
    if (side === "sink") continue;
    const plain = key.replace(/\.\*$/, "").replace("[N]", "[#]").replace("[0]", "[#]");
    const found = described.get(plain);
    if (found === undefined) {
      if (!others.has(plain)) missing.push(key);
      continue;
    }
    const isWhen = typeof found.required === "string" ? "when" : found.required;
    const ours = [
      found.type,
      found.default,
      required === "when" || isWhen === "when" ? "when" : isWhen,
      found.forwarded,
    ];
    const expected = [
      type,
      fallback,
      required === "when" || isWhen === "when" ? "when" : required,
      key === "stream" ? found.forwarded : forwarded,
    ];
    t.deepEqual(ours, expected, key);
  }
  t.deepEqual(missing, []);
});

// --------------------------------------------------------------------------------------------------- what is refused

const EFO = { "scan.stream.recordpublisher": "EFO" };

for (const [what, options, expected] of [
  ["nothing", {}, []],
  ["a missing stream", { stream: undefined }, ["error OPTION_MISSING stream"]],
  ["a region that is none", { "aws.region": "mars" }, ["error OPTION_INVALID aws.region"]],
  [
    "neither region nor endpoint",
    { "aws.region": undefined, "aws.endpoint": undefined },
    ["error OPTION_MISSING aws.region"],
  ],
  [
    "TRUE for a boolean of AWS",
    { "aws.trust.all.certificates": "TRUE" },
    ["error OPTION_INVALID aws.trust.all.certificates"],
  ],
  [
    "a position in lower case",
    { "scan.stream.initpos": "latest" },
    ["error OPTION_INVALID scan.stream.initpos"],
  ],
  [
    "a publisher in lower case",
    { "scan.stream.recordpublisher": "polling" },
    ["error OPTION_INVALID scan.stream.recordpublisher"],
  ],
  [
    "a registration in lower case",
    { ...EFO, "scan.stream.efo.registration": "lazy" },
    ["error OPTION_INVALID scan.stream.efo.registration"],
  ],
  ["EFO without a name", EFO, ["error OPTION_MISSING scan.stream.efo.consumername"]],
  [
    "EFO with NONE and another stream's ARN",
    { ...EFO, "scan.stream.efo.registration": "NONE", "scan.stream.efo.consumerarn.other": "arn" },
    ["error OPTION_MISSING scan.stream.efo.consumerarn.orders"],
  ],
  [
    "AT_TIMESTAMP alone",
    { "scan.stream.initpos": "AT_TIMESTAMP" },
    ["error OPTION_MISSING scan.stream.initpos-timestamp"],
  ],
  [
    "a timestamp that is none",
    { "scan.stream.initpos": "AT_TIMESTAMP", "scan.stream.initpos-timestamp": "badTimestamp" },
    ["error OPTION_INVALID scan.stream.initpos-timestamp"],
  ],
  [
    "negative seconds",
    { "scan.stream.initpos": "AT_TIMESTAMP", "scan.stream.initpos-timestamp": "-1" },
    ["error OPTION_INVALID scan.stream.initpos-timestamp"],
  ],
  [
    "a broken pattern",
    {
      "scan.stream.initpos": "AT_TIMESTAMP",
      "scan.stream.initpos-timestamp": "1",
      "scan.stream.initpos-timestamp-format": "yyyy-bb",
    },
    ["error OPTION_INVALID scan.stream.initpos-timestamp-format"],
  ],
  [
    "an interval as long as an iterator lives",
    { "scan.shard.getrecords.intervalmillis": "300000" },
    ["error OPTION_INVALID scan.shard.getrecords.intervalmillis"],
  ],
  ["an interval just below", { "scan.shard.getrecords.intervalmillis": "299999" }, []],
  [
    "a negative number",
    { "scan.shard.getiterator.maxretries": "-1" },
    ["error OPTION_INVALID scan.shard.getiterator.maxretries"],
  ],
  [
    "a negative growth",
    { "scan.shard.getrecords.backoff.expconst": "-0.5" },
    ["error OPTION_INVALID scan.shard.getrecords.backoff.expconst"],
  ],
  [
    "a text for a number",
    { "scan.shard.discovery.intervalmillis": "soon" },
    ["error OPTION_INVALID scan.shard.discovery.intervalmillis"],
  ],
  ["a negative limit of listing, which is not checked", { "scan.list.shards.maxretries": "-1" }, []],
  [
    "a recoverable class that nobody knows",
    { "scan.shard.consumer.error.recoverable[0].exception": "com.acme.Oops" },
    ["error OPTION_INVALID scan.shard.consumer.error.recoverable[0].exception"],
  ],
  [
    "a list without entry 0",
    { "scan.shard.consumer.error.recoverable[1].exception": "java.io.IOException" },
    ["error OPTION_INVALID scan.shard.consumer.error.recoverable[1].exception"],
  ],
  [
    "the documented spelling of the list",
    { "shard.consumer.error.recoverable[0].exception": "java.io.IOException" },
    [],
  ],
  [
    "an entry behind a gap",
    {
      "scan.shard.consumer.error.recoverable[0].exception": "java.io.IOException",
      "scan.shard.consumer.error.recoverable[2].exception": "x.Y",
    },
    [],
  ],
  ["other source options", { "source.anything": "1" }, ["error OPTION_UNKNOWN source.anything"]],
  ["an unknown option below scan.", { "scan.anything": "1" }, ["warning OPTION_UNKNOWN scan.anything"]],
  [
    "the ARN of 5.x",
    { "stream.arn": "arn:aws:kinesis:us-east-1:000000000000:stream/s" },
    ["error OPTION_UNKNOWN stream.arn"],
  ],
  [
    "a property that the client does not have",
    { "aws.clientconfig.nope": "1" },
    ["error OPTION_INVALID aws.clientconfig.nope"],
  ],
  [
    "options of a sink",
    { "sink.batch.max-size": "1", "sink.fail-on-error": "true" },
    ["warning OPTION_IGNORED sink.batch.max-size"],
  ],
  [
    "an assigner that nobody knows",
    { "source.shard-assigner": "mine" },
    ["warning OPTION_IGNORED source.shard-assigner"],
  ],
  [
    "an idle interval without a watermark",
    { "scan.shard.idle.interval": "5" },
    ["warning OPTION_IGNORED scan.shard.idle.interval"],
  ],
] as readonly (readonly [string, Options, readonly string[]])[]) {
  test(`checks: ${what}`, (t) => {
    t.deepEqual(faults(options), [...expected]);
  });
}

test("the connector only reads: a write names the sink", (t) => {
  const found = planSink(tableOf({}), CONTEXT).diagnostics;

  t.is(found[0]?.code, "FACTORY_NOT_FOUND");
});

test("one table is read and written with kinesis@4, and kinesis-streams@4 only writes", (t) => {
  const both = tableOf({
    connector: "kinesis",
    "sink.batch.max-size": "10",
    "sink.producer.fail-on-error": "true",
  });
  const context = contextOf(kinesis4);

  t.deepEqual(
    briefly(planSource(both, context).diagnostics).filter((one) => one.startsWith("error")),
    [],
  );
  t.deepEqual(
    briefly(planSink(both, context).diagnostics).filter((one) => one.startsWith("error")),
    [],
  );
  t.is(planSource(both, contextOf(kinesisStreams4)).diagnostics[0]?.code, "FACTORY_NOT_FOUND");
  t.is(new LegacySourceOptions().position, "LATEST");
  t.is(new KinesisSink4Options().batchRecordsMax, 500);
  t.truthy(kinesisStreams5);
});

test("a stream named as in the other version is refused with a hint at that version", (t) => {
  const hint = (options: Options, ...modules: readonly Module[]): string =>
    planSource(tableOf(options), contextOf(...modules)).diagnostics.find(
      ({ code }) => code === "OPTION_UNKNOWN",
    )?.hint ?? "";
  const arn = "arn:aws:kinesis:us-east-1:000000000000:stream/s";

  t.regex(hint({ "stream.arn": arn, connector: "kinesis" }, kinesis4), /kinesis@5/);
  t.regex(hint({ "stream.arn": arn }, kinesis5), /kinesis@5/);
  t.regex(
    hint({ "stream.arn": arn, connector: "kinesis", "scan.stream.initpos": undefined }, kinesis5),
    /kinesis@4/,
  );
});

// ------------------------------------------------------------------------------------------------- what they change

for (const [operation, group, base, max, factor, retries] of [
  ["GetRecords", "scan.shard.getrecords", 400, 900, 2, 4],
  ["GetShardIterator", "scan.shard.getiterator", 200, 500, 3, 3],
  ["ListShards", "scan.list.shards", 100, 350, 2, 3],
] as const) {
  test(`${operation}: a storm of throttling is repeated as often as ${group}.maxretries says, with full jitter`, async (t) => {
    const stream = await newStream();
    emulator.faults.inject({ kind: "throttle", operation, stream });
    const { run, sleeps } = watched();

    const job = start(
      {
        stream,
        [`${group}.maxretries`]: String(retries),
        [`${group}.backoff.base`]: String(base),
        [`${group}.backoff.max`]: String(max),
        [`${group}.backoff.expconst`]: String(factor),
        "scan.shard.discovery.intervalmillis": "99999",
      },
      run,
    );
    await job.done;

    t.truthy(job.failure);
    t.deepEqual(
      sleeps.filter((ms) => ms !== 99_999),
      Array.from({ length: retries }, (_, attempt) =>
        Math.trunc(0.5 * Math.min(max, base * factor ** attempt)),
      ),
    );
  });
}

test("back-offs of describing count for listing where it has none of its own", async (t) => {
  const stream = await newStream();
  emulator.faults.inject({ kind: "throttle", operation: "ListShards", stream });
  const { run, sleeps } = watched();

  const job = start(
    {
      stream,
      "scan.stream.describe.backoff.base": "40",
      "scan.list.shards.backoff.max": "50",
      "scan.list.shards.maxretries": "2",
    },
    run,
  );
  await job.done;

  t.deepEqual(sleeps, [20, 25]);
});

test("subscriptions that fail count up to the limit, recoverable ones do not", async (t) => {
  const stream = await newStream(1, 10);
  const options = {
    ...EFO,
    stream,
    "scan.stream.efo.consumername": "counting",
    "scan.stream.efo.registration": "EAGER",
    "scan.shard.subscribetoshard.maxretries": "3",
    "scan.shard.subscribetoshard.backoff.base": "100",
    "scan.shard.subscribetoshard.backoff.max": "300",
    "scan.shard.subscribetoshard.backoff.expconst": "2",
    "scan.shard.discovery.intervalmillis": "99999",
  };
  const rule = { kind: "throttle", operation: "SubscribeToShard", stream } as const;
  const first = emulator.faults.inject(rule);
  const { run, sleeps } = watched();
  const job = start(options, run);
  await job.done;
  first.remove();
  const storm = emulator.faults.inject({ ...rule, count: 5 });
  const patient = start({
    ...options,
    "scan.shard.consumer.error.recoverable[0].exception": "java.io.IOException",
    "scan.shard.consumer.error.recoverable[1].exception":
      "software.amazon.awssdk.services.kinesis.model.KinesisException",
  });
  await patient.until(() => patient.texts.length >= 10);
  await patient.stop();

  t.regex(String(job.failure), /3 times in a row/);
  t.deepEqual(sleeps.filter((ms) => ms !== 99_999 && ms > 0).slice(-2), [100, 150]);
  t.is(storm.hits, 5);
  t.deepEqual(patient.texts.toSorted(), texts("a", 10).toSorted());
});

test("initpos: LATEST leaves out what is there, AT_TIMESTAMP begins at the instant", async (t) => {
  const stream = await newStream(1, 5);
  const latest = start({ stream, "scan.stream.initpos": "LATEST" });
  await latest.until(() => latest.opened.length === 1);
  await new Promise((resolve) => setTimeout(resolve, 5));
  await kinesis.put(stream, ["new"]);
  await latest.until(() => latest.texts.includes("new"));
  await latest.stop();
  const newMs = latest.emitted.at(-1)?.timestampMs ?? 0;

  const at = start({
    stream,
    "scan.stream.initpos": "AT_TIMESTAMP",
    "scan.stream.initpos-timestamp": new Date(newMs).toISOString().replace("T", " "),
    "scan.stream.initpos-timestamp-format": "yyyy-MM-dd HH:mm:ss.SSSXXX",
  });
  await at.until(() => at.texts.length > 0);
  await at.stop();

  t.deepEqual(latest.texts, ["new"]);
  t.deepEqual(at.texts, ["new"]);
});

test("maxrecordcount bounds an answer; adaptive reads fit it to what is read", async (t) => {
  const stream = await newStream(1, 40);
  const plain = start({ stream, "scan.shard.getrecords.maxrecordcount": "7" });
  const gauge = (job: LegacyJob): number =>
    [...job.gauges].find(([name]) => name.endsWith("maxNumberOfRecordsPerFetch"))?.[1]() ?? 0;
  const seen: number[] = [];
  await plain.until(() => {
    seen.push(gauge(plain));
    return plain.texts.length >= 40;
  });
  await plain.stop();
  const adaptive = start({
    stream,
    "scan.shard.getrecords.maxrecordcount": "7",
    "scan.shard.adaptivereads": "true",
  });
  let limit = 0;
  await adaptive.until(() => {
    limit = Math.max(limit, gauge(adaptive));
    return adaptive.texts.length >= 40;
  });
  await adaptive.stop();

  t.deepEqual(
    [...new Set(seen)].filter((one) => one > 0),
    [7],
  );
  t.true(limit > 7);
});

test("an expired iterator is renewed after the last record, with a pause of one interval", async (t) => {
  const stream = await newStream(1, 30);
  const fault = emulator.faults.inject({ kind: "expired-iterator", stream, skip: 1, count: 1 });
  const { run, sleeps } = watched();

  const job = start(
    { stream, "scan.shard.getrecords.intervalmillis": "77", "scan.shard.getrecords.maxrecordcount": "10" },
    run,
  );
  await job.until(() => job.texts.length >= 30);
  await job.stop();

  t.is(fault.hits, 1);
  t.deepEqual(job.texts, texts("a", 30));
  t.true(sleeps.includes(77));
});

for (const fault of ["server-error", "connection-reset", "drop-response"] as const) {
  test(`polling goes on behind ${fault}, with nothing lost or read twice`, async (t) => {
    const stream = await newStream(2, 200);
    emulator.faults.inject({ kind: fault, operation: "GetRecords", stream, skip: 2, count: 3 });

    const job = start({
      stream,
      "scan.shard.getrecords.maxrecordcount": "20",
      "scan.shard.getrecords.maxretries": "10",
    });
    await job.until(() => job.texts.length >= 200);
    await job.stop();

    t.deepEqual(job.texts.toSorted(), texts("a", 200).toSorted());
  });
}

test("LAZY removes its consumer in the end, EAGER leaves it, NONE reads with the one it is given", async (t) => {
  const stream = await newStream(1, 3);
  const efo = { ...EFO, stream, "scan.stream.efo.consumername": "app" };
  const read = async (options: Options, run: LegacyRun = {}): Promise<void> => {
    const job = start({ ...efo, "scan.shard.subscribetoshard.maxretries": "100000", ...options }, run);
    await job.until(() => job.texts.length >= 3);
    await job.stop();
  };
  const { ListStreamConsumersCommand } = await import("@aws-sdk/client-kinesis");
  const consumers = async (): Promise<readonly (string | undefined)[]> => {
    const StreamARN = emulator.streamArn(stream);
    const answer = await kinesis.client.send(new ListStreamConsumersCommand({ StreamARN }));
    return (answer.Consumers ?? []).map(({ ConsumerARN }) => ConsumerARN);
  };

  const { run, sleeps } = watched();
  await read({ "scan.stream.registerstreamconsumer.backoff.base": "1234" }, run);
  const afterLazy = await consumers();
  await read({ "scan.stream.efo.registration": "EAGER" });
  const afterEager = await consumers();
  await read({
    "scan.stream.efo.registration": "NONE",
    "scan.stream.efo.consumername": undefined,
    [`scan.stream.efo.consumerarn.${stream}`]: afterEager[0],
  });

  t.is(sleeps[0], Math.trunc(0.5 * 1234 * 1.5));
  t.is(afterLazy.length, 0);
  t.is(afterEager.length, 1);
  t.is((await consumers()).length, 1);
});

test("a shard assigner of a module decides who reads what", async (t) => {
  const stream = await newStream(4);
  class Last {
    assign({ shardId }: { readonly shardId: string }): number {
      return Number(shardId.slice(-1)) >= 3 ? 1 : 0;
    }
  }
  const mine = defineModule({
    name: "acme-assigners",
    version: "1.0.0",
    classes: { last: bindClass(SHARD_ASSIGNER, Last) },
  });
  const make = functionOf(tableOf({ stream, "scan.shard-assigner": "last" }), contextOf(kinesis5, mine));
  const jobs = [0, 1].map((subtaskIndex) => new LegacyJob(make, { subtaskIndex, parallelism: 2 }));
  for (const job of jobs) await job.until(() => job.opened.length > 0);
  await Promise.all(jobs.map((job) => job.stop()));

  t.deepEqual(
    jobs.map(({ opened }) => opened.length),
    [3, 1],
  );
});
