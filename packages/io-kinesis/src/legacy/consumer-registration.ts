import { TributaryError } from "@tributary/core";
import type { Logger } from "@tributary/core";

import { factsOf } from "../client/classify-failure.js";
import type { StreamConsumer, SubscriptionClient } from "../client/subscription-client.js";
import { fullJitterMs, repeatThrottled } from "./full-jitter.js";
import type { OnPause, RetryGroup, RetryServices } from "./full-jitter.js";
import type { LegacyFanOut } from "./source-settings.js";

/** What registering takes. */
export interface RegistrationContext {
  readonly client: SubscriptionClient;
  readonly settings: LegacyFanOut;
  readonly streamArn: string;
  readonly services: RetryServices;
  readonly logger: Logger;
  readonly logRetry: (operation: string) => OnPause;
}

/**
 * The consumer of a reader. LAZY: waits a random time, so that many readers do not ask at once, registers it unless it
 * is there, and removes it in the end. EAGER: the same without the wait, and it stays. NONE: it is given.
 */
export class LegacyConsumer {
  readonly #context: RegistrationContext;

  constructor(context: RegistrationContext) {
    this.#context = context;
  }

  /** @returns the consumer's ARN, once it is active. */
  async start(): Promise<string> {
    const { registration, register } = this.#context.settings;
    if (registration.type === "NONE") return registration.consumerArn;
    const { services } = this.#context;
    let attempt = 1;
    if (registration.type === "LAZY") {
      await services.clock.sleep(fullJitterMs(register, attempt, services.random), services.signal);
      attempt += 1;
    }
    const found = (await this.#describe(services)) ?? (await this.#register());
    return found?.status === "ACTIVE" ? found.arn : this.#whenActive(attempt);
  }

  /** Removes a LAZY consumer. Says so if it does not leave in time, and never rejects. */
  async close(): Promise<void> {
    const { settings, services, logger, streamArn } = this.#context;
    if (settings.registration.type !== "LAZY") return;
    const consumer = settings.registration.consumerName;
    // The job's own signal is aborted by now; nothing may hold its end up.
    const late = new AbortController();
    const timer = services.clock.setTimer(settings.deregisterTimeoutMs, () => late.abort());
    const closing = { ...services, signal: late.signal };
    try {
      const found = await this.#describe(closing);
      if (found === undefined) return;
      if (found.status !== "DELETING") await this.#deregister(found.arn, closing);
      await this.#whenGone(closing);
    } catch (error) {
      const what = late.signal.aborted ? "did not leave in time" : "could not be removed";
      logger.error(`The consumer ${what}, and may be left over`, {
        consumer,
        stream: streamArn,
        error: factsOf(error).name,
      });
    } finally {
      timer.cancel();
    }
  }

  /** @returns undefined if it is not there. */
  async #describe(services: RetryServices): Promise<StreamConsumer | undefined> {
    const { client, settings, logRetry } = this.#context;
    try {
      return await repeatThrottled(
        () => client.describeConsumer(this.#name, services.signal),
        settings.describeConsumer,
        services,
        logRetry("DescribeStreamConsumer"),
      );
    } catch (error) {
      if (factsOf(error).name === "ResourceNotFoundException") return undefined;
      throw error;
    }
  }

  /** Another reader may have been faster. */
  async #register(): Promise<undefined> {
    const { client, settings, services, logRetry } = this.#context;
    try {
      await repeatThrottled(
        () => client.registerConsumer(this.#name, services.signal),
        settings.register,
        services,
        logRetry("RegisterStreamConsumer"),
      );
    } catch (error) {
      if (factsOf(error).name !== "ResourceInUseException") throw error;
    }
    return undefined;
  }

  async #whenActive(firstAttempt: number): Promise<string> {
    const { settings, services } = this.#context;
    const deadlineMs = services.clock.now() + settings.registerTimeoutMs;
    for (let attempt = firstAttempt; ; attempt += 1) {
      const found = await this.#describe(services);
      if (found?.status === "ACTIVE") return found.arn;
      // One that was being deleted is gone by now.
      if (found === undefined) await this.#register();
      if (services.clock.now() >= deadlineMs) throw this.#notActive();
      await this.#pause(settings.register, attempt, services);
    }
  }

  #deregister(arn: string, services: RetryServices): Promise<void> {
    const { client, settings, logRetry } = this.#context;
    return repeatThrottled(
      () => client.deregisterConsumer(arn, services.signal),
      settings.deregister,
      services,
      logRetry("DeregisterStreamConsumer"),
    );
  }

  async #whenGone(services: RetryServices): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const found = await this.#describe(services);
      if (found === undefined || found.status === "DELETING") return;
      await this.#pause(this.#context.settings.deregister, attempt, services);
    }
  }

  async #pause(group: RetryGroup, attempt: number, services: RetryServices): Promise<void> {
    await services.clock.sleep(fullJitterMs(group, attempt, services.random), services.signal);
  }

  get #name(): string {
    const { registration } = this.#context.settings;
    return registration.type === "NONE"
      ? consumerNameOf(registration.consumerArn)
      : registration.consumerName;
  }

  /** Is it still registered? */
  async isThere(): Promise<boolean> {
    const found = await this.#describe(this.#context.services);
    return found !== undefined && found.status !== "DELETING";
  }

  #notActive(): TributaryError {
    const { settings, streamArn } = this.#context;
    return new TributaryError(
      {
        severity: "error",
        code: "EXTERNAL_FAILED",
        message: `The consumer '${this.#name}' of stream '${streamArn}' did not become active within ${settings.registerTimeoutMs / 1000} s`,
        option: "scan.stream.efo.consumername",
        value: this.#name,
        hint: "Choose another consumer name, or allow more time with 'scan.stream.registerstreamconsumer.timeout'.",
      },
      { retryable: true },
    );
  }
}

/** `arn:...:stream/NAME/consumer/CONSUMER:TIME`. @see Kinesis API Reference, ConsumerARN. */
function consumerNameOf(arn: string): string {
  return /\/consumer\/([^:]+)/.exec(arn)?.[1] ?? arn;
}
