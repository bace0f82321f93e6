import type { LogicalType, SqlValue } from "../../../types/logical-type.js";
import { printType } from "../../../types/print-type.js";
import { Decimal } from "../../../types/values/decimal.js";
import { Instant } from "../../../types/values/instant.js";
import { LocalTimestamp } from "../../../types/values/local-timestamp.js";
import { describeValue } from "./describe-value.js";

/**
 * What is wrong with a value that should be of a type: its JavaScript representation only, not its range.
 *
 * @returns undefined if nothing is.
 */
export function valueFault(value: SqlValue, type: LogicalType): string | undefined {
  if (value === null) return type.nullable ? undefined : `NULL in ${printType(type)}`;
  const parts = partsOf(value, type);
  if (parts === undefined) return `${describeValue(value)} in ${printType(type)}`;
  for (const [part, partType] of parts) {
    const fault = valueFault(part, partType);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

type Part = readonly [value: SqlValue, type: LogicalType];
const NO_PARTS: readonly Part[] = [];

/** The values inside a value that is what its type says; undefined for one that is not. */
function partsOf(value: SqlValue, type: LogicalType): readonly Part[] | undefined {
  switch (type.kind) {
    case "BOOLEAN":
      return only(typeof value === "boolean");
    case "TINYINT":
    case "SMALLINT":
    case "INT":
    case "DATE":
    case "TIME":
    case "INTERVAL_YEAR_MONTH":
      return only(Number.isInteger(value));
    case "FLOAT":
    case "DOUBLE":
      return only(typeof value === "number");
    case "BIGINT":
    case "INTERVAL_DAY_TIME":
      return only(typeof value === "bigint");
    case "DECIMAL":
      return only(Decimal.is(value));
    case "CHAR":
    case "VARCHAR":
      return only(typeof value === "string");
    case "BINARY":
    case "VARBINARY":
      return only(value instanceof Uint8Array);
    case "TIMESTAMP":
      return only(LocalTimestamp.is(value));
    case "TIMESTAMP_LTZ":
      return only(Instant.is(value));
    case "ARRAY":
      return Array.isArray(value) ? value.map((part: unknown) => [part, type.element] as const) : undefined;
    case "MAP":
      return value instanceof Map
        ? [...value].flatMap(([key, part]) => [
            [key, { ...type.key, nullable: true }] as const,
            [part, type.value] as const,
          ])
        : undefined;
    case "MULTISET":
      return only(value instanceof Map);
    case "ROW":
      return typeof value === "object"
        ? type.fields.map((field) => [(value as Record<string, unknown>)[field.name], field.type] as const)
        : undefined;
    case "NULL":
    case "TIMESTAMP_TZ":
    case "RAW":
    case "VARIANT":
    case "BITMAP":
    case "USER":
      // They have no values but NULL.
      return undefined;
  }
}

function only(isFit: boolean): readonly Part[] | undefined {
  return isFit ? NO_PARTS : undefined;
}
