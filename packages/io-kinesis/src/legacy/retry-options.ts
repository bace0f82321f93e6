import { CrossCheck, Option } from "@tributary/core";
import type { CrossCheckContext, OptionDeclaration, OptionFault } from "@tributary/core";

import { AwsOptions } from "../options/aws-options.js";
import { outOfRange } from "../options/number-range.js";
import type { RetryGroup } from "./full-jitter.js";

const JITTER =
  "A pause is random[0, 1) times the least of the upper bound and base times growth to the power of the attempt.";

function maxRetries(group: string, summary: string): OptionDeclaration {
  return { key: `${group}.maxretries`, type: "int", summary };
}

function backOffBase(group: string, operation: string): OptionDeclaration {
  return {
    key: `${group}.backoff.base`,
    type: "long",
    unit: "ms",
    summary: `Base pause before ${operation} is repeated, in milliseconds. ${JITTER}`,
  };
}

function backOffMax(group: string, operation: string): OptionDeclaration {
  return {
    key: `${group}.backoff.max`,
    type: "long",
    unit: "ms",
    summary: `Upper bound of the pause before ${operation} is repeated, in milliseconds.`,
  };
}

function backOffFactor(group: string, operation: string): OptionDeclaration {
  return {
    key: `${group}.backoff.expconst`,
    type: "double",
    summary: `Growth of the pause before ${operation} is repeated.`,
  };
}

const DESCRIBE = "scan.stream.describe";
const LIST_SHARDS = "scan.list.shards";
const DESCRIBE_CONSUMER = "scan.stream.describestreamconsumer";
const REGISTER = "scan.stream.registerstreamconsumer";
const DEREGISTER = "scan.stream.deregisterstreamconsumer";
const SUBSCRIBE = "scan.shard.subscribetoshard";
const GET_RECORDS = "scan.shard.getrecords";
const GET_ITERATOR = "scan.shard.getiterator";

const REPETITIONS = "so many repetitions at most, one call more";
const CALLS = "so many calls at most";

/** How often and how fast each operation is repeated. After Apache Flink's Kinesis connector 4.x. */
export class LegacyRetryOptions extends AwsOptions {
  @Option(maxRetries(DESCRIBE, `Limit of describing the stream for enhanced fan-out: ${CALLS}.`))
  readonly describeMaxRetries: number = 50;
  @Option(backOffBase(DESCRIBE, "describing the stream"))
  readonly describeBackOffBaseMs: number = 2000;
  @Option(backOffMax(DESCRIBE, "describing the stream"))
  readonly describeBackOffMaxMs: number = 5000;
  @Option(backOffFactor(DESCRIBE, "describing the stream"))
  readonly describeBackOffFactor: number = 1.5;

  @Option(maxRetries(LIST_SHARDS, `Limit of ListShards: ${REPETITIONS}.`))
  readonly listShardsMaxRetries: number = 10;
  @Option(backOffBase(LIST_SHARDS, "ListShards"))
  readonly listShardsBackOffBaseMs: number = 1000;
  @Option(backOffMax(LIST_SHARDS, "ListShards"))
  readonly listShardsBackOffMaxMs: number = 5000;
  @Option(backOffFactor(LIST_SHARDS, "ListShards"))
  readonly listShardsBackOffFactor: number = 1.5;

  @Option(maxRetries(DESCRIBE_CONSUMER, `Limit of DescribeStreamConsumer: ${CALLS}.`))
  readonly describeConsumerMaxRetries: number = 50;
  @Option(backOffBase(DESCRIBE_CONSUMER, "DescribeStreamConsumer"))
  readonly describeConsumerBackOffBaseMs: number = 2000;
  @Option(backOffMax(DESCRIBE_CONSUMER, "DescribeStreamConsumer"))
  readonly describeConsumerBackOffMaxMs: number = 5000;
  @Option(backOffFactor(DESCRIBE_CONSUMER, "DescribeStreamConsumer"))
  readonly describeConsumerBackOffFactor: number = 1.5;

