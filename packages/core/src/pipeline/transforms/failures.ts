/** Elements that a function failed on, as a collection of their own. */
import type { DoFn, ProcessContext } from "../do-fn.js";
import { output, type } from "../type-tag.js";

/** An element that a step failed on: it counts as processed, and what went wrong stands beside it. @public */
export interface FailedElement<T> {
  readonly element: T;
  /** Name of the error's class. */
  readonly errorClass: string;
  readonly message: string;
  /** Absent for what is thrown and is no Error. */
  readonly stack?: string;
  readonly step: string;
  /** Event time of the element, in milliseconds. */
  readonly timestamp: number;
}

/** What was made of an element that failed. */
export function failedElement<T>(
  element: T,
  error: unknown,
  { step, timestamp }: Pick<ProcessContext<never>, "step" | "timestamp">,
): FailedElement<T> {
  if (!(error instanceof Error)) {
    return { element, errorClass: typeof error, message: String(error), step, timestamp };
  }
  const { name, message, stack } = error;
  return { element, errorClass: name, message, ...(stack === undefined ? {} : { stack }), step, timestamp };
}

/** Results of a function, any number for each element; what it throws goes to `failed`. */
export function catching<T, U>(
  fn: (value: T) => Iterable<U> | Promise<Iterable<U>>,
  concurrency: number | undefined,
) {
  return {
    output: type<U>(),
    outputs: { failed: output<FailedElement<T>>() },
    ...(concurrency === undefined ? {} : { concurrency }),
    process(element: T, context) {
      const fail = (error: unknown): void => context.emitTo("failed", failedElement(element, error, context));
      let results: Iterable<U> | Promise<Iterable<U>>;
      try {
        results = fn(element);
        if (!(results instanceof Promise)) results = [...results];
      } catch (error) {
        fail(error);
        return undefined;
      }
      if (!(results instanceof Promise)) {
        for (const result of results) context.emit(result);
        return undefined;
      }
      return results
        .then((values) => [...values])
        .then((values) => {
          for (const value of values) context.emit(value);
        }, fail);
    },
  } satisfies DoFn<T, U, {}, {}, { failed: ReturnType<typeof output<FailedElement<T>>> }>;
}
