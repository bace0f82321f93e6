import { CrossCheck, Option } from "@tributary/core";
import type { CrossCheckContext, OptionFault } from "@tributary/core";

import { outOfRange } from "../options/number-range.js";
import {
  OPTIONAL_REGION_OPTION,
  STREAM_NAME_OPTION,
  optionalRegionFaults,
} from "../options/stream-options.js";
import { GET_RECORDS_RECORDS_MAX } from "../limits.js";
import { DEFAULT_TIMESTAMP_PATTERN, parseStartTimestamp } from "../time/start-timestamp.js";
import { clientConfigFaults } from "./client-config.js";
import { LegacyRetryOptions } from "./retry-options.js";

const POSITION = "scan.stream.initpos";
const TIMESTAMP = "scan.stream.initpos-timestamp";
const TIMESTAMP_FORMAT = "scan.stream.initpos-timestamp-format";
const PUBLISHER = "scan.stream.recordpublisher";
const REGISTRATION = "scan.stream.efo.registration";
const CONSUMER_NAME = "scan.stream.efo.consumername";
const CONSUMER_ARN = "scan.stream.efo.consumerarn";
const FETCH_INTERVAL = "scan.shard.getrecords.intervalmillis";
/** How long an iterator lives. @see Kinesis API Reference, GetShardIterator. */
const ITERATOR_LIFETIME_MS = 300_000;

/** Options of the old source. After Apache Flink's Kinesis connector 4.x and its `kinesis-legacy` of 5.x. */
export class LegacySourceOptions extends LegacyRetryOptions {
  @Option(STREAM_NAME_OPTION)
  readonly stream!: string;

  @Option(OPTIONAL_REGION_OPTION)
  readonly region?: string;

  @Option({
    key: "aws.clientconfig",
    type: "map",
    summary:
      "Properties of the client by the names of the AWS SDK for Java 1.x, e.g. aws.clientconfig.socketTimeout: socketTimeout, requestTimeout, maxConnections and userAgentPrefix have an effect.",
    example: "socketTimeout:9999",
  })
  readonly clientConfig: ReadonlyMap<string, string> = new Map();

  @Option({
    key: POSITION,
    type: "enum",
    values: ["LATEST", "TRIM_HORIZON", "AT_TIMESTAMP"],
    isCaseSensitive: true,
    summary:
      "Where a job without restored state begins. Shards that appear later are read from their beginning.",
  })
  readonly position: "LATEST" | "TRIM_HORIZON" | "AT_TIMESTAMP" = "LATEST";

  @Option({
    key: TIMESTAMP,
    type: "string",
    summary:
      "Instant of AT_TIMESTAMP: by scan.stream.initpos-timestamp-format, or as seconds since 1970 with an optional fraction. UTC where the text has no zone.",
    example: "2024-02-29T09:18:00.000+01:00",
    required: "with scan.stream.initpos = AT_TIMESTAMP",
  })
  readonly timestamp?: string;

  @Option({
    key: TIMESTAMP_FORMAT,
    type: "string",
    summary: "Pattern of scan.stream.initpos-timestamp, in the letters of java.text.SimpleDateFormat.",
  })
  readonly timestampFormat: string = DEFAULT_TIMESTAMP_PATTERN;

  @Option({
    key: PUBLISHER,
    type: "enum",
    values: ["POLLING", "EFO"],
    isCaseSensitive: true,
    summary: "How records are fetched: with GetRecords, or pushed to an enhanced fan-out consumer.",
  })
  readonly publisher: "POLLING" | "EFO" = "POLLING";

  @Option({
    key: CONSUMER_NAME,
    type: "string",
    summary: "Name of the enhanced fan-out consumer.",
    required: "with EFO, unless scan.stream.efo.registration = NONE",
  })
  readonly consumerName?: string;

  @Option({
    key: REGISTRATION,
    type: "enum",
    values: ["LAZY", "EAGER", "NONE"],
    isCaseSensitive: true,
    summary:
      "When the consumer is registered: by each reader, after a random pause (LAZY; removed when the job ends), as the job starts (EAGER; never removed), or not at all (NONE).",
  })
  readonly registration: "LAZY" | "EAGER" | "NONE" = "LAZY";

