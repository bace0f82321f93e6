import type { SqlValue } from "../logical-type.js";
import type { TimeZone } from "../values/time-zone.js";

/** Casts a value that is not NULL. `undefined` says that it cannot be cast; `null` is NULL. */
export type Cast = (value: never) => SqlValue;

/** Targets of numbers beside DECIMAL and text, as `castable` allows them. */
export type ScalarTarget = "BOOLEAN" | "TINYINT" | "SMALLINT" | "INT" | "BIGINT" | "FLOAT" | "DOUBLE";

/** What casts depend on beside the types. */
export interface CastContext {
  /** The session's time zone, `table.local-time-zone`. */
  readonly zone: TimeZone;
}
