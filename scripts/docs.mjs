// `npm run docs`: writes what is made from the code. The pages in docs/ and the reports of the public surface in
// docs/api-report/ are checked in, the API pages in docs/api/ are not. `-- --check` only says which are stale.
import { join } from "node:path";

import { prepare, root, runNode } from "./prepare.mjs";

const args = process.argv.slice(2);
const programs = [join("scripts", "docs", "generate.mjs"), join("tools", "docs", "api-reports.mjs")];
if (!args.includes("--check")) programs.push(join("tools", "docs", "api-pages.mjs"));

await prepare();
const codes = [];
for (const program of programs) codes.push(await runNode(join(root, program), args));
process.exitCode = codes.find((code) => code !== 0) ?? 0;
