import { setMaxListeners } from "node:events";

import type { EnumeratorContext, JsonValue, SplitEnumerator, TimerHandle } from "@tributary/core";

import { explainStreamFailure } from "../../client/explain-failure.js";
import type { KinesisClient, Shard } from "../../client/kinesis-client.js";
import type { KinesisClients } from "../../client/kinesis-clients.js";
import { DEFAULT_RETRY_POLICY, Retry } from "../../client/retry.js";
import { logRetries } from "../../client/log-retries.js";
import { assignByHashRange } from "./assign-by-hash-range.js";
import { readEnumeratorState, writeEnumeratorState } from "./enumerator-snapshot.js";
import type { KinesisSourceSettings } from "./source-settings.js";
import { ConsumerRegistration } from "./consumer-registration.js";
import { DataLoss } from "./data-loss.js";
import { CLOCK_SKEW_MAX_MS, discoverInitialShards, listShards, specificShards } from "./shard-discovery.js";
import type { DiscoveryCall } from "./shard-discovery.js";
import { readShardNotice } from "./shard-notice.js";
import { TRIM_HORIZON } from "./shard-position.js";
import type { ShardPosition } from "./shard-position.js";
import { ShardTracker, laterShardId } from "./shard-tracker.js";
import { writeSplitState } from "./split-state.js";
import type { ShardEnd } from "./split-state.js";

/** How long a finished shard is remembered: many discovery intervals, so that no listing brings it back. */
const FINISHED_KEPT_MS = 24 * 3_600_000;

/**
 * Finds the shards of a stream and assigns them: all that the start position asks for at first, then those that
 * appear later, always from their beginning. Children become known with the last answer of their parent, and by a
 * listing every discovery interval.
 */
export class KinesisEnumerator implements SplitEnumerator {
  readonly #settings: KinesisSourceSettings;
  readonly #context: EnumeratorContext;
  readonly #retry: Retry;
  readonly #clients: KinesisClients;
  readonly #closing = new AbortController();
  readonly #signal: AbortSignal;

  #client: KinesisClient | undefined;
  #registration: ConsumerRegistration | undefined;
  #registering: Promise<void> | undefined;
  #tracker = new ShardTracker();
  #startMs: number | undefined;
  #end: ShardEnd | undefined;
  #lastSeenShardId: string | undefined;
  #timer: TimerHandle | undefined;
  #isDiscovering = false;
  /** Something asked for a round while one was under way. */
  #discoverAgain = false;
  #hasStarted = false;
  #isOver = false;
  /** Finished shards whose children no answer has named: the listing under way will. */
  readonly #childless = new Set<string>();
  /** Shards at which a bounded read has ended: what continues them is not read. */
  readonly #endReached = new Set<string>();

