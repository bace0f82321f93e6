import type {
  Clock,
  EnumeratorContext,
  JsonValue,
  MetricGroup,
  Services,
  Source,
  SourceReader,
  Split,
  SplitEnumerator,
  SplitRecords,
} from "@tributary/core";
import { planSource } from "@tributary/core";
import type { PlanContext, TableDescriptor } from "@tributary/core";
import { SILENT_LOGGER } from "@tributary/core/testing";
import type { KinesisRecord } from "@tributary/io-kinesis";

/** What a checkpoint of the harness holds. */
export interface Checkpoint {
  readonly enumerator: JsonValue;
  readonly splits: readonly Split[];
}

/** One thing that was logged with a code. */
export interface LoggedCode {
  readonly code: string;
  readonly shard: string;
}

/** Timers are due fifty times sooner than asked for, so that back-offs cost a test nothing. */
const HASTE = 50;

/** Services with the machine's time, hasty timers and a record of warnings with codes. */
export function hastyServices(logged: LoggedCode[] = [], gauges = new Map<string, () => number>()): Services {
  const group = (path: string): MetricGroup => ({
    group: (name) => group(`${path}${name}.`),
    counter: () => ({ add: () => {} }),
    gauge: (name, read) => void gauges.set(path + name, read),
    remove: (name) => void gauges.delete(path + name),
  });
  return {
    clock: {
      now: () => Date.now(),
      setTimer: (delayMs, callback) => {
        const timer = setTimeout(callback, delayMs / HASTE);
        return { cancel: () => clearTimeout(timer) };
      },
      sleep: (delayMs, signal) =>
        new Promise((resolve, reject) => {
          const onAbort = (): void => {
            clearTimeout(timer);
            reject(signal?.reason as Error);
          };
          const timer = setTimeout(() => {
            signal?.removeEventListener("abort", onAbort);
            resolve();
          }, delayMs / HASTE);
          signal?.addEventListener("abort", onAbort, { once: true });
        }),
    },
    random: { next: () => Math.random(), uuid: () => crypto.randomUUID() },
    logger: {
      ...SILENT_LOGGER,
      warn: (_message, fields = {}) => {
        if (fields["code"] !== undefined)
          logged.push({ code: String(fields["code"]), shard: String(fields["shard"]) });
      },
    },
    metrics: group(""),
  };
}

/**
 * Tests of a file begin all at once. Few of their sources start at a time, so that the first answer of the emulator,
 * which is in the same process, does not take so long that a wrong address is suspected.
 */
class Gate {
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(places: number) {
    this.#free = places;
  }

  async enter(): Promise<void> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free += 1;
    else next();
  }
}

const startsUnderWay = new Gate(4);

/** How a harness runs a table. */
export interface HarnessOptions {
  readonly parallelism?: number;
  readonly restored?: Checkpoint;
  /** In place of the machine's time with hasty timers. */
  readonly clock?: Clock;
  /** Takes the batches; without it the harness keeps them all. */
  readonly take?: (batch: SplitRecords<KinesisRecord>) => void;
}

/** Plays the runner for one table: hands splits to readers, keeps their states, takes and restores checkpoints. */
export class SourceHarness {
  readonly batches: SplitRecords<KinesisRecord>[] = [];
  readonly assigned: { readonly shardId: string; readonly reader: number }[] = [];
  readonly finished: string[] = [];
  readonly logged: LoggedCode[] = [];
  readonly gauges = new Map<string, () => number>();
  failure: unknown;

  /** Where batches go instead of into `batches`, which holds on to all of them. */
  readonly #take: ((batch: SplitRecords<KinesisRecord>) => void) | undefined;
  readonly #abort = new AbortController();
  readonly #splits = new Map<string, JsonValue>();
  readonly #readers: SourceReader<KinesisRecord>[] = [];
  readonly #enumerator: SplitEnumerator;
  readonly #changed: (() => void)[] = [];
  #isPaused = false;
  #resume: (() => void) | undefined;
  readonly #pumps: Promise<void>[];

