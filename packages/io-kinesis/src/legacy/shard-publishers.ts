import type { Logger } from "@tributary/core";

import type { KinesisClients } from "../client/kinesis-clients.js";
import type { IteratorStart, KinesisClient } from "../client/kinesis-client.js";
import type { SubscriptionClient } from "../client/subscription-client.js";
import { LegacyConsumer } from "./consumer-registration.js";
import { FanOutPublisher } from "./fan-out-publisher.js";
import type { OnPause, RetryServices } from "./full-jitter.js";
import { PollingPublisher } from "./polling-publisher.js";
import type { RecordPublisher } from "./record-publisher.js";
import type { ShardMetrics } from "./shard-metrics.js";
import type { LegacySettings } from "./source-settings.js";

/** What publishers are made of. */
export interface PublishersContext {
  readonly settings: LegacySettings;
  readonly client: KinesisClient;
  readonly clients: KinesisClients;
  readonly streamArn: string | undefined;
  readonly services: RetryServices;
  readonly logger: Logger;
  readonly logRetry: (operation: string) => OnPause;
}

/** Makes the publisher of each shard; with enhanced fan-out, owns the consumer and a client of its own. */
export class ShardPublishers {
  readonly #context: PublishersContext;
  #fanOutClient: KinesisClient | undefined;
  #subscriptions: SubscriptionClient | undefined;
  #consumer: LegacyConsumer | undefined;
  #consumerArn = "";

  constructor(context: PublishersContext) {
    this.#context = context;
  }

  /** Registers the consumer, if one is needed. */
  async open(): Promise<void> {
    const { settings, clients, logger, services, logRetry, streamArn } = this.#context;
    const { fanOut } = settings;
    if (fanOut === undefined || streamArn === undefined) return;
    this.#fanOutClient = await clients.open(
      { ...fanOut.connection, stream: { ...fanOut.connection.stream, arn: streamArn } },
      logger,
    );
    this.#subscriptions = this.#fanOutClient.subscriptions();
    this.#consumer = new LegacyConsumer({
      client: this.#subscriptions,
      settings: fanOut,
      streamArn,
      services,
      logger,
      logRetry,
    });
    this.#consumerArn = await this.#consumer.start();
  }

  publisher(shardId: string, start: IteratorStart, metrics: ShardMetrics): RecordPublisher {
    const { settings, client, services, logRetry } = this.#context;
    const { fanOut, polling } = settings;
    if (fanOut === undefined || this.#subscriptions === undefined) {
      return new PollingPublisher(shardId, start, { client, settings: polling, services, metrics, logRetry });
    }
    return new FanOutPublisher(shardId, start, {
      client: this.#subscriptions,
      consumerArn: this.#consumerArn,
      settings: fanOut,
      services,
      logRetry: logRetry("SubscribeToShard"),
      isConsumerThere: () => (this.#consumer as LegacyConsumer).isThere(),
    });
  }

  async close(): Promise<void> {
    await this.#consumer?.close();
    this.#fanOutClient?.close();
  }
}
