// `npm run format`: rewrites every file in the project's style.
import { prepare, programOf, runNode } from "./prepare.mjs";

await prepare();
process.exitCode = await runNode(programOf("prettier"), ["--write", "--log-level=warn", "."]);
