import { assertNever } from "../../diagnostics/error.js";
import type { LogicalType, RowType, SizedType, SqlValue } from "../logical-type.js";
import { noValues } from "../rows/canonical-json-writer.js";
import { formatDate, printTime } from "../text/date-time-text.js";
import { formatDouble, formatFloat } from "../text/float-text.js";
import { printTimestamp } from "../text/timestamp-text.js";
import type { Decimal } from "../values/decimal.js";
import type { Instant } from "../values/instant.js";
import type { LocalTimestamp } from "../values/local-timestamp.js";
import type { Cast, CastContext } from "./cast.js";

type Text = (value: never) => string;

/** Anything to CHAR(n) or VARCHAR(n): its text, cut to n characters (code points), CHAR filled with blanks. */
export function toText(from: LogicalType, to: SizedType, context: CastContext): Cast {
  const text = textOf(from, context);
  const { length } = to;
  if (to.kind === "CHAR") return (value) => padded(cut(text(value), length), length);
  return (value) => cut(text(value), length);
}

/** The first `length` code points. */
function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  let at = 0;
  for (let count = 0; count < length && at < text.length; count++) {
    at += (text.codePointAt(at) as number) > 0xffff ? 2 : 1;
  }
  return text.slice(0, at);
}

function padded(text: string, length: number): string {
  let count = 0;
  for (const _ of text) count++;
  return count < length ? text + " ".repeat(length - count) : text;
}

/** The text of each value that is not NULL. */
function textOf(type: LogicalType, context: CastContext): Text {
  switch (type.kind) {
    case "BOOLEAN":
      return (value: boolean) => (value ? "TRUE" : "FALSE");
    case "TINYINT":
    case "SMALLINT":
    case "INT":
    case "BIGINT":
      return String;
    case "FLOAT":
      return formatFloat;
    case "DOUBLE":
      return formatDouble;
    case "DECIMAL":
      return (value: Decimal) => value.rescale(type.scale).toString();
    case "CHAR":
    case "VARCHAR":
      return (value: string) => value;
    case "BINARY":
    case "VARBINARY":
      return (value: Uint8Array) =>
        Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("utf8");
    case "DATE":
      return formatDate;
    case "TIME":
      return (value: number) => printTime(value, type.precision);
    case "TIMESTAMP":
      return (value: LocalTimestamp) => printTimestamp(value, type.precision);
    case "TIMESTAMP_LTZ":
      return (value: Instant) => printTimestamp(context.zone.toLocal(value), type.precision);
    case "INTERVAL_YEAR_MONTH":
      return monthsText;
    case "INTERVAL_DAY_TIME":
      return millisText;
    case "ARRAY":
      return listText(partOf(type.element, context));
    case "MAP":
      return entriesText(partOf(type.key, context), partOf(type.value, context));
    case "MULTISET":
      return entriesText(partOf(type.element, context), String);
    case "ROW":
      return rowText(type, context);
    case "NULL":
      return () => "NULL";
    case "TIMESTAMP_TZ":
    case "RAW":
    case "VARIANT":
    case "BITMAP":
    case "USER":
      throw noValues(type);
    default:
      return assertNever(type);
  }
}

/** `+1-06`: years and months. */
function monthsText(months: number): string {
  const size = Math.abs(months);
  return `${months < 0 ? "-" : "+"}${Math.floor(size / 12)}-${String(size % 12).padStart(2, "0")}`;
}

/** `+1 10:17:36.789`: days and the time of day in milliseconds. */
function millisText(millis: bigint): string {
  const size = millis < 0n ? -millis : millis;
  return `${millis < 0n ? "-" : "+"}${size / 86_400_000n} ${printTime(Number(size % 86_400_000n), 3)}`;
}

/** The text of a part of a collection or row, NULL included. */
function partOf(type: LogicalType, context: CastContext): (value: SqlValue) => string {
  const text = textOf(type, context);
  return (value) => (value === null || value === undefined ? "NULL" : text(value as never));
}

function listText(part: (value: SqlValue) => string): Text {
  return (list: readonly SqlValue[]) => `[${list.map(part).join(", ")}]`;
}

function entriesText(key: (value: SqlValue) => string, value: (value: SqlValue) => string): Text {
  return (map: ReadonlyMap<SqlValue, SqlValue>) =>
    `{${Array.from(map, ([one, its]) => `${key(one)}=${value(its)}`).join(", ")}}`;
}

function rowText(type: RowType, context: CastContext): Text {
  const parts = type.fields.map((field) => ({ name: field.name, text: partOf(field.type, context) }));
  return (row: Readonly<Record<string, SqlValue>>) =>
    `(${parts.map(({ name, text }) => text(row[name])).join(", ")})`;
}
