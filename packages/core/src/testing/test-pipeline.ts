import type { Logger } from "../connector/services.js";
import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { TributaryError } from "../diagnostics/error.js";
import type { FactoryRegistry } from "../factory/registry.js";
import type { PipelineGraph } from "../pipeline/graph.js";
import type { PCollection } from "../pipeline/p-collection.js";
import { Pipeline } from "../pipeline/pipeline.js";
import { DirectRunner } from "../runner/direct/direct-runner.js";
import type { JobHandle, JobResult, RunOptions, Runner } from "../runner/runner.js";
import { Collected } from "./collected.js";
import { AssertionSink, PAssert, placeOutside } from "./p-assert.js";
import { TestStreamSource } from "./test-stream-source.js";
import type { TestStream } from "./test-stream.js";
import { VirtualClock } from "./virtual-clock.js";

/** Drops everything. @public */
export const SILENT_LOGGER: Logger = { error() {}, warn() {}, info() {}, debug() {}, trace() {} };

const EMPTY_REGISTRY: FactoryRegistry = {
  registrations: [],
  findSource: () => undefined,
  findSink: () => undefined,
  findFormat: () => undefined,
  classes: [],
  findClass: () => undefined,
  dispose: () => Promise.resolve(),
};

/** The graph of a pipeline without tables. @throws its diagnostics. @public */
export function graphOf(pipeline: Pipeline, registry: FactoryRegistry = EMPTY_REGISTRY): PipelineGraph {
  const context = { registry, timeZone: "UTC", logger: SILENT_LOGGER };
  const { value, diagnostics } = pipeline.toGraph(context);
  if (value === undefined) throw new TributaryError(diagnostics);
  return value;
}

/** How a {@link TestPipeline} is run. @public */
export interface TestPipelineOptions {
  /** Default: the direct runner. */
  readonly runner?: Runner;
  /** Every collection that no step reads must be asserted, collected or written. Default false. */
  readonly isStrict?: boolean;
}

/**
 * A pipeline with assertions. A run fails unless every assertion of its collections holds; {@link close} fails when there
 * was no run, or an assertion that no run has looked at.
 *
 * Where a {@link TestStream} is played, time is virtual and starts at 0: see {@link clock}.
 *
 * @public
 */
export class TestPipeline extends Pipeline {
  /** Clock of runs with a TestStream, unless another is given. */
  readonly clock = new VirtualClock();
  readonly #runner: Runner;
  readonly #isStrict: boolean;
  #hasStarted = false;
  #graph: PipelineGraph | undefined;

  constructor(name = "test", options: TestPipelineOptions = {}) {
    super(name);
    this.#runner = options.runner ?? new DirectRunner();
    this.#isStrict = options.isStrict ?? false;
  }

  /**
   * Builds a pipeline, runs it and checks its assertions, so that none of the three can be forgotten.
   *
   * @param build - may run the pipeline itself.
   */
  static async check(
    build: (pipeline: TestPipeline) => void | Promise<void>,
    options: TestPipelineOptions & RunOptions = {},
  ): Promise<void> {
    const pipeline = new TestPipeline("test", options);
    await build(pipeline);
    if (!pipeline.#hasStarted) await pipeline.run(options);
    pipeline.close();
  }

  /** Asserts something of a collection; {@link run} fails unless it holds. */
  assert<T>(step: string, collection: PCollection<T>): PAssert<T> {
    return PAssert.at(placeOutside(this, "assert"), step, collection);
  }

  /** Keeps what a collection holds, with windows and panes. */
  collect<T>(step: string, collection: PCollection<T>): Collected<T> {
    const collected = new Collected<T>();
    collection.reifyElements(`${step}/elements`).write(step, collected);
    return collected;
  }

  /** Plays a scripted stream. */
  play<T>(step: string, stream: TestStream<T>): PCollection<T> {
    return this.read(step, stream.source, stream.options);
  }

  /** Starts the pipeline; assertions are the caller's, see {@link verify}. */
  start(options: RunOptions = {}): Promise<JobHandle> {
    this.#hasStarted = true;
    const graph = graphOf(this);
    this.#graph = graph;
    if (this.#isStrict) {
      const faults = unassertedLeaves(graph);
      if (faults.length > 0) throw new TributaryError(faults);
    }
    const clock = playsStream(graph) ? { clock: this.clock } : {};
    return this.#runner.run(graph, { logger: SILENT_LOGGER, ...clock, ...options });
  }

  /** Runs to the end and checks every assertion. */
  async run(options: RunOptions = {}): Promise<JobResult> {
    const job = await this.start(options);
    const result = await job.result;
    this.verify();
    return result;
  }

  /** Checks every assertion. @throws Error with all that fail. */
  verify(): void {
    const failures: Error[] = [];
    for (const sink of assertionsOf(this.#graph ?? graphOf(this))) {
      try {
        sink.verify();
      } catch (error) {
        failures.push(error as Error);
      }
    }
    const [first, ...others] = failures;
    if (first === undefined) return;
    if (others.length === 0) throw first;
    throw new AggregateError(failures, failures.map((failure) => failure.message).join("\n"));
  }

  /**
   * For the end of a test, e.g. its teardown.
   *
   * @throws Error if the pipeline was never run, or has an assertion that was not looked at.
   */
  close(): void {
    if (!this.#hasStarted) throw new Error(`The test pipeline '${this.name}' was never run.`);
    const unverified = assertionsOf(graphOf(this)).filter((sink) => !sink.isVerified);
    if (unverified.length > 0) throw new Error(unverified.map((sink) => sink.unverified).join("\n"));
  }
}

function assertionsOf(graph: PipelineGraph): readonly AssertionSink<unknown>[] {
  return [...graph.bindings.values()].flatMap((binding) =>
    binding.kind === "write" && binding.sink instanceof AssertionSink ? [binding.sink] : [],
  );
}

function playsStream(graph: PipelineGraph): boolean {
  return [...graph.bindings.values()].some(
    (binding) => binding.kind === "read" && binding.source instanceof TestStreamSource,
  );
}

function unassertedLeaves(graph: PipelineGraph): readonly Diagnostic[] {
  const read = new Set(graph.nodes.flatMap((node) => node.inputs));
  return graph.nodes.flatMap((node) =>
    node.outputs
      .filter((output) => !read.has(output))
      .map((output) => ({
        severity: "error" as const,
        code: "PIPELINE_INVALID" as const,
        message: `Nobody reads the collection '${output}', and nothing is asserted of it.`,
        step: node.name,
        hint: "Assert something of it, or leave the step out.",
      })),
  );
}
