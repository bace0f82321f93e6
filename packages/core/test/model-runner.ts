/**
 * The runner that the suite of the pipeline model is run with, and what it can do. Another runner is put under the same
 * suite by changing this file alone: tests say what they need, and those of a capability that is missing are skipped.
 */
import test, { type TestFn } from "ava";
import { DirectRunner, type Runner } from "@tributary/core";

/** What tests of the model may need beyond bounded element-wise work and grouping. */
export type ModelCapability =
  | "unbounded"
  | "triggers"
  | "merging-windows"
  | "processing-time"
  | "state"
  | "timers"
  | "side-inputs"
  | "splittable-functions"
  | "bundle-finalization"
  | "checkpoints"
  | "metrics";

/** Runs every graph of the suite. */
export const runner: Runner = new DirectRunner();

/** What {@link runner} can do. */
export const capabilities: ReadonlySet<ModelCapability> = new Set<ModelCapability>([
  "unbounded",
  "triggers",
  "merging-windows",
  "processing-time",
  "state",
  "timers",
  "side-inputs",
  "splittable-functions",
  "bundle-finalization",
  "checkpoints",
  "metrics",
]);

/** `test`, or `test.skip` where the runner lacks one of the capabilities. */
export function modelTest(...needed: readonly ModelCapability[]): TestFn | TestFn["skip"] {
  return needed.every((one) => capabilities.has(one)) ? test : test.skip;
}
