import { join, parse } from "node:path";

import test from "ava";

import { root } from "../repository/checkout.js";
import { folderWith, jsonLines, tributary } from "./tributary.js";

const SCRIPT = `
  CREATE TABLE numbers (n INT) WITH ('connector' = 'datagen', 'number-of-rows' = '3');
  CREATE TABLE nothing (n INT) WITH ('connector' = 'blackhole');
  INSERT INTO nothing SELECT n FROM numbers;`;
/** A port that nobody listens on. */
const NOWHERE = "http://127.0.0.1:1";
const env = { AWS_REGION: "eu-west-1", AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "very-secret" };

test("checkpoints in an object store need the package, and the command says which", async (t) => {
  // Nothing is installed for the root of the file system.
  const cwd = parse(root).root;

  const outcome = await tributary(["checkpoint", "positions", "s3://jobs/flights", "--json"], { cwd, env });

  t.is(outcome.code, 1, outcome.stdout + outcome.stderr);
  const [found] = jsonLines(outcome);
  t.like(found, { code: "MODULE_NOT_FOUND", value: "@tributary/store-s3" });
  t.regex(found?.hint ?? "", /npm install @tributary\/store-s3/);
});

for (const [how, more, cwd] of [
  ["installed beside the script", [], root],
  ["loaded as a module", ["--module", join(root, "packages", "store-s3")], undefined],
] as const) {
  test(`${how}, the store is asked before anything runs`, async (t) => {
    const folder = folderWith({ "job.sql": SCRIPT });
    const where = `s3://jobs/flights?endpoint=${NOWHERE}`;
    const args = ["run", join(folder, "job.sql"), "--checkpoint", where, "--json", ...more];

    const outcome = await tributary(args, { cwd: cwd ?? folder, env });

    t.is(outcome.code, 3, outcome.stdout + outcome.stderr);
    t.like(jsonLines(outcome)[0], { code: "SERVICE_UNAVAILABLE", value: "s3://jobs/flights" });
    t.false((outcome.stdout + outcome.stderr).includes("very-secret"));
  });
}

test("a scheme that nobody knows is refused with those that there are", async (t) => {
  const cwd = folderWith({ "job.sql": SCRIPT });

  const outcome = await tributary(["run", "job.sql", "--checkpoint", "ftp://host/dir", "--json"], { cwd });

  t.is(outcome.code, 1);
  t.like(jsonLines(outcome)[0], {
    code: "MODULE_NOT_FOUND",
    value: "ftp://host/dir",
    candidates: ["file://"],
  });
});
