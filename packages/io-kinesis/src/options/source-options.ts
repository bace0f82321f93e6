import { CrossCheck, Option } from "@tributary/core";
import type { CrossCheckContext, OptionFault } from "@tributary/core";

import { holdsPositions, parseStartPositions } from "../streams/source/start-positions.js";
import type { EndPosition } from "../streams/source/source-settings.js";
import { GET_RECORDS_RECORDS_MAX } from "../limits.js";
import { DEFAULT_TIMESTAMP_PATTERN, parseStartTimestamp } from "../time/start-timestamp.js";
import { outOfRange } from "./number-range.js";
import { AwsOptions } from "./aws-options.js";
import { REGION_OPTION, STREAM_ARN_OPTION } from "./stream-options.js";
import { selectionFaults } from "./stream-selection.js";

const POSITION = "source.init.position";
const TIMESTAMP = "source.init.timestamp";
const TIMESTAMP_FORMAT = "source.init.timestamp.format";
const POSITIONS = "source.init.positions";
const END_POSITION = "source.end.position";
const END_TIMESTAMP = "source.end.timestamp";
const LIMIT_SHARE = "source.shard.get-records.limit-share";
const READER_TYPE = "source.reader.type";
const CONSUMER_NAME = "source.efo.consumer.name";

/** Options of the source `kinesis`. After Apache Flink's Kinesis connector 5.1. */
export class KinesisSourceOptions extends AwsOptions {
  @Option({
    ...STREAM_ARN_OPTION,
    summary:
      "ARN of the stream behind the table. A table that is only read may name several, separated by ';', and stand '*' for any characters of a stream's name.",
  })
  readonly streamArn!: string;

  @Option(REGION_OPTION)
  readonly region!: string;

  @Option({
    key: POSITION,
    type: "enum",
    values: ["LATEST", "TRIM_HORIZON", "AT_TIMESTAMP", "SPECIFIC"],
    summary:
      "Where a job without restored state begins. Shards that appear later are read from their beginning.",
  })
  readonly position: "LATEST" | "TRIM_HORIZON" | "AT_TIMESTAMP" | "SPECIFIC" = "LATEST";

  @Option({
    key: POSITIONS,
    type: "string",
    summary:
      "Positions of SPECIFIC: SHARD:NUMBER pairs separated by commas, a JSON object of them, or the path of a file that holds one, such as the output of 'tributary checkpoint positions --json'. Each number is the last one done. Shards without a number are read from their beginning.",
    example: "shardId-000000000000:49590338271490256608559692538361571095921575989136588898",
    required: "with source.init.position = SPECIFIC",
  })
  readonly positions?: string;

  @Option({
    key: END_POSITION,
    type: "enum",
    values: ["LATEST", "AT_TIMESTAMP"],
    summary:
      "Where reading ends, so that a job ends by itself. LATEST: at the tip of each shard; AT_TIMESTAMP, also meant by source.end.timestamp alone: before an instant. Absent: never.",
  })
  readonly givenEndPosition?: "LATEST" | "AT_TIMESTAMP";

  @Option({
    key: END_TIMESTAMP,
    type: "string",
    summary:
      "Instant before which the records of a bounded read have arrived, in the forms of source.init.timestamp.",
    example: "2024-02-29T18:00:00.000+01:00",
    required: "with source.end.position = AT_TIMESTAMP",
  })
  readonly endTimestamp?: string;

  @Option({
    key: "source.on-data-loss",
    type: "enum",
    values: ["warn", "fail"],
    isCaseSensitive: true,
    summary:
      "What a restored or given position does that retention has removed: SOURCE_DATA_LOST either way.",
  })
  readonly onDataLoss: "warn" | "fail" = "warn";

  @Option({
    key: "source.deaggregate",
    type: "enum",
    values: ["auto", "off"],
    isCaseSensitive: true,
    summary:
      "Are aggregated records of the Kinesis Producer Library taken apart? With 'off' they are decoded as they are.",
  })
  readonly deaggregate: "auto" | "off" = "auto";

  @Option({
    key: LIMIT_SHARE,
    type: "double",
    summary:
      "Share of the service's limits, 5 calls and 2 MiB a second, that each shard is polled with; more than 0, at most 1. Absent: all of them, and with aws.endpoint no limit.",
    source: "Kinesis API Reference, GetRecords",
  })
  readonly limitShare?: number;

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

  /** Where a bounded read ends; its instant is found by the cross check if it is wrong. */
  get end(): EndPosition | undefined {
    const type = this.givenEndPosition ?? (this.endTimestamp === undefined ? undefined : "AT_TIMESTAMP");
    if (type !== "AT_TIMESTAMP") return type === undefined ? undefined : { type };
    const parsed = parseStartTimestamp(this.endTimestamp ?? "", this.timestampFormat, Date.now());
    return { type, timestampMs: parsed.ok ? parsed.ms : 0 };
  }

