/**
 * Tributary's core: the model, the contracts that connectors and formats implement, the registry and the direct
 * runner. Knows no connector, no format and no cloud service.
 */

// connector: what plugins implement
export { AsyncBatchWriter } from "./connector/async-batch-writer.js";
export type {
  AsyncBatchWriterOptions,
  BatchDestination,
  BatchWriterServices,
  EntryRefusal,
  FailureClass,
} from "./connector/async-batch-writer.js";
export type {
  DecodeOutput,
  Decoder,
  DecodingFormat,
  Encoder,
  EncodingFormat,
  FormatContext,
  FormatMetadata,
  FormatServices,
  MalformedRecord,
  RecordFraming,
} from "./connector/format.js";
export type {
  Clock,
  Counter,
  LogFields,
  Logger,
  MetricGroup,
  Random,
  Services,
  TimerHandle,
} from "./connector/services.js";
export type { Sink, SinkWriter, WriterContext } from "./connector/sink.js";
export type {
  EmissionPart,
  EmitValue,
  SourceFunction,
  SourceFunctionContext,
} from "./connector/source-function.js";
export type {
  EnumeratorContext,
  ReaderContext,
  Source,
  SourceReader,
  Split,
  SplitEnumerator,
  SplitRecords,
} from "./connector/source.js";

// diagnostics: faults and remarks
export { DIAGNOSTIC_CODES } from "./diagnostics/codes.js";
export type { DiagnosticCode, DiagnosticCodeInfo } from "./diagnostics/codes.js";
export type { Diagnostic, Severity } from "./diagnostics/diagnostic.js";
export { TributaryError, assertNever, invariant } from "./diagnostics/error.js";

export { formatDiagnostic } from "./diagnostics/format-diagnostic.js";
export type { FormatDiagnosticOptions } from "./diagnostics/format-diagnostic.js";
export { nearestFirst, probablyMeant } from "./diagnostics/nearest.js";
export { sortDiagnostics } from "./diagnostics/sort-diagnostics.js";
export { MASK, isSecretKey, maskSecrets, withoutUserInfo } from "./diagnostics/secrets.js";

// factory: modules and the registry
export { FactoryConflictError } from "./factory/conflict.js";
export type { ClaimRole, FactoryClaim, FactoryConflict } from "./factory/conflict.js";
export { NAMED_CLASS, bindClass } from "./factory/class-contract.js";
export type {
  ClassBinding,
  ClassContract,
  ClassRequest,
  NamedClass,
  ResolvedClass,
} from "./factory/class-contract.js";
export { ClassFiles, planWithClassFiles } from "./factory/class-files.js";
export type { ClassFile, ClassFilesOptions } from "./factory/class-files.js";
export type { FactoryOverride } from "./factory/claims.js";
export { createRegistry } from "./factory/create-registry.js";
export type { RegistryOptions } from "./factory/create-registry.js";
export { loadModules } from "./factory/load-modules.js";
export type { LoadModulesOptions } from "./factory/load-modules.js";
export type { ServiceBinding } from "./factory/loaded-module.js";
export { CONTRACT_VERSION, FACTORY, defineModule } from "./factory/module.js";
export type { Module, ModuleDefinition, ServiceDefinition } from "./factory/module.js";
export { factoryNotFound } from "./factory/not-found.js";
export { tableSource } from "./factory/factory.js";
export type {
  Factory,
  FactoryClass,
  FactoryContext,
  FactoryInterface,
  FactoryRole,
  FormatFactory,
  MetadataKey,
  OptionsClass,
  SinkExamination,
  SinkFactory,
  SinkFactoryContext,
  SourceFactory,
  SourceFactoryContext,
  TableSink,
  TableSource,
  TableSourceOf,
} from "./factory/factory.js";
export type {
  BoundClass,
  CatalogueEntry,
  ClassRegistration,
  FactoryRegistration,
  FactoryRegistry,
} from "./factory/registry.js";

