import { TributaryError } from "../diagnostics/error.js";
import type { AnyDoFn, KeyOf, None, OutputTags, StateSpecs, TimerSpecs } from "../pipeline/do-fn.js";
import type { PCollection } from "../pipeline/p-collection.js";
import { declaredFunction, type DoFnSource } from "../pipeline/par-do.js";
import type { Reified } from "../pipeline/reified.js";
import type { SideInputs } from "../pipeline/side-input.js";
import type { TaggedType } from "../pipeline/type-tag.js";
import type { WindowOptions } from "../pipeline/window-options.js";
import type { WindowFn } from "../pipeline/window.js";
import { MAX_TIMESTAMP, MIN_TIMESTAMP } from "../pipeline/window.js";
import type { JobHandle } from "../runner/runner.js";
import type { Collected } from "./collected.js";
import { LiveStream } from "./live-stream.js";
import { TestPipeline } from "./test-pipeline.js";
import type { TestEvent } from "./test-stream-source.js";
import { playing } from "./test-stream.js";

const STEP = "function";
const ELEMENTS = `${STEP}/elements`;

/** What a function under test finds around it. @public */
export interface FunctionTesterOptions {
  /** Windows of its elements; default: the global window. */
  readonly windows?: WindowFn | WindowOptions;
  /** Elements behind each declared side input, by its name; what is left out is empty. */
  readonly sideInputs?: { readonly [name: string]: readonly unknown[] };
}

/**
 * Drives one function step by step, without a pipeline around it: elements, watermark and clock move when told, and each
 * call resolves when the function has dealt with it.
 *
 * ```ts
 * const tester = await FunctionTester.start(sessionTimeout, { windows: FixedWindows.of(60_000) });
 * await tester.processAt(1_000, { key: "a", value: 1 });
 * await tester.advanceProcessingTime(30_000);
 * t.deepEqual(tester.take().map(({ value }) => value), ["a timed out"]);
 * await tester.finish();
 * ```
 *
 * All methods reject with what the function throws.
 *
 * @public
 */
export class FunctionTester<I, O, G = None> {
  readonly #live = new LiveStream();
  readonly #outputs = new Map<string, { readonly collected: Collected<unknown>; taken: number }>();
  #job: JobHandle | undefined;
  #failed: Promise<never> | undefined;
  #watermark = MIN_TIMESTAMP;
  #events = 0;

  private constructor() {}

  /** Sets the function up. */
  static async start<
    I,
    O,
    S extends StateSpecs = None,
    N extends TimerSpecs = None,
    G extends OutputTags = None,
    V extends SideInputs = None,
    K = KeyOf<I>,
  >(
    fn: DoFnSource<I, O, S, N, G, V, K>,
    options: FunctionTesterOptions = {},
  ): Promise<FunctionTester<I, O, G>> {
    const tester = new FunctionTester<I, O, G>();
    const pipeline = new TestPipeline("function tester");
    const input = pipeline
      .read(ELEMENTS, tester.#live, playing())
      .windowInto(`${STEP}/windows`, options.windows ?? {}) as PCollection<I>;
    const { create, tags, sideInputs } = declaredFunction(STEP, fn);
    const views = Object.fromEntries(
      sideInputs.map(({ name, view }) => {
        const given = options.sideInputs?.[name] ?? [];
        return [name, { ...view, collection: pipeline.create(`${STEP}/side ${name}`, given).name }];
      }),
    );
    const made = input.parDo(STEP, () => withSideInputs(create(), views) as never) as
      PCollection<unknown> | Readonly<Record<string, PCollection<unknown>>>;
    for (const tag of ["main", ...tags]) {
      const output = tags.length === 0 ? made : (made as Readonly<Record<string, PCollection<unknown>>>)[tag];
      const collected = pipeline.collect(`${STEP}/take ${tag}`, output as PCollection<unknown>);
      tester.#outputs.set(tag, { collected, taken: 0 });
    }
    await tester.#open(pipeline);
    return tester;
  }

  /** Elements with the current watermark as event time, as one bundle. */
  process(...elements: readonly I[]): Promise<void> {
    return this.processAt(this.#watermark, ...elements);
  }

  /** Elements with one event time (milliseconds), as one bundle. */
  processAt(timestamp: number, ...elements: readonly I[]): Promise<void> {
    return this.#play({
      kind: "elements",
      values: elements,
      timestamps: elements.map(() => timestamp),
      watermark: this.#watermark,
      order: this.#events++,
    });
  }

  /** Moves the input watermark, in milliseconds. @throws `PIPELINE_INVALID` for one that goes back. */
  advanceWatermarkTo(watermark: number): Promise<void> {
    if (!(watermark > this.#watermark && watermark <= MAX_TIMESTAMP)) {
      return Promise.reject(
        new TributaryError({
          severity: "error",
          code: "PIPELINE_INVALID",
          message: `The watermark moves forward only: it is at ${this.#watermark} and cannot go to ${watermark}.`,
          value: String(watermark),
        }),
      );
    }
    this.#watermark = watermark;
    return this.#play({ kind: "watermark", watermark, order: this.#events++ });
  }

  /** Moves the clock on, by milliseconds. */
  advanceProcessingTime(byMs: number): Promise<void> {
    return this.#play({ kind: "clock", byMs, order: this.#events++ });
  }

  /** What the function has emitted since the last call. */
  take(): readonly Reified<O>[] {
    return this.#take("main") as readonly Reified<O>[];
  }

  /** The same of a further output. */
  takeFrom<N extends keyof G & string>(tag: N): readonly Reified<TaggedType<G[N]>>[] {
    return this.#take(tag) as readonly Reified<TaggedType<G[N]>>[];
  }

  /** Ends the input: the watermark goes to the end of time, timers fire, windows expire, the function is torn down. */
  async finish(): Promise<void> {
    this.#live.end();
    await this.#job?.result;
  }

  async #open(pipeline: TestPipeline): Promise<void> {
    const job = await pipeline.start({ clock: pipeline.clock });
    this.#job = job;
    this.#failed = job.result.then(
      () => new Promise<never>(() => {}),
      (error: unknown) => {
        throw error;
      },
    );
    this.#failed.catch(() => {});
    // Side inputs are whole before the first element.
    const areRead = (): boolean =>
      job.progress().sources.every(({ name, watermark }) => name === ELEMENTS || watermark === MAX_TIMESTAMP);
    while (job.state === "running" && !areRead()) await new Promise<void>((resolve) => setImmediate(resolve));
    await this.#play({ kind: "clock", byMs: 0, order: this.#events++ });
  }

  async #play(event: TestEvent): Promise<void> {
    await Promise.race([this.#live.play(event), this.#failed]);
  }

  #take(tag: string): readonly Reified<unknown>[] {
    const output = this.#outputs.get(tag);
    if (output === undefined) return [];
    const { elements } = output.collected;
    const taken = elements.slice(output.taken);
    output.taken = elements.length;
    return taken;
  }
}

/** The function with its side inputs read from other collections. */
function withSideInputs(fn: AnyDoFn, views: SideInputs): AnyDoFn {
  if (Object.keys(views).length === 0) return fn;
  return Object.defineProperty(fn, "sideInputs", { value: views, enumerable: true, configurable: true });
}
