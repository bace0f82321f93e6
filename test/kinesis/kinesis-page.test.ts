import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

import test from "ava";

import { startKinesisEmulator } from "@tributary/kinesis-emulator";

import { readGuide } from "../plugin/guide.js";
import { read, root } from "../repository/checkout.js";

const run = promisify(execFile);
const PAGE = "docs/kinesis.md";
const PATIENCE_MS = 240_000;
/** The page's command that starts the embedded Kinesis. */
const COMMAND = /`tributary dev kinesis --port (\d+)((?: --stream [\w-]+:\d+)+)`/;

const runs = process.platform === "win32" ? test.skip : test;

runs(`the examples of ${PAGE} print what the page says`, async (t) => {
  t.timeout(PATIENCE_MS);
  const [, port = "", given = ""] = COMMAND.exec(read(PAGE)) ?? [];
  const emulator = await startKinesisEmulator();
  for (const [, name = "", shards] of given.matchAll(/--stream ([\w-]+):(\d+)/g)) {
    await emulator.createStream(name, Number(shards));
  }
  const folder = mkdtempSync(join(tmpdir(), "tributary-kinesis-"));
  const programs = join(folder, "bin");
  mkdirSync(programs);
  const command = join(root, "packages", "cli", "bin", "tributary.mjs");
  writeFileSync(join(programs, "tributary"), `#!/bin/sh\nexec '${process.execPath}' '${command}' "$@"\n`);
  chmodSync(join(programs, "tributary"), 0o755);
  const { files, scripts, printed } = readGuide(PAGE);
  for (const [path, text] of files) {
    writeFileSync(join(folder, path), text.replaceAll(`http://127.0.0.1:${port}`, emulator.endpoint));
  }

  const outputs: string[] = [];
  const env = { ...process.env, PATH: `${programs}${delimiter}${process.env["PATH"] ?? ""}` };
  try {
    for (const script of scripts) {
      const { stdout } = await run("sh", ["-e", "-c", script], { cwd: folder, env });
      outputs.push(stdout);
    }
  } finally {
    await emulator.close();
    rmSync(folder, { recursive: true, force: true });
  }

  t.deepEqual(outputs, printed);
  t.true(outputs.length >= 3);
});
