import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Diagnostic, FactoryRegistration } from "@tributary/core";
import test from "ava";

import { read, readJson, type Manifest } from "../repository/checkout.js";
import { folderWith, jsonLines, tributary } from "./tributary.js";

const BUILT_IN: readonly (readonly [name: string, loaded: string])[] = [
  ["kinesis@5", "kinesis@5.1.0"],
  ["kinesis@5.1", "kinesis@5.1.0"],
  ["kinesis@5.1.0", "kinesis@5.1.0"],
  ["kinesis-streams@5.1.0", "kinesis-streams@5.1.0"],
];

for (const [name, loaded] of BUILT_IN) {
  test(`--module ${name} is ${loaded}, and replaces the default distribution`, async (t) => {
    const outcome = await tributary(["connectors", "--json", "--module", name]);

    t.is(outcome.code, 0, outcome.stdout);
    const kinesis = jsonLines<FactoryRegistration>(outcome).filter((one) => one.module.startsWith("kinesis"));
    t.deepEqual([...new Set(kinesis.map((one) => `${one.module}@${one.version}`))], [loaded]);
  });
}

const ABSENT: readonly (readonly [name: string, nearest: string])[] = [
  ["kinesis@5.0.0", "kinesis@5.1.0"],
  ["kinesis@6", "kinesis@5"],
  ["kinesis", "kinesis@5"],
  ["formatss", "formats"],
];

for (const [name, nearest] of ABSENT) {
  test(`--module ${name} is not found; '${nearest}' is among the candidates`, async (t) => {
    const outcome = await tributary(["connectors", "--json", "--module", name]);

    t.is(outcome.code, 1);
    const [diagnostic] = jsonLines<Diagnostic>(outcome);
    t.is(diagnostic?.code, "MODULE_NOT_FOUND");
    t.true(diagnostic?.candidates?.includes(nearest));
  });
}

const PLUGIN = `export const it = { name: "acme", version: "1.0.0", contractVersion: 1, core: "elsewhere" };\n`;
const SCRIPT = `SET 'tributary.modules' = 'formats; ./plugin.mjs';
CREATE TABLE t (n INT) WITH ('connector' = 'print');
`;

test("SET 'tributary.modules' names modules from the script's folder", async (t) => {
  const cwd = folderWith({});
  mkdirSync(join(cwd, "jobs"));
  writeFileSync(join(cwd, "jobs", "script.sql"), SCRIPT);
  writeFileSync(join(cwd, "jobs", "plugin.mjs"), PLUGIN);

  const outcome = await tributary(["validate", "jobs/script.sql", "--json"], { cwd });

  // That it stands on another copy of core says that it was found and looked at.
  t.is(outcome.code, 1);
  t.like(jsonLines(outcome)[0], { code: "MODULE_INCOMPATIBLE" });
});

test("a plugin in TypeScript is loaded by its path", async (t) => {
  const cwd = folderWith({
    "plugin.mts": `const version: string = "1.0.0";\n${PLUGIN.replace('"1.0.0"', "version")}`,
  });

  const outcome = await tributary(["connectors", "--json", "--module", "./plugin.mts"], { cwd });

  t.like(jsonLines(outcome)[0], { code: "MODULE_INCOMPATIBLE" });
  t.regex(jsonLines(outcome)[0]?.message ?? "", /acme@1\.0\.0 stands on another copy/);
});

const WRONG_NAMES: readonly (readonly [name: string, reason: RegExp])[] = [
  ["Acme", /lower-case/],
  ["acme_io", /lower-case/],
  ["-acme", /./],
  ["acme/io", /lower-case/],
  ["@Acme/io", /scope/],
  ["@acme/", /''/],
  ["..", /lower-case/],
  ["http", /Node/],
  ["a".repeat(215), /214/],
];

