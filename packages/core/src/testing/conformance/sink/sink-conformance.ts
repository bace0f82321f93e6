import { isDeepStrictEqual } from "node:util";
import { conformanceCase, describeError, expect } from "../conformance-case.js";
import type { ConformanceCase, Subject } from "../conformance-case.js";
import type { ConformanceRule } from "../rules.js";
import { Waiting } from "../waiting.js";
import type { SinkHarness, SinkSubject } from "./sink-harness.js";
import { CALL_ELEMENTS, SinkTrial, expectWritten, plainSnapshot } from "./sink-trial.js";

const ELEMENTS = 250;
/** Index of an element that is never written. */
const NEVER_WRITTEN = 1_000_000;

/**
 * The cases of a sink.
 *
 * @example
 * for (const one of sinkConformance({ name: "acme", create, element, identify })) test(one.name, (t) => t.notThrowsAsync(one.run()));
 * @public
 */
export function sinkConformance<T, S extends SinkSubject<T>>(
  harness: SinkHarness<T, S>,
): readonly ConformanceCase[] {
  return [...new SinkCases(harness).all()];
}

class SinkCases<T, S extends SinkSubject<T>> {
  readonly #harness: SinkHarness<T, S>;
  readonly #subject: Subject;
  readonly #waiting: Waiting;
  readonly #count: number;

  constructor(harness: SinkHarness<T, S>) {
    this.#harness = harness;
    this.#subject = { group: "sink", name: harness.name };
    this.#waiting = new Waiting(harness.wait ?? {});
    this.#count = harness.elements ?? ELEMENTS;
  }

  *all(): Generator<ConformanceCase> {
    yield* this.#writing();
    yield* this.#trouble();
    yield* this.#restoring();
    yield* this.#closing();
  }

