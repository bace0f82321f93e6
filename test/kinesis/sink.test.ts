/** Writing to Kinesis as a script says it: keys, batches that end by themselves, changes that are refused. */
import { existsSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";

import test from "ava";

import {
  GetRecordsCommand,
  GetShardIteratorCommand,
  KinesisClient,
  ListShardsCommand,
} from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { Pipeline, createRegistry, table, types } from "@tributary/core";
import type { Diagnostic } from "@tributary/core";
import { SILENT_LOGGER } from "@tributary/core/testing";
import { formats } from "@tributary/formats";
import { ioBasic } from "@tributary/io-basic";
import { kinesisStreams5 } from "@tributary/io-kinesis";
import { startKinesisEmulator } from "@tributary/kinesis-emulator";

import { folderWith, start, tributary, validate } from "../command/tributary.js";
import { root } from "../repository/checkout.js";

const emulator = await startKinesisEmulator();
const client = new KinesisClient({
  endpoint: emulator.endpoint,
  region: "us-east-1",
  credentials: { accessKeyId: "test", secretAccessKey: "test" },
  requestHandler: new NodeHttpHandler(),
});
let streams = 0;

test.after.always(async () => {
  client.destroy();
  await emulator.close();
});

interface Kept {
  readonly shard: string;
  readonly key: string;
  readonly text: string;
}

/** Everything in a stream. */
async function contents(StreamName: string): Promise<readonly Kept[]> {
  const found: Kept[] = [];
  const { Shards = [] } = await client.send(new ListShardsCommand({ StreamName }));
  for (const { ShardId: shard = "" } of Shards) {
    const from = { StreamName, ShardId: shard, ShardIteratorType: "TRIM_HORIZON" } as const;
    let { ShardIterator } = await client.send(new GetShardIteratorCommand(from));
    while (ShardIterator !== undefined) {
      const { Records = [], NextShardIterator } = await client.send(new GetRecordsCommand({ ShardIterator }));
      for (const { PartitionKey: key = "", Data = new Uint8Array(0) } of Records) {
        found.push({ shard, key, text: Buffer.from(Data).toString() });
      }
      ShardIterator = Records.length === 0 ? undefined : NextShardIterator;
    }
  }
  return found;
}

async function newStream(shards = 4): Promise<string> {
  const name = `stream-${(streams += 1)}`;
  await emulator.createStream(name, shards);
  return name;
}

/** `WITH (...)` of a table on a stream of the emulator. */
function on(stream: string, options: Readonly<Record<string, string>> = {}): string {
  const all = {
    connector: "kinesis",
    "stream.arn": `arn:aws:kinesis:us-east-1:000000000000:stream/${stream}`,
    "aws.region": "us-east-1",
    "aws.endpoint": emulator.endpoint,
    "aws.credentials.basic.accesskeyid": "test",
    "aws.credentials.basic.secretkey": "test",
    format: "json",
    ...options,
  };
  const lines = Object.entries(all).map(([key, value]) => `'${key}' = '${value}'`);
  return `WITH (${lines.join(", ")})`;
}

/** Runs a script to its end. */
async function run(
  script: string,
  files: Readonly<Record<string, string>> = {},
): Promise<{ readonly stdout: string; readonly stderr: string; readonly cwd: string }> {
  const cwd = folderWith({ "job.sql": script, ...files });
  const { code, stdout, stderr } = await tributary(["run", "job.sql"], { cwd });
  if (code !== 0) throw new Error(`ended with ${code}: ${stdout}${stderr}`);
  return { stdout, stderr, cwd };
}

const sortedKeys = async (stream: string): Promise<readonly string[]> =>
  (await contents(stream)).map(({ key }) => key).toSorted();

// ------------------------------------------------------------------------------------------------------------- keys

const keys = test.macro({
  async exec(t, delimiter: string | undefined, expected: readonly string[]) {
    const stream = await newStream();
    const options: Readonly<Record<string, string>> =
      delimiter === undefined ? {} : { "sink.partitioner-field-delimiter": delimiter };
    await run(`
      CREATE TABLE visits (\`day\` INT, ip STRING, note STRING) PARTITIONED BY (\`day\`, ip) ${on(stream, options)};
      INSERT INTO visits VALUES (16365, '255.255.255.255', 'a'), (1, CAST(NULL AS STRING), 'b'), (2, 'ä', 'c');`);

    t.deepEqual(await sortedKeys(stream), expected.toSorted());
  },
  title: (_, delimiter) => `PARTITIONED BY with the delimiter ${JSON.stringify(delimiter)}`,
});

test(keys, undefined, ["16365|255.255.255.255", "1|null", "2|ä"]);
test(keys, "", ["16365255.255.255.255", "1null", "2ä"]);
test(keys, "--", ["16365--255.255.255.255", "1--null", "2--ä"]);
test(keys, " ", ["16365 255.255.255.255", "1 null", "2 ä"]);
test(keys, "\u{1F30A}", ["16365\u{1F30A}255.255.255.255", "1\u{1F30A}null", "2\u{1F30A}ä"]);

test("a key ends at 256 UTF-16 units: a surrogate pair fits whole below, and is cut above", async (t) => {
  const stream = await newStream();
  await run(`
    CREATE TABLE t (n INT, a STRING, b STRING) PARTITIONED BY (a, b) ${on(stream)};
    INSERT INTO t VALUES
      (1, CONCAT(REPEAT('x', 254), '\u{1F30A}'), 'left out'),
      (2, CONCAT(REPEAT('x', 255), '\u{1F30A}'), 'left out'),
      (3, REPEAT('y', 255), 'left out'),
      (4, REPEAT('y', 254), 'kept in part');`);

  const byNumber = new Map(
    (await contents(stream)).map(({ key, text }) => [(JSON.parse(text) as { n: number }).n, key]),
  );
  t.is(byNumber.get(1), `${"x".repeat(254)}\u{1F30A}`);
  t.is(byNumber.get(2)?.length, 256);
  t.is(byNumber.get(2)?.slice(0, 255), "x".repeat(255));
  t.is(byNumber.get(3), "y".repeat(255));
  t.is(byNumber.get(4), `${"y".repeat(254)}|k`);
});

test("static partitions stand in the key wherever the clause has them", async (t) => {
  const stream = await newStream();
  const options = on(stream, { "sink.partitioner-field-delimiter": "," });
  await run(`
    CREATE TABLE t (y INT, m INT, d INT, n INT) PARTITIONED BY (y, m, d) ${options};
    BEGIN STATEMENT SET;
    INSERT INTO t PARTITION (y = 2014, m = 10) SELECT * FROM (VALUES (31, 1)) AS v (d, n);
    INSERT INTO t PARTITION (m = 10) SELECT * FROM (VALUES (2015, 13, 2)) AS v (y, d, n);
    INSERT INTO t PARTITION (y = 1, m = 2, d = 3) SELECT * FROM (VALUES (3), (4)) AS v (n);
    END;`);

  const found = await contents(stream);
  t.deepEqual(found.map(({ key, text }) => [key, JSON.parse(text) as unknown]).toSorted(byText), [
    ["1,2,3", { y: 1, m: 2, d: 3, n: 3 }],
    ["1,2,3", { y: 1, m: 2, d: 3, n: 4 }],
    ["2014,10,31", { y: 2014, m: 10, d: 31, n: 1 }],
    ["2015,10,13", { y: 2015, m: 10, d: 13, n: 2 }],
  ]);
});

function byText(a: unknown, b: unknown): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
}

