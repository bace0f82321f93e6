import { hash } from "node:crypto";

import { invariant } from "@tributary/core";

import { AGGREGATE_MAGIC, DIGEST_BYTES, TAG, varintBytes } from "./aggregate-format.js";

/** One user record to be aggregated. @public */
export interface AggregateEntry {
  readonly partitionKey: string;
  /** Decimal digits. */
  readonly explicitHashKey?: string;
  readonly data: Uint8Array;
}

interface PendingRecord {
  readonly key: number;
  readonly hashKey: number | undefined;
  readonly data: Uint8Array;
  readonly bodyBytes: number;
}

/** Bytes of a field: one byte of tag, the length, the content. */
function fieldBytes(contentBytes: number): number {
  return 1 + varintBytes(contentBytes) + contentBytes;
}

/**
 * Collects user records until an aggregated record is full, and writes it in the format of the Kinesis Producer
 * Library. Keys that repeat are stored once. All records of one aggregate must belong to the same shard: that is the
 * caller's matter.
 *
 * @public
 */
export class AggregateBuilder {
  readonly #bytesMax: number;
  readonly #keys = new Map<string, number>();
  readonly #hashKeys = new Map<string, number>();
  #records: PendingRecord[] = [];
  #messageBytes = 0;

  /** @param bytesMax - most bytes of the aggregated record's data, magic and digest included. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** User records so far. */
  get count(): number {
    return this.#records.length;
  }

  /** Bytes that {@link build} would give now. */
  get bytes(): number {
    return AGGREGATE_MAGIC.length + this.#messageBytes + DIGEST_BYTES;
  }

  /** Takes a record if it still fits; its data are not copied before {@link build}. */
  tryAdd({ partitionKey, explicitHashKey, data }: AggregateEntry): boolean {
    const knownKey = this.#keys.get(partitionKey);
    const key = knownKey ?? this.#keys.size;
    const knownHashKey = explicitHashKey === undefined ? undefined : this.#hashKeys.get(explicitHashKey);
    const hashKey = explicitHashKey === undefined ? undefined : (knownHashKey ?? this.#hashKeys.size);
    const bodyBytes =
      1 + varintBytes(key) + (hashKey === undefined ? 0 : 1 + varintBytes(hashKey)) + fieldBytes(data.length);
    let added = fieldBytes(bodyBytes);
    if (knownKey === undefined) added += fieldBytes(Buffer.byteLength(partitionKey));
    if (explicitHashKey !== undefined && knownHashKey === undefined) {
      added += fieldBytes(Buffer.byteLength(explicitHashKey));
    }
    if (this.bytes + added > this.#bytesMax) return false;
    this.#keys.set(partitionKey, key);
    if (explicitHashKey !== undefined && hashKey !== undefined) this.#hashKeys.set(explicitHashKey, hashKey);
    this.#records.push({ key, hashKey, data, bodyBytes });
    this.#messageBytes += added;
    return true;
  }

  /** The aggregated record's data; the builder is empty again. */
  build(): Uint8Array {
    const out = new FieldWriter(this.bytes);
    out.bytes(AGGREGATE_MAGIC);
    for (const key of this.#keys.keys()) out.string(TAG.partitionKey, key);
    for (const hashKey of this.#hashKeys.keys()) out.string(TAG.hashKey, hashKey);
    for (const { key, hashKey, data, bodyBytes } of this.#records) {
      out.varint(TAG.record);
      out.varint(bodyBytes);
      out.varint(TAG.partitionKeyIndex);
      out.varint(key);
      if (hashKey !== undefined) {
        out.varint(TAG.hashKeyIndex);
        out.varint(hashKey);
      }
      out.varint(TAG.data);
      out.varint(data.length);
      out.bytes(data);
    }
    this.#keys.clear();
    this.#hashKeys.clear();
    this.#records = [];
    this.#messageBytes = 0;
    return out.finish();
  }
}

/** Writes protocol buffer fields into one buffer of known size. */
class FieldWriter {
  readonly #buffer: Buffer;
  #at = 0;

  constructor(size: number) {
    this.#buffer = Buffer.allocUnsafeSlow(size);
  }

  varint(value: number): void {
    let rest = value;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) this.#buffer[this.#at++] = (rest % 0x80) | 0x80;
    this.#buffer[this.#at++] = rest;
  }

  bytes(data: Uint8Array): void {
    this.#buffer.set(data, this.#at);
    this.#at += data.length;
  }

  string(tag: number, text: string): void {
    this.varint(tag);
    this.varint(Buffer.byteLength(text));
    this.#at += this.#buffer.write(text, this.#at, "utf8");
  }

  /** Appends the digest of everything after the magic bytes. */
  finish(): Uint8Array {
    this.bytes(hash("md5", this.#buffer.subarray(AGGREGATE_MAGIC.length, this.#at), "buffer"));
    invariant(this.#at === this.#buffer.length, "an aggregate is as long as it was reckoned");
    return this.#buffer;
  }
}
