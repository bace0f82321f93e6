/** Window Top-N and deduplication: the first rows of each window and key, by an order, when the window is over. */
import type { Row } from "@tributary/core";
import { rowConstructor } from "@tributary/core";
import { printScalar } from "../expressions/print-scalar.js";
import { comparatorOf } from "../expressions/comparison.js";
import { compileScalar } from "../expressions/stage-function.js";
import { Abandoned } from "../binder/faults.js";
import type { PlanSite } from "./plan-site.js";
import { allRows, windowsOfRows } from "./plan-site.js";
import { flattened, groupedRows } from "./plan-window-rows.js";
import type { RankRelation } from "./relation.js";
import { describeWindow } from "./sql-windows.js";
import type { Stream } from "./stream.js";
import { baseStream } from "./stream.js";

/** Most rows that a Top-N keeps of each window and key. */
export const TOP_ROWS_MAX = 100_000;

/** Plans the rows that have a number, with it. */
export function planRank(relation: RankRelation, site: PlanSite): Stream {
  const { limit, span, window } = relation;
  if (limit === undefined) {
    site.faults.unsupported(
      span,
      "ROW_NUMBER with OVER that no condition bounds",
      "Bound the number in the query around it: SELECT ... FROM (SELECT ..., ROW_NUMBER() OVER (...) AS n FROM ...) WHERE n <= 3.",
    );
    throw new Abandoned();
  }
  const input = allRows(site, site.plan(relation.input), relation.input);
  const described = describeWindow(window.spec);
  const windowFn = windowsOfRows(window.spec, relation.windowOfRow, undefined, site.options);
  const windowed = site.step("window", [input], { kind: "window", windowFn }, { window: described }, span);
  const compare = rowOrder(relation, site);
  const construct = rowConstructor(relation.columns.map((one) => one.field));
  const inputs = relation.input.columns.map((one) => one.field);
  const numbered = (row: Row, i: number): Row =>
    construct(...inputs.map((field) => row[field]), BigInt(i + 1));
  const lists = groupedRows(
    site,
    windowed,
    {
      keys: relation.keys,
      add: (list, row) => {
        insert(list, row, compare, limit);
      },
      toOutput: (_, rows) => rows.map(numbered),
    },
    "window-top",
    span,
    {
      window: described,
      keys: relation.keys.map((one) => printScalar(one)),
      order: relation.order.map(
        ({ scalar, isDescending }) => `${printScalar(scalar)}${isDescending ? " DESC" : ""}`,
      ),
      rows: String(limit),
    },
  );
  return baseStream(flattened(site, lists, span), relation.columns);
}

/** Behind all rows that are not greater: the first that came stays first. */
function insert(list: Row[], row: Row, compare: (a: Row, b: Row) => number, limit: number): void {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compare(list[middle]!, row) <= 0) low = middle + 1;
    else high = middle;
  }
  if (low >= limit) return;
  list.splice(low, 0, row);
  if (list.length > limit) list.pop();
}

function rowOrder({ order }: RankRelation, site: PlanSite): (a: Row, b: Row) => number {
  const parts = order.map(({ scalar, isDescending, hasNullsFirst }) => {
    const read = compileScalar(scalar, site.options);
    const compare = comparatorOf(scalar.type) as (a: unknown, b: unknown) => number;
    return (x: Row, y: Row): number => {
      const [a, b] = [read(x), read(y)];
      if (a === null || b === null) return a === b ? 0 : (a === null) === hasNullsFirst ? -1 : 1;
      return isDescending ? compare(b, a) : compare(a, b);
    };
  });
  return (a, b) => {
    for (const part of parts) {
      const result = part(a, b);
      if (result !== 0) return result;
    }
    return 0;
  };
}