  @Option(maxRetries(REGISTER, `Limit of RegisterStreamConsumer: ${CALLS}.`))
  readonly registerMaxRetries: number = 10;
  @Option({
    key: `${REGISTER}.timeout`,
    type: "int",
    unit: "s",
    summary: "Seconds to wait for a registered consumer to become active.",
  })
  readonly registerTimeoutSeconds: number = 60;
  @Option(backOffBase(REGISTER, "RegisterStreamConsumer, or the look at whether it is active,"))
  readonly registerBackOffBaseMs: number = 500;
  @Option(backOffMax(REGISTER, "RegisterStreamConsumer"))
  readonly registerBackOffMaxMs: number = 2000;
  @Option(backOffFactor(REGISTER, "RegisterStreamConsumer"))
  readonly registerBackOffFactor: number = 1.5;

  @Option(maxRetries(DEREGISTER, `Limit of DeregisterStreamConsumer: ${CALLS}.`))
  readonly deregisterMaxRetries: number = 10;
  @Option({
    key: `${DEREGISTER}.timeout`,
    type: "int",
    unit: "s",
    summary: "Seconds to wait for the consumer to leave.",
  })
  readonly deregisterTimeoutSeconds: number = 60;
  @Option(backOffBase(DEREGISTER, "DeregisterStreamConsumer, or the look at whether it is gone,"))
  readonly deregisterBackOffBaseMs: number = 500;
  @Option(backOffMax(DEREGISTER, "DeregisterStreamConsumer"))
  readonly deregisterBackOffMaxMs: number = 2000;
  @Option(backOffFactor(DEREGISTER, "DeregisterStreamConsumer"))
  readonly deregisterBackOffFactor: number = 1.5;

  @Option(
    maxRetries(
      SUBSCRIBE,
      "Failures of subscriptions to a shard in a row that fail the job; those of the recoverable kind do not count.",
    ),
  )
  readonly subscribeMaxRetries: number = 10;
  @Option({
    key: `${SUBSCRIBE}.timeout`,
    type: "int",
    unit: "s",
    summary: "Seconds for a subscription to be acknowledged.",
  })
  readonly subscribeTimeoutSeconds: number = 60;
  @Option(backOffBase(SUBSCRIBE, "SubscribeToShard"))
  readonly subscribeBackOffBaseMs: number = 1000;
  @Option(backOffMax(SUBSCRIBE, "SubscribeToShard"))
  readonly subscribeBackOffMaxMs: number = 2000;
  @Option(backOffFactor(SUBSCRIBE, "SubscribeToShard"))
  readonly subscribeBackOffFactor: number = 1.5;

  @Option(maxRetries(GET_RECORDS, `Limit of GetRecords: ${REPETITIONS}.`))
  readonly getRecordsMaxRetries: number = 3;
  @Option(backOffBase(GET_RECORDS, "GetRecords"))
  readonly getRecordsBackOffBaseMs: number = 300;
  @Option(backOffMax(GET_RECORDS, "GetRecords"))
  readonly getRecordsBackOffMaxMs: number = 1000;
  @Option(backOffFactor(GET_RECORDS, "GetRecords"))
  readonly getRecordsBackOffFactor: number = 1.5;

  @Option(maxRetries(GET_ITERATOR, `Limit of GetShardIterator: ${REPETITIONS}.`))
  readonly getIteratorMaxRetries: number = 3;
  @Option(backOffBase(GET_ITERATOR, "GetShardIterator"))
  readonly getIteratorBackOffBaseMs: number = 300;
  @Option(backOffMax(GET_ITERATOR, "GetShardIterator"))
  readonly getIteratorBackOffMaxMs: number = 1000;
  @Option(backOffFactor(GET_ITERATOR, "GetShardIterator"))
  readonly getIteratorBackOffFactor: number = 1.5;

  get describeRetry(): RetryGroup {
    const { describeMaxRetries: maximum, describeBackOffBaseMs: baseMs } = this;
    return { maximum, baseMs, maxMs: this.describeBackOffMaxMs, factor: this.describeBackOffFactor };
  }

