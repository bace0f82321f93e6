import { hash } from "node:crypto";

import { AGGREGATE_MAGIC, DIGEST_BYTES, TAG, hasAggregateMagic } from "./aggregate-format.js";

/** The content of an aggregated record, in columns: one entry a user record, in their order. @public */
export interface Aggregate {
  readonly count: number;
  /** Partition key of each user record. */
  readonly partitionKeys: readonly string[];
  /** Explicit hash key of each, decimal digits; absent if none has one. */
  readonly explicitHashKeys?: readonly (string | undefined)[];
  /** Data of each; views on the aggregated record's bytes. */
  readonly data: readonly Uint8Array[];
}

/** Keys that are turned into text at once; each of them holds the text of all. */
const KEYS_AT_ONCE = 32;
/** A read beyond the end of what it belongs to: whatever is reckoned from it ends there too. */
const NOWHERE = Infinity;

/**
 * Takes an aggregated record of the Kinesis Producer Library apart.
 *
 * @returns undefined for anything else: too short, other first bytes, a wrong digest, a message that cannot be read.
 *   Such a record is a plain one.
 * @public
 */
export function readAggregate(bytes: Uint8Array): Aggregate | undefined {
  if (!hasAggregateMagic(bytes)) return undefined;
  const end = bytes.length - DIGEST_BYTES;
  const message = bytes.subarray(AGGREGATE_MAGIC.length, end);
  const digest = hash("md5", message, "buffer");
  for (let index = 0; index < DIGEST_BYTES; index += 1) {
    if (digest[index] !== bytes[end + index]) return undefined;
  }
  return new MessageReader(message).read();
}

/**
 * Reads the message by hand: a generic decoder costs several times as much. The tables may stand behind the records,
 * so keys and records are noted on the first walk and read on a second. Nothing throws: a damaged place is
 * {@link NOWHERE}, which lies behind every end.
 */
class MessageReader {
  readonly #bytes: Uint8Array;
  #at = 0;
  /** Of each: where it starts, then where it ends. */
  readonly #keys: number[] = [];
  readonly #hashKeys: number[] = [];
  readonly #bodies: number[] = [];

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** @returns undefined if the message is not one. */
  read(): Aggregate | undefined {
    const { length } = this.#bytes;
    while (this.#at < length) {
      const tag = this.#varint();
      if (tag === TAG.partitionKey) this.#note(this.#keys);
      else if (tag === TAG.hashKey) this.#note(this.#hashKeys);
      else if (tag === TAG.record) this.#note(this.#bodies);
      else this.#skip(tag);
    }
    return this.#at === length ? this.#records() : undefined;
  }

  /** Notes where a part is whose length stands here. */
  #note(places: number[]): void {
    const length = this.#varint();
    places.push(this.#at, this.#at + length);
    this.#at += length;
  }

  #records(): Aggregate | undefined {
    const keys = this.#texts(this.#keys);
    const hashKeys = this.#texts(this.#hashKeys);
    const bytes = this.#bytes;
    const { buffer, byteOffset } = bytes;
    const bodies = this.#bodies;
    const count = bodies.length / 2;
    const partitionKeys: string[] = [];
    const data: Uint8Array[] = [];
    let explicitHashKeys: (string | undefined)[] | undefined;
    for (let index = 0; index < count; index += 1) {
      this.#at = bodies[2 * index] as number;
      const end = bodies[2 * index + 1] as number;
      let key = -1;
      let hashKey = -1;
      let dataAt = -1;
      let dataEnd = -1;
      // The form that producers write, with lengths in one byte, costs a few comparisons.
      const at = this.#at;
      if (
        bytes[at] === TAG.partitionKeyIndex &&
        (bytes[at + 1] as number) < 0x80 &&
        bytes[at + 2] === TAG.data &&
        (bytes[at + 3] as number) < 0x80 &&
        at + 4 + (bytes[at + 3] as number) === end
      ) {
        key = bytes[at + 1] as number;
        dataAt = at + 4;
        dataEnd = this.#at = end;
      }
      while (this.#at < end) {
        const tag = this.#varint();
        if (tag === TAG.partitionKeyIndex) key = this.#varint();
        else if (tag === TAG.hashKeyIndex) hashKey = this.#varint();
        else if (tag === TAG.data) {
          const length = this.#varint();
          dataAt = this.#at;
          dataEnd = this.#at += length;
        } else this.#skip(tag);
      }
      const partitionKey = keys[key];
      // A length may have run over the record's end; key and data must be there.
      if (this.#at !== end || dataAt < 0 || partitionKey === undefined) return undefined;
      partitionKeys.push(partitionKey);
      data.push(new Uint8Array(buffer, byteOffset + dataAt, dataEnd - dataAt));
      if (hashKey < 0) continue;
      const explicitHashKey = hashKeys[hashKey];
      if (explicitHashKey === undefined) return undefined;
      explicitHashKeys ??= Array.from({ length: count }, () => undefined);
      explicitHashKeys[index] = explicitHashKey;
    }
    return { count, partitionKeys, data, ...(explicitHashKeys !== undefined && { explicitHashKeys }) };
  }

  /** Neighbours are decoded together where one byte is one character, and then cut apart: a call is dear. */
  #texts(places: readonly number[]): string[] {
    const { buffer, byteOffset, byteLength } = this.#bytes;
    const bytes = Buffer.from(buffer, byteOffset, byteLength);
    const texts: string[] = [];
    for (let from = 0; from < places.length; from += 2 * KEYS_AT_ONCE) {
      const to = Math.min(places.length, from + 2 * KEYS_AT_ONCE);
      const start = places[from] as number;
      const end = places[to - 1] as number;
      const all = bytes.toString("utf8", start, end);
      const isBytewise = all.length === end - start;
      for (let place = from; place < to; place += 2) {
        const textAt = places[place] as number;
        const textEnd = places[place + 1] as number;
        texts.push(
          isBytewise
            ? all.substring(textAt - start, textEnd - start)
            : bytes.toString("utf8", textAt, textEnd),
        );
      }
    }
    return texts;
  }

  /** Passes over the content of a field that this version does not know. */
  #skip(tag: number): void {
    const wireType = tag % 8;
    if (wireType === 0) this.#varint();
    else if (wireType === 1) this.#at += 8;
    else if (wireType === 2) {
      const length = this.#varint();
      this.#at += length;
    } else if (wireType === 5) this.#at += 4;
    else this.#at = NOWHERE;
  }

  /** A number of up to ten bytes. Those that count are small; the rest only has to be passed over. */
  #varint(): number {
    const bytes = this.#bytes;
    const first = bytes[this.#at];
    if (first !== undefined && first < 0x80) {
      this.#at += 1;
      return first;
    }
    let value = 0;
    let scale = 1;
    for (let length = 0; length < 10; length += 1) {
      const byte = bytes[this.#at];
      if (byte === undefined) break;
      this.#at += 1;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 0x80;
    }
    this.#at = NOWHERE;
    return 0;
  }
}
