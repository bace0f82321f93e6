/**
 * One client at one job, in a process of its own: the CPU that a record costs it, and the most memory it took. Says
 * one line of JSON.
 *
 *     node contender.mjs '{"contender":"bare","job":"get","endpoint":"http://127.0.0.1:1234","payloadBytes":100,"records":500000}'
 */
import {
  GetRecordsCommand,
  KinesisClient,
  PutRecordsCommand,
  SubscribeToShardCommand,
} from "@aws-sdk/client-kinesis";
import { NodeHttp2Handler, NodeHttpHandler } from "@smithy/node-http-handler";
import { DirectRunner, Pipeline, createRegistry, planSource, types } from "@tributary/core";
import { formats } from "@tributary/formats";
import { AwsKinesisClients, kinesisStreams5 } from "@tributary/io-kinesis";

import { openSink } from "./sink-writer.mjs";

const {
  contender,
  job,
  endpoint,
  payloadBytes,
  records,
  inFlight = 1,
  perCall,
  warmUp = records / 4,
} = JSON.parse(process.argv[2]);
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const [, wire] = contender.split("-");

/** Rows as objects, which both writers have to make JSON of. */
const rows = Array.from({ length: 500 }, (_, index) => ({
  id: index,
  customer: `customer-${index}`,
  amount: (index * 37) % 10_000,
  note: "x".repeat(Math.max(0, payloadBytes - 62)),
}));

function bare() {
  const client = new KinesisClient({
    endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "bench", secretAccessKey: "bench" },
    requestHandler: job === "subscribe" ? new NodeHttp2Handler() : new NodeHttpHandler(),
  });
  let events;
  return {
    async subscribe() {
      if (events === undefined) {
        const { EventStream } = await client.send(
          new SubscribeToShardCommand({
            ConsumerARN: "arn:aws:kinesis:us-east-1:000000000000:stream/replay/consumer/bench:1",
            ShardId: "shardId-000000000000",
            StartingPosition: { Type: "TRIM_HORIZON" },
          }),
        );
        events = EventStream[Symbol.asyncIterator]();
      }
      const { value } = await events.next();
      return value.SubscribeToShardEvent?.Records.length ?? 0;
    },
    async get() {
      const { Records } = await client.send(
        new GetRecordsCommand({ ShardIterator: "A".repeat(220), Limit: perCall }),
      );
      return Records.length;
    },
    async put() {
      await client.send(
        new PutRecordsCommand({
          StreamName: "replay",
          Records: rows.map((row) => ({
            Data: Buffer.from(JSON.stringify(row)),
            PartitionKey: row.customer,
          })),
        }),
      );
      return rows.length;
    },
    close: () => client.destroy(),
  };
}

async function ours() {
  const clients = new AwsKinesisClients();
  const client = await clients.open(
    {
      endpoint,
      region: "us-east-1",
      stream: { name: "replay", arn: "arn:aws:kinesis:us-east-1:000000000000:stream/replay" },
      credentials: { provider: "BASIC", accessKeyId: "bench", secretKey: "bench" },
      concurrencyMax: 16,
      readTimeoutMs: 60_000,
      trustsAllCertificates: true,
      wire,
    },
    silent,
  );
  let seen = 0;
  return {
    async get() {
      const batch = await client.getRecords({ shardId: "shard", iterator: "A".repeat(220), limit: perCall });
      // Up to the bytes: a view of each payload is made.
      for (const record of batch.records) seen += record.data.length;
      return batch.records.length;
    },
    batch: () => client.getRecords({ shardId: "shard", iterator: "A".repeat(220), limit: perCall }),
    async put() {
      await client.putRecords(
        rows.map((row) => ({ data: Buffer.from(JSON.stringify(row)), partitionKey: row.customer })),
      );
      return rows.length;
    },
    close: () => client.close(),
    seen: () => seen,
  };
}

/** Time that passes as fast as anybody waits for it: the source's own limits are not what is measured. */
function hurried() {
  let now = 1_763_902_200_000;
  const pass = (delayMs) => new Promise((resolve) => setImmediate(() => resolve((now += delayMs))));
  return {
    now: () => now,
    sleep: pass,
    setTimer(delayMs, callback) {
      const timer = setTimeout(() => callback(), delayMs);
      timer.unref();
      return { cancel: () => clearTimeout(timer) };
    },
  };
}

const metrics = { group: () => metrics, counter: () => ({ add() {} }), gauge() {}, remove() {} };

/** The table that is read. */
function table() {
  const options = {
    connector: "kinesis",
    "stream.arn": "arn:aws:kinesis:us-east-1:000000000000:stream/replay",
    "aws.region": "us-east-1",
    "aws.endpoint": endpoint,
    "aws.credentials.basic.accesskeyid": "bench",
    "aws.credentials.basic.secretkey": "bench",
    "source.init.position": "TRIM_HORIZON",
    format: "json",
    ...(job === "subscribe"
      ? {
          "source.reader.type": "EFO",
          "source.efo.consumer.name": "bench",
          "source.efo.lifecycle": "SELF_MANAGED",
          "aws.http.protocol.version": "HTTP2",
        }
      : { "aws.kinesis.wire": wire }),
  };
  return {
    name: "replay",
    schema: {
      columns: [
        { kind: "physical", name: "id", type: types.bigint() },
        { kind: "physical", name: "customer", type: types.string() },
        { kind: "physical", name: "amount", type: types.bigint() },
        { kind: "physical", name: "note", type: types.string() },
      ],
    },
    partitionKeys: [],
    options: Object.entries(options).map(([key, value]) => ({ key, value })),
  };
}