  constructor(
    settings: KinesisSourceSettings,
    clients: KinesisClients,
    context: EnumeratorContext,
    restored: JsonValue | undefined,
  ) {
    this.#settings = settings;
    this.#clients = clients;
    this.#context = context;
    this.#retry = new Retry(DEFAULT_RETRY_POLICY, context.clock, context.random);
    this.#signal = AbortSignal.any([context.signal, this.#closing.signal]);
    setMaxListeners(0, this.#signal);
    if (restored === undefined) return;
    const { arn, name } = settings.connection.stream;
    const state = readEnumeratorState(restored, arn ?? name, context.restoredSplitIds, context.clock.now());
    this.#tracker = state.tracker;
    this.#startMs = state.startMs;
    this.#lastSeenShardId = state.lastSeenShardId;
    this.#end = state.end;
  }

  async start(): Promise<void> {
    this.#assign();
    await this.#registerConsumer();
    await this.#discover();
    this.#hasStarted = true;
    this.#scheduleDiscovery();
    this.#endIfDone();
  }

  handleNotice(splitId: string, notice: JsonValue): void {
    const { children, isEndReached, isConsumerGone } = readShardNotice(notice);
    if (isConsumerGone === true) this.#registerAgain();
    if (isEndReached) this.#endReached.add(splitId);
    for (const child of children) {
      // A merged shard may have a parent that was made since the last listing, and that it must wait for.
      if (child.parentShardIds.every((id) => this.#tracker.isKnown(id)))
        this.#tracker.add(child, TRIM_HORIZON);
    }
    this.#assign();
  }

  splitFinished(splitId: string): void {
    const hasChild = this.#tracker.hasChildOf(splitId);
    this.#tracker.markFinished(splitId, this.#context.clock.now());
    this.#assign();
    if (this.#endReached.has(splitId)) {
      this.#endIfDone();
      return;
    }
    if (hasChild) return;
    this.#childless.add(splitId);
    this.#discoverNow();
  }

  isContinued(splitId: string): boolean {
    return !this.#hasStarted || this.#childless.has(splitId) || this.#tracker.hasWaitingChildOf(splitId);
  }

  snapshot(): JsonValue {
    return writeEnumeratorState({
      streamArn: this.#settings.connection.stream.arn ?? this.#settings.connection.stream.name,
      startMs: this.#startMs,
      lastSeenShardId: this.#lastSeenShardId,
      end: this.#end,
      tracker: this.#tracker,
    });
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#timer?.cancel();
    await this.#registering?.catch(() => undefined);
    await this.#registration?.close();
    this.#client?.close();
  }

  /** Enhanced fan-out only. */
  async #registerConsumer(): Promise<void> {
    const { connection, fanOut } = this.#settings;
    if (fanOut === undefined) return;
    const { clock, logger } = this.#context;
    this.#client ??= await this.#clients.open(connection, logger);
    const operation =
      fanOut.lifecycle === "JOB_MANAGED" ? "RegisterStreamConsumer" : "DescribeStreamConsumer";
    const registration = (this.#registration ??= new ConsumerRegistration({
      client: this.#client.subscriptions(),
      settings: fanOut,
      stream: connection.stream.name,
      retry: this.#retry,
      clock,
      logger,
      signal: this.#signal,
    }));
    this.#registering = this.#explained(operation, this.#client, () => registration.start());
    await this.#registering;
  }