// options: declaring and parsing
export type { CrossCheckContext, CrossCheckMethod, OptionFault } from "./options/cross-check.js";
export { describeOptions } from "./options/describe-options.js";
export type { OptionDescription } from "./options/describe-options.js";
export { formatDuration, parseDuration } from "./options/duration.js";
export { formatMemorySize, parseMemorySize } from "./options/memory-size.js";
export { CrossCheck, Option, validateOptions } from "./options/option.js";
export type { OptionDeclaration, OptionType } from "./options/option.js";
export type { OptionsContext } from "./options/option-diagnostics.js";
export { optionEntries, parseOptions } from "./options/parse-options.js";
export type { ParsedOptions } from "./options/parse-options.js";
export type { ParseFault, ParsedValue } from "./options/parsed.js";

// pipeline: building graphs, and graphs as data
export { Count, Max, Mean, Min, Sum, combineFields } from "./pipeline/combiners.js";
export type {
  CombinedBy,
  CombinedFields,
  Combiner,
  CombinerFields,
  MeanAccumulator,
} from "./pipeline/combiners.js";
export { ApproximateQuantiles, ApproximateUnique } from "./pipeline/approximate-combiners.js";
export type { QuantileOptions } from "./pipeline/approximate-combiners.js";
export { CalendarWindows } from "./pipeline/calendar-windows.js";
export type { CalendarOptions } from "./pipeline/calendar-windows.js";
export { ErrorHandler } from "./pipeline/error-handler.js";
export type { BatchOptions } from "./pipeline/transforms/batches.js";
export type { DeduplicateOptions } from "./pipeline/transforms/deduplicate.js";
export type { FailedElement } from "./pipeline/transforms/failures.js";
export type { CallInfo, RequestResponse } from "./pipeline/transforms/request-response.js";
export { First, Latest, Sample, ToList, Top } from "./pipeline/element-combiners.js";
export { kv } from "./pipeline/kv.js";
export type { KV } from "./pipeline/kv.js";
export type { Reified, ReifiedElement, TimestampedValue } from "./pipeline/reified.js";
export type { PeriodicImpulseOptions, SequenceOptions } from "./pipeline/sequence-options.js";
export { SessionWindows, mergeOverlapping } from "./pipeline/session-windows.js";
export type {
  CombineGloballyOptions,
  CombinePerKey,
  CombineValuesOptions,
  GroupByKeyOptions,
} from "./pipeline/transforms/combining.js";
export type { HotKeyFanOut } from "./pipeline/transforms/fan-out.js";
export { DEFAULT_TRIGGER, Trigger } from "./pipeline/trigger.js";
export type { WindowOptions } from "./pipeline/window-options.js";
export { CreateSource } from "./pipeline/create-source.js";
export type {
  AnyDoFn,
  BundleContext,
  DoFn,
  ElementCoder,
  EmitOptions,
  FinishBundleContext,
  KeyOf,
  None,
  OutputTags,
  ProcessContext,
  StateSpecs,
  TimerContext,
  TimerSpecs,
} from "./pipeline/do-fn.js";
export type { DoFnSource, ParDoOutputs } from "./pipeline/par-do.js";
export { DEFAULT_METRIC_NAMESPACE } from "./pipeline/bundle-services.js";
export type {
  Finalizer,
  StepMetrics,
  UserCounter,
  UserDistribution,
  UserGauge,
  UserStringSet,
} from "./pipeline/bundle-services.js";
export { asIterable, asList, asMap, asMultimap, asSingleton } from "./pipeline/side-input.js";
export type {
  MapViewOptions,
  SideInput,
  SideInputKind,
  SideInputs,
  SideMap,
  SideMultimap,
  SideValues,
  ViewOptions,
} from "./pipeline/side-input.js";
export { State } from "./pipeline/state.js";
export type {
  BagState,
  CombiningState,
  MapState,
  MultimapState,
  OrderedListState,
  SetState,
  StateHandles,
  StateSpec,
  ValueState,
} from "./pipeline/state.js";
export { Timers } from "./pipeline/timer.js";
export type { Timer, TimerHandles, TimerOptions, TimerSpec } from "./pipeline/timer.js";
export { resume } from "./pipeline/splittable/restriction.js";
export type {
  RestrictionProgress,
  RestrictionSpec,
  RestrictionTracker,
  Resume,
  SplitRestriction,
} from "./pipeline/splittable/restriction.js";
export {
  GrowableOffsetRangeTracker,
  OFFSET_MAX,
  OffsetRangeTracker,
  growableOffsetRanges,
  offsetRanges,
} from "./pipeline/splittable/offset-range.js";
export type { OffsetRange } from "./pipeline/splittable/offset-range.js";
export type {
  CheckpointAfter,
  ClaimedRestriction,
  RestrictionWatermark,
  SplittableContext,
  SplittableFn,
  SplittableFnSource,
  SplittableParts,
} from "./pipeline/splittable/splittable-fn.js";
export { Watermarks } from "./pipeline/splittable/watermark-estimator.js";
export type {
  WatermarkEstimator,
  WatermarkEstimatorSpec,
} from "./pipeline/splittable/watermark-estimator.js";
export { output, type } from "./pipeline/type-tag.js";
export type { TaggedType, TypeTag } from "./pipeline/type-tag.js";
export type { EventTime } from "./pipeline/event-time.js";
export { PCollection } from "./pipeline/p-collection.js";
export type {
  CatchOptions,
  Caught,
  CaughtOutputs,
  DistinctOptions,
  GroupBy,
  KeyedResult,
  PTransform,
  Parts,
  Stateless,
} from "./pipeline/p-collection.js";
export { Pipeline } from "./pipeline/pipeline.js";
export type {
  CoGroupInputs,
  CoGroupKey,
  CoGroupValues,
  CreateOptions,
  ReadOptions,
  ReadTableOptions,
} from "./pipeline/pipeline.js";
export { VALUE_CODER } from "./pipeline/value-coder.js";
export { FixedWindows, GlobalWindows, SlidingWindows } from "./pipeline/window-fns.js";
export type {
  AsyncForm,
  CombineBinding,
  CombineFn,
  DeadLetterBuffer,
  Deserializer,
  ElementBuffer,
  ElementwiseBinding,
  FlattenBinding,
  GraphNode,
  MetadataBinding,
  ParDoBinding,
  PipelineGraph,
  ReadBinding,
  StepBinding,
  StepKind,
  WatermarkAssigner,
  WindowBinding,
  WriteBinding,
} from "./pipeline/graph.js";
export {
  GLOBAL_WINDOW,
  GLOBAL_WINDOW_MAX_TIMESTAMP,
  MAX_TIMESTAMP,
  MIN_TIMESTAMP,
} from "./pipeline/window.js";
export type { Window, WindowFn, WindowMerge } from "./pipeline/window.js";
export { DEFAULT_WINDOWING } from "./pipeline/windowing-strategy.js";
export type {
  AccumulationMode,
  TimestampCombiner,
  WindowingStrategy,
} from "./pipeline/windowing-strategy.js";
export { NO_PANE } from "./pipeline/pane.js";
export type { Pane, PaneTiming } from "./pipeline/pane.js";

