import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { readManifest } from "./module-entry.js";
import { CORE_COPY } from "./module.js";

/** Version of this copy of core; only read when a fault is printed. */
export function coreVersion(): string {
  return readManifest(folderOf(CORE_COPY))?.version ?? "of an unknown version";
}

/** A copy of core as faults print it: version and folder. @param copy - what {@link CORE_COPY} is there. */
export function describeCopy(copy: string): string {
  if (!copy.startsWith("file:")) return copy;
  const folder = folderOf(copy);
  const version = readManifest(folder)?.version;
  return version === undefined ? folder : `${version} in ${folder}`;
}

/** The package's folder: the one above the compiled files. */
function folderOf(copy: string): string {
  return dirname(fileURLToPath(copy));
}
