/**
 * The temporal join: a left row waits until the watermark has passed its time, then takes the version of the right row
 * that holds at that time. Older versions go when a newer one holds for certain.
 */
import type { AnyDoFn, DoFn, OrderedListState, Row, StateSpec, TimerSpec } from "@tributary/core";
import { MIN_TIMESTAMP, State, Timers } from "@tributary/core";
import type { JoinElement, JoinRows } from "./join-rows.js";

interface States {
  readonly left: StateSpec<OrderedListState<Row>>;
  readonly versions: StateSpec<OrderedListState<Row>>;
}

export function temporalJoin(
  rows: JoinRows,
  times: readonly [(row: Row) => number, (row: Row) => number],
): AnyDoFn {
  const fn: DoFn<JoinElement, Row, States, { readonly due: TimerSpec }> = {
    key: ({ key }) => key ?? null,
    state: { left: State.orderedList(), versions: State.orderedList() },
    timers: { due: Timers.family("event-time") },
    process({ side, key, row }, { state, timers, emit }) {
      if (key === undefined) {
        if (rows.preserves[side]) emit(rows.join(row, undefined));
        return;
      }
      const time = times[side](row);
      if (side === 0) {
        state.left.add(time, row);
        timers.due.set(time, { id: `row:${time}`, outputTimestamp: time });
      } else {
        state.versions.add(time, row);
        timers.due.set(time, { id: `version:${time}`, outputTimestamp: "none" });
      }
    },
    onTimer(_, { id, state, emit }) {
      const [what, text] = id.split(":") as [string, string];
      const time = Number(text);
      const version = state.versions.readRange(MIN_TIMESTAMP, time + 1).at(-1);
      if (what === "version") {
        if (version !== undefined) state.versions.clearRange(MIN_TIMESTAMP, version.timestamp);
        return;
      }
      const waiting = state.left.readRange(time, time + 1);
      state.left.clearRange(time, time + 1);
      for (const { value } of waiting) {
        const joined = version === undefined ? undefined : rows.join(value, version.value);
        if (joined !== undefined && rows.matches(joined)) emit(joined, { timestamp: time });
        else if (rows.preserves[0]) emit(rows.join(value, undefined), { timestamp: time });
      }
    },
  };
  return fn as unknown as AnyDoFn;
}