// runner: executing a graph
export type { CheckpointStore } from "./runner/checkpoint/checkpoint-store.js";
export { directoryFiles } from "./runner/checkpoint/directory-files.js";
export type { DirectoryFiles } from "./runner/checkpoint/directory-files.js";
export { DirectoryCheckpointStore } from "./runner/checkpoint/directory-store.js";
export type {
  CheckpointManifest,
  SinkSnapshot,
  Snapshot,
  SourceSnapshot,
  SplitSnapshot,
  StepSignature,
} from "./runner/checkpoint/snapshot.js";
export { observeWithOpenTelemetry } from "./runner/telemetry/open-telemetry.js";
export type { TelemetryOptions } from "./runner/telemetry/open-telemetry.js";
export { watchHealth } from "./runner/telemetry/job-health.js";
export type { HealthWatch, JobHealth } from "./runner/telemetry/job-health.js";
export { prometheusText } from "./runner/telemetry/prometheus-text.js";
export { encodeCheckpoint } from "./runner/checkpoint/checkpoint-format.js";
export { newestCheckpoint } from "./runner/checkpoint/restore.js";
export {
  CHECKPOINT_STORE,
  checkpointScheme,
  checkpointStoreClass,
  openCheckpointStore,
} from "./runner/checkpoint/store-location.js";
export { functionState } from "./runner/direct/function-enumerator.js";
export type { StoredCheckpoint } from "./runner/checkpoint/restore.js";
export { DirectRunner } from "./runner/direct/direct-runner.js";
export { failedStep } from "./runner/direct/step-error.js";
export { explainGraph, explainText } from "./runner/explain.js";
export type { ExplainedEdge, ExplainedNode, Explanation } from "./runner/explain.js";
export { MetricRegistry } from "./runner/metrics.js";
export type { MetricSample } from "./runner/metrics.js";
export type { DistributionValue, UserMetric, UserMetricFilter } from "./runner/user-metrics.js";
export { STDERR_LOGGER, SYSTEM_CLOCK, SYSTEM_RANDOM } from "./runner/system-services.js";
export { jsonLogger, textLogger } from "./runner/text-logger.js";
export type { LogLevel } from "./runner/text-logger.js";
export { validateGraph } from "./runner/validate-graph.js";
export type {
  Capabilities,
  CheckpointOptions,
  JobHandle,
  JobProgress,
  JobResult,
  JobState,
  RestoredFrom,
  RunOptions,
  Runner,
  SplitProgress,
} from "./runner/runner.js";

