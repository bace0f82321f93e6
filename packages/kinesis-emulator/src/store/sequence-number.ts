/**
 * Sequence numbers: 56 decimal digits that grow with each record of a stream.
 *
 * | digits | content |
 * | --- | --- |
 * | 2 | `49`, as the service's begin |
 * | 13 | the stream's epoch: its time of creation in ms, unique, so that a stream created again continues above |
 * | 16 | the stream's counter: one step for each record, each new shard and each shard's end |
 * | 13 | arrival time in ms |
 * | 12 | index of the shard |
 *
 * The counter alone orders the records of a stream and finds one in its shard; the rest identifies.
 */

/** Offsets of the parts within the 56 digits. */
export const COUNTER_AT = 15;
export const COUNTER_DIGITS = 16;
export const TIME_AT = 31;
export const TIME_DIGITS = 13;
export const SHARD_AT = 44;
export const SHARD_DIGITS = 12;
export const SEQUENCE_NUMBER_DIGITS = 56;

const OURS = /^49\d{54}$/;

/** The first 15 digits of all sequence numbers of a stream. */
export function sequenceNumberPrefix(epochMs: number): string {
  return `49${String(epochMs).padStart(13, "0")}`;
}

export function sequenceNumber(prefix: string, counter: number, timeMs: number, shardIndex: number): string {
  return (
    prefix +
    String(counter).padStart(COUNTER_DIGITS, "0") +
    String(timeMs).padStart(TIME_DIGITS, "0") +
    String(shardIndex).padStart(SHARD_DIGITS, "0")
  );
}

/** What a sequence number in a request says about a position in a stream. */
export type SequencePosition =
  | { readonly kind: "known"; readonly counter: number; readonly shardIndex: number }
  /** An integer that the stream never gave out, less than all or greater than all of its own. */
  | { readonly kind: "before" }
  | { readonly kind: "after" };

/** Reads a sequence number against a stream's prefix; compared as an integer if it has another shape. */
export function readSequenceNumber(text: string, prefix: string): SequencePosition {
  if (OURS.test(text) && text.startsWith(prefix)) {
    return {
      kind: "known",
      counter: Number(text.slice(COUNTER_AT, TIME_AT)),
      shardIndex: Number(text.slice(SHARD_AT)),
    };
  }
  return { kind: BigInt(text) < BigInt(prefix.padEnd(SEQUENCE_NUMBER_DIGITS, "0")) ? "before" : "after" };
}

/** Writes a non-negative integer below 10^16 as `digits` decimal digits with leading zeros. */
export function writeDigits(target: Uint8Array, at: number, digits: number, value: number): void {
  let low = (value % 100_000_000) | 0;
  let high = Math.floor(value / 100_000_000) | 0;
  let i = at + digits - 1;
  const middle = Math.max(at, i - 7);
  for (; i >= middle; i--) {
    const rest = (low / 10) | 0;
    target[i] = 48 + low - rest * 10;
    low = rest;
  }
  for (; i >= at; i--) {
    const rest = (high / 10) | 0;
    target[i] = 48 + high - rest * 10;
    high = rest;
  }
}
