import type { SourceFunctionContext } from "@tributary/core";

import type { KinesisRecord } from "../client/kinesis-client.js";
import { hashKeysOf } from "../kpl/hash-key-range.js";
import { UserRecords } from "../kpl/user-records.js";
import type { DoneThrough } from "../kpl/user-records.js";
import type { RecordPublisher } from "./record-publisher.js";
import type { RecordSynchronizer } from "./record-synchronizer.js";
import type { ShardMetrics } from "./shard-metrics.js";
import { NO_SUB_SEQUENCE, SENTINELS } from "./shard-state.js";
import type { ShardState } from "./shard-state.js";

/** User records that are handed on together; a checkpoint may fall between two such runs. */
export const RUN_RECORDS_MAX = 1_000;
/** How much the service's clock may differ from ours, and how late it may show a record, in milliseconds. */
const TIP_MARGIN_MS = 60_000;

/** What a consumer works with. */
export interface ConsumerParts {
  readonly publisher: RecordPublisher;
  readonly context: SourceFunctionContext<KinesisRecord>;
  readonly metrics: ShardMetrics;
  /** Present: records go through it, in the order of arrival over all shards. */
  readonly synchronizer?: RecordSynchronizer;
  /** Told when the shard is at its tip, or no longer is. */
  readonly onTip: (shardId: string, isAtTip: boolean) => void;
}

/** Reads one shard from its state to its end, in a loop of its own. */
export class ShardConsumer {
  readonly #parts: ConsumerParts;
  #state: ShardState;
  #doneThrough: DoneThrough | undefined;
  #isAtTip = false;

  constructor(state: ShardState, parts: ConsumerParts) {
    this.#state = state;
    this.#parts = parts;
    const { sequenceNumber, subSequenceNumber } = state.position;
    if (subSequenceNumber >= 0) this.#doneThrough = { sequenceNumber, subSequenceNumber };
  }

  get state(): ShardState {
    return this.#state;
  }

  /** Resolves when the shard is done. @throws the signal's reason when the job ends before. */
  async run(): Promise<void> {
    const { publisher, context } = this.#parts;
    try {
      for (;;) {
        const askedMs = context.clock.now();
        const fetched = await publisher.fetch();
        const consumed = await this.#consume(fetched.records, fetched.millisBehindLatest);
        this.#atTip(fetched.millisBehindLatest === 0 || fetched.isEnd, askedMs);
        if (fetched.isEnd) break;
        await publisher.consumed(consumed);
      }
      await this.#end();
    } finally {
      publisher.close();
      this.#parts.metrics.remove();
    }
  }

  async #consume(
    records: readonly KinesisRecord[],
    lagMs: number,
  ): Promise<{
    readonly records: number;
    readonly bytes: number;
    readonly lastSequenceNumber?: string;
  }> {
    const { metrics } = this.#parts;
    metrics.millisBehindLatest = lagMs;
    const user = new UserRecords(
      records,
      hashKeysOf(this.#state.hashKeyRange),
      this.#doneThrough,
      RUN_RECORDS_MAX,
    );
    let count = 0;
    let bytes = 0;
    let last: KinesisRecord | undefined;
    for (let run = user.next(); run !== undefined; run = user.next()) {
      count += run.length;
      for (const record of run) bytes += record.data.length;
      last = run.at(-1);
      await this.#emit(run, lagMs);
    }
    if (last !== undefined) this.#doneThrough = undefined;
    metrics.numberOfAggregatedRecordsPerFetch = records.length;
    metrics.numberOfDeaggregatedRecordsPerFetch = count;
    metrics.averageRecordSizeBytes = count === 0 ? 0 : Math.trunc(bytes / count);
    return {
      records: count,
      bytes,
      ...(last !== undefined && { lastSequenceNumber: last.sequenceNumber }),
    };
  }

  #emit(run: readonly KinesisRecord[], lagMs: number): Promise<void> {
    const { context, synchronizer } = this.#parts;
    const part = this.#state.shardId;
    const of = { part, lagMs };
    if (synchronizer !== undefined) {
      return synchronizer.enqueue(part, run, (record, emit) => {
        emit(record, record.arrivalMs);
        this.#advance(record);
      });
    }
    return context.underCheckpointLock((emit) => {
      for (const record of run) emit(record, record.arrivalMs);
      this.#advance(run.at(-1) as KinesisRecord);
    }, of);
  }

  /** The record is handed on. */
  #advance({ sequenceNumber, subSequenceNumber = NO_SUB_SEQUENCE, arrivalMs }: KinesisRecord): void {
    const { readThroughMs = 0 } = this.#state;
    this.#state = {
      ...this.#state,
      position: { sequenceNumber, subSequenceNumber },
      readThroughMs: Math.max(readThroughMs, arrivalMs),
    };
  }

  /** What arrived well before an answer without anything behind it is done. */
  #atTip(isAtTip: boolean, askedMs: number): void {
    if (isAtTip) {
      const { readThroughMs = 0 } = this.#state;
      this.#state = { ...this.#state, readThroughMs: Math.max(readThroughMs, askedMs - TIP_MARGIN_MS) };
    }
    if (isAtTip === this.#isAtTip) return;
    this.#isAtTip = isAtTip;
    this.#parts.onTip(this.#state.shardId, isAtTip);
  }

  async #end(): Promise<void> {
    const { context, synchronizer } = this.#parts;
    await synchronizer?.finish(this.#state.shardId);
    const ended = { sequenceNumber: SENTINELS.ending, subSequenceNumber: NO_SUB_SEQUENCE };
    await context.underCheckpointLock(
      () => {
        this.#state = { ...this.#state, before: this.#state.position, position: ended };
      },
      { part: this.#state.shardId, lagMs: 0 },
    );
    context.closePart(this.#state.shardId);
  }
}
