import type { Clock, Counter, Logger } from "@tributary/core";

import { factsOf } from "../../client/classify-failure.js";
import type {
  IteratorStart,
  KinesisClient,
  KinesisRecord,
  RecordBatch,
} from "../../client/kinesis-client.js";
import type { OnRetry, Retry } from "../../client/retry.js";
import type { FetchBudget } from "./fetch-budget.js";
import { CLOCK_SKEW_MAX_MS } from "./shard-discovery.js";
import { ShardPace } from "./shard-pace.js";
import type { ShardPosition } from "./shard-position.js";

/** What a fetcher needs from its reader. */
export interface FetcherContext {
  readonly client: KinesisClient;
  readonly retry: Retry;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Asked for room before every call; a back-off holds none. */
  readonly budget: FetchBudget;
  readonly recordsPerFetchMax: number;
  /** Logs a repetition of the named operation. */
  readonly logRetries: (operation: string) => OnRetry;
  /** Restored positions that retention had removed. */
  readonly lostPositions: Counter;
}

/** What a record takes beside its data, in bytes; measured on V8 with a UUID as partition key. */
const RECORD_OVERHEAD_BYTES = 280;
/** Expected size of a first answer, and the least that is expected of any, in bytes. */
const EXPECTED_BYTES_FIRST = 1024 * 1024;
const EXPECTED_BYTES_MIN = 64 * 1024;

/** Records that follow each other in a shard. */
export interface Fetched {
  readonly records: readonly KinesisRecord[];
  /** Position after them. */
  readonly position: ShardPosition;
  readonly millisBehindLatest: number;
  readonly childShards: RecordBatch["childShards"];
  readonly isShardEnd: boolean;
  /** Bytes that stay counted in the budget until they are given back. */
  readonly bytes: number;
}

interface SizedBatch {
  readonly batch: RecordBatch;
  readonly bytes: number;
}

/** The end of a shard that has nothing more to say. */
export function endedAt(position: ShardPosition): Fetched {
  return { records: [], position, millisBehindLatest: 0, childShards: [], isShardEnd: true, bytes: 0 };
}

/** Reads one shard in order: keeps its iterator, renews it when it expires, knows the position. */
export class ShardFetcher {
  readonly #shardId: string;
  readonly #context: FetcherContext;
  readonly pace = new ShardPace();
  #position: ShardPosition;
  #iterator: string | undefined;
  #operation: "GetRecords" | "GetShardIterator" = "GetShardIterator";
  #expectedBytes = EXPECTED_BYTES_FIRST;
  /** The record at which an iterator was opened although it is done: the first answer must begin with it. */
  #doneSequenceNumber: string | undefined;
  /** Drop records that arrived before this: the start position lies in the future. */
  #notBeforeMs: number | undefined;

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

  /**
   * One call of GetRecords, and what it takes to make it.
   *
   * @throws the service's error if the shard or stream is gone, or if retries are exhausted.
   */
  async fetch(): Promise<Fetched> {
    const { retry, signal, logRetries } = this.#context;
    const answer = await retry.run(
      () => this.#callWithinBudget(),
      signal,
      (failure) => {
        if (failure.kind === "throttled" && this.#operation === "GetRecords") this.pace.throttled();
        logRetries(this.#operation)(failure);
      },
    );
    if (answer === undefined) return endedAt(this.#position);
    this.pace.succeeded();
    this.#expectedBytes = Math.max(EXPECTED_BYTES_MIN, answer.bytes);
    return this.#take(answer);
  }

  async #callWithinBudget(): Promise<SizedBatch | undefined> {
    const { signal, budget } = this.#context;
    const expectedBytes = this.#expectedBytes;
    await budget.callStarts(expectedBytes, signal);
    let bytes = 0;
    try {
      const batch = await this.#call();
      if (batch === undefined) return undefined;
      for (const record of batch.records) bytes += record.data.length + RECORD_OVERHEAD_BYTES;
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
    const { client, signal, recordsPerFetchMax: limit } = this.#context;
    this.#operation = "GetRecords";
    return client.getRecords({ shardId: this.#shardId, iterator, limit }, signal);
  }

  async #openIterator(): Promise<string | undefined> {
    const start = this.#iteratorStart();
    try {
      return await this.#getShardIterator(start);
    } catch (error) {
      if (!this.#isRefusedAsFuture(error, start)) throw error;
      // A past instant of ours is the service's future if its clock is behind: then "latest" is what was meant.
      if (start.timestampMs > this.#context.clock.now()) this.#notBeforeMs = start.timestampMs;
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
        this.#doneSequenceNumber = position.sequenceNumber;
        return { type: "AT_SEQUENCE_NUMBER", sequenceNumber: position.sequenceNumber };
    }
  }

  /** The service refuses instants in its future, and "now" is one if its clock is behind ours. */
  #isRefusedAsFuture(
    error: unknown,
    start: IteratorStart,
  ): start is Extract<IteratorStart, { type: "AT_TIMESTAMP" }> {
    const { name } = factsOf(error);
    return (
      start.type === "AT_TIMESTAMP" &&
      (name === "InvalidArgumentException" || name === "ValidationException") &&
      start.timestampMs > this.#context.clock.now() - CLOCK_SKEW_MAX_MS
    );
  }

  #take({ batch, bytes }: SizedBatch): Fetched {
    this.#iterator = batch.nextIterator;
    const records = this.#withoutBefore(this.#withoutDone(batch.records));
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
    };
  }

  #withoutDone(records: readonly KinesisRecord[]): readonly KinesisRecord[] {
    const [first] = records;
    const done = this.#doneSequenceNumber;
    if (done === undefined || first === undefined) return records;
    this.#doneSequenceNumber = undefined;
    if (first.sequenceNumber === done) return records.slice(1);
    if (BigInt(first.sequenceNumber) > BigInt(done)) this.#warnOfLoss(done, first.sequenceNumber);
    return records;
  }

  #warnOfLoss(done: string, first: string): void {
    this.#context.lostPositions.add(1);
    this.#context.logger.warn("Retention has removed the position to continue from; records may be lost", {
      code: "SOURCE_DATA_LOST",
      shard: this.#shardId,
      afterSequenceNumber: done,
      continuesAt: first,
    });
  }

  #withoutBefore(records: readonly KinesisRecord[]): readonly KinesisRecord[] {
    const notBeforeMs = this.#notBeforeMs;
    if (notBeforeMs === undefined) return records;
    const from = records.findIndex((record) => record.arrivalMs >= notBeforeMs);
    if (from < 0) return [];
    this.#notBeforeMs = undefined;
    return records.slice(from);
  }
}
