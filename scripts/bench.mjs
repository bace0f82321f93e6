// `npm run bench [-- NAME]`: runs bench/NAME/run.mjs, or all of them.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { fail, prepare, root, runNode } from "./prepare.mjs";

const folder = join(root, "bench");
const all = readdirSync(folder)
  .filter((name) => existsSync(join(folder, name, "run.mjs")))
  .sort();
const [name, ...rest] = process.argv.slice(2);
if (name !== undefined && !all.includes(name))
  fail(`There is no benchmark '${name}'; there are ${all.join(", ")}.`, 2);

await prepare();
for (const one of name === undefined ? all : [name]) {
  console.log(`# ${one}`);
  const code = await runNode(join(folder, one, "run.mjs"), rest);
  if (code !== 0) process.exit(code);
}
