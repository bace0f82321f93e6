// Writes docs/api-report/*.api.md: the public surface of each entry, as the compiler sees it. They are checked in, so
// that a change of the surface shows in a diff. With --check nothing is written; stale ones are named, and the exit
// code is 1. Run it after a build.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";

import { CompilerState, Extractor, ExtractorConfig } from "@microsoft/api-extractor";

import { publicEntries, root } from "./entries.mjs";

const folder = join(root, "docs", "api-report");
const isCheck = process.argv.includes("--check");

const compilerOptions = {
  target: "ES2023",
  lib: ["ES2023"],
  module: "NodeNext",
  moduleResolution: "NodeNext",
  strict: true,
  skipLibCheck: true,
  experimentalDecorators: true,
  types: ["node"],
};

function configOf({ folder: projectFolder, declarations, report }, scratch) {
  return ExtractorConfig.prepare({
    configObject: {
      projectFolder,
      mainEntryPointFilePath: declarations,
      newlineKind: "lf",
      compiler: { overrideTsconfig: { compilerOptions, files: [declarations] } },
      apiReport: {
        enabled: true,
        reportFileName: `${report}.api.md`,
        reportFolder: scratch,
        reportTempFolder: scratch,
        includeForgottenExports: false,
      },
      docModel: { enabled: false },
      dtsRollup: { enabled: false },
      tsdocMetadata: { enabled: false },
    },
    configObjectFullPath: undefined,
    packageJsonFullPath: join(projectFolder, "package.json"),
  });
}

/** Texts of the reports, by entry; the declarations are read once for all of them. */
function* reportsOf(entries, scratch) {
  const configs = entries.map((entry) => configOf(entry, scratch));
  const compilerState = CompilerState.create(configs[0], {
    additionalEntryPoints: entries.slice(1).map(({ declarations }) => declarations),
  });
  for (const [index, entry] of entries.entries()) {
    let isRead = false;
    try {
      isRead = Extractor.invoke(configs[index], {
        localBuild: true,
        compilerState,
        messageCallback(message) {
          // The report itself says what is worth knowing; only what kept it from being made is told.
          message.handled = message.logLevel !== "error";
        },
      }).succeeded;
    } catch (error) {
      console.error(error.message);
    }
    if (!isRead) {
      console.error(`${relative(root, entry.declarations)} cannot be read: run \`npm run build\` first.`);
      process.exit(1);
    }
    yield [entry, readFileSync(join(scratch, `${entry.report}.api.md`), "utf8")];
  }
}

const scratch = mkdtempSync(join(tmpdir(), "tributary-api-"));
mkdirSync(folder, { recursive: true });
const stale = [];
try {
  const entries = publicEntries();
  for (const [{ report }, text] of reportsOf(entries, scratch)) {
    const path = join(folder, `${report}.api.md`);
    let present;
    try {
      present = readFileSync(path, "utf8");
    } catch {
      // There is none yet.
    }
    if (present === text) continue;
    stale.push(path);
    if (!isCheck) writeFileSync(path, text);
  }
  const wanted = new Set(entries.map(({ report }) => `${report}.api.md`));
  for (const name of readdirSync(folder).filter((one) => !wanted.has(one))) {
    stale.push(join(folder, name));
    if (!isCheck) rmSync(join(folder, name));
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
for (const path of stale)
  console.log(`${isCheck ? "stale" : "wrote"}${isCheck ? ":" : ""} ${relative(root, path)}`);
if (isCheck && stale.length > 0) {
  console.error("The public surface has changed. Run `npm run docs` and commit the result.");
  process.exitCode = 1;
}
