import { assertNever, TributaryError } from "../../diagnostics/error.js";
import type { LogicalType, SqlValue } from "../logical-type.js";
import { printType, typesEqual } from "../print-type.js";
import { excerptOf, noValues } from "../rows/canonical-json-writer.js";
import { isCharacterType } from "../type-families.js";
import { timeZone } from "../values/time-zone.js";
import type { Cast, CastContext } from "./cast.js";
import { castable } from "./castable.js";
import { fromBinary } from "./from-binary.js";
import { fromBoolean } from "./from-boolean.js";
import { fromCollection } from "./from-collection.js";
import { fromDecimal } from "./from-decimal.js";
import { fromInteger } from "./from-integer.js";
import { fromApproximate } from "./from-approximate.js";
import { fromText } from "./from-text.js";
import { fromTime } from "./from-time.js";
import { toText } from "./to-text.js";

/** How a cast behaves. @public */
export interface CastOptions {
  /** IANA name or offset of the session's time zone, for TIMESTAMP_LTZ. Default UTC. */
  readonly timeZone?: string;
  /** `null` is TRY_CAST. Default `error`. */
  readonly onFailure?: "error" | "null";
}

/**
 * The function that casts values of `from` to `to`; NULL stays NULL.
 *
 * The function throws `RECORD_MALFORMED` with value and types if a value cannot be cast, or gives NULL with
 * `onFailure: "null"`. A DECIMAL that does not fit is NULL either way.
 *
 * @throws `SQL_INVALID` if {@link castable} says no.
 * @public
 */
export function castFunction(
  from: LogicalType,
  to: LogicalType,
  options: CastOptions = {},
): (value: SqlValue) => SqlValue {
  if (castable(from, to) === "no") {
    const message = `A value of type ${printType(from)} cannot be cast to ${printType(to)}.`;
    throw new TributaryError({ severity: "error", code: "SQL_INVALID", message });
  }
  if (isSame(from, to)) return (value) => value ?? null;
  const cast = castOf(from, to, { zone: timeZone(options.timeZone ?? "UTC") }) as (
    value: SqlValue,
  ) => SqlValue;
  const isTry = options.onFailure === "null";
  return (value) => {
    if (value === null || value === undefined) return null;
    const result = cast(value);
    if (result !== undefined) return result;
    if (isTry) return null;
    throw castFailure(value, from, to);
  };
}

function castFailure(value: SqlValue, from: LogicalType, to: LogicalType): TributaryError {
  return new TributaryError({
    severity: "error",
    code: "RECORD_MALFORMED",
    message: `The ${printType({ ...from, nullable: true })} ${excerptOf(value)} cannot be cast to ${printType({ ...to, nullable: true })}.`,
    hint: "TRY_CAST gives NULL instead.",
  });
}

/** True if every value of `from` is one of `to` as it is. */
function isSame(from: LogicalType, to: LogicalType): boolean {
  if (typesEqual({ ...from, nullable: true }, { ...to, nullable: true })) return true;
  return from.kind === "VARCHAR" && to.kind === "VARCHAR" && from.length <= to.length;
}

/** The cast of values that are not NULL, between types that {@link castable} allows. */
function castOf(from: LogicalType, to: LogicalType, context: CastContext): Cast {
  if (isSame(from, to)) return (value) => value;
  if (isCharacterType(to)) return toText(from, to, context);
  switch (from.kind) {
    case "BOOLEAN":
      return fromBoolean(to);
    case "TINYINT":
    case "SMALLINT":
    case "INT":
    case "BIGINT":
      return fromInteger(to);
    case "FLOAT":
    case "DOUBLE":
      return fromApproximate(to);
    case "DECIMAL":
      return fromDecimal(to);
    case "CHAR":
    case "VARCHAR":
      return fromText(to, context);
    case "BINARY":
    case "VARBINARY":
      return fromBinary(to);
    case "DATE":
    case "TIME":
    case "TIMESTAMP":
    case "TIMESTAMP_LTZ":
      return fromTime(from.kind, to, context);
    case "ARRAY":
    case "MAP":
    case "MULTISET":
    case "ROW":
      return fromCollection(from, to, (a, b) => castOf(a, b, context));
    case "NULL":
      return () => null;
    case "INTERVAL_YEAR_MONTH":
    case "INTERVAL_DAY_TIME":
      // One family, whatever the resolution: the value is the same.
      return (value) => value;
    case "TIMESTAMP_TZ":
    case "RAW":
    case "VARIANT":
    case "BITMAP":
    case "USER":
      throw noValues(from);
    default:
      return assertNever(from);
  }
}
