/** Whether an aggregation can take windows as they are assigned, or needs the rows of the window function. */
import type { Scalar } from "../expressions/scalar.js";
import { forEachColumn, substitute } from "../expressions/scalar.js";
import type { AggregateRelation, Relation, WindowOfRow, WindowRelation } from "./relation.js";

/** Expressions over a relation as ones over the window relation below it; `undefined` if something else lies between. */
function overWindow(
  relation: Relation,
  window: WindowRelation,
  scalars: readonly Scalar[],
): { readonly scalars: readonly Scalar[]; readonly filters: readonly Scalar[] } | undefined {
  const filters: Scalar[] = [];
  let [at, over] = [relation, scalars];
  while (at !== window) {
    if (at.kind !== "project") return undefined;
    const items = new Map(
      at.columns.map((column, i) => [column.field, (at as typeof at & { kind: "project" }).items[i]!]),
    );
    const down = (one: Scalar): Scalar => substitute(one, (column) => items.get(column.name) ?? column);
    over = over.map(down);
    filters.splice(0, filters.length, ...filters.map(down));
    if (at.filter !== undefined) filters.push(at.filter);
    at = at.input;
  }
  return { scalars: over, filters };
}

/**
 * True where bounds are read by more than the grouping, and for sessions whose PARTITION BY is not what is grouped by.
 */
export function needsWindowRows(relation: AggregateRelation): boolean {
  const { window } = relation;
  if (window.spec.kind === "TUMBLE") return false;
  const keys = relation.keys.map((one) => one.scalar);
  const others = relation.aggregates.flatMap(({ aggregate }) => [
    ...aggregate.arguments,
    ...(aggregate.filter === undefined ? [] : [aggregate.filter]),
  ]);
  if (relation.filter !== undefined) others.push(relation.filter);
  const found = overWindow(relation.input, window, [...keys, ...others]);
  if (found === undefined) return true;
  const bounds = new Set(
    window.columns.filter((one) => one.windowPart?.window === window).map((one) => one.field),
  );
  let readsBound = false;
  for (const one of [...found.scalars, ...found.filters])
    forEachColumn(one, ({ name }) => {
      readsBound ||= bounds.has(name);
    });
  if (readsBound || window.spec.kind !== "SESSION") return readsBound;
  const fields = new Set(
    found.scalars.slice(0, keys.length).map((one) => (one.kind === "column" ? one.name : "")),
  );
  return (
    fields.size !== window.partitionFields.length || !window.partitionFields.every((one) => fields.has(one))
  );
}

/** The bounds that the grouping names. */
export function boundsOf(relation: AggregateRelation): WindowOfRow {
  const of = (part: string): Scalar => relation.bounds.find((one) => one.part === part)!.scalar;
  return { start: of("start"), end: of("end") };
}

/** Whether the relation's rows are in windows of their own in the graph, and not in the one that holds everything. */
export function isWindowed(relation: Relation): boolean {
  switch (relation.kind) {
    case "aggregate":
    case "rank":
      return true;
    case "window":
      return relation.spec.kind === "SESSION" || isWindowed(relation.input);
    case "join":
      return relation.method.kind === "window";
    case "project":
    case "expand":
      return isWindowed(relation.input);
    case "scan":
    case "values":
    case "union":
    case "limit":
      return false;
  }
}
