import type { Source, SourceReader } from "../../../connector/source.js";
import { TributaryError } from "../../../diagnostics/error.js";
import { Mismatch, conformanceCase, describeError, expect, listed } from "../conformance-case.js";
import type { ConformanceCase, Subject } from "../conformance-case.js";
import type { ConformanceRule } from "../rules.js";
import { Waiting } from "../waiting.js";
import { WatchedServices } from "../watched-services.js";
import { expectExactlyOnce } from "./compare-records.js";
import { SourceJob } from "./source-job.js";
import type { SourceCheckpoint } from "./source-job.js";
import type { RecordOf, SourceHarness, SourceSubject } from "./source-harness.js";

/** Records of a split unless the author says otherwise. */
const RECORDS_PER_SPLIT = 60;
/** Cuts tried through one run; more of them are spread evenly. */
const CUTS_MAX = 16;
/** Empty batches that an idle source may hand over while nothing happens. */
const IDLE_BATCHES_MAX = 20;

/**
 * The cases of a source.
 *
 * @example
 * for (const one of sourceConformance({ name: "acme", boundedness: "bounded", create, identify })) {
 *   test(one.name, () => one.run());
 * }
 * @public
 */
export function sourceConformance<S extends SourceSubject<unknown>>(
  harness: SourceHarness<S>,
): readonly ConformanceCase[] {
  return [...new SourceCases(harness).all()];
}

/** One case's data and jobs. */
class SourceTrial<S extends SourceSubject<unknown>> {
  readonly subject: S;
  readonly services: WatchedServices;
  readonly waiting: Waiting;
  readonly #harness: SourceHarness<S>;
  readonly #jobs: SourceJob<RecordOf<S>>[] = [];

  constructor(harness: SourceHarness<S>, subject: S, waiting: Waiting) {
    this.#harness = harness;
    this.subject = subject;
    this.waiting = waiting;
    this.services = new WatchedServices(harness.clock);
  }

  get records(): number {
    return this.subject.expected.flat().length;
  }

  async start(
    parallelism: number,
    run: {
      readonly source?: Source<RecordOf<S>>;
      readonly restored?: SourceCheckpoint;
      readonly firstReader?: number;
    } = {},
  ): Promise<SourceJob<RecordOf<S>>> {
    const job = new SourceJob<RecordOf<S>>({
      // What a subject's source reads is what the harness names.
      source: this.subject.source() as Source<RecordOf<S>>,
      identify: (record) => this.#harness.identify(record),
      services: this.services,
      waiting: this.waiting,
      parallelism,
      ...run,
    });
    this.#jobs.push(job);
    await job.start();
    return job;
  }

  async end(): Promise<void> {
    for (const job of this.#jobs) await job.stop();
  }
}

class SourceCases<S extends SourceSubject<unknown>> {
  readonly #harness: SourceHarness<S>;
  readonly #subject: Subject;
  readonly #waiting: Waiting;

  constructor(harness: SourceHarness<S>) {
    this.#harness = harness;
    this.#subject = { group: "source", name: harness.name };
    this.#waiting = new Waiting(harness.wait ?? {});
  }

  *all(): Generator<ConformanceCase> {
    yield* this.#reading();
    yield* this.#restoring();
    yield* this.#ending();
    yield* this.#flow();
    yield* this.#closing();
    yield* this.#failing();
  }

