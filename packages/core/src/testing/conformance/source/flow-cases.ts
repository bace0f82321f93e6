import { Mismatch, expect } from "../conformance-case.js";
import type { ConformanceCase } from "../conformance-case.js";
import { expectExactlyOnce } from "./compare-records.js";
import type { RecordOf, SourceSubject } from "./source-harness.js";
import type { SourceJob } from "./source-job.js";
import { expectNone } from "./source-suite.js";
import type { SourceSuite, SourceTrial } from "./source-suite.js";

/** Empty batches that an idle source may hand over while nothing happens. */
const IDLE_BATCHES_MAX = 20;

/** How splits and sources end. */
export function* endingCases<S extends SourceSubject<unknown>>(
  suite: SourceSuite<S>,
): Generator<ConformanceCase> {
  const { boundedness, end } = suite.harness;
  if (boundedness === "bounded") {
    yield suite.case(
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
        while (await suite.waiting.within(job.take(), "poll resolves with undefined after the last record"));
        await trial.end();
        expect(job.isComplete, "noMoreSplits is called", () => "it was not");
        const open = [...job.assigned].filter((id) => !job.finished.includes(id));
        expectNone(open, "a batch with isFinished for every split");
      },
    );
  } else if (end !== undefined) {
    yield suite.case(
      "source-end",
      "splits that end outside end here",
      { splits: 2, parallelism: 1 },
      async (trial) => {
        const job = await trial.start(1);
        await job.readAll(trial.records);
        // Those that follow, such as the children of a shard, stay open.
        const splits = [...job.assigned];
        await suite.harness.end?.(trial.subject);
        await takeUntilFinished(suite, job, splits);
        await trial.end();
        expectExactlyOnce(trial.subject.expected, job.taken);
      },
    );
  }
  if (boundedness === "bounded" || end !== undefined) {
    yield suite.case(
      "source-after-end",
      "nothing follows the end of a split",
      { splits: 2, parallelism: 1 },
      async (trial) => {
        const job = await trial.start(1);
        await job.readAll(trial.records);
        await suite.harness.end?.(trial.subject);
        await job.settle();
        await trial.end();
        expectNone(job.breachesOf("after-end"), "nothing behind isFinished");
      },
    );
  }
}

async function takeUntilFinished<S extends SourceSubject<unknown>>(
  suite: SourceSuite<S>,
  job: SourceJob<RecordOf<S>>,
  splits: readonly string[],
): Promise<void> {
  while (!splits.every((id) => job.finished.includes(id))) {
    const mayGoOn = await suite.waiting.within(job.take(), "a batch with isFinished for every split");
    if (!mayGoOn)
      throw new Mismatch("a batch with isFinished for every split", "poll resolved with undefined");
  }
}

/** How a source waits for records, and for those who take them. */
export function* flowCases<S extends SourceSubject<unknown>>(
  suite: SourceSuite<S>,
): Generator<ConformanceCase> {
  const { append, boundedness, fetched, prefetchedRecordsMax } = suite.harness;
  if (append !== undefined) {
    yield suite.case(
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
        const names = (await suite.harness.append?.(trial.subject, 10)) ?? [];
        await job.readAll(before + names.length);
        await trial.end();
        // They may have gone to any split.
        expectExactlyOnce(
          names.map((name) => [name]),
          job.taken.slice(before),
        );
        expect(boundedness === "bounded" || !job.isComplete, "more to come", () => "noMoreSplits was called");
      },
    );
  }
  if (fetched !== undefined && prefetchedRecordsMax !== undefined) {
    yield backPressure(suite, prefetchedRecordsMax);
  }
}

function backPressure<S extends SourceSubject<unknown>>(
  suite: SourceSuite<S>,
  recordsMax: number,
): ConformanceCase {
  return suite.case(
    "source-back-pressure",
    "fetching stops while nobody polls",
    { splits: 1, parallelism: 1, records: Math.ceil(recordsMax * 1.5) + 1 },
    async (trial) => {
      const job = await trial.start(1);
      await job.takeBatches(1);
      const ahead = await fetchedAhead(suite, trial, job, recordsMax);
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
async function fetchedAhead<S extends SourceSubject<unknown>>(
  suite: SourceSuite<S>,
  { subject }: SourceTrial<S>,
  { taken }: SourceJob<RecordOf<S>>,
  recordsMax: number,
): Promise<number> {
  const count = (): number => (suite.harness.fetched?.(subject) ?? 0) - taken.length;
  for (let ahead = count(); ; ahead = count()) {
    await suite.waiting.rest();
    if (count() === ahead || ahead > recordsMax) return ahead;
  }
}
