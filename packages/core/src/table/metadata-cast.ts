import type { LogicalType, SqlValue } from "../types/logical-type.js";
import { castFunction } from "../types/cast/cast-function.js";
import { notNull } from "../types/types.js";
import { printType } from "../types/print-type.js";

/**
 * Converts values between a metadata key's type and its column's; undefined if none is needed.
 *
 * @throws `SQL_INVALID` if there is no cast between the two; planning has refused that before.
 */
export function metadataCast(
  from: LogicalType,
  to: LogicalType,
  timeZone: string,
): ((value: SqlValue) => SqlValue) | undefined {
  const isSame = printType(notNull(from)) === printType(notNull(to));
  const isWider = from.kind === "VARCHAR" && to.kind === "VARCHAR" && from.length <= to.length;
  return isSame || isWider ? undefined : castFunction(from, to, { timeZone });
}
