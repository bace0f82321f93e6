/**
 * The old source: every reader lists the shards for itself, takes those that the assigner gives it, and reads each in a
 * loop of its own, children as soon as they are found. A push-style function: what it emits and the state of its shards
 * change together under the checkpoint lock.
 */
import { setMaxListeners } from "node:events";

import { TributaryError } from "@tributary/core";
import type { JsonValue, SourceFunction, SourceFunctionContext } from "@tributary/core";

import { explainFailure, explainStreamFailure } from "../client/explain-failure.js";
import { factsOf } from "../client/classify-failure.js";
import type { KinesisClients } from "../client/kinesis-clients.js";
import type { KinesisClient, KinesisRecord, Shard } from "../client/kinesis-client.js";
import { repeatThrottled } from "./full-jitter.js";
import type { OnPause, RetryServices } from "./full-jitter.js";
import { RecordSynchronizer } from "./record-synchronizer.js";
import type { GlobalWatermark } from "./record-synchronizer.js";
import { ShardConsumer } from "./shard-consumer.js";
import { ShardListing } from "./shard-listing.js";
import { readerOf } from "./shard-assigner.js";
import type { ShardAssigner } from "./shard-assigner.js";
import { ShardMetrics } from "./shard-metrics.js";
import { ShardPublishers } from "./shard-publishers.js";
import {
  EARLIEST,
  atTimestamp,
  initialState,
  isEnded,
  readShardState,
  restartOf,
  writeShardState,
} from "./shard-state.js";
import type { ShardState } from "./shard-state.js";
import type { LegacySettings } from "./source-settings.js";

/** Reads one stream. */
export class KinesisSourceFunction implements SourceFunction<KinesisRecord> {
  readonly #settings: LegacySettings;
  readonly #clients: KinesisClients;
  readonly #global: GlobalWatermark;
  readonly #cancelling = new AbortController();
  readonly #consumers = new Map<string, ShardConsumer>();
  /** Shards that were done before this run. */
  readonly #ended: ShardState[] = [];
  readonly #atTip = new Set<string>();
  /** What a snapshot repeats until the first discovery. */
  #restored: readonly ShardState[] = [];

  constructor(settings: LegacySettings, clients: KinesisClients, global: GlobalWatermark) {
    this.#settings = settings;
    this.#clients = clients;
    this.#global = global;
  }

