import type { SourceReader } from "../../../connector/source.js";
import { TributaryError } from "../../../diagnostics/error.js";
import { describeError, expect, listed } from "../conformance-case.js";
import type { ConformanceCase } from "../conformance-case.js";
import type { SourceSubject } from "./source-harness.js";
import type { SourceJob } from "./source-job.js";
import type { SourceSuite, SourceTrial } from "./source-suite.js";

/** What close does. */
export function* closingCases<S extends SourceSubject<unknown>>(
  suite: SourceSuite<S>,
): Generator<ConformanceCase> {
  const one = { splits: 1, parallelism: 1 };
  yield suite.case("source-close", "a poll that waits ends with close", one, async (trial) => {
    const reader = readerOf(trial);
    const poll = reader.poll();
    poll.catch(() => undefined);
    expect(
      (await suite.waiting.settles(poll)) === undefined,
      "a poll that stays pending as long as the reader has no split",
      () => "it resolved",
    );
    await suite.waiting.within(reader.close(), "close of the reader resolves");
    const batch = await suite.waiting.within(poll, "the pending poll resolves with undefined after close");
    expect(batch === undefined, "undefined for the pending poll", () => "it resolved with a batch");
  });
  yield suite.case("source-close", "close may be called again", one, async (trial) => {
    const job = await trial.start(1);
    await job.takeBatches(1);
    await job.stop();
    await job.close();
    const unused = readerOf(trial);
    await suite.waiting.within(Promise.all([unused.close(), unused.close()]), "both calls of close resolve");
  });
  yield suite.case("source-releases", "nothing stays open after close", one, async (trial) => {
    const handles = async (): Promise<number> => (await suite.harness.openHandles?.(trial.subject)) ?? 0;
    const before = await handles();
    const job = await trial.start(1);
    await job.takeBatches(2);
    await trial.end();
    await suite.waiting.rest();
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

function readerOf<S extends SourceSubject<unknown>>(trial: SourceTrial<S>): SourceReader<unknown> {
  const { clock, logger, metrics, random } = trial.services;
  const signal = new AbortController().signal;
  const context = { clock, logger, metrics, random, signal, parallelism: 1, readerIndex: 0 };
  return trial.subject.source().createReader(context);
}

/** What a failure tells. */
export function* failingCases<S extends SourceSubject<unknown>>(
  suite: SourceSuite<S>,
): Generator<ConformanceCase> {
  if (suite.harness.failReads === undefined) return;
  yield suite.case(
    "source-errors",
    "a read that fails for good names split and position",
    { splits: 1, parallelism: 1 },
    async (trial) => {
      const job = await trial.start(1);
      await job.takeBatches(1);
      const restored = job.checkpoint();
      await suite.harness.failReads?.(trial.subject);
      let error = await suite.waiting.within(failureOf(job), "a poll rejects");
      if (error === undefined) {
        // What was open before may be read to its end; a job that opens it again fails.
        await job.stop();
        const again = await trial.start(1, { restored });
        error = await suite.waiting.within(failureOf(again), "a poll rejects");
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

/** What the next polls reject with, after what was read before; undefined if the source ends. */
async function failureOf(job: Pick<SourceJob<unknown>, "take">): Promise<unknown> {
  try {
    while (await job.take());
  } catch (error) {
    return error;
  }
  return undefined;
}
