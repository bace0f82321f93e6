import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { startKinesisEmulator, type KinesisEmulator } from "@tributary/kinesis-emulator";
import test, { type ExecutionContext } from "ava";
import fc from "fast-check";
import { CborWriter, decodeCbor } from "../dist/protocol/cbor-codec.js";
import { Instant } from "../dist/protocol/instant.js";
import { OFFSETS_PER_ENTRY, renderPutRecords, scanPutRecords } from "../dist/protocol/put-scanner.js";
import { RecordLog } from "../dist/store/record-log.js";
import { HashKeyRouter, hashKey, hashPartitionKey, setHashKey } from "../dist/store/hash-key.js";

const NOON = Date.UTC(2026, 0, 1, 12);
const CBOR = "application/x-amz-cbor-1.1";

async function emulatorWithStream(t: ExecutionContext): Promise<KinesisEmulator> {
  const emulator = await startKinesisEmulator({ virtualTime: NOON });
  t.teardown(async () => emulator.close());
  await emulator.createStream("s", 1);
  return emulator;
}

async function post(
  { endpoint }: KinesisEmulator,
  operation: string,
  body: Uint8Array,
): Promise<{ status: number; type: string | null; bytes: Buffer; answer: Record<string, unknown> }> {
  const response = await fetch(endpoint, {
    method: "POST",
    headers: { "content-type": CBOR, "x-amz-target": `Kinesis_20131202.${operation}` },
    body,
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  const answer = (bytes.length === 0 ? {} : decodeCbor(bytes)) as Record<string, unknown>;
  return { status: response.status, type: response.headers.get("content-type"), bytes, answer };
}

function encode(value: unknown): Buffer {
  const writer = new CborWriter();
  writer.value(value);
  return writer.finish();
}

/** CBOR written out by hand, so that the reader is not checked by its own writer: text, and pieces in hex. */
function cbor(...pieces: (string | { readonly hex: string })[]): Buffer {
  return Buffer.concat(
    pieces.map((piece) =>
      typeof piece === "string"
        ? Buffer.concat([Buffer.from([0x60 + piece.length]), Buffer.from(piece)])
        : Buffer.from(piece.hex, "hex"),
    ),
  );
}

test("a CBOR request with maps, lists and strings of indefinite length is read, its bytes as they are", async (t) => {
  const emulator = await emulatorWithStream(t);
  const indefiniteBytes = { hex: "5f 42 00ff 41 80 ff".replaceAll(" ", "") };
  const put = cbor(
    { hex: "bf" },
    "StreamName",
    { hex: "7f6173ff" },
    "Records",
    { hex: "9fbf" },
    "Data",
    indefiniteBytes,
    "PartitionKey",
    { hex: "62c3bc" },
    { hex: "ffff" },
    { hex: "ff" },
  );

  const written = await post(emulator, "PutRecords", put);
  const { answer } = await post(
    emulator,
    "GetShardIterator",
    encode({ StreamName: "s", ShardId: "shardId-000000000000", ShardIteratorType: "TRIM_HORIZON" }),
  );
  const read = await post(emulator, "GetRecords", encode(answer));

  t.like(written, { status: 200, type: CBOR });
  t.is(written.answer["FailedRecordCount"], 0);
  const [record] = read.answer["Records"] as Record<string, unknown>[];
  t.deepEqual(record?.["Data"], Buffer.from([0, 0xff, 0x80]));
  t.is(record?.["PartitionKey"], "ü");
  t.deepEqual(record?.["ApproximateArrivalTimestamp"], new Instant(NOON));
  // Tag 1 and milliseconds as an integer of eight bytes.
  const time = Buffer.alloc(10);
  time.writeUInt16BE(0xc11b);
  time.writeBigUInt64BE(BigInt(NOON), 2);
  t.true(read.bytes.includes(time));
  t.is(read.answer["MillisBehindLatest"], 0);
});

test("a time in a CBOR request counts milliseconds", async (t) => {
  const emulator = await emulatorWithStream(t);
  const record = (text: string): Uint8Array =>
    encode({ StreamName: "s", Data: Buffer.from(text), PartitionKey: 'quote " key' });
  await post(emulator, "PutRecord", record("early"));
  emulator.clock.advance(1);
  await post(emulator, "PutRecord", record("late"));

  const { answer } = await post(
    emulator,
    "GetShardIterator",
    encode({
      StreamName: "s",
      ShardId: "shardId-000000000000",
      ShardIteratorType: "AT_TIMESTAMP",
      Timestamp: new Instant(NOON + 1),
    }),
  );
  const read = await post(emulator, "GetRecords", encode(answer));

  t.like((read.answer["Records"] as object[])[0], { Data: Buffer.from("late"), PartitionKey: 'quote " key' });
  t.is((read.answer["Records"] as object[]).length, 1);
});

test("errors of CBOR requests are CBOR, and bytes that are not are refused", async (t) => {
  const emulator = await emulatorWithStream(t);
  const table: [string, Buffer, string][] = [
    ["DescribeStream", encode({ StreamName: "nope" }), "ResourceNotFoundException"],
    ["CreateStream", encode({ StreamName: "x", ShardCount: 0 }), "ValidationException"],
    ["DescribeStream", Buffer.from("bf61", "hex"), "SerializationException"],
    ["DescribeStream", Buffer.from("a0a0", "hex"), "SerializationException"],
    ["DescribeStream", Buffer.from("9a".repeat(3), "hex"), "SerializationException"],
    ["DescribeStream", Buffer.alloc(100, 0x81), "SerializationException"],
    ["DescribeStream", Buffer.from("bf5f60ffff", "hex"), "SerializationException"],
    ["PutRecord", encode({ StreamName: "s", Data: 5, PartitionKey: "k" }), "SerializationException"],
  ];

  for (const [operation, body, name] of table) {
    const { status, type, answer } = await post(emulator, operation, body);
    t.deepEqual([status, type, answer["__type"]], [400, CBOR, name], body.toString("hex"));
  }
});

test("a subscription over CBOR sends frames whose checksums hold and whose payloads are CBOR", async (t) => {
  const emulator = await emulatorWithStream(t);
  const { answer } = await post(
    emulator,
    "RegisterStreamConsumer",
    encode({ StreamARN: emulator.streamArn("s"), ConsumerName: "c" }),
  );
  await post(emulator, "PutRecord", encode({ StreamName: "s", Data: Buffer.from("x"), PartitionKey: "k" }));
  const { ConsumerARN } = answer["Consumer"] as { ConsumerARN: string };

  const response = await fetch(emulator.endpoint, {
    method: "POST",
    headers: { "content-type": CBOR, "x-amz-target": "Kinesis_20131202.SubscribeToShard" },
    body: encode({
      ConsumerARN,
      ShardId: "shardId-000000000000",
      StartingPosition: { Type: "TRIM_HORIZON" },
    }),
  });
  const frames: Frame[] = [];
  let bytes = Buffer.alloc(0);
  for await (const piece of response.body ?? []) {
    bytes = Buffer.concat([bytes, piece as Uint8Array]);
    for (
      ;
      bytes.length >= 4 && bytes.length >= bytes.readUInt32BE(0);
      bytes = bytes.subarray(bytes.readUInt32BE(0))
    ) {
      frames.push(readFrame(bytes.subarray(0, bytes.readUInt32BE(0))));
    }
    if (frames.length >= 2) break;
  }

  t.is(response.headers.get("content-type"), "application/vnd.amazon.eventstream");
  t.deepEqual(
    frames.map(({ headers }) => headers[":event-type"]),
    ["initial-response", "SubscribeToShardEvent"],
  );
  t.true(frames.every(({ isSound }) => isSound));
  const event = decodeCbor(frames[1]?.payload ?? Buffer.alloc(0)) as { Records: object[] };
  t.like(event.Records[0], { Data: Buffer.from("x"), PartitionKey: "k" });
});

interface Frame {
  readonly headers: Record<string, string>;
  readonly payload: Buffer;
  readonly isSound: boolean;
}

function readFrame(bytes: Buffer): Frame {
  const headersEnd = 12 + bytes.readUInt32BE(4);
  const headers: Record<string, string> = {};
  for (let at = 12; at < headersEnd;) {
    const nameEnd = at + 1 + (bytes[at] ?? 0);
    const valueStart = nameEnd + 3;
    const valueEnd = valueStart + bytes.readUInt16BE(nameEnd + 1);
    headers[bytes.toString("utf8", at + 1, nameEnd)] = bytes.toString("utf8", valueStart, valueEnd);
    at = valueEnd;
  }
  return {
    headers,
    payload: bytes.subarray(headersEnd, -4),
    isSound:
      bytes.readUInt32BE(8) === crc32(bytes.subarray(0, 8)) &&
      bytes.readUInt32BE(bytes.length - 4) === crc32(bytes.subarray(0, -4)),
  };
}

test("what is written as CBOR is read back the same", (t) => {
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.string({ unit: "grapheme" }),
      fc.maxSafeInteger(),
      fc.double({ noNaN: true, noDefaultInfinity: false }).filter((number) => !Object.is(number, -0)),
      fc.boolean(),
      fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      fc.integer({ min: 0, max: 4e12 }).map((ms) => new Instant(ms)),
      fc.array(tie("value"), { maxLength: 30 }),
      fc.dictionary(fc.string(), tie("value"), { maxKeys: 30, noNullPrototype: false }),
    ),
  }));

  fc.assert(
    fc.property(value, (written) => {
      t.deepEqual(plain(decodeCbor(encode(written))), plain(written));
    }),
    { numRuns: 300 },
  );
});

