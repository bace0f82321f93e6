import type { LogicalType } from "../logical-type.js";
import { floatOf } from "../text/float-text.js";
import { Decimal } from "../values/decimal.js";
import type { Cast, ScalarTarget } from "./cast.js";

/** Integers to numbers and BOOLEAN. Smaller integers keep the low bits; a DECIMAL that does not fit is NULL. */
export function fromInteger(to: LogicalType): Cast {
  if (to.kind === "DECIMAL") return (value: number | bigint) => Decimal.of(value).fit(to.precision, to.scale);
  switch (to.kind as ScalarTarget) {
    case "BOOLEAN":
      return (value: number | bigint) => Number(value) !== 0;
    case "TINYINT":
      return (value: number | bigint) => (low32(value) << 24) >> 24;
    case "SMALLINT":
      return (value: number | bigint) => (low32(value) << 16) >> 16;
    case "INT":
      return low32;
    case "BIGINT":
      return (value: number | bigint) => BigInt(value);
    case "FLOAT":
      return (value: number | bigint) => floatOf(Number(value), () => Decimal.of(value));
    case "DOUBLE":
      return (value: number | bigint) => Number(value);
  }
}

function low32(value: number | bigint): number {
  return typeof value === "number" ? value | 0 : Number(BigInt.asIntN(32, value));
}
