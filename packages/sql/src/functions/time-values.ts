/** What the functions on time share: which arguments they take, and how values are read. */
import type { Instant, LocalTimestamp, LogicalType } from "@tributary/core";
import { isTimestamp } from "../expressions/type-rules.js";
import { DAY_MS } from "./calendar.js";
import type { FunctionEnvironment, Parameter } from "./function.js";
import { zoneClock } from "./time-zone.js";

/** Reads the milliseconds of the wall clock that a value shows in the session's zone. */
export function wallClock(type: LogicalType, environment: FunctionEnvironment): (value: never) => number {
  if (type.kind === "DATE") return (value: number) => value * DAY_MS;
  if (type.kind === "TIME") return (value: number) => value;
  if (type.kind === "TIMESTAMP_LTZ") {
    const clock = zoneClock(environment.timeZone);
    return (value: Instant) => clock.toLocal(value.epochMillis);
  }
  return (value: LocalTimestamp) => value.epochMillis;
}

/** DATE, TIME or a timestamp. */
export function isPoint(type: LogicalType): boolean {
  return isTimestamp(type) || type.kind === "DATE" || type.kind === "TIME";
}

export const DAY_OR_MORE: Parameter = {
  label: "DATE or TIMESTAMP",
  accepts: (type) => isTimestamp(type) || type.kind === "DATE",
};
