import { hash } from "node:crypto";

import type { Aggregate } from "./read-aggregate.js";

/** A range of hash keys, both ends inclusive. */
export interface HashKeys {
  readonly first: bigint;
  readonly last: bigint;
}

const DIGITS = /^\d{1,39}$/;
const HASH_KEY_LAST = (1n << 128n) - 1n;

/** @param range - decimal digits; undefined where it covers every key, so that nothing needs to be checked. */
export function hashKeysOf(range: { readonly first: string; readonly last: string }): HashKeys | undefined {
  const first = BigInt(range.first);
  const last = BigInt(range.last);
  return first === 0n && last === HASH_KEY_LAST ? undefined : { first, last };
}

/**
 * Do all user records of an aggregate belong to the range? After a split or merge a producer may still put records of
 * other shards into one aggregate; it sends the misplaced ones again, so a reader drops such an aggregate whole, as the
 * Kinesis Client Library does.
 */
export function isWithin({ count, partitionKeys, explicitHashKeys }: Aggregate, range: HashKeys): boolean {
  let lastKey: string | undefined;
  for (let index = 0; index < count; index += 1) {
    const explicit = explicitHashKeys?.[index];
    const key = partitionKeys[index] as string;
    const isExplicit = explicit !== undefined && DIGITS.test(explicit);
    // Neighbours often have the same key, and its hash is what this costs.
    if (!isExplicit && key === lastKey) continue;
    const hashKey = isExplicit ? BigInt(explicit) : hashKeyOf(key);
    if (hashKey < range.first || hashKey > range.last) return false;
    if (!isExplicit) lastKey = key;
  }
  return true;
}

/** The hash key of a partition key: MD5 of its UTF-8 bytes as an unsigned number. */
export function hashKeyOf(partitionKey: string): bigint {
  return BigInt(`0x${hash("md5", partitionKey, "hex")}`);
}
