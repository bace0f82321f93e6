/** UNNEST and table functions: each row with the rows made of it. */
import type { Row, SqlValue } from "@tributary/core";
import { rowConstructor } from "@tributary/core";
import { compileScalar } from "../expressions/stage-function.js";
import type { PlanSite } from "./plan-site.js";
import { allRows } from "./plan-site.js";
import type { ExpandRelation } from "./relation.js";
import type { Stream } from "./stream.js";
import { baseStream, inlined } from "./stream.js";

export function planExpand(relation: ExpandRelation, site: PlanSite): Stream {
  const { input, expand, made, isOuter, span, text } = relation;
  const stream = site.plan(input);
  const rows = allRows(site, stream, input);
  const base = baseStream(rows, input.columns);
  const operands = relation.operands.map((one) => compileScalar(inlined(base, one), site.options));
  const fields = input.columns.map((one) => one.field);
  const construct = rowConstructor([...fields, ...made.map((one) => one.field)]);
  const missing = made.map((): SqlValue => null);
  const fn = (row: Row): readonly Row[] => {
    const own = fields.map((field) => row[field]);
    const all: Row[] = [];
    for (const values of expand(operands.map((read) => read(row)))) all.push(construct(...own, ...values));
    if (isOuter && all.length === 0) all.push(construct(...own, ...missing));
    return all;
  };
  const columns = Object.fromEntries(made.map((one) => [one.name, one.field]));
  const collection = site.step(
    "expand",
    [rows],
    { kind: "elementwise", form: "flatMap", fn },
    { rows: text, columns, ...(isOuter ? { outer: true } : {}) },
    span,
  );
  return baseStream(collection, relation.columns);
}
