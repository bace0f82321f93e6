import { TributaryError } from "../../diagnostics/error.js";

/** Names of the collections that a partition makes. @throws `PIPELINE_INVALID` if there can be no so many. */
export function partNames(step: string, count: number): readonly string[] {
  if (Number.isSafeInteger(count) && count >= 1) {
    return Array.from({ length: count }, (_, index) => `${step}.${index}`);
  }
  throw new TributaryError({
    severity: "error",
    code: "PIPELINE_INVALID",
    message: `The number of parts of the step '${step}' must be a whole number of at least 1, not ${count}.`,
    step,
    value: String(count),
  });
}
