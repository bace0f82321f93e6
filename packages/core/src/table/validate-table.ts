import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { compareText, nearestFirst, probablyMeant } from "../diagnostics/nearest.js";
import { sortDiagnostics } from "../diagnostics/sort-diagnostics.js";
import { factoryNotFound } from "../factory/not-found.js";
import { planSink } from "./plan-sink.js";
import { planSource } from "./plan-source.js";
import type { PlanContext } from "./planning.js";
import type { TableRole } from "./resolve-connector.js";
import { placeFields } from "./table-diagnostics.js";
import type { TableDescriptor } from "./table.js";

/**
 * Checks a table without using it.
 *
 * @param roles - by default every role that the table's connector has. A table that names no connector, or one that
 *   no module has, then gets a warning: nothing uses it, and another wiring may have the connector.
 * @returns each fault once, also if it is one in both roles; sorted by place, then in the order of the checks.
 * @public
 */
export function validateTable(
  table: TableDescriptor,
  context: PlanContext,
  roles?: readonly TableRole[],
): readonly Diagnostic[] {
  const checked = roles ?? rolesOf(table, context);
  if (checked.length === 0) return [unusable(table, context)];
  const [first = [], ...others] = checked.map(
    (role) => (role === "source" ? planSource(table, context) : planSink(table, context)).diagnostics,
  );
  return sortDiagnostics(others.reduce(mergeRole, first));
}

function connectorOf(table: TableDescriptor): string | undefined {
  return table.options.findLast(({ key }) => key === "connector")?.value;
}

function rolesOf(table: TableDescriptor, { registry }: PlanContext): readonly TableRole[] {
  const identifier = connectorOf(table);
  if (identifier === undefined) return [];
  const roles: TableRole[] = [];
  if (registry.findSource(identifier) !== undefined) roles.push("source");
  if (registry.findSink(identifier) !== undefined) roles.push("sink");
  return roles;
}

function unusable(table: TableDescriptor, { registry }: PlanContext): Diagnostic {
  const identifier = connectorOf(table);
  const entry = table.options.findLast(({ key }) => key === "connector");
  const common = { ...placeFields(entry?.place ?? table.place), table: table.name, option: "connector" };
  if (identifier === undefined) {
    return {
      severity: "warning",
      code: "OPTION_MISSING",
      message: `The table '${table.name}' names no connector; it cannot be read or written.`,
      ...common,
      hint: "Add 'connector' = '...'.",
    };
  }
  const { hint = "" } = nearerRole(registry, identifier);
  const connectors = registry.registrations
    .filter(({ role }) => role !== "format")
    .map((one) => one.identifier);
  const isElsewhere = registry.catalogue?.some(
    (one) => one.role !== "format" && one.identifier === identifier,
  );
  const meant = isElsewhere === true ? undefined : probablyMeant(identifier, connectors);
  return {
    severity: "warning",
    code: "FACTORY_NOT_FOUND",
    message: `No loaded module has the connector '${identifier}' of the table '${table.name}'.`,
    ...common,
    connector: identifier,
    value: identifier,
    candidates: nearestFirst(identifier, connectors),
    hint: meant === undefined ? hint : `Did you mean '${meant}'?`,
  };
}

/** Of both roles the one that can say more: a built-in module that has it, else the source. */
function nearerRole(registry: PlanContext["registry"], identifier: string) {
  const isSinkKnown = registry.catalogue?.some((one) => one.role === "sink" && one.identifier === identifier);
  const isSourceKnown = registry.catalogue?.some(
    (one) => one.role === "source" && one.identifier === identifier,
  );
  return factoryNotFound(
    registry,
    isSinkKnown === true && isSourceKnown !== true ? "sink" : "source",
    identifier,
  );
}

/**
 * Adds what only another role found, each at its check's place by key. A fault of both roles is kept once, in the
 * words of the first; an error wins over a warning.
 */
function mergeRole(found: readonly Diagnostic[], other: readonly Diagnostic[]): readonly Diagnostic[] {
  const merged = [...found];
  for (const one of other) {
    const known = found.find((another) => faultOf(another) === faultOf(one));
    if (known === undefined) merged.splice(placeInOrder(merged, one), 0, one);
    else if (known.severity !== "error" && one.severity === "error") merged[merged.indexOf(known)] = one;
  }
  return merged;
}

/** The same text for two findings of one fault. */
function faultOf({ code, option, columnName, value, line, column }: Diagnostic): string {
  return JSON.stringify([code, option, columnName, value, line, column]);
}

/** Among diagnostics of the same code and severity by key; behind all others if there is none. */
function placeInOrder(merged: readonly Diagnostic[], { code, severity, option = "" }: Diagnostic): number {
  const isAlike = (other: Diagnostic): boolean => other.code === code && other.severity === severity;
  const next = merged.findIndex((other) => isAlike(other) && compareText(other.option ?? "", option) > 0);
  if (next >= 0) return next;
  const last = merged.findLastIndex(isAlike);
  return last < 0 ? merged.length : last + 1;
}
