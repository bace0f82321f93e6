import type { DiagnosticCode } from "./codes.js";
import type { Diagnostic } from "./diagnostic.js";

/** Global, so that two copies of this package in one process recognise each other's errors. */
const BRAND = Symbol.for("@tributary/core/TributaryError");

/**
 * Every error this project throws. Holds one or more diagnostics; callers test with {@link TributaryError.is} and read
 * the diagnostics' fields, never the message.
 *
 * @public
 */
export class TributaryError extends Error {
  /** Code of the first diagnostic. */
  readonly code: DiagnosticCode;
  /** Every fault found, in the order in which the user should read them. Never empty. */
  readonly diagnostics: readonly Diagnostic[];
  /** True when the same call may succeed later without a change of input. */
  readonly retryable: boolean;

  constructor(
    diagnostics: Diagnostic | readonly Diagnostic[],
    options: { readonly cause?: unknown; readonly retryable?: boolean } = {},
  ) {
    const all = Array.isArray(diagnostics)
      ? (diagnostics as readonly Diagnostic[])
      : [diagnostics as Diagnostic];
    const first = all[0];
    if (first === undefined) throw new TypeError("A TributaryError needs at least one diagnostic.");
    super(
      all.map((one) => one.message).join("\n"),
      "cause" in options ? { cause: options.cause } : undefined,
    );
    this.name = "TributaryError";
    this.code = first.code;
    this.diagnostics = all;
    this.retryable = options.retryable ?? false;
    Object.defineProperty(this, BRAND, { value: true });
  }

  /** True for a TributaryError of any copy of this package; with `code`, only if one of its diagnostics has it. */
  static is(value: unknown, code?: DiagnosticCode): value is TributaryError {
    if (typeof value !== "object" || value === null || !(BRAND in value)) return false;
    return (
      code === undefined || (value as unknown as TributaryError).diagnostics.some((one) => one.code === code)
    );
  }
}

/** Crashes when `condition` does not hold: a broken invariant of ours, never a user's mistake. @public */
export function invariant(condition: unknown, why: string): asserts condition {
  if (!condition) throw new Error(`Broken invariant: ${why}`);
}

/** Makes the compiler prove that a switch is exhaustive. @public */
export function assertNever(value: never): never {
  throw new Error(`Broken invariant: unexpected ${String(value)}`);
}
