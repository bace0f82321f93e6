import { factsOf } from "../../client/classify-failure.js";
import type { IteratorStart, KinesisRecord } from "../../client/kinesis-client.js";
import { CLOCK_SKEW_MAX_MS } from "./shard-discovery.js";

/** The service refuses instants in its future, and "now" is one if its clock is behind ours. */
export function isRefusedAsFuture(
  error: unknown,
  start: IteratorStart,
  nowMs: number,
): start is Extract<IteratorStart, { type: "AT_TIMESTAMP" }> {
  const { name } = factsOf(error);
  return (
    start.type === "AT_TIMESTAMP" &&
    (name === "InvalidArgumentException" || name === "ValidationException") &&
    start.timestampMs > nowMs - CLOCK_SKEW_MAX_MS
  );
}

/** Leaves out what arrives before a start position that lies in the future. */
export class Beginning {
  #notBeforeMs: number | undefined;

  notBefore(ms: number): void {
    this.#notBeforeMs = ms;
  }

  without(records: readonly KinesisRecord[]): readonly KinesisRecord[] {
    const notBeforeMs = this.#notBeforeMs;
    if (notBeforeMs === undefined) return records;
    const from = records.findIndex((record) => record.arrivalMs >= notBeforeMs);
    if (from < 0) return [];
    this.#notBeforeMs = undefined;
    return records.slice(from);
  }
}
