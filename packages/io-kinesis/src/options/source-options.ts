import { CrossCheck, Option } from "@tributary/core";
import type { CrossCheckContext, OptionFault } from "@tributary/core";

import { GET_RECORDS_RECORDS_MAX } from "../limits.js";
import { DEFAULT_TIMESTAMP_PATTERN, parseStartTimestamp } from "../time/start-timestamp.js";
import { outOfRange } from "./number-range.js";
import { AwsOptions } from "./aws-options.js";
import { REGION_OPTION, STREAM_ARN_OPTION, streamFaults } from "./stream-options.js";

const POSITION = "source.init.position";
const TIMESTAMP = "source.init.timestamp";
const TIMESTAMP_FORMAT = "source.init.timestamp.format";
const READER_TYPE = "source.reader.type";
const CONSUMER_NAME = "source.efo.consumer.name";

/** Options of the source `kinesis`. After Apache Flink's Kinesis connector 5.1. */
export class KinesisSourceOptions extends AwsOptions {
  @Option(STREAM_ARN_OPTION)
  readonly streamArn!: string;

  @Option(REGION_OPTION)
  readonly region!: string;

  @Option({
    key: POSITION,
    type: "enum",
    values: ["LATEST", "TRIM_HORIZON", "AT_TIMESTAMP"],
    summary:
      "Where a job without restored state begins. Shards that appear later are read from their beginning.",
  })
  readonly position: "LATEST" | "TRIM_HORIZON" | "AT_TIMESTAMP" = "LATEST";

  @Option({
    key: TIMESTAMP,
    type: "string",
    summary:
      "Instant of AT_TIMESTAMP: by source.init.timestamp.format, or as seconds since 1970 with an optional fraction. UTC where the text has no zone.",
    example: "2024-02-29T09:18:00.000+01:00",
    required: "with source.init.position = AT_TIMESTAMP",
  })
  readonly timestamp?: string;

  @Option({
    key: TIMESTAMP_FORMAT,
    type: "string",
    summary: "Pattern of source.init.timestamp, in the letters of java.text.SimpleDateFormat.",
  })
  readonly timestampFormat: string = DEFAULT_TIMESTAMP_PATTERN;

  @Option({
    key: "source.shard.discovery.interval",
    type: "duration",
    unit: "ms",
    summary: "Pause between two searches for new shards.",
  })
  readonly discoveryIntervalMs: number = 10_000;

  @Option({
    key: READER_TYPE,
    type: "enum",
    values: ["POLLING", "EFO"],
    summary: "How records are fetched: with GetRecords, or pushed to an enhanced fan-out consumer.",
  })
  readonly readerType: "POLLING" | "EFO" = "POLLING";

  @Option({
    key: "source.shard.get-records.max-record-count",
    type: "int",
    unit: "records",
    summary: "Most records of one GetRecords answer.",
    source: "Kinesis API Reference, GetRecords",
  })
  readonly recordsPerFetchMax: number = GET_RECORDS_RECORDS_MAX;

  @Option({
    key: "source.reader.empty-records-fetch-interval",
    type: "duration",
    unit: "ms",
    summary: "How long a shard is left alone after a fetch that gave nothing. 0: not at all.",
  })
  readonly emptyFetchIntervalMs: number = 250;

  @Option({
    key: CONSUMER_NAME,
    type: "string",
    summary: "Name of the enhanced fan-out consumer.",
    required: "with source.reader.type = EFO",
  })
  readonly efoConsumerName?: string;

  @Option({
    key: "source.efo.lifecycle",
    type: "enum",
    values: ["JOB_MANAGED", "SELF_MANAGED"],
    summary: "Who registers and removes the consumer: the job, or the operator of the stream.",
  })
  readonly efoLifecycle: "JOB_MANAGED" | "SELF_MANAGED" = "JOB_MANAGED";

  @Option({
    key: "source.efo.subscription.timeout",
    type: "duration",
    unit: "ms",
    summary: "Time for a subscription to be acknowledged.",
  })
  readonly efoSubscriptionTimeoutMs: number = 60_000;

  @Option({
    key: "source.efo.deregister.timeout",
    type: "duration",
    unit: "ms",
    summary: "How long closing waits for the consumer to be gone.",
  })
  readonly efoDeregisterTimeoutMs: number = 10_000;

  @Option({
    key: "source.efo.describe.retry-strategy.attempts.max",
    type: "int",
    summary: "Most attempts to look up the consumer.",
  })
  readonly efoDescribeAttemptsMax: number = 100;

