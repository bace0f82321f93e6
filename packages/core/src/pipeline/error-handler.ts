import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { TributaryError } from "../diagnostics/error.js";
import type { PCollection } from "./p-collection.js";
import type { FailedElement } from "./transforms/failures.js";

/**
 * Collects what several steps failed on, for one way of dealing with it:
 *
 * ```ts
 * const errors = pipeline.errorHandler("errors");
 * const parsed = lines.mapCatching("parse", parse, { handler: errors });
 * errors.close().writeTable("dead letters", letters);
 * ```
 *
 * A handler that is not closed fails the pipeline before it runs: nobody would see the failures.
 *
 * @public
 */
export class ErrorHandler {
  readonly #step: string;
  readonly #flatten: (
    inputs: readonly PCollection<FailedElement<unknown>>[],
  ) => PCollection<FailedElement<unknown>>;
  readonly #inputs: PCollection<FailedElement<unknown>>[] = [];
  #isClosed = false;

  /** @internal */
  constructor(
    step: string,
    flatten: (inputs: readonly PCollection<FailedElement<unknown>>[]) => PCollection<FailedElement<unknown>>,
  ) {
    this.#step = step;
    this.#flatten = flatten;
  }

  /** Takes the failures of a step. @throws `PIPELINE_INVALID` once it is closed. */
  add<T>(failed: PCollection<FailedElement<T>>): void {
    if (this.#isClosed)
      throw fault(this.#step, `The error handler '${this.#step}' is closed and takes no more failures.`);
    this.#inputs.push(failed);
  }

  /** All failures as one collection. @throws `PIPELINE_INVALID` the second time. */
  close(): PCollection<FailedElement<unknown>> {
    if (this.#isClosed) throw fault(this.#step, `The error handler '${this.#step}' was closed before.`);
    this.#isClosed = true;
    return this.#flatten(this.#inputs);
  }

  /** What is wrong with it when the graph is made. @internal */
  get faults(): readonly Diagnostic[] {
    if (this.#isClosed) return [];
    return [
      {
        severity: "error",
        code: "PIPELINE_INVALID",
        message: `The error handler '${this.#step}' was not closed: nobody would see the failures that it collects.`,
        step: this.#step,
        hint: "Call close() and do something with the failures it gives.",
      },
    ];
  }
}

function fault(step: string, message: string): TributaryError {
  return new TributaryError({ severity: "error", code: "PIPELINE_INVALID", message, step });
}
