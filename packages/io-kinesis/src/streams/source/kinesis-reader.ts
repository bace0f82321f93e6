import { setMaxListeners } from "node:events";

import type {
  JsonValue,
  MetricGroup,
  ReaderContext,
  SourceReader,
  Split,
  SplitRecords,
} from "@tributary/core";

import { factsOf } from "../../client/classify-failure.js";
import { explainStreamFailure } from "../../client/explain-failure.js";
import type { KinesisClient, KinesisRecord } from "../../client/kinesis-client.js";
import type { KinesisClients } from "../../client/kinesis-clients.js";
import { logRetries } from "../../client/log-retries.js";
import { DEFAULT_RETRY_POLICY, Retry } from "../../client/retry.js";
import type { OnRetry } from "../../client/retry.js";
import { hashKeysOf } from "../../kpl/hash-key-range.js";
import { boundedBy } from "./bounded-by.js";
import { DataLoss } from "./data-loss.js";
import { FanOutConsumer } from "./fan-out.js";
import { FetchBudget } from "./fetch-budget.js";
import { ReadLimiter } from "./read-limiter.js";
import { RecordCursor } from "./record-cursor.js";
import { endedAt } from "./shard-feed.js";
import type { Fetched, ShardFeed } from "./shard-feed.js";
import { ShardFetcher } from "./shard-fetcher.js";
import { writeShardNotice } from "./shard-notice.js";
import type { ShardNotice } from "./shard-notice.js";
import type { ShardPosition } from "./shard-position.js";
import { ShardSubscriber } from "./shard-subscriber.js";
import type { FanOutSettings, KinesisSourceSettings } from "./source-settings.js";
import { readSplitState, writeSplitState } from "./split-state.js";
import type { SplitState } from "./split-state.js";

/** Bytes fetched ahead by one reader. A single answer of GetRecords may hold 10 MB. */
const PREFETCH_BYTES_MAX = 32 * 1024 * 1024;
/** Calls at once: more than one core can decode, and what is under way adds to the bytes held. */
const CALLS_MAX = 16;

/** A shard that was asked, or is subscribed to, and has given no answer for so long may hold anything. */
const UNANSWERED_MS_MAX = 15_000;

/** The budget of a reader; readers of several streams in one worker share one. */
export function readerBudget(): FetchBudget {
  return new FetchBudget(PREFETCH_BYTES_MAX, CALLS_MAX);
}

/** An answer that was not given out whole yet. */
interface QueuedAnswer {
  readonly shardId: string;
  readonly state: SplitState;
  readonly fetched: Fetched;
  readonly cursor: RecordCursor;
  readonly notice: JsonValue | undefined;
}

/**
 * Reads the shards it was given, each in a loop of its own, and queues their answers within a bound in bytes. While
 * nobody polls the reader the queue fills and the loops stand still.
 */
export class KinesisReader implements SourceReader<KinesisRecord> {
  readonly #settings: KinesisSourceSettings;
  readonly #clients: KinesisClients;
  readonly #context: ReaderContext;
  readonly #budget: FetchBudget;
  readonly #closing = new AbortController();
  readonly #signal: AbortSignal;
  readonly #retry: Retry;
  readonly #metrics: MetricGroup;
  readonly #loss: DataLoss;
  readonly #loops = new Set<Promise<void>>();

  /** Shards that were not asked yet, whose last answer was behind the tip, or whose calls fail. */
  readonly #behind = new Set<string>();
  /** When the shards were asked whose answer has not come. */
  readonly #askedMs = new Map<string, number>();

  #client: Promise<KinesisClient> | undefined;
  #consumer: FanOutConsumer | undefined;
  #queue: QueuedAnswer[] = [];
  #failure: { readonly error: unknown } | undefined;
  #wake: (() => void) | undefined;
  #hasAllSplits = false;

