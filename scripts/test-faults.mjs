// `npm run test:faults [-- KILLS [SEED]]`: kills jobs at random instants of every phase and restores them (200 times
// unless told otherwise), tears checkpoints, fills the disk, sets the clock back and halts the emulator. See test/faults.
import { join } from "node:path";

import { prepare, root, runNode } from "./prepare.mjs";

await prepare(["test"]);
process.exitCode = await runNode(join(root, "dist-test", "faults", "main.js"), process.argv.slice(2));
