/** Joins as steps of the model: windows and a grouping, state and timers, or a side input. */
import type { Coder, JsonValue, LocalTimestamp, Row } from "@tributary/core";
import { VALUE_CODER, printType } from "@tributary/core";
import { Abandoned } from "../binder/faults.js";
import { printScalar } from "../expressions/print-scalar.js";
import type { Scalar } from "../expressions/scalar.js";
import { compileScalar } from "../expressions/stage-function.js";
import { intervalJoin } from "./interval-join.js";
import type { JoinElement, JoinRows } from "./join-rows.js";
import { joinRows } from "./join-rows.js";
import { lookupJoin, lookupView } from "./lookup-join.js";
import type { PlanSite } from "./plan-site.js";
import { inGlobalWindow, parDo, windowsOfRows } from "./plan-site.js";
import { flattened } from "./plan-window-rows.js";
import type { JoinMethod, JoinRelation, JoinSide } from "./relation.js";
import { describeWindow } from "./sql-windows.js";
import type { Stream } from "./stream.js";
import { baseStream } from "./stream.js";
import { temporalJoin } from "./temporal-join.js";

/** A join, its two inputs and what is compiled of it. */
interface JoinPlan {
  readonly relation: JoinRelation;
  readonly site: PlanSite;
  readonly rows: JoinRows;
  readonly inputs: readonly [string, string];
  /** What plans show, and what must be the same for a checkpoint to fit. */
  readonly details: { readonly [key: string]: JsonValue };
}

export function planJoin(relation: JoinRelation, site: PlanSite): Stream {
  const inputs = [sideRows(relation.left, site), sideRows(relation.right, site)] as const;
  const plan: JoinPlan = {
    relation,
    site,
    rows: joinRows(relation, site.options),
    inputs,
    details: detailsOf(relation),
  };
  return baseStream(planned(plan, relation.method), relation.columns);
}

function planned(plan: JoinPlan, method: JoinMethod): string {
  const { relation, site, rows, details } = plan;
  const { span } = relation;
  switch (method.kind) {
    case "window":
      return windowJoin(plan, method);
    case "interval": {
      const bounds = { times: timesOf(site, method.times), fromMs: method.fromMs, toMs: method.toMs };
      const create = parDo(() => intervalJoin(rows, bounds));
      return site.step("interval-join", [bothGlobal(plan)], create, details, span, details);
    }
    case "temporal": {
      const times = timesOf(site, method.times);
      const create = parDo(() => temporalJoin(rows, times));
      return site.step("temporal-join", [bothGlobal(plan)], create, details, span, details);
    }
    case "lookup":
      return lookup(plan, method.nulls === undefined);
  }
}

/** The side's rows under the names that they have behind the join. */
function sideRows({ relation, columns, sources }: JoinSide, site: PlanSite): string {
  const stream = site.plan(relation);
  const items = columns.map(({ field }, i) => ({ name: field, scalar: stream.fields.get(sources[i]!)! }));
  return site.stage(stream, items, relation.span);
}

function detailsOf(relation: JoinRelation): JoinPlan["details"] {
  const { type, method, left, right, condition } = relation;
  const keys = left.keys.map((one, i) => [
    printScalar(one),
    printScalar(right.keys[i]!),
    printType(one.type),
  ]);
  return {
    join: `${type} ${method.kind}`,
    keys,
    ...(method.kind === "interval" ? { between: [method.fromMs, method.toMs] } : {}),
    ...(method.kind === "window" ? { window: describeWindow(method.window.spec) } : {}),
    ...(condition === undefined ? {} : { condition: printScalar(condition) }),
  };
}

function timesOf(
  site: PlanSite,
  scalars: readonly [Scalar, Scalar],
): readonly [(row: Row) => number, (row: Row) => number] {
  const [left, right] = scalars.map((scalar) => {
    const read = compileScalar(scalar, site.options);
    return (row: Row): number => (read(row) as LocalTimestamp).epochMillis;
  }) as [(row: Row) => number, (row: Row) => number];
  return [left, right];
}

