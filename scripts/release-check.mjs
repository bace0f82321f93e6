// `npm run release:check`: shows, without a network, what a release would version and pack, checks every package's
// entry points and writes a bill of materials. Changes nothing in the checkout but the ignored folder .cache/sbom.
import { execFileSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { fail, npmProgram, prepare, programOf, root, runNode } from "./prepare.mjs";

const packages = readdirSync(join(root, "packages")).sort();
/** The packages that are published; tools/ are workspaces too. */
const published = packages.map((name) => `--workspace=packages/${name}`);

/** Output of a Node program of a dependency. */
function output(file, args, cwd = root) {
  return execFileSync(process.execPath, [file, ...args], {
    cwd,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 64 * 1024 * 1024,
  });
}

/** lerna has no dry run: it versions a throw-away clone instead. */
function showVersions() {
  const clone = mkdtempSync(join(tmpdir(), "tributary-release-"));
  try {
    execFileSync("git", ["clone", "--quiet", root, clone]);
    execFileSync("git", ["config", "user.name", "release check"], { cwd: clone });
    execFileSync("git", ["config", "user.email", "release-check@localhost"], { cwd: clone });
    symlinkSync(join(root, "node_modules"), join(clone, "node_modules"), "junction");
    const before = JSON.parse(readFileSync(join(clone, "lerna.json"), "utf8")).version;
    output(
      programOf("lerna"),
      ["version", "--no-git-tag-version", "--no-push", "--yes", "--loglevel", "error"],
      clone,
    );
    const after = JSON.parse(readFileSync(join(clone, "lerna.json"), "utf8")).version;
    console.log(`lerna would version ${packages.length} packages: ${before} -> ${after}`);
    const changed = execFileSync("git", ["status", "--porcelain"], { cwd: clone, encoding: "utf8" });
    const paths = changed.split("\n").map((line) => line.slice(3));
    for (const path of paths) if (path !== "" && path !== "node_modules") console.log(`  ${path}`);
  } finally {
    rmSync(clone, { recursive: true, force: true });
  }
}

function showTarballs() {
  const packed = JSON.parse(output(npmProgram(), ["pack", "--dry-run", "--json", ...published]));
  console.log("tarballs:");
  for (const { id, size, unpackedSize, files } of Object.values(packed)) {
    const kilobytes = (bytes) => `${Math.round(bytes / 1024)} kB`.padStart(8);
    console.log(
      `  ${id.padEnd(36)} ${kilobytes(size)} packed ${kilobytes(unpackedSize)} unpacked ${files.length} files`,
    );
    for (const paper of ["LICENSE", "README.md", "package.json"]) {
      if (!files.some((file) => file.path === paper)) fail(`${id} lacks ${paper}.`);
    }
    const stray = files.filter((file) => /\.tsbuildinfo$|^(dist-)?test\//.test(file.path));
    if (stray.length > 0) fail(`${id} would ship ${stray.map((file) => file.path).join(", ")}.`);
  }
}

async function checkEntries() {
  for (const name of packages) {
    const folder = join(root, "packages", name);
    const linted = await runNode(programOf("publint"), ["run", folder, "--strict"], { stdio: "inherit" });
    if (linted !== 0) fail(`publint refuses packages/${name}.`);
    const typed = await runNode(programOf("@arethetypeswrong/cli", "attw"), [
      "--pack",
      folder,
      "--profile",
      "esm-only",
      "--format",
      "ascii",
      "--quiet",
    ]);
    if (typed !== 0) fail(`The types of packages/${name} do not resolve.`);
  }
  console.log(`entry points of ${packages.length} packages are right`);
}

function writeBillOfMaterials() {
  const folder = join(root, ".cache", "sbom");
  mkdirSync(folder, { recursive: true });
  const file = join(folder, "sbom.cdx.json");
  const text = output(npmProgram(), ["sbom", "--sbom-format", "cyclonedx", "--omit", "dev", ...published]);
  writeFileSync(file, text);
  const { components } = JSON.parse(text);
  console.log(`bill of materials: ${components.length} components in .cache/sbom/sbom.cdx.json`);
}

await prepare();
showVersions();
showTarballs();
await checkEntries();
writeBillOfMaterials();
