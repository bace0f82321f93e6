import {
  createRegistry,
  loadModules,
  TributaryError,
  type Diagnostic,
  type FactoryRegistry,
  type Module,
} from "@tributary/core";

import { CATALOGUE, chosenModules, loadBuiltIn, BUILT_IN_NAMES } from "./built-in.js";

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
  const { builtIn, others } = chosenModules(choice.named, choice.withDefaults);
  if (others.some((name) => /\.m?ts$/i.test(name))) {
    const { registerTypeScriptLoader } = await import("../typescript/register.js");
    registerTypeScriptLoader();
  }
  const faults: Diagnostic[] = [];
  const collect = async (load: () => Promise<readonly Module[]>): Promise<readonly Module[]> => {
    try {
      return await load();
    } catch (error) {
      if (!TributaryError.is(error)) throw error;
      faults.push(...error.diagnostics);
      return [];
    }
  };
  const modules: Module[] = [];
  for (const wanted of builtIn) modules.push(...(await collect(async () => [await loadBuiltIn(wanted)])));
  const { folders } = choice;
  modules.push(...(await collect(() => loadModules(others, { folders, candidates: BUILT_IN_NAMES }))));
  if (faults.length > 0) throw new TributaryError(faults);
  return createRegistry([...new Set(modules)], { catalogue: CATALOGUE });
}
