import type { Clock, Logger, Random } from "@tributary/core";

import { factsOf } from "../../client/classify-failure.js";
import type { KinesisClient } from "../../client/kinesis-client.js";
import { logRetries } from "../../client/log-retries.js";
import { DEFAULT_RETRY_POLICY, Retry } from "../../client/retry.js";
import type { FanOutSettings } from "./source-settings.js";

/** What the look-up of a consumer works with. */
export interface FanOutContext {
  readonly client: KinesisClient;
  readonly settings: FanOutSettings;
  readonly stream: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** The consumer as a reader knows it: looked up once, and again after it was found gone. */
export class FanOutConsumer {
  readonly #context: FanOutContext;
  readonly #retry: Retry;
  #arn: Promise<string> | undefined;

  constructor(context: FanOutContext) {
    this.#context = context;
    const { attemptsMax, delayMinMs, delayMaxMs } = context.settings.lookUp;
    this.#retry = new Retry(
      { ...DEFAULT_RETRY_POLICY, attemptsMax, delayMinMs, delayMaxMs, firstContactAttemptsMax: attemptsMax },
      context.clock,
      context.random,
    );
  }

  /** Waits for a consumer that is not there, or not active yet. @throws the service's error after the last attempt. */
  arn(): Promise<string> {
    this.#arn ??= this.#lookUp().catch((error: unknown) => {
      this.#arn = undefined;
      throw error;
    });
    return this.#arn;
  }

  /**
   * A subscription has met "not found". Is it the consumer that is gone?
   *
   * @param onGone - called if it is, for the first shard that finds out.
   * @throws the service's error if it is the stream.
   */
  async isGone(arn: string, onGone: () => void): Promise<boolean> {
    const { client, settings, signal } = this.#context;
    await client.describeStreamSummary(signal);
    try {
      const found = await client.subscriptions().describeConsumer(settings.consumerName, signal);
      if (found.arn === arn && found.status !== "DELETING") return false;
    } catch (error) {
      if (factsOf(error).name !== "ResourceNotFoundException") throw error;
      if (this.#arn !== undefined) onGone();
    }
    this.#arn = undefined;
    return true;
  }

  #lookUp(): Promise<string> {
    const { client, settings, signal, logger, stream } = this.#context;
    return this.#retry.run(
      async () => {
        try {
          const found = await client.subscriptions().describeConsumer(settings.consumerName, signal);
          if (found.status === "ACTIVE") return found.arn;
        } catch (error) {
          if (factsOf(error).name !== "ResourceNotFoundException") throw error;
          throw new ConsumerNotReady(`There is no consumer '${settings.consumerName}'.`, error);
        }
        throw new ConsumerNotReady(`The consumer '${settings.consumerName}' is not active.`, undefined);
      },
      signal,
      logRetries(logger, "DescribeStreamConsumer", stream),
    );
  }
}

/** Passes, so it is named as something that is asked for again. */
class ConsumerNotReady extends Error {
  override readonly name = "ServiceUnavailableException";

  constructor(message: string, cause: unknown) {
    super(message, { cause });
  }
}