// table: descriptors and planning
export { checkSchema } from "./table/check-schema.js";
export { computed, metadata, table } from "./table/define-table.js";
export type {
  ColumnDefinitions,
  ComputedColumnDefinition,
  MetadataColumnDefinition,
  TableDefinition,
  TableWatermark,
} from "./table/define-table.js";
export { describeConnector } from "./table/describe-connector.js";
export { malformedPlace } from "./table/malformed-place.js";
export { planDecoder, planEncoder } from "./table/plan-format.js";
export type { FormatRequest, PlannedDecoder, PlannedEncoder } from "./table/plan-format.js";
export { planSink } from "./table/plan-sink.js";
export type { PlanSinkOptions } from "./table/plan-sink.js";
export { changesIntoAppendOnly, isChangelogRefusal } from "./table/append-only.js";
export type { AppendOnlySink } from "./table/append-only.js";
export { planSource } from "./table/plan-source.js";
export type { NamedTables, PlanContext, Planned, PlannedSink, PlannedSource } from "./table/planning.js";
export type { TableRole } from "./table/resolve-connector.js";
export type {
  Column,
  ComputedColumn,
  MetadataColumn,
  PhysicalColumn,
  PrimaryKey,
  Schema,
  SourcePlace,
  WatermarkDeclaration,
} from "./table/schema.js";
export type { TableDescriptor, TableInput, TableOption, TableRow, TypedTable } from "./table/table.js";
export { validateTable } from "./table/validate-table.js";

