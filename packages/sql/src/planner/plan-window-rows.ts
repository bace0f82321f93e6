/** Windows without an aggregation: each row once for every window it is of, with the window's bounds as columns. */
import type { Coder, Row, SqlValue, Window } from "@tributary/core";
import { Instant, LocalTimestamp, VALUE_CODER, rowCoder, rowConstructor } from "@tributary/core";
import { keyFunctions } from "../aggregates/combine-functions.js";
import { zoneClock } from "../functions/time-zone.js";
import type { PlanSite } from "./plan-site.js";
import { allRows, rowTypeOf } from "./plan-site.js";
import type { RelationColumn, WindowRelation } from "./relation.js";
import { columnScalar } from "./relation.js";
import { describeWindow, localBounds, windowFn, windowsAt } from "./sql-windows.js";
import type { Stream } from "./stream.js";
import { baseStream } from "./stream.js";

/** Columns of the input, then start, end and time. */
function rowMaker(relation: WindowRelation): (row: Row, start: number, end: number, last: number) => Row {
  const inputs = relation.input.columns.map((one) => one.field);
  const time = relation.columns.at(-1)!;
  const construct = rowConstructor([...inputs, ...relation.columns.slice(-3).map((one) => one.field)]);
  const isInstant = time.type.kind === "TIMESTAMP_LTZ";
  return (row, start, end, last) => {
    const values: SqlValue[] = inputs.map((field) => row[field]);
    values.push(new LocalTimestamp(start), new LocalTimestamp(end));
    values.push(isInstant ? new Instant(last) : new LocalTimestamp(last));
    return construct(...values);
  };
}

function fieldsOf(relation: WindowRelation): readonly RelationColumn[] {
  return [...relation.input.columns, ...relation.columns.slice(-3)];
}

/** Plans the rows of HOP, CUMULATE and SESSION. */
export function planWindowRows(relation: WindowRelation, input: Stream, site: PlanSite): Stream {
  const rows = allRows(site, input, relation.input);
  const made =
    relation.spec.kind === "SESSION" ? sessionRows(relation, rows, site) : alignedRows(relation, rows, site);
  return baseStream(made, fieldsOf(relation));
}

function alignedRows(relation: WindowRelation, rows: string, site: PlanSite): string {
  const { spec, timeField, span } = relation;
  const make = rowMaker(relation);
  const clock = zoneClock(spec.zone ?? "UTC");
  const fn = (row: Row): readonly Row[] => {
    const { epochMillis } = row[timeField] as LocalTimestamp;
    return windowsAt(spec, clock, epochMillis).map(({ start, end }) =>
      make(row, start, end, clock.toLastInstant(end - 1)),
    );
  };
  const details = { window: describeWindow(spec), timeColumn: timeField };
  const copies = site.step(
    "window-rows",
    [rows],
    { kind: "elementwise", form: "flatMap", fn },
    details,
    span,
  );
  return retimed(site, copies, relation);
}

/** The rows' time becomes window_time. */
function retimed(site: PlanSite, rows: string, relation: WindowRelation): string {
  const { field } = relation.columns.at(-1)!;
  const fn = (row: Row): number => (row[field] as LocalTimestamp).epochMillis;
  const binding = { kind: "elementwise", form: "withTimestamps", fn, allowedSkewMs: 0 } as const;
  return site.step("window-time", [rows], binding, { time: field }, relation.span);
}

function sessionRows(relation: WindowRelation, rows: string, site: PlanSite): string {
  const { spec, partitionFields, span } = relation;
  const window = describeWindow(spec);
  const windowed = site.step(
    "window",
    [rows],
    { kind: "window", windowFn: windowFn(spec) },
    { window, timeColumn: relation.timeField },
    span,
  );
  const make = rowMaker(relation);
  const bounds = localBounds(spec);
  const keys = relation.input.columns.filter((one) => partitionFields.includes(one.field)).map(columnScalar);
  const toOutput = (_: unknown, list: readonly Row[], of: Window): readonly Row[] => {
    const { start, end } = bounds(of);
    return list.map((row) => make(row, start, end, of.end - 1));
  };
  const lists = groupedRows(
    site,
    windowed,
    { keys, add: (list, row) => void list.push(row), toOutput },
    "session-rows",
    span,
    {
      window,
      keys: partitionFields,
      columns: relation.input.columns.map((one) => one.field),
    },
  );
  return flattened(site, lists, span);
}

/** How rows of a key and window are kept and given out. */
export interface RowGrouping {
  readonly keys: Parameters<typeof keyFunctions>[0];
  readonly add: (list: Row[], row: Row) => void;
  readonly toOutput: (key: unknown, rows: readonly Row[], window: Window) => unknown;
}

/** The rows of each key and window as one element, when the window is over. */
export function groupedRows(
  site: PlanSite,
  collection: string,
  { keys, add, toOutput }: RowGrouping,
  name: string,
  span: WindowRelation["span"],
  identity: { readonly [key: string]: string | readonly string[] },
): string {
  const { keyOf, keyIdentity, elementIdentity, fields } = keyFunctions(keys, site.options);
  const keyType = rowTypeOf(fields.map((one) => ({ field: one.name, type: one.type })));
  return site.step(
    name,
    [collection],
    {
      kind: "combine",
      keyOf,
      keyIdentity,
      elementIdentity,
      keyCoder: rowCoder(keyType) as unknown as Coder<never>,
      combineFn: {
        createAccumulator: (): Row[] => [],
        addInput(list: Row[], row: Row) {
          add(list, row);
          return list;
        },
        mergeAccumulators(lists: readonly Row[][]) {
          const [first = [], ...others] = lists;
          for (const other of others) for (const row of other) add(first, row);
          return first;
        },
        extractOutput: (list: Row[]) => list,
      },
      accumulatorCoder: VALUE_CODER as unknown as Coder<never>,
      toOutput,
    },
    identity,
    span,
    identity,
  );
}

/** Lists of rows as rows. */
export function flattened(site: PlanSite, lists: string, span: WindowRelation["span"]): string {
  const fn = (list: readonly Row[]): readonly Row[] => list;
  return site.step("rows", [lists], { kind: "elementwise", form: "flatMap", fn }, {}, span);
}
