import { writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Diagnostic } from "@tributary/core";
import test, { type ExecutionContext } from "ava";

import { folderWith, jsonLines, tributary, validate } from "./tributary.js";

/** The table of the original connector's documentation. */
const KINESIS_TABLE = `CREATE TABLE KinesisTable (
  \`user_id\` BIGINT,
  \`item_id\` BIGINT,
  \`category_id\` BIGINT,
  \`behavior\` STRING,
  \`ts\` TIMESTAMP(3)
)
PARTITIONED BY (user_id, item_id)
WITH (
  'connector' = 'kinesis',
  'stream.arn' = 'arn:aws:kinesis:us-east-1:012345678901:stream/my-stream-name',
  'aws.region' = 'us-east-1',
  'source.init.position' = 'LATEST',
  'format' = 'csv'
);
`;

interface Expected extends Partial<Diagnostic> {
  /** First of the candidates. */
  readonly nearest?: string;
}

/** Exactly one diagnostic, with at least the expected fields, and no stack trace. */
const one = test.macro({
  async exec(t: ExecutionContext, change: (script: string) => string, expected: Expected) {
    const script = change(KINESIS_TABLE);
    t.not(script, KINESIS_TABLE, "the variant changes nothing");

    const { code, diagnostics, stderr } = await validate(script);

    t.is(diagnostics.length, 1, JSON.stringify(diagnostics));
    const [found] = diagnostics;
    const { nearest, ...fields } = expected;
    t.like(found, { severity: "error", file: "script.sql", ...fields });
    if (nearest !== undefined) t.is(found?.candidates?.[0], nearest);
    t.is(code, 1);
    t.notRegex(stderr + JSON.stringify(found), /\n\s+at /);
  },
  title: (title = "") => `${title} is one diagnostic`,
});

test("the table of the documentation is valid", async (t) => {
  const { code, diagnostics } = await validate(KINESIS_TABLE);

  t.deepEqual(diagnostics, []);
  t.is(code, 0);
});

test(
  "a misspelt option",
  one,
  (s) =>
    s
      .replace("'source.init.position'", "'source.init.positon'")
      .replace("source.init.positon", "scan.init.position"),
  {
    code: "OPTION_UNKNOWN",
    option: "scan.init.position",
    line: 13,
    column: 3,
    table: "KinesisTable",
    connector: "kinesis",
    nearest: "source.init.position",
  },
);
test("a missing required option", one, (s) => s.replace("  'aws.region' = 'us-east-1',\n", ""), {
  code: "OPTION_MISSING",
  option: "aws.region",
  table: "KinesisTable",
  connector: "kinesis",
});
test(
  "sink.partitioner beside PARTITIONED BY",
  one,
  (s) => s.replace("'format' = 'csv'", "'sink.partitioner' = 'random',\n  'format' = 'csv'"),
  {
    code: "OPTION_CONFLICT",
    option: "sink.partitioner",
    line: 14,
    table: "KinesisTable",
  },
);
test("an unknown format", one, (s) => s.replace("'csv'", "'cvs'"), {
  code: "FACTORY_NOT_FOUND",
  option: "format",
  value: "cvs",
  line: 14,
  table: "KinesisTable",
  nearest: "csv",
});
test("an unknown type", one, (s) => s.replace("`behavior` STRING", "`behavior` STRNG"), {
  code: "SCHEMA_INVALID",
  line: 5,
  column: 14,
});
test("a syntax error", one, (s) => s.replace("PARTITIONED BY (user_id", "PARTITIONED BY user_id"), {
  code: "SQL_SYNTAX",
  line: 8,
  column: 16,
});
test("a value that is out of its set", one, (s) => s.replace("'LATEST'", "'LATST'"), {
  code: "OPTION_INVALID",
  option: "source.init.position",
  value: "LATST",
  line: 13,
  nearest: "LATEST",
});

test("an unknown key below an exempt prefix is a warning, and the table still plans", async (t) => {
  const { code, diagnostics } = await validate(
    KINESIS_TABLE.replace("source.init.position", "source.init.positon"),
  );

  t.is(code, 0);
  t.is(diagnostics.length, 1);
  t.like(diagnostics[0], {
    severity: "warning",
    code: "OPTION_UNKNOWN",
    option: "source.init.positon",
    line: 13,
  });
  t.is(diagnostics[0]?.candidates?.[0], "source.init.position");
});

