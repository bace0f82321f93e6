import { expect, listed } from "../conformance-case.js";
import type { ConformanceCase } from "../conformance-case.js";
import { expectExactlyOnce } from "./compare-records.js";
import type { SourceSubject } from "./source-harness.js";
import { expectNone } from "./source-suite.js";
import type { SourceSuite } from "./source-suite.js";

/** What a job reads that nothing disturbs. */
export function* readingCases<S extends SourceSubject<unknown>>(
  suite: SourceSuite<S>,
): Generator<ConformanceCase> {
  yield suite.case(
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
  yield suite.case(
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
  yield suite.case(
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
  yield suite.case(
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
      expectNone(job.breachesOf("not-plain"), "values that are the same after JSON.stringify and JSON.parse");
    },
  );
  if (suite.harness.describesPositions !== false) yield positions(suite);
}

function positions<S extends SourceSubject<unknown>>(suite: SourceSuite<S>): ConformanceCase {
  return suite.case(
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
      const byName = new Map(job.sample.map((record) => [suite.harness.identify(record), record]));
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
