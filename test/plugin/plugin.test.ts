import { spawn } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import test from "ava";
import type { Diagnostic } from "@tributary/core";

import { installTarballs, node, npm, packAll } from "../packaging/npm.js";
import { root, type Manifest } from "../repository/checkout.js";
import { readGuide } from "./guide.js";

/** Packing, installing, compiling. */
const PATIENCE_MS = 240_000;

/** Outside the repository: nothing of it is found from here. */
const home = realpathSync(mkdtempSync(join(tmpdir(), "tributary-plugin-")));
const plugin = join(home, "lines");
const installedCommand = join(plugin, "node_modules", "@tributary", "cli", "bin", "tributary.mjs");

test.before(async (t) => {
  t.timeout(PATIENCE_MS);
  const tarballs = join(home, "tarballs");
  mkdirSync(tarballs);
  const packed = await packAll(tarballs);
  await node([join(root, "packages", "cli", "bin", "tributary.mjs"), "new", "plugin", "@acme/lines"], home);
  await installTarballs([...packed, await packPluginWithOwnCore()], plugin);
});
test.after.always(() => rmSync(home, { recursive: true, force: true }));

/** A plugin that brings an older copy of core along, as it happens when core is no peer dependency. */
async function packPluginWithOwnCore(): Promise<string> {
  const core = join(home, "older-core");
  cpSync(join(root, "packages", "core"), core, {
    recursive: true,
    filter: (path) => !/node_modules|dist-test|[\\/]test$/.test(path),
  });
  const manifest = JSON.parse(readFileSync(join(core, "package.json"), "utf8")) as Manifest;
  writeFileSync(join(core, "package.json"), JSON.stringify({ ...manifest, version: "0.0.9" }));
  const packedCore = (await npm(["pack", "--silent", "--pack-destination", home], core)).stdout.trim();
  const folder = join(home, "careless");
  mkdirSync(folder);
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({
      name: "careless",
      version: "1.0.0",
      type: "module",
      exports: { "./tributary": "./module.js" },
      dependencies: { "@tributary/core": `file:${join(home, packedCore)}` },
    }),
  );
  writeFileSync(
    join(folder, "module.js"),
    `import { defineModule } from "@tributary/core";
export const careless = defineModule({ name: "careless", version: "1.0.0", factories: [] });\n`,
  );
  return join(home, (await npm(["pack", "--silent", "--pack-destination", home], folder)).stdout.trim());
}

test("a new plugin outside the repository builds, passes its tests and runs its example", async (t) => {
  t.timeout(PATIENCE_MS);

  const tests = await npm(["test", "--silent"], plugin);
  t.regex(tests.stdout, /\d\d tests passed/);
  await npm(["run", "example", "--silent"], plugin);

  t.is(
    readFileSync(join(plugin, "example-output.txt"), "utf8"),
    "line=1 name=Ann%20Lee age=34\nline=4 name=Dee age=61\n",
  );
  const packed = await npm(["pack", "--dry-run", "--json"], plugin);
  const [{ files }] = Object.values(JSON.parse(packed.stdout) as object) as [{ files: { path: string }[] }];
  t.true(files.some(({ path }) => path === "dist/module.js"));
  t.deepEqual(
    files.filter(({ path }) => /test|\.tsbuildinfo$/.test(path)),
    [],
  );

  const job = join(home, "job");
  mkdirSync(job);
  writeFileSync(join(job, "people.txt"), "name=Ann age=34\n");
  writeFileSync(
    join(job, "script.sql"),
    `CREATE TABLE people (name STRING, age INT) WITH (
  'connector' = 'lines', 'paths' = '${join(job, "people.txt")}', 'format' = 'lines');
CREATE TABLE names (name STRING) WITH ('connector' = 'lines', 'sink.path' = '${join(job, "names.txt")}', 'format' = 'lines');
INSERT INTO names SELECT name FROM people;`,
  );
  await node([installedCommand, "run", join("job", "script.sql"), "--module", "../lines"], home);

  t.is(readFileSync(join(job, "names.txt"), "utf8"), "name=Ann\n");
});

test("a plugin with a copy of core of its own is refused, and both copies are named", async (t) => {
  const refused = node([installedCommand, "connectors", "--json", "--module", "careless"], plugin);
  const { code, stdout } = (await t.throwsAsync(refused)) as Error & { code?: unknown; stdout?: string };

  t.is(code, 1);
  const [diagnostic] = (stdout ?? "")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Diagnostic);
  t.is(diagnostic?.code, "MODULE_INCOMPATIBLE");
  const version = (JSON.parse(readFileSync(join(root, "lerna.json"), "utf8")) as Manifest).version;
  const modules = join(plugin, "node_modules");
  t.true(
    diagnostic?.message.includes(
      `0.0.9 in ${join(modules, "careless", "node_modules", "@tributary", "core")}`,
    ),
  );
  t.true(diagnostic?.message.includes(`${version} in ${join(modules, "@tributary", "core")}`));
});

/** A port that nobody listens on now. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Starts a program of a folder; resolves with its output so far, once there is some, and a way to end it. */
async function startProgram(file: string, folder: string) {
  const child = spawn(process.execPath, [file], { cwd: folder, stdio: ["ignore", "pipe", "inherit"] });
  const program = { output: "", end: () => child.kill() };
  await new Promise<void>((resolve) => {
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      program.output += text;
      resolve();
    });
  });
  return program;
}

test("the guide's files and commands make a plugin that prints what the guide says", async (t) => {
  t.timeout(PATIENCE_MS);
  const { files, commands, printed } = readGuide();
  const folder = join(home, "acme-logs");
  const port = String(await freePort());
  for (const [path, text] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text.replaceAll("8099", port));
  }
  t.deepEqual(commands, [
    "npm install",
    "npm test",
    "npx tributary describe connector tail --module .",
    "npx tributary validate watch.sql --module .",
    "node receiver.mjs &",
    "npx tributary run watch.sql --module . --until-idle '1 s'",
  ]);
  // What is installed for the other plugin is what this one asks for.
  symlinkSync(join(plugin, "node_modules"), join(folder, "node_modules"), "junction");

  t.regex((await npm(["test", "--silent"], folder)).stdout, /\d\d tests passed/);
  const described = await node([installedCommand, "describe", "connector", "tail", "--module", "."], folder);
  t.regex(described.stdout, /poll-interval[\s\S]*default 500 ms/);
  await node([installedCommand, "validate", "watch.sql", "--module", "."], folder);
  const receiver = await startProgram("receiver.mjs", folder);
  t.teardown(receiver.end);
  await node([installedCommand, "run", "watch.sql", "--module", ".", "--until-idle", "1 s"], folder);

  t.deepEqual([receiver.output], printed);
});