  async run(context: SourceFunctionContext<KinesisRecord>): Promise<void> {
    context.setCaughtUp(false);
    const assigner = this.#settings.makeAssigner();
    this.#restored = this.#ownRestored(context, assigner);
    const signal = AbortSignal.any([context.signal, this.#cancelling.signal]);
    setMaxListeners(0, signal);
    const run = new Run(this.#settings, this.#clients, this.#global, context, signal);
    try {
      await run.open();
      await this.#read(run, assigner);
    } catch (error) {
      if (signal.aborted) return;
      throw await run.explain(error);
    } finally {
      this.#cancelling.abort();
      await run.close();
    }
  }

  cancel(): void {
    this.#cancelling.abort();
  }

  snapshot(): readonly JsonValue[] {
    const states = [
      ...this.#restored,
      ...this.#ended,
      ...Array.from(this.#consumers.values(), ({ state }) => state),
    ];
    return states.map(writeShardState);
  }

  /** Before shards are listed, the stored hash keys tell which are this reader's. */
  #ownRestored(
    context: SourceFunctionContext<KinesisRecord>,
    assigner: ShardAssigner,
  ): readonly ShardState[] {
    return (context.restored ?? []).map(readShardState).filter((state) => {
      if (state.stream !== this.#settings.connection.stream.name) return false;
      return readerOf(assigner, assigned(state.stream, state), context.parallelism) === context.subtaskIndex;
    });
  }

  /** Until the job ends: consumers and discovery beside each other; the first failure ends all. */
  async #read(run: Run, assigner: ShardAssigner): Promise<void> {
    const { context, signal } = run;
    const isRestored = context.restored !== undefined;
    const startMs = context.clock.now();
    let found = await run.listing.next();
    while (found === undefined) {
      await context.clock.sleep(this.#settings.discoveryIntervalMs, signal);
      found = await run.listing.next();
    }
    if (found.length === 0 && !isRestored) throw noShards(this.#settings.connection.stream.name);
    const stored = new Map(this.#restored.map((state) => [state.shardId, state]));
    const failed = new Promise<never>((_resolve, reject) => {
      const mine = this.#own(found, run, assigner);
      const states = mine.map((shard) => this.#startOf(shard, run, stored, isRestored, startMs));
      this.#restored = [];
      this.#begin(states, run, reject);
      run.synchronizer?.run().catch(reject);
      this.#discover(run, assigner, reject).catch(reject);
    });
    await failed;
  }

  /** Listed metadata goes before what was stored. */
  #startOf(
    shard: Shard,
    run: Run,
    stored: ReadonlyMap<string, ShardState>,
    isRestored: boolean,
    startMs: number,
  ): ShardState {
    const found = stored.get(shard.shardId);
    const stream = { name: this.#settings.connection.stream.name, arn: run.streamArn };
    if (found !== undefined) {
      const fresh = initialState(shard, stream, found.position);
      const { before, readThroughMs } = found;
      return {
        ...fresh,
        ...(before !== undefined && { before }),
        ...(readThroughMs !== undefined && { readThroughMs }),
      };
    }
    const { start } = this.#settings;
    if (isRestored || start.type === "TRIM_HORIZON") return initialState(shard, stream, EARLIEST);
    return initialState(
      shard,
      stream,
      atTimestamp(start.type === "AT_TIMESTAMP" ? start.timestampMs : startMs),
    );
  }

  async #discover(run: Run, assigner: ShardAssigner, reject: (error: unknown) => void): Promise<void> {
    const { context, signal, listing } = run;
    const stream = { name: this.#settings.connection.stream.name, arn: run.streamArn };
    for (;;) {
      await context.clock.sleep(this.#settings.discoveryIntervalMs, signal);
      const found = await listing.next();
      const mine = this.#own(found ?? [], run, assigner);
      if (mine.length === 0) continue;
      const states = mine.map((shard) => initialState(shard, stream, EARLIEST));
      this.#begin(states, run, reject);
    }
  }

  /** Shards that the assigner gives this reader. */
  #own(shards: readonly Shard[], { context }: Run, assigner: ShardAssigner): readonly Shard[] {
    const { parallelism, subtaskIndex } = context;
    const stream = this.#settings.connection.stream.name;
    return shards.filter(
      (shard) => readerOf(assigner, assigned(stream, shard), parallelism) === subtaskIndex,
    );
  }

  /** Starts a consumer for each shard that is not done. */
  #begin(states: readonly ShardState[], run: Run, reject: (error: unknown) => void): void {
    const { context } = run;
    const open: ShardState[] = [];
    for (const state of states) {
      if (isEnded(state)) this.#ended.push(state);
      else open.push(state);
    }
    for (const state of open) {
      const consumer = run.consumer(state, (shardId, isAtTip) => this.#onTip(run, shardId, isAtTip));
      this.#consumers.set(state.shardId, consumer);
    }
    context.openParts(open.map(({ shardId }) => shardId));
    for (const { shardId } of open) {
      const consumer = this.#consumers.get(shardId) as ShardConsumer;
      consumer.run().then(
        () => this.#onTip(run, shardId, true),
        (error: unknown) => reject(run.explainOfShard(error, consumer.state)),
      );
    }
    this.#reportTip(context);
  }

  #onTip({ context, synchronizer }: Run, shardId: string, isAtTip: boolean): void {
    if (isAtTip) this.#atTip.add(shardId);
    else this.#atTip.delete(shardId);
    synchronizer?.setAtTip(shardId, isAtTip);
    this.#reportTip(context);
  }

  #reportTip(context: SourceFunctionContext<KinesisRecord>): void {
    context.setCaughtUp(this.#atTip.size >= this.#consumers.size);
  }
}

/** Everything that one run of the function has open. */
class Run {
  readonly context: SourceFunctionContext<KinesisRecord>;
  readonly signal: AbortSignal;
  readonly synchronizer: RecordSynchronizer | undefined;
  streamArn: string | undefined;
  readonly #settings: LegacySettings;
  readonly #clients: KinesisClients;
  #client: KinesisClient | undefined;
  #listing: ShardListing | undefined;
  #publishers: ShardPublishers | undefined;

  constructor(
    settings: LegacySettings,
    clients: KinesisClients,
    global: GlobalWatermark,
    context: SourceFunctionContext<KinesisRecord>,
    signal: AbortSignal,
  ) {
    this.#settings = settings;
    this.#clients = clients;
    this.context = context;
    this.signal = signal;
    this.streamArn = settings.connection.stream.arn;
    if (settings.sync !== undefined) {
      this.synchronizer = new RecordSynchronizer(settings.sync, context, global, signal);
    }
  }

  get listing(): ShardListing {
    return this.#listing as ShardListing;
  }

  async open(): Promise<void> {
    const { logger } = this.context;
    const client = await this.#clients.open(this.#settings.connection, logger);
    this.#client = client;
    this.streamArn ??= await this.#describe(client);
    this.#listing = new ShardListing({
      client,
      retry: this.#settings.listShards,
      services: this.#services,
      onPause: this.#logRetry("ListShards"),
    });
    this.#publishers = new ShardPublishers({
      settings: this.#settings,
      client,
      clients: this.#clients,
      streamArn: this.streamArn,
      services: this.#services,
      logger,
      logRetry: (operation) => this.#logRetry(operation),
    });
    await this.#publishers.open();
  }

  consumer(state: ShardState, onTip: (shardId: string, isAtTip: boolean) => void): ShardConsumer {
    const metrics = new ShardMetrics(this.context.metrics, state.stream, state.shardId);
    this.synchronizer?.open(state.shardId);
    const publishers = this.#publishers as ShardPublishers;
    return new ShardConsumer(state, {
      publisher: publishers.publisher(state.shardId, restartOf(state), metrics),
      context: this.context,
      metrics,
      onTip,
      ...(this.synchronizer !== undefined && { synchronizer: this.synchronizer }),
    });
  }

  /** For the user: what was being done, and near names where the stream does not exist. */
  async explain(error: unknown): Promise<TributaryError> {
    const call = { operation: "ListShards", settings: this.#settings.connection };
    return this.#client === undefined
      ? explainFailure(error, call)
      : explainStreamFailure(error, call, this.#client);
  }

  explainOfShard(error: unknown, { shardId, position }: ShardState): unknown {
    if (this.signal.aborted) return error;
    const isNumber = /^\d+$/.test(position.sequenceNumber);
    return explainFailure(error, {
      operation: this.#settings.fanOut === undefined ? "GetRecords" : "SubscribeToShard",
      settings: this.#settings.connection,
      place: { shard: shardId, ...(isNumber && { sequenceNumber: position.sequenceNumber }) },
    });
  }

  async close(): Promise<void> {
    await this.#publishers?.close();
    this.#client?.close();
  }

  get #services(): RetryServices {
    const { clock, random } = this.context;
    return { clock, random, signal: this.signal };
  }

  /** The name is enough to read; consumers, and a later move to the new source, need the ARN. */
  async #describe(client: KinesisClient): Promise<string | undefined> {
    const { describe, fanOut } = this.#settings;
    // Polling repeats it for as long as the service asks for patience.
    const group = fanOut === undefined ? { ...describe, maximum: Infinity } : describe;
    const { streamArn } = await repeatThrottled(
      () => client.describeStreamSummary(this.signal),
      group,
      this.#services,
      this.#logRetry("DescribeStreamSummary"),
    );
    return streamArn;
  }

  #logRetry(operation: string): OnPause {
    const { logger } = this.context;
    const stream = this.#settings.connection.stream.name;
    return (error, attempt, delayMs) => {
      const { name, systemCode } = factsOf(error);
      logger.warn("A Kinesis call failed and is repeated", {
        operation,
        stream,
        attempt,
        delayMs,
        error: systemCode ?? name,
      });
    };
  }
}

function assigned(
  stream: string,
  { shardId, hashKeyRange }: Pick<Shard, "shardId" | "hashKeyRange">,
): {
  readonly stream: string;
  readonly shardId: string;
  readonly firstHashKey: bigint;
  readonly lastHashKey: bigint;
} {
  const { first, last } = hashKeyRange;
  return { stream, shardId, firstHashKey: BigInt(first), lastHashKey: BigInt(last) };
}

function noShards(stream: string): TributaryError {
  return new TributaryError({
    severity: "error",
    code: "EXTERNAL_FAILED",
    message: `The stream '${stream}' has no shards to read`,
    option: "stream",
    value: stream,
    hint: "Look at the stream in the console of the service.",
  });
}
