import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";

import {
  CreateStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient as StockClient,
} from "@aws-sdk/client-kinesis";
import type { GetRecordsOutput } from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import test from "ava";
import fc from "fast-check";

import { SILENT_LOGGER } from "@tributary/core/testing";
import { AwsKinesisClients } from "@tributary/io-kinesis";
import type { ConnectionSettings, KinesisClient, RecordBatch } from "@tributary/io-kinesis";
import { startKinesisEmulator } from "@tributary/kinesis-emulator";

/** Answers every call with what it is told to. */
class Replay {
  status = 200;
  contentType = "application/x-amz-json-1.1";
  body: Buffer = Buffer.from("{}");
  /** Promised length of the body, where it is another than the body's. */
  length: number | undefined;
  readonly requests: { readonly target: string; readonly contentType: string; readonly body: Buffer }[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<Replay> {
    const server = createServer();
    const replay = new Replay(server);
    server.on("request", (request, response) => replay.#answer(request, response));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return replay;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      const { "x-amz-target": target, "content-type": contentType = "" } = request.headers;
      this.requests.push({ target: String(target), contentType, body: Buffer.concat(pieces) });
      const length = this.length ?? this.body.length;
      response.writeHead(this.status, { "content-type": this.contentType, "content-length": length });
      if (length > this.body.length) {
        response.write(this.body, () => response.destroy());
      } else response.end(this.body);
    });
  }
}

const CREDENTIALS = { accessKeyId: "000000000000", secretAccessKey: "test" };
const replay = await Replay.start();
const emulator = await startKinesisEmulator();
const clients = new AwsKinesisClients();
const json = await open(replay.endpoint);
const cbor = await open(replay.endpoint, { wire: "cbor" });
const stock = stockClient(replay.endpoint);

test.after.always(async () => {
  clients.dispose();
  stock.destroy();
  replay.close();
  await emulator.close();
});

function stockClient(endpoint: string): StockClient {
  const requestHandler = new NodeHttpHandler();
  return new StockClient({
    endpoint,
    region: "us-east-1",
    credentials: CREDENTIALS,
    requestHandler,
    maxAttempts: 1,
  });
}

function open(endpoint: string, more: Partial<ConnectionSettings> = {}): Promise<KinesisClient> {
  const settings: ConnectionSettings = {
    endpoint,
    region: "us-east-1",
    stream: { name: "orders", arn: "arn:aws:kinesis:us-east-1:000000000000:stream/orders" },
    credentials: { provider: "BASIC", accessKeyId: "000000000000", secretKey: "test" },
    concurrencyMax: 10,
    readTimeoutMs: 10_000,
    trustsAllCertificates: false,
    ...more,
  };
  return clients.open(settings, SILENT_LOGGER);
}

const REQUEST = { shardId: "shardId-000000000007", iterator: "AAAA", limit: 10_000 };

/** A batch as plain values, whatever its records are. */
function plain(batch: RecordBatch): unknown {
  return {
    ...batch,
    records: batch.records.map((record) => ({
      data: Buffer.from(record.data).toString("hex"),
      partitionKey: record.partitionKey,
      sequenceNumber: record.sequenceNumber,
      arrivalMs: record.arrivalMs,
      origin: record.origin,
    })),
  };
}

/** What the stock client makes of an answer, in our terms. */
function expected(answer: GetRecordsOutput): unknown {
  const millisBehindLatest = answer.MillisBehindLatest ?? 0;
  const records = answer.Records ?? [];
  return {
    records: records.map((record) => ({
      data: Buffer.from(record.Data ?? []).toString("hex"),
      partitionKey: record.PartitionKey ?? "",
      sequenceNumber: record.SequenceNumber ?? "",
      arrivalMs: record.ApproximateArrivalTimestamp?.getTime() ?? 0,
      origin: { shardId: REQUEST.shardId, millisBehindLatest },
    })),
    millisBehindLatest,
    dataBytes: records.reduce((sum, { Data }) => sum + (Data?.length ?? 0), 0),
    childShards: (answer.ChildShards ?? []).map((shard) => ({
      shardId: shard.ShardId ?? "",
      parentShardIds: shard.ParentShards ?? [],
      hashKeyRange: {
        first: shard.HashKeyRange?.StartingHashKey ?? "0",
        last: shard.HashKeyRange?.EndingHashKey ?? "0",
      },
    })),
    ...(answer.NextShardIterator === undefined || answer.NextShardIterator === null
      ? {}
      : { nextIterator: answer.NextShardIterator }),
  };
}

