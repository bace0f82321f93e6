import type { LogicalType } from "../logical-type.js";
import type { Cast } from "./cast.js";
import { fromInteger } from "./from-integer.js";

/** BOOLEAN to numbers: 1 and 0. */
export function fromBoolean(to: LogicalType): Cast {
  const cast = fromInteger(to) as (value: number) => unknown;
  return (value: boolean) => cast(value ? 1 : 0);
}
