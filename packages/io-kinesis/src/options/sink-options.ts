import { CrossCheck, Option } from "@tributary/core";
import type { CrossCheckContext, OptionFault } from "@tributary/core";

import { HTTP_VERSIONS } from "../client/connection-settings.js";
import type { HttpVersion } from "../client/connection-settings.js";
import { PUT_RECORDS_RECORDS_MAX, RECORD_BYTES_DEFAULT } from "../limits.js";
import { outOfRange } from "./number-range.js";
import { AwsOptions } from "./aws-options.js";

/** Text between the columns of a partition key. */
export const FIELD_DELIMITER = "sink.partitioner-field-delimiter";
export const DEFAULT_FIELD_DELIMITER = "|";
const ORDERINGS = ["none", "key"] as const;
const BATCH_SIZE = "sink.batch.max-size";
const MAX_BUFFERED = "sink.requests.max-buffered";
const OLD_ENDPOINT = "sink.producer.kinesis-endpoint";
const OLD_PORT = "sink.producer.kinesis-port";
const OLD_VERIFY = "sink.producer.verify-certificate";

/** Options of every generation of the sink `kinesis`, without those that name the stream. */
export class SinkOptions extends AwsOptions {
  @Option({
    key: "sink.partitioner",
    type: "string",
    summary:
      "How a record gets its partition key: random, fixed for one key a writer, or a class: a name that a module binds as a partition key generator, or ./file.mjs#Export in a file beside the script. Not together with PARTITIONED BY, whose columns make the key.",
    example: "random",
  })
  readonly partitioner?: string;

  @Option({
    key: FIELD_DELIMITER,
    type: "string",
    summary: "Text between the column values of a partition key that PARTITIONED BY makes; may be empty.",
  })
  readonly partitionerFieldDelimiter: string = DEFAULT_FIELD_DELIMITER;

  @Option({
    key: BATCH_SIZE,
    type: "int",
    unit: "records",
    summary: "Most records sent in one PutRecords call.",
    deprecatedKeys: ["sink.producer.collection-max-size"],
    source: "Kinesis API Reference, PutRecords",
  })
  readonly batchRecordsMax: number = PUT_RECORDS_RECORDS_MAX;

  @Option({
    key: "sink.requests.max-inflight",
    type: "int",
    unit: "requests",
    summary: "Most PutRecords calls at once.",
    deprecatedKeys: ["sink.producer.collection-max-count"],
  })
  readonly requestsInFlightMax: number = 50;

  @Option({
    key: MAX_BUFFERED,
    type: "int",
    unit: "records",
    summary: "Buffered records at which writing waits; more than sink.batch.max-size.",
  })
  readonly bufferedRecordsMax: number = 10_000;

  @Option({
    key: "sink.flush-buffer.size",
    type: "long",
    unit: "bytes",
    summary: "Buffered bytes, partition keys included, at which a batch is sent; also the most of one call.",
  })
  readonly batchBytesMax: number = 5 * 1024 * 1024;

  @Option({
    key: "sink.flush-buffer.timeout",
    type: "long",
    unit: "ms",
    summary: "Longest time a record waits in the buffer before it is sent, in milliseconds.",
    deprecatedKeys: ["sink.producer.record-max-buffered-time"],
  })
  readonly flushIntervalMs: number = 5000;

  @Option({
    key: "sink.fail-on-error",
    type: "boolean",
    summary: "Fail on any refused record or failed call instead of sending it again.",
    deprecatedKeys: ["sink.producer.fail-on-error"],
  })
  readonly failOnError: boolean = false;

  @Option({
    key: "sink.ordering",
    type: "enum",
    values: ORDERINGS,
    summary:
      "key: records with the same partition key that one writer writes keep their order, also when some are refused; a call then holds one record of a key. none: calls overlap, and refused records are sent again later.",
  })
  readonly ordering: (typeof ORDERINGS)[number] = "none";

  @Option({
    key: "sink.aggregate",
    type: "boolean",
    summary:
      "Pack records with the same partition key into aggregated records of the Kinesis Producer Library, of at most 50 KiB. Whoever reads must take them apart.",
  })
  readonly aggregates: boolean = false;

  @Option({
    key: "sink.http-client.max-concurrency",
    type: "int",
    unit: "requests",
    summary: "Most requests of the sink's client at once.",
    defaultText: "10000",
  })
  readonly sinkHttpConcurrencyMax?: number;

  @Option({
    key: "sink.http-client.read-timeout",
    type: "int",
    unit: "ms",
    summary: "How long the sink's client waits for an answer, in milliseconds.",
    defaultText: "360000",
  })
  readonly sinkHttpReadTimeoutMs?: number;

  @Option({
    key: "sink.http-client.protocol.version",
    type: "enum",
    values: HTTP_VERSIONS,
    isCaseSensitive: true,
    summary: "HTTP version of the sink's client.",
    defaultText: "HTTP2",
  })
  readonly sinkHttpVersion?: HttpVersion;

