// `npm start`: installs and builds what is missing, then runs the main job.
import { join } from "node:path";

import { prepare, root, runNode } from "./prepare.mjs";

await prepare(["examples"]);
process.exitCode = await runNode(
  join(root, "examples", "dist", "main-job", "main.js"),
  process.argv.slice(2),
);