  @Option({
    key: CONSUMER_ARN,
    type: "string",
    summary: "ARN of an existing consumer of the stream; with the stream's name behind a dot it goes before.",
    required: "with scan.stream.efo.registration = NONE",
  })
  readonly consumerArn?: string;

  @Option({
    key: `${CONSUMER_ARN}.#`,
    type: "string",
    summary: "ARN of an existing consumer of the stream whose name stands behind the last dot.",
  })
  readonly consumerArns: ReadonlyMap<string, string> = new Map();

  @Option({
    key: "scan.stream.efo.http-client.max-concurrency",
    type: "int",
    unit: "requests",
    summary: "Most requests at once of the client for enhanced fan-out.",
  })
  readonly efoConcurrencyMax: number = 10_000;

  @Option({
    key: "scan.stream.efo.http-client.read-timeout",
    type: "int",
    unit: "ms",
    summary: "How long the client for enhanced fan-out waits for an answer, in milliseconds.",
  })
  readonly efoReadTimeoutMs: number = 360_000;

  @Option({
    key: "scan.shard.getrecords.maxrecordcount",
    type: "int",
    unit: "records",
    summary: "Most records of one GetRecords answer.",
    source: "Kinesis API Reference, GetRecords",
  })
  readonly recordsPerFetchMax: number = GET_RECORDS_RECORDS_MAX;

  @Option({
    key: FETCH_INTERVAL,
    type: "long",
    unit: "ms",
    summary: "From one GetRecords call on a shard to the next, in milliseconds; processing counts.",
  })
  readonly fetchIntervalMs: number = 200;

  @Option({
    key: "scan.shard.discovery.intervalmillis",
    type: "long",
    unit: "ms",
    summary: "Pause between two searches for new shards, in milliseconds.",
  })
  readonly discoveryIntervalMs: number = 10_000;

  @Option({
    key: "scan.shard.adaptivereads",
    type: "boolean",
    summary:
      "Fit the records of a GetRecords call to the average size of records, so that one reads about 2 MiB a second.",
  })
  readonly isAdaptive: boolean = false;

  @Option({
    key: "scan.shard.idle.interval",
    type: "long",
    unit: "ms",
    summary:
      "After so many milliseconds without records a shard no longer holds back the watermark; negative: never.",
  })
  readonly shardIdleIntervalMs: number = -1;

  @Option({
    key: "scan.shard.consumer.error.recoverable[#].exception",
    type: "string",
    fallbackKeys: ["shard.consumer.error.recoverable[#].exception"],
    summary:
      "Class of an exception after which a subscription is simply made again; counted from 0 without gaps, e.g. java.net.UnknownHostException.",
  })
  readonly recoverableErrors: ReadonlyMap<string, string> = new Map();

  @Option({
    key: "scan.watermark.sync.interval",
    type: "long",
    unit: "ms",
    summary:
      "Interval in milliseconds at which readers exchange their watermarks. Given, or with scan.watermark.lookahead.millis, it aligns the shards by arrival time.",
  })
  readonly syncIntervalMs: number = 30_000;

  @Option({
    key: "scan.watermark.lookahead.millis",
    type: "long",
    unit: "ms",
    summary:
      "How far records may run ahead of the slowest reader, in milliseconds of arrival time; three intervals at least.",
  })
  readonly lookAheadMs: number = 0;

  @Option({
    key: "scan.watermark.sync.queue.capacity",
    type: "int",
    unit: "records",
    summary: "Records of a shard that wait to be aligned.",
  })
  readonly syncQueueCapacity: number = 100;

  @Option({
    key: "source.shard-assigner",
    type: "string",
    fallbackKeys: ["scan.shard-assigner"],
    summary:
      "How shards are spread over readers: default, uniform, or a class: a name that a module binds as a shard assigner, or ./file.mjs#Export in a file beside the script.",
    isForwarded: true,
    defaultText: "default",
  })
  readonly shardAssigner?: string;

