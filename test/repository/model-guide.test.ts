import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

import test from "ava";

import { read, root } from "./checkout.js";

const run = promisify(execFile);

const pages = readdirSync(join(root, "docs", "model")).filter((name) => name !== "README.md");
/** Inside the repository, so that the packages are found as those of an application are. */
const folder = mkdtempSync(join(root, "node_modules", ".model-guide-"));

function blockOf(page: string, language: string): string {
  return (
    new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "m").exec(read(`docs/model/${page}`))?.[1] ?? ""
  );
}

test.before(() => {
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  for (const page of pages) writeFileSync(join(folder, `${page}.ts`), blockOf(page, "ts"));
});

test.after.always(() => rmSync(folder, { recursive: true, force: true }));

test("the examples in the pages about the model compile, run and print what the pages say", async (t) => {
  const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
  const language = ["--module", "nodenext", "--target", "es2023", "--strict", "--types", "node"];
  const files = pages.map((page) => join(folder, `${page}.ts`));
  const compiled = await run(process.execPath, [
    compiler,
    ...language,
    "--skipLibCheck",
    "--ignoreConfig",
    ...files,
  ]).catch((error: { readonly stdout: string }) => error);
  t.is(compiled.stdout, "");

  const printed = new Map<string, string>();
  for (const page of pages) {
    const { stdout, stderr } = await run(process.execPath, [join(folder, `${page}.js`)], { cwd: folder });
    printed.set(page, stdout + stderr);
  }

  t.deepEqual(printed, new Map(pages.map((page) => [page, blockOf(page, "text")])));
});

test("the list of pages about the model names every page", (t) => {
  const listed = [...read("docs/model/README.md").matchAll(/^- \[[^\]]+\]\(([^)]+)\)$/gm)].map(
    ([, page = ""]) => page,
  );

  t.deepEqual(listed.toSorted(), pages.toSorted());
});