  constructor(
    settings: KinesisSourceSettings,
    clients: KinesisClients,
    context: ReaderContext,
    budget: FetchBudget = readerBudget(),
  ) {
    this.#settings = settings;
    this.#clients = clients;
    this.#context = context;
    this.#budget = budget;
    this.#signal = AbortSignal.any([context.signal, this.#closing.signal]);
    // Every shard listens to it: many are no leak.
    setMaxListeners(0, this.#signal);
    this.#retry = new Retry(DEFAULT_RETRY_POLICY, context.clock, context.random);
    const { account, name } = settings.connection.stream;
    // Names as in Apache Flink's Kinesis source.
    this.#metrics = context.metrics
      .group("KinesisStreamSource")
      .group(`accountId.${account ?? "unknown"}`)
      .group(`region.${settings.connection.region}`)
      .group(`stream.${name}`);
    this.#loss = new DataLoss(
      settings.onDataLoss,
      name,
      context.logger,
      this.#metrics.counter("lostPositions"),
    );
    context.metrics.gauge("prefetchedBytes", () => this.#budget.bytes);
    this.#signal.addEventListener("abort", () => this.#wake?.(), { once: true });
  }

  get isCaughtUp(): boolean {
    return this.#behind.size === 0;
  }

  isBehind(shardId: string): boolean {
    const askedMs = this.#askedMs.get(shardId) ?? Infinity;
    return this.#behind.has(shardId) || this.#context.clock.now() - askedMs > UNANSWERED_MS_MAX;
  }

  addSplits(splits: readonly Split[]): void {
    for (const split of splits) {
      this.#behind.add(split.id);
      const state = readSplitState(split.state, split.id);
      const loop = this.#read(split.id, state).catch((error: unknown) => {
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
      const next = this.#queue[0];
      if (next !== undefined) return this.#give(next);
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

  async #read(shardId: string, state: SplitState): Promise<void> {
    const { clock } = this.#context;
    this.#client ??= this.#clients.open(this.#settings.connection, this.#context.logger);
    const client = await this.#client;
    const metrics = this.#metrics.group(`shardId.${shardId}`);
    let lagMs = -1;
    metrics.gauge("millisBehindLatest", () => lagMs);
    const feed = this.#feedOf(shardId, state, client);
    try {
      for (;;) {
        const given = await this.#fetch(feed, shardId, client);
        const { fetched, isEndReached } = boundedBy(given, state.end, clock.now());
        // An empty answer is worth a batch only if it says something new.
        if (fetched.records.length > 0 || fetched.isShardEnd || fetched.millisBehindLatest !== lagMs) {
          this.#push(shardId, state, fetched, { isEndReached });
        } else {
          this.#budget.polled(fetched.bytes);
        }
        lagMs = fetched.millisBehindLatest;
        if (lagMs === 0 || fetched.isShardEnd) this.#behind.delete(shardId);
        else this.#behind.add(shardId);
        if (fetched.isShardEnd) break;
        const pauseMs = feed.pauseMs(fetched);
        if (pauseMs > 0) await clock.sleep(pauseMs, this.#signal);
      }
    } finally {
      feed.close();
      this.#askedMs.delete(shardId);
      metrics.remove("millisBehindLatest");
    }
  }

  #feedOf(shardId: string, state: SplitState, client: KinesisClient): ShardFeed {
    const { clock } = this.#context;
    const { emptyFetchIntervalMs, recordsPerFetchMax, limitShare, fanOut } = this.#settings;
    if (fanOut !== undefined) return this.#subscriberOf(shardId, state, client, fanOut);
    return new ShardFetcher(shardId, state.position, {
      client,
      retry: this.#retry,
      clock,
      signal: this.#signal,
      budget: this.#budget,
      recordsPerFetchMax,
      emptyFetchIntervalMs,
      logRetries: (operation) => this.#onRetry(shardId, operation),
      onGap: (shard, done, first) => this.#reportGap(shard, done, first),
      ...(limitShare !== undefined && { limiter: new ReadLimiter(limitShare) }),
    });
  }

  #subscriberOf(
    shardId: string,
    state: SplitState,
    client: KinesisClient,
    settings: FanOutSettings,
  ): ShardFeed {
    const { clock, random, logger } = this.#context;
    const stream = this.#settings.connection.stream.name;
    const signal = this.#signal;
    const consumer = (this.#consumer ??= new FanOutConsumer({
      client,
      settings,
      stream,
      clock,
      random,
      logger,
      signal,
    }));
    const subscriber: ShardSubscriber = new ShardSubscriber(shardId, state.position, {
      client: client.subscriptions(),
      clock,
      random,
      signal,
      budget: this.#budget,
      subscriptionTimeoutMs: settings.subscriptionTimeoutMs,
      logRetries: this.#onRetry(shardId, "SubscribeToShard"),
      failures: this.#metrics.counter("subscriptionFailures"),
      consumerArn: () => consumer.arn(),
      isConsumerGone: (arn) =>
        consumer.isGone(arn, () => this.#consumerGone(shardId, state, subscriber.position)),
      onGap: (shard, done, first) => this.#reportGap(shard, done, first),
    });
    return subscriber;
  }