  @CrossCheck()
  checkStream(): readonly OptionFault[] {
    return selectionFaults(this.streamArn, this.region);
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
    const isTimed = this.position === "AT_TIMESTAMP";
    const unused = [
      ...(isTimed ? [] : [TIMESTAMP]),
      ...(isTimed || this.endTimestamp !== undefined ? [] : [TIMESTAMP_FORMAT]),
    ].map((key) => ({ key, position: "AT_TIMESTAMP" }));
    if (this.position !== "SPECIFIC") unused.push({ key: POSITIONS, position: "SPECIFIC" });
    const faults: OptionFault[] = unused
      .filter(({ key }) => context.isGiven(key))
      .map(({ key, position }) => ({
        key,
        otherKeys: [POSITION],
        code: "OPTION_IGNORED",
        message: `Option '${key}' has no effect: '${POSITION}' is '${this.position}'.`,
        hint: `Set '${POSITION}' = '${position}', or leave it out.`,
      }));
    if (isTimed) faults.push(...this.#timestampFaults(TIMESTAMP, this.timestamp, POSITION));
    if (this.position === "SPECIFIC") faults.push(...this.#positionsFaults());
    return faults;
  }

  @CrossCheck()
  checkEnd(): readonly OptionFault[] {
    if (this.givenEndPosition === "LATEST" && this.endTimestamp !== undefined) {
      return [
        {
          key: END_TIMESTAMP,
          otherKeys: [END_POSITION],
          code: "OPTION_IGNORED",
          message: `Option '${END_TIMESTAMP}' has no effect: '${END_POSITION}' is 'LATEST'.`,
          hint: `Set '${END_POSITION}' = 'AT_TIMESTAMP', or leave it out.`,
        },
      ];
    }
    if (this.end?.type !== "AT_TIMESTAMP") return [];
    const faults = this.#timestampFaults(END_TIMESTAMP, this.endTimestamp, END_POSITION);
    const { timestampMs: startMs } = this;
    if (faults.length > 0 || this.position !== "AT_TIMESTAMP" || startMs === undefined) return faults;
    if (startMs < this.end.timestampMs) return [];
    return [
      {
        key: END_TIMESTAMP,
        otherKeys: [TIMESTAMP],
        message: `The value '${this.endTimestamp}' of option '${END_TIMESTAMP}' is not after '${TIMESTAMP}' = '${this.timestamp}'.`,
        hint: "Nothing would be read: choose a later end.",
      },
    ];
  }

  @CrossCheck()
  checkLimitShare(): readonly OptionFault[] {
    const share = this.limitShare;
    if (share === undefined || (share > 0 && share <= 1)) return [];
    return [
      {
        key: LIMIT_SHARE,
        message: `The value '${share}' of option '${LIMIT_SHARE}' must be more than 0 and at most 1.`,
        hint: "Half of what the service allows is 0.5.",
      },
    ];
  }

  #timestampFaults(option: string, text: string | undefined, positionKey: string): readonly OptionFault[] {
    if (text === undefined || text.trim() === "") {
      return [
        {
          key: option,
          otherKeys: [positionKey],
          code: "OPTION_MISSING",
          message: `Option '${option}' is missing: '${positionKey}' = 'AT_TIMESTAMP' needs it.`,
          hint: `Add '${option}', e.g. '2024-02-29T09:18:00.000Z'.`,
        },
      ];
    }
    const parsed = parseStartTimestamp(text, this.timestampFormat, Date.now());
    if (parsed.ok) return [];
    const isPattern = parsed.part === "pattern";
    const key = isPattern ? TIMESTAMP_FORMAT : option;
    const value = isPattern ? this.timestampFormat : text;
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

  #positionsFaults(): readonly OptionFault[] {
    const { positions } = this;
    if (positions === undefined || positions.trim() === "") {
      return [
        {
          key: POSITIONS,
          otherKeys: [POSITION],
          code: "OPTION_MISSING",
          message: `Option '${POSITIONS}' is missing: '${POSITION}' = 'SPECIFIC' needs it.`,
          hint: `Add '${POSITIONS}': SHARD:NUMBER pairs, or the path of a file that holds them.`,
        },
      ];
    }
    if (!holdsPositions(positions)) return [];
    const parsed = parseStartPositions(positions);
    if (parsed.ok) return [];
    return [
      {
        key: POSITIONS,
        message: `The value '${positions}' of option '${POSITIONS}' ${parsed.fault}.`,
        hint: "Write it as in 'shardId-000000000000:4959,shardId-000000000001:4960'.",
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
