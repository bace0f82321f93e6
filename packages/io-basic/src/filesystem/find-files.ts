import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileFailure } from "./local-path.js";

/** Deepest nesting of directories that are looked into. */
const DIRECTORY_DEPTH_MAX = 64;

/**
 * The files to read: the file itself, or all files of a directory and those below it, sorted. Names that start with a
 * dot or an underscore are passed over, as Flink does.
 *
 * @throws `EXTERNAL_FAILED` if the path cannot be read.
 */
export async function findFiles(path: string): Promise<readonly string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    const files: string[] = [];
    await collect(path, files, 0);
    return files.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  } catch (error) {
    throw fileFailure("Reading", path, error);
  }
}

async function collect(directory: string, files: string[], depth: number): Promise<void> {
  if (depth > DIRECTORY_DEPTH_MAX) return;
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (entry.name.startsWith(".") || entry.name.startsWith("_")) continue;
    const path = join(directory, entry.name);
    const isDirectory = entry.isSymbolicLink() ? (await stat(path)).isDirectory() : entry.isDirectory();
    if (isDirectory) await collect(path, files, depth + 1);
    else files.push(path);
  }
}
