import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

import test from "ava";

import { packageFolders, read, root } from "./checkout.js";

const run = promisify(execFile);

/** A program around a block that begins in the middle, by package: the README's text has introduced its names. */
const FRAMES: Readonly<Record<string, readonly [before: string, after: string]>> = {
  "kinesis-emulator": [
    `import { startKinesisEmulator } from "@tributary/kinesis-emulator";
const emulator = await startKinesisEmulator({ virtualTime: true });
`,
    "await emulator.close();\n",
  ],
  "io-kinesis": [
    `import { createRegistry } from "@tributary/core";
import { formats } from "@tributary/formats";
import { KINESIS_CLIENTS, kinesisStreams5, type KinesisClients } from "@tributary/io-kinesis";
const inMemoryClients: KinesisClients = { open: () => Promise.reject(new Error("nothing is opened here")) };
`,
    "await registry.dispose();\n",
  ],
};

/** What the examples print, by package and place in its README; nothing unless it stands here. */
const PRINTED: Readonly<Record<string, RegExp>> = {
  "core-1": /^\[ 1, 4, 9 \]\n$/,
  "kinesis-emulator-2": /^http:\/\/127\.0\.0\.1:\d+ \d+ \{[\s\S]+\}\n$/,
  "kinesis-emulator-4": /^0\n$/,
  "sql-1": /^\{"n":"1","square":"1"\}\n\{"n":"2","square":"4"\}\n\{"n":"3","square":"9"\}\n$/,
};

interface Example {
  /** Package and place in its README, counted from 1. */
  readonly name: string;
  readonly code: string;
}

function examplesOf(folder: string): readonly Example[] {
  const blocks = [...read(`packages/${folder}/README.md`).matchAll(/^```ts\n([\s\S]*?)^```$/gm)];
  const [before, after] = FRAMES[folder] ?? ["", ""];
  return blocks.map(([, code = ""], index) => ({
    name: `${folder}-${index + 1}`,
    code: code.startsWith("import ") ? code : before + code + after,
  }));
}

const examples = packageFolders().flatMap(examplesOf);
/** Inside the repository, so that the packages are found as those of an application are. */
const folder = mkdtempSync(join(root, "node_modules", ".readme-examples-"));

test.before(() => {
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  for (const { name, code } of examples) writeFileSync(join(folder, `${name}.ts`), code);
});

test.after.always(() => rmSync(folder, { recursive: true, force: true }));

test("the examples in the packages' READMEs compile, run and print what they say", async (t) => {
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  const language = ["--module", "nodenext", "--target", "es2023", "--strict", "--types", "node"];
  const files = examples.map(({ name }) => join(folder, `${name}.ts`));
  const compiled = await run(process.execPath, [
    compiler,
    ...language,
    "--skipLibCheck",
    "--ignoreConfig",
    ...files,
  ]).catch((error: { readonly stdout: string }) => error);
  t.is(compiled.stdout, "");

  const outputs = await Promise.all(
    examples.map(async ({ name }) => {
      const { stdout, stderr } = await run(process.execPath, [join(folder, `${name}.js`)], { cwd: folder });
      return { name, stdout, stderr };
    }),
  );

  t.true(examples.length >= 7);
  for (const { name, stdout, stderr } of outputs) {
    t.is(stderr, "", name);
    t.regex(stdout, PRINTED[name] ?? /^$/, name);
  }
});
