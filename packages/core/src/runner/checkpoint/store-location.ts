/**
 * Where checkpoints are kept, as one text: a directory, or the URL of a store that a module brings. A module binds the
 * class of its store under {@link checkpointStoreClass}, the name of the URL's scheme.
 */
import { fileURLToPath } from "node:url";
import { TributaryError } from "../../diagnostics/error.js";
import type { ClassContract } from "../../factory/class-contract.js";
import type { FactoryRegistry } from "../../factory/registry.js";
import type { CheckpointStore } from "./checkpoint-store.js";
import { DirectoryCheckpointStore } from "./directory-store.js";

/**
 * What a class must be that keeps checkpoints under a URL's scheme; its constructor is given the URL. For `bindClass`.
 *
 * @example
 * defineModule({
 *   name: "acme-store",
 *   version: "1.0.0",
 *   classes: { [checkpointStoreClass("acme")]: bindClass(CHECKPOINT_STORE, AcmeCheckpointStore) },
 * });
 * @public
 */
export const CHECKPOINT_STORE: ClassContract<CheckpointStore, readonly [location: URL]> = {
  name: "@tributary/core/CheckpointStore",
  noun: "checkpoint store",
  methods: ["acquire", "list", "read", "write", "remove", "release"],
};

/** The name that a store for URLs of a scheme is bound under, e.g. `checkpoint-store.s3`. @public */
export function checkpointStoreClass(scheme: string): string {
  return `checkpoint-store.${scheme}`;
}

/** Two letters at least: one would be a drive of Windows. */
const URL_WITH_SCHEME = /^([a-z][a-z0-9+.-]+):\/\//i;

/** Scheme of a location in lower case; undefined for a directory, also as a `file:` URL. @public */
export function checkpointScheme(location: string): string | undefined {
  const scheme = URL_WITH_SCHEME.exec(location)?.[1]?.toLowerCase();
  return scheme === "file" ? undefined : scheme;
}

/**
 * The store at a location; nothing is reached yet.
 *
 * @param registry - whose modules bring stores for URLs.
 * @throws `CHECKPOINT_UNUSABLE` if it is no URL, or one that the store does not take; `MODULE_NOT_FOUND` if no module
 *   of the registry has a store for the scheme.
 * @public
 */
export function openCheckpointStore(
  location: string,
  registry: Pick<FactoryRegistry, "findClass" | "classes">,
): CheckpointStore {
  const scheme = checkpointScheme(location);
  if (scheme === undefined)
    return new DirectoryCheckpointStore(/^file:\/\//i.test(location) ? fileURLToPath(location) : location);
  const bound = registry.findClass(checkpointStoreClass(scheme));
  if (bound?.contract.name !== CHECKPOINT_STORE.name) throw noStore(location, scheme, registry);
  if (!URL.canParse(location)) {
    throw new TributaryError({
      severity: "error",
      code: "CHECKPOINT_UNUSABLE",
      message: `'${location}' is no URL that checkpoints could be kept at.`,
      value: location,
    });
  }
  return bound.make(new URL(location)) as CheckpointStore;
}

function noStore(
  location: string,
  scheme: string,
  { classes }: Pick<FactoryRegistry, "classes">,
): TributaryError {
  const schemes = classes
    .filter((one) => one.contract === CHECKPOINT_STORE.name)
    .map((one) => one.name.slice(checkpointStoreClass("").length));
  return new TributaryError({
    severity: "error",
    code: "MODULE_NOT_FOUND",
    message: `No module that is loaded keeps checkpoints at '${scheme}://' ('${location}').`,
    value: location,
    candidates: [...schemes, "file"].map((one) => `${one}://`),
    hint: "Load the module that has such a store, or give a directory.",
  });
}
