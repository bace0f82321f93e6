// Writes the pages in docs/ that come from declarations in the code: errors.md from the table of codes,
// sql/functions.md from the functions of package sql, options/*.md from the options classes of the built-in modules,
// and the tables of options in formats/*.md. With --check it writes nothing, names the stale pages and exits with 1 if
// there are any. Run it after a build.
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import * as prettier from "prettier";

import * as core from "@tributary/core";
import { errorPage } from "./error-page.mjs";
import { formatPages } from "./format-pages.mjs";
import { functionPage } from "./function-page.mjs";
import { optionPages } from "./option-pages.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const docs = join(root, "docs");

/** Default modules first: their connectors have the plain page names. */
async function wirings() {
  const kinesis = await import("@tributary/io-kinesis");
  const { formats } = await import("@tributary/formats");
  const { ioBasic } = await import("@tributary/io-basic");
  return [
    [kinesis.kinesisStreams5, "kinesis-streams@5", ""],
    [kinesis.kinesis4, "kinesis@4", "-4"],
    [kinesis.kinesis5, "kinesis@5", ""],
    [formats, "formats", ""],
    [ioBasic, "io-basic", ""],
  ].map(([module, name, suffix]) => ({ registry: core.createRegistry([module]), module: name, suffix }));
}

/** Path below docs/ to text, as it should be. */
async function pages() {
  const notice = "<!-- Generated from the code by `npm run docs`; edit the declarations instead. -->\n\n";
  const all = [
    ["errors.md", errorPage(core.DIAGNOSTIC_CODES)],
    [join("sql", "functions.md"), functionPage()],
    ...[...optionPages(core, await wirings())].map(([name, text]) => [join("options", name), text]),
  ];
  const config = await prettier.resolveConfig(join(docs, "errors.md"));
  const format = (text) => prettier.format(notice + text, { ...config, parser: "markdown" });
  return new Map(await Promise.all(all.map(async ([path, text]) => [join(docs, path), await format(text)])));
}

/** Pages in docs/formats/, which people write, with their tables of options; fails for a format without a page. */
async function filledPages() {
  const folder = join(docs, "formats");
  const names = (await readdir(folder)).filter((name) => name.endsWith(".md"));
  const texts = await Promise.all(
    names.map(async (name) => [name, await readFile(join(folder, name), "utf8")]),
  );
  const { pages: filled, missing } = formatPages(core, await wirings(), new Map(texts));
  if (missing.length > 0) throw new Error(`docs/formats/ has no page for ${missing.join(", ")}`);
  const config = await prettier.resolveConfig(join(folder, "README.md"));
  const format = (text) => prettier.format(text, { ...config, parser: "markdown" });
  return Promise.all([...filled].map(async ([name, text]) => [join(folder, name), await format(text)]));
}

/** Generated pages whose connector or format is gone. */
async function leftOver(wanted) {
  const folder = join(docs, "options");
  const names = await readdir(folder).catch(() => []);
  return names.map((name) => join(folder, name)).filter((path) => !wanted.has(path));
}

const wanted = new Map([...(await pages()), ...(await filledPages())]);
const stale = [];
for (const [path, text] of wanted) {
  if ((await readFile(path, "utf8").catch(() => undefined)) !== text) stale.push(path);
}
const gone = await leftOver(wanted);
if (process.argv.includes("--check")) {
  for (const path of [...stale, ...gone]) console.error(`stale: ${relative(root, path)}`);
  if (stale.length + gone.length > 0) {
    console.error("Run `npm run docs` and commit the result.");
    process.exitCode = 1;
  }
} else {
  for (const path of stale) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, wanted.get(path));
    console.log(`wrote ${relative(root, path)}`);
  }
  for (const path of gone) {
    await rm(path);
    console.log(`removed ${relative(root, path)}`);
  }
}