test("five faults in three tables come in one run, in the order of the script", async (t) => {
  const script = `CREATE TABLE a (x INT) WITH (
  'connector' = 'kinesis',
  'aws.region' = 'us-east-1',
  'strem.arn' = 'arn:aws:kinesis:us-east-1:000000000000:stream/a',
  'format' = 'csv'
);
CREATE TABLE b (x INT, x STRING) WITH ('connector' = 'blackhole');
CREATE TABLE c (y STRNG) WITH ('connector' = 'datagen');
INSERT INTO missing SELECT * FROM c;
`;
  const { code, diagnostics } = await validate(script);

  t.is(code, 1);
  t.deepEqual(
    diagnostics.map((one) => one.code),
    ["OPTION_MISSING", "OPTION_UNKNOWN", "SCHEMA_INVALID", "SCHEMA_INVALID", "SQL_INVALID"],
  );
  t.deepEqual(
    diagnostics.map((one) => one.line),
    diagnostics.map((one) => one.line).toSorted((a, b) => Number(a) - Number(b)),
  );
});

const PLACES: readonly (readonly [title: string, bytes: Uint8Array, expected: Partial<Diagnostic>])[] = [
  [
    "a byte order mark is no column",
    Buffer.from("\uFEFFCREATE TABLE t (a INTT) WITH ('connector' = 'print');"),
    { code: "SCHEMA_INVALID", line: 1, column: 19 },
  ],
  [
    "a file that is no UTF-8 is refused at its first byte that is none",
    Buffer.from("CREATE TABLE t (\r\n  a INT, -- \xe9\r\n  b FOO)", "latin1"),
    { code: "SQL_SYNTAX", line: 2, column: 13 },
  ],
  [
    "a file that is no text is refused once",
    new Uint8Array([0x80, 0, 1, 0xff]),
    { code: "SQL_SYNTAX", line: 1, column: 1 },
  ],
];

for (const [title, bytes, expected] of PLACES) {
  test(title, async (t) => {
    const cwd = folderWith({});
    writeFileSync(join(cwd, "script.sql"), bytes);
    const outcome = await tributary(["validate", "script.sql", "--json"], { cwd });

    const diagnostics = jsonLines(outcome);
    t.is(diagnostics.length, 1, outcome.stdout);
    t.like(diagnostics[0], { severity: "error", file: "script.sql", ...expected });
    t.is(outcome.code, 1);
  });
}

test("faults of modules are diagnostics on stdout", async (t) => {
  const cwd = folderWith({ "script.sql": KINESIS_TABLE });
  const { code, stdout, stderr } = await tributary(["validate", "script.sql", "--module", "nowhere"], {
    cwd,
  });

  t.regex(stdout, /MODULE_NOT_FOUND/);
  t.is(stderr, "");
  t.is(code, 1);
});

test("a table whose connector no module registers is a warning when nothing uses it", async (t) => {
  const { code, diagnostics } = await validate("CREATE TABLE t (x INT) WITH ('connector' = 'kafka');");

  t.is(code, 0);
  t.deepEqual(
    diagnostics.map((one) => [one.severity, one.code]),
    [["warning", "FACTORY_NOT_FOUND"]],
  );
});

test("secrets never print", async (t) => {
  const script = KINESIS_TABLE.replace(
    "'format' = 'csv'",
    "'aws.credentials.basic.secretkey' = 'hunter2',\n  'aws.credentials.basic.secretkee' = 'hunter2', 'formt' = 'csv'",
  );
  const cwd = folderWith({
    "script.sql": script,
    "typo.sql": `CREATE TABLE t (a INT) WITH ('connector' = 'print', 'my.password' = "hunter2", api-key = 'hunter2')`,
    "session.sql": `SET 'security.redaction.additional-keys' = 'pin'; CREATE TABLE t (a INT) WITH ('pin' = 'hunter2') x`,
  });
  for (const args of [
    ["validate", "script.sql"],
    ["validate", "script.sql", "--json"],
    ["run", "script.sql"],
    ["validate", "typo.sql"],
    ["validate", "typo.sql", "--json"],
    ["validate", "session.sql"],
  ]) {
    const { stdout, stderr } = await tributary(args, { cwd });
    t.notRegex(stdout + stderr, /hunter2/, args.join(" "));
  }
});

test("diagnostics for people name place, value, candidates and what to do, without colour in a pipe", async (t) => {
  const cwd = folderWith({ "script.sql": KINESIS_TABLE.replace("'csv'", "'cvs'") });
  const { stdout, stderr } = await tributary(["validate", "script.sql"], { cwd });

  t.regex(stdout, /script\.sql:14:\d+/);
  t.regex(stdout, /cvs/);
  t.regex(stdout, /csv/);
  // eslint-disable-next-line no-control-regex -- the escape character is what must not be there
  t.notRegex(stdout, /\u001b/);
  t.is(stderr, "");
});
