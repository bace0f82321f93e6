/** Checks of what a step is given, made when it is declared: what follows could not even be built without it. */
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { TributaryError } from "../diagnostics/error.js";

/** @throws `PIPELINE_INVALID` naming the step and what is no function. */
export function checkFunction(step: string, name: string, given: unknown): void {
  if (typeof given === "function") return;
  throw invalid(step, `'${name}' of the step '${step}' must be a function, not ${textOf(given)}.`, given);
}

/** @throws `PIPELINE_INVALID` naming the step and what is no object. */
export function checkObject(step: string, name: string, given: unknown): void {
  if (typeof given === "object" && given !== null) return;
  throw invalid(step, `${name} of the step '${step}' must be an object, not ${textOf(given)}.`, given);
}

/** @throws `PIPELINE_INVALID` naming the step and what is no array. */
export function checkArray(step: string, name: string, given: unknown): void {
  if (Array.isArray(given)) return;
  throw invalid(step, `${name} of the step '${step}' must be an array, not ${textOf(given)}.`, given);
}

/** @throws `PIPELINE_INVALID` naming the step and the number that is out of range. */
export function checkWhole(step: string, name: string, given: number, least: number): void {
  if (Number.isSafeInteger(given) && given >= least) return;
  throw invalid(
    step,
    `'${name}' of the step '${step}' must be a whole number of at least ${least}, not ${textOf(given)}.`,
    given,
  );
}

/** What is said of something given for a table that is none. */
export function tableFaults(step: string, given: unknown): readonly Diagnostic[] {
  const parts: { readonly name?: unknown; readonly options?: unknown; readonly schema?: unknown } =
    typeof given === "object" && given !== null ? given : {};
  const isTable =
    typeof parts.name === "string" &&
    Array.isArray(parts.options) &&
    typeof parts.schema === "object" &&
    parts.schema !== null;
  if (isTable) return [];
  return [
    {
      severity: "error",
      code: "PIPELINE_INVALID",
      message: `The step '${step}' wants a table, not ${textOf(given)}.`,
      step,
      value: textOf(given),
      hint: "Declare it with table({ name, columns, options }).",
    },
  ];
}

export function invalid(step: string, message: string, given: unknown): TributaryError {
  return new TributaryError({
    severity: "error",
    code: "PIPELINE_INVALID",
    message,
    step,
    value: textOf(given),
  });
}

function textOf(given: unknown): string {
  if (typeof given === "function") return "a function";
  if (typeof given === "symbol") return "a symbol";
  return typeof given === "object" && given !== null ? "an object" : String(given);
}
