import { invariant } from "../../diagnostics/error.js";
import type { LogicalType } from "../logical-type.js";
import { dayOfMillis, floorMillis, MILLIS_PER_DAY, millisOfDay } from "../values/civil-time.js";
import type { Instant } from "../values/instant.js";
import { LocalTimestamp } from "../values/local-timestamp.js";
import type { Cast, CastContext } from "./cast.js";

/** DATE, TIME and timestamps to each other, by way of the wall clock in the session's time zone. */
export function fromTime(
  from: "DATE" | "TIME" | "TIMESTAMP" | "TIMESTAMP_LTZ",
  to: LogicalType,
  context: CastContext,
): Cast {
  if (from === "TIMESTAMP_LTZ" && to.kind === "TIMESTAMP_LTZ") {
    return (value: Instant) => value.truncatedTo(to.precision);
  }
  if (from === "TIME" && to.kind === "TIME") return (millis: number) => floorMillis(millis, to.precision);
  const read = wallClockOf(from, context) as (value: unknown) => LocalTimestamp;
  const write = fromWallClock(to, context);
  return (value: unknown) => write(read(value));
}

/** A DATE is its midnight, a TIME is on 1970-01-01. */
function wallClockOf(from: "DATE" | "TIME" | "TIMESTAMP" | "TIMESTAMP_LTZ", context: CastContext): Cast {
  switch (from) {
    case "DATE":
      return (days: number) => new LocalTimestamp(days * MILLIS_PER_DAY);
    case "TIME":
      return (millis: number) => new LocalTimestamp(millis);
    case "TIMESTAMP":
      return (local: LocalTimestamp) => local;
    case "TIMESTAMP_LTZ":
      return (instant: Instant) => context.zone.toLocal(instant);
  }
}

function fromWallClock(to: LogicalType, context: CastContext): (local: LocalTimestamp) => unknown {
  if (to.kind === "DATE") return (local) => dayOfMillis(local.epochMillis);
  if (to.kind === "TIME") return (local) => floorMillis(millisOfDay(local.epochMillis), to.precision);
  if (to.kind === "TIMESTAMP") return (local) => local.truncatedTo(to.precision);
  invariant(to.kind === "TIMESTAMP_LTZ", `times cast to ${to.kind}`);
  return (local) => context.zone.toInstant(local).truncatedTo(to.precision);
}
