import { dirname, resolve } from "node:path";
import { pathToFileURL } from "node:url";

import { ClassFiles, planWithClassFiles, type Diagnostic } from "@tributary/core";

/**
 * Why FILE is planned: `run` executes the files beside it whose classes its tables name, `explain` and `validate` only
 * see that they are there; `validate` also checks tables that no statement uses.
 */
export type Purpose = "run" | "explain" | "validate";

/** Plans FILE, with the classes that its tables name as `./file.mjs#Export`. */
export function planForPurpose<P extends { readonly diagnostics: readonly Diagnostic[] }>(
  file: string,
  purpose: Purpose,
  plan: (classFiles: ClassFiles) => P | Promise<P>,
): Promise<P> {
  const options = { folder: dirname(resolve(file)), importFile };
  return purpose === "run"
    ? planWithClassFiles(options, plan)
    : Promise.resolve(plan(new ClassFiles(options)));
}

async function importFile(path: string): Promise<Readonly<Record<string, unknown>>> {
  if (/\.m?ts$/i.test(path)) {
    const { registerTypeScriptLoader } = await import("../typescript/register.js");
    registerTypeScriptLoader();
  }
  return (await import(pathToFileURL(path).href)) as Record<string, unknown>;
}
