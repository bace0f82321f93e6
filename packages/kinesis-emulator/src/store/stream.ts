import { RETENTION_HOURS_DEFAULT, RECORD_KIB_DEFAULT } from "../limits.js";
import { HASH_KEY_MAX, HashKeyRouter, uniformStarts } from "./hash-key.js";
import { sequenceNumberPrefix } from "./sequence-number.js";
import { Shard, type ShardFacts } from "./shard.js";

export type StreamStatus = "CREATING" | "DELETING" | "ACTIVE" | "UPDATING";
export type StreamMode = "PROVISIONED" | "ON_DEMAND";

/** A registered consumer. */
export interface Consumer {
  readonly name: string;
  readonly arn: string;
  readonly createdMs: number;
  /** When it is gone; absent unless it is being deleted. */
  readonly goneMs?: number;
}

/** Everything of a stream but its records; what is written to a log and read back. */
export interface StreamFacts {
  readonly name: string;
  readonly arn: string;
  readonly epochMs: number;
  readonly createdMs: number;
  readonly mode: StreamMode;
  readonly retentionHours: number;
  readonly recordKib: number;
  readonly counter: number;
  readonly shardsMade: number;
  readonly tags: Readonly<Record<string, string>>;
  readonly metrics: readonly string[];
  readonly keyId: string | undefined;
  readonly consumers: readonly Consumer[];
  readonly shards: readonly ShardFacts[];
}

const HOUR_MS = 3_600_000;
const TRIM_INTERVAL_MS = 1_000;

/** A named set of shards with one counter of sequence numbers. */
export class Stream {
  readonly name: string;
  readonly arn: string;
  readonly epochMs: number;
  readonly createdMs: number;
  readonly prefix: string;
  readonly tags = new Map<string, string>();
  readonly consumers = new Map<string, Consumer>();
  readonly metrics = new Set<string>();
  status: StreamStatus = "ACTIVE";
  mode: StreamMode;
  retentionHours = RETENTION_HOURS_DEFAULT;
  recordKib = RECORD_KIB_DEFAULT;
  keyId: string | undefined;
  #counter = 0;
  #shardsMade = 0;
  #trimmedMs = 0;
  #lastArrivalMs = -Infinity;
  readonly #shards = new Map<number, Shard>();
  #open: readonly Shard[] = [];
  #router: HashKeyRouter | undefined;

  constructor(facts: Pick<StreamFacts, "name" | "arn" | "epochMs" | "createdMs" | "mode">) {
    this.name = facts.name;
    this.arn = facts.arn;
    this.epochMs = facts.epochMs;
    this.createdMs = facts.createdMs;
    this.mode = facts.mode;
    this.prefix = sequenceNumberPrefix(facts.epochMs);
  }

  static restore(facts: StreamFacts): Stream {
    const stream = new Stream(facts);
    stream.apply(facts);
    return stream;
  }

  /** Takes over facts that were written later; keeps the records of the shards that remain. */
  apply(facts: StreamFacts): void {
    this.mode = facts.mode;
    this.retentionHours = facts.retentionHours;
    this.recordKib = facts.recordKib;
    this.keyId = facts.keyId;
    this.#counter = Math.max(this.#counter, facts.counter);
    this.#shardsMade = facts.shardsMade;
    refill(this.tags, Object.entries(facts.tags));
    refill(
      this.consumers,
      facts.consumers.map((consumer) => [consumer.name, consumer]),
    );
    this.metrics.clear();
    for (const metric of facts.metrics) this.metrics.add(metric);
    const kept = new Set(facts.shards.map(({ index }) => index));
    for (const index of this.#shards.keys()) if (!kept.has(index)) this.#shards.delete(index);
    for (const shard of facts.shards) {
      const known = this.#shards.get(shard.index);
      if (known === undefined) this.#shards.set(shard.index, new Shard(shard, this.prefix));
      else if (shard.closedMs !== undefined) known.close(shard.closedMs, shard.endCounter ?? 0);
    }
    this.#reroute();
  }

  get facts(): StreamFacts {
    return {
      name: this.name,
      arn: this.arn,
      epochMs: this.epochMs,
      createdMs: this.createdMs,
      mode: this.mode,
      retentionHours: this.retentionHours,
      recordKib: this.recordKib,
      counter: this.#counter,
      shardsMade: this.#shardsMade,
      tags: Object.fromEntries(this.tags),
      metrics: [...this.metrics],
      keyId: this.keyId,
      consumers: [...this.consumers.values()],
      shards: this.shards.map(({ facts }) => facts),
    };
  }

  /** All shards that still hold or may hold records, by index. */
  get shards(): Shard[] {
    return [...this.#shards.values()];
  }

  /** The shards that take records, by hash key. */
  get openShards(): readonly Shard[] {
    return this.#open;
  }

  shard(index: number): Shard | undefined {
    return this.#shards.get(index);
  }

  childrenOf(parent: Shard): Shard[] {
    return this.shards.filter(
      ({ facts }) => facts.parent === parent.index || facts.adjacentParent === parent.index,
    );
  }

  /** The shard that takes the record whose key is in `hashKey`. */
  route(): Shard {
    this.#router ??= new HashKeyRouter(this.#open.map(({ facts }) => facts.firstHashKey));
    return this.#open[this.#router.route()] as Shard;
  }

  /** The counter given out last. */
  get counter(): number {
    return this.#counter;
  }

  nextCounter(): number {
    return ++this.#counter;
  }

  /** When a record arrives that arrives now: never before another one of the stream, even if time was set back. */
  arrivalTime(nowMs: number): number {
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, nowMs);
    return this.#lastArrivalMs;
  }

  /** Lets counter and time pass those of a record from before a restart. */
  seen(counter: number, timeMs: number): void {
    this.#counter = Math.max(this.#counter, counter);
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, timeMs);
  }

