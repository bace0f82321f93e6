import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Makes a directory and those above it that are missing. Node's own recursive `mkdir` tries for ever where the parent
 * exists and takes no entries, as `/proc` does.
 */
export async function makeDirectories(directory: string): Promise<void> {
  if (await isMade(directory)) return;
  await makeDirectories(dirname(directory));
  if (!(await isMade(directory))) await mkdir(directory);
}

/** False if the parent is missing, or says so. */
async function isMade(directory: string): Promise<boolean> {
  try {
    await mkdir(directory);
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const isRoot = dirname(directory) === directory;
    if (code === "ENOENT" && !isRoot) return false;
    if ((code === "EEXIST" || isRoot) && (await stat(directory)).isDirectory()) return true;
    throw error;
  }
}
