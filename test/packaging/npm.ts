import { execFile } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

import { packageFolders, root } from "../repository/checkout.js";

const run = promisify(execFile);

/** Bytes of output that a command may print. */
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;

/** npm's own program: the one that started us, else the one beside this Node. */
function npmProgram(): string {
  const given = process.env["npm_execpath"] ?? "";
  if (/npm-cli\.c?js$/.test(given)) return given;
  const folder = dirname(process.execPath);
  const beside = [join(folder, "node_modules"), join(folder, "..", "lib", "node_modules")]
    .map((modules) => join(modules, "npm", "bin", "npm-cli.js"))
    .find((path) => existsSync(path));
  if (beside === undefined) throw new Error("npm was not found beside this Node");
  return beside;
}

/** The environment without what npm passes on to scripts: it would make one npm act for another one's folder. */
function plainEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([key]) => !key.startsWith("npm_config_") && !key.startsWith("npm_package_"),
    ),
  );
}

/** Runs npm to its end. */
export function npm(args: readonly string[], cwd: string) {
  return run(process.execPath, [npmProgram(), ...args], {
    cwd,
    env: plainEnvironment(),
    maxBuffer: OUTPUT_BYTES_MAX,
  });
}

/** Runs a program of Node to its end. */
export function node(args: readonly string[], cwd: string) {
  return run(process.execPath, [...args], { cwd, maxBuffer: OUTPUT_BYTES_MAX });
}

/** Packs every package into a folder that exists. @returns paths of the tarballs. */
export async function packAll(folder: string): Promise<readonly string[]> {
  const workspaces = packageFolders().map((name) => `--workspace=packages/${name}`);
  await npm(["pack", ...workspaces, "--pack-destination", folder, "--silent"], root);
  return readdirSync(folder).map((name) => join(folder, name));
}

/** Installs tarballs beside what a folder's package.json asks for, from the cache where it can. */
export async function installTarballs(tarballs: readonly string[], folder: string): Promise<void> {
  const quiet = ["--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund", "--silent", "--no-save"];
  await npm(["install", ...quiet, ...tarballs], folder);
}
