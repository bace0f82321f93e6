/**
 * Plays the runner for one source: hands splits to readers, takes one batch after another, keeps the states of the
 * splits. Breaches of the contract are noted and left out, so that each case sees its own defect only.
 */
import { isDeepStrictEqual } from "node:util";
import type {
  EnumeratorContext,
  Source,
  SourceReader,
  Split,
  SplitEnumerator,
  SplitRecords,
} from "../../../connector/source.js";
import type { JsonValue } from "../../../types/json-value.js";
import type { Waiting } from "../waiting.js";
import { Overdue } from "../waiting.js";
import type { WatchedServices } from "../watched-services.js";
import type { TakenRecord } from "./compare-records.js";

/** A cut through a job. */
export interface SourceCheckpoint {
  readonly enumerator: JsonValue;
  readonly splits: readonly Split[];
  /** Splits that had ended. */
  readonly finished: readonly string[];
}

/** Kinds of breaches of the contract. */
export type Breach = "assignment" | "batch" | "after-end" | "not-plain";

/** How a job is set up. */
export interface SourceJobOptions<T> {
  readonly source: Source<T>;
  readonly identify: (record: T) => string;
  readonly services: WatchedServices;
  readonly waiting: Waiting;
  readonly parallelism: number;
  readonly restored?: SourceCheckpoint;
  /** The reader that gets the first restored split. Default 0. */
  readonly firstReader?: number;
}

interface Polled<T> {
  readonly reader: number;
  readonly batch: SplitRecords<T> | undefined;
}

export class SourceJob<T> {
  readonly taken: TakenRecord[] = [];
  /** Batches that held records. */
  batches = 0;
  readonly breaches: { readonly kind: Breach; readonly text: string }[] = [];
  readonly finished: string[] = [];
  /** Every split that was assigned, restored ones too. */
  readonly assigned = new Set<string>();
  readonly sample: T[] = [];
  isComplete = false;
  readonly enumerator: SplitEnumerator;
  readonly readers: readonly SourceReader<T>[];
  readonly #options: SourceJobOptions<T>;
  readonly #owners = new Map<string, number>();
  readonly #states = new Map<string, JsonValue>();
  readonly #earlier: ReadonlySet<string>;
  readonly #polls = new Map<number, Promise<Polled<T>>>();
  readonly #ended = new Set<number>();
  readonly #abort = new AbortController();
  readonly #failed: Promise<never>;
  #fail: (error: unknown) => void = () => {};
  #isStopped = false;
  #taking: Promise<boolean> | undefined;

  constructor(options: SourceJobOptions<T>) {
    const { source, services, parallelism, restored } = options;
    this.#options = options;
    this.#failed = new Promise<never>((_, reject) => (this.#fail = reject));
    this.#failed.catch(() => undefined);
    this.#earlier = new Set(restored?.finished ?? []);
    const { clock, logger, metrics, random } = services;
    const context = { clock, logger, metrics, random, parallelism, signal: this.#abort.signal };
    this.readers = Array.from({ length: parallelism }, (_, readerIndex) =>
      source.createReader({ ...context, readerIndex }),
    );
    for (const [index, split] of (restored?.splits ?? []).entries()) {
      this.#assign(split, ((options.firstReader ?? 0) + index) % parallelism);
    }
    const enumeratorContext: EnumeratorContext = {
      ...context,
      restoredSplitIds: restored?.splits.map(({ id }) => id) ?? [],
      assign: (split, reader) => this.#assign(split, reader),
      noMoreSplits: () => this.#noMoreSplits(),
      fail: (error) => this.#fail(error),
    };
    this.enumerator = source.createEnumerator(enumeratorContext, restored?.enumerator);
  }

  async start(): Promise<void> {
    await this.#options.waiting.within(
      this.enumerator.start(),
      "the enumerator's start resolves once the splits that are there are assigned",
    );
  }

  /**
   * Takes one batch of any reader. A call that nobody waits for any more goes on, and the next one joins it.
   *
   * @returns false when all readers have ended.
   */
  take(): Promise<boolean> {
    if (this.#taking === undefined) {
      const taking = this.#takeNext().finally(() => (this.#taking = undefined));
      taking.catch(() => undefined);
      this.#taking = taking;
    }
    return this.#taking;
  }

