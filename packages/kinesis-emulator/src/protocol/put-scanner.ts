/**
 * Reads the body of a PutRecords call without making an object of each record: offsets of payload, partition key and
 * explicit hash key within the body. It reads the form that clients send, JSON without spaces and escapes only in
 * partition keys; anything else is left to the general reader, which brings it into this form.
 */
import { characterCount } from "./validation.js";
import { HASH_KEY_MAX } from "../store/hash-key.js";
import { PARTITION_KEY_CHARACTERS_MAX, PUT_RECORDS_ENTRIES_MAX } from "../limits.js";

/** Numbers kept of each entry, see `PutBatch.offsets`. */
export const OFFSETS_PER_ENTRY = 6;

/** A PutRecords call. */
export interface PutBatch {
  readonly body: Buffer;
  readonly count: number;
  readonly streamName: string | undefined;
  readonly streamArn: string | undefined;
  /**
   * For each entry: start and end of the payload's base64 text, of the partition key's JSON text, and of the explicit
   * hash key (0, 0 without one). Shared by all calls: valid until the next one is read.
   */
  readonly offsets: Int32Array;
  readonly largestPayloadBytes: number;
  /** Payloads and partition keys. */
  readonly totalBytes: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const EQUALS = 0x3d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const CLOSE_BRACKET = 0x5d;

const DATA = Buffer.from('"Data":"');
const KEY = Buffer.from('"PartitionKey":"');
const HASH_KEY = Buffer.from('"ExplicitHashKey":"');
const RECORDS = Buffer.from('"Records":[');
const STREAM_NAME = Buffer.from('"StreamName":"');
const STREAM_ARN = Buffer.from('"StreamARN":"');

/** Value of each base64 character plus one; 0 for all others. */
const BASE64 = new Uint8Array(256);
Buffer.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/").forEach(
  (character, value) => {
    BASE64[character] = value + 1;
  },
);

const offsets = new Int32Array(PUT_RECORDS_ENTRIES_MAX * OFFSETS_PER_ENTRY);

/** Gives undefined for a body of another form, which may be a valid one. */
export function scanPutRecords(body: Buffer): PutBatch | undefined {
  return new PutScanner(body).scan();
}

class PutScanner {
  readonly #body: Buffer;
  #at = 0;
  #count = 0;
  #largest = 0;
  #total = 0;

  constructor(body: Buffer) {
    this.#body = body;
  }

