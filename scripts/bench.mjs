// `npm run bench [-- NAME]`: runs bench/NAME/run.mjs, or all of them.
// What a benchmark needs beside the repository's packages stands in a manifest and a lockfile of its own.
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

import { fail, npmProgram, prepare, root, runNode } from "./prepare.mjs";

const folder = join(root, "bench");
const all = readdirSync(folder)
  .filter((name) => existsSync(join(folder, name, "run.mjs")))
  .sort();
const [name, ...rest] = process.argv.slice(2);
if (name !== undefined && !all.includes(name))
  fail(`There is no benchmark '${name}'; there are ${all.join(", ")}.`, 2);

/** Installs a benchmark's peers where they are missing or older than the lockfile. */
async function installPeers(bench) {
  const lockfile = join(bench, "package-lock.json");
  if (!existsSync(lockfile)) return;
  const installed = join(bench, "node_modules", ".package-lock.json");
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lockfile).mtimeMs) return;
  console.error("Installing what is measured beside (npm ci) ...");
  const code = await runNode(npmProgram(), ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], {
    cwd: bench,
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (code !== 0) fail(`npm ci ended with exit code ${code}; the lines above say why.`);
}

await prepare();
for (const one of name === undefined ? all : [name]) {
  console.log(`# ${one}`);
  await installPeers(join(folder, one));
  const code = await runNode(join(folder, one, "run.mjs"), rest);
  if (code !== 0) process.exit(code);
}
