import { TributaryError } from "@tributary/core";
import type { Clock, Logger } from "@tributary/core";

import { factsOf } from "../../client/classify-failure.js";
import type { Retry } from "../../client/retry.js";
import type { StreamConsumer, SubscriptionClient } from "../../client/subscription-client.js";
import type { FanOutSettings } from "./source-settings.js";

/** Pause between two looks at a consumer that is being made or removed. */
const LOOK_INTERVAL_MS = 500;
/** How long a consumer may take to become active, or to vanish before it can be made again. */
const SETTLE_TIMEOUT_MS = 120_000;

/** What a registration works with. */
export interface RegistrationContext {
  readonly client: SubscriptionClient;
  readonly settings: FanOutSettings;
  readonly stream: string;
  readonly retry: Retry;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/**
 * The consumer of a job. JOB_MANAGED: registered when the job starts, or taken over if it is there; removed when the
 * job ends. SELF_MANAGED: it must be there, and stays.
 */
export class ConsumerRegistration {
  readonly #context: RegistrationContext;
  #arn: string | undefined;

  constructor(context: RegistrationContext) {
    this.#context = context;
  }

  /**
   * Resolves when the consumer is active.
   *
   * @throws the service's error, or `EXTERNAL_FAILED` if the consumer is not there, or does not settle.
   */
  async start(): Promise<void> {
    const { settings, clock } = this.#context;
    const deadlineMs = clock.now() + SETTLE_TIMEOUT_MS;
    if (settings.lifecycle === "SELF_MANAGED") {
      const found = await this.#find();
      if (found === undefined) throw this.#missing();
      await this.#active(found, deadlineMs);
      return;
    }
    this.#arn = (await this.#active(await this.#register(deadlineMs), deadlineMs)).arn;
  }

  /** Removes the consumer and waits until it is gone; says so if that takes too long, and never rejects. */
  async close(): Promise<void> {
    const { client, settings, clock, logger, stream } = this.#context;
    const arn = this.#arn;
    if (arn === undefined) return;
    this.#arn = undefined;
    const { consumerName: consumer, deregisterTimeoutMs } = settings;
    // Nothing may hold up the end of a job, a dead connection neither.
    const late = new AbortController();
    const timer = clock.setTimer(deregisterTimeoutMs, () => late.abort());
    try {
      await client.deregisterConsumer(arn, late.signal);
      for (;;) {
        await client.describeConsumer(consumer, late.signal);
        await clock.sleep(LOOK_INTERVAL_MS, late.signal);
      }
    } catch (error) {
      const { name } = factsOf(error);
      if (name === "ResourceNotFoundException") return;
      const what = late.signal.aborted ? "was not gone in time" : "could not be removed";
      logger.warn(`The consumer ${what}, and may be left over`, { stream, consumer, error: name });
    } finally {
      timer.cancel();
    }
  }

  /** One that is being deleted is waited out: it would vanish under the job. */
  async #register(deadlineMs: number): Promise<StreamConsumer> {
    const { client, settings, retry, signal, logger, stream } = this.#context;
    for (;;) {
      try {
        return await retry.run(() => client.registerConsumer(settings.consumerName, signal), signal);
      } catch (error) {
        if (factsOf(error).name !== "ResourceInUseException") throw error;
      }
      const found = await this.#find();
      if (found !== undefined && found.status !== "DELETING") {
        logger.info("The consumer exists already and is taken over", {
          stream,
          consumer: settings.consumerName,
        });
        return found;
      }
      await this.#pause(deadlineMs, "is still being deleted");
    }
  }

  async #active(consumer: StreamConsumer, deadlineMs: number): Promise<StreamConsumer> {
    // The answer to a registration says CREATING, however soon it is done.
    let found = consumer.status === "CREATING" ? await this.#find() : consumer;
    while (found?.status !== "ACTIVE") {
      if (found === undefined || found.status === "DELETING") {
        if (this.#context.settings.lifecycle === "SELF_MANAGED") throw this.#missing();
        return this.#active(await this.#register(deadlineMs), deadlineMs);
      }
      await this.#pause(deadlineMs, "does not become active");
      found = await this.#find();
    }
    return found;
  }

  async #find(): Promise<StreamConsumer | undefined> {
    const { client, settings, retry, signal } = this.#context;
    try {
      return await retry.run(() => client.describeConsumer(settings.consumerName, signal), signal);
    } catch (error) {
      if (factsOf(error).name === "ResourceNotFoundException") return undefined;
      throw error;
    }
  }

  async #pause(deadlineMs: number, why: string): Promise<void> {
    const { clock, signal, settings, stream } = this.#context;
    if (clock.now() >= deadlineMs) {
      throw new TributaryError({
        severity: "error",
        code: "EXTERNAL_FAILED",
        message: `The consumer '${settings.consumerName}' of stream '${stream}' ${why}`,
        option: "source.efo.consumer.name",
        value: settings.consumerName,
        hint: "Choose another consumer name, or try again later.",
      });
    }
    await clock.sleep(LOOK_INTERVAL_MS, signal);
  }

  #missing(): TributaryError {
    const { settings, stream } = this.#context;
    return new TributaryError({
      severity: "error",
      code: "EXTERNAL_FAILED",
      message: `There is no consumer '${settings.consumerName}' of stream '${stream}', and 'source.efo.lifecycle' = 'SELF_MANAGED' does not make one`,
      option: "source.efo.consumer.name",
      value: settings.consumerName,
      hint: "Register the consumer, or let the job do it with 'source.efo.lifecycle' = 'JOB_MANAGED'.",
    });
  }
}
