import type { MetricGroup, ReaderContext, SourceReader, Split, SplitRecords } from "@tributary/core";

import { factsOf } from "../../client/classify-failure.js";
import { explainStreamFailure } from "../../client/explain-failure.js";
import type { KinesisClient, KinesisRecord } from "../../client/kinesis-client.js";
import type { KinesisClients } from "../../client/kinesis-clients.js";
import { logRetries } from "../../client/log-retries.js";
import { DEFAULT_RETRY_POLICY, Retry } from "../../client/retry.js";
import { FetchBudget } from "./fetch-budget.js";
import { ShardFetcher, endedAt } from "./shard-fetcher.js";
import type { Fetched, FetcherContext } from "./shard-fetcher.js";
import { readShardPosition } from "./shard-position.js";
import type { ShardPosition } from "./shard-position.js";
import type { KinesisSourceSettings } from "./source-settings.js";

/** Bytes fetched ahead by one reader. A single answer of GetRecords may hold 10 MB. */
const PREFETCH_BYTES_MAX = 32 * 1024 * 1024;
/** Calls at once: more than one core can decode, and what is under way adds to the bytes held. */
const CALLS_MAX = 16;

interface QueuedBatch {
  readonly batch: SplitRecords<KinesisRecord>;
  readonly bytes: number;
}

/**
 * Polls the shards it was given, each in a loop of its own, and queues their batches within a bound in bytes. While
 * nobody polls the reader the queue fills and the loops stand still.
 */
export class KinesisReader implements SourceReader<KinesisRecord> {
  readonly #settings: KinesisSourceSettings;
  readonly #clients: KinesisClients;
  readonly #context: ReaderContext;
  readonly #budget = new FetchBudget(PREFETCH_BYTES_MAX, CALLS_MAX);
  readonly #closing = new AbortController();
  readonly #signal: AbortSignal;
  readonly #retry: Retry;
  readonly #metrics: MetricGroup;
  readonly #loops = new Set<Promise<void>>();

  /** Shards that were not asked yet, or whose last answer was behind the tip. */
  readonly #behind = new Set<string>();

  #client: Promise<KinesisClient> | undefined;
  #queue: QueuedBatch[] = [];
  #failure: { readonly error: unknown } | undefined;
  #wake: (() => void) | undefined;
  #hasAllSplits = false;

  constructor(settings: KinesisSourceSettings, clients: KinesisClients, context: ReaderContext) {
    this.#settings = settings;
    this.#clients = clients;
    this.#context = context;
    this.#signal = AbortSignal.any([context.signal, this.#closing.signal]);
    this.#retry = new Retry(DEFAULT_RETRY_POLICY, context.clock, context.random);
    const { account, name } = settings.connection.stream;
    // Names as in Apache Flink's Kinesis source.
    this.#metrics = context.metrics
      .group("KinesisStreamSource")
      .group(`accountId.${account ?? "unknown"}`)
      .group(`region.${settings.connection.region}`)
      .group(`stream.${name}`);
    context.metrics.gauge("prefetchedBytes", () => this.#budget.bytes);
    this.#signal.addEventListener("abort", () => this.#wake?.(), { once: true });
  }

  get isCaughtUp(): boolean {
    return this.#behind.size === 0;
  }

  addSplits(splits: readonly Split[]): void {
    for (const split of splits) {
      this.#behind.add(split.id);
      const position = readShardPosition(split.state, split.id);
      const loop = this.#read(split.id, position).catch((error: unknown) => {
        if (!this.#signal.aborted) this.#failure ??= { error };
      });
      this.#loops.add(loop);
      void loop.finally(() => {
        this.#loops.delete(loop);
        this.#wake?.();
      });
    }
  }

  noMoreSplits(): void {
    this.#hasAllSplits = true;
    this.#wake?.();
  }