for (const [name, reason] of WRONG_NAMES) {
  test(`new plugin refuses the name '${name.slice(0, 12)}'`, async (t) => {
    const cwd = folderWith({});
    const outcome = await tributary(["new", "plugin", "--json", "--", name], { cwd });

    t.is(outcome.code, 2);
    const [diagnostic] = jsonLines<Diagnostic>(outcome);
    t.is(diagnostic?.code, "COMMAND_INVALID");
    t.regex(diagnostic?.message ?? "", reason);
    t.deepEqual(readdirSync(cwd), []);
  });
}

test("new plugin never touches a folder that exists", async (t) => {
  const cwd = folderWith({});
  mkdirSync(join(cwd, "acme"));

  const outcome = await tributary(["new", "plugin", "acme", "--json"], { cwd });

  t.is(outcome.code, 2);
  t.like(jsonLines(outcome)[0], { code: "COMMAND_INVALID", value: join(cwd, "acme") });
  t.regex(jsonLines(outcome)[0]?.hint ?? "", /--out/);
  t.deepEqual(readdirSync(join(cwd, "acme")), []);
});

test("new plugin writes the chosen parts only, into a folder below --out", async (t) => {
  const cwd = folderWith({});

  const outcome = await tributary(
    ["new", "plugin", "@acme/3d-table", "--sink", "--out", "made/here", "--json"],
    { cwd },
  );

  t.is(outcome.code, 0, outcome.stdout);
  const [created] = jsonLines<{ folder: string; files: readonly string[] }>(outcome);
  const folder = join(cwd, "made", "here", "3d-table");
  t.like(created, { event: "created", package: "@acme/3d-table", identifier: "3d-table", folder });
  t.deepEqual(readdirSync(join(folder, "src")).sort(), ["index.ts", "module.ts", "sink"]);
  t.deepEqual(readdirSync(join(folder, "test")).sort(), ["sink.test.ts", "tsconfig.json"]);
  const texts = (created?.files ?? []).map((file) => readFileSync(join(folder, file), "utf8"));
  t.deepEqual(
    texts.filter((text) => /\{\{|source|decoder/i.test(text.replace(/sourceMap|source-maps|resource/g, ""))),
    [],
  );
});

test("no class of a new plugin takes the name of a contract that its file imports", async (t) => {
  const names = ["table", "sink", "source", "split", "encoding", "decoding", "row", "format", "key-value"];
  const cwd = folderWith({});
  for (const name of names) {
    const outcome = await tributary(["new", "plugin", name, "--json"], { cwd });
    const [created] = jsonLines<{ folder: string; files: readonly string[] }>(outcome);
    for (const file of created?.files.filter((one) => one.endsWith(".ts")) ?? []) {
      const text = readFileSync(join(created?.folder ?? "", file), "utf8");
      const imported = [...text.matchAll(/^import (?:type )?\{([^}]*)\}/gm)].flatMap(([, list = ""]) =>
        list.split(",").map((one) => one.trim()),
      );
      const declared = [...text.matchAll(/^(?:export )?(?:class|interface|const) (\w+)/gm)].map(
        ([, one = ""]) => one,
      );
      t.deepEqual(
        declared.filter((one) => imported.includes(one)),
        [],
        `${name}: ${file}`,
      );
    }
  }
});

test("a new plugin asks for the tools that this repository uses", (t) => {
  const { devDependencies = {} } = readJson<Manifest>("package.json");
  const { dependencies = {} } = readJson<Manifest>("packages/core/package.json");
  const declared = read("packages/cli/src/plugin-template/tool-versions.ts");
  const versions = Object.fromEntries(
    [...declared.matchAll(/(\w+)Version: "([^"]+)"/g)].map(([, tool = "", version]) => [tool, version]),
  );

  t.deepEqual(versions, {
    typescript: devDependencies["typescript"],
    ava: devDependencies["ava"],
    nodeTypes: devDependencies["@types/node"],
    validator: dependencies["class-validator"],
  });
});
