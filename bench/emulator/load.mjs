/**
 * A load generator that costs the emulator nothing but requests: prepared bodies over plain sockets of Node's HTTP
 * client, nothing parsed but what is needed. Runs as a process of its own; one JSON command on each line of standard
 * input, one JSON answer on each line of standard output.
 */
import { Agent, request } from "node:http";
import { createInterface } from "node:readline";

const endpoint = new URL(process.argv[2]);
const agent = new Agent({ keepAlive: true, maxSockets: 16 });

/** Sends one call; resolves to the answer's body as pieces, or drops it. */
function call(operation, body, keep) {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        agent,
        host: endpoint.hostname,
        port: endpoint.port,
        method: "POST",
        headers: {
          "content-type": "application/x-amz-json-1.1",
          "x-amz-target": `Kinesis_20131202.${operation}`,
          "content-length": Buffer.byteLength(body),
        },
      },
      (answer) => {
        const pieces = [];
        answer.on("data", (piece) => {
          if (keep) pieces.push(piece);
        });
        answer.on("end", () => {
          if (answer.statusCode !== 200) reject(new Error(`${operation}: ${Buffer.concat(pieces)}`));
          else resolve(pieces);
        });
        answer.on("error", reject);
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

/** Bodies of PutRecords calls, 500 records each, every key another one. */
function bodies(stream, payloadBytes, count) {
  return Array.from({ length: count }, (_, b) =>
    Buffer.from(
      JSON.stringify({
        Records: Array.from({ length: 500 }, (__, i) => ({
          Data: Buffer.alloc(payloadBytes, `${b}:${i};`).toString("base64"),
          PartitionKey: `customer-${b}-${i}`,
        })),
        StreamName: stream,
      }),
    ),
  );
}

async function put({ stream, payloadBytes, records, inFlight }) {
  const prepared = bodies(stream, payloadBytes, 8);
  let left = Math.ceil(records / 500);
  const lane = async () => {
    while (left-- > 0) await call("PutRecords", prepared[left & 7], false);
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  return { records: Math.ceil(records / 500) * 500 };
}

/** Reads `records` records from the sequence number on, 10,000 a call; only the next iterator is looked for. */
async function get({ stream, shard, iterator, records }) {
  const start = JSON.stringify({ StreamName: stream, ShardId: shard, ...iterator });
  let next = JSON.parse(Buffer.concat(await call("GetShardIterator", start, true))).ShardIterator;
  let read = 0;
  while (read < records) {
    const pieces = await call("GetRecords", JSON.stringify({ ShardIterator: next, Limit: 10_000 }), true);
    const tail = Buffer.concat(pieces.slice(-2)).toString("latin1").slice(-2_000);
    next = /"NextShardIterator":"([^"]+)"/.exec(tail)?.[1];
    read += 10_000;
  }
  return { records: read };
}

for await (const line of createInterface({ input: process.stdin })) {
  const { operation, ...parameters } = JSON.parse(line);
  const run = { put, get, call: async ({ name, body }) => (await call(name, body, false), {}) }[operation];
  process.stdout.write(`${JSON.stringify(await run(parameters))}\n`);
}
