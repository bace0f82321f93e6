import type { SourceFunction } from "../../../connector/source-function.js";
import type { JsonValue } from "../../../types/json-value.js";
import { until } from "../../until.js";
import { conformanceCase, expect, listed } from "../conformance-case.js";
import type { ConformanceCase } from "../conformance-case.js";
import type { ConformanceRule } from "../rules.js";
import { Waiting } from "../waiting.js";
import type { WaitOptions } from "../waiting.js";
import { WatchedServices } from "../watched-services.js";
import { FunctionJob } from "./function-job.js";

/** States that a case restores from, spread over all that there were. */
const RESTORED_MAX = 10;
/** Sections that may wait for acceptance: one for each part that is read beside others. */
const WAITING_MAX = 32;

/** What a plugin author supplies to have a source function checked. @public */
export interface FunctionHarness<T> {
  /** Stands in the name of each case. */
  readonly name: string;
  /** Makes data of at least that many values. @returns a maker of functions over them, and their names, in no order. */
  readonly create: (values: number) => FunctionSubject<T> | Promise<FunctionSubject<T>>;
  /** A text that is different for every value. */
  readonly identify: (value: T) => string;
  readonly wait?: WaitOptions;
}

/** Data that is ready to be read. @public */
export interface FunctionSubject<T> {
  /** A new function over the same data, as a restarted job makes one. */
  function(): SourceFunction<T>;
  readonly expected: readonly string[];
}

/**
 * The cases of a push-style source.
 *
 * @example
 * for (const one of sourceFunctionConformance({ name: "acme", create, identify })) {
 *   test(one.name, (t) => t.notThrowsAsync(one.run()));
 * }
 * @public
 */
export function sourceFunctionConformance<T>(harness: FunctionHarness<T>): readonly ConformanceCase[] {
  const suite = new FunctionSuite(harness);
  return [suite.exactlyOnce(), suite.restores(), suite.cancels(), suite.isHeldBack()];
}

class FunctionSuite<T> {
  readonly #harness: FunctionHarness<T>;
  readonly #waiting: Waiting;

  constructor(harness: FunctionHarness<T>) {
    this.#harness = harness;
    this.#waiting = new Waiting(harness.wait ?? {});
  }

  exactlyOnce(): ConformanceCase {
    return this.#case("function-exactly-once", "every value is emitted once", async (subject) => {
      const job = await this.#read(subject, subject.expected.length);
      await job.stop();
      expectSame(job.emitted, subject.expected);
    });
  }

  restores(): ConformanceCase {
    return this.#case(
      "function-restore",
      "what was emitted before a state and what a function restored from it emits are all values, each once",
      async (subject) => {
        const first = await this.#read(subject, subject.expected.length);
        await first.stop();
        const step = Math.max(1, Math.ceil(first.states.length / RESTORED_MAX));
        for (let index = 0; index < first.states.length; index += step) {
          const { state, emitted } = first.states[index] as (typeof first.states)[number];
          const restored = JSON.parse(state) as readonly JsonValue[];
          const before = first.emitted.slice(0, emitted);
          const second = await this.#read(subject, subject.expected.length - emitted, restored);
          await second.stop();
          expectSame([...before, ...second.emitted], subject.expected);
        }
      },
    );
  }

  cancels(): ConformanceCase {
    return this.#case("function-cancel", "cancel ends the run and leaves no timer", async (subject) => {
      const services = new WatchedServices();
      const job = new FunctionJob(subject.function(), this.#harness.identify, services);
      await this.#waiting.within(
        until(() => job.sections > 0 || job.hasEnded),
        "something emitted",
      );
      await job.stop();
      expect(job.failure === undefined, "run to resolve", () => `it threw ${String(job.failure)}`);
      const { pendingTimers } = services;
      expect(pendingTimers.length === 0, "no timer left", () => `${pendingTimers.length} timers are pending`);
    });
  }

  isHeldBack(): ConformanceCase {
    return this.#case(
      "function-back-pressure",
      "a function waits for what it emitted to be accepted",
      async (subject) => {
        const services = new WatchedServices();
        const options = { isHeld: true };
        const job = new FunctionJob(subject.function(), this.#harness.identify, services, options);
        await this.#waiting.within(
          until(() => job.sections > 0 || job.hasEnded),
          "something emitted",
        );
        await services.clock.sleep(1_000);
        const { sections } = job;
        await job.stop();
        expect(
          sections <= WAITING_MAX,
          `at most ${WAITING_MAX} sections that wait`,
          () => `${sections} sections were begun`,
        );
      },
    );
  }

  #case(
    rule: ConformanceRule,
    fact: string,
    check: (subject: FunctionSubject<T>) => Promise<void>,
  ): ConformanceCase {
    const { name, create } = this.#harness;
    return conformanceCase({ group: "source", name }, rule, fact, async () => check(await create(200)));
  }

  /** A job that has emitted so many values, or failed. */
  async #read(
    subject: FunctionSubject<T>,
    values: number,
    restored?: readonly JsonValue[],
  ): Promise<FunctionJob<T>> {
    const options = restored === undefined ? {} : { restored };
    const job = new FunctionJob(subject.function(), this.#harness.identify, new WatchedServices(), options);
    await this.#waiting.within(
      until(() => job.emitted.length >= values || job.hasEnded),
      `${values} values to be emitted`,
    );
    if (job.failure !== undefined) throw job.failure as Error;
    return job;
  }
}

function expectSame(emitted: readonly string[], expected: readonly string[]): void {
  const [left, right] = [emitted.toSorted(), expected.toSorted()];
  const missing = right.filter((one) => !left.includes(one));
  const repeated = left.filter((one, index) => left[index - 1] === one);
  expect(
    missing.length === 0 && repeated.length === 0 && left.length === right.length,
    "every value once",
    () => `missing: ${listed(missing)}; repeated: ${listed(repeated)}`,
  );
}
