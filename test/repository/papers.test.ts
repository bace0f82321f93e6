import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

import { createRegistry } from "@tributary/core";
import { formats } from "@tributary/formats";
import { ioBasic } from "@tributary/io-basic";
import test from "ava";

import { filesBelow, manifestOf, packageFolders, read, readJson, root, type Manifest } from "./checkout.js";

/** Pages that people wrote or that are committed: the API pages are made anew and belong to no commit. */
function papers(): readonly string[] {
  const docs = filesBelow("docs", ".md").filter((path) => !path.startsWith("docs/api/"));
  return ["README.md", "CONTRIBUTING.md", "SECURITY.md", ...docs];
}

const PAPERS = [
  "LICENSE",
  "NOTICE",
  "README.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  "CHANGELOG.md",
  "docs/versioning.md",
  "docs/architecture.md",
  "docs/errors.md",
  ".editorconfig",
  ".ci/run",
];

test("the papers of the project are there", (t) => {
  t.deepEqual(
    PAPERS.filter((path) => !existsSync(join(root, path))),
    [],
  );
  t.regex(read("LICENSE"), /Apache License\s+Version 2\.0[\s\S]+END OF TERMS AND CONDITIONS/);
});

test("each package has what a stranger looks for", (t) => {
  for (const folder of packageFolders()) {
    const manifest = manifestOf(folder);
    t.is(manifest.name, `@tributary/${folder}`);
    t.is(manifest.license, "Apache-2.0", folder);
    t.is(manifest.type, "module", folder);
    t.is(manifest.engines?.node, ">=20.20", folder);
    t.is(manifest.repository?.directory, `packages/${folder}`);
    t.true((manifest.description ?? "").length > 20, folder);
    t.deepEqual(
      ["dist", "src"].filter((one) => manifest.files?.includes(one) !== true),
      [],
      folder,
    );
    t.is(read(`packages/${folder}/LICENSE`), read("LICENSE"), folder);
    t.true(read(`packages/${folder}/README.md`).startsWith(`# @tributary/${folder}\n`), folder);
  }
});

test("all packages carry lerna's version", (t) => {
  const { version } = readJson<{ version: string }>("lerna.json");
  for (const folder of packageFolders()) {
    const manifest = manifestOf(folder);
    t.is(manifest.version, version, folder);
    for (const [name, wanted] of Object.entries(manifest.dependencies ?? {})) {
      if (name.startsWith("@tributary/")) t.is(wanted, version, `${folder} needs ${name}`);
    }
  }
});

test("the modules that carry their package's version have it", (t) => {
  const { version } = readJson<{ version: string }>("lerna.json");

  t.deepEqual(
    [formats, ioBasic].map((module) => `${module.name} ${module.version}`),
    [`formats ${version}`, `io-basic ${version}`],
  );
});

test("the papers list the formats that there are", (t) => {
  const identifiers = [
    ...new Set(createRegistry([formats]).registrations.map((one) => one.identifier)),
  ].sort();
  const listed = (paper: string, row: RegExp) => row.exec(read(paper))?.[1]?.trim().split(", ").sort();

  t.deepEqual(listed("README.md", /^\| \[@tributary\/formats\][^|]*\|([^|]*)\|/m), identifiers);
  t.deepEqual(listed("docs/architecture.md", /^\| `formats` *\|([^|]*)\|/m), identifiers);
});

test("the pages of errors and options are those of the code; npm run docs writes them", (t) => {
  const program = join(root, "scripts", "docs", "generate.mjs");
  const { status, stderr } = spawnSync(process.execPath, [program, "--check"], { encoding: "utf8" });

  t.is(stderr, "");
  t.is(status, 0);
});

test("the README shows the script that the main job runs", (t) => {
  const [, shown] = /```sql\n([\s\S]*?)```/.exec(read("README.md")) ?? [];
  t.is(shown, read("examples/flights.sql"));
});

test("every npm script that a paper names exists", (t) => {
  const scripts = Object.keys(readJson<Manifest>("package.json").scripts ?? {});
  for (const paper of papers()) {
    const named = [...read(paper).matchAll(/npm run ([a-z][a-z:-]*)/g)].map(([, name]) => name ?? "");
    t.deepEqual(
      named.filter((name) => !scripts.includes(name)),
      [],
      paper,
    );
  }
});

test("every relative link in the papers leads to a file", (t) => {
  for (const paper of papers()) {
    const links = [...read(paper).matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)].map(
      ([, link]) => link ?? "",
    );
    t.deepEqual(
      links.filter((link) => !existsSync(join(root, paper, "..", link))),
      [],
      paper,
    );
  }
});

test("nothing of ours takes the unscoped name tributary, which belongs to someone else", (t) => {
  const manifests = [readJson<Manifest>("package.json"), ...packageFolders().map(manifestOf)];
  t.deepEqual(
    manifests.filter((one) => one.name === "tributary"),
    [],
  );
  t.true(readJson<Manifest>("package.json").private);
});
