/** Words for a value that is not of its type: what it is, and what would have been taken. */
import type { LogicalType } from "../logical-type.js";
import { temporalKind } from "../values/temporal.js";

/** Longest part of a text that a message shows. */
const EXCERPT_MAX = 40;

/** `the string 'x'`, `the number 1.5`, `a Map`. */
export function describeValue(value: unknown): string {
  switch (typeof value) {
    case "string":
      return `the string '${value.length > EXCERPT_MAX ? `${value.slice(0, EXCERPT_MAX)}...` : value}'`;
    case "number":
    case "boolean":
      return `the ${typeof value} ${value}`;
    case "bigint":
      return `the bigint ${value}n`;
    case "object":
      return describeObject(value);
    case "undefined":
    case "symbol":
    case "function":
      return `a value of type ${typeof value}`;
  }
}

function describeObject(value: object | null): string {
  if (value === null) return "null";
  if (value instanceof Date)
    return `the Date ${Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString()}`;
  const temporal = temporalKind(value);
  if (temporal !== undefined) return `a Temporal.${temporal}`;
  if (Array.isArray(value)) return "an array";
  const name: unknown = (value as { readonly constructor?: { readonly name?: unknown } }).constructor?.name;
  return typeof name === "string" && name !== "Object" ? `a ${name}` : "an object";
}

/** What a type takes. */
const FORMS: Readonly<Partial<Record<LogicalType["kind"], string>>> = {
  BOOLEAN: "Give true or false.",
  TINYINT: "Give a whole number from -128 to 127.",
  SMALLINT: "Give a whole number from -32768 to 32767.",
  INT: "Give a whole number from -2147483648 to 2147483647.",
  BIGINT: "Give a bigint of 64 bits, or a whole number up to 2^53-1.",
  FLOAT: "Give a number.",
  DOUBLE: "Give a number.",
  DECIMAL:
    "Give a Decimal, a number, a bigint or a text such as '12.50', of no more digits than the type has.",
  CHAR: "Give a string.",
  VARCHAR: "Give a string.",
  BINARY: "Give a Uint8Array.",
  VARBINARY: "Give a Uint8Array.",
  DATE: "Give days since 1970-01-01 (parseIsoDate, dateFromDate) or a Temporal.PlainDate.",
  TIME: "Give milliseconds of the day (parseIsoTime) or a Temporal.PlainTime.",
  TIMESTAMP: "Give a LocalTimestamp or a Temporal.PlainDateTime.",
  TIMESTAMP_LTZ: "Give an Instant, a Date, a Temporal.Instant or a Temporal.ZonedDateTime.",
  INTERVAL_YEAR_MONTH: "Give a whole number of months.",
  INTERVAL_DAY_TIME: "Give milliseconds as a bigint or a whole number.",
  ARRAY: "Give an array.",
  MAP: "Give a Map.",
  MULTISET: "Give a Map of element to count.",
  ROW: "Give an object with the fields as properties.",
  NULL: "Give null.",
};

/** Values that leave a choice: what is missing to make it. */
export function formsOf(type: LogicalType, value: unknown): string | undefined {
  if (value instanceof Date && !Number.isNaN(value.getTime())) {
    if (type.kind === "TIMESTAMP")
      return "A Date is a point in time and a TIMESTAMP a wall clock: say whose with LocalTimestamp.fromDate(date) (UTC) or timeZone(id).toLocal(Instant.fromDate(date)), or declare the column as TIMESTAMP_LTZ.";
    if (type.kind === "DATE") return "A Date is a point in time: dateFromDate(date) gives its day in UTC.";
  }
  return FORMS[type.kind];
}
