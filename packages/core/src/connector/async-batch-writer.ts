/**
 * Buffers request entries and sends them in batches, several calls at once: what sinks have in common whose
 * destination takes many records a call and answers for each of them. The destination says how to send; this class
 * decides when, how much and what to do about failures.
 *
 * - A batch leaves when enough entries or bytes are there, or when the oldest one has waited long enough.
 * - The number of records in flight follows a window: additive increase, multiplicative decrease.
 * - Refused entries wait out a back-off with jitter and then return to the head of the buffer.
 * - The buffer is bounded in records and bytes; `write` stays pending while it is full.
 * - Where the destination names keys, entries with the same key keep their order.
 *
 * After FLIP-171, the asynchronous sink base of Apache Flink.
 */
import { TributaryError } from "../diagnostics/error.js";
import { BatchWindow } from "./batch-window.js";
import type { BatchQueue } from "./batch-queue.js";
import { EntryQueue } from "./entry-queue.js";
import { OrderedQueue } from "./ordered-queue.js";
import type { Clock, Counter, Logger, MetricGroup, Random, TimerHandle } from "./services.js";

/**
 * What may be done about a failed call: nothing, try it again, or try it again more slowly: a destination that throttles
 * is there, so that nobody gives it up.
 *
 * @public
 */
export type FailureClass = "fatal" | "retryable" | "throttled";

/** An entry of a batch that the destination did not take although the call succeeded. @public */
export interface EntryRefusal {
  /** Place in the batch. */
  readonly index: number;
  /** The destination's own error code. */
  readonly code: string;
}

/** Where batches go. @public */
export interface BatchDestination<E> {
  /** Bytes that an entry counts in a call. Called often: a field read. */
  sizeOf(entry: E): number;
  /** Bytes of an entry in the metric `numBytesOut`; {@link sizeOf} unless given. */
  payloadSizeOf?(entry: E): number;
  /**
   * Given, entries with the same key are delivered in the order in which they were written: a call holds one entry of
   * a key at most, and the next one leaves when that one is durable. Other keys go on meanwhile.
   */
  orderKeyOf?(entry: E): string;
  /** Sends one batch and resolves with the entries that must be sent again; rejects when the whole call failed. */
  send(batch: readonly E[], signal: AbortSignal): Promise<readonly EntryRefusal[]>;
  /** Sorts what `send` rejected with. */
  classify(error: unknown): FailureClass;
  /** The error to end the job with when a call failed as a whole and is not tried again. */
  callFailed(error: unknown): unknown;
  /** The error to end the job with when entries were refused and `failOnError` is set. */
  entriesRefused(refusals: readonly EntryRefusal[], batchRecords: number): unknown;
}

/** Bounds of an {@link AsyncBatchWriter}; every one is positive. @public */
export interface AsyncBatchWriterOptions {
  /** Most entries in one call. */
  readonly batchRecordsMax: number;
  /** Buffered bytes that make a batch leave, and most bytes in one call. */
  readonly batchBytesMax: number;
  /** Most calls in flight at once. */
  readonly requestsInFlightMax: number;
  /** Buffered entries at which `write` waits; more than `batchRecordsMax`. Entries in flight do not count. */
  readonly bufferedRecordsMax: number;
  /** Buffered bytes at which `write` waits; at least `batchBytesMax`. */
  readonly bufferedBytesMax: number;
  /** Longest time that an entry waits for its batch to fill. */
  readonly flushIntervalMs: number;
  /** Fail on any refused entry or failed call instead of trying again. */
  readonly failOnError: boolean;
  /** First back-off of refused entries; doubles with every failure in a row. */
  readonly retryDelayMinMs: number;
  readonly retryDelayMaxMs: number;
  /** Give up when calls have failed as a whole, not by throttling, for so long without one success in between. */
  readonly giveUpAfterMs: number;
}

/** What the writer needs of a `WriterContext`. @public */
export interface BatchWriterServices {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: MetricGroup;
  readonly signal: AbortSignal;
  fail(error: unknown): void;
}

/**
 * The buffer in front of a {@link BatchDestination}.
 *
 * Guarantee: at least once for accepted entries, once `flush` has resolved. Without `orderKeyOf` order is not kept:
 * several calls are in flight, and refused entries are sent again later than entries accepted in the meantime.
 *
 * @typeParam E - a request entry, already encoded.
 * @public
 */
export class AsyncBatchWriter<E> {
  readonly #destination: BatchDestination<E>;
  readonly #options: AsyncBatchWriterOptions;
  readonly #services: BatchWriterServices;
  readonly #queue: BatchQueue<E>;
  readonly #keepsOrder: boolean;
  readonly #payloadSizeOf: (entry: E) => number;
  readonly #window: BatchWindow;
  readonly #abort = new AbortController();
  readonly #backOffs = new Set<TimerHandle>();
  readonly #recordsOut: Counter;
  readonly #bytesOut: Counter;
  readonly #recordErrors: Counter;
  readonly #onAbort = (): void => this.#stop(this.#services.signal.reason);