const name = (error: unknown): string => (error as Error).name;

/** Both clients read the same body; what one makes of it, the other must. */
async function bothRead(body: string | Buffer): Promise<{ ours: unknown; stocks: unknown }> {
  replay.body = Buffer.isBuffer(body) ? body : Buffer.from(body);
  const stocks = await stock.send(new GetRecordsCommand({ ShardIterator: "AAAA" })).then(expected, name);
  const ours = await json.getRecords(REQUEST).then(plain, name);
  return { ours, stocks };
}

// Answers as the service writes them, and as it might: fields in any order, left out, null, unknown ones.
const payload = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.uint8Array({ minLength: 280, maxLength: 300 }),
  fc.nat(3_000).map((length) => new Uint8Array(length).fill(length)),
);
const text = (value: string): fc.Arbitrary<string> =>
  fc.constantFrom(JSON.stringify(value), JSON.stringify(value).replaceAll(/[^ -~]/g, escaped));
const escaped = (unit: string): string =>
  unit.replaceAll(/[^]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
const key = fc
  .oneof(fc.string({ maxLength: 20 }), fc.string({ unit: "grapheme", maxLength: 20 }), fc.uuid())
  .chain((value) => text(value));
const arrival = fc.oneof(
  fc.integer({ min: 0, max: 4_000_000_000_000 }).map((ms) => String(ms / 1000)),
  fc.integer({ min: 1, max: 4_000_000_000 }).map(String),
  fc.constantFrom(
    "1.763902123456E9",
    "1.763902123E9",
    "1.7639021234567E9",
    "1763902123.0005",
    "0",
    "0.001",
    "1E9",
  ),
  fc.double({ min: 0, max: 4e9, noNaN: true }).map(String),
  fc.constantFrom("1e3", "-1.5", "null", '"1763902123.5"', "01", "1.", "17639021234567890123"),
);
const digits = fc.stringMatching(/^[0-9]{1,56}$/).map((value) => `"${value}"`);
const base64 = payload.map((bytes) => `"${Buffer.from(bytes).toString("base64")}"`);
const oddBase64 = fc.constantFrom(
  '"AB"',
  '"ABC"',
  '"A B="',
  '"AB-_"',
  '"AB=="',
  '"AR=="',
  "null",
  '"QU\\u0042D"',
  `"${"A".repeat(500)}-"`,
  `"${"A".repeat(398)}=="`,
);

type Fields = readonly (readonly [string, string])[];
const object = (fields: Fields): string =>
  `{${fields.map(([field, value]) => `"${field}":${value}`).join(",")}}`;
const inAnyOrder = (fields: fc.Arbitrary<Fields>): fc.Arbitrary<Fields> =>
  fields.chain((all) => fc.shuffledSubarray([...all], { minLength: all.length }));

const usualRecord = fc
  .tuple(arrival, base64, key, digits, fc.constantFrom(undefined, '"NONE"', '"KMS"', "null"))
  .map(([time, data, partitionKey, number, encryption]): Fields => [
    ["ApproximateArrivalTimestamp", time],
    ["Data", data],
    ["PartitionKey", partitionKey],
    ["SequenceNumber", number],
    ...(encryption === undefined ? [] : ([["EncryptionType", encryption]] as const)),
  ]);
const oddRecord = usualRecord.chain((fields) =>
  fc.oneof(
    oddBase64.map((data): Fields => [...fields.filter(([field]) => field !== "Data"), ["Data", data]]),
    fc.nat(fields.length - 1).map((left): Fields => fields.filter((_, index) => index !== left)),
    fc.constantFrom("1", '"x"', "null", "[1]").map((value): Fields => [...fields, ["Dota", value]]),
    fc.nat(fields.length - 1).map((twice): Fields => [...fields, fields[twice] as readonly [string, string]]),
  ),
);
const record = fc.oneof(
  { weight: 12, arbitrary: usualRecord },
  { weight: 1, arbitrary: inAnyOrder(usualRecord) },
  { weight: 1, arbitrary: oddRecord },
);
const children = fc.constantFrom(
  "null",
  "[]",
  '[{"ShardId":"shardId-000000000001","ParentShards":["shardId-000000000000"],"HashKeyRange":{"StartingHashKey":"0","EndingHashKey":"170141183460469231731687303715884105727"}},{"ShardId":"s]}\\"","ParentShards":["a","b"],"HashKeyRange":{"StartingHashKey":"1","EndingHashKey":"2"}}]',
);
const answer = inAnyOrder(
  fc
    .tuple(
      fc.array(record, { maxLength: 8 }),
      fc.constantFrom(undefined, "null", '"AAAA+/="', '"with \\" and \\u00e9"'),
      fc.constantFrom(undefined, "0", "86400000", "null", "9007199254740993"),
      fc.option(children, { nil: undefined }),
      fc.constantFrom(undefined, undefined, undefined, '{"any":["thing"]}'),
    )
    .map(([records, next, behind, childShards, unknown]): Fields => {
      const fields: [string, string | undefined][] = [
        ["ChildShards", childShards],
        ["MillisBehindLatest", behind],
        ["NextShardIterator", next],
        ["Records", `[${records.map(object).join(",")}]`],
        ["Unknown", unknown],
      ];
      return fields.flatMap(([field, value]) => (value === undefined ? [] : [[field, value] as const]));
    }),
).map(object);

test.serial("of every answer to GetRecords the client makes what the stock client makes", async (t) => {
  await fc.assert(
    fc.asyncProperty(answer, async (body) => {
      const { ours, stocks } = await bothRead(body);
      t.deepEqual(ours, stocks, body);
    }),
    { numRuns: 1_500 },
  );
});

const RECORD = '{"Data":"QUJD","PartitionKey":"k","SequenceNumber":"1"}';

for (const body of [
  '{"Records":[]}',
  `{"Records":[${RECORD}],"MillisBehindLatest":-1}`,
  `{ "Records" : [ ${RECORD} ] }`,
  `{"Records":[\n${RECORD}]}\n`,
  `{"Records":[${RECORD},{"Data":"QUJ","PartitionKey":"k","SequenceNumber":"1"}]}`,
  `{"Records":[${RECORD},${RECORD}`,
  `{"Records":[${RECORD},]}`,
  `{"Records":[${RECORD}]}}`,
  `{"Records":[{"Data":"${"QUJD".repeat(200)}","PartitionKey":"k","SequenceNumber":"1"}],"X":1}`,
  `{"Records":[{"Data":"${"QUJD".repeat(200)}QUI=","PartitionKey":"\\q","SequenceNumber":"1"}]}`,
  `{"Records":[{"Data":"${"QUJD".repeat(200)}QQ==","PartitionKey":"k","SequenceNumber":"1","EncryptionType":"KMS"}]}`,
  `{"Records":[{"Data":"QUJD","PartitionKey":"a\u0001","SequenceNumber":"1"}]}`,
]) {
  test.serial(
    `${body.slice(0, 40)} ... ${body.slice(-60)} is read as the stock client reads it`,
    async (t) => {
      const { ours, stocks } = await bothRead(body);

      t.deepEqual(ours, stocks);
    },
  );
}

test.serial("an answer of 10,000 records of 1 KiB is read as the stock client reads it", async (t) => {
  const data = Buffer.alloc(1_024, "payload ").toString("base64");
  const records = Array.from(
    { length: 10_000 },
    (_, index) =>
      `{"ApproximateArrivalTimestamp":${1_763_902_123 + index / 1000},"Data":"${data}","PartitionKey":"k-${index}","SequenceNumber":"${index}"}`,
  );

  const { ours, stocks } = await bothRead(`{"Records":[${records.join(",")}],"MillisBehindLatest":5}`);

  t.deepEqual(ours, stocks);
});

test.serial("an answer that is none of GetRecords fails, and does not end the shard", async (t) => {
  for (const body of ["{}", '{"NextShardIterator":"A"}', '{"Records":null}', "<html></html>", "[]", "null"]) {
    replay.body = Buffer.from(body);
    await t.throwsAsync(() => json.getRecords(REQUEST), undefined, body);
  }
});

test.serial("an answer that ends before its length fails as a broken connection does", async (t) => {
  replay.body = Buffer.from('{"Records":[]}');
  replay.length = 1_000;

  const error = await t.throwsAsync(() => json.getRecords(REQUEST));
  replay.length = undefined;

  t.is((error as NodeJS.ErrnoException).code, "ECONNRESET");
});

// Errors: both ways of writing their type, with and without a message, and a page of something else.
for (const [status, body] of [
  [400, '{"__type":"ExpiredIteratorException","message":"too old"}'],
  [
    400,
    '{"__type":"com.amazonaws.kinesis.v20131202#ProvisionedThroughputExceededException","message":"slow"}',
  ],
  [400, '{"__type":"AccessDeniedException","Message":"User: x is not authorized"}'],
  [400, '{"__type":"KMSAccessDeniedException"}'],
  [500, '{"__type":"InternalFailure"}'],
  [503, ""],
  [502, "<html><body>Bad Gateway</body></html>"],
] as const) {
  test.serial(`${status} ${body} fails as with the stock client`, async (t) => {
    replay.status = status;
    replay.body = Buffer.from(body);
    const command = new GetRecordsCommand({ ShardIterator: "AAAA" });
    const facts = (error: unknown): unknown => {
      const { name, message, $metadata } = error as Error & {
        readonly $metadata?: { httpStatusCode?: number };
      };
      return { name, message, status: $metadata?.httpStatusCode };
    };
    const stocks = await stock.send(command).catch(facts);

    const ours = await json.getRecords(REQUEST).catch(facts);
    replay.status = 200;

    t.deepEqual(ours, stocks);
  });
}

const entries = fc.array(
  fc.record({
    data: payload,
    partitionKey: fc.oneof(
      fc.string({ minLength: 1 }),
      fc.string({ unit: "grapheme", minLength: 1 }),
      fc.uuid(),
    ),
  }),
  { minLength: 1, maxLength: 20 },
);
const accepted = (count: number): string =>
  JSON.stringify({
    EncryptionType: "NONE",
    FailedRecordCount: 0,
    Records: Array.from({ length: count }, (_, index) => ({ SequenceNumber: String(index), ShardId: "s" })),
  });

test.serial("the body of PutRecords says what was given, whatever bytes and keys", async (t) => {
  await fc.assert(
    fc.asyncProperty(entries, async (given) => {
      replay.body = Buffer.from(accepted(given.length));

      const refusals = await json.putRecords(given);

      const sent = JSON.parse(String(replay.requests.at(-1)?.body)) as unknown;
      t.deepEqual(sent, {
        Records: given.map(({ data, partitionKey }) => ({
          Data: Buffer.from(data).toString("base64"),
          // A lone half of a surrogate pair is written as an escape.
          PartitionKey: JSON.parse(JSON.stringify(partitionKey)) as string,
        })),
        StreamName: "orders",
        StreamARN: "arn:aws:kinesis:us-east-1:000000000000:stream/orders",
      });
      t.deepEqual(refusals, []);
    }),
    { numRuns: 300 },
  );
});

test.serial("refused entries are told by their place", async (t) => {
  const given = ["a", "b", "c"].map((partitionKey) => ({ data: Buffer.from(partitionKey), partitionKey }));
  replay.body = Buffer.from(
    '{"FailedRecordCount":2,"Records":[{"ErrorCode":"InternalFailure","ErrorMessage":"\\"FailedRecordCount\\":0,"},{"SequenceNumber":"1","ShardId":"s"},{"ErrorCode":"ProvisionedThroughputExceededException","ErrorMessage":"slow"}]}',
  );

  t.deepEqual(await json.putRecords(given), [
    { index: 0, code: "InternalFailure" },
    { index: 2, code: "ProvisionedThroughputExceededException" },
  ]);
});

test.serial("an answer with another number of results than records fails", async (t) => {
  const given = ["a", "b", "c"].map((partitionKey) => ({ data: Buffer.from(partitionKey), partitionKey }));
  for (const body of [accepted(2), accepted(4), "{}", '{"FailedRecordCount":0}', accepted(3).slice(0, -3)]) {
    replay.body = Buffer.from(body);
    await t.throwsAsync(() => json.putRecords(given), undefined, body);
  }
});

/** A stream in the emulator with these records, read by both clients over the wire. */
async function throughEmulator(
  wire: "json" | "cbor",
  version: "HTTP1_1" | "HTTP2",
): Promise<readonly [unknown, unknown]> {
  const stream = `wire-${wire}-${version}`;
  const service = stockClient(emulator.endpoint);
  const arn = `arn:aws:kinesis:us-east-1:000000000000:stream/${stream}`;
  const client = await open(emulator.endpoint, { wire, httpVersion: version, stream: { name: stream, arn } });
  await service.send(new CreateStreamCommand({ StreamName: stream, ShardCount: 1 }));
  const keys = ["plain", 'quote " and \\', "zoë", "日本", "x".repeat(200), "\u0001"];
  await client.putRecords(
    keys.map((partitionKey, index) => ({ data: Buffer.alloc(index * 300, partitionKey), partitionKey })),
  );
  const iterator = await client.getShardIterator("shardId-000000000000", { type: "TRIM_HORIZON" });
  const ours = await client.getRecords({ ...REQUEST, iterator: iterator ?? "" });
  const start = {
    StreamName: stream,
    ShardId: "shardId-000000000000",
    ShardIteratorType: "TRIM_HORIZON",
  } as const;
  const { ShardIterator } = await service.send(new GetShardIteratorCommand(start));
  const stocks = await service.send(new GetRecordsCommand({ ShardIterator }));
  service.destroy();
  return [(plain(ours) as { records: unknown }).records, (expected(stocks) as { records: unknown }).records];
}

for (const wire of ["json", "cbor"] as const) {
  for (const version of ["HTTP1_1", "HTTP2"] as const) {
    test.serial(`what is written and read as ${wire} over ${version} is what is there`, async (t) => {
      const [ours, stocks] = await throughEmulator(wire, version);

      t.deepEqual(ours, stocks);
      t.is((ours as unknown[]).length, 6);
    });
  }
}

test.serial("a bad iterator is refused over CBOR with the service's error", async (t) => {
  const client = await open(emulator.endpoint, { wire: "cbor" });

  const error = await t.throwsAsync(() => client.getRecords(REQUEST));

  t.is(error.name, "InvalidArgumentException");
});

test.serial(
  "CBOR is asked for in the calls that carry records, and an answer in JSON is read all the same",
  async (t) => {
    replay.body = Buffer.from(`{"Records":[${RECORD}]}`);

    const batch = await cbor.getRecords(REQUEST);

    t.is(replay.requests.at(-1)?.contentType, "application/x-amz-cbor-1.1");
    t.is(batch.records[0]?.partitionKey, "k");
  },
);

const hex = (words: string): Buffer => Buffer.from(words.replaceAll(/\s/g, ""), "hex");

test.serial(
  "maps, lists and strings of indefinite length are read, unknown fields passed over",
  async (t) => {
    replay.contentType = "application/x-amz-cbor-1.1";
    replay.body = Buffer.concat([
      hex("bf 63 466f6f 82 01 f5 67"),
      Buffer.from("Records"),
      hex("9f bf 64"),
      Buffer.from("Data"),
      hex("5f 42 0102 41 03 ff 6c"),
      Buffer.from("PartitionKey"),
      hex("7f 61 61 62 c3a9 ff 6e"),
      Buffer.from("SequenceNumber"),
      hex("62 3432 78 1b"),
      Buffer.from("ApproximateArrivalTimestamp"),
      hex("c1 1b 0000019aadb0a2c0 61 58 fb 3ff8000000000000 ff ff 72"),
      Buffer.from("MillisBehindLatest"),
      hex("19 03e8 71"),
      Buffer.from("NextShardIterator"),
      hex("f6 ff"),
    ]);

    const batch = await cbor.getRecords(REQUEST);
    replay.contentType = "application/x-amz-json-1.1";

    t.deepEqual(plain(batch), {
      records: [
        {
          data: "010203",
          partitionKey: "aé",
          sequenceNumber: "42",
          arrivalMs: 0x019aadb0a2c0,
          origin: { shardId: REQUEST.shardId, millisBehindLatest: 1000 },
        },
      ],
      millisBehindLatest: 1000,
      dataBytes: 3,
      childShards: [],
    });
  },
);

test.serial("CBOR that ends too early fails at whatever byte", async (t) => {
  replay.contentType = "application/x-amz-cbor-1.1";
  const whole = Buffer.concat([
    hex("a1 67"),
    Buffer.from("Records"),
    hex("81 a1 64"),
    Buffer.from("Data"),
    hex("43 010203"),
  ]);
  for (let length = 0; length < whole.length; length += 1) {
    replay.body = whole.subarray(0, length);
    await t.throwsAsync(() => cbor.getRecords(REQUEST), undefined, String(length));
  }
  replay.body = whole;
  const { records } = await cbor.getRecords(REQUEST);
  replay.contentType = "application/x-amz-json-1.1";

  t.is(records.length, 1);
});
