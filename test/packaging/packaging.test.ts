import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import test from "ava";

import { packageFolders, root } from "../repository/checkout.js";
import { installTarballs, node, packAll } from "./npm.js";

/** Packing and installing talk to the registry or its cache. */
const PATIENCE_MS = 240_000;

/** Bytes of all files below a folder. */
function sizeOf(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

const PIPELINE = `import { Pipeline, table, types } from "@tributary/core";

const numbers = table({
  name: "numbers",
  columns: { n: types.int() },
  options: { connector: "datagen", "fields.n.kind": "sequence", "fields.n.start": "1", "fields.n.end": "3" },
});
const squares = table({ name: "squares", columns: { square: types.int() }, options: { connector: "print" } });
const pipeline = new Pipeline("squares");
pipeline.readTable("read", numbers).map("square", ({ n }) => ({ square: Number(n) ** 2 })).writeTable("write", squares);
export default pipeline;
`;

const APP = `
const pipeline = new Pipeline("squares");
const collected = new CollectingSink();
pipeline.create("numbers", [1, 2, 3]).map("square", (n) => n * n).write("collect", collected);
const logger = { error() {}, warn() {}, info() {}, debug() {}, trace() {} };
const { value } = pipeline.toGraph({ registry: createRegistry([]), timeZone: "UTC", logger });
`;

const FILES: Readonly<Record<string, string>> = {
  "app.mjs": `import { createRegistry, DirectRunner, Pipeline } from "@tributary/core";
import { CollectingSink } from "@tributary/core/testing";
${APP}
await (await new DirectRunner().run(value)).result;
console.log(collected.values.join(" "));
`,
  "app.cjs": `const { createRegistry, DirectRunner, Pipeline } = require("@tributary/core");
const { CollectingSink } = require("@tributary/core/testing");
for (const name of ["formats", "io-basic", "io-kinesis", "kinesis-emulator", "sql", "cli"]) require("@tributary/" + name);
${APP}
new DirectRunner().run(value).then((job) => job.result).then(() => console.log(collected.values.join(" ")));
`,
  "app.ts": `import { createRegistry, DirectRunner, Pipeline, type Logger } from "@tributary/core";
import { CollectingSink } from "@tributary/core/testing";

const pipeline = new Pipeline("squares");
const collected = new CollectingSink<number>();
pipeline.create("numbers", [1, 2, 3]).map("square", (n) => n * n).write("collect", collected);
const logger: Logger = { error() {}, warn() {}, info() {}, debug() {}, trace() {} };
const { value } = pipeline.toGraph({ registry: createRegistry([]), timeZone: "UTC", logger });
if (value === undefined) throw new Error("not planned");
await (await new DirectRunner().run(value)).result;
console.log(collected.values.join(" "));
`,
  "pipeline.ts": PIPELINE,
  "tsconfig.json": JSON.stringify({
    compilerOptions: {
      module: "NodeNext",
      target: "ES2023",
      strict: true,
      noEmit: false,
      outDir: "out",
      skipLibCheck: false,
      types: [],
    },
    files: ["app.ts", "pipeline.ts"],
  }),
};

test("packed tarballs alone serve TypeScript, ES module and CommonJS applications", async (t) => {
  t.timeout(PATIENCE_MS);
  const folder = mkdtempSync(join(tmpdir(), "tributary-packed-"));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const tarballs = join(folder, "tarballs");
  const app = join(folder, "app");
  mkdirSync(tarballs);
  mkdirSync(app);
  const packed = await packAll(tarballs);
  for (const [name, text] of Object.entries(FILES)) writeFileSync(join(app, name), text);
  writeFileSync(join(app, "package.json"), JSON.stringify({ name: "app", private: true, type: "module" }));
  t.is(packed.length, packageFolders().length);
  await installTarballs(packed, app);

  t.is((await node(["app.mjs"], app)).stdout, "1 4 9\n");
  t.is((await node(["--no-warnings", "app.cjs"], app)).stdout, "1 4 9\n");
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  await node([compiler, "-p", "."], app);
  t.is((await node([join("out", "app.js")], app)).stdout, "1 4 9\n");
  const command = join(app, "node_modules", "@tributary", "cli", "bin", "tributary.mjs");
  const { stdout } = await node([command, "run", "pipeline.ts"], app);
  t.is(stdout, '{"square":1}\n{"square":4}\n{"square":9}\n');

  const modules = join(app, "node_modules");
  const installed = JSON.parse(readFileSync(join(modules, ".package-lock.json"), "utf8")) as {
    packages: object;
  };
  const count = Object.keys(installed.packages).length;
  t.log(`installed: ${(sizeOf(modules) / 1024 / 1024).toFixed(1)} MB in ${count} packages, ours among them`);
  for (const name of packageFolders()) t.true(existsSync(join(modules, "@tributary", name, "LICENSE")), name);
});