test("without PARTITIONED BY every record has a key of its own, and the shards get alike", async (t) => {
  const stream = await newStream();
  await run(`
    CREATE TABLE n (id BIGINT) WITH ('connector' = 'datagen', 'fields.id.kind' = 'sequence', 'fields.id.start' = '1',
      'fields.id.end' = '400');
    CREATE TABLE t (id BIGINT) ${on(stream)};
    INSERT INTO t SELECT id FROM n;`);

  const found = await contents(stream);
  t.is(new Set(found.map(({ key }) => key)).size, 400);
  for (const { key } of found)
    t.regex(key, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  const perShard = new Map<string, number>();
  for (const { shard } of found) perShard.set(shard, (perShard.get(shard) ?? 0) + 1);
  t.is(perShard.size, 4);
  for (const count of perShard.values()) t.true(count > 60 && count < 140, String(count));
});

/** Lets a class of a script's folder import the connector's package, as one that is installed there would. */
function install(cwd: string): void {
  const scope = join(cwd, "node_modules", "@tributary");
  mkdirSync(scope, { recursive: true });
  for (const name of ["io-kinesis", "core"]) {
    const target = join(root, "packages", name);
    if (existsSync(target)) symlinkSync(target, join(scope, name), "dir");
  }
}

const classes = `
  import { FixedKinesisPartitioner, PartitionKeyGenerator } from "@tributary/io-kinesis";
  export class Shifted extends FixedKinesisPartitioner {
    partitionKey(row) { return "w" + super.partitionKey(row) + "-" + row.city; }
  }
  export class ByCity extends PartitionKeyGenerator {
    partitionKey(row) { return row.city; }
  }
  export default class { partitionKey({ id }) { return String(id % 2n); } }
  export class Empty { partitionKey() { return ""; } }
  export class Long { partitionKey() { return "k".repeat(257); } }
  export class Longest { partitionKey() { return "k".repeat(256); } }
  export class NoMethod {}
`;

async function partitionedBy(
  name: string,
): Promise<{ readonly code: number | null; readonly output: string; readonly keys: readonly string[] }> {
  const stream = await newStream();
  const cwd = folderWith({
    "keys.mjs": classes,
    "job.sql": `
      CREATE TABLE t (id BIGINT, city STRING) ${on(stream, { "sink.partitioner": `./keys.mjs#${name}` })};
      INSERT INTO t VALUES (1, 'Ulm'), (2, 'Bonn');`,
  });
  install(cwd);
  const { code, stdout, stderr } = await tributary(["run", "job.sql"], { cwd });
  return { code, output: stdout + stderr, keys: await sortedKeys(stream) };
}

for (const [name, expected] of [
  ["Shifted", ["w0-Bonn", "w0-Ulm"]],
  ["ByCity", ["Bonn", "Ulm"]],
  ["default", ["0", "1"]],
  ["Longest", ["k".repeat(256), "k".repeat(256)]],
] as const) {
  test(`the class ${name} in a file beside the script makes the keys`, async (t) => {
    const { code, output, keys: found } = await partitionedBy(name);

    t.is(code, 0, output);
    t.deepEqual(found, expected);
  });
}

for (const [name, words] of [
  ["Empty", /'\.\/keys\.mjs#Empty'.*table 't'.* 0 characters/s],
  ["Long", /'\.\/keys\.mjs#Long'.*table 't'.* 257 characters/s],
  ["NoMethod", /keys\.mjs#NoMethod.*partitionKey/s],
  ["Missing", /keys\.mjs#Missing/],
] as const) {
  test(`the class ${name} is refused with its name and the table's`, async (t) => {
    const { code, output, keys: found } = await partitionedBy(name);

    t.not(code, 0);
    t.regex(output, words);
    t.deepEqual(found, []);
  });
}

// ------------------------------------------------------------------------------------------------------------ batch

test("an INSERT of VALUES ends by itself, with everything in the stream and the exact count", async (t) => {
  const stream = await newStream();
  const { stderr } = await run(`
    CREATE TABLE t (id BIGINT) ${on(stream, { "sink.flush-buffer.timeout": "3600000" })};
    INSERT INTO t VALUES (1), (2), (3);`);

  t.regex(stderr, /wrote 3 t\b/);
  t.is((await contents(stream)).length, 3);
});

for (const [what, options] of [
  ["plain", {}],
  ["packed into aggregates, in order", { "sink.aggregate": "true", "sink.ordering": "key" }],
] as const) {
  test(`an INSERT of a bounded table ends by itself: ${what}, while the stream refuses, and is read back`, async (t) => {
    const stream = await newStream();
    const fault = emulator.faults.inject({
      kind: "partial-failure",
      operation: "PutRecords",
      stream,
      probability: 0.3,
      count: 20,
    });
    const cwd = folderWith({
      "numbers.json": Array.from({ length: 2500 }, (_, id) =>
        JSON.stringify({ id, city: `c${id % 7}` }),
      ).join("\n"),
      "job.sql": `
        CREATE TABLE n (id BIGINT, city STRING) WITH ('connector' = 'filesystem', 'path' = 'numbers.json', 'format' = 'json');
        CREATE TABLE t (id BIGINT, city STRING) PARTITIONED BY (city) ${on(stream, options)};
        INSERT INTO t SELECT id, city FROM n;`,
      "back.sql": `
        CREATE TABLE t (id BIGINT, city STRING, k STRING METADATA FROM 'partition-key' VIRTUAL)
          ${on(stream, { "source.init.position": "TRIM_HORIZON", "source.end.position": "LATEST" })};
        CREATE TABLE seen (id BIGINT, city STRING, k STRING)
          WITH ('connector' = 'filesystem', 'path' = 'seen', 'format' = 'json');
        INSERT INTO seen SELECT id, city, k FROM t WHERE city = k;`,
    });
    const written = await tributary(["run", "job.sql"], { cwd });
    fault.remove();
    const read = await tributary(["run", "back.sql"], { cwd });

    t.is(written.code, 0, written.stderr);
    t.regex(written.stderr, /wrote 2,?500 t\b/);
    t.is(read.code, 0, read.stderr);
    t.regex(read.stderr, /wrote 2,?500 seen\b/);
  });
}

test("a plain read of a stream does not end by itself", async (t) => {
  const stream = await newStream(1);
  await run(`CREATE TABLE t (id BIGINT) ${on(stream)}; INSERT INTO t VALUES (1);`);
  const cwd = folderWith({
    "read.sql": `
      CREATE TABLE t (id BIGINT) ${on(stream, { "source.init.position": "TRIM_HORIZON" })};
      CREATE TABLE seen (id BIGINT) WITH ('connector' = 'print');
      INSERT INTO seen SELECT id FROM t;`,
  });
  const running = start(["run", "read.sql"], { cwd });
  await running.line("stdout", "1");
  await run(`CREATE TABLE t (id BIGINT) ${on(stream)}; INSERT INTO t VALUES (77);`);
  await running.line("stdout", "77");
  t.is(running.child.exitCode, null);
  running.child.kill("SIGTERM");
  await running.outcome;
});

// ---------------------------------------------------------------------------------------------------------- changes

const CHANGES = `
  CREATE TABLE changes (id BIGINT, city STRING) WITH ('connector' = 'filesystem', 'path' = 'c', 'format' = 'debezium-json');`;

test("changes into a format that takes insertions only are a fault of the statement, and the only one", async (t) => {
  const { code, diagnostics } = await validate(`${CHANGES}
    CREATE TABLE t (id BIGINT, city STRING) ${on("orders")};
    INSERT INTO t SELECT id, UPPER(city) FROM changes WHERE id > 1;`);

  t.is(code, 1);
  t.deepEqual(
    diagnostics.map(({ code: one, table: name, line }) => [one, name, line]),
    [["SQL_INVALID", "t", 4]],
  );
  t.regex(diagnostics[0]?.message ?? "", /'changes'.*'debezium-json'.*'t' takes insertions only.*'json'/);
});

test("each statement that writes changes is told so, also in a statement set", async (t) => {
  const { diagnostics } = await validate(`${CHANGES}
    CREATE TABLE a (id BIGINT) ${on("orders")};
    CREATE TABLE b (id BIGINT) ${on("orders", { format: "csv" })};
    BEGIN STATEMENT SET;
    INSERT INTO a SELECT id FROM changes;
    INSERT INTO b SELECT id FROM changes;
    END;`);

  t.deepEqual(
    diagnostics.map(({ code, table: name }) => [code, name]),
    [
      ["SQL_INVALID", "a"],
      ["SQL_INVALID", "b"],
    ],
  );
});

test("changes into a format that could write them are refused by the runner", async (t) => {
  const { diagnostics } = await validate(`${CHANGES}
    CREATE TABLE t (id BIGINT, city STRING) ${on("orders", { format: "debezium-json" })};
    INSERT INTO t SELECT id, city FROM changes;`);

  t.deepEqual(
    diagnostics.map(({ code }) => code),
    ["RUNNER_UNSUPPORTED"],
  );
});

test("in TypeScript too, at the step that writes", (t) => {
  const registry = createRegistry([kinesisStreams5, formats, ioBasic]);
  const columns = { id: types.bigint(), city: types.string() };
  const changes = table({
    name: "changes",
    columns,
    options: { connector: "filesystem", path: "c", format: "debezium-json" },
  });
  const faultsInto = (format: string): readonly unknown[] => {
    const orders = table({
      name: "orders",
      columns,
      options: {
        connector: "kinesis",
        "stream.arn": "arn:aws:kinesis:us-east-1:000000000000:stream/orders",
        "aws.region": "us-east-1",
        format,
      },
    });
    const pipeline = new Pipeline("copy");
    pipeline
      .readTable("read", changes)
      .map("same", (row) => row)
      .writeTable("write", orders);
    const { diagnostics } = pipeline.toGraph({ registry, timeZone: "UTC", logger: SILENT_LOGGER });
    return diagnostics.map(({ code, step }: Diagnostic) => [code, step]);
  };

  t.deepEqual(faultsInto("json"), [["SQL_INVALID", "write"]]);
  t.deepEqual(faultsInto("debezium-json"), [["RUNNER_UNSUPPORTED", "read"]]);
});

test("with SET 'parallelism.default' = '4' the fixed partitioner writes the keys 0 to 3, each to one shard and in order", async (t) => {
  const stream = await newStream();
  await run(`
    SET 'parallelism.default' = '4';
    CREATE TABLE numbers (id BIGINT) WITH (
      'connector' = 'datagen', 'fields.id.kind' = 'sequence', 'fields.id.start' = '0', 'fields.id.end' = '5999');
    CREATE TABLE target (id BIGINT) ${on(stream, { "sink.partitioner": "fixed", "sink.ordering": "key" })};
    INSERT INTO target SELECT id FROM numbers;`);

  const ids = new Map<string, number[]>();
  const shards = new Map<string, Set<string>>();
  for (const { shard, key, text } of await contents(stream)) {
    const { id } = JSON.parse(text) as { readonly id: number };
    const written = ids.get(key) ?? [];
    written.push(id);
    ids.set(key, written);
    shards.set(key, (shards.get(key) ?? new Set()).add(shard));
  }
  t.deepEqual([...ids.keys()].toSorted(), ["0", "1", "2", "3"]);
  t.true([...shards.values()].every(({ size }) => size === 1));
  for (const written of ids.values()) {
    t.true(written.every((id, index) => index === 0 || id > (written[index - 1] ?? id)));
  }
  const all = [...ids.values()].flat();
  t.is(all.length, 6_000);
  t.is(new Set(all).size, 6_000);
});
