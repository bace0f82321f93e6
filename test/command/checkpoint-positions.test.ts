import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import test from "ava";

import { KinesisClient, PutRecordsCommand } from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { startKinesisEmulator } from "@tributary/kinesis-emulator";

import { tributary } from "./tributary.js";

test("the positions of a job are printed from its checkpoint, and start another one", async (t) => {
  const emulator = await startKinesisEmulator();
  const client = new KinesisClient({
    endpoint: emulator.endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "a", secretAccessKey: "b" },
    requestHandler: new NodeHttpHandler(),
  });
  await emulator.createStream("orders", 2);
  const Records = ["a", "b", "c", "d"].map((id) => ({
    PartitionKey: id,
    Data: Buffer.from(`{"id":"${id}"}`),
  }));
  const answer = await client.send(new PutRecordsCommand({ StreamName: "orders", Records }));
  const folder = mkdtempSync(join(tmpdir(), "positions-"));
  const script = (options: string): string => `
    CREATE TABLE orders (id STRING) WITH (
      'connector' = 'kinesis',
      'stream.arn' = '${emulator.streamArn("orders")}',
      'aws.region' = 'us-east-1',
      'aws.endpoint' = '${emulator.endpoint}',
      'aws.credentials.basic.accesskeyid' = 'a',
      'aws.credentials.basic.secretkey' = 'b',
      'source.end.position' = 'LATEST',
      ${options},
      'format' = 'json');
    CREATE TABLE seen (id STRING) WITH ('connector' = 'blackhole');
    INSERT INTO seen SELECT id FROM orders;`;
  writeFileSync(join(folder, "job.sql"), script("'source.init.position' = 'TRIM_HORIZON'"));
  writeFileSync(
    join(folder, "again.sql"),
    script("'source.init.position' = 'SPECIFIC', 'source.init.positions' = 'positions.json'"),
  );

  const first = await tributary(["run", "job.sql", "--json", "--checkpoint", "state"], { cwd: folder });
  const printed = await tributary(["checkpoint", "positions", "state", "--json"], { cwd: folder });
  writeFileSync(join(folder, "positions.json"), printed.stdout);
  const again = await tributary(["run", "again.sql", "--json"], { cwd: folder });
  const none = await tributary(["checkpoint", "positions", "nowhere"], { cwd: folder });
  client.destroy();
  await emulator.close();

  t.is(first.code, 0, first.stderr);
  const lines = printed.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as object);
  t.deepEqual(
    lines.map((line) => Object.keys(line)),
    lines.map(() => ["table", "stream", "shard", "sequenceNumber", "subSequenceNumber", "finished"]),
  );
  t.is(lines.length, new Set((answer.Records ?? []).map(({ ShardId }) => ShardId)).size);
  t.is(again.code, 0, again.stderr);
  t.like(JSON.parse(again.stdout.trim().split("\n").at(-1) ?? "{}"), { read: { orders: 0 } });
  t.is(none.code, 1);
  t.regex(none.stderr, /CHECKPOINT_UNUSABLE/);
});
