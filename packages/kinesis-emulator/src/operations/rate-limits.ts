import { limitExceeded, throughputExceeded } from "../errors.js";
import { CONTROL_RATES, RATES } from "../limits.js";
import type { EmulatorClock } from "../clock.js";
import type { Shard } from "../store/shard.js";
import type { Stream } from "../store/stream.js";
import type { EntryGate } from "./writing.js";

/** An allowance that fills up at a steady rate and holds one second's worth. */
class Allowance {
  readonly #perSecond: number;
  #level: number;
  #filledMs: number;

  constructor(perSecond: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#level = perSecond;
    this.#filledMs = nowMs;
  }

  /** Takes `amount` if there is that much. */
  take(amount: number, nowMs: number): boolean {
    if (!this.has(amount, nowMs)) return false;
    this.#level -= amount;
    return true;
  }

  /** Whether `amount` can be taken; more than a second's worth can be when the allowance is full. */
  has(amount: number, nowMs: number): boolean {
    const passedMs = Math.max(0, nowMs - this.#filledMs);
    this.#level = Math.min(this.#perSecond, this.#level + (passedMs * this.#perSecond) / 1000);
    this.#filledMs = nowMs;
    return this.#level >= Math.min(amount, this.#perSecond);
  }

  /** Takes `amount` even if there is less; what is owed must fill up first. */
  owe(amount: number): void {
    this.#level -= amount;
  }

  /** Milliseconds until anything is left. */
  get emptyForMs(): number {
    return this.#level > 0 ? 0 : Math.ceil(((1 - this.#level) * 1000) / this.#perSecond);
  }
}

interface ShardAllowances {
  readonly writeBytes: Allowance;
  readonly writeRecords: Allowance;
  readonly readBytes: Allowance;
  readonly readCalls: Allowance;
  readonly iterators: Allowance;
}

/** The service's rates, counted on the emulator's clock. */
export class RateLimits {
  readonly #clock: EmulatorClock;
  readonly #shards = new WeakMap<Shard, ShardAllowances>();
  readonly #control = new Map<string, Allowance>();

  constructor(clock: EmulatorClock) {
    this.#clock = clock;
  }

  /** @throws LimitExceededException if the account calls this operation too often. */
  control(operation: string): void {
    const rate = CONTROL_RATES[operation];
    if (rate === undefined) return;
    const now = this.#clock.now();
    const allowance = this.#control.get(operation) ?? new Allowance(rate, now);
    this.#control.set(operation, allowance);
    if (!allowance.take(1, now)) throw limitExceeded(`Rate exceeded for operation ${operation}.`);
  }

  /** Lets an entry pass while its shard takes more. */
  writeGate(stream: Stream): EntryGate {
    const now = this.#clock.now();
    return (shard, bytes) => {
      const { writeBytes, writeRecords } = this.#of(shard);
      if (writeBytes.has(bytes, now) && writeRecords.take(1, now)) {
        writeBytes.owe(bytes);
        return undefined;
      }
      return {
        code: "ProvisionedThroughputExceededException",
        message: `Rate exceeded for shard ${shard.id} in stream ${stream.name}.`,
      };
    };
  }

  /** @throws ProvisionedThroughputExceededException if the shard is read too often or too much. */
  read(stream: Stream, shard: Shard): void {
    const now = this.#clock.now();
    const { readCalls, readBytes } = this.#of(shard);
    if (!readBytes.has(1, now) || !readCalls.take(1, now)) throw tooFast(stream, shard);
  }

  /** Counts what a read gave out; a large answer holds up the following ones. */
  hasRead(shard: Shard, bytes: number): void {
    this.#of(shard).readBytes.owe(bytes);
  }

  /** @throws ProvisionedThroughputExceededException. */
  iterator(stream: Stream, shard: Shard): void {
    if (!this.#of(shard).iterators.take(1, this.#clock.now())) throw tooFast(stream, shard);
  }

  /** The allowance of one subscription. */
  subscription(): SubscriptionAllowance {
    return new SubscriptionAllowance(this.#clock);
  }

  #of(shard: Shard): ShardAllowances {
    let allowances = this.#shards.get(shard);
    if (allowances === undefined) {
      const now = this.#clock.now();
      allowances = {
        writeBytes: new Allowance(RATES.writeBytesPerShard, now),
        writeRecords: new Allowance(RATES.writeRecordsPerShard, now),
        readBytes: new Allowance(RATES.readBytesPerShard, now),
        readCalls: new Allowance(RATES.readCallsPerShard, now),
        iterators: new Allowance(RATES.getShardIteratorPerShard, now),
      };
      this.#shards.set(shard, allowances);
    }
    return allowances;
  }
}

/** What one subscription may still deliver. */
export class SubscriptionAllowance {
  readonly #clock: EmulatorClock;
  readonly #bytes: Allowance;

  constructor(clock: EmulatorClock) {
    this.#clock = clock;
    this.#bytes = new Allowance(RATES.subscriptionBytesPerShard, clock.now());
  }

  /** Milliseconds until it may deliver again; 0 for now. */
  waitMs(): number {
    return this.#bytes.has(1, this.#clock.now()) ? 0 : this.#bytes.emptyForMs;
  }

  delivered(bytes: number): void {
    this.#bytes.owe(bytes);
  }
}

function tooFast(stream: Stream, shard: Shard): Error {
  return throughputExceeded(`Rate exceeded for shard ${shard.id} in stream ${stream.name}.`);
}
