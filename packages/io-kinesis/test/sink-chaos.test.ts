/**
 * Writing while nearly everything fails: entries refused at random, calls throttled, answers lost, connections reset.
 * `npm run test:kinesis` writes ten times as many records; a seed that was printed repeats a run.
 */
import test from "ava";

import { GetRecordsCommand, GetShardIteratorCommand } from "@aws-sdk/client-kinesis";
import type { _Record } from "@aws-sdk/client-kinesis";

import { TributaryError, planSink, types } from "@tributary/core";
import type { Row, SinkWriter } from "@tributary/core";
import { readAggregate } from "@tributary/io-kinesis";
import { startKinesisEmulator } from "@tributary/kinesis-emulator";
import type { FaultRule } from "@tributary/kinesis-emulator";

import { KinesisFixture } from "./kinesis-fixture.js";
import { hastyServices } from "./source-harness.js";

/** Each of six runs; a long run stays within minutes. */
const RECORDS_MAX = 200_000;
const RECORDS = Math.min(RECORDS_MAX, Number(process.env["TRIBUTARY_KINESIS_RECORDS"] ?? 20_000));
const SEED = Number(process.env["TRIBUTARY_SEED"] ?? Date.now() % 1_000_000);
const KEYS = 700;
const STREAM = "chaos";

/** Nothing is applied twice: each record is to be there once. */
const REFUSALS: readonly FaultRule[] = [
  { kind: "partial-failure", operation: "PutRecords", ratio: 0.3 },
  {
    kind: "partial-failure",
    operation: "PutRecords",
    ratio: 0.1,
    errorType: "InternalFailure",
    probability: 0.2,
  },
  { kind: "throttle", operation: "PutRecords", probability: 0.1 },
  { kind: "throttle", shard: "shardId-000000000003", probability: 0.3 },
  { kind: "server-error", operation: "PutRecords", probability: 0.05 },
  { kind: "connection-reset", operation: "PutRecords", probability: 0.05 },
];
/** What was applied is sent again: each record is to be there at least once. */
const LOSSES: readonly FaultRule[] = [
  ...REFUSALS,
  { kind: "drop-response", operation: "PutRecords", probability: 0.03 },
  { kind: "cut-body", operation: "PutRecords", probability: 0.03 },
];

interface Outcome {
  /** Numbers of each key, in the order of its shard. */
  readonly numbers: ReadonlyMap<string, readonly number[]>;
  readonly written: ReadonlyMap<string, number>;
  readonly failures: readonly unknown[];
  readonly hits: number;
}

/** Writes the records of each key with rising numbers, and reads what is in the stream. */
async function write(
  options: Readonly<Record<string, string>>,
  faults: readonly FaultRule[],
): Promise<Outcome> {
  const emulator = await startKinesisEmulator({ seed: SEED });
  const kinesis = new KinesisFixture(emulator.endpoint);
  await emulator.createStream(STREAM, 8);
  // Timers are hasty, and so is the emulator's time: its own limits are not what is tried.
  const ticks = setInterval(() => emulator.clock.advance(1000), 10);
  const table = kinesis.table(
    STREAM,
    { "sink.partitioner-field-delimiter": "", ...options },
    {
      columns: ["id", "text"].map((name) => ({ kind: "physical", name, type: types.string() })),
      partitionKeys: ["id"],
    },
  );
  const planned = planSink(table, kinesis.context);
  if (planned.value === undefined) throw new TributaryError(planned.diagnostics);
  const failures: unknown[] = [];
  const writer = (await planned.value.binding.sink.createWriter({
    ...hastyServices(),
    writerIndex: 0,
    parallelism: 1,
    signal: new AbortController().signal,
    fail: (error) => failures.push(error),
  })) as SinkWriter<Row>;
  const injected = faults.map((rule) => emulator.faults.inject({ ...rule, stream: STREAM }));

  const written = new Map<string, number>();
  for (let index = 0; index < RECORDS; index += 250) {
    const rows = Array.from({ length: Math.min(250, RECORDS - index) }, (_, at) => {
      // A few keys are busy, most are not.
      const key = `k${((index + at) * 7919) % (at % 50 === 0 ? 5 : KEYS)}`;
      const number = written.get(key) ?? 0;
      written.set(key, number + 1);
      return { id: key, text: String(number) };
    });
    await writer.write(rows);
    if (index % 5000 === 0) await writer.flush();
  }
  await writer.flush();
  await writer.close();
  const hits = injected.reduce((sum, fault) => sum + fault.hits, 0);
  emulator.faults.clear();

  const numbers = await numbersIn(kinesis);
  clearInterval(ticks);
  kinesis.client.destroy();
  await emulator.close();
  return { numbers, written, failures, hits };
}

/** What each key has in the stream, in order. */
async function numbersIn(kinesis: KinesisFixture): Promise<ReadonlyMap<string, readonly number[]>> {
  const numbers = new Map<string, number[]>();
  for (const { ShardId } of await kinesis.shards(STREAM)) {
    const start = { StreamName: STREAM, ShardId, ShardIteratorType: "TRIM_HORIZON" } as const;
    let { ShardIterator } = await kinesis.client.send(new GetShardIteratorCommand(start));
    while (ShardIterator !== undefined) {
      const answer = await kinesis.client.send(new GetRecordsCommand({ ShardIterator }));
      for (const record of answer.Records ?? []) {
        for (const text of textsOf(record)) {
          const [id = "", number] = text.split(",");
          if (id !== record.PartitionKey) throw new Error(`${id} is under the key ${record.PartitionKey}`);
          const own = numbers.get(id);
          if (own === undefined) numbers.set(id, [Number(number)]);
          else own.push(Number(number));
        }
      }
      ShardIterator = answer.Records?.length === 0 ? undefined : answer.NextShardIterator;
    }
  }
  return numbers;
}

function textsOf({ Data = new Uint8Array(0) }: _Record): readonly string[] {
  return (readAggregate(Data)?.data ?? [Data]).map((data) => Buffer.from(data).toString());
}

const ORDERED = { "sink.ordering": "key" };
const PACKED = { "sink.aggregate": "true" };

for (const [what, options, faults] of [
  ["each once", {}, REFUSALS],
  ["each once and in the order of its key", ORDERED, REFUSALS],
  ["each once and in the order of its key, in aggregates", { ...ORDERED, ...PACKED }, REFUSALS],
  ["each at least once", {}, LOSSES],
  ["each at least once, first ones in the order of their key", ORDERED, LOSSES],
  [
    "each at least once, first ones in the order of their key, in aggregates",
    { ...ORDERED, ...PACKED },
    LOSSES,
  ],
] as const) {
  test.serial(`${RECORDS} records are written: ${what} (seed ${SEED})`, async (t) => {
    t.timeout(15 * 60_000);
    const { numbers, written, failures, hits } = await write(options, faults);

    t.deepEqual(failures, []);
    t.true(hits > 10);
    t.is(numbers.size, written.size);
    for (const [key, count] of written) {
      const found = numbers.get(key) ?? [];
      const firsts = faults === LOSSES ? [...new Set(found)] : [...found];
      if (!("sink.ordering" in options)) firsts.sort((left, right) => left - right);
      const expected = Array.from({ length: count }, (_, index) => index);
      // Compared as text: a difference would otherwise be printed number by number.
      if (firsts.join() !== expected.join()) t.fail(`key ${key}: ${firsts.join().slice(0, 2000)}`);
    }
  });
}
