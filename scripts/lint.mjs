// `npm run lint`: the linter with type information, then the formatter in checking mode.
import { pathToFileURL } from "node:url";

import { prepare, programOf, runNode } from "./prepare.mjs";

/** Resolves with the first exit code that is not 0. */
export async function lint() {
  const linted = await runNode(programOf("oxlint"), ["--type-aware", "--quiet"]);
  if (linted !== 0) return linted;
  return runNode(programOf("prettier"), [
    "--check",
    "--log-level=warn",
    "--cache",
    "--cache-location=node_modules/.cache/prettier",
    ".",
  ]);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  await prepare();
  process.exitCode = await lint();
}
