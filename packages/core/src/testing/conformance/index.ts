/**
 * The connector conformance kit: a plugin author says how to make a source, a sink, a format or a factory, and gets the
 * cases that it must pass, for any test runner. What the cases ask for stands in docs/plugins/conformance.md.
 */
export { ConformanceFailure } from "./conformance-case.js";
export type { ConformanceCase, ConformanceGroup } from "./conformance-case.js";
export { factoryConformance } from "./factory/factory-conformance.js";
export type { FactoryHarness } from "./factory/factory-harness.js";
export { sourceFunctionConformance } from "./function/function-conformance.js";
export type { FunctionHarness, FunctionSubject } from "./function/function-conformance.js";
export { formatConformance } from "./format/format-conformance.js";
export type { FormatHarness } from "./format/format-harness.js";
export type { ConformanceRule } from "./rules.js";
export { CONFORMANCE_RULES } from "./rules.js";
export { sinkConformance } from "./sink/sink-conformance.js";
export type { SinkHarness, SinkSubject } from "./sink/sink-harness.js";
export { sourceConformance } from "./source/source-conformance.js";
export type { RecordOf, SourceDemand, SourceHarness, SourceSubject } from "./source/source-harness.js";
export type { WaitOptions } from "./waiting.js";
