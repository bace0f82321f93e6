import { TributaryError } from "@tributary/core";
import type { TimerHandle } from "@tributary/core";

import { factsOf, isTimeout } from "../client/classify-failure.js";
import type { IteratorStart } from "../client/kinesis-client.js";
import type { Subscription, SubscriptionClient, SubscriptionEvent } from "../client/subscription-client.js";
import { fullJitterMs } from "./full-jitter.js";
import type { OnPause, RetryServices } from "./full-jitter.js";
import { FutureStart } from "./future-start.js";
import type { Consumed, Fetched, RecordPublisher } from "./record-publisher.js";
import type { LegacyFanOut } from "./source-settings.js";

/** Events that wait to be taken; then the service is told to wait. */
const EVENTS_MAX = 2;
/** How long the queue may stay full before the subscription is given up. */
const ENQUEUE_TIMEOUT_MS = 35_000;

/** What a publisher needs beside its shard. */
export interface FanOutContext {
  readonly client: SubscriptionClient;
  readonly consumerArn: string;
  readonly settings: LegacyFanOut;
  readonly services: RetryServices;
  readonly logRetry: OnPause;
  /** Is the consumer still registered? Tells a shard that is gone from a consumer that is. */
  readonly isConsumerThere: () => Promise<boolean>;
}

/** How a subscription came to its end. */
type Ending =
  | { readonly kind: "ended" }
  | { readonly kind: "shardComplete" }
  | { readonly kind: "failed"; readonly error: unknown; readonly wasAcknowledged: boolean };

/** A passing failure of our own making. */
class Recoverable extends Error {}

/**
 * Reads one shard by subscriptions, one after another, each from behind the last record of the one before. Failures of a
 * passing kind only make it back off; others count, until a subscription has ended as it should.
 */
export class FanOutPublisher implements RecordPublisher {
  readonly #shardId: string;
  readonly #context: FanOutContext;
  readonly #start = new FutureStart();
  readonly #events: SubscriptionEvent[] = [];
  #position: IteratorStart;
  #subscription: Subscription | undefined;
  #ending: Ending | undefined;
  #isAcknowledged = false;
  #timer: TimerHandle | undefined;
  #wake: (() => void) | undefined;
  /** Failures in a row that count. */
  #failures = 0;

  constructor(shardId: string, start: IteratorStart, context: FanOutContext) {
    this.#shardId = shardId;
    this.#position = start;
    this.#context = context;
    context.services.signal.addEventListener("abort", () => this.#wake?.(), { once: true });
  }

  async fetch(): Promise<Fetched> {
    const { signal } = this.#context.services;
    for (;;) {
      signal.throwIfAborted();
      const event = this.#events.shift();
      if (event !== undefined) return this.#take(event);
      const ending = this.#ending;
      if (ending !== undefined) {
        this.#ending = undefined;
        this.#drop();
        if (ending.kind === "shardComplete") return { records: [], millisBehindLatest: 0, isEnd: true };
        if (ending.kind === "ended") this.#failures = 0;
        else if (await this.#isShardGone(ending)) {
          return { records: [], millisBehindLatest: 0, isEnd: true };
        } else await this.#backOff(ending.error);
      } else if (this.#subscription === undefined) this.#subscribe(this.#position);
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  consumed({ lastSequenceNumber }: Consumed): Promise<void> {
    if (lastSequenceNumber !== undefined) {
      this.#position = { type: "AFTER_SEQUENCE_NUMBER", sequenceNumber: lastSequenceNumber };
    }
    return Promise.resolve();
  }

  close(): void {
    this.#drop();
    this.#events.length = 0;
    this.#wake?.();
  }

  #take(event: SubscriptionEvent): Fetched {
    if (this.#events.length < EVENTS_MAX && this.#ending === undefined) {
      this.#timer?.cancel();
      this.#subscription?.resume();
    }
    return {
      records: this.#start.without(event.records),
      millisBehindLatest: event.millisBehindLatest,
      isEnd: event.continuation === undefined,
    };
  }

  #subscribe(start: IteratorStart): void {
    const { client, consumerArn, settings, services } = this.#context;
    this.#isAcknowledged = false;
    let isCurrent = true;
    const end = (ending: Ending): void => {
      if (!isCurrent) return;
      isCurrent = false;
      this.#ending = ending;
      this.#timer?.cancel();
      this.#wake?.();
    };
    const giveUp = (why: string): void => {
      this.#subscription?.cancel(true);
      end({ kind: "failed", error: new Recoverable(why), wasAcknowledged: this.#isAcknowledged });
    };
    this.#watch(settings.subscribeTimeoutMs, () => giveUp("The subscription was not acknowledged in time."));
    this.#subscription = client.subscribe(
      { consumerArn, shardId: this.#shardId, start },
      {
        acknowledged: () => {
          this.#isAcknowledged = true;
          this.#timer?.cancel();
        },
        event: (event) => {
          if (!isCurrent) return;
          this.#events.push(event);
          if (event.continuation === undefined) end({ kind: "shardComplete" });
          else if (this.#events.length >= EVENTS_MAX) {
            this.#subscription?.pause();
            this.#watch(ENQUEUE_TIMEOUT_MS, () => giveUp("Nobody took the subscription's events in time."));
          }
          this.#wake?.();
        },
        ended: () => end({ kind: "ended" }),
        failed: (error) => {
          if (!this.#isAcknowledged && this.#start.isRefused(error, start, services.clock.now())) {
            this.#timer?.cancel();
            isCurrent = false;
            this.#subscribe({ type: "LATEST" });
            return;
          }
          end({ kind: "failed", error, wasAcknowledged: this.#isAcknowledged });
        },
      },
    );
  }

  #watch(delayMs: number, late: () => void): void {
    this.#timer?.cancel();
    this.#timer = this.#context.services.clock.setTimer(delayMs, late);
  }

  #drop(): void {
    this.#timer?.cancel();
    this.#subscription?.cancel();
    this.#subscription = undefined;
  }

  /** @throws if it is the consumer, or was never accepted: then nothing would ever come. */
  async #isShardGone({ error, wasAcknowledged }: Extract<Ending, { kind: "failed" }>): Promise<boolean> {
    if (factsOf(error).name !== "ResourceNotFoundException") return false;
    if (!wasAcknowledged) throw error;
    if (await this.#context.isConsumerThere()) return true;
    throw error;
  }

  /** @throws when too many failures in a row have counted. */
  async #backOff(error: unknown): Promise<void> {
    const { settings, services, logRetry } = this.#context;
    const isCounted = !(error instanceof Recoverable || isTimeout(error) || settings.recoverable(error));
    if (isCounted) {
      this.#failures += 1;
      if (this.#failures >= settings.subscribe.maximum) throw this.#exhausted(error);
    }
    const attempt = Math.max(1, this.#failures);
    const delayMs = fullJitterMs(settings.subscribe, attempt, services.random);
    logRetry(error, attempt, delayMs);
    await services.clock.sleep(delayMs, services.signal);
  }

  #exhausted(error: unknown): TributaryError {
    return new TributaryError(
      {
        severity: "error",
        code: "SERVICE_UNAVAILABLE",
        message: `Subscriptions to shard '${this.#shardId}' failed ${this.#failures} times in a row, the last with ${factsOf(error).name}: ${error instanceof Error ? error.message : String(error)}`,
        shard: this.#shardId,
        option: "scan.shard.subscribetoshard.maxretries",
        hint: "Allow more failures with 'scan.shard.subscribetoshard.maxretries'.",
      },
      { cause: error, retryable: true },
    );
  }
}