// types: logical types, values, coders
export { castFunction } from "./types/cast/cast-function.js";
export type { CastOptions } from "./types/cast/cast-function.js";
export { castable } from "./types/cast/castable.js";
export type { Castability } from "./types/cast/castable.js";
export {
  bigIntCoder,
  booleanCoder,
  bytesCoder,
  decimalCoder,
  doubleCoder,
  instantCoder,
  localTimestampCoder,
  stringCoder,
  varIntCoder,
} from "./types/coders/basic-coders.js";
export { ByteReader } from "./types/coders/byte-reader.js";
export { ByteWriter } from "./types/coders/byte-writer.js";
export type { Coder } from "./types/coders/coder.js";
export { iterableCoder, kvCoder, mapCoder, nullableCoder } from "./types/coders/composite-coders.js";
export { jsonCoder } from "./types/coders/json-coder.js";
export { keyOf, makeCoder, nestedCoder } from "./types/coders/nested-coder.js";
export type { CoderParts, KeyPrimitive, NestedCoder } from "./types/coders/nested-coder.js";
export { rowCoder, rowKeyOf, typeCoder } from "./types/coders/type-coders.js";
export { intervalWindowCoder, lengthPrefixCoder } from "./types/coders/window-coders.js";
export type { InputOf } from "./types/input.js";
export type { JsonValue } from "./types/json-value.js";
export { MAX_LENGTH } from "./types/logical-type.js";
export type {
  ArrayType,
  DecimalType,
  IntervalType,
  LogicalType,
  MapType,
  MultisetType,
  OpaqueType,
  Row,
  RowField,
  RowType,
  SimpleType,
  SizedType,
  SqlValue,
  TemporalType,
} from "./types/logical-type.js";
export { parseType } from "./types/parse-type.js";
export { printType, quoteName, quoteText, typesEqual } from "./types/print-type.js";
export type { RowKind } from "./types/row-kind.js";
export { canonicalJsonReader, rowFromCanonicalJson } from "./types/rows/canonical-json-reader.js";
export { canonicalJsonWriter, rowToCanonicalJson } from "./types/rows/canonical-json-writer.js";
export { rowConverter } from "./types/rows/row-converter.js";
export type { RowConverterOptions } from "./types/rows/row-converter.js";
export { rowConstructor, rowFactory } from "./types/rows/row-factory.js";
export type { RowFactoryOptions } from "./types/rows/row-factory.js";
export { formatBinary, parseBinaryText } from "./types/text/binary-text.js";
export {
  formatDate,
  formatTime,
  parseCastDate,
  parseCastTime,
  parseCastTimestamp,
  parseIsoDate,
  parseIsoTime,
  parseRollingDate,
  parseSqlTime,
  printTime,
} from "./types/text/date-time-text.js";
export { formatDouble, formatFloat } from "./types/text/float-text.js";
export {
  BIGINT_MAX,
  BIGINT_MIN,
  INTEGER_RANGES,
  parseBigintText,
  parseDecimalText,
  parseDoubleText,
  parseFloatText,
  parseIntegerText,
  trimBlanks,
} from "./types/text/number-text.js";
export {
  formatIsoInstant,
  formatIsoTimestamp,
  formatSqlInstant,
  formatSqlTimestamp,
  parseIsoInstant,
  parseIsoOffsetInstant,
  parseIsoTimestamp,
  parseSqlInstant,
  parseSqlTimestamp,
  printInstant,
  printTimestamp,
} from "./types/text/timestamp-text.js";
export {
  isApproximateType,
  isBinaryType,
  isCharacterType,
  isConstructedType,
  isDateTimeType,
  isIntegerType,
  isNumericType,
  isOpaqueType,
  isTimestampType,
} from "./types/type-families.js";
export type { TypeKind } from "./types/type-families.js";
export type { TypeLike, TypeOf, TypeOfText } from "./types/type-text.js";
export type {
  FieldTypes,
  RowOf,
  TypedArray,
  TypedDecimal,
  TypedInterval,
  TypedMap,
  TypedMultiset,
  TypedRow,
  TypedSimple,
  TypedSized,
  TypedTemporal,
  ValueOf,
  WithNullability,
} from "./types/typed.js";
export { notNull, nullable, types } from "./types/types.js";
export type { FieldDefinitions, FieldEntry } from "./types/types.js";
export {
  civilDay,
  civilFromDays,
  civilMonth,
  civilYear,
  dayOfMillis,
  daysFromCivil,
  isLeapYear,
  lengthOfMonth,
  millisOfDay,
} from "./types/values/civil-time.js";
export { Decimal } from "./types/values/decimal.js";
export {
  dateFromDate,
  dateFromTemporal,
  dateToDate,
  dateToTemporal,
  timeFromTemporal,
  timeToTemporal,
} from "./types/values/date-conversions.js";
export { EpochTime } from "./types/values/epoch-time.js";
export { Instant } from "./types/values/instant.js";
export { LocalTimestamp } from "./types/values/local-timestamp.js";
export type { CivilFields } from "./types/values/local-timestamp.js";
export { bigintFromNumber, bigintToNumber } from "./types/values/number-conversions.js";
export type {
  TemporalInstant,
  TemporalPlainDate,
  TemporalPlainDateTime,
  TemporalPlainTime,
  TemporalValue,
} from "./types/values/temporal.js";
export { timeZone } from "./types/values/time-zone.js";
export type { TimeZone } from "./types/values/time-zone.js";
