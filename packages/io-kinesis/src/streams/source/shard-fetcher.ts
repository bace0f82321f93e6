import type { Clock } from "@tributary/core";

import { factsOf } from "../../client/classify-failure.js";
import type { IteratorStart, KinesisClient, RecordBatch } from "../../client/kinesis-client.js";
import type { OnRetry, Retry } from "../../client/retry.js";
import type { FetchBudget } from "./fetch-budget.js";
import type { ReadLimiter } from "./read-limiter.js";
import { Beginning, isRefusedAsFuture } from "./future-start.js";
import { ContinuityCheck, endedAt } from "./shard-feed.js";
import type { Fetched, ShardFeed } from "./shard-feed.js";
import { ShardPace } from "./shard-pace.js";
import type { ShardPosition } from "./shard-position.js";

/** What a fetcher needs from its reader. */
export interface FetcherContext {
  readonly client: KinesisClient;
  readonly retry: Retry;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Asked for room before every call; a back-off holds none. */
  readonly budget: FetchBudget;
  readonly recordsPerFetchMax: number;
  /** Logs a repetition of the named operation. */
  readonly logRetries: (operation: string) => OnRetry;
  /** Retention has removed the record at which reading was to go on. @throws where that fails the job. */
  readonly onGap: (shardId: string, done: string, first: string) => void;
  /** Pause of a shard after an answer without records. */
  readonly emptyFetchIntervalMs: number;
  /** Keeps the reader below the service's limits; absent where they do not apply. */
  readonly limiter?: ReadLimiter;
}

/** What a record takes beside its data, in bytes; measured on V8 with a UUID as partition key. */
const RECORD_OVERHEAD_BYTES = 280;
/** Expected size of a first answer, and the least that is expected of any, in bytes. */
const EXPECTED_BYTES_FIRST = 1024 * 1024;
const EXPECTED_BYTES_MIN = 64 * 1024;

interface SizedBatch {
  readonly batch: RecordBatch;
  readonly bytes: number;
}

/** Polls one shard in order: keeps its iterator, renews it when it expires, knows the position and the pace. */
export class ShardFetcher implements ShardFeed {
  readonly #shardId: string;
  readonly #context: FetcherContext;
  readonly #pace = new ShardPace();
  readonly #continuity = new ContinuityCheck();
  #position: ShardPosition;
  #iterator: string | undefined;
  #operation: "GetRecords" | "GetShardIterator" = "GetShardIterator";
  #expectedBytes = EXPECTED_BYTES_FIRST;
  #startedMs = 0;
  readonly #beginning = new Beginning();

  constructor(shardId: string, position: ShardPosition, context: FetcherContext) {
    this.#shardId = shardId;
    this.#position = position;
    this.#context = context;
  }

  get position(): ShardPosition {
    return this.#position;
  }

  /** What was asked of the service last. */
  get operation(): "GetRecords" | "GetShardIterator" {
    return this.#operation;
  }

