/**
 * The records of one shard.
 *
 * A record is kept as the JSON text that GetRecords answers with, the records of a chunk one behind the other and each
 * with a comma in front, so that an answer is a few slices of memory and no work per record. Beside the text stand
 * columns: counter (see sequence-number.ts), arrival time, where payload and partition key are in the text, and a
 * running total of bytes. Both counters and times ascend, so every position is found by halving: cost does not grow
 * with the length of a shard.
 */
import { decodedBytes } from "../protocol/base64.js";
import {
  COUNTER_AT,
  COUNTER_DIGITS,
  SEQUENCE_NUMBER_DIGITS,
  SHARD_AT,
  SHARD_DIGITS,
  TIME_AT,
  TIME_DIGITS,
  writeDigits,
} from "./sequence-number.js";

const OPENING = ',{"SequenceNumber":"';
const DATA_LABEL = '","Data":"';
const KEY_LABEL = '","PartitionKey":"';
const HEAD_BYTES = OPENING.length + SEQUENCE_NUMBER_DIGITS + DATA_LABEL.length;
const KEY_LABEL_TEXT = Buffer.from(KEY_LABEL);
/** Bytes between a payload's base64 text and its key's text. */
export const KEY_LABEL_BYTES = KEY_LABEL_TEXT.length;
/** No record's text is shorter: head, key label, closing text with a time of one digit. */
const RECORD_TEXT_BYTES_MIN = 140;
const CHUNK_BYTES = [16 * 1024, 64 * 1024, 256 * 1024, 1024 * 1024];
const CHUNK_BYTES_LAST = 1024 * 1024;

/** A run of records; the first may be trimmed away. */
export class Chunk {
  readonly text: Buffer;
  readonly counters: Float64Array;
  readonly times: Float64Array;
  /** End of each record's text. */
  readonly ends: Uint32Array;
  readonly dataEnds: Uint32Array;
  readonly keyEnds: Uint32Array;
  /** Bytes of payloads and keys of this chunk's records up to and with each one. */
  readonly totals: Float64Array;
  count = 0;
  /** Index of the first record that is not trimmed. */
  first = 0;

  constructor(textBytes: number) {
    const records = Math.ceil(textBytes / RECORD_TEXT_BYTES_MIN);
    this.text = Buffer.allocUnsafeSlow(textBytes);
    this.counters = new Float64Array(records);
    this.times = new Float64Array(records);
    this.ends = new Uint32Array(records);
    this.dataEnds = new Uint32Array(records);
    this.keyEnds = new Uint32Array(records);
    this.totals = new Float64Array(records);
  }

  get used(): number {
    return this.count === 0 ? 0 : (this.ends[this.count - 1] ?? 0);
  }

  get lastCounter(): number {
    return this.counters[this.count - 1] ?? -1;
  }

  get lastTime(): number {
    return this.times[this.count - 1] ?? 0;
  }

  startOf(record: number): number {
    return record === 0 ? 0 : (this.ends[record - 1] ?? 0);
  }

  /** Where the payload's base64 text begins; it ends at `dataEnds`. */
  dataStartOf(record: number): number {
    return this.startOf(record) + HEAD_BYTES;
  }

  /** Bytes of the payload. */
  dataBytesOf(record: number): number {
    return decodedBytes(this.text, this.dataStartOf(record), this.dataEnds[record] ?? 0);
  }

  /** Where the 56 digits of the sequence number begin. */
  numberStartOf(record: number): number {
    return this.startOf(record) + OPENING.length;
  }

  /** Where the partition key's JSON text begins, without quotes; it ends at `keyEnds`. */
  keyStartOf(record: number): number {
    return (this.dataEnds[record] ?? 0) + KEY_LABEL_BYTES;
  }

  totalBefore(record: number): number {
    return record === 0 ? 0 : (this.totals[record - 1] ?? 0);
  }

  /** The records `from` (inclusive) to `to` as JSON text, each with a comma in front. */
  textOf(from: number, to: number): Buffer {
    return this.text.subarray(this.startOf(from), this.startOf(to));
  }
}

/** Consecutive records of one chunk: `from` inclusive, `to` exclusive. */
export interface ChunkPart {
  readonly chunk: Chunk;
  readonly from: number;
  readonly to: number;
}

/** Consecutive records, perhaps none. */
export interface RecordSlice {
  readonly parts: readonly ChunkPart[];
  readonly count: number;
  /** Payloads and keys. */
  readonly bytes: number;
  /** Counter and arrival time of the last record; -1 and 0 if there is none. */
  readonly lastCounter: number;
  readonly lastTime: number;
}

/** @see the head of this file. */
export class RecordLog {
  readonly #head: Buffer;
  #chunks: Chunk[] = [];
  #made = 0;
  #closing = Buffer.alloc(0);
  #timeMs = -1;
  #lastCounter = -1;

