/** Element-wise steps whose functions return at once. Each is one closure between its neighbours. */
import type { ElementwiseBinding, WindowBinding } from "../../pipeline/graph.js";
import type { Push } from "./push.js";
import { stepError, unexpectedPromise } from "./step-error.js";

type FunctionBinding = Exclude<ElementwiseBinding, { readonly form: "doFn" }>;
type UserFunction = (value: unknown) => unknown;

/** Elements between two looks at whether the function returned a promise; a power of two. */
const PROMISE_CHECK_EVERY = 1_024;

/** @throws `PIPELINE_INVALID`, from the returned function, when the user's function returns a promise. */
export function syncStep(step: string, binding: FunctionBinding, next: Push): Push {
  const fn = checked(step, binding.fn as UserFunction);
  switch (binding.form) {
    case "map":
      return (value, timestamp, windows) => next(fn(value), timestamp, windows);
    case "filter":
      return (value, timestamp, windows) => {
        if (fn(value) === true) next(value, timestamp, windows);
      };
    case "filterMap":
      return (value, timestamp, windows) => {
        const result = fn(value);
        if (result !== undefined) next(result, timestamp, windows);
      };
    case "flatMap":
      return (value, timestamp, windows) => {
        for (const one of iterable(step, fn(value))) next(one, timestamp, windows);
      };
  }
}

/** Names the step in what the function throws, and looks at its first results for a promise now and then. */
function checked(step: string, fn: UserFunction): UserFunction {
  let calls = 0;
  return (value) => {
    let result: unknown;
    try {
      result = fn(value);
    } catch (error) {
      throw stepError(step, error);
    }
    if ((calls++ & (PROMISE_CHECK_EVERY - 1)) === 0 && result instanceof Promise) {
      result.catch(() => {});
      throw stepError(step, unexpectedPromise(step));
    }
    return result;
  };
}

function iterable(step: string, result: unknown): Iterable<unknown> {
  if (Array.isArray(result)) return result as unknown[];
  if (typeof result === "object" && result !== null && Symbol.asyncIterator in result) {
    throw stepError(step, unexpectedPromise(step));
  }
  return result as Iterable<unknown>;
}

/** Assigns windows; an element that falls into none disappears. */
export function windowStep(binding: WindowBinding, next: Push): Push {
  const { windowFn } = binding;
  return (value, timestamp) => {
    const windows = windowFn.assign(timestamp);
    if (windows.length > 0) next(value, timestamp, windows);
  };
}