  /** One call of GetRecords, and what it takes to make it. */
  async fetch(): Promise<Fetched> {
    const { retry, signal, logRetries, clock } = this.#context;
    this.#startedMs = clock.now();
    const answer = await retry.run(
      () => this.#callWithinBudget(),
      signal,
      (failure) => {
        if (failure.kind === "throttled" && this.#operation === "GetRecords") this.#pace.throttled();
        logRetries(this.#operation)(failure);
      },
    );
    if (answer === undefined) return endedAt(this.#position);
    this.#pace.succeeded();
    this.#expectedBytes = Math.max(EXPECTED_BYTES_MIN, answer.bytes);
    return this.#take(answer);
  }

  /** An empty answer, the pace after throttling and the limits each ask for a pause: the longest holds. */
  pauseMs({ records }: Fetched): number {
    const { clock, limiter, emptyFetchIntervalMs } = this.#context;
    const now = clock.now();
    return Math.max(
      0,
      records.length === 0 ? emptyFetchIntervalMs : 0,
      this.#startedMs + this.#pace.intervalMs - now,
      limiter?.waitMs(now) ?? 0,
    );
  }

  close(): void {
    this.#iterator = undefined;
  }

  async #callWithinBudget(): Promise<SizedBatch | undefined> {
    const { signal, budget } = this.#context;
    const expectedBytes = this.#expectedBytes;
    await budget.callStarts(expectedBytes, signal);
    let bytes = 0;
    try {
      const batch = await this.#call();
      if (batch === undefined) return undefined;
      bytes = bytesOf(batch);
      return { batch, bytes };
    } finally {
      budget.callEnded(expectedBytes, bytes);
    }
  }

  /** Waiting for room can outlast an iterator, again and again: its replacement is used while there is room. */
  async #call(): Promise<RecordBatch | undefined> {
    if (this.#iterator !== undefined) {
      try {
        return await this.#getRecords(this.#iterator);
      } catch (error) {
        if (factsOf(error).name !== "ExpiredIteratorException") throw error;
      }
    }
    this.#iterator = undefined;
    this.#iterator = await this.#openIterator();
    return this.#iterator === undefined ? undefined : this.#getRecords(this.#iterator);
  }

  #getRecords(iterator: string): Promise<RecordBatch> {
    const { client, signal, recordsPerFetchMax: limit, limiter, clock } = this.#context;
    this.#operation = "GetRecords";
    limiter?.called(clock.now());
    return client.getRecords({ shardId: this.#shardId, iterator, limit }, signal);
  }

  async #openIterator(): Promise<string | undefined> {
    const start = this.#iteratorStart();
    try {
      return await this.#getShardIterator(start);
    } catch (error) {
      if (!isRefusedAsFuture(error, start, this.#context.clock.now())) throw error;
      // A past instant of ours is the service's future if its clock is behind: then "latest" is what was meant.
      if (start.timestampMs > this.#context.clock.now()) this.#beginning.notBefore(start.timestampMs);
      return this.#getShardIterator({ type: "LATEST" });
    }
  }

  #getShardIterator(start: IteratorStart): Promise<string | undefined> {
    const { client, signal } = this.#context;
    this.#operation = "GetShardIterator";
    return client.getShardIterator(this.#shardId, start, signal);
  }

  /**
   * After a sequence number means: at it, without it. If the first record is another one, retention has removed what
   * followed the position, which the service does not say otherwise.
   */
  #iteratorStart(): IteratorStart {
    const position = this.#position;
    switch (position.type) {
      case "TRIM_HORIZON":
        return position;
      case "AT_TIMESTAMP":
        return { type: "AT_TIMESTAMP", timestampMs: position.timestamp };
      case "AFTER_SEQUENCE_NUMBER":
        this.#continuity.expect(position);
        return { type: "AT_SEQUENCE_NUMBER", sequenceNumber: position.sequenceNumber };
    }
  }

  #take({ batch, bytes }: SizedBatch): Fetched {
    this.#iterator = batch.nextIterator;
    this.#context.limiter?.received(bytes);
    const shardId = this.#shardId;
    const continued = this.#continuity.check(batch.records, (done, first) =>
      this.#context.onGap(shardId, done, first),
    );
    const records = this.#beginning.without(continued.records);
    const last = records.at(-1);
    if (last !== undefined) {
      this.#position = { type: "AFTER_SEQUENCE_NUMBER", sequenceNumber: last.sequenceNumber };
    }
    return {
      records,
      position: this.#position,
      millisBehindLatest: batch.millisBehindLatest,
      childShards: batch.childShards,
      isShardEnd: batch.nextIterator === undefined,
      bytes,
      ...(continued.doneThrough !== undefined && { doneThrough: continued.doneThrough }),
    };
  }
}

/** Of the payloads and what their records take beside them. */
function bytesOf({ records, dataBytes }: RecordBatch): number {
  const data = dataBytes ?? records.reduce((sum, record) => sum + record.data.length, 0);
  return data + records.length * RECORD_OVERHEAD_BYTES;
}
