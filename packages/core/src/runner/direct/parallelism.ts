import type { Diagnostic } from "../../diagnostics/diagnostic.js";
import { TributaryError } from "../../diagnostics/error.js";
import type { SinkSnapshot } from "../checkpoint/snapshot.js";

/** Most writers of a sink. */
const PARALLELISM_MAX = 128;

/** @throws `OPTION_INVALID` for a number of writers that is none. */
export function checkParallelism(parallelism: number): void {
  if (Number.isInteger(parallelism) && parallelism >= 1 && parallelism <= PARALLELISM_MAX) return;
  throw new TributaryError({
    severity: "error",
    code: "OPTION_INVALID",
    message: `The parallelism ${parallelism} is not a whole number from 1 to ${PARALLELISM_MAX}.`,
    option: "parallelism.default",
    value: String(parallelism),
  });
}

/** Sinks whose writers left state, which as many writers, and no others, can go on from. */
export function writerFaults(sinks: readonly SinkSnapshot[], parallelism: number): readonly Diagnostic[] {
  return sinks.flatMap(({ step, state, states }) => {
    const writers = states?.length ?? (state === undefined ? undefined : 1);
    if (writers === undefined || writers === parallelism) return [];
    return [
      {
        severity: "error" as const,
        code: "STATE_INCOMPATIBLE" as const,
        message: `The checkpoint does not fit the step '${step}': ${writers} writers left state, and there are ${parallelism} now.`,
        step,
        hint: `Restore with the parallelism ${writers}, or start anew with a fresh checkpoint.`,
      },
    ];
  });
}
