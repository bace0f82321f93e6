import {
  checkpointScheme,
  checkpointStoreClass,
  createRegistry,
  loadModules,
  openCheckpointStore,
  TributaryError,
  type CheckpointStore,
  type FactoryRegistry,
} from "@tributary/core";

/** Packages of ours that keep checkpoints under a scheme, for those who have them installed. */
const STORE_PACKAGES: ReadonlyMap<string, string> = new Map([["s3", "@tributary/store-s3"]]);

/**
 * The store at a URL: of a module that is loaded, else of our package for the scheme if it is installed. Nothing for a
 * directory, which the runner opens itself.
 *
 * @param folders - where the package is looked up.
 * @throws `MODULE_NOT_FOUND` if neither is there; `CHECKPOINT_UNUSABLE` if the store does not take the URL.
 */
export async function storeAt(
  location: string,
  registry: FactoryRegistry,
  folders: readonly string[],
): Promise<{ readonly store?: CheckpointStore }> {
  const scheme = checkpointScheme(location);
  if (scheme === undefined) {
    return location.toLowerCase().startsWith("file://")
      ? { store: openCheckpointStore(location, registry) }
      : {};
  }
  const name = STORE_PACKAGES.get(scheme);
  if (name === undefined || registry.findClass(checkpointStoreClass(scheme)) !== undefined)
    return { store: openCheckpointStore(location, registry) };
  const modules = await loadModules([name], { folders }).catch((error: unknown) => {
    if (!TributaryError.is(error, "MODULE_NOT_FOUND")) throw error;
    throw new TributaryError(
      {
        severity: "error",
        code: "MODULE_NOT_FOUND",
        message: `Checkpoints at '${location}' need the package ${name}, which is not installed.`,
        value: name,
        hint: `npm install ${name} beside the script, or give a directory.`,
      },
      { cause: error },
    );
  });
  return { store: openCheckpointStore(location, createRegistry(modules)) };
}
