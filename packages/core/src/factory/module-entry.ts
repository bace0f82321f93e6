/**
 * Where the code of a module is that is named by package or path. A package says it in its `exports`: `./tributary`,
 * for plugins that keep it apart from what applications import, or its main entry.
 *
 * Node's own resolution cannot be asked: it has no way to resolve an import from another folder.
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { isAbsolute, join, resolve } from "node:path";

/** A file to import, or why there is none although the name stands for something. */
export type ModuleEntry =
  { readonly file: string; readonly package?: PackageManifest } | { readonly reason: string };

/** What is read of a package.json. */
export interface PackageManifest {
  readonly name?: string;
  readonly version?: string;
  readonly main?: string;
  readonly exports?: unknown;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

const ENTRIES = ["./tributary", "."];
const CONDITIONS: ReadonlySet<string> = new Set(["node", "import", "module-sync", "default"]);

/**
 * Looks a name up from one folder: first as a path, then as a package that is installed for the folder.
 *
 * @returns undefined if the name stands for nothing there.
 */
export function findModuleEntry(name: string, folder: string): ModuleEntry | undefined {
  const path = resolve(folder, name);
  const isPath = existsSync(path);
  if (isPath && !statSync(path).isDirectory()) return { file: path };
  if (isPath && existsSync(join(path, "package.json"))) return packageEntry(path);
  const installed = isAbsolute(name) ? undefined : installedPackage(name, folder);
  if (installed !== undefined) return packageEntry(installed);
  return isPath ? { reason: `the folder ${path} has no package.json` } : undefined;
}

/** Folder of a package in the `node_modules` of a folder or of one above it. */
function installedPackage(name: string, folder: string): string | undefined {
  if (name.startsWith(".")) return undefined;
  return createRequire(join(folder, "any.js"))
    .resolve.paths(name)
    ?.map((modules) => join(modules, name))
    .find((candidate) => existsSync(join(candidate, "package.json")));
}

function packageEntry(folder: string): ModuleEntry {
  const manifest = readManifest(folder);
  if (manifest === undefined) return { reason: `${join(folder, "package.json")} cannot be read` };
  const target = entryTarget(manifest);
  const file = resolve(folder, target);
  if (existsSync(file) && statSync(file).isFile()) return { file, package: manifest };
  return { reason: `its package.json names the entry '${target}', which is not in ${folder}` };
}

/** The manifest in a package's folder; undefined if there is none that can be read. */
export function readManifest(folder: string): PackageManifest | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as PackageManifest;
  } catch {
    return undefined;
  }
}

function entryTarget({ exports, main }: PackageManifest): string {
  if (exports === undefined || exports === null) return main ?? "index.js";
  for (const entry of ENTRIES) {
    const target = chooseTarget(hasSubpaths(exports) ? exports[entry] : entry === "." ? exports : undefined);
    if (target !== undefined) return target;
  }
  return "./tributary";
}

function hasSubpaths(exports: unknown): exports is Readonly<Record<string, unknown>> {
  return (
    typeof exports === "object" &&
    exports !== null &&
    !Array.isArray(exports) &&
    Object.keys(exports).some((key) => key.startsWith("."))
  );
}

/** The first target whose conditions hold for an import in Node. */
function chooseTarget(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null) return undefined;
  const choices: readonly unknown[] = Array.isArray(value)
    ? value
    : Object.entries(value).flatMap(([condition, target]) => (CONDITIONS.has(condition) ? [target] : []));
  for (const choice of choices) {
    const target = chooseTarget(choice);
    if (target !== undefined) return target;
  }
  return undefined;
}
