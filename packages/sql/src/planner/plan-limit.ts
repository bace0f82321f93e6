/** LIMIT and OFFSET: which of the rows that come are kept. */
import type { AnyDoFn, DoFn, Row, StateSpec, ValueState } from "@tributary/core";
import { State } from "@tributary/core";
import { Abandoned } from "../binder/faults.js";
import type { PlanSite } from "./plan-site.js";
import { allRows, inGlobalWindow, parDo } from "./plan-site.js";
import type { LimitRelation } from "./relation.js";
import type { Stream } from "./stream.js";
import { baseStream } from "./stream.js";

/** Plans the rows from `offset` on, `limit` at most, in the order in which they come. */
export function planLimit(relation: LimitRelation, site: PlanSite): Stream {
  const { input, limit, offset, span } = relation;
  const stream = site.plan(input);
  if (!site.isBounded(input)) {
    site.faults.unsupported(
      span,
      "LIMIT over a table that does not end",
      "Limit the rows where they are read, or with WHERE.",
    );
    throw new Abandoned();
  }
  const rows = inGlobalWindow(site, allRows(site, stream, input), span);
  const end = offset + limit;
  const create = (): AnyDoFn => {
    const fn: DoFn<Row, Row, { readonly seen: StateSpec<ValueState<number>> }> = {
      key: () => 0,
      state: { seen: State.value<number>() },
      process(row, { state, emit }) {
        const seen = state.seen.read() ?? 0;
        if (seen >= end) return;
        state.seen.write(seen + 1);
        if (seen >= offset) emit(row);
      },
    };
    return fn as unknown as AnyDoFn;
  };
  const details = { limit, offset };
  return baseStream(site.step("limit", [rows], parDo(create), details, span, details), relation.columns);
}
