// `npm run docs`: writes the pages in docs/ that are generated from declarations. `-- --check` only says which are stale.
import { join } from "node:path";

import { prepare, root, runNode } from "./prepare.mjs";

await prepare();
process.exitCode = await runNode(join(root, "scripts", "docs", "generate.mjs"), process.argv.slice(2));
