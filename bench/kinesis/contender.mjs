/**
 * One client at one job, in a process of its own: the CPU that a record costs it, and the most memory it took. Says
 * one line of JSON.
 *
 *     node contender.mjs '{"contender":"bare","job":"get","endpoint":"http://127.0.0.1:1234","payloadBytes":100,"records":500000}'
 */
import { GetRecordsCommand, KinesisClient, PutRecordsCommand } from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { AwsKinesisClients } from "@tributary/io-kinesis";

const {
  contender,
  job,
  endpoint,
  payloadBytes,
  records,
  inFlight = 1,
  perCall,
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
    requestHandler: new NodeHttpHandler(),
  });
  return {
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

const client = contender === "bare" ? bare() : await ours();
let residentMax = 0;

async function run(count) {
  let left = count;
  const lane = async () => {
    while (left > 0) {
      left -= job === "get" ? perCall : rows.length;
      await client[job]();
      residentMax = Math.max(residentMax, process.memoryUsage.rss());
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
}

await run(records / 4);
const begin = performance.now();
const before = process.cpuUsage();
await run(records);
const { user, system } = process.cpuUsage(before);
const seconds = (performance.now() - begin) / 1000;
client.close();
process.stdout.write(
  `${JSON.stringify({ micros: (user + system) / records, perSecond: Math.round(records / seconds), residentMax })}\n`,
);
