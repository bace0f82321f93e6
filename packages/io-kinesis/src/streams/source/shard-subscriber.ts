import type { Clock, Counter, Random, TimerHandle } from "@tributary/core";

import { classifyFailure, factsOf } from "../../client/classify-failure.js";
import type { IteratorStart } from "../../client/kinesis-client.js";
import type { OnRetry } from "../../client/retry.js";
import type {
  Subscription,
  SubscriptionClient,
  SubscriptionEvent,
} from "../../client/subscription-client.js";
import type { FetchBudget } from "./fetch-budget.js";
import { Beginning, isRefusedAsFuture } from "./future-start.js";
import { ContinuityCheck } from "./shard-feed.js";
import type { Fetched, ShardFeed } from "./shard-feed.js";
import type { ShardPosition } from "./shard-position.js";

/** Events that wait to be taken; then the service is told to wait. */
const EVENTS_MAX = 2;
/** The service sends an event at least every few seconds: after so long a silence the connection is dead. */
const SILENCE_MAX_MS = 30_000;
/** A subscription ends after five minutes; one that outlives them has been forgotten by the other side. */
const LIFETIME_MAX_MS = 330_000;
/** A second subscription to a shard within this time is refused. @see Kinesis API Reference, SubscribeToShard. */
const RESUBSCRIBE_AFTER_MS = 5_000;
const BACK_OFF_MIN_MS = 500;
const BACK_OFF_MAX_MS = 10_000;
/** What a record takes beside its data, in bytes. */
const RECORD_OVERHEAD_BYTES = 280;

/** What a subscriber needs from its reader. */
export interface SubscriberContext {
  readonly client: SubscriptionClient;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
  readonly budget: FetchBudget;
  readonly subscriptionTimeoutMs: number;
  readonly logRetries: OnRetry;
  /** Subscriptions that failed and were tried again. */
  readonly failures: Counter;
  /** Finds the consumer; waits for it if it is not there. */
  readonly consumerArn: () => Promise<string>;
  /**
   * The service does not know something that a subscription names.
   *
   * @returns true if it was the consumer, so that another attempt makes sense; false if it was the shard.
   * @throws if the stream is gone.
   */
  readonly isConsumerGone: (arn: string) => Promise<boolean>;
  readonly onGap: (shardId: string, done: string, first: string) => void;
}

/**
 * Reads one shard by subscriptions, one after another: five minutes at most each, continued behind the last event that
 * came. Events wait in a queue of two; a subscription is paused while it is full, so the network is never held up by
 * who reads, and nothing comes that has no place.
 */
export class ShardSubscriber implements ShardFeed {
  readonly operation = "SubscribeToShard";
  readonly #shardId: string;
  readonly #context: SubscriberContext;
  readonly #continuity = new ContinuityCheck();
  readonly #beginning = new Beginning();
  readonly #events: SubscriptionEvent[] = [];
  #position: ShardPosition;
  /** Where the next subscription starts. */
  #next: IteratorStart;
  #subscription: Subscription | undefined;
  #consumerArn = "";
  #failure: { readonly error: unknown } | undefined;
  #watchdog: TimerHandle | undefined;
  #wake: (() => void) | undefined;
  #attempt = 0;
  #subscribedMs = -Infinity;
  #isAcknowledged = false;
  /** The last subscription met "not found". */
  #isMissed = false;
  #isClosed = false;

  constructor(shardId: string, position: ShardPosition, context: SubscriberContext) {
    this.#shardId = shardId;
    this.#position = position;
    this.#context = context;
    this.#next = startOf(position);
    if (position.type === "AFTER_SEQUENCE_NUMBER") this.#continuity.expect(position);
  }

  get position(): ShardPosition {
    return this.#position;
  }