  async #takeNext(): Promise<boolean> {
    for (;;) {
      this.#poll();
      if (this.#polls.size === 0) return false;
      const { reader, batch } = await Promise.race([...this.#polls.values(), this.#failed]);
      this.#polls.delete(reader);
      if (batch === undefined) this.#ended.add(reader);
      else {
        this.#process(reader, batch);
        return true;
      }
    }
  }

  /** Takes batches until so many records are there; fewer if the source ends or falls silent. */
  async readAll(records: number): Promise<void> {
    const { waiting } = this.#options;
    try {
      while (this.taken.length < records) {
        if (!(await waiting.within(this.take(), "the next batch"))) return;
      }
    } catch (error) {
      if (error instanceof Overdue) return;
      throw error;
    }
    await this.settle();
  }

  /** Takes what still comes by itself, e.g. records that were handed over before. */
  async settle(batchesMax = 100): Promise<number> {
    for (let batches = 0; batches < batchesMax; batches++) {
      const next = await this.#options.waiting.settles(this.take());
      if (next?.value !== true) return batches;
    }
    return batchesMax;
  }

  /** Takes so many batches. @returns false if the source ended before. */
  async takeBatches(batches: number): Promise<boolean> {
    for (let count = 0; count < batches; count++) {
      if (!(await this.#options.waiting.within(this.take(), "the next batch"))) return false;
    }
    return true;
  }

  checkpoint(): SourceCheckpoint {
    return {
      enumerator: this.#plain("the enumerator's snapshot", this.enumerator.snapshot()),
      splits: [...this.#states].map(([id, state]) => ({
        id,
        state: this.#plain(`the state of split '${id}'`, state),
      })),
      finished: [...this.#earlier, ...this.finished],
    };
  }

  /** As a job ends, once. */
  async stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    await this.close();
  }

  /** Readers first, then the enumerator. */
  async close(): Promise<void> {
    const { waiting } = this.#options;
    for (const reader of this.readers) await waiting.within(reader.close(), "close of the reader resolves");
    await waiting.within(this.enumerator.close(), "close of the enumerator resolves");
    this.#abort.abort(new Error("The job has ended."));
  }

  breachesOf(kind: Breach): readonly string[] {
    return this.breaches.filter((one) => one.kind === kind).map(({ text }) => text);
  }

  #poll(): void {
    for (const [reader, one] of this.readers.entries()) {
      if (this.#polls.has(reader) || this.#ended.has(reader)) continue;
      const poll = one.poll().then((batch) => ({ reader, batch }));
      poll.catch(() => undefined);
      this.#polls.set(reader, poll);
    }
  }

  #assign(split: Split, reader: number): void {
    const { id } = split;
    if (this.#earlier.has(id))
      return this.#note("assignment", `split '${id}' had ended and is assigned again`);
    if (this.assigned.has(id)) return this.#note("assignment", `split '${id}' is assigned twice`);
    if (this.isComplete) this.#note("assignment", `split '${id}' is assigned after noMoreSplits`);
    const owner = this.readers[reader];
    if (owner === undefined) {
      return this.#note(
        "assignment",
        `split '${id}' is assigned to reader ${reader} of ${this.readers.length}`,
      );
    }
    this.assigned.add(id);
    this.#owners.set(id, reader);
    this.#states.set(id, split.state);
    owner.addSplits([{ id, state: this.#plain(`the state of split '${id}'`, split.state) }]);
  }

  #noMoreSplits(): void {
    this.isComplete = true;
    for (const reader of this.readers) reader.noMoreSplits();
  }

  #process(reader: number, batch: SplitRecords<T>): void {
    const { splitId, records, timestamps, notice } = batch;
    if (this.finished.includes(splitId)) {
      return this.#note(
        "after-end",
        `a batch of ${records.length} records of split '${splitId}' after its end`,
      );
    }
    if (this.#owners.get(splitId) !== reader) {
      return this.#note(
        "batch",
        `reader ${reader} hands over a batch of split '${splitId}', which it does not have`,
      );
    }
    if (timestamps !== undefined && timestamps.length !== records.length) {
      this.#note(
        "batch",
        `${timestamps.length} timestamps with ${records.length} records of split '${splitId}'`,
      );
    }
    if (records.length > 0) this.batches += 1;
    for (const record of records) {
      this.taken.push({ splitId, name: this.#options.identify(record) });
      this.sample.push(record);
    }
    if (notice !== undefined) {
      this.enumerator.handleNotice?.(splitId, this.#plain(`a notice of split '${splitId}'`, notice));
    }
    if (batch.isFinished === true) {
      this.#states.delete(splitId);
      this.finished.push(splitId);
      this.enumerator.splitFinished(splitId);
    } else {
      this.#states.set(splitId, batch.state);
    }
  }

  /** What a checkpoint makes of a value. One that is not plain is noted and passed on as it is. */
  #plain(what: string, value: JsonValue): JsonValue {
    let read: unknown;
    try {
      const text = JSON.stringify(value) as string | undefined;
      read = text === undefined ? undefined : JSON.parse(text);
    } catch {
      read = undefined;
    }
    if (read !== undefined && isDeepStrictEqual(read, value)) return read as JsonValue;
    this.#note("not-plain", what);
    return value;
  }

  #note(kind: Breach, text: string): void {
    this.breaches.push({ kind, text });
  }
}
