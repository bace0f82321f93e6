/** Who claims what in a wiring: each (role, identifier) goes to one claimant, or is a conflict. */
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { compareText, nearestFirst } from "../diagnostics/nearest.js";
import { ROLES } from "./check-factory.js";
import { describeConflict } from "./conflict.js";
import type { ClaimRole, FactoryConflict } from "./conflict.js";
import { moduleLabel } from "./module.js";
import type { Module } from "./module.js";

/** Chooses among several claims on one role and identifier. @public */
export interface FactoryOverride {
  /** `class` for a class that is bound by name. */
  readonly role: ClaimRole;
  readonly identifier: string;
  /** Name of the module whose factory is used, with or without `@version`. */
  readonly module: string;
}

/** A factory or a named class with the module it comes from. */
export interface Claim<T> {
  readonly role: ClaimRole;
  readonly identifier: string;
  readonly claimed: T;
  readonly className: string;
  readonly file: string | undefined;
  readonly module: Module;
}

/** A claim that won, with the labels of the modules that an override left out. */
export interface Winner<T> {
  readonly claim: Claim<T>;
  readonly replaced: readonly string[];
}

/** Winners and conflicts, both sorted by role, then identifier; overrides that fit nothing are added to `faults`. */
export function resolveClaims<T>(
  claims: readonly Claim<T>[],
  overrides: readonly FactoryOverride[],
  faults: Diagnostic[],
): { readonly winners: readonly Winner<T>[]; readonly conflicts: readonly FactoryConflict[] } {
  const winners: Winner<T>[] = [];
  const conflicts: FactoryConflict[] = [];
  for (const group of groupClaims(claims)) {
    const { role, identifier } = group[0];
    const override = overrides.find((one) => one.role === role && one.identifier === identifier);
    const chosen = override === undefined ? group : group.filter(({ module }) => isNamed(module, override));
    if (chosen.length === 1 && chosen[0] !== undefined) {
      const [claim] = chosen;
      const replaced = group.filter((one) => one !== claim).map(({ module }) => moduleLabel(module));
      winners.push({ claim, replaced });
    } else if (chosen.length === 0 && override !== undefined) {
      faults.push(overrideWithoutClaim(override, group));
    } else {
      conflicts.push(describeConflict(role, identifier, chosen));
    }
  }
  for (const override of overrides) {
    const isClaimed = claims.some(
      ({ role, identifier }) => role === override.role && identifier === override.identifier,
    );
    if (!isClaimed) faults.push(overrideWithoutClaim(override, []));
  }
  return { winners, conflicts };
}

/** Claims by role and identifier, sorted by both. */
function groupClaims<T>(claims: readonly Claim<T>[]): [Claim<T>, ...Claim<T>[]][] {
  const order: readonly ClaimRole[] = [...ROLES, "class"];
  const groups = new Map<string, [Claim<T>, ...Claim<T>[]]>();
  for (const claim of claims) {
    const key = `${order.indexOf(claim.role)} ${String(claim.identifier)}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [claim]);
    else group.push(claim);
  }
  return [...groups].sort(([a], [b]) => compareText(a, b)).map(([, group]) => group);
}

function isNamed(module: Module, { module: name }: FactoryOverride): boolean {
  return name === module.name || name === moduleLabel(module);
}

function overrideWithoutClaim<T>(override: FactoryOverride, group: readonly Claim<T>[]): Diagnostic {
  return {
    severity: "error",
    code: "FACTORY_NOT_FOUND",
    message: `The override for the ${override.role} '${override.identifier}' names the module '${override.module}', which does not offer it.`,
    ...(override.role !== "class" && { connector: override.identifier }),
    candidates: nearestFirst(
      override.module,
      group.map(({ module }) => moduleLabel(module)),
    ),
    hint: "Name a loaded module that offers it, or leave the override out.",
  };
}
