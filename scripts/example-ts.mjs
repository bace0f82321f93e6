// `npm run example:ts`: the main job with its pipeline in TypeScript instead of SQL.
import { join } from "node:path";

import { prepare, root, runNode } from "./prepare.mjs";

await prepare(["examples"]);
process.exitCode = await runNode(join(root, "examples", "dist", "main-job", "main.js"), [
  "--typescript",
  ...process.argv.slice(2),
]);
