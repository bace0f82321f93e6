/**
 * A server that answers GetRecords and PutRecords with bodies made beforehand, in JSON or CBOR as it is asked: what a
 * client costs shows without a service behind it. With `tls` it counts the connections that were opened; with `http2`
 * it speaks that without TLS, and sends subscriptions the same event for as long as they read. A process of its own;
 * says its port on the first line, and answers GET / with what it has counted.
 *
 *     node replay.mjs '{"payloadBytes":100,"records":10000,"entries":500,"tls":false,"shards":1}'
 */
import { createServer } from "node:http";
import { createServer as createHttp2Server, createSecureServer } from "node:http2";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { eventFrame } from "./event-frames.mjs";

const {
  payloadBytes,
  records,
  entries = 500,
  tls = false,
  counts = false,
  http2 = false,
  shards = 1,
} = JSON.parse(process.argv[2]);
const CBOR = "application/x-amz-cbor-1.1";
const ITERATOR = "A".repeat(220);

/** A row of JSON of so many bytes. */
function payload(index) {
  const start = `{"id":${index},"customer":"customer-${index % 1000}","amount":${(index * 37) % 10_000},"note":"`;
  return Buffer.from(`${start}${"x".repeat(Math.max(0, payloadBytes - start.length - 2))}"}`);
}

const rows = Array.from({ length: records }, (_, index) => ({
  arrival: 1_763_902_123_456 + index,
  data: payload(index),
  key: `customer-${index % 1000}`,
  number: `49${String(656_000_000_000_000n + BigInt(index)).padStart(54, "0")}`,
}));

const recordTexts = rows
  .map(
    ({ arrival, data, key, number }) =>
      `{"ApproximateArrivalTimestamp":${arrival / 1000},"Data":"${data.toString("base64")}","PartitionKey":"${key}","SequenceNumber":"${number}"}`,
  )
  .join(",");
const recordsJson = Buffer.from(
  `{"MillisBehindLatest":1000,"NextShardIterator":"${ITERATOR}","Records":[${recordTexts}]}`,
);
const acknowledgement = eventFrame("initial-response", Buffer.from("{}"));
const event = eventFrame(
  "SubscribeToShardEvent",
  Buffer.from(
    `{"ContinuationSequenceNumber":"${rows.at(-1).number}","MillisBehindLatest":1000,"Records":[${recordTexts}]}`,
  ),
);

function head(major, value) {
  const type = major << 5;
  if (value < 24) return Buffer.from([type | value]);
  if (value < 256) return Buffer.from([type | 24, value]);
  if (value < 65_536) return Buffer.from([type | 25, value >> 8, value & 255]);
  const large = Buffer.alloc(9);
  large[0] = type | 27;
  large.writeBigUInt64BE(BigInt(value), 1);
  return large;
}
const text = (value) => Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
const [MAP, LIST, BREAK] = [0xbf, 0x9f, 0xff].map((byte) => Buffer.from([byte]));

/** As AWS writes it: maps and lists of indefinite length, times in milliseconds. */
const recordsCbor = Buffer.concat([
  MAP,
  text("Records"),
  LIST,
  ...rows.flatMap(({ arrival, data, key, number }) => [
    MAP,
    text("SequenceNumber"),
    text(number),
    text("ApproximateArrivalTimestamp"),
    Buffer.from([0xc1]),
    head(0, arrival),
    text("Data"),
    head(2, data.length),
    data,
    text("PartitionKey"),
    text(key),
    BREAK,
  ]),
  BREAK,
  text("NextShardIterator"),
  text(ITERATOR),
  text("MillisBehindLatest"),
  head(0, 1000),
  BREAK,
]);

const results = Array.from({ length: entries }, (_, index) => ({
  SequenceNumber: `49${String(index).padStart(54, "0")}`,
  ShardId: "shardId-000000000000",
}));
const putJson = Buffer.from(
  JSON.stringify({ EncryptionType: "NONE", FailedRecordCount: 0, Records: results }),
);

const SPAN = 2n ** 128n / BigInt(shards);
const Shards = Array.from({ length: shards }, (_, index) => ({
  ShardId: `shardId-${String(index).padStart(12, "0")}`,
  HashKeyRange: {
    StartingHashKey: String(SPAN * BigInt(index)),
    EndingHashKey: String(SPAN * BigInt(index + 1) - 1n),
  },
  SequenceNumberRange: { StartingSequenceNumber: "0" },
}));
const described = { StreamName: "replay", StreamStatus: "ACTIVE", RetentionPeriodHours: 24 };
/** What every other call is answered with. */
const stream = Buffer.from(
  JSON.stringify({
    ShardIterator: ITERATOR,
    Shards,
    ConsumerDescription: {
      ConsumerARN: "arn:aws:kinesis:us-east-1:000000000000:stream/replay/consumer/bench:1",
      ConsumerName: "bench",
      ConsumerStatus: "ACTIVE",
    },
    StreamDescription: { ...described, Shards, HasMoreShards: false },
    StreamDescriptionSummary: described,
  }),
);

let connections = 0;
let calls = 0;
let putBytes = 0;
let putCalls = 0;
let putRecords = 0;

/** Sends the event again and again, as fast as it is read. */
function subscribe(response) {
  response.writeHead(200, { "content-type": "application/vnd.amazon.eventstream" });
  response.write(acknowledgement);
  let isOver = false;
  const send = () => {
    while (!isOver && response.write(event));
  };
  response.on("drain", send);
  response.on("error", () => (isOver = true));
  response.on("close", () => (isOver = true));
  send();
}

/** In JSON or CBOR each entry has the name of its key once. */
function entriesIn(body) {
  let found = 0;
  for (let at = body.indexOf("PartitionKey"); at >= 0; at = body.indexOf("PartitionKey", at + 12)) found += 1;
  return found;
}

function answer(request, response) {
  if (request.method === "GET") {
    response.end(JSON.stringify({ connections, calls, putBytes, putCalls, putRecords }));
    return;
  }
  calls += 1;
  const operation = String(request.headers["x-amz-target"]).split(".")[1];
  const pieces = [];
  request.on("data", (piece) => {
    putBytes += piece.length;
    if (counts) pieces.push(piece);
  });
  request.on("end", () => {
    if (operation === "PutRecords") {
      putCalls += 1;
      putRecords += entriesIn(Buffer.concat(pieces));
    }
    if (operation === "SubscribeToShard") {
      subscribe(response);
      return;
    }
    const isCbor = request.headers["content-type"] === CBOR && operation === "GetRecords";
    const body =
      operation === "GetRecords"
        ? isCbor
          ? recordsCbor
          : recordsJson
        : operation === "PutRecords"
          ? putJson
          : stream;
    response.writeHead(200, {
      "content-type": isCbor ? CBOR : "application/x-amz-json-1.1",
      "content-length": body.length,
    });
    response.end(body);
  });
}

/** A certificate for this run alone. */
function certificate() {
  const folder = mkdtempSync(join(tmpdir(), "replay-"));
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  try {
    execFileSync(
      "openssl",
      `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=localhost -keyout ${key} -out ${cert}`.split(
        " ",
      ),
      { stdio: "ignore" },
    );
    return { key: readFileSync(key), cert: readFileSync(cert) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const server = tls
  ? createSecureServer({ ...certificate(), allowHTTP1: true }, answer)
  : http2
    ? createHttp2Server(answer)
    : createServer({ keepAliveTimeout: 60_000 }, answer);
server.on(tls ? "secureConnection" : "connection", () => (connections += 1));
server.listen(0, "127.0.0.1", () => process.stdout.write(`${server.address().port}\n`));
