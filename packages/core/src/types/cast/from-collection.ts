import { invariant } from "../../diagnostics/error.js";
import type { LogicalType, Row, RowType, SqlValue } from "../logical-type.js";
import { rowFactory } from "../rows/row-factory.js";
import type { Cast } from "./cast.js";

type CastOf = (from: LogicalType, to: LogicalType) => Cast;
type ValueCast = (value: SqlValue) => SqlValue;

/** Collections and rows, part by part; rows by position. One part that cannot be cast fails the whole. */
export function fromCollection(from: LogicalType, to: LogicalType, castOf: CastOf): Cast {
  if (from.kind === "ARRAY" && to.kind === "ARRAY") return listCast(part(castOf(from.element, to.element)));
  if (from.kind === "MULTISET" && to.kind === "MULTISET") {
    return mapCast(part(castOf(from.element, to.element)), (count) => count);
  }
  if (from.kind === "MAP" && to.kind === "MAP") {
    return mapCast(part(castOf(from.key, to.key)), part(castOf(from.value, to.value)));
  }
  invariant(from.kind === "ROW" && to.kind === "ROW", `${from.kind} casts to ${to.kind}`);
  return rowCast(from, to, castOf);
}

function part(cast: Cast): ValueCast {
  return (value) => (value === null || value === undefined ? null : cast(value as never));
}

function listCast(cast: ValueCast): Cast {
  return (list: readonly SqlValue[]) => {
    const result = list.map(cast);
    return result.includes(undefined) ? undefined : result;
  };
}

function mapCast(castKey: ValueCast, castValue: ValueCast): Cast {
  return (map: ReadonlyMap<SqlValue, SqlValue>) => {
    const result = new Map<SqlValue, SqlValue>();
    for (const [key, value] of map) {
      const newKey = castKey(key);
      const newValue = castValue(value);
      if (newKey === undefined || newValue === undefined) return undefined;
      result.set(newKey, newValue);
    }
    return result;
  };
}

function rowCast(from: RowType, to: RowType, castOf: CastOf): Cast {
  const names = from.fields.map((field) => field.name);
  const casts = from.fields.map((field, index) =>
    part(castOf(field.type, (to.fields[index] as typeof field).type)),
  );
  const make = rowFactory(to.fields.map((field) => field.name));
  return (row: Row) => {
    const values = casts.map((cast, index) => cast(row[names[index] as string]));
    return values.includes(undefined) ? undefined : make(values);
  };
}
