/**
 * Which reader a shard belongs to: `abs(h mod readers)`, where h is the assigner's value. Every reader works it out for
 * itself, so an assigner gives the same for a shard wherever it runs.
 */
import type { ClassContract } from "@tributary/core";

/** A shard as an assigner sees it. @public */
export interface AssignedShard {
  /** Name of the stream. */
  readonly stream: string;
  readonly shardId: string;
  /** First and last hash key, both inclusive. */
  readonly firstHashKey: bigint;
  readonly lastHashKey: bigint;
}

/** Spreads shards over readers. Made without arguments, once for each reader. @public */
export interface ShardAssigner {
  /**
   * A whole number for a shard, always the same; its remainder by `readers`, without sign, is the reader's index.
   *
   * @param readers - number of readers.
   */
  assign(shard: AssignedShard, readers: number): number;
}

/** What a class must be that `source.shard-assigner` names; for `bindClass`. @public */
export const SHARD_ASSIGNER: ClassContract<ShardAssigner, readonly []> = {
  name: "@tributary/io-kinesis/ShardAssigner",
  noun: "shard assigner",
  methods: ["assign"],
};

/** The hash of a text on the Java platform: base 31 over UTF-16 units, in 32 bits. */
export function javaHash(text: string): number {
  let hash = 0;
  for (let index = 0; index < text.length; index += 1) {
    hash = (Math.imul(hash, 31) + text.charCodeAt(index)) | 0;
  }
  return hash;
}

/** By the hash of stream and shard id: `37 * (37 * 17 + hash(stream)) + hash(shard)`. */
export const defaultAssigner: ShardAssigner = {
  assign({ stream, shardId }) {
    const first = (Math.imul(37, 17) + javaHash(stream)) | 0;
    return (Math.imul(37, first) + javaHash(shardId)) | 0;
  },
};

const KEYS = 1n << 128n;

/** By the middle of the hash-key range, rotated by the stream's hash, in 32 bits. */
export const uniformAssigner: ShardAssigner = {
  assign({ stream, firstHashKey, lastHashKey }, readers) {
    const middle = (firstHashKey + lastHashKey) / 2n;
    return (Number((middle * BigInt(readers)) / KEYS) + javaHash(stream)) | 0;
  },
};

/** The reader that a shard belongs to. */
export function readerOf(assigner: ShardAssigner, shard: AssignedShard, readers: number): number {
  return Math.abs(assigner.assign(shard, readers) % readers);
}
