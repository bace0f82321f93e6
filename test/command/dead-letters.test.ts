import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import test from "ava";

import { folderWith, jsonLines, tributary, validate } from "./tributary.js";

const CLICKS = `CREATE TABLE clicks (id INT, url STRING) WITH (
  'connector' = 'filesystem', 'path' = 'clicks', 'format' = 'csv',
  'decode.on-error' = 'dead-letter', 'decode.dead-letter.table' = 'bad_clicks'
);
`;
const GOOD = "CREATE TABLE good (id INT, url STRING) WITH ('connector' = 'print');\n";
const BAD = `CREATE TABLE bad_clicks (
  payload BYTES, reason STRING, column_name STRING, \`table\` STRING, format STRING, split STRING, \`position\` STRING,
  failed_at TIMESTAMP_LTZ(3)
) WITH ('connector' = 'filesystem', 'path' = 'bad', 'format' = 'json');
`;
const INSERT = "INSERT INTO good SELECT id, url FROM clicks;\n";

test("a script keeps what it cannot decode in a table of its own", async (t) => {
  const cwd = folderWith({ "script.sql": BAD + CLICKS + GOOD + INSERT });
  mkdirSync(join(cwd, "clicks"));
  writeFileSync(join(cwd, "clicks", "a.csv"), "1,/home\nx,/cart\n3,/pay\n");

  const outcome = await tributary(["run", "script.sql", "--json", "--log", "error", "--progress", "none"], {
    cwd,
  });

  const finished = jsonLines<object>(outcome).at(-1);
  t.like(finished, {
    event: "finished",
    read: { clicks: 2 },
    written: { good: 2, bad_clicks: 1 },
    skipped: 1,
  });
  t.is(outcome.code, 0);
  const files = readdirSync(join(cwd, "bad")).map((name) => readFileSync(join(cwd, "bad", name), "utf8"));
  const letters = files.flatMap((text) => text.split("\n").filter((line) => line !== ""));
  t.is(letters.length, 1);
  const letter = JSON.parse(letters[0] ?? "") as Record<string, string>;
  t.like(letter, { column_name: "id", table: "clicks", format: "csv" });
  t.is(Buffer.from(letter["payload"] ?? "", "base64").toString(), "x,/cart\n");
  t.regex(letter["reason"] ?? "", /"x" is not an INT/);
});

test("the plan names the dead-letter table", async (t) => {
  const cwd = folderWith({ "script.sql": BAD + CLICKS + GOOD + INSERT });
  const { stdout, code } = await tributary(["explain", "script.sql"], { cwd });

  t.is(code, 0);
  t.regex(stdout, /deadLetterTable: bad_clicks/);
});

const found = test.macro(async (t, script: string, expected: readonly string[]) => {
  const { code, diagnostics } = await validate(script);

  t.deepEqual(
    diagnostics.map((one) => `${one.line} ${one.code} ${one.table} ${one.option ?? one.columnName}`),
    expected,
  );
  t.is(code, expected.length > 0 ? 1 : 0);
});

test("validate: a sound script", found, BAD + CLICKS + GOOD + INSERT, []);
test(
  "validate: a table that is declared behind the INSERT is not there yet",
  found,
  CLICKS + GOOD + INSERT + BAD,
  ["3 OPTION_INVALID clicks decode.dead-letter.table"],
);
test(
  "validate: a view is no table to write to",
  found,
  `${CLICKS}${GOOD}CREATE VIEW bad_clicks AS SELECT 1 AS a;\n${INSERT}`,
  ["3 OPTION_INVALID clicks decode.dead-letter.table"],
);
test(
  "validate: faults of the dead-letter table stand at its own places",
  found,
  BAD.replace("reason STRING", "resaon STRING").replace("'json'", "'jsn'") + CLICKS + GOOD + INSERT,
  ["4 FACTORY_NOT_FOUND bad_clicks format"],
);
test(
  "validate: a column that no dead letter has",
  found,
  BAD.replace("reason STRING", "resaon STRING") + CLICKS + GOOD + INSERT,
  ["2 SCHEMA_INVALID bad_clicks resaon"],
);
test(
  "validate: a dead-letter table whose declaration is broken adds no fault for its readers",
  found,
  BAD.replace("reason STRING", "reason STRNG") + CLICKS + GOOD + INSERT,
  ["2 SCHEMA_INVALID undefined undefined"],
);
