import { TributaryError } from "../../diagnostics/error.js";

const STEPS = new WeakMap<object, string>();

/** Remembers the innermost step that failed and returns what is to be thrown: the user's own error, as it is. */
export function stepError(step: string, error: unknown): unknown {
  if (typeof error === "object" && error !== null) {
    if (!STEPS.has(error)) STEPS.set(error, step);
    return error;
  }
  return new TributaryError(
    {
      severity: "error",
      code: "PIPELINE_INVALID",
      message: `The step '${step}' threw ${String(error)}, which is not an Error.`,
      step,
    },
    { cause: error },
  );
}

/** Path of the step whose function failed with `error`, if a runner of this package saw it. @public */
export function failedStep(error: unknown): string | undefined {
  return typeof error === "object" && error !== null ? STEPS.get(error) : undefined;
}

/** A function that was not declared asynchronous returned a promise. */
export function unexpectedPromise(step: string): TributaryError {
  return new TributaryError({
    severity: "error",
    code: "PIPELINE_INVALID",
    message: `The function of the step '${step}' returned a promise and is not declared asynchronous.`,
    step,
    hint: "Declare it with `async`, or pass { isAsync: true } to the step.",
  });
}