  /** Logs the failure. A shard whose calls fail is behind until one is answered. */
  #onRetry(shardId: string, operation: string): OnRetry {
    const log = logRetries(this.#context.logger, operation, this.#settings.connection.stream.name);
    return (failure) => {
      this.#behind.add(shardId);
      log(failure);
    };
  }

  /** Tells the enumerator, with an empty batch of the shard that found out. */
  #consumerGone(shardId: string, state: SplitState, position: ShardPosition): void {
    const fetched = { ...endedAt(position), isShardEnd: false };
    this.#push(shardId, state, fetched, { isConsumerGone: true });
  }

  #reportGap(shardId: string, after: string, continuesAt: string): void {
    const reason = "Retention has removed the position to continue from";
    this.#loss.report({ shardId, reason, after, continuesAt });
  }

  async #fetch(feed: ShardFeed, shardId: string, client: KinesisClient): Promise<Fetched> {
    this.#askedMs.set(shardId, this.#context.clock.now());
    try {
      return await feed.fetch();
    } catch (error) {
      if (this.#signal.aborted) throw error;
      // It may be long before the queue is empty and the failure is told: no idle job ends meanwhile.
      this.#behind.add(shardId);
      return this.#goneOrThrow(error, feed, shardId, client);
    } finally {
      this.#askedMs.delete(shardId);
    }
  }

  /** A shard that is no more is finished; anything else, a missing stream too, fails the job. */
  async #goneOrThrow(
    error: unknown,
    { operation, position }: ShardFeed,
    shardId: string,
    client: KinesisClient,
  ): Promise<Fetched> {
    const after = position.type === "AFTER_SEQUENCE_NUMBER" ? position.sequenceNumber : undefined;
    const place = { shard: shardId, ...(after !== undefined && { sequenceNumber: after }) };
    const call = { operation, settings: this.#settings.connection, place };
    if (factsOf(error).name !== "ResourceNotFoundException")
      throw await explainStreamFailure(error, call, client);
    try {
      await this.#retry.run(() => client.describeStreamSummary(this.#signal), this.#signal);
    } catch (streamError) {
      throw await explainStreamFailure(streamError, call, client);
    }
    const reason = "The shard does not exist any more, and with it what was left to read in it";
    this.#loss.report({ shardId, reason, ...(after !== undefined && { after }) });
    return endedAt(position);
  }

  #push(shardId: string, state: SplitState, fetched: Fetched, news: Partial<ShardNotice>): void {
    const { hashKeyRange } = state;
    const cursor = new RecordCursor(fetched.records, {
      deaggregates: this.#settings.deaggregates,
      hashKeys: hashKeyRange === undefined ? undefined : hashKeysOf(hashKeyRange),
      doneThrough: fetched.doneThrough,
    });
    const notice = writeShardNotice({ children: fetched.childShards, isEndReached: false, ...news });
    this.#queue.push({ shardId, state, fetched, cursor, notice });
    this.#wake?.();
  }

  /** The next records of the answer at the head of the queue. */
  #give({ shardId, state, fetched, cursor, notice }: QueuedAnswer): SplitRecords<KinesisRecord> {
    const { records, position } = cursor.next();
    const batch = {
      splitId: shardId,
      records,
      timestamps: records.map((record) => record.arrivalMs),
      state: writeSplitState({ ...state, position: position ?? fetched.position }),
      lagMs: fetched.millisBehindLatest,
    };
    if (position !== undefined) return batch;
    this.#queue.shift();
    this.#budget.polled(fetched.bytes);
    return {
      ...batch,
      ...(fetched.isShardEnd ? { isFinished: true } : {}),
      ...(notice === undefined ? {} : { notice }),
    };
  }
}
