/**
 * The interval join: rows of both sides wait, by key, as long as a partner may come; then an outer row goes out alone.
 * A row's timer holds the watermark at the row's time, since a pair has the earlier time of its two rows.
 */
import type {
  AnyDoFn,
  DoFn,
  OrderedListState,
  Row,
  SetState,
  StateSpec,
  TimerSpec,
  ValueState,
} from "@tributary/core";
import { State, Timers } from "@tributary/core";
import type { JoinElement, JoinRows } from "./join-rows.js";

interface Entry {
  readonly id: string;
  readonly row: Row;
}

interface States {
  readonly left: StateSpec<OrderedListState<Entry>>;
  readonly right: StateSpec<OrderedListState<Entry>>;
  /** Rows of an outer side that found a partner. */
  readonly matched: StateSpec<SetState<string>>;
  readonly next: StateSpec<ValueState<number>>;
}

/** Times of rows, and how far the left one's may be from the right one's, in milliseconds, inclusive. */
export interface IntervalBounds {
  readonly times: readonly [(row: Row) => number, (row: Row) => number];
  readonly fromMs: number;
  readonly toMs: number;
}

export function intervalJoin(rows: JoinRows, { times, fromMs, toMs }: IntervalBounds): AnyDoFn {
  const alone = (side: 0 | 1, row: Row): Row =>
    side === 0 ? rows.join(row, undefined) : rows.join(undefined, row);
  const fn: DoFn<JoinElement, Row, States, { readonly expire: TimerSpec }> = {
    key: ({ key }) => key ?? null,
    state: {
      left: State.orderedList(),
      right: State.orderedList(),
      matched: State.set(),
      next: State.value(),
    },
    timers: { expire: Timers.family("event-time") },
    allowedSkewMs: Number.POSITIVE_INFINITY,
    process({ side, key, row }, { state, timers, emit }) {
      if (key === undefined) {
        if (rows.preserves[side]) emit(alone(side, row));
        return;
      }
      const time = times[side](row);
      const isLeft = side === 0;
      const [from, to] = isLeft ? [time - toMs, time - fromMs] : [time + fromMs, time + toMs];
      let isMatched = false;
      for (const { timestamp, value } of (isLeft ? state.right : state.left).readRange(from, to + 1)) {
        const joined = isLeft ? rows.join(row, value.row) : rows.join(value.row, row);
        if (!rows.matches(joined)) continue;
        isMatched = true;
        if (rows.preserves[isLeft ? 1 : 0]) state.matched.add(value.id);
        emit(joined, { timestamp: Math.min(time, timestamp) });
      }
      const next = state.next.read() ?? 0;
      state.next.write(next + 1);
      const id = `${side}:${time}:${next}`;
      (isLeft ? state.left : state.right).add(time, { id, row });
      if (isMatched && rows.preserves[side]) state.matched.add(id);
      timers.expire.set(Math.max(to, time), { id, outputTimestamp: time });
    },
    onTimer(_, { id, state, emit }) {
      const [side, time] = id.split(":").map(Number) as [0 | 1, number];
      const list = side === 0 ? state.left : state.right;
      const same = list.readRange(time, time + 1);
      list.clearRange(time, time + 1);
      for (const { value } of same) {
        if (value.id !== id) list.add(time, value);
        else if (rows.preserves[side] && !state.matched.contains(id))
          emit(alone(side, value.row), { timestamp: time });
      }
      if (rows.preserves[side]) state.matched.remove(id);
    },
  };
  return fn as unknown as AnyDoFn;
}
