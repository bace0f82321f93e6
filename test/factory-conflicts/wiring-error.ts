import { createRegistry, formatDiagnostic, TributaryError, type Module } from "@tributary/core";
import test, { type ExecutionContext } from "ava";

/** Text of the error that a wiring gives; empty when there is none. */
export function wiringError(modules: readonly Module[]): string {
  try {
    createRegistry(modules);
    return "";
  } catch (error) {
    if (!TributaryError.is(error)) throw error;
    return error.diagnostics.map((one) => formatDiagnostic(one)).join("\n");
  }
}

/** The exact text that a person reads, whatever the order of modules. */
export const refused = test.macro(
  (t: ExecutionContext, modules: readonly Module[], expected: readonly string[]) => {
    t.is(wiringError(modules), expected.join("\n"));
    t.is(wiringError(modules.toReversed()), expected.join("\n"), "the order of modules changes nothing");
  },
);
