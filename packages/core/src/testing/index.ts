/** Helpers to test pipelines and connectors: sources and sinks to script, a clock to move, assertions. */

// pipelines and time
export { CollectingSink } from "./collecting-sink.js";
export { MemoryCheckpointStore } from "./memory-checkpoint-store.js";
export { ScriptedSource, listSource } from "./scripted-source.js";
export type { ScriptOptions, ScriptedBatch, ScriptedSplit } from "./scripted-source.js";
export { Collected } from "./collected.js";
export { FunctionTester } from "./function-tester.js";
export type { FunctionTesterOptions } from "./function-tester.js";
export { PAssert } from "./p-assert.js";
export type { AssertionCheck } from "./p-assert.js";
export { formatPanes } from "./pane-text.js";
export { SILENT_LOGGER, TestPipeline, graphOf } from "./test-pipeline.js";
export type { TestPipelineOptions } from "./test-pipeline.js";
export { TestStream } from "./test-stream.js";
export type { TimestampedValue } from "../pipeline/reified.js";
export { until } from "./until.js";
export { VirtualClock } from "./virtual-clock.js";

// what every connector and format must do
export {
  CONFORMANCE_RULES,
  ConformanceFailure,
  factoryConformance,
  formatConformance,
  sinkConformance,
  sourceConformance,
  sourceFunctionConformance,
} from "./conformance/index.js";
export type {
  ConformanceCase,
  ConformanceGroup,
  ConformanceRule,
  FactoryHarness,
  FormatHarness,
  FunctionHarness,
  FunctionSubject,
  RecordOf,
  SinkHarness,
  SinkSubject,
  SourceDemand,
  SourceHarness,
  SourceSubject,
  WaitOptions,
} from "./conformance/index.js";