  async poll(): Promise<SplitRecords<KinesisRecord> | undefined> {
    for (;;) {
      if (this.#signal.aborted) return undefined;
      const next = this.#queue.shift();
      if (next !== undefined) {
        this.#budget.polled(next.bytes);
        return next.batch;
      }
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.#hasAllSplits && this.#loops.size === 0) return undefined;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.allSettled(this.#loops);
    const client = await this.#client?.catch(() => undefined);
    client?.close();
  }

  async #read(shardId: string, position: ShardPosition): Promise<void> {
    const { clock, logger } = this.#context;
    const { connection, emptyFetchIntervalMs, recordsPerFetchMax } = this.#settings;
    this.#client ??= this.#clients.open(connection, logger);
    const context: FetcherContext = {
      client: await this.#client,
      retry: this.#retry,
      clock,
      logger,
      signal: this.#signal,
      budget: this.#budget,
      recordsPerFetchMax,
      logRetries: (operation) => logRetries(logger, operation, connection.stream.name),
      lostPositions: this.#metrics.counter("lostPositions"),
    };
    const fetcher = new ShardFetcher(shardId, position, context);
    const metrics = this.#metrics.group(`shardId.${shardId}`);
    let lagMs = -1;
    metrics.gauge("millisBehindLatest", () => lagMs);
    for (;;) {
      const startedMs = clock.now();
      const fetched = await this.#fetch(fetcher, shardId, context.client);
      // An empty answer is worth a batch only if it says something new.
      if (fetched.records.length > 0 || fetched.isShardEnd || fetched.millisBehindLatest !== lagMs) {
        this.#push(shardId, fetched);
      } else {
        this.#budget.polled(fetched.bytes);
      }
      lagMs = fetched.millisBehindLatest;
      if (lagMs === 0 || fetched.isShardEnd) this.#behind.delete(shardId);
      else this.#behind.add(shardId);
      if (fetched.isShardEnd) break;
      const pauseMs = Math.max(
        fetched.records.length === 0 ? emptyFetchIntervalMs : 0,
        startedMs + fetcher.pace.intervalMs - clock.now(),
      );
      if (pauseMs > 0) await clock.sleep(pauseMs, this.#signal);
    }
    metrics.remove("millisBehindLatest");
  }

  async #fetch(fetcher: ShardFetcher, shardId: string, client: KinesisClient): Promise<Fetched> {
    try {
      return await fetcher.fetch();
    } catch (error) {
      if (this.#signal.aborted) throw error;
      return this.#goneOrThrow(error, fetcher, shardId, client);
    }
  }

  /** A shard that is no more is finished, with a warning; anything else, a missing stream too, fails the job. */
  async #goneOrThrow(
    error: unknown,
    { operation, position }: ShardFetcher,
    shardId: string,
    client: KinesisClient,
  ): Promise<Fetched> {
    const sequenceNumber = position.type === "AFTER_SEQUENCE_NUMBER" ? position.sequenceNumber : undefined;
    const place = { shard: shardId, ...(sequenceNumber !== undefined && { sequenceNumber }) };
    const call = { operation, settings: this.#settings.connection, place };
    if (factsOf(error).name !== "ResourceNotFoundException")
      throw await explainStreamFailure(error, call, client);
    try {
      await this.#retry.run(() => client.describeStreamSummary(this.#signal), this.#signal);
    } catch (streamError) {
      throw await explainStreamFailure(streamError, call, client);
    }
    this.#metrics.counter("lostPositions").add(1);
    this.#context.logger.warn("The shard does not exist any more; what was left to read in it is lost", {
      code: "SOURCE_DATA_LOST",
      shard: shardId,
      position: JSON.stringify(position),
    });
    return endedAt(position);
  }

  #push(shardId: string, fetched: Fetched): void {
    const { records, childShards } = fetched;
    const batch: SplitRecords<KinesisRecord> = {
      splitId: shardId,
      records,
      timestamps: records.map((record) => record.arrivalMs),
      state: fetched.position,
      lagMs: fetched.millisBehindLatest,
      ...(fetched.isShardEnd ? { isFinished: true } : {}),
      ...(childShards.length === 0 ? {} : { notice: childrenNotice(childShards) }),
    };
    this.#queue.push({ batch, bytes: fetched.bytes });
    this.#wake?.();
  }
}

/** Plain JSON, as notices are. */
function childrenNotice(children: Fetched["childShards"]): {
  readonly children: {
    readonly shardId: string;
    readonly parentShardIds: readonly string[];
    readonly hashKeyRange: { readonly first: string; readonly last: string };
  }[];
} {
  return {
    children: children.map(({ shardId, parentShardIds, hashKeyRange }) => ({
      shardId,
      parentShardIds,
      hashKeyRange: { first: hashKeyRange.first, last: hashKeyRange.last },
    })),
  };
}
