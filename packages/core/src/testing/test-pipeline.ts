import { isDeepStrictEqual } from "node:util";
import type { Logger } from "../connector/services.js";
import { TributaryError } from "../diagnostics/error.js";
import type { FactoryRegistry } from "../factory/registry.js";
import type { PCollection } from "../pipeline/p-collection.js";
import type { PipelineGraph } from "../pipeline/graph.js";
import { Pipeline } from "../pipeline/pipeline.js";
import { DirectRunner } from "../runner/direct/direct-runner.js";
import type { JobHandle, JobResult, RunOptions } from "../runner/runner.js";
import { CollectingSink } from "./collecting-sink.js";

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

/** Expectations of one collection, checked when the pipeline has ended. @public */
export class PAssert<T> {
  readonly #step: string;
  readonly #sink = new CollectingSink<T>();
  readonly #checks: ((values: readonly T[]) => void)[] = [];
  /** The line that asked, for the message. */
  readonly #place = callerOf("test-pipeline");

  private constructor(step: string, collection: PCollection<T>) {
    this.#step = step;
    collection.write(step, this.#sink);
  }

  /** @param step - name of the write step that collects. */
  static that<T>(step: string, collection: PCollection<T>): PAssert<T> {
    return new PAssert(step, collection);
  }

  /** The same elements, as often, in any order. */
  containsInAnyOrder(expected: readonly T[]): this {
    return this.satisfies((values) => {
      const missing = without(expected, values);
      const surplus = without(values, expected);
      if (missing.length === 0 && surplus.length === 0) return;
      throw new Error(`missing ${format(missing)}, unexpected ${format(surplus)}`);
    });
  }

  empty(): this {
    return this.containsInAnyOrder([]);
  }

  /** @param check - throws when the values are not as they should be. */
  satisfies(check: (values: readonly T[]) => void): this {
    this.#checks.push(check);
    return this;
  }

  /** @throws Error with the step and the place of the assertion. Also if nothing is asserted. */
  verify(): void {
    if (this.#checks.length === 0) throw new Error(`The assertion '${this.#step}' asserts nothing.`);
    for (const check of this.#checks) {
      try {
        check(this.#sink.values);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new Error(`The assertion '${this.#step}' failed: ${reason} (${this.#place})`, { cause: error });
      }
    }
  }
}

/** A pipeline with assertions, run by the direct runner. @public */
export class TestPipeline extends Pipeline {
  readonly #assertions: PAssert<never>[] = [];

  constructor(name = "test") {
    super(name);
  }

  /** Asserts something of a collection; {@link run} fails unless it holds. */
  assert<T>(step: string, collection: PCollection<T>): PAssert<T> {
    const assertion = PAssert.that(step, collection);
    this.#assertions.push(assertion as unknown as PAssert<never>);
    return assertion;
  }

  /** Starts the pipeline; assertions are the caller's. */
  start(options: RunOptions = {}): Promise<JobHandle> {
    return new DirectRunner().run(graphOf(this), { logger: SILENT_LOGGER, ...options });
  }

  /** Runs to the end and checks every assertion. */
  async run(options: RunOptions = {}): Promise<JobResult> {
    const job = await this.start(options);
    const result = await job.result;
    for (const assertion of this.#assertions) assertion.verify();
    return result;
  }
}

/** The innermost line of the stack outside a file. */
function callerOf(file: string): string {
  const lines = new Error("place").stack?.split("\n").slice(1) ?? [];
  return lines.find((line) => !line.includes(`/${file}.`))?.trim() ?? "";
}

function without<T>(values: readonly T[], taken: readonly T[]): readonly T[] {
  const rest = [...taken];
  return values.filter((value) => {
    const index = rest.findIndex((other) => isDeepStrictEqual(other, value));
    if (index >= 0) rest.splice(index, 1);
    return index < 0;
  });
}

function format(values: readonly unknown[]): string {
  const shown = values
    .slice(0, 10)
    .map((value) =>
      JSON.stringify(value, (_key, one: unknown) => (typeof one === "bigint" ? `${one}n` : one)),
    );
  return `[${shown.join(", ")}${values.length > shown.length ? `, ... ${values.length} in all` : ""}]`;
}
