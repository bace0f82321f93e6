// Brings a checkout to the point where its programs run: the right Node, dependencies installed, sources compiled.
// Plain JavaScript on Node alone, since nothing else may be there yet.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const OLDEST_NODE = [20, 20];

/** Ends the process with one line instead of a stack trace. */
export function fail(message, exitCode = 1) {
  console.error(message);
  process.exit(exitCode);
}

function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_NODE;
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return;
  fail(`Tributary needs Node ${OLDEST_NODE.join(".")} or later; this is ${process.versions.node}.`);
}

/** Runs a Node program of a dependency, e.g. `typescript/bin/tsc`, or a file; resolves with its exit code. */
export function runNode(file, args = [], options = {}) {
  return run(process.execPath, [file, ...args], options);
}

/** Path of a program that a dependency brings: its `bin` entry, so that no shell is needed on any system. */
export function programOf(packageName, bin = packageName) {
  const require = createRequire(join(root, "package.json"));
  const manifestPath = findManifest(require, packageName);
  const manifest = JSON.parse(readFileSync(manifestPath, "utf8"));
  const relative = typeof manifest.bin === "string" ? manifest.bin : manifest.bin[bin];
  return join(dirname(manifestPath), relative);
}

function findManifest(require, packageName) {
  for (const folder of require.resolve.paths(packageName) ?? []) {
    const path = join(folder, packageName, "package.json");
    if (existsSync(path)) return path;
  }
  return fail(`${packageName} is not installed; run npm ci --ignore-scripts.`);
}

/** Runs a program without a shell; SIGINT and SIGTERM reach it, since it is the one that knows how to stop. */
export function run(command, args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: "inherit", ...options });
    const forward = (signal) => child.kill(signal);
    // A terminal sends ctrl-C to the child as well: the parent only has to outlive it.
    const ignore = () => undefined;
    process.on("SIGINT", ignore);
    process.on("SIGTERM", forward);
    child.once("error", reject);
    child.once("close", (code, signal) => {
      process.off("SIGINT", ignore);
      process.off("SIGTERM", forward);
      resolve(code ?? (signal === "SIGINT" || signal === "SIGTERM" ? 130 : 1));
    });
  });
}

/** npm's own program when a script of npm started us, else the one beside this Node. */
export function npmProgram() {
  const given = process.env.npm_execpath;
  if (given !== undefined && /npm-cli\.c?js$/.test(given)) return given;
  const beside = [
    join(dirname(process.execPath), "node_modules", "npm", "bin", "npm-cli.js"),
    join(dirname(process.execPath), "..", "lib", "node_modules", "npm", "bin", "npm-cli.js"),
  ];
  return beside.find((path) => existsSync(path)) ?? fail("npm was not found; start this with npm.");
}

const stamp = join(root, "node_modules", ".tributary-lockfile");

function lockfileHash() {
  return createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
}

function isInstalled() {
  if (existsSync(stamp)) return readFileSync(stamp, "utf8") === lockfileHash();
  // Installed by hand: npm leaves a copy of what it installed, at the time at which it did.
  return existsSync(join(root, "node_modules", ".package-lock.json"));
}

async function install() {
  if (isInstalled()) return;
  console.error("Installing dependencies (npm ci) ...");
  const code = await runNode(npmProgram(), ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (code !== 0) fail(`npm ci ended with exit code ${code}; the lines above say why.`);
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, lockfileHash());
}

async function build(projects) {
  const code = await runNode(programOf("typescript", "tsc"), ["-b", ...projects]);
  if (code !== 0) fail(`The build ended with exit code ${code}.`);
}

/** Installs and builds what is missing, quick when nothing is; all projects, or some and what they stand on. */
export async function prepare(projects = []) {
  checkNode();
  await install();
  await build(projects);
}
