import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import test from "ava";

import { KinesisClient, PutRecordsCommand } from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import type { Diagnostic } from "@tributary/core";
import { startKinesisEmulator } from "@tributary/kinesis-emulator";

import { start, tributary } from "./tributary.js";

const OLD = `-- Orders, since 2019.
SET 'tributary.modules' = 'kinesis@4';
CREATE TABLE orders (
  id STRING, -- the key
  arrived TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL
) WITH (
  'connector' = 'kinesis',
  'stream' = 'it''s', /* by its name */
  'scan.stream.initpos' = 'AT_TIMESTAMP',
  'scan.stream.initpos-timestamp' = '2024-01-01T00:00:00.000Z',
  'scan.shard.discovery.intervalmillis' = '5000', -- often
  'scan.stream.recordpublisher' = 'EFO',
  'scan.stream.efo.consumername' = 'app',
  'scan.stream.efo.registration' = 'NONE',
  'scan.shard.getrecords.intervalmillis' = '100',
  'scan.shard.subscribetoshard.timeout' = '30',
  'sink.batch.max-size' = '100',
  'format' = 'json',
  'scan.shard-assigner' = 'uniform'
);
CREATE TABLE other (id STRING) WITH ('connector' = 'print');
INSERT INTO other SELECT id FROM orders;
`;

const NEW = `-- Orders, since 2019.
SET 'tributary.modules' = 'kinesis@5';
CREATE TABLE orders (
  id STRING, -- the key
  arrived TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL
) WITH (
  'connector' = 'kinesis',
  'stream.arn' = 'arn:aws:kinesis:eu-west-1:111122223333:stream/it''s',
  'aws.region' = 'eu-west-1', /* by its name */
  'source.init.position' = 'AT_TIMESTAMP',
  'source.init.timestamp' = '2024-01-01T00:00:00.000Z',
  'source.shard.discovery.interval' = '5000 ms', -- often
  'source.reader.type' = 'EFO',
  'source.efo.consumer.name' = 'app',
  'source.efo.lifecycle' = 'SELF_MANAGED',
  'source.efo.subscription.timeout' = '30 s',
  'sink.batch.max-size' = '100',
  'format' = 'json'
);
CREATE TABLE other (id STRING) WITH ('connector' = 'print');
INSERT INTO other SELECT id FROM orders;
`;

test("a script's old tables are rewritten with their comments and layout, and what differs is said", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "migrate-"));
  writeFileSync(join(folder, "old.sql"), OLD);

  const to = ["--to", "kinesis@5", "--account", "111122223333", "--region", "eu-west-1"];
  const written = await tributary(["migrate", "old.sql", ...to, "--out", "new.sql", "--json"], {
    cwd: folder,
  });

  t.is(written.code, 0, written.stderr);
  t.is(readFileSync(join(folder, "new.sql"), "utf8"), NEW);
  const found = written.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Diagnostic);
  t.deepEqual(
    found.map(({ severity, code, line, option }) => `${severity} ${code} ${line} ${option ?? ""}`),
    [
      "warning MIGRATION_DIFFERENCE 3 ",
      "warning MIGRATION_DIFFERENCE 11 scan.shard.discovery.intervalmillis",
      "warning MIGRATION_DIFFERENCE 14 scan.stream.efo.registration",
      "warning MIGRATION_DIFFERENCE 15 scan.shard.getrecords.intervalmillis",
      "warning MIGRATION_DIFFERENCE 19 scan.shard-assigner",
    ],
  );
});

test("a name without an account is refused, and the script is left as it is", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "migrate-"));
  writeFileSync(join(folder, "old.sql"), OLD);

  const refused = await tributary(["migrate", "old.sql", "--to", "kinesis@5"], { cwd: folder });
  const aimless = await tributary(["migrate", "old.sql"], { cwd: folder });
  const short = await tributary(["migrate", "old.sql", "--to", "kinesis@5", "--account", "12"], {
    cwd: folder,
  });

  t.is(refused.code, 1);
  t.is(refused.stdout, "");
  t.regex(refused.stderr, /--account ID/);
  t.is(aimless.code, 2);
  t.is(short.code, 2);
});

test("the checkpoint of an old job is migrated, and the new job reads what is left, each record once", async (t) => {
  const emulator = await startKinesisEmulator();
  const client = new KinesisClient({
    endpoint: emulator.endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "a", secretAccessKey: "b" },
    requestHandler: new NodeHttpHandler(),
  });
  await emulator.createStream("orders", 2);
  const put = async (ids: readonly string[]): Promise<void> => {
    const Records = ids.map((id) => ({ PartitionKey: id, Data: Buffer.from(`{"id":"${id}"}`) }));
    await client.send(new PutRecordsCommand({ StreamName: "orders", Records }));
  };
  const folder = mkdtempSync(join(tmpdir(), "migrate-"));
  const script = `
    SET 'tributary.modules' = 'kinesis@5';
    CREATE TABLE orders (id STRING) WITH (
      'connector' = 'kinesis-legacy',
      'stream' = 'orders',
      'aws.region' = 'us-east-1',
      'aws.endpoint' = '${emulator.endpoint}',
      'aws.credentials.basic.accesskeyid' = 'a',
      'aws.credentials.basic.secretkey' = 'b',
      'scan.stream.initpos' = 'TRIM_HORIZON',
      'format' = 'json');
    CREATE TABLE seen (id STRING) WITH ('connector' = 'print');
    INSERT INTO seen SELECT id FROM orders;`;
  writeFileSync(join(folder, "old.sql"), script);
  const idle = ["--json", "--until-idle", "500 ms"];

  await put(["a", "b", "c", "d"]);
  const running = start(["run", "old.sql", "--checkpoint", "old"], { cwd: folder });
  await Promise.all(["a", "b", "c", "d"].map((id) => running.line("stdout", `"id":"${id}"`)));
  running.child.kill("SIGINT");
  const first = await running.outcome;
  await put(["e", "f", "g"]);
  const rewritten = await tributary(
    ["migrate", "old.sql", "--to", "kinesis@5", "--account", "000000000000", "--out", "new.sql"],
    { cwd: folder },
  );
  const refused = await tributary(["run", "new.sql", ...idle, "--checkpoint", "old", "--restore"], {
    cwd: folder,
  });
  const migrated = await tributary(["migrate", "checkpoint", "old", "--out", "new", "--json"], {
    cwd: folder,
  });
  const second = await tributary(["run", "new.sql", ...idle, "--checkpoint", "new", "--restore"], {
    cwd: folder,
  });
  const again = await tributary(["migrate", "checkpoint", "old", "--out", "new"], { cwd: folder });
  client.destroy();
  await emulator.close();

  const read = (stdout: string): unknown =>
    (JSON.parse(stdout.trim().split("\n").at(-1) ?? "{}") as { read?: unknown }).read;
  t.is(first.code, 130, first.stderr);
  t.is(rewritten.code, 0, rewritten.stderr);
  t.is(refused.code, 1, refused.stdout);
  t.regex(refused.stdout, /STATE_INCOMPATIBLE.*tributary migrate checkpoint.*source\.init\.timestamp/s);
  t.is(migrated.code, 0, migrated.stderr);
  t.like(JSON.parse(migrated.stdout.split("\n")[0] ?? "{}"), { table: "orders", shards: 2, finished: 0 });
  t.is(second.code, 0, second.stderr + second.stdout);
  t.deepEqual(read(second.stdout), { orders: 7 });
  t.is(again.code, 1);
});
