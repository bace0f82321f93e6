import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

import test from "ava";

import { readGuide } from "../plugin/guide.js";
import { root } from "../repository/checkout.js";
import { startSchemaStandIn, type SchemaStandIn } from "./schema-stand-in.js";

const run = promisify(execFile);
const PATIENCE_MS = 100_000;
/** Examples name this address, for any that a reader has. */
const REGISTRY = "localhost:8081";

/** What protoc makes of order.proto on the page of protobuf. */
const DESCRIPTOR =
  "CswBCgtvcmRlci5wcm90bxIHc2hvcC52MSJuCgVPcmRlchIKCgJpZBgBIAEoAxIRCgRub3RlGAIgASgJSACIAQESHAoFbGluZXMYAyADKAsyDS5zaG9wLnYxLkxpbmUSHwoGc3RhdHVzGAQgASgOMg8uc2hvcC52MS5TdGF0dXNCBwoFX25vdGUiHgoETGluZRILCgNza3UYASABKAkSCQoBbhgCIAEoBSocCgZTdGF0dXMSCAoET1BFThAAEggKBFBBSUQQAWIGcHJvdG8z";

const folder = mkdtempSync(join(tmpdir(), "tributary-formats-"));
const programs = join(folder, "bin");
let registry: SchemaStandIn;

function program(name: string, text: string): void {
  const path = join(programs, name);
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
}

test.before(async () => {
  mkdirSync(programs);
  const command = join(root, "packages", "cli", "bin", "tributary.mjs");
  program("tributary", `exec '${process.execPath}' '${command}' "$@"`);
  program("protoc", `echo ${DESCRIPTOR} | base64 -d > order.desc`);
  registry = await startSchemaStandIn();
});

test.after.always(() => {
  registry.close();
  rmSync(folder, { recursive: true, force: true });
});

const pages = readdirSync(join(root, "docs", "formats")).filter((name) => name !== "README.md");

for (const page of pages) {
  const runs = process.platform === "win32" ? test.skip : test.serial;
  runs(`the examples of docs/formats/${page} print what the page says`, async (t) => {
    t.timeout(PATIENCE_MS);
    const { files, scripts, printed } = readGuide(`docs/formats/${page}`);
    const cwd = join(folder, page);
    const here = (text: string): string => text.replaceAll(REGISTRY, `127.0.0.1:${registry.port}`);
    mkdirSync(cwd);
    for (const [path, text] of files) writeFileSync(join(cwd, path), here(text));
    const env = {
      ...process.env,
      PATH: `${programs}${delimiter}${process.env["PATH"] ?? ""}`,
      AWS_ACCESS_KEY_ID: "example",
      AWS_SECRET_ACCESS_KEY: "example",
    };
    const outputs: string[] = [];
    for (const script of scripts) {
      const { stdout } = await run("sh", ["-e", "-c", here(script)], { cwd, env });
      outputs.push(stdout);
    }

    t.deepEqual(outputs, printed);
    t.true(outputs.length > 0);
  });
}
