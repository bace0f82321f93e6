import { RecordLog } from "./record-log.js";
import { SHARD_DIGITS, sequenceNumber } from "./sequence-number.js";

/** What makes a shard, apart from its records. */
export interface ShardFacts {
  readonly index: number;
  readonly firstHashKey: bigint;
  readonly lastHashKey: bigint;
  /** Index of the shard it was split from, or of the first of two that were merged. */
  readonly parent?: number;
  readonly adjacentParent?: number;
  readonly createdMs: number;
  readonly startCounter: number;
  readonly closedMs?: number;
  readonly endCounter?: number;
}

/** A range of hash keys and the records that fell into it, until it is split or merged. */
export class Shard {
  readonly id: string;
  readonly log: RecordLog;
  readonly #prefix: string;
  #facts: ShardFacts;

  constructor(facts: ShardFacts, prefix: string) {
    this.id = shardId(facts.index);
    this.log = new RecordLog(prefix, facts.index);
    this.#facts = facts;
    this.#prefix = prefix;
  }

  get facts(): ShardFacts {
    return this.#facts;
  }

  get index(): number {
    return this.#facts.index;
  }

  get isOpen(): boolean {
    return this.#facts.closedMs === undefined;
  }

  /** Ids of the one or two shards that this one replaced. */
  get parents(): string[] {
    const { parent, adjacentParent } = this.#facts;
    return [parent, adjacentParent].filter((index) => index !== undefined).map(shardId);
  }

  get hashKeyRange(): { StartingHashKey: string; EndingHashKey: string } {
    return {
      StartingHashKey: String(this.#facts.firstHashKey),
      EndingHashKey: String(this.#facts.lastHashKey),
    };
  }

  close(closedMs: number, endCounter: number): void {
    this.#facts = { ...this.#facts, closedMs, endCounter };
  }

  /** The sequence number of this shard for a counter. */
  sequenceNumber(counter: number, timeMs: number): string {
    return sequenceNumber(this.#prefix, counter, Math.max(0, timeMs), this.#facts.index);
  }

  /** The shard as the service describes it. */
  describe(): ShardDescription {
    const { parent, adjacentParent, createdMs, startCounter, closedMs, endCounter } = this.#facts;
    return {
      ShardId: this.id,
      ...(parent === undefined ? {} : { ParentShardId: shardId(parent) }),
      ...(adjacentParent === undefined ? {} : { AdjacentParentShardId: shardId(adjacentParent) }),
      HashKeyRange: this.hashKeyRange,
      SequenceNumberRange: {
        StartingSequenceNumber: this.sequenceNumber(startCounter, createdMs),
        ...(closedMs === undefined || endCounter === undefined
          ? {}
          : { EndingSequenceNumber: this.sequenceNumber(endCounter, closedMs) }),
      },
    };
  }
}

/** `Shard` of the Kinesis API Reference. */
export interface ShardDescription {
  readonly ShardId: string;
  readonly ParentShardId?: string;
  readonly AdjacentParentShardId?: string;
  readonly HashKeyRange: { readonly StartingHashKey: string; readonly EndingHashKey: string };
  readonly SequenceNumberRange: {
    readonly StartingSequenceNumber: string;
    readonly EndingSequenceNumber?: string;
  };
}

export function shardId(index: number): string {
  return `shardId-${String(index).padStart(SHARD_DIGITS, "0")}`;
}

/** The index in a shard id; undefined if the text is not one (the service takes ids without leading zeros, too). */
export function shardIndexOf(id: string): number | undefined {
  const digits = /^(?:shardId-)?0*(\d{1,12})$/.exec(id)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
