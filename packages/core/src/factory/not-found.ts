import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { nearestFirst, probablyMeant } from "../diagnostics/nearest.js";
import type { FactoryRole } from "./factory.js";
import type { FactoryRegistry } from "./registry.js";

/**
 * Says that a registry has no factory of a role with an identifier: lists those there are, nearest spelling first, and
 * whether another role or a known module that is not loaded has it. The caller adds table, option and place.
 *
 * @public
 */
export function factoryNotFound(
  registry: FactoryRegistry,
  role: FactoryRole,
  identifier: string,
): Pick<Diagnostic, "severity" | "code" | "message" | "candidates" | "hint"> {
  const known = registry.registrations.filter((one) => one.role === role).map((one) => one.identifier);
  return {
    severity: "error",
    code: "FACTORY_NOT_FOUND",
    message: `There is no ${role} '${identifier}'${otherRoleText(registry, role, identifier)}.`,
    candidates: nearestFirst(identifier, known),
    hint: hintFor(registry, role, identifier, known),
  };
}

function otherRoleText(registry: FactoryRegistry, role: FactoryRole, identifier: string): string {
  const others = registry.registrations.filter((one) => one.identifier === identifier && one.role !== role);
  if (others.length === 0) return "";
  const isConnector = role !== "format" && others[0]?.role !== "format";
  return isConnector
    ? `: '${identifier}' is only a ${others[0]?.role}`
    : `: '${identifier}' is a ${others[0]?.role}`;
}

function hintFor(
  registry: FactoryRegistry,
  role: FactoryRole,
  identifier: string,
  known: readonly string[],
): string {
  const modules = (registry.catalogue ?? [])
    .filter((one) => one.role === role && one.identifier === identifier)
    .map((one) => one.module);
  if (modules.length > 0) {
    const choices = modules.map((module) => `--module ${module}`).join(" or ");
    return `A built-in module that is not loaded has it: ${choices}.`;
  }
  const meant = probablyMeant(identifier, known);
  if (meant !== undefined) return `Did you mean '${meant}'?`;
  return known.length === 0
    ? `No loaded module has a ${role}: load one with --module.`
    : `Use one of those there are, or load the module that has it with --module.`;
}
