/** Pause that keeps one reader of a shard at five GetRecords calls a second. @see Kinesis API Reference, GetRecords. */
const SERVICE_PACE_MS = 200;
const PACE_MAX_MS = 1000;
/** Calls in a row without throttling after which the pace is relaxed. */
const CALM_CALLS = 300;

/**
 * The shortest time between two calls for one shard. None at first, so that an emulator or an unshared shard is read
 * as fast as it answers; the service's own limit once it has throttled; slower if that does not help because others
 * read the same shard.
 */
export class ShardPace {
  #intervalMs = 0;
  #calmCalls = 0;

  get intervalMs(): number {
    return this.#intervalMs;
  }

  throttled(): void {
    this.#calmCalls = 0;
    this.#intervalMs = this.#intervalMs === 0 ? SERVICE_PACE_MS : Math.min(PACE_MAX_MS, this.#intervalMs * 2);
  }

  succeeded(): void {
    if (this.#intervalMs === 0) return;
    this.#calmCalls += 1;
    if (this.#calmCalls < CALM_CALLS) return;
    this.#calmCalls = 0;
    this.#intervalMs = this.#intervalMs > SERVICE_PACE_MS ? this.#intervalMs / 2 : 0;
  }
}
