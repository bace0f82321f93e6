/** Registered consumers of enhanced fan-out. */
import { inUse, invalidArgument, limitExceeded, notFound } from "../errors.js";
import { CONSUMERS_PER_STREAM_MAX } from "../limits.js";
import { Instant } from "../protocol/instant.js";
import type { Account } from "../store/account.js";
import type { Consumer, Stream } from "../store/stream.js";
import { SHAPES, streamNameOf, streamOf, structure, type Fields, type Operation } from "./operation.js";
import { decodePageOf, pageToken } from "./paging.js";

const LIST_CONSUMERS_DEFAULT = 100;

export const registerConsumer: Operation = {
  shape: structure({
    StreamARN: { ...SHAPES.streamArn, required: true },
    ConsumerName: { ...SHAPES.consumerName, required: true },
    Tags: SHAPES.tags,
  }),
  run(account, input) {
    const stream = streamOf(account, input);
    const name = input.ConsumerName ?? "";
    if (stream.consumers.has(name)) {
      throw inUse(`Consumer ${name} under stream ${stream.name} under account ${account.id} already exists.`);
    }
    if (stream.consumers.size >= CONSUMERS_PER_STREAM_MAX) {
      throw limitExceeded(
        `Stream ${stream.name} under account ${account.id} already has the most consumers a stream can have, ` +
          `${CONSUMERS_PER_STREAM_MAX}.`,
      );
    }
    const createdMs = account.clock.now();
    const arn = `${stream.arn}/consumer/${name}:${Math.floor(createdMs / 1000)}`;
    const consumer = { name, arn, createdMs };
    stream.consumers.set(name, consumer);
    account.changed(stream);
    return { Consumer: { ...describe(account, consumer), ConsumerStatus: "CREATING" } };
  },
};

/** What a consumer is at this instant. */
export function consumerStatus(
  { clock, settings }: Account,
  { createdMs, goneMs }: Consumer,
): "CREATING" | "ACTIVE" | "DELETING" {
  if (goneMs !== undefined) return "DELETING";
  return clock.now() < createdMs + settings.createConsumerDelayMs ? "CREATING" : "ACTIVE";
}

function describe(account: Account, consumer: Consumer): object {
  return {
    ConsumerName: consumer.name,
    ConsumerARN: consumer.arn,
    ConsumerStatus: consumerStatus(account, consumer),
    ConsumerCreationTimestamp: new Instant(consumer.createdMs),
  };
}

const CONSUMER_FIELDS = structure({
  StreamARN: SHAPES.streamArn,
  ConsumerName: SHAPES.consumerName,
  ConsumerARN: SHAPES.consumerArn,
});

/**
 * The consumer that a request names, by its ARN or by its name and the stream's.
 *
 * @throws InvalidArgumentException, ResourceNotFoundException.
 */
function consumerIn(account: Account, input: Fields): { stream: Stream; consumer: Consumer } {
  if (input.ConsumerARN !== undefined) return consumerByArn(account, input.ConsumerARN);
  if (input.StreamARN === undefined || input.ConsumerName === undefined) {
    throw invalidArgument("Either ConsumerARN or both StreamARN and ConsumerName must be provided.");
  }
  const stream = account.get(streamNameOf(input.StreamARN));
  const consumer = stream.consumers.get(input.ConsumerName);
  if (consumer === undefined) {
    throw notFound(
      `Consumer ${input.ConsumerName} under stream ${stream.name} under account ${account.id} not found.`,
    );
  }
  return { stream, consumer };
}

/** @throws ResourceNotFoundException. */
export function consumerByArn(account: Account, arn: string): { stream: Stream; consumer: Consumer } {
  const [, name, created] = /\/consumer\/([^:]+):(\d+)$/.exec(arn) ?? [];
  const stream = account.get(streamNameOf(arn));
  const consumer = stream.consumers.get(name ?? "");
  if (consumer === undefined || consumer.arn.split(":").at(-1) !== created) {
    throw notFound(`Consumer ${arn} not found.`);
  }
  return { stream, consumer };
}

export const describeConsumer: Operation = {
  shape: CONSUMER_FIELDS,
  run(account, input) {
    const { stream, consumer } = consumerIn(account, input);
    return { ConsumerDescription: { ...describe(account, consumer), StreamARN: stream.arn } };
  },
};

export const deregisterConsumer: Operation = {
  shape: CONSUMER_FIELDS,
  run(account, input) {
    const { stream, consumer } = consumerIn(account, input);
    const { deleteConsumerDelayMs: delayMs } = account.settings;
    if (consumer.goneMs !== undefined) {
      throw inUse(`Consumer ${consumer.name} under stream ${stream.name} is being deleted.`);
    }
    if (delayMs === 0) {
      remove(account, stream, consumer);
      return undefined;
    }
    const goneMs = account.clock.now() + delayMs;
    stream.consumers.set(consumer.name, { ...consumer, goneMs });
    account.changed(stream);
    account.onChange(stream);
    account.clock.schedule(goneMs, () => remove(account, stream, consumer));
    return undefined;
  },
};

function remove(account: Account, stream: Stream, consumer: Consumer): void {
  stream.consumers.delete(consumer.name);
  account.changed(stream);
  account.onChange(stream);
}

export const listConsumers: Operation = {
  shape: structure({
    StreamARN: { ...SHAPES.streamArn, required: true },
    NextToken: SHAPES.nextToken,
    MaxResults: { type: "integer", min: 1, max: 100 },
    StreamCreationTimestamp: { type: "timestamp" },
  }),
  run(account, input) {
    const stream = streamOf(account, input);
    const after =
      input.NextToken === undefined
        ? ""
        : decodePageOf(account, input.NextToken, "ListStreamConsumers").after;
    const consumers = [...stream.consumers.values()]
      .filter(({ name }) => name > after)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    const page = consumers.slice(0, input.MaxResults ?? LIST_CONSUMERS_DEFAULT);
    const token = { operation: "ListStreamConsumers", stream: stream.name, after: page.at(-1)?.name ?? "" };
    return {
      Consumers: page.map((consumer) => describe(account, consumer)),
      ...(page.length < consumers.length ? { NextToken: pageToken(account, token) } : {}),
    };
  },
};
