import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import test from "ava";
import type { ExecutionContext } from "ava";
import { createRegistry, loadModules, TributaryError } from "@tributary/core";
import type { Diagnostic } from "@tributary/core";

/** Code of an entry that exports a module; plain, since nothing is installed where it stands. */
function moduleCode(name: string, more = "contractVersion: 1"): string {
  return `export const it = { name: "${name}", version: "1.0.0", factories: [], core: "elsewhere", ${more} };`;
}

/** A folder with files, gone after the test. */
function folderWith(t: ExecutionContext, files: Readonly<Record<string, string>>): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "tributary-modules-")));
  t.teardown(() => rmSync(folder, { recursive: true }));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

async function faultsOf(promise: Promise<unknown>): Promise<readonly Diagnostic[]> {
  try {
    await promise;
  } catch (error) {
    if (TributaryError.is(error)) return error.diagnostics;
    throw error;
  }
  return [];
}

const MANIFESTS: readonly (readonly [title: string, manifest: object])[] = [
  ["the export ./tributary", { exports: { ".": "./main.mjs", "./tributary": "./entry.mjs" } }],
  [
    "conditions of an import",
    { exports: { "./tributary": { require: "./main.mjs", types: "./x.d.ts", import: "./entry.mjs" } } },
  ],
  [
    "nested conditions and lists",
    { exports: { "./tributary": [{ browser: "./main.mjs" }, { node: { default: "./entry.mjs" } }] } },
  ],
  ["a single export", { exports: "./entry.mjs" }],
  ["conditions of the main export alone", { exports: { import: "./entry.mjs" } }],
  ["the field main", { main: "entry.mjs" }],
];

for (const [title, manifest] of MANIFESTS) {
  test(`a package is loaded by ${title}, from its name and from its path`, async (t) => {
    const folder = folderWith(t, {
      "node_modules/@acme/queue/package.json": JSON.stringify({ name: "@acme/queue", ...manifest }),
      "node_modules/@acme/queue/entry.mjs": moduleCode("queue"),
      "node_modules/@acme/queue/main.mjs": moduleCode("main"),
      "jobs/daily/job.sql": "",
    });

    const byName = await loadModules(["@acme/queue"], { folders: [join(folder, "jobs", "daily")] });
    const byPath = await loadModules(["../../node_modules/@acme/queue"], {
      folders: [join(folder, "jobs", "daily")],
    });

    t.deepEqual(
      byName.map(({ name }) => name),
      ["queue"],
    );
    t.deepEqual(byPath, byName);
  });
}

test("a file is loaded as it is, and every module it exports is taken once", async (t) => {
  const folder = folderWith(t, {
    "two.mjs": `${moduleCode("one")}\nexport default [it, { ...it, name: "two" }];\nexport const other = 7;`,
  });

  const modules = await loadModules(["./two.mjs", join(folder, "two.mjs")], { folders: [folder] });

  t.deepEqual(modules.map(({ name }) => name).sort(), ["one", "two"]);
});

test("folders are asked in order, and a folder that is no package does not end the search", async (t) => {
  const folder = folderWith(t, {
    "script/acme/notes.txt": "",
    "work/node_modules/acme/package.json": '{"main":"a.mjs"}',
    "work/node_modules/acme/a.mjs": moduleCode("from-work"),
    "work/both.mjs": moduleCode("second"),
    "script/both.mjs": moduleCode("first"),
  });
  const folders = [join(folder, "script"), join(folder, "work")];

  const modules = await loadModules(["acme", "./both.mjs"], { folders });

  t.deepEqual(
    modules.map(({ name }) => name),
    ["from-work", "first"],
  );
});

test("everything that cannot be loaded is said at once, with the reason", async (t) => {
  const folder = folderWith(t, {
    "unbuilt/package.json": '{"exports":{"./tributary":"./dist/module.js"}}',
    "bare/x.txt": "",
    "broken.mjs": "import 'no-such-package';",
    "empty.mjs": "export const answer = 42;",
    "node_modules/newer/package.json": '{"main":"a.mjs","peerDependencies":{"@tributary/core":"^9.0.0"}}',
    "node_modules/newer/a.mjs": "import { nothing } from 'node:fs';",
  });
  const names = ["formts", "./unbuilt", "bare", "./broken.mjs", "./empty.mjs", "newer"];

  const faults = await faultsOf(
    loadModules(names, { folders: [folder], candidates: ["io-basic", "formats"] }),
  );

  t.deepEqual(
    faults.map(({ code, value }) => [code, value]),
    [
      ["MODULE_NOT_FOUND", "formts"],
      ["MODULE_NOT_FOUND", "./unbuilt"],
      ["MODULE_NOT_FOUND", "bare"],
      ["MODULE_INCOMPATIBLE", "./broken.mjs"],
      ["MODULE_INCOMPATIBLE", "./empty.mjs"],
      ["MODULE_INCOMPATIBLE", "newer"],
    ],
  );
  t.is(faults[0]?.candidates?.[0], "formats");
  t.regex(faults[1]?.message ?? "", /\.\/dist\/module\.js/);
  t.regex(faults[2]?.message ?? "", /no package\.json/);
  t.regex(faults[3]?.message ?? "", /no-such-package/);
  t.regex(faults[5]?.hint ?? "", /\^9\.0\.0; this is \d+\.\d+\.\d+/);
});

test("another contract version is refused with both versions, another copy of core with both places", async (t) => {
  const folder = folderWith(t, {
    "old.mjs": moduleCode("old", "contractVersion: 0"),
    "node_modules/@tributary/core/package.json": '{"version":"0.0.9"}',
    "copy.mjs": `const core = new URL("./node_modules/@tributary/core/dist/", import.meta.url).href;
${moduleCode("copy", "core, contractVersion: 1")}`,
  });
  const modules = await loadModules(["./old.mjs", "./copy.mjs"], { folders: [folder] });

  const error = t.throws(() => createRegistry(modules), { code: "MODULE_INCOMPATIBLE" }) as TributaryError;

  const [copy, old] = error.diagnostics;
  t.regex(
    copy?.message ?? "",
    /another copy of @tributary\/core, 0\.0\.9 in .+; this one is \d+\.\d+\.\d+ in /,
  );
  t.regex(old?.message ?? "", /version 0 of the plugin contract; this is version 1/);
});