function planned() {
  const registry = createRegistry([kinesisStreams5, formats]);
  const context = { registry, timeZone: "UTC", logger: silent };
  return { registry, context, binding: planSource(table(), context).value.binding };
}

/** What whoever reads does with a row. */
const isLarge = ({ amount }) => amount >= 5_000n;

/** The source as the runner drives it, up to the bytes of each record, or to rows decoded from them. */
async function source() {
  const isRows = contender.startsWith("rows");
  const { registry, binding } = planned();
  const { source: kinesis, deserializer } = binding;
  const { signal } = new AbortController();
  const services = {
    clock: hurried(),
    random: { next: Math.random, uuid: () => crypto.randomUUID() },
    logger: { ...silent, trace() {} },
    metrics,
    signal,
    parallelism: 1,
  };
  const reader = kinesis.createReader({ ...services, readerIndex: 0 });
  const enumerator = kinesis.createEnumerator({
    ...services,
    restoredSplitIds: [],
    assign: (split) => reader.addSplits([split]),
    noMoreSplits() {},
    fail(error) {
      throw error;
    },
  });
  await enumerator.start();
  let seen = 0;
  const get = async () => {
    const batch = await reader.poll();
    if (isRows) {
      const output = { values: [], timestamps: [] };
      deserializer.deserialize(batch, output);
      seen += output.values.length;
    } else for (const record of batch.records) seen += record.data.length;
    return batch.records.length;
  };
  return {
    get,
    subscribe: get,
    async close() {
      await Promise.all([reader.close(), enumerator.close()]);
      await registry.dispose();
    },
  };
}

/** Answers decoded into rows, which a function looks at, and nothing else: what a pipeline cannot do without. */
async function floor() {
  const client = await ours();
  const { registry, binding } = planned();
  let large = 0;
  return {
    async get() {
      const batch = await client.batch();
      const output = { values: [], timestamps: [] };
      const { records } = batch;
      binding.deserializer.deserialize({ splitId: "shard", records, state: null }, output);
      for (const row of output.values) if (isLarge(row)) large += 1;
      return records.length;
    },
    async close() {
      client.close();
      await registry.dispose();
      return large;
    },
  };
}

/** The same in a pipeline that is run. */
async function pipeline() {
  const { registry, context } = planned();
  let large = 0;
  const read = new Pipeline("bench");
  const sink = {
    createWriter: async () => ({
      async write(rows) {
        large += rows.length;
      },
      async flush() {},
      async close() {},
    }),
  };
  read.readTable("read", table()).filter("large", isLarge).write("count", sink);
  const logger = { ...silent, trace() {} };
  const running = await new DirectRunner().run(read.toGraph(context).value, { logger });
  let taken = 0;
  return {
    async get() {
      for (;;) {
        const count = running.progress().sources[0]?.records ?? 0;
        if (count > taken) {
          const more = count - taken;
          taken = count;
          return more;
        }
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    },
    async close() {
      await running.cancel();
      await registry.dispose();
      return large;
    },
  };
}

/** kinesis-readable, which reads one shard with version 2 of the AWS client. */
async function peer() {
  process.env.AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE = "1";
  const [{ default: aws }, { default: kinesisReadable }] = await Promise.all([
    import("aws-sdk"),
    import("kinesis-readable"),
  ]);
  const kinesis = new aws.Kinesis({
    endpoint,
    region: "us-east-1",
    accessKeyId: "bench",
    secretAccessKey: "bench",
    params: { StreamName: "replay" },
  });
  const readable = kinesisReadable(kinesis, { limit: perCall, readInterval: 1 });
  const batches = readable[Symbol.asyncIterator]();
  return {
    async get() {
      const { value } = await batches.next();
      return value.length;
    },
    close: () => void readable.destroy(),
  };
}

const sink = () => openSink({ endpoint, wire, rows });
const openers = { bare, ours, sink, source, rows: source, floor, pipeline, "kinesis-readable": peer };
const client = await openers[contender.replace(/-(?:json|cbor)$/, "")]();
let residentMax = 0;
let calls = 0;
let total = 0;

async function run(count) {
  let left = count;
  const lane = async () => {
    while (left > 0) {
      const done = await client[job]();
      left -= done;
      total += done;
      calls += 1;
      if (calls % 10 === 0) residentMax = Math.max(residentMax, process.memoryUsage.rss());
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  await client.drain?.();
}

await run(warmUp);
const begin = performance.now();
const before = process.cpuUsage();
await run(records);
const { user, system } = process.cpuUsage(before);
const seconds = (performance.now() - begin) / 1000;
await client.close();
const told = {
  micros: (user + system) / records,
  perSecond: Math.round(records / seconds),
  residentMax,
  done: total,
};
// The AWS client does not let go of a subscription's connection.
process.stdout.write(`${JSON.stringify(told)}\n`, () => process.exit());
