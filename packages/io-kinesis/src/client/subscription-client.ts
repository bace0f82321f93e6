/**
 * Enhanced fan-out as the connectors use it: a registered consumer is sent the records of a shard over one long answer,
 * a subscription, which lasts five minutes at most. The service sends as fast as the answer is read, so a subscription
 * can be paused; nothing is asked for event by event.
 */
import type { IteratorStart, KinesisRecord, Shard } from "./kinesis-client.js";

/** A registered consumer. @public */
export interface StreamConsumer {
  readonly arn: string;
  /** `CREATING`, `ACTIVE` or `DELETING`. */
  readonly status: string;
}

/** Records of a subscription that follow each other, perhaps none. @public */
export interface SubscriptionEvent {
  readonly records: readonly KinesisRecord[];
  /** The number to go on behind; absent: the shard is complete. */
  readonly continuation?: string;
  readonly millisBehindLatest: number;
  /** Given with the end of a shard that was split or merged. */
  readonly childShards: readonly Shard[];
  /** Of all payloads. */
  readonly bytes: number;
}

/** Hears of one subscription. After `ended` or `failed`, or a cancellation, nothing follows. @public */
export interface SubscriptionListener {
  /** The service has accepted the subscription. */
  acknowledged(): void;
  event(event: SubscriptionEvent): void;
  /** The service has ended it, as it does after five minutes. */
  ended(): void;
  /** @param error - the service's own error or the network's, also where the subscription was never accepted. */
  failed(error: unknown): void;
}

/** One subscription to a shard. @public */
export interface Subscription {
  /** No event comes until `resume`; the service is told to wait. */
  pause(): void;
  resume(): void;
  /** Ends it. @param abandons - its connection is used by no further subscription: it may be dead. */
  cancel(abandons?: boolean): void;
}

/**
 * Consumers of one stream, and their subscriptions. Calls reject with the service's own error.
 *
 * @public
 */
export interface SubscriptionClient {
  registerConsumer(name: string, signal?: AbortSignal): Promise<StreamConsumer>;
  describeConsumer(name: string, signal?: AbortSignal): Promise<StreamConsumer>;
  deregisterConsumer(arn: string, signal?: AbortSignal): Promise<void>;
  subscribe(request: SubscriptionRequest, listener: SubscriptionListener): Subscription;
}

export interface SubscriptionRequest {
  readonly consumerArn: string;
  readonly shardId: string;
  readonly start: IteratorStart;
}