/** Rows with their side and key. */
function tagged({ relation, site, rows, inputs }: JoinPlan, side: 0 | 1): string {
  const keyOf = rows.keyOf[side];
  const keeps = rows.preserves[side];
  const fn = (row: Row): JoinElement | undefined => {
    const key = keyOf(row);
    return key === undefined && !keeps ? undefined : { side, key, row };
  };
  const name = side === 0 ? "left" : "right";
  const keys = (side === 0 ? relation.left : relation.right).keys.map((one) => printScalar(one));
  return site.step(
    name,
    [inputs[side]],
    { kind: "elementwise", form: "filterMap", fn },
    { keys },
    relation.span,
  );
}

function flatten({ site, relation }: JoinPlan, sides: readonly [string, string]): string {
  return site.step("both", sides, { kind: "flatten" }, { inputs: 2 }, relation.span);
}

function bothGlobal(plan: JoinPlan): string {
  const { site, relation } = plan;
  const side = (which: 0 | 1): string => inGlobalWindow(site, tagged(plan, which), relation.span);
  return flatten(plan, [side(0), side(1)]);
}

function lookup(plan: JoinPlan, isNullSafe: boolean): string {
  const { relation, site, rows, inputs, details } = plan;
  const { span, right, type } = relation;
  if (!site.isBounded(right.relation)) {
    site.faults.unsupported(
      right.relation.span,
      type === "SEMI" || type === "ANTI"
        ? "IN or EXISTS with a query over a table that does not end"
        : "A lookup in a table that does not end",
      "Read a bounded table there, or bound the join by time: an interval join, or FOR SYSTEM_TIME AS OF a time attribute.",
    );
    throw new Abandoned();
  }
  const main = inGlobalWindow(site, inputs[0], span);
  const table = inGlobalWindow(site, inputs[1], span);
  const view = lookupView(table, rows);
  const binding = parDo(() => lookupJoin(rows, type, view, isNullSafe), [{ name: "table", view }]);
  return site.step("lookup", [main, table], binding, details, span, details);
}

interface Sides {
  readonly left: JoinElement[];
  readonly right: JoinElement[];
}

function windowJoin(plan: JoinPlan, method: JoinMethod & { readonly kind: "window" }): string {
  const { site, relation, rows, details } = plan;
  const { span } = relation;
  const { spec } = method.window;
  const side = (which: 0 | 1): string => {
    const windowFn = windowsOfRows(
      spec,
      method.ofRow[which],
      undefined,
      site.options,
      (one: JoinElement) => one.row,
    );
    const window = describeWindow(spec);
    return site.step("window", [tagged(plan, which)], { kind: "window", windowFn }, { window }, span);
  };
  const both = flatten(plan, [side(0), side(1)]);
  const lists = site.step(
    "window-join",
    [both],
    {
      kind: "combine",
      keyOf: ({ key }: JoinElement) => key ?? "~",
      keyCoder: VALUE_CODER as unknown as Coder<never>,
      combineFn: {
        createAccumulator: (): Sides => ({ left: [], right: [] }),
        addInput(sides: Sides, element: JoinElement) {
          (element.side === 0 ? sides.left : sides.right).push(element);
          return sides;
        },
        mergeAccumulators: (all: readonly Sides[]): Sides => ({
          left: all.flatMap((one) => one.left),
          right: all.flatMap((one) => one.right),
        }),
        extractOutput: (sides: Sides) => pairs(sides, rows),
      },
      accumulatorCoder: VALUE_CODER as unknown as Coder<never>,
      toOutput: (_: string, list: readonly Row[]) => list,
    },
    details,
    span,
    details,
  );
  return flattened(site, lists, span);
}

/** The pairs of a window and key, and the rows of preserved sides that have no partner. */
function pairs({ left, right }: Sides, rows: JoinRows): readonly Row[] {
  const found: Row[] = [];
  const matched = new Set<JoinElement>();
  for (const a of left) {
    for (const b of right) {
      if (a.key === undefined || b.key === undefined) continue;
      const joined = rows.join(a.row, b.row);
      if (!rows.matches(joined)) continue;
      found.push(joined);
      matched.add(a).add(b);
    }
    if (rows.preserves[0] && !matched.has(a)) found.push(rows.join(a.row, undefined));
  }
  for (const b of right) if (rows.preserves[1] && !matched.has(b)) found.push(rows.join(undefined, b.row));
  return found;
}
