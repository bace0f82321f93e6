/** Element-wise steps whose functions return at once. Each is one closure between its neighbours. */
import { TributaryError } from "../../diagnostics/error.js";
import type { ElementwiseBinding, MetadataBinding, WindowBinding } from "../../pipeline/graph.js";
import type { Window } from "../../pipeline/window.js";
import type { Push } from "./push.js";
import { stepError, unexpectedPromise } from "./step-error.js";

type FunctionBinding = Exclude<ElementwiseBinding, MetadataBinding>;
type UserFunction = (value: unknown) => unknown;

/** @throws `PIPELINE_INVALID`, from the returned function, when the user's function returns a promise. */
export function syncStep(step: string, binding: FunctionBinding, next: Push): Push {
  const fn = binding.fn as UserFunction;
  switch (binding.form) {
    case "map":
      return mapStep(step, fn, next);
    case "filter":
      return filterStep(step, fn, next);
    case "filterMap":
      return filterMapStep(step, fn, next);
    case "flatMap":
      return flatMapStep(step, fn, next);
  }
}

function mapStep(step: string, fn: UserFunction, next: Push): Push {
  return (value, timestamp, windows, pane) => {
    let result: unknown;
    try {
      result = fn(value);
    } catch (error) {
      throw stepError(step, error);
    }
    if (result instanceof Promise) throw refused(step, result);
    next(result, timestamp, windows, pane);
  };
}

function filterStep(step: string, fn: UserFunction, next: Push): Push {
  return (value, timestamp, windows, pane) => {
    let result: unknown;
    try {
      result = fn(value);
    } catch (error) {
      throw stepError(step, error);
    }
    if (result === true) next(value, timestamp, windows, pane);
    else if (result instanceof Promise) throw refused(step, result);
    else if (result) next(value, timestamp, windows, pane);
  };
}

function filterMapStep(step: string, fn: UserFunction, next: Push): Push {
  return (value, timestamp, windows, pane) => {
    let result: unknown;
    try {
      result = fn(value);
    } catch (error) {
      throw stepError(step, error);
    }
    if (result instanceof Promise) throw refused(step, result);
    if (result !== undefined) next(result, timestamp, windows, pane);
  };
}

function flatMapStep(step: string, fn: UserFunction, next: Push): Push {
  return (value, timestamp, windows, pane) => {
    let results: readonly unknown[];
    try {
      results = arrayOf(step, fn(value));
    } catch (error) {
      throw stepError(step, error);
    }
    for (const result of results) next(result, timestamp, windows, pane);
  };
}

function refused(step: string, result: Promise<unknown>): unknown {
  result.catch(() => {});
  return stepError(step, unexpectedPromise(step));
}

/** A generator is read whole first: what it throws is its own, what the steps after it throw is theirs. */
function arrayOf(step: string, result: unknown): readonly unknown[] {
  if (Array.isArray(result)) return result as unknown[];
  if (
    result instanceof Promise ||
    (typeof result === "object" && result !== null && Symbol.asyncIterator in result)
  ) {
    throw unexpectedPromise(step);
  }
  return [...iterable(step, result)];
}

/** @throws `OUTPUT_INVALID` for a result that cannot be read one by one. */
export function iterable(step: string, result: unknown): Iterable<unknown> {
  if (typeof result === "string") return result;
  if (typeof result === "object" && result !== null && Symbol.iterator in result) {
    return result as Iterable<unknown>;
  }
  throw new TributaryError({
    severity: "error",
    code: "OUTPUT_INVALID",
    message: `The function of the step '${step}' returned ${String(result)} and not a list of outputs.`,
    step,
    value: String(result),
    hint: "Return an array or another iterable: [] for no output, [value] for one.",
  });
}

/** Assigns windows; an element that falls into none disappears. A step that names none assigns nothing. */
export function windowStep(step: string, binding: WindowBinding, next: Push): Push {
  const { windowFn } = binding;
  if (windowFn === undefined) return next;
  return (value, timestamp, _windows, pane) => {
    let windows: readonly Window[];
    try {
      windows = windowFn.assign(timestamp, value);
      if (!Array.isArray(windows)) throw noWindows(step, windowFn.description);
    } catch (error) {
      throw stepError(step, error);
    }
    if (windows.length > 0) next(value, timestamp, windows, pane);
  };
}

function noWindows(step: string, description: string): TributaryError {
  return new TributaryError({
    severity: "error",
    code: "OUTPUT_INVALID",
    message: `The window function of the step '${step}' (${description}) gave no array of windows.`,
    step,
    hint: "Return the windows of the element as an array, empty for none.",
  });
}
