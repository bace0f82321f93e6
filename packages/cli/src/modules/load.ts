import { existsSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

import {
  createRegistry,
  nearestFirst,
  TributaryError,
  type Diagnostic,
  type FactoryRegistry,
  type Module,
} from "@tributary/core";

import { BUILT_IN_MODULES, CATALOGUE, moduleNames } from "./built-in.js";

/** Which modules to load and where names of packages and paths are looked up, in this order. */
export interface ModuleChoice {
  readonly named: readonly string[];
  readonly withDefaults: boolean;
  /** Folder of the script, then the working directory. */
  readonly folders: readonly string[];
}

/**
 * Loads modules and builds the registry.
 *
 * @throws `MODULE_NOT_FOUND` and `MODULE_INCOMPATIBLE` for every module that cannot be had; then `FACTORY_CONFLICT`,
 *   `FACTORY_INVALID`.
 */
export async function loadRegistry(choice: ModuleChoice): Promise<FactoryRegistry> {
  const modules: Module[] = [];
  const faults: Diagnostic[] = [];
  for (const name of moduleNames(choice.named, choice.withDefaults)) {
    try {
      modules.push(...(await loadModule(name, choice.folders)));
    } catch (error) {
      if (!TributaryError.is(error)) throw error;
      faults.push(...error.diagnostics);
    }
  }
  if (faults.length > 0) throw new TributaryError(faults);
  return createRegistry(modules, { catalogue: CATALOGUE });
}

async function loadModule(name: string, folders: readonly string[]): Promise<readonly Module[]> {
  const builtIn = BUILT_IN_MODULES.get(name);
  if (builtIn !== undefined) return [await builtIn()];
  const entry = findEntry(name, folders);
  if (entry === undefined) {
    throw new TributaryError({
      severity: "error",
      code: "MODULE_NOT_FOUND",
      message: `there is no module '${name}': it is neither built in nor a package or path`,
      candidates: nearestFirst(name, [...BUILT_IN_MODULES.keys()]),
      hint: `looked in ${folders.join(", ")}; install the package or give the path of its entry`,
    });
  }
  return modulesOf(name, entry, await importEntry(name, entry));
}

async function importEntry(name: string, entry: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(entry).href)) as Record<string, unknown>;
  } catch (error) {
    throw new TributaryError(
      {
        severity: "error",
        code: "MODULE_INCOMPATIBLE",
        message: `module '${name}' cannot be loaded: ${error instanceof Error ? error.message : String(error)}`,
        file: entry,
      },
      { cause: error },
    );
  }
}

function isModule(value: unknown): value is Module {
  if (typeof value !== "object" || value === null) return false;
  const { name, version, contractVersion } = value as Partial<Module>;
  return typeof name === "string" && typeof version === "string" && typeof contractVersion === "number";
}

/** A module's entry exports modules by any name, or a list of them as default. */
function modulesOf(name: string, entry: string, exported: Record<string, unknown>): readonly Module[] {
  const values = new Set(Object.values(exported).flat());
  const modules = [...values].filter(isModule);
  if (modules.length > 0) return modules;
  throw new TributaryError({
    severity: "error",
    code: "MODULE_INCOMPATIBLE",
    message: `'${name}' exports no module`,
    file: entry,
    hint: "export what defineModule({ name, version, factories }) returns",
  });
}

/** File to import: a path as it is; a package by its `./tributary` export, else by its main entry. */
function findEntry(name: string, folders: readonly string[]): string | undefined {
  for (const folder of folders) {
    const path = resolve(folder, name);
    if (existsSync(path)) {
      const file = statSync(path).isDirectory() ? packageEntry(path) : path;
      if (file !== undefined) return file;
    }
    const installed = installedEntry(name, folder);
    if (installed !== undefined) return installed;
  }
  return undefined;
}

function installedEntry(name: string, folder: string): string | undefined {
  const require = createRequire(join(folder, "noop.js"));
  for (const specifier of [`${name}/tributary`, name]) {
    try {
      return require.resolve(specifier);
    } catch {
      // Not exported, or not installed from this folder.
    }
  }
  return undefined;
}

function packageEntry(folder: string): string | undefined {
  const manifest = join(folder, "package.json");
  if (!existsSync(manifest)) return undefined;
  const { name } = JSON.parse(readFileSync(manifest, "utf8")) as { readonly name?: string };
  // A package may refer to itself by name, so its own `exports` decide.
  return name === undefined ? undefined : installedEntry(name, dirname(manifest));
}
