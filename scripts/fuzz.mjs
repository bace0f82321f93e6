// `npm run fuzz [-- INPUTS] [--seed N] [FORMAT ...]`: feeds every format with near misses and noise; see
// packages/formats/test/fuzz. The seed is printed, and the same one repeats a run.
import { join } from "node:path";

import { prepare, root, runNode } from "./prepare.mjs";

await prepare(["packages/formats/test"]);
process.exitCode = await runNode(
  join(root, "packages", "formats", "dist-test", "fuzz", "main.js"),
  process.argv.slice(2),
);
