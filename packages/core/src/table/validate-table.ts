import type { Diagnostic } from "../diagnostics/diagnostic.js";
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
  const found = checked.flatMap(
    (role) => (role === "source" ? planSource(table, context) : planSink(table, context)).diagnostics,
  );
  return sortDiagnostics(eachOnce(found));
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
  const { candidates = [], hint = "" } = nearerRole(registry, identifier);
  return {
    severity: "warning",
    code: "FACTORY_NOT_FOUND",
    message: `No loaded module has the connector '${identifier}' of the table '${table.name}'.`,
    ...common,
    connector: identifier,
    value: identifier,
    candidates,
    hint,
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

/** One fault may be found in both roles, in words that name the role; an error wins over a warning. */
function eachOnce(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const byFault = new Map<string, Diagnostic>();
  for (const one of diagnostics) {
    const key = JSON.stringify([one.code, one.option, one.columnName, one.value, one.line, one.column]);
    const known = byFault.get(key);
    if (known === undefined || (known.severity !== "error" && one.severity === "error"))
      byFault.set(key, one);
  }
  return [...byFault.values()];
}