  constructor(prefix: string, shardIndex: number) {
    this.#head = Buffer.from(OPENING + prefix.padEnd(SEQUENCE_NUMBER_DIGITS, "0") + DATA_LABEL);
    writeDigits(this.#head, OPENING.length + SHARD_AT, SHARD_DIGITS, shardIndex);
  }

  /** Counter of the record written last, trimmed or not; -1 if there never was one. */
  get lastCounter(): number {
    return this.#lastCounter;
  }

  get count(): number {
    return this.#chunks.reduce((sum, chunk) => sum + chunk.count - chunk.first, 0);
  }

  /** Bytes of memory that the records take. */
  get memoryBytes(): number {
    return this.#chunks.reduce((sum, chunk) => sum + chunk.text.length, 0);
  }

  /**
   * Adds a record. Counters ascend; a time before the last record's is lifted to it. Offsets are of the payload's
   * base64 text and the key's JSON text within `bytes`; not an object, since there would be one for each record.
   *
   * @param payloadBytes - bytes of payload and partition key, after decoding.
   */
  append(
    bytes: Buffer,
    dataStart: number,
    dataEnd: number,
    keyStart: number,
    keyEnd: number,
    counter: number,
    timeMs: number,
    payloadBytes: number,
  ): void {
    if (timeMs !== this.#timeMs) this.#setTime(Math.max(timeMs, this.#timeMs));
    const head = this.#head;
    const closing = this.#closing;
    const dataBytes = dataEnd - dataStart;
    const size = HEAD_BYTES + dataBytes + KEY_LABEL_BYTES + (keyEnd - keyStart) + closing.length;
    const chunk = this.#room(size);
    const { text, count } = chunk;
    let at = chunk.used;
    writeDigits(head, OPENING.length + COUNTER_AT, COUNTER_DIGITS, counter);
    text.set(head, at);
    at += HEAD_BYTES;
    chunk.dataEnds[count] = at + dataBytes;
    // In the request's usual form both parts stand in the order of the answer, with the same text in between.
    if (keyStart - dataEnd === KEY_LABEL_BYTES) {
      bytes.copy(text, at, dataStart, keyEnd);
      at += keyEnd - dataStart;
    } else {
      bytes.copy(text, at, dataStart, dataEnd);
      at += dataBytes;
      text.set(KEY_LABEL_TEXT, at);
      at += KEY_LABEL_BYTES;
      bytes.copy(text, at, keyStart, keyEnd);
      at += keyEnd - keyStart;
    }
    chunk.keyEnds[count] = at;
    text.set(closing, at);
    chunk.ends[count] = at + closing.length;
    chunk.counters[count] = counter;
    chunk.times[count] = this.#timeMs;
    chunk.totals[count] = chunk.totalBefore(count) + payloadBytes;
    chunk.count = count + 1;
    this.#lastCounter = counter;
  }

  /** Records from the first one whose counter is at least `counter`, at most so many records and bytes, at least one. */
  slice(counter: number, recordsMax: number, bytesMax: number): RecordSlice {
    const parts: ChunkPart[] = [];
    let count = 0;
    let bytes = 0;
    for (let c = this.#chunkOf(counter); c < this.#chunks.length && count < recordsMax; c++) {
      const chunk = this.#chunks[c] as Chunk;
      const from = Math.max(
        chunk.first,
        parts.length > 0 ? 0 : lowerBound(chunk.counters, chunk.count, counter),
      );
      if (from >= chunk.count) continue;
      const wanted = Math.min(chunk.count, from + recordsMax - count);
      const before = chunk.totalBefore(from);
      let to = wanted;
      if ((chunk.totals[wanted - 1] ?? 0) - before > bytesMax - bytes) {
        to = lowerBound(chunk.totals, wanted, before + bytesMax - bytes + 0.5);
        if (to <= from) to = count === 0 ? from + 1 : from;
      }
      if (to > from) {
        parts.push({ chunk, from, to });
        count += to - from;
        bytes += (chunk.totals[to - 1] ?? 0) - before;
      }
      if (to < wanted) break;
    }
    const last = parts.at(-1);
    return {
      parts,
      count,
      bytes,
      lastCounter: last === undefined ? -1 : (last.chunk.counters[last.to - 1] ?? -1),
      lastTime: last === undefined ? 0 : (last.chunk.times[last.to - 1] ?? 0),
    };
  }

  /** Counter of the first record that arrived at `timeMs` or later. */
  counterAt(timeMs: number): number | undefined {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#chunks[middle] as Chunk).lastTime < timeMs) low = middle + 1;
      else high = middle;
    }
    const chunk = this.#chunks[low];
    if (chunk === undefined) return undefined;
    return chunk.counters[Math.max(chunk.first, lowerBound(chunk.times, chunk.count, timeMs))];
  }

  /** Drops the records that arrived before `horizonMs`; gives back how many. */
  trim(horizonMs: number): number {
    const first = this.#chunks[0];
    const oldest = first?.times[first.first];
    if (oldest === undefined || oldest >= horizonMs) return 0;
    const before = this.count;
    let whole = 0;
    while (whole < this.#chunks.length && (this.#chunks[whole] as Chunk).lastTime < horizonMs) whole++;
    this.#chunks = this.#chunks.slice(whole);
    const chunk = this.#chunks[0];
    if (chunk !== undefined)
      chunk.first = Math.max(chunk.first, lowerBound(chunk.times, chunk.count, horizonMs));
    return before - this.count;
  }

  #setTime(timeMs: number): void {
    this.#timeMs = timeMs;
    writeDigits(this.#head, OPENING.length + TIME_AT, TIME_DIGITS, Math.max(0, timeMs));
    this.#closing = Buffer.from(`","ApproximateArrivalTimestamp":${timeMs / 1000}}`);
  }

  #room(bytes: number): Chunk {
    const chunk = this.#chunks.at(-1);
    if (chunk !== undefined && chunk.text.length - chunk.used >= bytes) return chunk;
    const usual = CHUNK_BYTES[this.#made++] ?? CHUNK_BYTES_LAST;
    const next = new Chunk(Math.max(usual, bytes));
    this.#chunks.push(next);
    return next;
  }

  /** Index of the first chunk that holds a counter of at least `counter`. */
  #chunkOf(counter: number): number {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#chunks[middle] as Chunk).lastCounter < counter) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Index of the first of the `count` ascending values that is at least `value`; `count` if none is. */
function lowerBound(values: Float64Array, count: number, value: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] ?? 0) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
