/**
 * The stock AWS client's own cost of the same work, measured in this process: what a program under test pays, to be
 * set beside what the emulator takes.
 */
import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  PutRecordsCommand,
} from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";

const [endpoint, stream, payloadBytes, records] = process.argv.slice(2);
const client = new KinesisClient({
  endpoint,
  region: "us-east-1",
  credentials: { accessKeyId: "bench", secretAccessKey: "bench" },
  requestHandler: new NodeHttpHandler(),
});

const batch = Array.from({ length: 500 }, (_, i) => ({
  Data: Buffer.alloc(Number(payloadBytes), `${i};`),
  PartitionKey: `customer-${i}`,
}));

async function put(count) {
  for (let i = 0; i < count; i += 500) {
    await client.send(new PutRecordsCommand({ StreamName: stream, Records: batch }));
  }
}

async function get(count) {
  let { ShardIterator } = await client.send(
    new GetShardIteratorCommand({
      StreamName: stream,
      ShardId: "shardId-000000000000",
      ShardIteratorType: "TRIM_HORIZON",
    }),
  );
  for (let read = 0; read < count && ShardIterator !== undefined;) {
    const answer = await client.send(new GetRecordsCommand({ ShardIterator, Limit: 10_000 }));
    read += answer.Records.length;
    ShardIterator = answer.NextShardIterator;
  }
}

async function cpuPerRecord(run, count) {
  await run(count / 5);
  const before = process.cpuUsage();
  await run(count);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

const putMicros = await cpuPerRecord(put, Number(records));
const getMicros = await cpuPerRecord(get, Number(records));
client.destroy();
process.stdout.write(`${JSON.stringify({ put: putMicros, get: getMicros })}\n`);