  #case(
    rule: ConformanceRule,
    fact: string,
    check: (trial: SinkTrial<T, S>) => Promise<void>,
  ): ConformanceCase {
    return conformanceCase(this.#subject, rule, fact, async () => {
      const subject = await this.#harness.create();
      const trial = new SinkTrial(this.#harness, subject, this.#waiting);
      try {
        await check(trial);
      } finally {
        await trial.end().catch(() => undefined);
        await this.#harness.dispose?.(subject);
      }
    });
  }

  *#writing(): Generator<ConformanceCase> {
    yield this.#case("sink-flush", "flush writes every element", async (trial) => {
      const writer = await trial.open();
      await trial.write(writer, 0, this.#count);
      await trial.flush(writer);
      await this.#waiting.rest();
      expectWritten(trial.names(0, this.#count), await trial.subject.written(), "once");
      // One more than a multiple of any batch.
      await trial.write(writer, this.#count, this.#count + 1);
      await trial.flush(writer);
      await trial.flush(writer);
      await this.#waiting.rest();
      expectWritten(trial.names(0, this.#count + 1), await trial.subject.written(), "once");
    });
    yield this.#acknowledging();
    yield this.#case(
      "sink-elements",
      "elements are not changed, and their array is not kept",
      async (trial) => {
        const writer = await trial.open();
        const elements = trial.elements(0, CALL_ELEMENTS);
        await this.#waiting.within(writer.write(elements), "write resolves while the destination answers");
        const kept = [...elements];
        // The caller's array is the caller's again once the call has resolved.
        elements.fill(this.#harness.element(NEVER_WRITTEN));
        await trial.flush(writer);
        await this.#waiting.rest();
        const changed = kept.filter((one, index) => !isDeepStrictEqual(one, this.#harness.element(index)));
        expect(
          changed.length === 0,
          "elements as they were made",
          () =>
            `${changed.length} were changed, the first to ${JSON.stringify(this.#harness.identify(changed[0] as T))}`,
        );
        const written = await trial.subject.written();
        const never = this.#harness.identify(this.#harness.element(NEVER_WRITTEN));
        expect(
          !written.includes(never),
          "elements as they were at the call of write",
          () => `'${never}', put into the array after the call, was written`,
        );
      },
    );
    yield this.#case("sink-writers", "two writers do not get in each other's way", async (trial) => {
      const first = await trial.open({ writerIndex: 0, parallelism: 2 });
      const second = await trial.open({ writerIndex: 1, parallelism: 2 });
      const half = Math.ceil(this.#count / 2);
      await Promise.all([trial.write(first, 0, half), trial.write(second, half, this.#count)]);
      await Promise.all([trial.flush(first), trial.flush(second)]);
      await trial.end();
      await this.#waiting.rest();
      expectWritten(trial.names(0, this.#count), await trial.subject.written(), "once");
    });
  }

  #acknowledging(): ConformanceCase {
    const { stall } = this.#harness;
    const fact = "flush resolves only when everything is written";
    if (stall === undefined) {
      return this.#case("sink-acknowledge", fact, async (trial) => {
        const writer = await trial.open();
        await trial.write(writer, 0, CALL_ELEMENTS);
        await trial.flush(writer);
        expectWritten(trial.names(0, CALL_ELEMENTS), await trial.subject.written(), "at least once");
      });
    }
    return this.#case("sink-acknowledge", fact, async (trial) => {
      const writer = await trial.open();
      await this.#harness.stall?.(trial.subject);
      const writing = writer.write(trial.elements(0, 3));
      writing.catch(() => undefined);
      await this.#waiting.settles(writing);
      const flushing = writing.then(() => writer.flush());
      flushing.catch(() => undefined);
      const early = await this.#waiting.settles(flushing);
      await this.#harness.resume?.(trial.subject);
      expect(
        early === undefined,
        "a flush that stays pending while the destination does not answer",
        () => "it resolved",
      );
      await this.#waiting.within(flushing, "flush resolves once the destination answers");
      expectWritten(trial.names(0, 3), await trial.subject.written(), "at least once");
    });
  }

  *#trouble(): Generator<ConformanceCase> {
    const { acceptedElementsMax, failWrites, refuseSome, stall } = this.#harness;
    if (refuseSome !== undefined) {
      yield this.#case("sink-retry", "entries that were refused are written later", async (trial) => {
        const writer = await trial.open();
        await this.#harness.refuseSome?.(trial.subject);
        await trial.write(writer, 0, this.#count);
        await trial.flush(writer);
        await this.#waiting.rest();
        expectWritten(trial.names(0, this.#count), await trial.subject.written(), "at least once");
        expect(trial.failures.length === 0, "no failure of the job", () => describeError(trial.failures[0]));
      });
    }
    if (failWrites !== undefined) yield this.#failing();
    if (stall !== undefined && acceptedElementsMax !== undefined)
      yield this.#backPressure(acceptedElementsMax);
  }

  #failing(): ConformanceCase {
    return this.#case(
      "sink-failure",
      "a failure for good is not passed over, and close still works",
      async (trial) => {
        const writer = await trial.open();
        await this.#harness.failWrites?.(trial.subject);
        const outcome = async (): Promise<unknown> => {
          try {
            await writer.write(trial.elements(0, CALL_ELEMENTS));
            await writer.flush();
            return undefined;
          } catch (error) {
            return error;
          }
        };
        const error = await this.#waiting.within(
          outcome(),
          "write or flush settles when the destination has failed",
        );
        expect(error !== undefined, "a flush that rejects", () => "it resolved, as if all were written");
        expect(error instanceof Error, "an Error", () => describeError(error));
        await this.#waiting.within(writer.close(), "close resolves after a failure");
      },
    );
  }

  #backPressure(elementsMax: number): ConformanceCase {
    return this.#case(
      "sink-back-pressure",
      "writes wait while the destination does not answer",
      async (trial) => {
        const writer = await trial.open();
        await this.#harness.stall?.(trial.subject);
        let accepted = 0;
        let waiting: Promise<void> | undefined;
        while (waiting === undefined && accepted <= elementsMax) {
          const call = writer.write(trial.elements(accepted, accepted + CALL_ELEMENTS));
          call.catch(() => undefined);
          if ((await this.#waiting.settles(call)) === undefined) waiting = call;
          accepted += CALL_ELEMENTS;
        }
        await this.#harness.resume?.(trial.subject);
        expect(
          waiting !== undefined,
          `a write that stays pending at the latest with the ${elementsMax + 1}th element`,
          () => `${accepted} elements were accepted`,
        );
        await this.#waiting.within(waiting, "the write that waited resolves once the destination answers");
        await trial.flush(writer);
        await this.#waiting.rest();
        expectWritten(trial.names(0, accepted), await trial.subject.written(), "at least once");
      },
    );
  }

  *#restoring(): Generator<ConformanceCase> {
    yield this.#case("sink-restore", "a restored writer loses nothing", async (trial) => {
      const half = Math.ceil(this.#count / 2);
      const first = await trial.open();
      await trial.write(first, 0, half);
      await trial.flush(first);
      const restored = plainSnapshot(first);
      await first.checkpointCompleted?.();
      // What follows the checkpoint is lost with the job and comes again.
      await trial.write(first, half, this.#count);
      await trial.close(first);
      const second = await trial.open(restored === undefined ? {} : { restored });
      await trial.write(second, half, this.#count);
      await trial.flush(second);
      await this.#waiting.rest();
      const times = this.#harness.guarantee === "exactly-once" ? "once" : "at least once";
      expectWritten(trial.names(0, this.#count), await trial.subject.written(), times);
    });
  }

  *#closing(): Generator<ConformanceCase> {
    yield this.#case(
      "sink-close",
      "close may be called again, with elements in the buffer too",
      async (trial) => {
        const unused = await trial.open();
        await trial.close(unused);
        await trial.close(unused);
        const writer = await trial.open();
        await trial.write(writer, 0, 3);
        await this.#waiting.within(
          Promise.all([writer.close(), writer.close()]),
          "both calls of close resolve",
        );
      },
    );
    yield this.#case("sink-releases", "nothing stays open after close", async (trial) => {
      const handles = async (): Promise<number> => (await this.#harness.openHandles?.(trial.subject)) ?? 0;
      const before = await handles();
      const writer = await trial.open();
      await trial.write(writer, 0, CALL_ELEMENTS);
      await trial.flush(writer);
      await trial.write(writer, CALL_ELEMENTS, CALL_ELEMENTS + 3);
      await trial.close(writer);
      await this.#waiting.rest();
      const timers = trial.services.pendingTimers;
      expect(
        timers.length === 0,
        "no timer after close",
        () => `${timers.length} pending, the first of ${timers[0]?.delayMs} ms`,
      );
      const after = await handles();
      expect(after <= before, `${before} handles, as before`, () => `${after}`);
    });
  }
}
