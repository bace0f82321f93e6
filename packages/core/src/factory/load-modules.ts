import { pathToFileURL } from "node:url";
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { TributaryError } from "../diagnostics/error.js";
import { nearestFirst } from "../diagnostics/nearest.js";
import { coreVersion } from "./core-copy.js";
import { findModuleEntry } from "./module-entry.js";
import type { ModuleEntry, PackageManifest } from "./module-entry.js";
import type { Module } from "./module.js";

/** Where {@link loadModules} looks, and what it says when it finds nothing. @public */
export interface LoadModulesOptions {
  /** Folders from which packages and paths are looked up, in this order. Default: the working directory. */
  readonly folders?: readonly string[];
  /** Names that the caller would have taken too, for messages. */
  readonly candidates?: readonly string[];
}

/**
 * Loads modules by the name of a package or a path, as `--module` and `SET 'tributary.modules'` do. A path is a file,
 * or the folder of a package; a package is loaded by its export `./tributary`, else by its main entry. Every module
 * that the entry exports is taken, under whatever name.
 *
 * Contract version and copy of core are checked by {@link createRegistry}, whichever way a module came.
 *
 * @returns each module once, in the order of the names.
 * @throws `MODULE_NOT_FOUND`, `MODULE_INCOMPATIBLE` (the entry cannot be imported, or exports no module); all faults
 *   at once.
 * @example
 * const registry = createRegistry([formats, ...(await loadModules(["@acme/queue", "./plugins/audit.js"]))]);
 * @public
 */
export async function loadModules(
  names: readonly string[],
  options: LoadModulesOptions = {},
): Promise<readonly Module[]> {
  const modules = new Set<Module>();
  const faults: Diagnostic[] = [];
  for (const name of names) {
    try {
      for (const module of await loadModule(name, options)) modules.add(module);
    } catch (error) {
      if (!TributaryError.is(error)) throw error;
      faults.push(...error.diagnostics);
    }
  }
  if (faults.length > 0) throw new TributaryError(faults);
  return [...modules];
}

async function loadModule(name: string, options: LoadModulesOptions): Promise<readonly Module[]> {
  const { folders = [process.cwd()], candidates = [] } = options;
  let found: ModuleEntry | undefined;
  for (const folder of folders) {
    const entry = findModuleEntry(name, folder);
    found ??= entry;
    if (entry === undefined || "reason" in entry) continue;
    return modulesOf(name, entry.file, await importEntry(name, entry.file, entry.package));
  }
  const what =
    found === undefined
      ? "it is neither built in nor a package or path"
      : (found as { reason: string }).reason;
  throw new TributaryError({
    severity: "error",
    code: "MODULE_NOT_FOUND",
    message: `There is no module '${name}': ${what}.`,
    value: name,
    ...(found === undefined && { candidates: nearestFirst(name, candidates) }),
    hint:
      found === undefined
        ? `Looked in ${folders.join(", ")}. Install the package, or give the path of its folder.`
        : "Build the package, and let its package.json export './tributary'.",
  });
}

async function importEntry(
  name: string,
  file: string,
  manifest: PackageManifest | undefined,
): Promise<Readonly<Record<string, unknown>>> {
  try {
    return (await import(pathToFileURL(file).href)) as Record<string, unknown>;
  } catch (error) {
    const wanted = manifest?.peerDependencies?.["@tributary/core"];
    throw new TributaryError(
      {
        severity: "error",
        code: "MODULE_INCOMPATIBLE",
        message: `The module '${name}' cannot be loaded: ${error instanceof Error ? error.message : String(error)}`,
        file,
        value: name,
        hint:
          wanted === undefined
            ? "Correct the error, or report it to the module's author."
            : `The package is made for @tributary/core ${wanted}; this is ${coreVersion()}.`,
      },
      { cause: error },
    );
  }
}

function modulesOf(
  name: string,
  file: string,
  exported: Readonly<Record<string, unknown>>,
): readonly Module[] {
  const modules = Object.values(exported).flat().filter(isModule);
  if (modules.length > 0) return modules;
  throw new TributaryError({
    severity: "error",
    code: "MODULE_INCOMPATIBLE",
    message: `'${name}' exports no module.`,
    file,
    value: name,
    hint: "Export what defineModule({ name, version, factories }) returns.",
  });
}

/** By shape: another copy of core may have made it, which is then said when the registry is built. */
function isModule(value: unknown): value is Module {
  if (typeof value !== "object" || value === null) return false;
  const { name, version, contractVersion } = value as Partial<Module>;
  return typeof name === "string" && typeof version === "string" && typeof contractVersion === "number";
}
