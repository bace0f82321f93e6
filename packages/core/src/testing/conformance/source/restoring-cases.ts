import type { Source } from "../../../connector/source.js";
import { Mismatch, expect } from "../conformance-case.js";
import type { ConformanceCase } from "../conformance-case.js";
import { expectExactlyOnce } from "./compare-records.js";
import type { RecordOf, SourceSubject } from "./source-harness.js";
import type { SourceCheckpoint, SourceJob } from "./source-job.js";
import { expectNone } from "./source-suite.js";
import type { SourceSuite, SourceTrial } from "./source-suite.js";

/** Cuts tried through one run; more of them are spread evenly. */
const CUTS_MAX = 16;

/** What a job reads that ends somewhere and is restored. */
export function* restoringCases<S extends SourceSubject<unknown>>(
  suite: SourceSuite<S>,
): Generator<ConformanceCase> {
  yield suite.case(
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
        const { first, second } = await restoreAfter(trial, batches);
        const taken = [...first.taken, ...second.taken];
        // A split that was never begun is the enumerator's affair.
        const names = new Set(taken.map(({ name }) => name));
        const begun = trial.subject.expected.filter((list) => list.some((name) => names.has(name)));
        atCut(batches, () => expectExactlyOnce(begun, taken));
      }
      await trial.end();
    },
  );
  yield suite.case(
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
  yield suite.case(
    "source-enumerator",
    "a restored enumerator assigns nothing twice and loses nothing",
    { splits: 3, parallelism: 1 },
    async (trial) => {
      const whole = await trial.start(1);
      await whole.readAll(trial.records);
      const restored = whole.checkpoint();
      await whole.stop();
      expectNone(whole.breachesOf("assignment"), "each split assigned once");
      await expectNothingNew(trial, restored);
      for (const batches of [0, ...cuts(whole.batches)]) {
        const { first, second } = await restoreAfter(trial, batches);
        const assigned = new Set([...first.assigned, ...second.assigned]);
        atCut(batches, () => {
          expectNone(second.breachesOf("assignment"), "only splits that were neither assigned nor finished");
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
async function restoreAfter<S extends SourceSubject<unknown>>(
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
async function expectNothingNew<S extends SourceSubject<unknown>>(
  trial: SourceTrial<S>,
  restored: SourceCheckpoint,
): Promise<void> {
  const again = await trial.start(1, { restored });
  await again.settle();
  await again.stop();
  expectNone(again.breachesOf("assignment"), "no split that had ended");
  expectNone(
    again.taken.map(({ name }) => name),
    "no record after a restore at the end of the data",
  );
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