  /** A back-off of describing the stream counts for listing too, where listing has none of its own. */
  listShardsRetry(isGiven: (key: string) => boolean): RetryGroup {
    const inherits = (part: string): boolean =>
      isGiven(`${DESCRIBE}.backoff.${part}`) && !isGiven(`${LIST_SHARDS}.backoff.${part}`);
    return {
      maximum: this.listShardsMaxRetries,
      baseMs: inherits("base") ? this.describeBackOffBaseMs : this.listShardsBackOffBaseMs,
      maxMs: inherits("max") ? this.describeBackOffMaxMs : this.listShardsBackOffMaxMs,
      factor: inherits("expconst") ? this.describeBackOffFactor : this.listShardsBackOffFactor,
    };
  }

  get describeConsumerRetry(): RetryGroup {
    const { describeConsumerMaxRetries: maximum, describeConsumerBackOffBaseMs: baseMs } = this;
    const { describeConsumerBackOffMaxMs: maxMs, describeConsumerBackOffFactor: factor } = this;
    return { maximum, baseMs, maxMs, factor };
  }

  get registerRetry(): RetryGroup {
    const { registerMaxRetries: maximum, registerBackOffBaseMs: baseMs } = this;
    return { maximum, baseMs, maxMs: this.registerBackOffMaxMs, factor: this.registerBackOffFactor };
  }

  get deregisterRetry(): RetryGroup {
    const { deregisterMaxRetries: maximum, deregisterBackOffBaseMs: baseMs } = this;
    return { maximum, baseMs, maxMs: this.deregisterBackOffMaxMs, factor: this.deregisterBackOffFactor };
  }

  get subscribeRetry(): RetryGroup {
    const { subscribeMaxRetries: maximum, subscribeBackOffBaseMs: baseMs } = this;
    return { maximum, baseMs, maxMs: this.subscribeBackOffMaxMs, factor: this.subscribeBackOffFactor };
  }

  get getRecordsRetry(): RetryGroup {
    const { getRecordsMaxRetries: maximum, getRecordsBackOffBaseMs: baseMs } = this;
    return { maximum, baseMs, maxMs: this.getRecordsBackOffMaxMs, factor: this.getRecordsBackOffFactor };
  }

  get getIteratorRetry(): RetryGroup {
    const { getIteratorMaxRetries: maximum, getIteratorBackOffBaseMs: baseMs } = this;
    return { maximum, baseMs, maxMs: this.getIteratorBackOffMaxMs, factor: this.getIteratorBackOffFactor };
  }

  /** Those of describing and listing are not checked, as in the original; what is below 0 counts as 0. */
  @CrossCheck()
  checkRetries(context: CrossCheckContext): readonly OptionFault[] {
    const groups: readonly (readonly [string, RetryGroup])[] = [
      [DESCRIBE_CONSUMER, this.describeConsumerRetry],
      [REGISTER, this.registerRetry],
      [DEREGISTER, this.deregisterRetry],
      [SUBSCRIBE, this.subscribeRetry],
      [GET_RECORDS, this.getRecordsRetry],
      [GET_ITERATOR, this.getIteratorRetry],
    ];
    return outOfRange(context, [
      ...groups.flatMap(([key, { maximum, baseMs, maxMs, factor }]) => [
        { key: `${key}.maxretries`, value: maximum, min: 0 },
        { key: `${key}.backoff.base`, value: baseMs, min: 0, unit: "ms" },
        { key: `${key}.backoff.max`, value: maxMs, min: 0, unit: "ms" },
        { key: `${key}.backoff.expconst`, value: factor, min: 0 },
      ]),
      { key: `${REGISTER}.timeout`, value: this.registerTimeoutSeconds, min: 0, unit: "s" },
      { key: `${DEREGISTER}.timeout`, value: this.deregisterTimeoutSeconds, min: 0, unit: "s" },
    ]);
  }
}