  @Option({
    key: OLD_ENDPOINT,
    type: "string",
    summary: "Host of the service, in older tables: aws.endpoint is https:// and this.",
  })
  readonly oldEndpoint?: string;

  @Option({
    key: OLD_PORT,
    type: "string",
    summary: "Port for sink.producer.kinesis-endpoint.",
  })
  readonly oldPort?: string;

  @Option({
    key: OLD_VERIFY,
    type: "string",
    summary: "In older tables the opposite of aws.trust.all.certificates.",
  })
  readonly oldVerifyCertificate?: string;

  @CrossCheck()
  checkNumbers(context: CrossCheckContext): readonly OptionFault[] {
    return outOfRange(context, [
      { key: BATCH_SIZE, value: this.batchRecordsMax, min: 1, max: PUT_RECORDS_RECORDS_MAX, unit: "records" },
      { key: "sink.requests.max-inflight", value: this.requestsInFlightMax, min: 1 },
      { key: MAX_BUFFERED, value: this.bufferedRecordsMax, min: 1 },
      {
        key: "sink.flush-buffer.size",
        value: this.batchBytesMax,
        min: RECORD_BYTES_DEFAULT,
        unit: "bytes",
        hint: "A call must have room for the largest record, which is 1 MiB.",
      },
      { key: "sink.flush-buffer.timeout", value: this.flushIntervalMs, min: 1, unit: "ms" },
      { key: "sink.http-client.max-concurrency", value: this.sinkHttpConcurrencyMax, min: 1 },
      { key: "sink.http-client.read-timeout", value: this.sinkHttpReadTimeoutMs, min: 1, unit: "ms" },
    ]);
  }

  @CrossCheck()
  checkBuffer(context: CrossCheckContext): readonly OptionFault[] {
    const { bufferedRecordsMax, batchRecordsMax } = this;
    const isChecked =
      bufferedRecordsMax >= 1 && batchRecordsMax >= 1 && batchRecordsMax <= PUT_RECORDS_RECORDS_MAX;
    if (!isChecked || bufferedRecordsMax > batchRecordsMax) return [];
    const [key, other] = context.isGiven(MAX_BUFFERED)
      ? [MAX_BUFFERED, BATCH_SIZE]
      : [BATCH_SIZE, MAX_BUFFERED];
    return [
      {
        key,
        otherKeys: [other],
        message: `'${MAX_BUFFERED}' = '${bufferedRecordsMax}' must be greater than '${BATCH_SIZE}' = '${batchRecordsMax}'.`,
        hint: `Raise '${MAX_BUFFERED}', or lower '${BATCH_SIZE}'.`,
      },
    ];
  }

  /** The spellings that the kit cannot map because the new value is another text. */
  @CrossCheck()
  checkOldSpellings(context: CrossCheckContext): readonly OptionFault[] {
    const faults: OptionFault[] = [];
    const old = (key: string, newKey: string, newValue: string): void => {
      faults.push(
        context.isGiven(newKey)
          ? {
              key,
              code: "OPTION_IGNORED",
              message: `Option '${key}' has no effect: '${newKey}' is given.`,
              hint: "Leave it out.",
            }
          : {
              key,
              code: "OPTION_DEPRECATED",
              message: `Option '${key}' is an older spelling.`,
              hint: `Write '${newKey}' = '${newValue}'.`,
            },
      );
    };
    if (this.oldEndpoint !== undefined)
      old(OLD_ENDPOINT, "aws.endpoint", oldEndpointUrl(this.oldEndpoint, this.oldPort));
    if (this.oldPort !== undefined && this.oldEndpoint === undefined) {
      faults.push({
        key: OLD_PORT,
        code: "OPTION_IGNORED",
        message: `Option '${OLD_PORT}' has no effect without '${OLD_ENDPOINT}'.`,
      });
    }
    if (this.oldVerifyCertificate !== undefined) {
      const verifies = this.verifiesCertificate;
      if (verifies === undefined) {
        faults.push({
          key: OLD_VERIFY,
          code: "OPTION_IGNORED",
          message: `The value '${this.oldVerifyCertificate}' of option '${OLD_VERIFY}' is neither true nor false; it has no effect.`,
        });
      } else {
        old(OLD_VERIFY, "aws.trust.all.certificates", String(!verifies));
      }
    }
    return faults;
  }

  /** What the older options say in the words of the newer ones. */
  get oldEndpointUrl(): string | undefined {
    return this.oldEndpoint === undefined ? undefined : oldEndpointUrl(this.oldEndpoint, this.oldPort);
  }

  get verifiesCertificate(): boolean | undefined {
    const text = this.oldVerifyCertificate?.toLowerCase();
    return text === "true" ? true : text === "false" ? false : undefined;
  }
}

function oldEndpointUrl(host: string, port: string | undefined): string {
  return port === undefined ? `https://${host}` : `https://${host}:${port}`;
}
