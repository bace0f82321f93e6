import type { KinesisRecord } from "../../client/kinesis-client.js";
import { hasAggregateMagic } from "../../kpl/aggregate-format.js";
import { isWithin } from "../../kpl/hash-key-range.js";
import type { HashKeys } from "../../kpl/hash-key-range.js";
import { readAggregate } from "../../kpl/read-aggregate.js";
import type { Aggregate } from "../../kpl/read-aggregate.js";
import type { ShardPosition } from "./shard-position.js";

/** Most user records given at once: an answer of a few megabytes may hold a million of them. */
export const USER_RECORDS_MAX = 10_000;

/** What a cursor does with aggregated records. */
export interface CursorOptions {
  /** False: they pass as they are. */
  readonly deaggregates: boolean;
  /** Hash keys of the shard; absent where they cover every key. */
  readonly hashKeys: HashKeys | undefined;
  /** User records of the first record that are done already, up to and with this one. */
  readonly doneThrough: { readonly sequenceNumber: string; readonly subSequenceNumber: number } | undefined;
}

/** A run of records, and where reading continues behind it; absent behind the last. */
export interface RecordRun {
  readonly records: readonly KinesisRecord[];
  readonly position?: ShardPosition;
}

/**
 * Walks through the records of one answer and takes aggregated ones apart on the way, a bounded number of user records
 * at a time. What has not been asked for yet stays packed.
 */
export class RecordCursor {
  readonly #records: readonly KinesisRecord[];
  readonly #options: CursorOptions;
  #next = 0;
  /** The aggregated record at `#next`, when it was given in part. */
  #open: Aggregate | undefined;
  #nextSub = 0;

  constructor(records: readonly KinesisRecord[], options: CursorOptions) {
    this.#records = records;
    this.#options = options;
  }

  /** The next records, at most about {@link USER_RECORDS_MAX}; the run without a position is the last. */
  next(): RecordRun {
    if (this.#isPlain()) return { records: this.#records };
    const run: KinesisRecord[] = [];
    while (this.#next < this.#records.length) {
      this.#take(this.#records[this.#next] as KinesisRecord, run);
      if (this.#open !== undefined) return { records: run, position: this.#within() };
      if (run.length >= USER_RECORDS_MAX && this.#next < this.#records.length) {
        return { records: run, position: this.#behind() };
      }
    }
    return { records: run };
  }

  /** Is there nothing to take apart and nothing to leave out? */
  #isPlain(): boolean {
    if (this.#next > 0 || this.#open !== undefined || this.#options.doneThrough !== undefined) return false;
    return !this.#options.deaggregates || !this.#records.some(({ data }) => hasAggregateMagic(data));
  }

  #take(record: KinesisRecord, run: KinesisRecord[]): void {
    const aggregate = this.#open ?? this.#aggregateOf(record);
    const done = this.#doneOf(record);
    if (aggregate === undefined) {
      this.#next += 1;
      if (done === undefined) run.push(record);
      return;
    }
    const from = this.#open === undefined ? (done ?? -1) + 1 : this.#nextSub;
    const to = Math.min(aggregate.count, from + Math.max(1, USER_RECORDS_MAX - run.length));
    for (let index = from; index < to; index += 1) run.push(userRecord(record, aggregate, index));
    if (to < aggregate.count) {
      this.#open = aggregate;
      this.#nextSub = to;
    } else {
      this.#open = undefined;
      this.#next += 1;
    }
  }

  /** Undefined for a plain record; empty for one of which nothing belongs here. */
  #aggregateOf(record: KinesisRecord): Aggregate | undefined {
    const { deaggregates, hashKeys } = this.#options;
    const aggregate = deaggregates ? readAggregate(record.data) : undefined;
    if (aggregate === undefined || hashKeys === undefined || isWithin(aggregate, hashKeys)) return aggregate;
    return { count: 0, partitionKeys: [], data: [] };
  }

  #doneOf({ sequenceNumber }: KinesisRecord): number | undefined {
    const done = this.#options.doneThrough;
    return done?.sequenceNumber === sequenceNumber ? done.subSequenceNumber : undefined;
  }

  #within(): ShardPosition {
    const { sequenceNumber } = this.#records[this.#next] as KinesisRecord;
    return { type: "AFTER_SEQUENCE_NUMBER", sequenceNumber, subSequenceNumber: this.#nextSub - 1 };
  }

  #behind(): ShardPosition {
    const { sequenceNumber } = this.#records[this.#next - 1] as KinesisRecord;
    return { type: "AFTER_SEQUENCE_NUMBER", sequenceNumber };
  }
}

function userRecord(carrier: KinesisRecord, aggregate: Aggregate, index: number): KinesisRecord {
  const explicitHashKey = aggregate.explicitHashKeys?.[index];
  const record = {
    data: aggregate.data[index] as Uint8Array,
    partitionKey: aggregate.partitionKeys[index] as string,
    sequenceNumber: carrier.sequenceNumber,
    arrivalMs: carrier.arrivalMs,
    origin: carrier.origin,
    subSequenceNumber: index,
  };
  return explicitHashKey === undefined ? record : { ...record, explicitHashKey };
}