  #flushTimer: TimerHandle | undefined;
  /** Send what is there, full batch or not, until the queue is empty. */
  #isDraining = false;
  #parkedRecords = 0;
  #parkedBytes = 0;
  #failuresInRow = 0;
  #failingSinceMs: number | undefined;
  #failure: { readonly error: unknown } | undefined;
  #lastSendMs = 0;
  #waiters: (() => void)[] = [];

  constructor(
    destination: BatchDestination<E>,
    options: AsyncBatchWriterOptions,
    services: BatchWriterServices,
  ) {
    this.#destination = destination;
    this.#options = options;
    this.#services = services;
    const sizeOf = (entry: E): number => destination.sizeOf(entry);
    const keyOf = destination.orderKeyOf?.bind(destination);
    this.#keepsOrder = keyOf !== undefined;
    this.#queue = keyOf === undefined ? new EntryQueue(sizeOf) : new OrderedQueue(keyOf, sizeOf);
    this.#payloadSizeOf = destination.payloadSizeOf?.bind(destination) ?? sizeOf;
    this.#window = new BatchWindow(options.batchRecordsMax, options.requestsInFlightMax);
    // Metric names as in Apache Flink's sinks.
    this.#recordsOut = services.metrics.counter("numRecordsOut");
    this.#bytesOut = services.metrics.counter("numBytesOut");
    this.#recordErrors = services.metrics.counter("numRecordsOutErrors");
    services.metrics.gauge("currentSendTime", () => this.#lastSendMs);
    services.metrics.gauge("bufferedRecords", () => this.bufferedRecords);
    services.metrics.gauge("recordsInFlightMax", () => this.#window.size);
    if (services.signal.aborted) this.#onAbort();
    else services.signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** Entries accepted and neither in flight nor durable, those in back-off included. */
  get bufferedRecords(): number {
    return this.#queue.records + this.#parkedRecords;
  }

  /**
   * Buffers entries. Resolves when all of them are accepted; stays pending while the buffer is full.
   *
   * @throws what ended the writer: the first fatal error, or the reason of the abort.
   */
  async write(entries: readonly E[]): Promise<void> {
    let accepted = 0;
    for (;;) {
      this.#throwIfFailed();
      while (accepted < entries.length && !this.#isFull()) this.#queue.push(entries[accepted++] as E);
      if (this.#queue.records > 0) this.#startFlushTimer();
      // Most of a full buffer may wait for keys that are busy.
      if (this.#keepsOrder && this.#isFull()) this.#isDraining = true;
      this.#sendWhilePossible();
      if (accepted === entries.length) return;
      if (this.#isFull()) await this.#nextChange();
    }
  }

  /** Resolves when every accepted entry is durable. Throws as {@link write} does. */
  async flush(): Promise<void> {
    for (;;) {
      this.#throwIfFailed();
      if (this.bufferedRecords === 0 && this.#window.callsInFlight === 0) return;
      this.#isDraining = true;
      this.#sendWhilePossible();
      await this.#nextChange();
    }
  }

  /** Sends what is buffered now, full batch or not. */
  sendBuffered(): void {
    this.#isDraining = true;
    this.#sendWhilePossible();
  }

  /** Drops what is buffered, gives up calls in flight. Idempotent. */
  close(): void {
    this.#services.signal.removeEventListener("abort", this.#onAbort);
    this.#stop(new Error("The writer is closed."));
  }

  #isFull(): boolean {
    return (
      this.bufferedRecords >= this.#options.bufferedRecordsMax ||
      this.#queue.bytes + this.#parkedBytes >= this.#options.bufferedBytesMax
    );
  }

  #startFlushTimer(): void {
    this.#flushTimer ??= this.#services.clock.setTimer(this.#options.flushIntervalMs, () => {
      this.#flushTimer = undefined;
      this.sendBuffered();
    });
  }

  #sendWhilePossible(): void {
    const { batchRecordsMax, batchBytesMax } = this.#options;
    const queue = this.#queue;
    while (this.#failure === undefined && queue.sendableRecords > 0) {
      const limit = Math.min(batchRecordsMax, this.#window.size);
      const isDue =
        this.#isDraining || queue.sendableRecords >= limit || queue.sendableBytes >= batchBytesMax;
      if (!isDue || !this.#window.hasRoom(Math.min(limit, queue.sendableRecords))) return;
      this.#send(queue.take(limit, batchBytesMax));
    }
    this.#isDraining = false;
  }

  #send(batch: readonly E[]): void {
    const startedMs = this.#services.clock.now();
    this.#window.started(batch.length);
    this.#recordsOut.add(batch.length);
    this.#bytesOut.add(this.#sumOf(batch, this.#payloadSizeOf));
    this.#destination
      .send(batch, this.#abort.signal)
      .then(
        (refusals) => {
          this.#lastSendMs = this.#services.clock.now() - startedMs;
          this.#answered(batch, refusals);
        },
        (error: unknown) => {
          this.#lastSendMs = this.#services.clock.now() - startedMs;
          this.#callFailed(batch, error);
        },
      )
      .catch((error: unknown) => this.#fail(error))
      .finally(() => this.#changed());
  }

  #answered(batch: readonly E[], refusals: readonly EntryRefusal[]): void {
    this.#window.ended(batch.length, refusals.length === 0);
    if (refusals.length < batch.length) this.#failingSinceMs = undefined;
    if (refusals.length === 0) {
      this.#failuresInRow = 0;
      this.#settled(batch);
      return;
    }
    this.#recordErrors.add(refusals.length);
    if (this.#options.failOnError) {
      this.#fail(this.#destination.entriesRefused(refusals, batch.length));
      return;
    }
    if (this.#keepsOrder) {
      const isRefused = new Set(refusals.map(({ index }) => index));
      this.#settled(batch.filter((_, index) => !isRefused.has(index)));
    }
    const refused = refusals.map((refusal) => batch[refusal.index] as E);
    this.#sendAgainLater(refused, refusals[0]?.code ?? "unknown");
  }

  /** Entries behind durable ones of their key have waited for a whole call: they do not wait for a full batch too. */
  #settled(entries: readonly E[]): void {
    if (this.#queue.settled(entries)) this.#isDraining = true;
  }

  #callFailed(batch: readonly E[], error: unknown): void {
    this.#window.ended(batch.length, false);
    if (this.#failure !== undefined) return;
    this.#recordErrors.add(batch.length);
    const now = this.#services.clock.now();
    const failure = this.#destination.classify(error);
    this.#failingSinceMs = failure === "throttled" ? undefined : (this.#failingSinceMs ?? now);
    const givesUp =
      this.#options.failOnError ||
      failure === "fatal" ||
      now - (this.#failingSinceMs ?? now) >= this.#options.giveUpAfterMs;
    if (givesUp) this.#fail(this.#destination.callFailed(error));
    else this.#sendAgainLater(batch, error instanceof Error ? error.name : String(error));
  }

  /** Half jitter, so that writers that failed together do not return together. */
  #sendAgainLater(entries: readonly E[], code: string): void {
    const { retryDelayMinMs, retryDelayMaxMs } = this.#options;
    this.#failuresInRow += 1;
    const full = Math.min(retryDelayMaxMs, retryDelayMinMs * 2 ** (this.#failuresInRow - 1));
    const delayMs = full / 2 + this.#services.random.next() * (full / 2);
    // The first, second, fourth, ... failure of a row: enough to see, too few to flood.
    if ((this.#failuresInRow & (this.#failuresInRow - 1)) === 0) {
      this.#services.logger.warn("Entries were refused and will be sent again", {
        entries: entries.length,
        error: code,
        failuresInRow: this.#failuresInRow,
        delayMs: Math.round(delayMs),
      });
    }
    const bytes = this.#sumOf(entries, (entry) => this.#destination.sizeOf(entry));
    this.#parkedRecords += entries.length;
    this.#parkedBytes += bytes;
    const timer = this.#services.clock.setTimer(delayMs, () => {
      this.#backOffs.delete(timer);
      this.#parkedRecords -= entries.length;
      this.#parkedBytes -= bytes;
      this.#queue.pushRetries(entries);
      this.#isDraining = true;
      this.#changed();
    });
    this.#backOffs.add(timer);
  }

  #sumOf(entries: readonly E[], sizeOf: (entry: E) => number): number {
    let bytes = 0;
    for (const entry of entries) bytes += sizeOf(entry);
    return bytes;
  }

  #changed(): void {
    this.#sendWhilePossible();
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }

  #nextChange(): Promise<void> {
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  #fail(error: unknown): void {
    if (this.#failure !== undefined) return;
    this.#stop(error);
    this.#services.fail(error);
  }

  #stop(error: unknown): void {
    this.#failure ??= { error };
    this.#flushTimer?.cancel();
    for (const timer of this.#backOffs) timer.cancel();
    this.#backOffs.clear();
    this.#abort.abort();
    this.#changed();
  }

  #throwIfFailed(): void {
    if (this.#failure === undefined) return;
    const { error } = this.#failure;
    throw error instanceof Error
      ? error
      : new TributaryError({ severity: "error", code: "EXTERNAL_FAILED", message: String(error) });
  }
}
