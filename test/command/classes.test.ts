/** Classes that a script names: bound by a module, or in a file beside the script, which only `run` executes. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { GetRecordsCommand, GetShardIteratorCommand, KinesisClient } from "@aws-sdk/client-kinesis";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { startKinesisEmulator } from "@tributary/kinesis-emulator";
import test from "ava";

import { root } from "../repository/checkout.js";
import { folderWith, jsonLines, tributary } from "./tributary.js";

const emulator = await startKinesisEmulator();
let streams = 0;

/** Executing the file leaves a trace in `executed`. */
const KEYS = `import { writeFileSync } from "node:fs";
import { basename } from "node:path";
writeFileSync(new URL("./executed", import.meta.url), "");
export class ByCity {
  open({ writerIndex, parallelism }) {
    writeFileSync(new URL("./opened", import.meta.url), writerIndex + "/" + parallelism);
  }
  partitionKey(row) {
    return "city-" + row.city;
  }
}
export class Credentials {
  #region;
  constructor(properties) {
    this.#region = properties.get("aws.region");
  }
  resolveCredentials() {
    writeFileSync(new URL("./asked", import.meta.url), this.#region);
    return { accessKeyId: "000000000000", secretAccessKey: "s" };
  }
}
`;

const TYPED_KEYS = `export class ByCity {
  partitionKey(row: Readonly<Record<string, unknown>>): string {
    return \`typed-\${String(row["city"])}\`;
  }
}
`;

/** Three rows into a stream; print writes the same rows without Kinesis. */
function script(stream: string, partitioner: string, more = ""): string {
  return `CREATE TABLE orders (city STRING, n INT) WITH (
  'connector' = 'kinesis',
  'stream.arn' = 'arn:aws:kinesis:us-east-1:000000000000:stream/${stream}',
  'aws.region' = 'us-east-1',
  'aws.endpoint' = '${emulator.endpoint}',
  'sink.partitioner' = '${partitioner}',${more === "" ? "" : `\n  ${more},`}
  'format' = 'json'
);
INSERT INTO orders VALUES ('Ulm', 1), ('Bonn', 2), ('Ulm', 3);
`;
}

const CREDENTIALS = `'aws.credentials.provider' = 'CUSTOM', 'aws.credentials.custom.class' = './keys.mjs#Credentials'`;
const BASIC = `'aws.credentials.basic.accesskeyid' = '000000000000', 'aws.credentials.basic.secretkey' = 's'`;

async function newStream(): Promise<string> {
  const name = `orders-${(streams += 1)}`;
  await emulator.createStream(name, 1);
  return name;
}

const client = new KinesisClient({
  endpoint: emulator.endpoint,
  region: "us-east-1",
  credentials: { accessKeyId: "000000000000", secretAccessKey: "s" },
  requestHandler: new NodeHttpHandler(),
});
test.after.always(async () => {
  client.destroy();
  await emulator.close();
});

async function keysIn(stream: string): Promise<readonly string[]> {
  const { ShardIterator } = await client.send(
    new GetShardIteratorCommand({
      StreamName: stream,
      ShardId: "shardId-000000000000",
      ShardIteratorType: "TRIM_HORIZON",
    }),
  );
  const { Records = [] } = await client.send(new GetRecordsCommand({ ShardIterator }));
  return Records.map(({ PartitionKey = "" }) => PartitionKey).toSorted();
}

test("run executes the file beside the script: its classes make keys and credentials", async (t) => {
  const stream = await newStream();
  const cwd = folderWith({
    "orders.sql": script(stream, "./keys.mjs#ByCity", CREDENTIALS),
    "keys.mjs": KEYS,
  });

  // From another folder: names are relative to the script.
  const outcome = await tributary(["run", join(cwd, "orders.sql"), "--json"], { cwd: root });

  t.is(outcome.code, 0, outcome.stdout + outcome.stderr);
  t.deepEqual(await keysIn(stream), ["city-Bonn", "city-Ulm", "city-Ulm"]);
  t.is(readFileSync(join(cwd, "opened"), "utf8"), "0/1");
  t.is(readFileSync(join(cwd, "asked"), "utf8"), "us-east-1");
  t.false(outcome.stdout.includes("OPTION_IGNORED"));
});

test("a file beside the script may be TypeScript", async (t) => {
  const stream = await newStream();
  const cwd = folderWith({
    "orders.sql": script(stream, "./keys.ts#ByCity", BASIC),
    "keys.ts": TYPED_KEYS,
  });

  const outcome = await tributary(["run", "orders.sql"], { cwd });

  t.is(outcome.code, 0, outcome.stderr);
  t.deepEqual(await keysIn(stream), ["typed-Bonn", "typed-Ulm", "typed-Ulm"]);
});

