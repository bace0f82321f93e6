import type { KinesisClient as AwsClient } from "@aws-sdk/client-kinesis";
import type * as Aws from "@aws-sdk/client-kinesis";
import { invariant } from "@tributary/core";

import type { IteratorStart } from "./kinesis-client.js";
import { OpenSubscription } from "./open-subscription.js";
import { readServiceError } from "./subscription-error.js";
import type {
  StreamConsumer,
  Subscription,
  SubscriptionClient,
  SubscriptionListener,
  SubscriptionRequest,
} from "./subscription-client.js";
import type { OpenedAnswer, SignedRequest, SubscriptionSessions } from "./subscription-sessions.js";

const OK = 200;
/** Carries the answer through the SDK's output. */
const ANSWER = Symbol("answer");

/**
 * Enhanced fan-out through the AWS SDK. It makes and signs every request; what SubscribeToShard answers is read by us:
 * the SDK's event stream costs more than twice as much, and its connection is one of its own for every subscription.
 */
export class AwsSubscriptionClient implements SubscriptionClient {
  readonly #aws: typeof Aws;
  readonly #client: AwsClient;
  readonly #streamArn: string;
  readonly #sessions: SubscriptionSessions;

  constructor(
    aws: typeof Aws,
    client: AwsClient,
    streamArn: string | undefined,
    sessions: SubscriptionSessions,
  ) {
    invariant(streamArn !== undefined, "consumers are registered with streams that are named by their ARN");
    this.#aws = aws;
    this.#client = client;
    this.#streamArn = streamArn;
    this.#sessions = sessions;
  }

  async registerConsumer(name: string, signal?: AbortSignal): Promise<StreamConsumer> {
    const input = { StreamARN: this.#streamArn, ConsumerName: name };
    const command = new this.#aws.RegisterStreamConsumerCommand(input);
    const { Consumer } = await this.#client.send(command, { ...(signal && { abortSignal: signal }) });
    return { arn: Consumer?.ConsumerARN ?? "", status: Consumer?.ConsumerStatus ?? "CREATING" };
  }

  async describeConsumer(name: string, signal?: AbortSignal): Promise<StreamConsumer> {
    const input = { StreamARN: this.#streamArn, ConsumerName: name };
    const command = new this.#aws.DescribeStreamConsumerCommand(input);
    const answer = await this.#client.send(command, { ...(signal && { abortSignal: signal }) });
    const { ConsumerARN: arn = "", ConsumerStatus: status = "" } = answer.ConsumerDescription ?? {};
    return { arn, status };
  }

  async deregisterConsumer(arn: string, signal?: AbortSignal): Promise<void> {
    const command = new this.#aws.DeregisterStreamConsumerCommand({ ConsumerARN: arn });
    await this.#client.send(command, { ...(signal && { abortSignal: signal }) });
  }

  subscribe(request: SubscriptionRequest, listener: SubscriptionListener): Subscription {
    const subscription = new OpenSubscription(request.shardId, listener);
    this.#open(request, subscription.signal).then(
      (stream) => subscription.begin(stream),
      (error: unknown) => subscription.fail(error),
    );
    return subscription;
  }

  async #open(
    { consumerArn, shardId, start }: SubscriptionRequest,
    signal: AbortSignal,
  ): Promise<OpenedAnswer["stream"]> {
    const command = new this.#aws.SubscribeToShardCommand({
      ConsumerARN: consumerArn,
      ShardId: shardId,
      StartingPosition: startingPosition(start),
    });
    // Behind the signature and before the SDK's own reading, with its handling of errors around.
    command.middlewareStack.add(
      () => async (args) => {
        const answer = await this.#sessions.request(args.request as SignedRequest, signal);
        if (answer.status !== OK) throw await readServiceError(answer);
        return {
          response: {},
          output: { $metadata: { httpStatusCode: OK }, EventStream: undefined, [ANSWER]: answer },
        };
      },
      { step: "deserialize", priority: "high", name: "subscription" },
    );
    const output: object = await this.#client.send(command);
    return (output as { readonly [ANSWER]: OpenedAnswer })[ANSWER].stream;
  }
}

function startingPosition(start: IteratorStart): Aws.StartingPosition {
  return {
    Type: start.type,
    ...("timestampMs" in start ? { Timestamp: new Date(start.timestampMs) } : {}),
    ...("sequenceNumber" in start ? { SequenceNumber: start.sequenceNumber } : {}),
  };
}