  /** Somebody else has removed the consumer. */
  #registerAgain(): void {
    this.#registerConsumer().catch((error: unknown) => {
      if (!this.#signal.aborted) this.#context.fail(error);
    });
  }

  #scheduleDiscovery(): void {
    if (this.#signal.aborted || this.#isOver) return;
    this.#timer = this.#context.clock.setTimer(this.#settings.discoveryIntervalMs, () => {
      this.#discoverNow();
      this.#scheduleDiscovery();
    });
  }

  /** Starts a round beside the reading; a failure fails the job. */
  #discoverNow(): void {
    if (this.#isDiscovering) {
      this.#discoverAgain = true;
      return;
    }
    this.#discover().catch((error: unknown) => {
      if (!this.#signal.aborted) this.#context.fail(error);
    });
  }

  async #discover(): Promise<void> {
    this.#isDiscovering = true;
    try {
      do {
        this.#discoverAgain = false;
        const lookedFor = [...this.#childless];
        await this.#discoverOnce();
        for (const shardId of lookedFor) this.#childless.delete(shardId);
        this.#endIfDone();
      } while (this.#discoverAgain && !this.#signal.aborted);
    } finally {
      this.#isDiscovering = false;
    }
  }

  async #discoverOnce(): Promise<void> {
    const { connection } = this.#settings;
    this.#client ??= await this.#clients.open(connection, this.#context.logger);
    const call: DiscoveryCall = {
      client: this.#client,
      retry: this.#retry,
      signal: this.#signal,
      onRetry: logRetries(this.#context.logger, "ListShards", connection.stream.name),
    };
    if (this.#lastSeenShardId === undefined) await this.#discoverInitially(call);
    else await this.#discoverAfter(call, this.#lastSeenShardId);
    this.#tracker.forgetFinishedBefore(this.#context.clock.now() - FINISHED_KEPT_MS);
    this.#assign();
  }

  /** Repeated as long as no shard was ever seen; "now" stays the first one. */
  async #discoverInitially(call: DiscoveryCall): Promise<void> {
    const { client, retry, signal, onRetry } = call;
    const { start } = this.#settings;
    const { retentionHours, status } = await this.#explained("DescribeStreamSummary", client, () =>
      retry.run(() => client.describeStreamSummary(signal), signal, onRetry),
    );
    const now = this.#context.clock.now();
    this.#startMs ??= start.type === "AT_TIMESTAMP" ? start.timestampMs : now;
    this.#end ??= this.#endFrom(now);
    const startMs = this.#startMs;
    // Listing is refused until the stream is there; the next round asks again.
    if (status === "CREATING") return;
    const { shards, position } = await this.#explained("ListShards", client, () =>
      discoverInitialShards(call, start, startMs, now, retentionHours),
    );
    if (start.type === "SPECIFIC") await this.#addSpecific(shards, start);
    else this.#add(shards, position);
  }

  /** "Now" may be the service's past: what is there must be read, and a little more does no harm. */
  #endFrom(nowMs: number): ShardEnd | undefined {
    const { end } = this.#settings;
    if (end === undefined) return undefined;
    if (end.type === "AT_TIMESTAMP") return { beforeMs: end.timestampMs, isAtTip: false };
    return { beforeMs: nowMs + CLOCK_SKEW_MAX_MS, isAtTip: true };
  }

  async #addSpecific(
    shards: readonly Shard[],
    start: Extract<KinesisSourceSettings["start"], { type: "SPECIFIC" }>,
  ): Promise<void> {
    const { connection, onDataLoss } = this.#settings;
    const { clock, logger, metrics } = this.#context;
    const { name } = connection.stream;
    const { positions, finished, missing } = specificShards(shards, await start.read(), name);
    const loss = new DataLoss(onDataLoss, name, logger, metrics.counter("lostPositions"));
    for (const shardId of missing) {
      loss.report({ shardId, reason: "A start position is given for a shard that is not in the stream" });
    }
    for (const shardId of finished) this.#tracker.markFinished(shardId, clock.now());
    for (const shard of shards) this.#add([shard], positions.get(shard.shardId) ?? TRIM_HORIZON);
  }

  async #discoverAfter(call: DiscoveryCall, shardId: string): Promise<void> {
    const shards = await this.#explained("ListShards", call.client, () =>
      listShards(call, { type: "AFTER_SHARD_ID", shardId }),
    );
    this.#add(shards, TRIM_HORIZON);
  }

  async #explained<T>(operation: string, client: KinesisClient, call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      if (this.#signal.aborted) throw error;
      throw await explainStreamFailure(error, { operation, settings: this.#settings.connection }, client);
    }
  }

  /** Takes a listing. Its greatest id is remembered; children learned from a reader do not count, others may be missing. */
  #add(shards: readonly Shard[], position: ShardPosition): void {
    for (const shard of shards) {
      this.#tracker.add(shard, position);
      this.#lastSeenShardId = laterShardId(this.#lastSeenShardId, shard.shardId);
    }
  }

  #assign(): void {
    if (this.#signal.aborted) return;
    for (const { shard, position } of this.#tracker.assignable()) {
      const { shardId, hashKeyRange, parentShardIds } = shard;
      this.#tracker.markAssigned(shardId);
      if (parentShardIds.some((id) => this.#endReached.has(id))) {
        this.#endReached.add(shardId);
        this.#tracker.markFinished(shardId, this.#context.clock.now());
        continue;
      }
      const reader = assignByHashRange(hashKeyRange, this.#context.parallelism);
      const state = writeSplitState({
        position,
        hashKeyRange,
        ...(this.#end !== undefined && { end: this.#end }),
      });
      this.#context.assign({ id: shardId, state }, reader, parentShardIds);
    }
  }

  /** A bounded read is over when every shard is, and none can follow. */
  #endIfDone(): void {
    if (this.#end === undefined || !this.#hasStarted || this.#lastSeenShardId === undefined) return;
    if (this.#tracker.shards.length > 0 || this.#childless.size > 0 || this.#isOver) return;
    this.#isOver = true;
    this.#timer?.cancel();
    this.#context.noMoreSplits();
  }
}
