import { TributaryError } from "../../diagnostics/error.js";

/** Most collections that one step makes. */
const PARTS_MAX = 10_000;

/** Names of the collections that a partition makes. @throws `PIPELINE_INVALID` if there can be no so many. */
export function partNames(step: string, count: number): readonly string[] {
  if (Number.isSafeInteger(count) && count >= 1 && count <= PARTS_MAX) {
    return Array.from({ length: count }, (_, index) => `${step}.${index}`);
  }
  throw new TributaryError({
    severity: "error",
    code: "PIPELINE_INVALID",
    message: `The number of parts of the step '${step}' must be a whole number from 1 to ${PARTS_MAX}, not ${count}.`,
    step,
    value: String(count),
  });
}
