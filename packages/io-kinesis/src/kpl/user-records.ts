import type { KinesisRecord } from "../client/kinesis-client.js";
import { hasAggregateMagic } from "./aggregate-format.js";
import { isWithin } from "./hash-key-range.js";
import type { HashKeys } from "./hash-key-range.js";
import { readAggregate } from "./read-aggregate.js";
import type { Aggregate } from "./read-aggregate.js";

/** User records that are done already: those of one record, up to and with one of them. */
export interface DoneThrough {
  readonly sequenceNumber: string;
  readonly subSequenceNumber: number;
}

/**
 * Takes the records of one answer apart, a bounded number of user records at a time: an answer of a few megabytes may
 * hold a million of them. Aggregated records of which one user record lies outside the shard are left out whole.
 */
export class UserRecords {
  readonly #records: readonly KinesisRecord[];
  readonly #hashKeys: HashKeys | undefined;
  readonly #doneThrough: DoneThrough | undefined;
  readonly #runMax: number;
  #next = 0;
  /** The aggregated record at `#next`, when it was given in part. */
  #open: Aggregate | undefined;
  #nextSub = 0;

  /** @param hashKeys - of the shard; absent where they cover every key. */
  constructor(
    records: readonly KinesisRecord[],
    hashKeys: HashKeys | undefined,
    doneThrough: DoneThrough | undefined,
    runMax: number,
  ) {
    this.#records = records;
    this.#hashKeys = hashKeys;
    this.#doneThrough = doneThrough;
    this.#runMax = runMax;
  }

  /** The next user records, in order; undefined behind the last. A run may end in the middle of a record. */
  next(): readonly KinesisRecord[] | undefined {
    const run: KinesisRecord[] = [];
    while (this.#next < this.#records.length && run.length < this.#runMax) {
      this.#take(this.#records[this.#next] as KinesisRecord, run);
    }
    return run.length === 0 ? undefined : run;
  }

  #take(record: KinesisRecord, run: KinesisRecord[]): void {
    const done = this.#doneOf(record);
    const aggregate = this.#open ?? (hasAggregateMagic(record.data) ? readAggregate(record.data) : undefined);
    if (aggregate === undefined) {
      this.#next += 1;
      if (done === undefined) run.push(record);
      return;
    }
    if (this.#open === undefined) {
      this.#nextSub = done === undefined ? 0 : done + 1;
      if (this.#hashKeys !== undefined && !isWithin(aggregate, this.#hashKeys)) {
        this.#next += 1;
        return;
      }
    }
    const to = Math.min(aggregate.count, this.#nextSub + this.#runMax - run.length);
    for (let index = this.#nextSub; index < to; index += 1) run.push(userRecord(record, aggregate, index));
    this.#nextSub = to;
    this.#open = to < aggregate.count ? aggregate : undefined;
    if (this.#open === undefined) this.#next += 1;
  }

  #doneOf({ sequenceNumber }: KinesisRecord): number | undefined {
    const done = this.#doneThrough;
    return done?.sequenceNumber === sequenceNumber ? done.subSequenceNumber : undefined;
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
