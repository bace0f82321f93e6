import type { HashKeyRange } from "../../client/kinesis-client.js";

/** Hash keys are below 2^128. @see Kinesis API Reference, HashKeyRange. */
const HASH_KEY_BITS = 128n;

/**
 * The reader of a shard: by the middle of its hash-key range, so that each reader gets an equal part of the key space
 * whatever the shards look like. After the uniform shard assigner of Apache Flink's Kinesis source.
 */
export function assignByHashRange(range: HashKeyRange, readers: number): number {
  const middle = (BigInt(range.first) + BigInt(range.last)) / 2n;
  return Number((middle * BigInt(readers)) >> HASH_KEY_BITS);
}