  constructor(
    source: Source<KinesisRecord>,
    { parallelism = 1, restored, clock, take }: HarnessOptions = {},
  ) {
    this.#take = take;
    const hasty = hastyServices(this.logged, this.gauges);
    const services = clock === undefined ? hasty : { ...hasty, clock };
    const context = { ...services, parallelism, signal: this.#abort.signal };
    for (let readerIndex = 0; readerIndex < parallelism; readerIndex += 1) {
      this.#readers.push(source.createReader({ ...context, readerIndex }));
    }
    const enumeratorContext: EnumeratorContext = {
      ...context,
      restoredSplitIds: restored?.splits.map(({ id }) => id) ?? [],
      assign: (split, reader) => this.#assign(split, reader),
      noMoreSplits: () => this.#readers.forEach((reader) => reader.noMoreSplits()),
      fail: (error) => this.#fail(error),
    };
    this.#enumerator = source.createEnumerator(enumeratorContext, restored?.enumerator);
    for (const split of restored?.splits ?? []) this.#assign(split, 0);
    this.#pumps = this.#readers.map((reader) => this.#pump(reader));
  }

  /** @throws what the table's planning or the enumerator's start rejects with. */
  static async start(
    table: TableDescriptor,
    context: PlanContext,
    options: HarnessOptions = {},
  ): Promise<SourceHarness> {
    return SourceHarness.startPlanned(planSource(table, context), options);
  }

  /** As {@link start}, for a table that was planned already. */
  static async startPlanned(
    planned: ReturnType<typeof planSource>,
    options: HarnessOptions = {},
  ): Promise<SourceHarness> {
    const source = planned.value?.binding.source;
    if (source === undefined || !("createReader" in source))
      throw new Error(JSON.stringify(planned.diagnostics));
    const harness = new SourceHarness(source as Source<KinesisRecord>, options);
    await startsUnderWay.enter();
    try {
      await harness.#enumerator.start();
    } catch (error) {
      await harness.stop();
      throw error;
    } finally {
      startsUnderWay.leave();
    }
    return harness;
  }

  get texts(): readonly string[] {
    return this.batches.flatMap(({ records }) => records.map(({ data }) => Buffer.from(data).toString()));
  }

  /** Resolves when every reader has said that it is done: a bounded read has ended. @throws what failed the job. */
  async ended(): Promise<void> {
    await Promise.all(this.#pumps);
    if (this.failure !== undefined) throw this.failure as Error;
  }

  /** Is there nothing left that the readers know of? */
  get isCaughtUp(): boolean {
    return this.#readers.every((reader) => reader.isCaughtUp !== false);
  }

  /** May the shard hold something that its reader could not fetch? */
  isBehind(shardId: string): boolean {
    return this.#readers.some((reader) => reader.isBehind?.(shardId) === true);
  }

  /** Resolves when `condition` holds, looked at after every batch and assignment. @throws what failed the job. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.failure !== undefined) throw this.failure as Error;
      await new Promise<void>((resolve) => this.#changed.push(resolve));
    }
  }

  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#resume?.();
  }

  checkpoint(): Checkpoint {
    const taken = {
      enumerator: this.#enumerator.snapshot(),
      splits: [...this.#splits].map(([id, state]) => ({ id, state })),
    };
    return JSON.parse(JSON.stringify(taken)) as Checkpoint;
  }

  async stop(): Promise<void> {
    this.resume();
    for (const reader of this.#readers) await reader.close();
    await this.#enumerator.close();
    this.#abort.abort();
    await Promise.all(this.#pumps);
  }

  #assign(split: Split, reader: number): void {
    this.#splits.set(split.id, split.state);
    this.assigned.push({ shardId: split.id, reader });
    this.#readers[reader]?.addSplits([split]);
    this.#wake();
  }

  async #pump(reader: SourceReader<KinesisRecord>): Promise<void> {
    try {
      for (;;) {
        if (this.#isPaused) await new Promise<void>((resolve) => (this.#resume = resolve));
        const batch = await reader.poll();
        if (batch === undefined) return;
        this.#accept(batch);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  #accept(batch: SplitRecords<KinesisRecord>): void {
    if (this.#take === undefined) this.batches.push(batch);
    else this.#take(batch);
    if (batch.notice !== undefined) this.#enumerator.handleNotice?.(batch.splitId, batch.notice);
    if (batch.isFinished === true) {
      this.#splits.delete(batch.splitId);
      this.finished.push(batch.splitId);
      this.#enumerator.splitFinished(batch.splitId);
    } else {
      this.#splits.set(batch.splitId, batch.state);
    }
    this.#wake();
  }

  #fail(error: unknown): void {
    this.failure ??= error;
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#changed.splice(0)) wake();
  }
}