  scan(): PutBatch | undefined {
    const body = this.#body;
    let streamName: string | undefined;
    let streamArn: string | undefined;
    let hasRecords = false;
    if (body[this.#at++] !== OPEN_BRACE) return undefined;
    do {
      if (this.#matches(RECORDS)) {
        if (hasRecords || !this.#records()) return undefined;
        hasRecords = true;
      } else if (streamName === undefined && this.#matches(STREAM_NAME)) {
        streamName = this.#plainText();
        if (streamName === undefined) return undefined;
      } else if (streamArn === undefined && this.#matches(STREAM_ARN)) {
        streamArn = this.#plainText();
        if (streamArn === undefined) return undefined;
      } else {
        return undefined;
      }
    } while (body[this.#at++] === COMMA);
    if (!hasRecords || body[this.#at - 1] !== CLOSE_BRACE || this.#at !== body.length) return undefined;
    return {
      body,
      count: this.#count,
      streamName,
      streamArn,
      offsets,
      largestPayloadBytes: this.#largest,
      totalBytes: this.#total,
    };
  }

  #records(): boolean {
    const body = this.#body;
    do {
      if (this.#count >= PUT_RECORDS_ENTRIES_MAX || !this.#record()) return false;
    } while (body[this.#at++] === COMMA);
    return body[this.#at - 1] === CLOSE_BRACKET;
  }

  #record(): boolean {
    const body = this.#body;
    const entry = this.#count * OFFSETS_PER_ENTRY;
    offsets[entry] = -1;
    offsets[entry + 2] = -1;
    offsets[entry + 4] = 0;
    offsets[entry + 5] = 0;
    if (body[this.#at++] !== OPEN_BRACE) return false;
    do {
      const isRead = this.#matches(DATA)
        ? this.#data(entry)
        : this.#matches(KEY)
          ? this.#key(entry + 2)
          : this.#matches(HASH_KEY) && this.#hashKey(entry + 4);
      if (!isRead) return false;
    } while (body[this.#at++] === COMMA);
    this.#count++;
    return body[this.#at - 1] === CLOSE_BRACE && offsets[entry] !== -1 && offsets[entry + 2] !== -1;
  }

  /** Base64 text in its only canonical form. */
  #data(slot: number): boolean {
    const body = this.#body;
    const start = this.#at;
    let at = start;
    while (BASE64[body[at] ?? 0] !== 0) at++;
    const digits = at - start;
    while (body[at] === EQUALS) at++;
    const padding = at - start - digits;
    const last = (BASE64[body[start + digits - 1] ?? 0] ?? 1) - 1;
    const isCanonical =
      padding === 0 || (padding === 1 && (last & 3) === 0) || (padding === 2 && (last & 15) === 0);
    if (body[at] !== QUOTE || ((at - start) & 3) !== 0 || !isCanonical || padding > digits) return false;
    const bytes = ((at - start) >> 2) * 3 - padding;
    if (bytes > this.#largest) this.#largest = bytes;
    this.#total += bytes;
    offsets[slot] = start;
    offsets[slot + 1] = at;
    this.#at = at + 1;
    return true;
  }

  #key(slot: number): boolean {
    const body = this.#body;
    const start = this.#at;
    let at = start;
    let continuations = 0;
    let escapes = 0;
    for (let byte = body[at] ?? 0; byte !== QUOTE; byte = body[at] ?? 0) {
      if (byte < 0x20) return false;
      if (byte === BACKSLASH) {
        escapes++;
        at++;
      } else if ((byte & 0xc0) === 0x80) {
        continuations++;
      }
      at++;
    }
    let characters = at - start - continuations;
    let bytes = at - start;
    if (escapes > 0) {
      const key = readKey(body.toString("utf8", start - 1, at + 1));
      if (key === undefined) return false;
      characters = characterCount(key);
      bytes = Buffer.byteLength(key);
    }
    if (characters < 1 || characters > PARTITION_KEY_CHARACTERS_MAX) return false;
    this.#total += bytes;
    offsets[slot] = start;
    offsets[slot + 1] = at;
    this.#at = at + 1;
    return true;
  }

  #hashKey(slot: number): boolean {
    const body = this.#body;
    const start = this.#at;
    let at = start;
    for (let byte = body[at] ?? 0; byte >= 0x30 && byte <= 0x39; byte = body[at] ?? 0) at++;
    if (body[at] !== QUOTE || at === start) return false;
    // The general reader refuses leading zeros and keys above the greatest.
    if (body[start] === 0x30 && at - start > 1) return false;
    if (at - start > 38 && BigInt(body.toString("latin1", start, at)) > HASH_KEY_MAX) return false;
    offsets[slot] = start;
    offsets[slot + 1] = at;
    this.#at = at + 1;
    return true;
  }

  /** The rest of a text that has no escapes. */
  #plainText(): string | undefined {
    const end = this.#body.indexOf(QUOTE, this.#at);
    if (end < 0) return undefined;
    const text = this.#body.toString("latin1", this.#at, end);
    if (!/^[\w.:/-]+$/.test(text)) return undefined;
    this.#at = end + 1;
    return text;
  }

  #matches(text: Buffer): boolean {
    const body = this.#body;
    const at = this.#at;
    for (let i = 0; i < text.length; i++) if (body[at + i] !== text[i]) return false;
    this.#at = at + text.length;
    return true;
  }
}

/** The string that this JSON text stands for; undefined if it is broken or UTF-8 cannot carry it. */
function readKey(json: string): string | undefined {
  try {
    const text = JSON.parse(json) as string;
    return wellFormed(text) === text ? text : undefined;
  } catch {
    return undefined;
  }
}

/** The string with everything replaced that UTF-8 cannot carry. */
function wellFormed(text: string): string {
  return Buffer.from(text).toString();
}

/** Brings entries of any source into the form that `scanPutRecords` reads. */
export function renderPutRecords(
  entries: readonly {
    readonly data: Uint8Array;
    readonly partitionKey: string;
    readonly explicitHashKey: string | undefined;
  }[],
): Buffer {
  const texts = entries.map(({ data, partitionKey, explicitHashKey }) => {
    const base64 = Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64");
    const hashKey = explicitHashKey === undefined ? "" : `,"ExplicitHashKey":"${explicitHashKey}"`;
    return `{"Data":"${base64}","PartitionKey":${JSON.stringify(wellFormed(partitionKey))}${hashKey}}`;
  });
  return Buffer.from(`{"Records":[${texts.join(",")}]}`);
}