/** Without the differences that are none: prototypes of maps, kinds of byte arrays. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array || value instanceof Instant || typeof value !== "object" || value === null)
    return value;
  return Array.isArray(value)
    ? value.map(plain)
    : new Map(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}

test("no bytes make the CBOR reader do anything but read or refuse", (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      try {
        decodeCbor(Buffer.from(bytes));
      } catch (error) {
        t.is((error as Error).name, "SerializationException");
      }
    }),
    { numRuns: 2_000 },
  );
  t.pass();
});

const record = fc.record(
  {
    Data: fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString("base64")),
    PartitionKey: fc.string({ unit: "binary", minLength: 1, maxLength: 40 }),
    ExplicitHashKey: fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }).map(String),
  },
  { requiredKeys: ["Data", "PartitionKey"] },
);

test("the scanner of PutRecords finds what a JSON reader finds, in whatever order the fields come", (t) => {
  const shuffledRecord = record.chain((fields) =>
    fc
      .shuffledSubarray(Object.entries(fields), { minLength: Object.keys(fields).length })
      .map((entries) => Object.fromEntries(entries) as typeof fields),
  );
  fc.assert(
    fc.property(
      fc.array(shuffledRecord, { minLength: 1, maxLength: 8 }),
      fc.boolean(),
      (Records, nameFirst) => {
        const body = nameFirst ? { StreamName: "s", Records } : { Records, StreamName: "s" };
        const batch = scanPutRecords(Buffer.from(JSON.stringify(body)));
        t.is(batch?.streamName, "s");
        t.is(batch?.count, Records.length);
        const text = (entry: number, part: number): string => {
          const at = entry * OFFSETS_PER_ENTRY + part * 2;
          return batch?.body.toString("utf8", batch.offsets[at], batch.offsets[at + 1]) ?? "";
        };
        Records.forEach(({ Data, PartitionKey, ExplicitHashKey }, i) => {
          t.is(text(i, 0), Data);
          t.is(JSON.parse(`"${text(i, 1)}"`), PartitionKey);
          t.is(text(i, 2), ExplicitHashKey ?? "");
        });
        const payloads = Records.map(({ Data }) => Buffer.from(Data, "base64").length);
        t.is(batch?.largestPayloadBytes, Math.max(...payloads));
      },
    ),
    { numRuns: 300 },
  );
});

const DAMAGE = ['"', "\\", ",", ":", "{", "}", "[", "]", "=", " ", "x", "A", "\u0001"];

test("a body that was damaged is left to the JSON reader or means the same to it", (t) => {
  const body = fc
    .array(record, { minLength: 1, maxLength: 3 })
    .map((Records) => JSON.stringify({ Records, StreamName: "s" }));
  fc.assert(
    fc.property(body, fc.nat(), fc.constantFrom(...DAMAGE), (text, at, character) => {
      const position = at % text.length;
      // Through bytes, since a damaged pair of surrogates is not text.
      const damaged = Buffer.from(text.slice(0, position) + character + text.slice(position + 1)).toString();
      const batch = scanPutRecords(Buffer.from(damaged));
      if (batch === undefined) return;
      const parsed = JSON.parse(damaged) as { Records: { PartitionKey: string; Data: string }[] };
      t.is(parsed.Records.length, batch.count);
      parsed.Records.forEach(({ Data, PartitionKey }, i) => {
        const offsets = batch.offsets.subarray(i * OFFSETS_PER_ENTRY);
        t.is(batch.body.toString("utf8", offsets[0], offsets[1]), Data);
        t.is(Buffer.from(Data, "base64").toString("base64"), Data);
        t.is(JSON.parse(`"${batch.body.toString("utf8", offsets[2], offsets[3])}"`), PartitionKey);
      });
    }),
    { numRuns: 2_000 },
  );
  t.pass();
});

test("base64 text that is not the only one for its bytes is left to the JSON reader", (t) => {
  const isScanned = (data: string): boolean =>
    scanPutRecords(Buffer.from(`{"Records":[{"Data":"${data}","PartitionKey":"k"}]}`)) !== undefined;
  const table: [string, boolean][] = [
    ["", true],
    ["QQ==", true],
    ["QR==", false],
    ["QUE=", true],
    ["QUF=", false],
    ["QUFB", true],
    ["QUF", false],
    ["Q===", false],
    ["====", false],
    ["QU-_", false],
  ];

  for (const [data, expected] of table) t.is(isScanned(data), expected, data);
});

test("every entry that passes validation is in a form the scanner reads", (t) => {
  fc.assert(
    fc.property(
      fc.uint8Array(),
      fc.string({
        unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)),
        minLength: 1,
        maxLength: 256,
      }),
      (data, partitionKey) => {
        t.is(
          scanPutRecords(renderPutRecords([{ data, partitionKey, explicitHashKey: undefined }]))?.count,
          1,
        );
      },
    ),
    { numRuns: 300 },
  );
});

test("hash keys are the MD5 of the partition key's bytes", (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 1_024, size: "max" }), fc.nat(5), (bytes, offset) => {
      const within = Buffer.concat([Buffer.alloc(offset, 7), bytes, Buffer.alloc(3)]);
      hashPartitionKey(within, offset, offset + bytes.length);
      const words = Array.from(hashKey, (word) => word.toString(16).padStart(8, "0"));
      t.is(words.join(""), createHash("md5").update(bytes).digest("hex"));
    }),
    {
      numRuns: 300,
      examples: [
        [new Uint8Array(55), 0],
        [new Uint8Array(56), 0],
        [new Uint8Array(64), 0],
        [new Uint8Array(1_024), 1],
      ],
    },
  );
});

test("a hash key belongs to the range whose bounds enclose it", (t) => {
  const key = fc.bigInt({ min: 0n, max: 2n ** 128n - 1n });
  fc.assert(
    fc.property(fc.uniqueArray(key, { maxLength: 20 }), fc.array(key, { maxLength: 20 }), (bounds, keys) => {
      const starts = [0n, ...bounds.filter((bound) => bound > 0n)].sort((a, b) => (a < b ? -1 : 1));
      const router = new HashKeyRouter(starts);
      for (const one of [...keys, ...starts]) {
        setHashKey(one);
        t.is(
          router.route(),
          starts.findLastIndex((start) => start <= one),
        );
      }
    }),
    { numRuns: 200 },
  );
});

test("a slice of a shard's records is what a walk over all of them would find", (t) => {
  const size = fc.oneof({ weight: 5, arbitrary: fc.nat(200) }, { weight: 1, arbitrary: fc.nat(400_000) });
  fc.assert(
    fc.property(
      fc.array(fc.record({ size, skipped: fc.nat(2), waited: fc.nat(2) }), { maxLength: 200 }),
      fc.array(fc.record({ counter: fc.nat(700), records: fc.nat(60), bytes: fc.nat(900_000) }), {
        minLength: 1,
      }),
      fc.nat(300),
      (records, slices, horizon) => {
        const log = new RecordLog("490000000000001", 0);
        const source = Buffer.alloc(600_000, "A");
        let counter = 0;
        let time = 0;
        const model = records.map(({ size: wanted, skipped, waited }) => {
          counter += 1 + skipped;
          time += waited;
          const digits = Math.ceil(wanted / 3) * 4;
          const bytes = (digits / 4) * 3 + 1;
          log.append(source, 0, digits, digits, digits + 1, counter, time, bytes);
          return { counter, time, bytes };
        });
        const dropped = log.trim(horizon);
        const kept = model.filter((one) => one.time >= horizon);
        t.is(dropped, model.length - kept.length);
        t.is(log.count, kept.length);
        t.is(log.counterAt(horizon + 20), kept.find((one) => one.time >= horizon + 20)?.counter);
        for (const { counter: from, records: most, bytes: room } of slices) {
          const expected: number[] = [];
          let bytes = 0;
          for (const one of kept.filter((candidate) => candidate.counter >= from)) {
            const fits = bytes + one.bytes <= room || expected.length === 0;
            if (expected.length >= most || !fits) break;
            bytes += one.bytes;
            expected.push(one.counter);
          }
          const slice = log.slice(from, most, room);
          const found = slice.parts.flatMap(({ chunk, from: first, to }) => [
            ...chunk.counters.subarray(first, to),
          ]);
          t.deepEqual(found, expected);
          t.deepEqual(
            [slice.count, slice.bytes, slice.lastCounter],
            [expected.length, bytes, expected.at(-1) ?? -1],
          );
        }
      },
    ),
    { numRuns: 100 },
  );
});