  /** The instant of AT_TIMESTAMP in milliseconds since 1970; the cross check has shown that there is one. */
  get timestampMs(): number | undefined {
    if (this.timestamp === undefined) return undefined;
    const parsed = parseStartTimestamp(this.timestamp, this.timestampFormat, Date.now());
    return parsed.ok ? parsed.ms : undefined;
  }

  /** ARN of the consumer of NONE. */
  get givenConsumerArn(): string | undefined {
    return this.consumerArns.get(this.stream) ?? this.consumerArn;
  }

  @CrossCheck()
  checkRegion(): readonly OptionFault[] {
    return optionalRegionFaults(this.region, this.endpoint);
  }

  @CrossCheck()
  checkFanOut(): readonly OptionFault[] {
    if (this.publisher !== "EFO") return [];
    if (this.registration === "NONE") {
      if (this.givenConsumerArn !== undefined) return [];
      const key = `${CONSUMER_ARN}.${this.stream}`;
      return [
        {
          key,
          otherKeys: [PUBLISHER, REGISTRATION],
          code: "OPTION_MISSING",
          message: `Option '${key}' is missing: '${PUBLISHER}' = 'EFO' with '${REGISTRATION}' = 'NONE' needs the ARN of a consumer for every stream.`,
          hint: `Add '${key}', or let the job register a consumer.`,
        },
      ];
    }
    if (this.consumerName !== undefined && this.consumerName !== "") return [];
    return [
      {
        key: CONSUMER_NAME,
        otherKeys: [PUBLISHER, REGISTRATION],
        code: "OPTION_MISSING",
        message: `Option '${CONSUMER_NAME}' is missing: '${PUBLISHER}' = 'EFO' with '${REGISTRATION}' = '${this.registration}' needs the name of a consumer.`,
        hint: `Add '${CONSUMER_NAME}'.`,
      },
    ];
  }

  @CrossCheck()
  checkPosition(): readonly OptionFault[] {
    if (this.position !== "AT_TIMESTAMP") return [];
    if (this.timestamp === undefined || this.timestamp === "") {
      return [
        {
          key: TIMESTAMP,
          otherKeys: [POSITION],
          code: "OPTION_MISSING",
          message: `Option '${TIMESTAMP}' is missing: '${POSITION}' = 'AT_TIMESTAMP' needs an instant.`,
          hint: `Add '${TIMESTAMP}'.`,
        },
      ];
    }
    const parsed = parseStartTimestamp(this.timestamp, this.timestampFormat, Date.now());
    if (!parsed.ok) {
      const [key, value] =
        parsed.part === "pattern" ? [TIMESTAMP_FORMAT, this.timestampFormat] : [TIMESTAMP, this.timestamp];
      return [{ key, message: `The value '${value}' of option '${key}' ${parsed.fault}.` }];
    }
    // By the number form only: a date before 1970 is a date.
    if (parsed.ms >= 0 || !/^\s*-/.test(this.timestamp)) return [];
    return [
      {
        key: TIMESTAMP,
        message: `The value '${this.timestamp}' of option '${TIMESTAMP}' is a negative number of seconds.`,
        hint: "Write seconds since 1970, or a date.",
      },
    ];
  }

  @CrossCheck()
  checkNumbers(context: CrossCheckContext): readonly OptionFault[] {
    return outOfRange(context, [
      {
        key: "scan.shard.getrecords.maxrecordcount",
        value: this.recordsPerFetchMax,
        min: 1,
        max: GET_RECORDS_RECORDS_MAX,
        unit: "records",
      },
      {
        key: FETCH_INTERVAL,
        value: this.fetchIntervalMs,
        min: 0,
        max: ITERATOR_LIFETIME_MS - 1,
        unit: "ms",
        hint: "An iterator lives for five minutes.",
      },
      { key: "scan.shard.discovery.intervalmillis", value: this.discoveryIntervalMs, min: 0, unit: "ms" },
      { key: "scan.stream.efo.http-client.max-concurrency", value: this.efoConcurrencyMax, min: 1 },
    ]);
  }

  @CrossCheck()
  checkClientConfig(): readonly OptionFault[] {
    return clientConfigFaults(this.clientConfig);
  }
}
