import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { TributaryError } from "../diagnostics/error.js";
import { compareText } from "../diagnostics/nearest.js";
import { describeLocation } from "./factory-location.js";
import type { FactoryRole } from "./factory.js";
import { moduleLabel } from "./module.js";
import type { Module } from "./module.js";

/** What can be claimed: an identifier of a role, or the name of a class. @public */
export type ClaimRole = FactoryRole | "class";

/** One module's claim on a role and an identifier. @public */
export interface FactoryClaim {
  readonly module: string;
  readonly version: string;
  readonly className: string;
  /** Path relative to the working directory, or the package's name. */
  readonly file: string;
}

/** Two or more claims on one role and identifier. @public */
export interface FactoryConflict {
  readonly role: ClaimRole;
  readonly identifier: string;
  /** Sorted by module, version, class and file. */
  readonly claims: readonly FactoryClaim[];
  readonly hint: string;
}

/** One or more (role, identifier) pairs are claimed more than once. Thrown while a registry is built. @public */
export class FactoryConflictError extends TributaryError {
  /** Every conflict of the wiring, sorted by role, then identifier. Never empty. */
  readonly conflicts: readonly FactoryConflict[];

  constructor(conflicts: readonly FactoryConflict[]) {
    super(conflicts.map(conflictDiagnostic));
    this.name = "FactoryConflictError";
    this.conflicts = conflicts;
  }
}

export function conflictDiagnostic({ role, identifier, claims, hint }: FactoryConflict): Diagnostic {
  return {
    severity: "error",
    code: "FACTORY_CONFLICT",
    message:
      role === "class"
        ? `${claims.length} classes are bound under the name '${identifier}'.`
        : `${claims.length} factories claim the ${role} '${identifier}'.`,
    ...(role !== "class" && { connector: identifier }),
    candidates: claims.map(
      (claim) => `${claim.module}@${claim.version}: ${claim.className} in ${claim.file}`,
    ),
    hint,
  };
}

/** Describes a conflict; `claimants` in any order. */
export function describeConflict(
  role: ClaimRole,
  identifier: string,
  claimants: readonly {
    readonly module: Module;
    readonly className: string;
    readonly file: string | undefined;
  }[],
): FactoryConflict {
  const claims = claimants
    .map(({ module, className, file }) => ({
      module: module.name,
      version: module.version,
      className,
      file: describeLocation(file),
    }))
    .sort((a, b) => compareText(sortKey(a), sortKey(b)));
  return {
    role,
    identifier,
    claims,
    hint: hintFor(
      role,
      identifier,
      claimants.map(({ module }) => module),
    ),
  };
}

function sortKey({ module, version, className, file }: FactoryClaim): string {
  return [module, version, className, file].join("\0");
}

/** What to do depends on what went wrong: alternatives, a module twice, two versions, or two vendors. */
function hintFor(role: ClaimRole, identifier: string, modules: readonly Module[]): string {
  const byLabel = new Map(modules.map((module) => [moduleLabel(module), module]));
  // By name, then version, as the claims are.
  const labels = [...byLabel.keys()].sort((a, b) => compareText(a.replace("@", "\0"), b.replace("@", "\0")));
  const names = new Set(modules.map(({ name }) => name));
  const [first] = modules;
  if (labels.length === 1) {
    return `The module ${labels[0]} is loaded ${modules.length} times, or claims the ${role} '${identifier}' more than once itself: load it once.`;
  }
  if (first?.family !== undefined && modules.every(({ family }) => family === first.family)) {
    const choices = labels.map((label) => {
      const purpose = byLabel.get(label)?.purpose;
      return purpose === undefined ? label : `${label} for ${purpose}`;
    });
    return `These modules are alternatives: load only one of them. Choose ${choices.join(", or ")}.`;
  }
  if (names.size === 1) {
    return `The module '${first?.name}' is loaded in ${labels.length} versions: keep one of ${labels.join(", ")}.`;
  }
  return `Different modules offer the ${role} '${identifier}': leave out all but one of ${labels.join(", ")}, or choose one with an override.`;
}
