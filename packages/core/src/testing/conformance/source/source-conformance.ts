import type { ConformanceCase } from "../conformance-case.js";
import { closingCases, failingCases } from "./closing-cases.js";
import { endingCases, flowCases } from "./flow-cases.js";
import { readingCases } from "./reading-cases.js";
import { restoringCases } from "./restoring-cases.js";
import type { SourceHarness, SourceSubject } from "./source-harness.js";
import { SourceSuite } from "./source-suite.js";

/**
 * The cases of a source.
 *
 * @example
 * for (const one of sourceConformance({ name: "acme", boundedness: "bounded", create, identify })) {
 *   test(one.name, (t) => t.notThrowsAsync(one.run()));
 * }
 * @public
 */
export function sourceConformance<S extends SourceSubject<unknown>>(
  harness: SourceHarness<S>,
): readonly ConformanceCase[] {
  const suite = new SourceSuite(harness);
  return [
    ...readingCases(suite),
    ...restoringCases(suite),
    ...endingCases(suite),
    ...flowCases(suite),
    ...closingCases(suite),
    ...failingCases(suite),
  ];
}
