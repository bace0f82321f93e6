import { PutRecordsCommand, SplitShardCommand } from "@aws-sdk/client-kinesis";
import { planSink, planSource } from "@tributary/core";
import type { Row, Source } from "@tributary/core";
import { factoryConformance, sinkConformance, sourceConformance } from "@tributary/core/testing";
import type { ConformanceCase, SinkSubject, SourceDemand, SourceSubject } from "@tributary/core/testing";
import { kinesis4, kinesis5, kinesisStreams4, kinesisStreams5 } from "@tributary/io-kinesis";
import type { KinesisRecord } from "@tributary/io-kinesis";
import { startKinesisEmulator } from "@tributary/kinesis-emulator";
import type { Fault } from "@tributary/kinesis-emulator";
import test from "ava";
import { GatedProxy } from "./gated-proxy.js";
import { KinesisFixture, texts } from "./kinesis-fixture.js";

const emulator = await startKinesisEmulator();
const proxy = await GatedProxy.start(emulator.endpoint);
const kinesis = new KinesisFixture(emulator.endpoint);
const throughProxy = new KinesisFixture(proxy.endpoint);
let streams = 0;

test.after.always(async () => {
  kinesis.client.destroy();
  throughProxy.client.destroy();
  await proxy.close();
  await emulator.close();
});

/** One after another: they count sockets, and one of them shuts the proxy. */
function register(cases: readonly ConformanceCase[], suite = ""): void {
  for (const one of cases) test.serial(`${suite}${one.name}`, (t) => t.notThrowsAsync(one.run()));
}

async function newStream(shards: number): Promise<string> {
  const name = `stream-${(streams += 1)}`;
  await emulator.createStream(name, shards);
  return name;
}

const openSockets = (): number =>
  process.getActiveResourcesInfo().filter((resource) => resource === "TCPSocketWrap").length;

/** What happens over a socket takes more turns of the event loop than what stays in memory. */
const WAIT = { restTurns: 5_000 };

// source

const RECORDS = 40;
/** Records of one GetRecords call. */
const FETCH_RECORDS = 10;
/** Where records are counted instead of read: 64 of them fill the 32 MiB that a reader fetches ahead. */
const LARGE_BYTES = 512 * 1024;

interface Stream extends SourceSubject<KinesisRecord> {
  readonly name: string;
  /** Counts the calls of GetRecords. */
  readonly calls: Fault;
}

async function fill(stream: string, names: readonly string[], bytes: number): Promise<void> {
  const perCall = Math.min(500, Math.max(1, Math.floor((4 * 1024 * 1024) / bytes)));
  for (let from = 0; from < names.length; from += perCall) {
    const Records = names
      .slice(from, from + perCall)
      .map((name) => ({ Data: Buffer.from(name.padEnd(bytes)), PartitionKey: name }));
    await kinesis.client.send(new PutRecordsCommand({ StreamName: stream, Records }));
  }
}

async function splitEveryShard({ name }: Stream): Promise<void> {
  for (const { ShardId, HashKeyRange } of await kinesis.shards(name)) {
    const { StartingHashKey = "0", EndingHashKey = "0" } = HashKeyRange ?? {};
    const NewStartingHashKey = String((BigInt(StartingHashKey) + BigInt(EndingHashKey)) / 2n + 1n);
    await kinesis.client.send(
      new SplitShardCommand({ StreamName: name, ShardToSplit: ShardId, NewStartingHashKey }),
    );
  }
}

