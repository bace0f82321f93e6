/** Joins with all rows of a bounded input: lookups, and IN and EXISTS with their opposites. */
import type { AnyDoFn, DoFn, None, Row, SideInput, SideMultimap } from "@tributary/core";
import type { JoinRows } from "./join-rows.js";
import type { JoinType } from "./relation.js";

/** Key of the rows that have a NULL in it. */
const NULL_KEY = "~";

/** The bounded input by key. */
export function lookupView(collection: string, rows: JoinRows): SideInput<SideMultimap<string, Row>> {
  return {
    kind: "multimap",
    collection,
    keyOf: (row: Row) => rows.keyOf[1](row) ?? NULL_KEY,
    valueOf: (row: Row) => row,
  };
}

/** @param isNullSafe - false for NOT IN, where a NULL on either side makes the answer unknown. */
export function lookupJoin(
  rows: JoinRows,
  type: JoinType,
  view: SideInput<SideMultimap<string, Row>>,
  isNullSafe: boolean,
): AnyDoFn {
  type Views = { readonly table: SideInput<SideMultimap<string, Row>> };
  const partners = (row: Row, table: SideMultimap<string, Row>): readonly Row[] => {
    const key = rows.keyOf[0](row);
    if (key === undefined) return [];
    return table
      .get(key)
      .map((other) => rows.join(row, other))
      .filter((joined) => rows.matches(joined));
  };
  const isUnknown = (row: Row, table: SideMultimap<string, Row>): boolean =>
    !isNullSafe && table.size > 0 && (rows.keyOf[0](row) === undefined || table.has(NULL_KEY));
  const fn: DoFn<Row, Row, None, None, None, Views> = {
    sideInputs: { table: view },
    process(row, { side: { table }, emit }) {
      const found = partners(row, table);
      if (type === "SEMI" || type === "ANTI") {
        if (type === "SEMI" ? found.length > 0 : found.length === 0 && !isUnknown(row, table)) emit(row);
        return;
      }
      for (const joined of found) emit(joined);
      if (found.length === 0 && rows.preserves[0]) emit(rows.join(row, undefined));
    },
  };
  return fn as unknown as AnyDoFn;
}
