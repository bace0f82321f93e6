/** Figures of the service for one shard that is read by polling. @see Kinesis API Reference, GetRecords. */
const CALLS_PER_SECOND = 5;
const BYTES_PER_SECOND = 2 * 1024 * 1024;

/** An allowance that grows with time up to one second's worth. What is taken beyond it must be waited for. */
class TokenBucket {
  readonly #perSecond: number;
  readonly #capacity: number;
  #tokens: number;
  #filledMs: number | undefined;

  constructor(perSecond: number) {
    this.#perSecond = perSecond;
    this.#capacity = Math.max(1, perSecond);
    this.#tokens = this.#capacity;
  }

  take(amount: number): void {
    this.#tokens -= amount;
  }

  /** Time until there are so many tokens. */
  waitMs(needed: number, nowMs: number): number {
    const elapsedMs = Math.max(0, nowMs - (this.#filledMs ?? nowMs));
    this.#filledMs = nowMs;
    this.#tokens = Math.min(this.#capacity, this.#tokens + (elapsedMs * this.#perSecond) / 1000);
    return this.#tokens >= needed ? 0 : Math.ceil(((needed - this.#tokens) * 1000) / this.#perSecond);
  }
}

/**
 * Keeps one reader of a shard within its share of the service's limits: calls a second and bytes a second. An answer
 * may be larger than a second's worth; then the shard is left alone until that is made up for, as the service demands.
 */
export class ReadLimiter {
  readonly #calls: TokenBucket;
  readonly #bytes: TokenBucket;

  /** @param share - of the service's limits, more than 0 and at most 1. */
  constructor(share: number) {
    this.#calls = new TokenBucket(CALLS_PER_SECOND * share);
    this.#bytes = new TokenBucket(BYTES_PER_SECOND * share);
  }

  /** A call is made. */
  called(nowMs: number): void {
    this.waitMs(nowMs);
    this.#calls.take(1);
  }

  /** An answer has come. */
  received(bytes: number): void {
    this.#bytes.take(bytes);
  }

  /** Time until the next call may be made. */
  waitMs(nowMs: number): number {
    return Math.max(this.#calls.waitMs(1, nowMs), this.#bytes.waitMs(0, nowMs));
  }
}
