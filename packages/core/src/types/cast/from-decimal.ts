import type { LogicalType } from "../logical-type.js";
import type { Decimal } from "../values/decimal.js";
import type { Cast, ScalarTarget } from "./cast.js";

/** DECIMAL to numbers and BOOLEAN: integers keep the low bits of the whole part, a DECIMAL that does not fit is NULL. */
export function fromDecimal(to: LogicalType): Cast {
  if (to.kind === "DECIMAL") return (value: Decimal) => value.fit(to.precision, to.scale);
  switch (to.kind as ScalarTarget) {
    case "BOOLEAN":
      return (value: Decimal) => value.unscaled !== 0n;
    case "TINYINT":
      return (value: Decimal) => Number(BigInt.asIntN(8, value.toBigInt()));
    case "SMALLINT":
      return (value: Decimal) => Number(BigInt.asIntN(16, value.toBigInt()));
    case "INT":
      return (value: Decimal) => Number(BigInt.asIntN(32, value.toBigInt()));
    case "BIGINT":
      return (value: Decimal) => BigInt.asIntN(64, value.toBigInt());
    case "FLOAT":
      return (value: Decimal) => Math.fround(value.toNumber());
    case "DOUBLE":
      return (value: Decimal) => value.toNumber();
  }
}
