// `npm run test:soak -- MINUTES`: a steady load on one job; memory flat, lag bounded, nothing left open. See test/soak.
import { join } from "node:path";

import { prepare, root, runNode } from "./prepare.mjs";

await prepare(["test"]);
process.exitCode = await runNode(join(root, "dist-test", "soak", "main.js"), process.argv.slice(2));
