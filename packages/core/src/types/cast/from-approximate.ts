import type { LogicalType } from "../logical-type.js";
import { BIGINT_MAX, BIGINT_MIN, INTEGER_RANGES } from "../text/number-text.js";
import { Decimal } from "../values/decimal.js";
import type { Cast, ScalarTarget } from "./cast.js";

/**
 * FLOAT and DOUBLE to numbers and BOOLEAN. To integers by Java's rules: the fraction is cut, NaN is 0, INT and BIGINT
 * stick at their limits, TINYINT and SMALLINT keep the low bits of that INT.
 */
export function fromApproximate(to: LogicalType): Cast {
  if (to.kind === "DECIMAL") {
    return (value: number) => Decimal.fromNumber(value)?.fit(to.precision, to.scale);
  }
  switch (to.kind as ScalarTarget) {
    case "BOOLEAN":
      return (value: number) => value !== 0;
    case "TINYINT":
      return (value: number) => (saturated(value) << 24) >> 24;
    case "SMALLINT":
      return (value: number) => (saturated(value) << 16) >> 16;
    case "INT":
      return saturated;
    case "BIGINT":
      return saturatedBigint;
    case "FLOAT":
      return Math.fround;
    case "DOUBLE":
      return (value: number) => value;
  }
}

function saturated(value: number): number {
  if (Number.isNaN(value)) return 0;
  const { min, max } = INTEGER_RANGES.INT;
  return Math.trunc(Math.max(min, Math.min(max, value))) + 0;
}

function saturatedBigint(value: number): bigint {
  if (Number.isNaN(value)) return 0n;
  if (value >= 2 ** 63) return BIGINT_MAX;
  return value <= -(2 ** 63) ? BIGINT_MIN : BigInt(Math.trunc(value));
}
