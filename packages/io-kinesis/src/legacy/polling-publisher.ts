import type { Clock } from "@tributary/core";

import { factsOf } from "../client/classify-failure.js";
import type { IteratorStart, KinesisClient } from "../client/kinesis-client.js";
import { adaptiveLimit } from "./adaptive-limit.js";
import { repeatRecoverable } from "./full-jitter.js";
import type { OnPause, RetryServices } from "./full-jitter.js";
import { FutureStart } from "./future-start.js";
import type { Consumed, Fetched, RecordPublisher } from "./record-publisher.js";
import type { ShardMetrics } from "./shard-metrics.js";
import type { PollingSettings } from "./source-settings.js";

/** What a publisher needs beside its shard. */
export interface PollingContext {
  readonly client: KinesisClient;
  readonly settings: PollingSettings;
  readonly services: RetryServices & { readonly clock: Clock };
  readonly metrics: ShardMetrics;
  readonly logRetry: (operation: string) => OnPause;
}

/** Polls one shard: one iterator, a pause that makes calls come at the interval, perhaps a limit that follows sizes. */
export class PollingPublisher implements RecordPublisher {
  readonly #shardId: string;
  readonly #context: PollingContext;
  #position: IteratorStart;
  readonly #start = new FutureStart();
  #iterator: string | undefined;
  #limit: number;
  #loopStartedMs = 0;

  constructor(shardId: string, start: IteratorStart, context: PollingContext) {
    this.#shardId = shardId;
    this.#position = start;
    this.#context = context;
    this.#limit = context.settings.recordsPerFetchMax;
  }

  async fetch(): Promise<Fetched> {
    const { services, metrics } = this.#context;
    this.#loopStartedMs = services.clock.now();
    this.#iterator ??= await this.#openIterator();
    while (this.#iterator !== undefined) {
      metrics.maxNumberOfRecordsPerFetch = this.#limit;
      try {
        return await this.#getRecords(this.#iterator);
      } catch (error) {
        if (factsOf(error).name !== "ExpiredIteratorException") throw error;
      }
      this.#iterator = await this.#openIterator();
      await services.clock.sleep(this.#context.settings.fetchIntervalMs, services.signal);
    }
    return { records: [], millisBehindLatest: 0, isEnd: true };
  }

  async consumed(batch: Consumed): Promise<void> {
    const { services, settings, metrics } = this.#context;
    const { clock, signal } = services;
    if (batch.lastSequenceNumber !== undefined) {
      this.#position = { type: "AFTER_SEQUENCE_NUMBER", sequenceNumber: batch.lastSequenceNumber };
    }
    const sleepMs = Math.max(0, settings.fetchIntervalMs - (clock.now() - this.#loopStartedMs));
    metrics.sleepTimeMillis = sleepMs;
    if (sleepMs > 0) await clock.sleep(sleepMs, signal);
    const loopMs = clock.now() - this.#loopStartedMs;
    metrics.runLoopTimeNanos = loopMs * 1e6;
    metrics.loopFrequencyHz = loopMs > 0 ? 1000 / loopMs : 0;
    if (!settings.isAdaptive) return;
    this.#limit = adaptiveLimit(this.#limit, loopMs, batch);
    if (batch.records > 0) metrics.bytesRequestedPerFetch = (batch.bytes / batch.records) * this.#limit;
  }

  close(): void {
    this.#iterator = undefined;
  }

  async #getRecords(iterator: string): Promise<Fetched> {
    const { client, settings, services, logRetry } = this.#context;
    const request = { shardId: this.#shardId, iterator, limit: this.#limit };
    const answer = await repeatRecoverable(
      () => client.getRecords(request, services.signal),
      settings.getRecords,
      services,
      logRetry("GetRecords"),
    );
    this.#iterator = answer.nextIterator;
    return {
      records: this.#start.without(answer.records),
      millisBehindLatest: answer.millisBehindLatest,
      isEnd: answer.nextIterator === undefined,
    };
  }

  #openIterator(): Promise<string | undefined> {
    const { client, settings, services, logRetry } = this.#context;
    return this.#start.open(this.#position, services.clock.now(), (start) =>
      repeatRecoverable(
        () => client.getShardIterator(this.#shardId, start, services.signal),
        settings.getIterator,
        services,
        logRetry("GetShardIterator"),
      ),
    );
  }
}
