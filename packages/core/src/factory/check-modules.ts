import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { nearestFirst } from "../diagnostics/nearest.js";
import { describeCopy } from "./core-copy.js";
import { CONTRACT_VERSION, CORE_COPY, moduleLabel } from "./module.js";
import type { Module } from "./module.js";
import { meetsVersion } from "./version.js";

/** What keeps modules from being loaded: another contract, another copy of core, a module they need. */
export function checkModules(modules: readonly Module[]): readonly Diagnostic[] {
  return modules.flatMap((module) => [...compatibilityFaults(module), ...requirementFaults(module, modules)]);
}

function* compatibilityFaults(module: Module): Generator<Diagnostic> {
  const label = moduleLabel(module);
  if (module.contractVersion !== CONTRACT_VERSION) {
    const isNewer = module.contractVersion > CONTRACT_VERSION;
    yield {
      severity: "error",
      code: "MODULE_INCOMPATIBLE",
      message: `The module ${label} is made for version ${module.contractVersion} of the plugin contract; this is version ${CONTRACT_VERSION}.`,
      hint: isNewer ? "Update @tributary/core." : `Update the package of the module '${module.name}'.`,
    };
  } else if (module.core !== CORE_COPY) {
    yield {
      severity: "error",
      code: "MODULE_INCOMPATIBLE",
      message: `The module ${label} stands on another copy of @tributary/core, ${describeCopy(module.core)}; this one is ${describeCopy(CORE_COPY)}.`,
      hint: "Install one copy for all (npm ls @tributary/core, npm dedupe); a plugin names core as a peer dependency.",
    };
  }
}

function* requirementFaults(module: Module, modules: readonly Module[]): Generator<Diagnostic> {
  for (const required of module.requires ?? []) {
    const found = modules.filter(({ name }) => name === required.module);
    const { version } = required;
    if (found.length === 0) {
      yield {
        severity: "error",
        code: "MODULE_NOT_FOUND",
        message: `The module ${moduleLabel(module)} requires the module '${required.module}', which is not loaded.`,
        candidates: nearestFirst(required.module, modules.filter((one) => one !== module).map(moduleLabel)),
        hint: `Load '${required.module}' too.`,
      };
    } else if (version !== undefined && !found.some((one) => meetsVersion(one.version, version))) {
      yield {
        severity: "error",
        code: "MODULE_INCOMPATIBLE",
        message: `The module ${moduleLabel(module)} requires version ${version} of '${required.module}'; loaded is ${found.map((one) => one.version).join(", ")}.`,
        hint: `Load '${required.module}' in a version that meets ${version}.`,
      };
    }
  }
}