test("a pipeline module's tables name classes relative to the module", async (t) => {
  const stream = await newStream();
  const cwd = folderWith({
    "keys.mjs": KEYS,
    "orders.mjs": `import { Pipeline, table, types } from ${JSON.stringify(join(root, "packages/core/dist/index.js"))};
const orders = table({
  name: "orders",
  columns: { city: types.string() },
  options: {
    connector: "kinesis",
    "stream.arn": "arn:aws:kinesis:us-east-1:000000000000:stream/${stream}",
    "aws.region": "us-east-1",
    "aws.endpoint": "${emulator.endpoint}",
    "aws.credentials.basic.accesskeyid": "000000000000",
    "aws.credentials.basic.secretkey": "s",
    "sink.partitioner": "./keys.mjs#ByCity",
    format: "json",
  },
});
const pipeline = new Pipeline("orders");
pipeline.create("cities", [{ city: "Ulm" }]).writeTable("orders", orders);
export default pipeline;
`,
  });

  const outcome = await tributary(["run", join(cwd, "orders.mjs"), "--json"], { cwd: root });

  t.is(outcome.code, 0, outcome.stdout + outcome.stderr);
  t.deepEqual(await keysIn(stream), ["city-Ulm"]);
});

for (const command of ["validate", "explain"]) {
  test(`${command} sees that the file is there and does not execute it`, async (t) => {
    const cwd = folderWith({
      "orders.sql": script("orders", "./keys.mjs#NoSuchExport", BASIC),
      "keys.mjs": KEYS,
    });

    const outcome = await tributary([command, "orders.sql"], { cwd });

    t.is(outcome.code, 0, outcome.stderr);
    t.regex(
      outcome.stdout + outcome.stderr,
      /info OPTION_IGNORED: Option 'sink\.partitioner' of table 'orders'/,
    );
    t.false(existsSync(join(cwd, "executed")));
  });
}

test("run reports an export that is not there before it connects, with line and candidates", async (t) => {
  const cwd = folderWith({
    "orders.sql": script("no-such-stream", "./keys.mjs#ByCty", BASIC),
    "keys.mjs": KEYS,
  });

  const outcome = await tributary(["run", "orders.sql", "--json"], { cwd });

  t.is(outcome.code, 1);
  t.like(jsonLines(outcome)[0], {
    code: "OPTION_INVALID",
    message:
      "Option 'sink.partitioner' of table 'orders' names the class './keys.mjs#ByCty', which its file does not export.",
    line: 6,
    candidates: ["./keys.mjs#ByCity", "fixed", "random"],
  });
});

test("validate reports a file that is not there, and a name that no module binds", async (t) => {
  const gone = folderWith({ "orders.sql": script("orders", "./gone.mjs#ByCity", BASIC) });
  const unbound = folderWith({ "orders.sql": script("orders", "org.mycompany.MyPartitioner", BASIC) });

  const [first, second] = await Promise.all(
    [gone, unbound].map((cwd) => tributary(["validate", "orders.sql", "--json"], { cwd })),
  );

  t.is(first?.code, 1);
  t.regex(
    first === undefined ? "" : (jsonLines(first)[0]?.message ?? ""),
    /'\.\/gone\.mjs#ByCity', and there is no file .*gone\.mjs\.$/,
  );
  t.is(second?.code, 1);
  t.like(second === undefined ? {} : jsonLines(second)[0], {
    code: "OPTION_INVALID",
    option: "sink.partitioner",
    table: "orders",
    candidates: ["random", "fixed"],
  });
});

test("a name that a module of --module binds is valid and runs", async (t) => {
  const stream = await newStream();
  const core = JSON.stringify(join(root, "packages/core/dist/index.js"));
  const kinesis = JSON.stringify(join(root, "packages/io-kinesis/dist/index.js"));
  const cwd = folderWith({
    "orders.sql": script(stream, "org.mycompany.MyPartitioner", BASIC),
    "keys.mjs": `import { bindClass, defineModule } from ${core};
import { PARTITION_KEY_GENERATOR } from ${kinesis};
class MyPartitioner { partitionKey(row) { return "bound-" + row.city; } }
export const keys = defineModule({ name: "keys", version: "1.0.0",
  classes: { "org.mycompany.MyPartitioner": bindClass(PARTITION_KEY_GENERATOR, MyPartitioner) } });
`,
  });

  const valid = await tributary(["validate", "orders.sql", "--json", "--module", "./keys.mjs"], { cwd });
  const ran = await tributary(["run", "orders.sql", "--module", "./keys.mjs"], { cwd });

  t.is(valid.stdout, "");
  t.is(ran.code, 0, ran.stderr);
  t.deepEqual(await keysIn(stream), ["bound-Bonn", "bound-Ulm", "bound-Ulm"]);
});
