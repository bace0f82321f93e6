import { TributaryError } from "../../diagnostics/error.js";
import { UnkeptValueError } from "../../pipeline/value-coder.js";

const STEPS = new WeakMap<object, string>();

/** Remembers the innermost step that failed and returns what is to be thrown: the user's own error, as it is. */
export function stepError(step: string, error: unknown): unknown {
  if (error instanceof UnkeptValueError) return unkept(step, error);
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

function unkept(step: string, error: UnkeptValueError): TributaryError {
  const named = new TributaryError(
    {
      severity: "error",
      code: "PIPELINE_INVALID",
      message: `The step '${step}' has ${error.what} as key or in its state, and does not know its coder.`,
      step,
      value: error.what,
      hint: "Take plain values (primitives, arrays, plain objects, dates, bytes), or give the step a coder, e.g. as keyCoder.",
    },
    { cause: error },
  );
  STEPS.set(named, step);
  return named;
}

/** Path of the step whose function failed with `error`, if a runner of this package saw it. @public */
export function failedStep(error: unknown): string | undefined {
  return typeof error === "object" && error !== null ? STEPS.get(error) : undefined;
}

/** @throws `PIPELINE_INVALID` where a combiner's method returned a promise, which nobody would wait for. */
export function refusePromise(step: string, methods: string, value: unknown): void {
  if (!(value instanceof Promise)) return;
  value.catch(() => {});
  throw new TributaryError({
    severity: "error",
    code: "PIPELINE_INVALID",
    message: `The combiner of the step '${step}' returned a promise from ${methods}: nobody would wait for it.`,
    step,
    hint: "Ask for what it needs in a step before, e.g. with map or requestResponse.",
  });
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
