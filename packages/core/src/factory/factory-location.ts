import { readFileSync } from "node:fs";
import { dirname, isAbsolute, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Where a factory's code is, as a claim prints it: a path relative to the working directory, or the name of the
 * package that holds the file.
 *
 * @param file - `import.meta.url` or a path; undefined if the module does not say.
 */
export function describeLocation(file: string | undefined, workingDirectory: string = process.cwd()): string {
  if (file === undefined) return "a file that the module does not name";
  const path = file.startsWith("file:") ? fileURLToPath(file) : file;
  if (!isAbsolute(path)) return path;
  const inside = relative(workingDirectory, path);
  const isOutside = inside.startsWith("..") || isAbsolute(inside);
  if (!isOutside && !path.includes(`${sep}node_modules${sep}`)) return inside.replaceAll(sep, "/");
  return packageOf(path) ?? path;
}

/** Name in the nearest package.json above a file; only read when a fault is printed. */
function packageOf(path: string): string | undefined {
  for (let folder = dirname(path); dirname(folder) !== folder; folder = dirname(folder)) {
    try {
      const { name } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { name?: unknown };
      if (typeof name === "string") return name;
    } catch {
      // No readable package.json here; look further up.
    }
  }
  return undefined;
}
