import type { Source } from "../../../connector/source.js";
import { conformanceCase, expect, listed } from "../conformance-case.js";
import type { ConformanceCase, Subject } from "../conformance-case.js";
import type { ConformanceRule } from "../rules.js";
import { Waiting } from "../waiting.js";
import { WatchedServices } from "../watched-services.js";
import { SourceJob } from "./source-job.js";
import type { SourceCheckpoint } from "./source-job.js";
import type { RecordOf, SourceHarness, SourceSubject } from "./source-harness.js";

/** Records of a split unless the author says otherwise. */
const RECORDS_PER_SPLIT = 60;

/** One case's data and jobs. */
export class SourceTrial<S extends SourceSubject<unknown>> {
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

/** What all cases of one source share. */
export class SourceSuite<S extends SourceSubject<unknown>> {
  readonly harness: SourceHarness<S>;
  readonly waiting: Waiting;
  readonly #subject: Subject;

  constructor(harness: SourceHarness<S>) {
    this.harness = harness;
    this.#subject = { group: "source", name: harness.name };
    this.waiting = new Waiting(harness.wait ?? {});
  }

  /** A case with data of its own. */
  case(
    rule: ConformanceRule,
    fact: string,
    data: { readonly splits: number; readonly parallelism: number; readonly records?: number },
    check: (trial: SourceTrial<S>) => Promise<void>,
  ): ConformanceCase {
    const { records = this.harness.recordsPerSplit ?? RECORDS_PER_SPLIT } = data;
    return conformanceCase(this.#subject, rule, fact, async () => {
      const subject = await this.harness.create({ ...data, records });
      const trial = new SourceTrial(this.harness, subject, this.waiting);
      try {
        await check(trial);
      } catch (error) {
        await trial.end().catch(() => undefined);
        throw error;
      } finally {
        await this.harness.dispose?.(subject);
      }
    });
  }
}

/** @throws Mismatch unless the list is empty. */
export function expectNone(found: readonly string[], expected: string): void {
  expect(found.length === 0, expected, () => listed(found));
}