  /** The first shards of the stream, of equal width. */
  fill(count: number, nowMs: number): void {
    const starts = uniformStarts(count);
    starts.forEach((start, i) => {
      this.#addShard({
        firstHashKey: start,
        lastHashKey: (starts[i + 1] ?? HASH_KEY_MAX + 1n) - 1n,
        createdMs: nowMs,
      });
    });
    this.#reroute();
  }

  /** Closes the shard; two new ones take its range, the second from `middle` on. */
  split(parent: Shard, middle: bigint, nowMs: number): void {
    const { firstHashKey, lastHashKey, index } = parent.facts;
    parent.close(nowMs, this.nextCounter());
    this.#replace(parent, 1, [
      this.#addShard({ firstHashKey, lastHashKey: middle - 1n, parent: index, createdMs: nowMs }),
      this.#addShard({ firstHashKey: middle, lastHashKey, parent: index, createdMs: nowMs }),
    ]);
  }

  /** Closes two neighbours, the lower one first; a new shard takes both ranges. */
  merge(parent: Shard, adjacent: Shard, nowMs: number): void {
    parent.close(nowMs, this.nextCounter());
    adjacent.close(nowMs, this.nextCounter());
    const child = this.#addShard({
      firstHashKey: parent.facts.firstHashKey,
      lastHashKey: adjacent.facts.lastHashKey,
      parent: parent.index,
      adjacentParent: adjacent.index,
      createdMs: nowMs,
    });
    this.#replace(parent, 2, [child]);
  }

  /** Records that arrived before this instant are gone. */
  horizonMs(nowMs: number): number {
    return nowMs - this.retentionHours * HOUR_MS;
  }

  /** As `trim`, at most once a second: for calls that only write. */
  trimNowAndThen(nowMs: number): void {
    if (Math.abs(nowMs - this.#trimmedMs) >= TRIM_INTERVAL_MS) this.trim(nowMs);
  }

  /** Drops what is older than the retention: records, and closed shards that cannot hold any more. */
  trim(nowMs: number): void {
    this.#trimmedMs = nowMs;
    const horizon = this.horizonMs(nowMs);
    for (const shard of this.#shards.values()) {
      const { closedMs } = shard.facts;
      if (closedMs !== undefined && closedMs < horizon) this.#shards.delete(shard.index);
      else shard.log.trim(horizon);
    }
  }

  #addShard(facts: Omit<ShardFacts, "index" | "startCounter">): Shard {
    const index = this.#shardsMade++;
    const shard = new Shard({ ...facts, index, startCounter: this.nextCounter() }, this.prefix);
    this.#shards.set(index, shard);
    return shard;
  }

  /** Puts children in the place of `count` open shards, the first of which is `first`. */
  #replace(first: Shard, count: number, children: readonly Shard[]): void {
    this.#open = this.#open.toSpliced(this.#open.indexOf(first), count, ...children);
    this.#router = undefined;
  }

  /** Finds the open shards among all. */
  #reroute(): void {
    this.#open = this.shards
      .filter(({ isOpen }) => isOpen)
      .sort((a, b) => (a.facts.firstHashKey < b.facts.firstHashKey ? -1 : 1));
    this.#router = undefined;
  }
}

function refill<K, V>(map: Map<K, V>, entries: Iterable<readonly [K, V]>): void {
  map.clear();
  for (const [key, value] of entries) map.set(key, value);
}
