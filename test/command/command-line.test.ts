import { readdirSync, truncateSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

import type { Diagnostic, FactoryRegistration } from "@tributary/core";
import test from "ava";

import { read } from "../repository/checkout.js";
import { folderWith, jsonLines, start, tributary } from "./tributary.js";

test("connectors lists the factories of the default modules", async (t) => {
  const outcome = await tributary(["connectors", "--json"]);

  t.is(outcome.code, 0);
  t.deepEqual(
    jsonLines<FactoryRegistration>(outcome).map((one) => `${one.role} ${one.identifier} ${one.interface}`),
    [
      "source datagen Source",
      "source filesystem Source",
      "source kinesis Source",
      "sink blackhole Sink",
      "sink filesystem Sink",
      "sink kinesis Sink",
      "sink print Sink",
      "format avro DecodingFormat",
      "format avro EncodingFormat",
      "format avro-confluent DecodingFormat",
      "format avro-confluent EncodingFormat",
      "format avro-glue DecodingFormat",
      "format avro-glue EncodingFormat",
      "format csv DecodingFormat",
      "format csv EncodingFormat",
      "format debezium-json DecodingFormat",
      "format debezium-json EncodingFormat",
      "format json DecodingFormat",
      "format json EncodingFormat",
      "format protobuf DecodingFormat",
      "format protobuf EncodingFormat",
      "format raw DecodingFormat",
      "format raw EncodingFormat",
    ],
  );
  t.deepEqual(Object.keys(jsonLines<object>(outcome)[0] ?? {}), [
    "role",
    "identifier",
    "interface",
    "module",
    "version",
  ]);
});

const DISTRIBUTIONS: readonly (readonly [string, readonly string[]])[] = [
  ["kinesis-streams@5", ["source kinesis Source", "sink kinesis Sink"]],
  ["kinesis-streams@4", ["sink kinesis Sink"]],
  ["kinesis@5", ["source kinesis Source", "source kinesis-legacy SourceFunction", "sink kinesis Sink"]],
  ["kinesis@4", ["source kinesis SourceFunction", "sink kinesis Sink"]],
];

for (const [name, expected] of DISTRIBUTIONS) {
  test(`--module ${name} replaces the default distribution`, async (t) => {
    const outcome = await tributary(["connectors", "--json", "--module", name]);

    const lines = jsonLines<FactoryRegistration>(outcome).filter((one) =>
      one.identifier.startsWith("kinesis"),
    );
    t.deepEqual(
      lines.map((one) => `${one.role} ${one.identifier} ${one.interface}`),
      expected,
    );
    t.true(lines.every((one) => `${one.module}@${one.version.split(".")[0]}` === name));
  });
}

test("two named distributions conflict, and both claimants are candidates", async (t) => {
  const outcome = await tributary([
    "connectors",
    "--json",
    "--module",
    "kinesis@5",
    "--module",
    "kinesis-streams@5",
  ]);

  t.is(outcome.code, 1);
  const diagnostics = jsonLines<Diagnostic>(outcome);
  t.deepEqual(
    diagnostics.map((one) => one.code),
    ["FACTORY_CONFLICT", "FACTORY_CONFLICT"],
  );
  for (const { candidates } of diagnostics) {
    t.regex(candidates?.join("\n") ?? "", /kinesis@5[\s\S]*kinesis-streams@5/);
  }
});

const WRONG: readonly (readonly [string, readonly string[], Partial<Diagnostic>, string?])[] = [
  ["an unknown command", ["validat"], {}, "validate"],
  ["an unknown second word", ["dev", "kinesys"], {}, "dev kinesis"],
  ["an unknown option", ["validate", "x.sql", "--jsn"], {}, "--json"],
  ["an option of another command", ["connectors", "--restore"], {}],
  ["a value where none belongs", ["connectors", "--json=yes"], {}],
  ["a value outside the choices", ["run", "x.sql", "--progress", "bars"], {}, "bar"],
  ["an option without its value", ["run", "x.sql", "--checkpoint"], {}],
  ["a missing operand", ["describe", "connector"], {}],
  ["a superfluous operand", ["connectors", "all"], {}],
  ["a file that does not exist", ["validate", "missing.sql"], { file: "missing.sql" }],
  ["a file of no known kind", ["validate", "package.json"], { file: "package.json" }],
  ["a runner that is not built", ["run", "x.sql", "--runner", "flink"], {}, "direct"],
  ["--restore without a directory", ["run", "x.sql", "--restore"], {}],
  ["a duration that is none", ["run", "x.sql", "--until-idle", "1.5 s"], {}],
];

for (const [title, args, expected, nearest] of WRONG) {
  test(`${title} is exit code 2`, async (t) => {
    const outcome = await tributary([...args, "--json"]);

    t.is(outcome.code, 2, outcome.stdout + outcome.stderr);
    const [first] = jsonLines<Diagnostic>(outcome);
    t.like(first, { severity: "error", code: "COMMAND_INVALID", ...expected });
    if (nearest !== undefined) t.is(first?.candidates?.[0], nearest);
    t.is(outcome.stderr, "");
  });
}

test("an unknown module is exit code 1", async (t) => {
  const outcome = await tributary(["connectors", "--json", "--module", "kinesis@6"]);

  t.is(outcome.code, 1);
  t.like(jsonLines<Diagnostic>(outcome)[0], { code: "MODULE_NOT_FOUND" });
});

test("a module that the script names and nobody has is reported at its SET", async (t) => {
  const cwd = folderWith({
    "script.sql": "SET 'pipeline.name' = 'x';\nSET 'tributary.modules' = 'nowhere';",
  });
  const outcome = await tributary(["validate", "script.sql", "--json", "--module", "elsewhere"], { cwd });

  t.deepEqual(
    jsonLines(outcome).map(({ code, value, file, line, column }) => [code, value, file, line, column]),
    [
      ["MODULE_NOT_FOUND", "elsewhere", undefined, undefined, undefined],
      ["MODULE_NOT_FOUND", "nowhere", "script.sql", 2, 27],
    ],
  );
});

test("every command has help that fits 80 columns, and lists only what is built", async (t) => {
  for (const command of [
    [],
    ["run"],
    ["validate"],
    ["explain"],
    ["connectors"],
    ["describe"],
    ["format", "decode"],
    ["format", "encode"],
    ["format", "infer"],
    ["dev", "kinesis"],
  ]) {
    const { code, stdout } = await tributary([...command, "--help"]);
    t.is(code, 0);
    t.regex(stdout, /Usage: tributary/);
    t.deepEqual(
      stdout.split("\n").filter((line) => line.length > 80),
      [],
    );
    t.notRegex(stdout, /gateway|savepoint/);
  }
});

test("--version prints the version alone", async (t) => {
  const { code, stdout } = await tributary(["--version"]);

  t.is(code, 0);
  t.regex(stdout, /^\d+\.\d+\.\d+\n$/);
});

test("describe gives every option in the contract's shape", async (t) => {
  const outcome = await tributary(["describe", "connector", "kinesis", "--json"]);

  t.is(outcome.code, 0);
  const options = jsonLines<Record<string, unknown>>(outcome);
  for (const option of options) {
    t.deepEqual(Object.keys(option), [
      "key",
      "type",
      "default",
      "required",
      "forwarded",
      "values",
      "description",
      "deprecatedKeys",
    ]);
  }
  const byKey = new Map(options.map((option) => [option["key"], option]));
  t.is(byKey.size, options.length);
  t.like(byKey.get("stream.arn"), { type: "String", required: true, default: null });
  t.like(byKey.get("sink.batch.max-size"), { type: "Integer", default: "500", required: false });
});

test("describe names near identifiers", async (t) => {
  const outcome = await tributary(["describe", "format", "jsn", "--json"]);

  t.is(outcome.code, 1);
  const [first] = jsonLines<Diagnostic>(outcome);
  t.is(first?.code, "FACTORY_NOT_FOUND");
  t.is(first?.candidates?.[0], "json");
});

const COUNTING = `CREATE TABLE numbers (n BIGINT) WITH (
  'connector' = 'datagen', 'fields.n.kind' = 'sequence', 'fields.n.start' = '1', 'fields.n.end' = '5',
  'rows-per-second' = '1000000'
);
CREATE TABLE results (n BIGINT, square BIGINT) WITH ('connector' = 'print');
INSERT INTO results SELECT n, n * n FROM numbers WHERE n > 2;
`;

test("the package's README lists the commands that --help lists", async (t) => {
  const { stdout } = await tributary(["--help"]);

  const words = (text: string): string =>
    text.replaceAll(/ (?:--.*|[A-Z]+|\[[A-Z]+\.\.\.\]|connector\\\|format)(?= |$)/g, "");
  const helped = [...stdout.matchAll(/^ {2}(\S+(?: \S+)*)/gm)].map(([, usage = ""]) => words(usage));
  const listed = [...read("packages/cli/README.md").matchAll(/^\| `tributary ([^`]+)` +\|/gm)];

  t.deepEqual(listed.map(([, usage = ""]) => words(usage)).sort(), helped.sort());
});

test("run prints rows in canonical JSON on stdout, and says what it did on stderr", async (t) => {
  const cwd = folderWith({ "count.sql": COUNTING });
  const { code, stdout, stderr } = await tributary(["run", "count.sql"], { cwd });

  t.is(code, 0, stderr);
  t.deepEqual(stdout.split("\n"), [
    '{"n":"3","square":"9"}',
    '{"n":"4","square":"16"}',
    '{"n":"5","square":"25"}',
    "",
  ]);
  t.regex(stderr, /read 5 numbers; wrote 3 results/);
});

test("run --json ends with the counts", async (t) => {
  const cwd = folderWith({ "count.sql": COUNTING.replace("'print'", "'blackhole'") });
  const outcome = await tributary(["run", "count.sql", "--json"], { cwd });

  const last = jsonLines<Record<string, unknown>>(outcome).at(-1);
  t.like(last, { event: "finished", read: { numbers: 5 }, written: { results: 3 }, late: 0, skipped: 0 });
  t.is(typeof last?.["seconds"], "number");
});

test("explain shows stages and, as JSON, nodes and edges", async (t) => {
  const cwd = folderWith({ "count.sql": COUNTING });
  const text = await tributary(["explain", "count.sql"], { cwd });
  const json = await tributary(["explain", "count.sql", "--json"], { cwd });

  t.is(text.code, 0);
  t.regex(text.stdout, /numbers/);
  t.regex(text.stdout, /results/);
  const [plan] = jsonLines<{ nodes: unknown[]; edges: unknown[] }>(json);
  t.true((plan?.nodes.length ?? 0) >= 2);
  t.true((plan?.edges.length ?? 0) >= 1);
});

test("explain tells the parallelism that a run will have", async (t) => {
  const cwd = folderWith({ "count.sql": `SET 'parallelism.default' = '3';\n${COUNTING}` });
  const own = await tributary(["explain", "count.sql"], { cwd });
  const given = await tributary(["explain", "count.sql", "--json", "--set", "parallelism.default=2"], {
    cwd,
  });

  t.regex(own.stdout, /^Pipeline 'count', parallelism 3\n/);
  t.is(jsonLines<{ parallelism: number }>(given)[0]?.parallelism, 3);
});

test("SIGTERM stops a run in good order: checkpoint written, exit code 130", async (t) => {
  const cwd = folderWith({
    "endless.sql": `CREATE TABLE numbers (n BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '100');
CREATE TABLE results (n BIGINT) WITH ('connector' = 'print');
INSERT INTO results SELECT n FROM numbers;`,
  });
  const running = start(["run", "endless.sql", "--checkpoint", "state"], { cwd });
  await running.line("stdout", '{"n":');
  running.child.kill("SIGTERM");
  const { code, stderr } = await running.outcome;

  t.is(code, 130, stderr);
  const again = start(["run", "endless.sql", "--checkpoint", "state", "--restore"], { cwd });
  await again.line("stdout", '{"n":');
  again.child.kill("SIGINT");
  t.is((await again.outcome).code, 130);
});

test("a checkpoint directory is never started over by accident, and a drained one is not restored", async (t) => {
  const cwd = folderWith({ "count.sql": COUNTING.replace("'print'", "'blackhole'") });
  const run = (...more: string[]) =>
    tributary(["run", "count.sql", "--json", "--checkpoint", "state", ...more], { cwd });

  t.like(jsonLines<Diagnostic>(await run("--restore"))[0], { code: "CHECKPOINT_UNUSABLE" });
  t.is((await run()).code, 0);
  const again = await run();
  t.is(again.code, 1);
  t.like(jsonLines<Diagnostic>(again)[0], { code: "CHECKPOINT_UNUSABLE" });
  const drained = await run("--restore");
  t.like(jsonLines<Diagnostic>(drained)[0], { code: "CHECKPOINT_UNUSABLE" });
  t.is((await run("--fresh")).code, 0);
});

/** Rows for ever, in a steady flow. */
const ENDLESS = `CREATE TABLE numbers (n BIGINT) WITH ('connector' = 'datagen', 'rows-per-second' = '1000');
CREATE TABLE results (n BIGINT) WITH ('connector' = 'print');
INSERT INTO results SELECT n FROM numbers;`;

test("a damaged checkpoint that is passed over is a warning among the diagnostics", async (t) => {
  const cwd = folderWith({ "endless.sql": ENDLESS });
  const args = ["run", "endless.sql", "--json", "--log", "error", "--checkpoint", "state"];
  const first = start([...args, "--checkpoint-interval", "20 ms"], { cwd });
  const checkpoints = (): string[] =>
    readdirSync(join(cwd, "state")).filter((name) => /^checkpoint-\d+$/.test(name));
  await first.line("stdout", '{"n":');
  while (checkpoints().length < 2) await new Promise((resolve) => setImmediate(resolve));
  first.child.kill("SIGTERM");
  await first.outcome;
  truncateSync(join(cwd, "state", checkpoints().sort().at(-1) ?? ""), 20);

  const second = start([...args, "--restore"], { cwd });
  const warning = JSON.parse(await second.line("stdout", "CHECKPOINT_DAMAGED")) as Diagnostic;
  await second.line("stdout", '{"n":');
  second.child.kill("SIGTERM");
  const { code, stdout } = await second.outcome;

  t.like(warning, { severity: "warning", code: "CHECKPOINT_DAMAGED" });
  t.regex(warning.hint ?? "", /is used instead/);
  t.is(stdout.split("CHECKPOINT_DAMAGED").length, 2);
  t.is(code, 130);
});

// Only Linux has /proc, where no folder can be made whoever asks.
const onLinux = process.platform === "linux" ? test : test.skip;

onLinux("a checkpoint directory that cannot be made is said at once", async (t) => {
  const cwd = folderWith({ "endless.sql": ENDLESS });
  const args = ["run", "endless.sql", "--json", "--checkpoint", "/proc/nowhere/state"];
  const outcome = await tributary(args, { cwd });

  t.like(jsonLines(outcome)[0], { severity: "error", code: "CHECKPOINT_UNUSABLE" });
  t.is(outcome.code, 1);
});

test("run --metrics-port serves each metric with its type, and says where", async (t) => {
  const cwd = folderWith({ "endless.sql": ENDLESS });
  const running = start(["run", "endless.sql", "--metrics-port", "0"], { cwd });
  const url = (await running.line("stderr", "metrics at ")).replace("metrics at ", "");
  await running.line("stdout", '"n":');
  const metrics = await (await fetch(url)).text();
  const elsewhere = await fetch(new URL("/", url));
  const health = await fetch(new URL("/healthz", url));
  running.child.kill("SIGTERM");
  await running.outcome;

  const lines = metrics.split("\n").filter((line) => line !== "");
  const names = lines.flatMap((line) => /^# TYPE (\S+) (?:counter|gauge)$/.exec(line)?.[1] ?? []);
  t.true(names.includes("tributary_source_records_total") && names.includes("tributary_sink_records_total"));
  t.deepEqual(names, [...new Set(names)]);
  for (const line of lines.filter((one) => !one.startsWith("#"))) {
    t.regex(line, /^tributary_[a-z_]+(?:\{[a-z_]+="[^"]+"(?:,[a-z_]+="[^"]+")*\})? -?[0-9.e+]+$/);
  }
  t.is(elsewhere.status, 404);
  t.is(health.status, 200);
  t.deepEqual(await health.json(), { isHealthy: true, state: "running", reasons: [] });
  t.true(names.includes("tributary_step_element_count") && names.includes("tributary_checkpoint_completed"));
});

test("a metrics port that is taken is said before anything runs", async (t) => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const cwd = folderWith({ "endless.sql": ENDLESS });

  const outcome = await tributary(["run", "endless.sql", "--json", "--metrics-port", String(port)], { cwd });
  server.close();

  t.is(outcome.code, 2);
  t.deepEqual(
    jsonLines(outcome).map(({ code }) => code),
    ["COMMAND_INVALID"],
  );
});

test("a promise that a function starts and nobody waits for fails the job when it is rejected", async (t) => {
  const module = `import { Pipeline } from "${import.meta.resolve("@tributary/core")}";
    const pipeline = new Pipeline("stray");
    pipeline.generateSequence("numbers", { rate: { elements: 1, perMs: 1 } }).map("stray", (n) => {
      void Promise.reject(new RangeError("not awaited"));
      return n;
    });
    export default pipeline;`;
  const outcome = await tributary(["run", "pipeline.mjs", "--json", "--progress", "none"], {
    cwd: folderWith({ "pipeline.mjs": module }),
  });

  const [found, ...others] = jsonLines<{ message: string }>(outcome);
  t.like(found, { severity: "error", code: "PIPELINE_INVALID" });
  t.regex(found?.message ?? "", /RangeError: not awaited/);
  t.deepEqual(others, []);
  t.is(outcome.stderr, "");
  t.is(outcome.code, 1);
});

for (const [title, module, expected] of [
  ["throws", "\nthrow new Error('no luck');", { line: 2, column: 7 }],
  ["does not parse", "export default (", {}],
  ["imports what is not there", "import 'nowhere-at-all';", {}],
] as const) {
  test(`a pipeline module that ${title} is one diagnostic without a trace`, async (t) => {
    const cwd = folderWith({ "pipeline.mjs": module });
    const outcome = await tributary(["run", "pipeline.mjs", "--json"], { cwd });

    const [found, ...others] = jsonLines(outcome);
    t.like(found, { severity: "error", code: "PIPELINE_INVALID", file: "pipeline.mjs", ...expected });
    t.deepEqual(others, []);
    t.is(outcome.stderr, "");
    t.is(outcome.code, 1);
  });
}

test("a closed pipe ends a run without an error", async (t) => {
  const cwd = folderWith({ "endless.sql": ENDLESS });
  const running = start(["run", "endless.sql"], { cwd });
  await running.line("stdout", '{"n":');
  running.child.stdout?.destroy();
  const { code, stderr } = await running.outcome;

  t.is(code, 0, stderr);
  t.notRegex(stderr, /EPIPE/);
});

test("dev kinesis refuses a stream that is given twice", async (t) => {
  const outcome = await tributary(["dev", "kinesis", "--stream", "a:1", "--stream", "a:2", "--json"]);

  t.is(outcome.code, 2);
  t.like(jsonLines(outcome)[0], { code: "COMMAND_INVALID" });
});

test("dev kinesis prints endpoint and environment, and ends with 130 at an interrupt", async (t) => {
  const running = start(["dev", "kinesis", "--stream", "clicks:2", "--json"]);
  const ready = JSON.parse(await running.line("stdout", "ready")) as {
    event: string;
    endpoint: string;
    environment: Record<string, string>;
  };

  t.is(ready.event, "ready");
  t.regex(ready.endpoint, /^http:\/\/127\.0\.0\.1:\d+$/);
  t.is(ready.environment["AWS_ENDPOINT_URL_KINESIS"], ready.endpoint);
  const answer = await fetch(ready.endpoint, {
    method: "POST",
    headers: { "x-amz-target": "Kinesis_20131202.ListShards", "content-type": "application/x-amz-json-1.1" },
    body: JSON.stringify({ StreamName: "clicks" }),
  });
  t.is(((await answer.json()) as { Shards: unknown[] }).Shards.length, 2);
  running.child.kill("SIGINT");
  t.is((await running.outcome).code, 130);
});
