import type { LogicalType, SqlValue } from "../types/logical-type.js";
import { notNull } from "../types/types.js";
import { printType } from "../types/print-type.js";

/** Converts a value of one type to another; `undefined` for no conversion needed, `null` if there is none. */
export type MetadataCast = ((value: SqlValue) => SqlValue) | undefined | null;

export function metadataCast(from: LogicalType, to: LogicalType): MetadataCast {
  return printType(notNull(from)) === printType(notNull(to)) ? undefined : null;
}
