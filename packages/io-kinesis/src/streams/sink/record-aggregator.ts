/**
 * Packs records into aggregated records of the Kinesis Producer Library, in front of an {@link AsyncBatchWriter}.
 *
 * An aggregated record goes to one shard, and readers drop it whole if one of its records belongs to another. So it
 * holds records of one partition key alone: whatever becomes of the shards meanwhile, they belong together.
 */
import type { AsyncBatchWriter, Clock, Counter, TimerHandle } from "@tributary/core";

import { AggregateBuilder } from "../../kpl/aggregate-builder.js";
import { StreamEntry } from "./put-records-destination.js";

/** Most bytes of an aggregated record's data. @see Kinesis Producer Library, AggregationMaxSize. */
const AGGREGATE_BYTES_MAX = 51_200;

export interface RecordAggregatorOptions {
  /** Records in open aggregates at which all of them are closed. */
  readonly openRecordsMax: number;
  /** Bytes in open aggregates at which all of them are closed. */
  readonly openBytesMax: number;
  /** Longest time that a record waits for its aggregate to fill. */
  readonly flushIntervalMs: number;
  /** Given where records have no keys of their own: the key of each aggregate, of as many bytes as theirs. */
  readonly freshKey?: () => string;
}

interface OpenAggregate {
  readonly builder: AggregateBuilder;
  /** Goes as it is if it stays alone. */
  readonly first: StreamEntry;
}

export class RecordAggregator {
  readonly #batches: AsyncBatchWriter<StreamEntry>;
  readonly #options: RecordAggregatorOptions;
  readonly #clock: Clock;
  readonly #userRecords: Counter;
  readonly #open = new Map<string, OpenAggregate>();
  #openRecords = 0;
  #openBytes = 0;
  #freshKey: string | undefined;
  /** Closed, in order, and not passed on yet. */
  #closed: StreamEntry[] = [];
  #timer: TimerHandle | undefined;
  /** One call of the batch writer follows another, so that nothing is overtaken. */
  #passing: Promise<void> = Promise.resolve();

  /** @param userRecords - counts the records that are passed on, each of an aggregate. */
  constructor(
    batches: AsyncBatchWriter<StreamEntry>,
    options: RecordAggregatorOptions,
    services: { readonly clock: Clock; readonly userRecords: Counter },
  ) {
    this.#batches = batches;
    this.#options = options;
    this.#clock = services.clock;
    this.#userRecords = services.userRecords;
  }

  /** Resolves when the records are accepted. Throws as the batch writer does. */
  async write(entries: readonly StreamEntry[]): Promise<void> {
    for (const entry of entries) this.#add(entry);
    const { openRecordsMax, openBytesMax } = this.#options;
    if (this.#openRecords >= openRecordsMax || this.#openBytes >= openBytesMax) this.#closeAll();
    if (this.#openRecords > 0) this.#startTimer();
    await this.#passOn();
  }

  /** Resolves when every accepted record is in the stream. */
  async flush(): Promise<void> {
    this.#closeAll();
    await this.#passOn();
    await this.#batches.flush();
  }

  close(): void {
    this.#timer?.cancel();
  }

  #add(given: StreamEntry): void {
    const entry = this.#withKey(given);
    const { partitionKey } = entry;
    const open = this.#open.get(partitionKey);
    const before = open?.builder.bytes ?? 0;
    if (open?.builder.tryAdd(entry) === true) {
      this.#openRecords += 1;
      this.#openBytes += open.builder.bytes - before;
      return;
    }
    // What does not fit begins the next one, behind what there is of its key.
    if (open !== undefined) this.#close(partitionKey, open);
    this.#begin(this.#withKey(given));
  }

  #begin(first: StreamEntry): void {
    const builder = new AggregateBuilder(AGGREGATE_BYTES_MAX);
    if (builder.tryAdd(first)) {
      this.#open.set(first.partitionKey, { builder, first });
      this.#openRecords += 1;
      this.#openBytes += builder.bytes;
      return;
    }
    this.#freshKey = undefined;
    this.#userRecords.add(1);
    this.#closed.push(first);
  }

  #withKey(entry: StreamEntry): StreamEntry {
    const { freshKey } = this.#options;
    if (freshKey === undefined) return entry;
    this.#freshKey ??= freshKey();
    return entry.withKey(this.#freshKey);
  }

  #close(partitionKey: string, { builder, first }: OpenAggregate): void {
    const { count } = builder;
    this.#open.delete(partitionKey);
    this.#freshKey = undefined;
    this.#openRecords -= count;
    this.#openBytes -= builder.bytes;
    this.#userRecords.add(count);
    if (count === 1) {
      this.#closed.push(first);
      return;
    }
    this.#closed.push(new StreamEntry(builder.build(), partitionKey, first.bytes - first.dataBytes));
  }

  #closeAll(): void {
    for (const [partitionKey, open] of this.#open) this.#close(partitionKey, open);
  }

  #startTimer(): void {
    this.#timer ??= this.#clock.setTimer(this.#options.flushIntervalMs, () => {
      this.#timer = undefined;
      this.#closeAll();
      // They have waited long enough. Who ends the writer tells the job, and the next call rejects with it.
      this.#passOn().then(
        () => this.#batches.sendBuffered(),
        () => undefined,
      );
    });
  }

  #passOn(): Promise<void> {
    if (this.#closed.length > 0) {
      const entries = this.#closed;
      this.#closed = [];
      this.#passing = this.#passing.then(() => this.#batches.write(entries));
    }
    return this.#passing;
  }
}
