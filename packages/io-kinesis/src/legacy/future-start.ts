import { factsOf } from "../client/classify-failure.js";
import type { IteratorStart, KinesisRecord } from "../client/kinesis-client.js";

/** How far our clock may be ahead of the service's before "now" counts as the future. */
const CLOCK_SKEW_MAX_MS = 15 * 60_000;

/**
 * LATEST is read from the instant at which a shard's reader began, and the service refuses instants in its own future:
 * where its clock is behind ours, its "latest" is what was meant.
 */
export class FutureStart {
  #notBeforeMs: number | undefined;

  /** Opens at `start`, or at the tip if the service takes `start` for the future. */
  async open<T>(start: IteratorStart, nowMs: number, open: (start: IteratorStart) => Promise<T>): Promise<T> {
    try {
      return await open(start);
    } catch (error) {
      if (!this.isRefused(error, start, nowMs)) throw error;
      return open({ type: "LATEST" });
    }
  }

  /** Does the error say that `start` is the service's future? Then records before it are left out from now on. */
  isRefused(error: unknown, start: IteratorStart, nowMs: number): boolean {
    const { name } = factsOf(error);
    if (start.type !== "AT_TIMESTAMP" || start.timestampMs <= nowMs - CLOCK_SKEW_MAX_MS) return false;
    if (name !== "InvalidArgumentException" && name !== "ValidationException") return false;
    if (start.timestampMs > nowMs) this.#notBeforeMs = start.timestampMs;
    return true;
  }

  /** What arrived at the start or later. */
  without(records: readonly KinesisRecord[]): readonly KinesisRecord[] {
    const notBeforeMs = this.#notBeforeMs;
    if (notBeforeMs === undefined) return records;
    const from = records.findIndex((record) => record.arrivalMs >= notBeforeMs);
    if (from < 0) return [];
    this.#notBeforeMs = undefined;
    return records.slice(from);
  }
}