  async fetch(): Promise<Fetched> {
    const { signal } = this.#context;
    for (;;) {
      signal.throwIfAborted();
      const event = this.#events.shift();
      if (event !== undefined) return this.#take(event);
      const failure = this.#failure;
      this.#failure = undefined;
      if (failure !== undefined) await this.#recover(failure.error);
      else if (this.#subscription === undefined) await this.#subscribe();
      else await this.#changed();
    }
  }

  /** The service sets the pace. */
  pauseMs(): number {
    return 0;
  }

  close(): void {
    this.#isClosed = true;
    this.#drop();
  }

  async #take(event: SubscriptionEvent): Promise<Fetched> {
    const { budget, signal } = this.#context;
    const bytes = event.bytes + event.records.length * RECORD_OVERHEAD_BYTES;
    // The event has its place in the queue until there is room for it.
    await budget.callStarts(bytes, signal);
    budget.callEnded(bytes, bytes);
    this.#subscription?.resume();
    this.#watch();
    const continued = this.#continuity.check(event.records, (done, first) =>
      this.#context.onGap(this.#shardId, done, first),
    );
    const records = this.#beginning.without(continued.records);
    const last = records.at(-1);
    if (last !== undefined) {
      this.#position = { type: "AFTER_SEQUENCE_NUMBER", sequenceNumber: last.sequenceNumber };
    }
    return {
      records,
      position: this.#position,
      millisBehindLatest: event.millisBehindLatest,
      childShards: event.childShards,
      isShardEnd: event.continuation === undefined,
      bytes,
      ...(continued.doneThrough !== undefined && { doneThrough: continued.doneThrough }),
    };
  }

  /** Not sooner than the service allows after the subscription before. */
  async #subscribe(): Promise<void> {
    const { client, clock, signal, consumerArn } = this.#context;
    const waitMs = this.#subscribedMs + RESUBSCRIBE_AFTER_MS - clock.now();
    if (waitMs > 0) await clock.sleep(waitMs, signal);
    this.#consumerArn = await consumerArn();
    signal.throwIfAborted();
    if (this.#isClosed) return;
    this.#isAcknowledged = false;
    this.#subscription = client.subscribe(
      { consumerArn: this.#consumerArn, shardId: this.#shardId, start: this.#next },
      {
        acknowledged: () => this.#acknowledged(),
        event: (event) => this.#queue(event),
        ended: () => this.#ended(),
        failed: (error) => this.#failed(error),
      },
    );
    this.#watch();
  }

  #acknowledged(): void {
    this.#isAcknowledged = true;
    this.#subscribedMs = this.#context.clock.now();
    this.#watch();
  }

  #queue(event: SubscriptionEvent): void {
    this.#attempt = 0;
    this.#isMissed = false;
    this.#events.push(event);
    const { continuation } = event;
    if (continuation === undefined) this.#drop();
    else this.#next = { type: "AFTER_SEQUENCE_NUMBER", sequenceNumber: continuation };
    if (this.#events.length >= EVENTS_MAX) this.#subscription?.pause();
    this.#watch();
    this.#wake?.();
  }

  #ended(): void {
    this.#subscription = undefined;
    this.#watch();
    // One that ended before its first event is as good as one that failed: the next must not follow at once.
    if (!this.#isAcknowledged) this.#failure = { error: new SubscriptionTimeout("ended unasked") };
    this.#wake?.();
  }

  #failed(error: unknown): void {
    this.#subscription = undefined;
    this.#watch();
    this.#failure = { error };
    this.#wake?.();
  }

  /** Waits before another attempt. @throws what no attempt will mend. */
  async #recover(error: unknown): Promise<void> {
    const { clock, random, signal, logRetries, failures, isConsumerGone } = this.#context;
    if (isRefusedAsFuture(error, this.#next, clock.now())) {
      if (this.#next.timestampMs > clock.now()) this.#beginning.notBefore(this.#next.timestampMs);
      this.#next = { type: "LATEST" };
      return;
    }
    const { name } = factsOf(error);
    if (name === "ResourceNotFoundException") {
      const isGone = await isConsumerGone(this.#consumerArn);
      // A consumer that was made again meanwhile looks like one that was there all the time: only twice is the shard.
      if (!isGone && this.#isMissed) throw error;
      this.#isMissed = true;
    } else if (name !== "ResourceInUseException" && classifyFailure(error) === "fatal") throw error;
    this.#attempt += 1;
    failures.add(1);
    const kind = classifyFailure(error) === "throttled" ? "throttled" : "retryable";
    logRetries({ kind, error, attempt: this.#attempt });
    const delayMs = Math.min(BACK_OFF_MAX_MS, BACK_OFF_MIN_MS * 2 ** (this.#attempt - 1));
    await clock.sleep(delayMs / 2 + random.next() * (delayMs / 2), signal);
  }

  /** Guards what is open: the acknowledgement, then that something comes. A paused one is silent by right. */
  #watch(): void {
    this.#watchdog?.cancel();
    this.#watchdog = undefined;
    const { clock, subscriptionTimeoutMs } = this.#context;
    if (this.#subscription === undefined || this.#events.length >= EVENTS_MAX) return;
    const leftMs = this.#subscribedMs + LIFETIME_MAX_MS - clock.now();
    const delayMs = this.#isAcknowledged ? Math.min(SILENCE_MAX_MS, leftMs) : subscriptionTimeoutMs;
    this.#watchdog = clock.setTimer(Math.max(1, delayMs), () => {
      this.#subscription?.cancel(true);
      const what = this.#isAcknowledged ? "has fallen silent" : "was not acknowledged in time";
      this.#failed(new SubscriptionTimeout(what));
    });
  }

  #changed(): Promise<void> {
    const { signal } = this.#context;
    return new Promise((resolve) => {
      const done = (): void => {
        signal.removeEventListener("abort", done);
        this.#wake = undefined;
        resolve();
      };
      this.#wake = done;
      signal.addEventListener("abort", done, { once: true });
    });
  }

  #drop(): void {
    this.#subscription?.cancel();
    this.#subscription = undefined;
    this.#watchdog?.cancel();
    this.#watchdog = undefined;
  }
}

/** Nothing came for too long. Named so that it counts as a failure of the network. */
class SubscriptionTimeout extends Error {
  override readonly name = "TimeoutError";

  constructor(what: string) {
    super(`The subscription ${what}.`);
  }
}

/** A restored position starts at the last record that is done, to see that nothing is missing behind it. */
function startOf(position: ShardPosition): IteratorStart {
  switch (position.type) {
    case "TRIM_HORIZON":
      return position;
    case "AT_TIMESTAMP":
      return { type: "AT_TIMESTAMP", timestampMs: position.timestamp };
    case "AFTER_SEQUENCE_NUMBER":
      return { type: "AT_SEQUENCE_NUMBER", sequenceNumber: position.sequenceNumber };
  }
}