  @Option({
    key: "source.efo.describe.retry-strategy.delay.min",
    type: "duration",
    unit: "ms",
    summary: "First delay between those attempts.",
  })
  readonly efoDescribeDelayMinMs: number = 2000;

  @Option({
    key: "source.efo.describe.retry-strategy.delay.max",
    type: "duration",
    unit: "ms",
    summary: "Longest delay between those attempts.",
  })
  readonly efoDescribeDelayMaxMs: number = 60_000;

  @Option({
    key: "source.shard-assigner",
    type: "string",
    summary: "Without effect: shards are always assigned by hash-key range.",
    defaultText: "default",
  })
  readonly shardAssigner?: string;

  /** The instant of AT_TIMESTAMP in milliseconds since 1970; the cross check has shown that there is one. */
  get timestampMs(): number | undefined {
    if (this.timestamp === undefined) return undefined;
    const parsed = parseStartTimestamp(this.timestamp, this.timestampFormat, Date.now());
    return parsed.ok ? parsed.ms : undefined;
  }

  @CrossCheck()
  checkStream(): readonly OptionFault[] {
    return streamFaults(this.streamArn, this.region);
  }

  @CrossCheck()
  checkNumbers(context: CrossCheckContext): readonly OptionFault[] {
    return outOfRange(context, [
      {
        key: "source.shard.get-records.max-record-count",
        value: this.recordsPerFetchMax,
        min: 1,
        max: GET_RECORDS_RECORDS_MAX,
        unit: "records",
      },
      { key: "source.shard.discovery.interval", value: this.discoveryIntervalMs, min: 1, unit: "ms" },
      { key: "source.efo.subscription.timeout", value: this.efoSubscriptionTimeoutMs, min: 1, unit: "ms" },
      { key: "source.efo.describe.retry-strategy.attempts.max", value: this.efoDescribeAttemptsMax, min: 1 },
    ]);
  }

  @CrossCheck()
  checkStart(context: CrossCheckContext): readonly OptionFault[] {
    if (this.position !== "AT_TIMESTAMP") {
      return [TIMESTAMP, TIMESTAMP_FORMAT]
        .filter((key) => context.isGiven(key))
        .map((key) => ({
          key,
          otherKeys: [POSITION],
          code: "OPTION_IGNORED",
          message: `Option '${key}' has no effect: '${POSITION}' is '${this.position}'.`,
          hint: `Set '${POSITION}' = 'AT_TIMESTAMP', or leave it out.`,
        }));
    }
    if (this.timestamp === undefined || this.timestamp.trim() === "") {
      return [
        {
          key: TIMESTAMP,
          otherKeys: [POSITION],
          code: "OPTION_MISSING",
          message: `Option '${TIMESTAMP}' is missing: '${POSITION}' = 'AT_TIMESTAMP' needs it.`,
          hint: `Add '${TIMESTAMP}', e.g. '2024-02-29T09:18:00.000Z'.`,
        },
      ];
    }
    const parsed = parseStartTimestamp(this.timestamp, this.timestampFormat, Date.now());
    if (parsed.ok) return [];
    const isPattern = parsed.part === "pattern";
    const key = isPattern ? TIMESTAMP_FORMAT : TIMESTAMP;
    const value = isPattern ? this.timestampFormat : this.timestamp;
    return [
      {
        key,
        message: `The value '${value}' of option '${key}' ${parsed.fault}.`,
        hint: isPattern
          ? "Quote literal text with ', as in yyyy-MM-dd'T'HH:mm:ss."
          : "Write it as in '2024-02-29T09:18:00.000Z'.",
      },
    ];
  }

  @CrossCheck()
  checkConsumer(): readonly OptionFault[] {
    if (this.readerType !== "EFO" || (this.efoConsumerName ?? "") !== "") return [];
    return [
      {
        key: CONSUMER_NAME,
        otherKeys: [READER_TYPE],
        code: "OPTION_MISSING",
        message: `Option '${CONSUMER_NAME}' is missing: '${READER_TYPE}' = 'EFO' needs the name of a consumer.`,
        hint: `Add '${CONSUMER_NAME}', or read with 'POLLING'.`,
      },
    ];
  }

  @CrossCheck()
  checkAssigner(): readonly OptionFault[] {
    if (this.shardAssigner === undefined) return [];
    return [
      {
        key: "source.shard-assigner",
        code: "OPTION_IGNORED",
        message: `Option 'source.shard-assigner' = '${this.shardAssigner}' has no effect: this source always assigns shards by hash-key range.`,
        hint: "Leave it out.",
      },
    ];
  }
}