register(
  sourceConformance({
    name: "kinesis",
    boundedness: "unbounded",
    recordsPerSplit: RECORDS,
    async create({ splits, records }: SourceDemand): Promise<Stream> {
      const name = await newStream(splits);
      await fill(name, texts("record", splits * records), records > RECORDS ? LARGE_BYTES : 1);
      const shards = [...(await kinesis.contents(name)).values()];
      const { value } = planSource(
        kinesis.table(name, { "source.shard.get-records.max-record-count": String(FETCH_RECORDS) }),
        kinesis.context,
      );
      const calls = emulator.faults.inject({
        kind: "delay",
        delayMs: 0,
        operation: "GetRecords",
        stream: name,
      });
      return {
        name,
        calls,
        expected: shards.map((found) => found.map(({ key }) => key)),
        source: () => value?.binding.source as Source<KinesisRecord>,
      };
    },
    identify: ({ partitionKey }) => partitionKey,
    async append({ name }, records) {
      const names = texts("later", records);
      await fill(name, names, 1);
      return names;
    },
    end: splitEveryShard,
    failReads: ({ name }) => {
      emulator.faults.inject({
        kind: "error",
        errorType: "AccessDeniedException",
        operation: ["GetRecords", "GetShardIterator"],
        stream: name,
      });
    },
    fetched: ({ calls }) => calls.hits * FETCH_RECORDS,
    prefetchedRecordsMax: (32 * 1024 * 1024) / LARGE_BYTES + FETCH_RECORDS,
    openHandles: openSockets,
    dispose: ({ calls }) => calls.remove(),
    wait: WAIT,
  }),
);

// sink

interface Target extends SinkSubject<Row> {
  readonly name: string;
}

register(
  sinkConformance({
    name: "kinesis",
    async create(): Promise<Target> {
      const name = await newStream(2);
      const { value, diagnostics } = planSink(
        throughProxy.table(name, {
          "sink.batch.max-size": "50",
          "sink.requests.max-inflight": "2",
          "sink.requests.max-buffered": "120",
        }),
        throughProxy.context,
      );
      if (value === undefined) throw new Error(JSON.stringify(diagnostics));
      return {
        name,
        sink: () => value.binding.sink,
        written: async () => [...(await kinesis.contents(name)).values()].flat().map(({ text }) => text),
      };
    },
    element: (index): Row => ({ text: `element ${index}` }),
    identify: ({ text }) => String(text),
    refuseSome: ({ name }) => {
      emulator.faults.inject({ kind: "partial-failure", operation: "PutRecords", stream: name, count: 3 });
    },
    failWrites: ({ name }) => {
      emulator.faults.inject({
        kind: "error",
        errorType: "AccessDeniedException",
        operation: "PutRecords",
        stream: name,
      });
    },
    stall: () => proxy.shut(),
    resume: () => proxy.open(),
    acceptedElementsMax: 260,
    openHandles: openSockets,
    wait: WAIT,
  }),
);

// factories

const CREDENTIALS = {
  "aws.credentials.basic.accesskeyid": "000000000000",
  "aws.credentials.basic.secretkey": "test",
};
const BY_ARN = {
  "stream.arn": "arn:aws:kinesis:eu-west-1:111122223333:stream/orders",
  "aws.region": "eu-west-1",
  ...CREDENTIALS,
};
const BY_NAME = { stream: "orders", "aws.region": "eu-west-1", ...CREDENTIALS };
const INVALID = { "aws.endpoint": "localhost:4567", "aws.region": "Europe" };
const INVALID_SINK = {
  ...INVALID,
  "sink.batch.max-size": "501",
  "sink.requests.max-inflight": "0",
  "sink.partitioner": "round-robin",
};

register(
  factoryConformance({
    role: "source",
    identifier: "kinesis",
    modules: [kinesisStreams5],
    options: BY_ARN,
    invalid: { ...INVALID, "stream.arn": "orders", "source.shard.get-records.max-record-count": "10001" },
  }),
);
register(
  factoryConformance({
    role: "sink",
    identifier: "kinesis",
    modules: [kinesisStreams5],
    options: BY_ARN,
    invalid: { ...INVALID_SINK, "stream.arn": "orders" },
  }),
);
register(
  factoryConformance({
    role: "sink",
    identifier: "kinesis",
    modules: [kinesisStreams4],
    options: BY_NAME,
    invalid: INVALID_SINK,
  }),
  "4.x: ",
);

for (const [identifier, module] of [
  ["kinesis", kinesis4],
  ["kinesis-legacy", kinesis5],
] as const) {
  const cases = factoryConformance({
    role: "source",
    identifier,
    modules: [module],
    options: BY_NAME,
    invalid: INVALID,
  });
  register(cases, "old source: ");
}