  #case(
    rule: ConformanceRule,
    fact: string,
    data: { readonly splits: number; readonly parallelism: number; readonly records?: number },
    check: (trial: SourceTrial<S>) => Promise<void>,
  ): ConformanceCase {
    const { records = this.#harness.recordsPerSplit ?? RECORDS_PER_SPLIT } = data;
    return conformanceCase(this.#subject, rule, fact, async () => {
      const subject = await this.#harness.create({ ...data, records });
      const trial = new SourceTrial(this.#harness, subject, this.#waiting);
      try {
        await check(trial);
      } catch (error) {
        await trial.end().catch(() => undefined);
        throw error;
      } finally {
        await this.#harness.dispose?.(subject);
      }
    });
  }

  *#reading(): Generator<ConformanceCase> {
    yield this.#case(
      "source-exactly-once",
      "every record of one split is read once and in order",
      { splits: 1, parallelism: 1 },
      async (trial) => {
        const job = await trial.start(1);
        await job.readAll(trial.records);
        await trial.end();
        expectExactlyOnce(trial.subject.expected, job.taken);
      },
    );
    yield this.#case(
      "source-exactly-once",
      "every record of many splits is read once by several readers",
      { splits: 3, parallelism: 2 },
      async (trial) => {
        const job = await trial.start(2);
        await job.readAll(trial.records);
        await trial.end();
        expect(
          job.assigned.size > 1,
          "data of several splits",
          () => `the source had ${job.assigned.size} split; let create() make as many as it is asked for`,
        );
        expectExactlyOnce(trial.subject.expected, job.taken);
      },
    );
    yield this.#case(
      "source-batches",
      "batches are of assigned splits and have one timestamp a record",
      { splits: 3, parallelism: 2 },
      async (trial) => {
        const job = await trial.start(2);
        await job.readAll(trial.records);
        await trial.end();
        expectNone(job.breachesOf("batch"), "sound batches");
      },
    );
    yield this.#case(
      "source-plain-state",
      "positions, notices and snapshots are plain JSON",
      { splits: 3, parallelism: 2 },
      async (trial) => {
        const job = await trial.start(2);
        job.checkpoint();
        await job.takeBatches(2);
        job.checkpoint();
        await job.readAll(trial.records);
        job.checkpoint();
        await trial.end();
        expectNone(
          job.breachesOf("not-plain"),
          "values that are the same after JSON.stringify and JSON.parse",
        );
      },
    );
    if (this.#harness.describesPositions !== false) yield this.#positions();
  }

  #positions(): ConformanceCase {
    return this.#case(
      "source-positions",
      "every record's position can be told, each another one",
      { splits: 1, parallelism: 1 },
      async (trial) => {
        const source = trial.subject.source();
        expect(
          source.describePosition !== undefined,
          "a source with describePosition",
          () => "it has none; if records have no position, say describesPositions: false",
        );
        const job = await trial.start(1);
        await job.readAll(trial.records);
        await trial.end();
        const byName = new Map(job.sample.map((record) => [this.#harness.identify(record), record]));
        const positions = [...byName.values()].map((record) => source.describePosition?.(record) ?? "");
        const repeated = positions.filter((position, index) => positions.indexOf(position) < index);
        expect(
          !positions.includes("") && repeated.length === 0,
          `${positions.length} positions, each another text`,
          () => (repeated.length > 0 ? `several records are at ${listed(repeated)}` : "an empty text"),
        );
      },
    );
  }

  *#restoring(): Generator<ConformanceCase> {
    yield this.#case(
      "source-restore",
      "a job restored after any batch goes on with the next record",
      { splits: 2, parallelism: 1 },
      async (trial) => {
        const whole = await trial.start(1);
        await whole.readAll(trial.records);
        await whole.stop();
        expect(
          whole.batches > 2,
          "data that comes in three batches or more, so that positions are put to the test",
          () => `it came in ${whole.batches}; give the source smaller batches or set recordsPerSplit`,
        );
        for (const batches of cuts(whole.batches)) {
          const { first, second } = await this.#restoreAfter(trial, batches);
          const taken = [...first.taken, ...second.taken];
          // A split that was never begun is the enumerator's affair.
          const names = new Set(taken.map(({ name }) => name));
          const begun = trial.subject.expected.filter((list) => list.some((name) => names.has(name)));
          atCut(batches, () => expectExactlyOnce(begun, taken));
        }
        await trial.end();
      },
    );
    yield this.#case(
      "source-hand-over",
      "another reader goes on where a split was left",
      { splits: 1, parallelism: 1 },
      async (trial) => {
        const source = trial.subject.source() as Source<RecordOf<S>>;
        const first = await trial.start(1, { source });
        await first.takeBatches(2);
        const restored = first.checkpoint();
        await first.stop();
        const second = await trial.start(2, { source, restored, firstReader: 1 });
        await second.readAll(trial.records - first.taken.length);
        await trial.end();
        expectExactlyOnce(trial.subject.expected, [...first.taken, ...second.taken]);
      },
    );
    yield this.#case(
      "source-enumerator",
      "a restored enumerator assigns nothing twice and loses nothing",
      { splits: 3, parallelism: 1 },
      async (trial) => {
        const whole = await trial.start(1);
        await whole.readAll(trial.records);
        const restored = whole.checkpoint();
        await whole.stop();
        expectNone(whole.breachesOf("assignment"), "each split assigned once");
        await this.#expectNothingNew(trial, restored);
        for (const batches of [0, ...cuts(whole.batches)]) {
          const { first, second } = await this.#restoreAfter(trial, batches);
          const assigned = new Set([...first.assigned, ...second.assigned]);
          atCut(batches, () => {
            expectNone(
              second.breachesOf("assignment"),
              "only splits that were neither assigned nor finished",
            );
            expectNone(
              [...whole.assigned].filter((id) => !assigned.has(id)),
              "every split that an undisturbed job has; never assigned:",
            );
          });
        }
        await trial.end();
      },
    );
  }

  /** A job that ends after so many batches, and one restored from there that reads the rest. */
  async #restoreAfter(
    trial: SourceTrial<S>,
    batches: number,
  ): Promise<{ readonly first: SourceJob<RecordOf<S>>; readonly second: SourceJob<RecordOf<S>> }> {
    const first = await trial.start(1);
    await first.takeBatches(batches);
    const restored = first.checkpoint();
    // Taking a snapshot changes nothing.
    first.checkpoint();
    await first.stop();
    const second = await trial.start(1, { restored });
    await second.readAll(trial.records - first.taken.length);
    await second.stop();
    return { first, second };
  }

  /** At the end of the data a restore brings nothing back. */
  async #expectNothingNew(trial: SourceTrial<S>, restored: SourceCheckpoint): Promise<void> {
    const again = await trial.start(1, { restored });
    await again.settle();
    await again.stop();
    expectNone(again.breachesOf("assignment"), "no split that had ended");
    expectNone(
      again.taken.map(({ name }) => name),
      "no record after a restore at the end of the data",
    );
  }

  *#ending(): Generator<ConformanceCase> {
    const { boundedness, end } = this.#harness;
    if (boundedness === "bounded") {
      yield this.#case(
        "source-end",
        "a bounded source ends when all is read",
        { splits: 3, parallelism: 2 },
        async (trial) => {
          expect(
            trial.subject.source().boundedness === "bounded",
            "boundedness 'bounded', as the harness says",
            () => "the source says 'unbounded'",
          );
          const job = await trial.start(2);
          await job.readAll(trial.records);
          while (
            await this.#waiting.within(job.take(), "poll resolves with undefined after the last record")
          );
          await trial.end();
          expect(job.isComplete, "noMoreSplits is called", () => "it was not");
          const open = [...job.assigned].filter((id) => !job.finished.includes(id));
          expectNone(open, "a batch with isFinished for every split");
        },
      );
    } else if (end !== undefined) {
      yield this.#case(
        "source-end",
        "splits that end outside end here",
        { splits: 2, parallelism: 1 },
        async (trial) => {
          const job = await trial.start(1);
          await job.readAll(trial.records);
          // Those that follow, such as the children of a shard, stay open.
          const splits = [...job.assigned];
          await this.#harness.end?.(trial.subject);
          await this.#takeUntilFinished(job, splits);
          await trial.end();
          expectExactlyOnce(trial.subject.expected, job.taken);
        },
      );
    }
    if (boundedness === "bounded" || end !== undefined) {
      yield this.#case(
        "source-after-end",
        "nothing follows the end of a split",
        { splits: 2, parallelism: 1 },
        async (trial) => {
          const job = await trial.start(1);
          await job.readAll(trial.records);
          await this.#harness.end?.(trial.subject);
          await job.settle();
          await trial.end();
          expectNone(job.breachesOf("after-end"), "nothing behind isFinished");
        },
      );
    }
  }

  async #takeUntilFinished(job: SourceJob<RecordOf<S>>, splits: readonly string[]): Promise<void> {
    while (!splits.every((id) => job.finished.includes(id))) {
      const mayGoOn = await this.#waiting.within(job.take(), "a batch with isFinished for every split");
      if (!mayGoOn)
        throw new Mismatch("a batch with isFinished for every split", "poll resolved with undefined");
    }
  }

  *#flow(): Generator<ConformanceCase> {
    const { append, boundedness, fetched, prefetchedRecordsMax } = this.#harness;
    if (append !== undefined) {
      yield this.#case(
        "source-idle",
        "an idle source waits, and goes on when records arrive",
        { splits: 2, parallelism: 1 },
        async (trial) => {
          const job = await trial.start(1);
          await job.readAll(trial.records);
          const empty = await job.settle(IDLE_BATCHES_MAX + 1);
          expect(
            empty <= IDLE_BATCHES_MAX,
            "a poll that stays pending while there is nothing to read",
            () => `${empty} empty batches in a row`,
          );
          const before = job.taken.length;
          const names = (await this.#harness.append?.(trial.subject, 10)) ?? [];
          await job.readAll(before + names.length);
          await trial.end();
          // They may have gone to any split.
          expectExactlyOnce(
            names.map((name) => [name]),
            job.taken.slice(before),
          );
          expect(
            boundedness === "bounded" || !job.isComplete,
            "more to come",
            () => "noMoreSplits was called",
          );
        },
      );
    }
    if (fetched !== undefined && prefetchedRecordsMax !== undefined) {
      yield this.#backPressure(prefetchedRecordsMax);
    }
  }

  #backPressure(recordsMax: number): ConformanceCase {
    return this.#case(
      "source-back-pressure",
      "fetching stops while nobody polls",
      { splits: 1, parallelism: 1, records: Math.ceil(recordsMax * 1.5) + 1 },
      async (trial) => {
        const job = await trial.start(1);
        await job.takeBatches(1);
        const ahead = await this.#fetchedAhead(trial, job, recordsMax);
        expect(
          ahead <= recordsMax,
          `at most ${recordsMax} records fetched ahead of the polls`,
          () => `${ahead} after one poll, of ${trial.records}`,
        );
        await job.readAll(trial.records);
        await trial.end();
        expectExactlyOnce(trial.subject.expected, job.taken);
      },
    );
  }

  /** Records fetched and not polled, once fetching has stopped or has gone too far. */
  async #fetchedAhead(
    { subject }: SourceTrial<S>,
    { taken }: SourceJob<RecordOf<S>>,
    recordsMax: number,
  ): Promise<number> {
    const count = (): number => (this.#harness.fetched?.(subject) ?? 0) - taken.length;
    for (let ahead = count(); ; ahead = count()) {
      await this.#waiting.rest();
      if (count() === ahead || ahead > recordsMax) return ahead;
    }
  }

  *#closing(): Generator<ConformanceCase> {
    const one = { splits: 1, parallelism: 1 };
    yield this.#case("source-close", "a poll that waits ends with close", one, async (trial) => {
      const reader = this.#reader(trial);
      const poll = reader.poll();
      poll.catch(() => undefined);
      expect(
        (await this.#waiting.settles(poll)) === undefined,
        "a poll that stays pending as long as the reader has no split",
        () => "it resolved",
      );
      await this.#waiting.within(reader.close(), "close of the reader resolves");
      const batch = await this.#waiting.within(poll, "the pending poll resolves with undefined after close");
      expect(batch === undefined, "undefined for the pending poll", () => "it resolved with a batch");
    });
    yield this.#case("source-close", "close may be called again", one, async (trial) => {
      const job = await trial.start(1);
      await job.takeBatches(1);
      await job.stop();
      await job.close();
      const unused = this.#reader(trial);
      await this.#waiting.within(
        Promise.all([unused.close(), unused.close()]),
        "both calls of close resolve",
      );
    });
    yield this.#case("source-releases", "nothing stays open after close", one, async (trial) => {
      const handles = async (): Promise<number> => (await this.#harness.openHandles?.(trial.subject)) ?? 0;
      const before = await handles();
      const job = await trial.start(1);
      await job.takeBatches(2);
      await trial.end();
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

  #reader(trial: SourceTrial<S>): SourceReader<unknown> {
    const { clock, logger, metrics, random } = trial.services;
    const signal = new AbortController().signal;
    const context = { clock, logger, metrics, random, signal, parallelism: 1, readerIndex: 0 };
    return trial.subject.source().createReader(context);
  }

  *#failing(): Generator<ConformanceCase> {
    if (this.#harness.failReads === undefined) return;
    yield this.#case(
      "source-errors",
      "a read that fails for good names split and position",
      { splits: 1, parallelism: 1 },
      async (trial) => {
        const job = await trial.start(1);
        await job.takeBatches(1);
        const restored = job.checkpoint();
        await this.#harness.failReads?.(trial.subject);
        let error = await this.#waiting.within(failureOf(job), "a poll rejects");
        if (error === undefined) {
          // What was open before may be read to its end; a job that opens it again fails.
          await job.stop();
          const again = await trial.start(1, { restored });
          error = await this.#waiting.within(failureOf(again), "a poll rejects");
        }
        await trial.end();
        expect(TributaryError.is(error), "a TributaryError", () => describeError(error));
        const [diagnostic] = error.diagnostics;
        const { shard, sequenceNumber } = diagnostic ?? {};
        expect(
          shard !== undefined && job.assigned.has(shard),
          `a diagnostic with shard ${listed([...job.assigned])}`,
          () => `shard is ${String(shard)} in '${error.message}'`,
        );
        expect(
          (sequenceNumber ?? "") !== "",
          "a diagnostic with the position (sequenceNumber)",
          () => `there is none in '${error.message}'`,
        );
      },
    );
  }
}

/** What the next polls reject with, after what was read before; undefined if the source ends. */
async function failureOf(job: Pick<SourceJob<unknown>, "take">): Promise<unknown> {
  try {
    while (await job.take());
  } catch (error) {
    return error;
  }
  return undefined;
}

/** Numbers of batches after which to cut: all of them, or some spread evenly. */
function cuts(batches: number): readonly number[] {
  const count = Math.min(batches, CUTS_MAX);
  return Array.from({ length: count }, (_, index) => Math.ceil(((index + 1) * batches) / count));
}

/** Says after how many batches the cut was. */
function atCut(batches: number, check: () => void): void {
  try {
    check();
  } catch (error) {
    if (!(error instanceof Mismatch)) throw error;
    throw new Mismatch(error.expected, `restored after ${batches} batches: ${error.happened}`, error);
  }
}

function expectNone(found: readonly string[], expected: string): void {
  expect(found.length === 0, expected, () => listed(found));
}
