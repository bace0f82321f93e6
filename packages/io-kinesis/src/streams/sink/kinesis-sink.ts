/**
 * Writing to a Kinesis stream: rows are encoded and get a partition key, are packed into aggregated records if the
 * table says so, and an {@link AsyncBatchWriter} collects them and sends them with PutRecords, several calls at once.
 */
import { AsyncBatchWriter, TributaryError } from "@tributary/core";
import type { Encoder, Row, Sink, SinkWriter, WriterContext } from "@tributary/core";

import type { ConnectionSettings } from "../../client/connection-settings.js";
import { factsOf } from "../../client/classify-failure.js";
import { explainStreamFailure } from "../../client/explain-failure.js";
import type { KinesisClient } from "../../client/kinesis-client.js";
import type { KinesisClients } from "../../client/kinesis-clients.js";
import { logRetries } from "../../client/log-retries.js";
import { DEFAULT_RETRY_POLICY, Retry } from "../../client/retry.js";
import { PUT_RECORDS_BYTES_MAX, RECORD_BYTES_DEFAULT } from "../../limits.js";
import { openWriterKeys } from "./partition-key-generator.js";
import type { WriterKeys } from "./partition-key-generator.js";
import type { PartitionKeyFunction, PartitionKeys } from "./partition-key.js";
import { PutRecordsDestination, StreamEntry } from "./put-records-destination.js";
import { RecordAggregator } from "./record-aggregator.js";

/** Back-off of refused records: as fast as the service's per-second limits make sense of. */
const RETRY_DELAY_MIN_MS = 100;
const RETRY_DELAY_MAX_MS = 1000;
/** Calls fail for so long before the job does: what Apache Flink gives a single request. */
const GIVE_UP_AFTER_MS = 600_000;
/** Bytes that may wait, whatever the number of records. */
const BUFFERED_BYTES_MAX = 128 * 1024 * 1024;

export interface KinesisSinkSettings {
  readonly connection: ConnectionSettings;
  readonly table: string;
  readonly encoder: Encoder;
  readonly partitionKeys: PartitionKeys;
  readonly batchRecordsMax: number;
  readonly batchBytesMax: number;
  readonly requestsInFlightMax: number;
  readonly bufferedRecordsMax: number;
  readonly flushIntervalMs: number;
  readonly failOnError: boolean;
  /** `key`: records with the same partition key keep their order. */
  readonly ordering: "none" | "key";
  /** Pack records into aggregated ones. */
  readonly aggregates: boolean;
}

/** The sink `kinesis`. Guarantee: at least once. */
export class KinesisSink implements Sink<Row> {
  readonly #settings: KinesisSinkSettings;
  readonly #clients: KinesisClients;

  constructor(settings: KinesisSinkSettings, clients: KinesisClients) {
    this.#settings = settings;
    this.#clients = clients;
  }

  async createWriter(context: WriterContext): Promise<SinkWriter<Row>> {
    const keys = await openWriterKeys(this.#settings.partitionKeys, this.#settings.table, context);
    let client: KinesisClient | undefined;
    try {
      client = await this.#clients.open(this.#settings.connection, context.logger);
      const recordBytesMax = await this.#lookUpStream(client, context);
      return new KinesisSinkWriter(this.#settings, client, keys, recordBytesMax, context);
    } catch (error) {
      client?.close();
      await keys.close();
      throw error;
    }
  }

  /**
   * Asks for the stream before anything is written, so that a wrong name or address is reported at once. A producer
   * without the right to describe it may still write.
   *
   * @returns most bytes of a record.
   */
  async #lookUpStream(client: KinesisClient, context: WriterContext): Promise<number> {
    const { connection } = this.#settings;
    const operation = "DescribeStreamSummary";
    const retry = new Retry(DEFAULT_RETRY_POLICY, context.clock, context.random);
    try {
      const summary = await retry.run(
        () => client.describeStreamSummary(context.signal),
        context.signal,
        logRetries(context.logger, operation, connection.stream.name),
      );
      return summary.recordBytesMax ?? RECORD_BYTES_DEFAULT;
    } catch (error) {
      if (factsOf(error).name === "AccessDeniedException") return RECORD_BYTES_DEFAULT;
      if (context.signal.aborted) throw error;
      throw await explainStreamFailure(error, { operation, settings: connection }, client);
    }
  }
}

class KinesisSinkWriter implements SinkWriter<Row> {
  readonly #settings: KinesisSinkSettings;
  readonly #client: KinesisClient;
  readonly #recordBytesMax: number;
  readonly #keys: WriterKeys;
  readonly #keyOf: PartitionKeyFunction;
  readonly #batches: AsyncBatchWriter<StreamEntry>;
  readonly #aggregator: RecordAggregator | undefined;

  constructor(
    settings: KinesisSinkSettings,
    client: KinesisClient,
    keys: WriterKeys,
    recordBytesMax: number,
    context: WriterContext,
  ) {
    this.#settings = settings;
    this.#client = client;
    this.#recordBytesMax = recordBytesMax;
    this.#keys = keys;
    const batchBytesMax = Math.min(settings.batchBytesMax, PUT_RECORDS_BYTES_MAX);
    const hasRandomKeys = settings.partitionKeys.kind === "random";
    this.#keyOf = settings.aggregates && hasRandomKeys ? () => KEY_OF_AGGREGATE : keys.keyOf;
    this.#batches = new AsyncBatchWriter(
      new PutRecordsDestination(client, settings.connection, settings.ordering),
      {
        batchRecordsMax: settings.batchRecordsMax,
        batchBytesMax,
        requestsInFlightMax: settings.requestsInFlightMax,
        bufferedRecordsMax: settings.bufferedRecordsMax,
        bufferedBytesMax: Math.max(BUFFERED_BYTES_MAX, batchBytesMax),
        flushIntervalMs: settings.flushIntervalMs,
        failOnError: settings.failOnError,
        retryDelayMinMs: RETRY_DELAY_MIN_MS,
        retryDelayMaxMs: RETRY_DELAY_MAX_MS,
        giveUpAfterMs: GIVE_UP_AFTER_MS,
      },
      context,
    );
    if (!settings.aggregates) return;
    this.#aggregator = new RecordAggregator(
      this.#batches,
      {
        openRecordsMax: settings.bufferedRecordsMax,
        openBytesMax: batchBytesMax,
        flushIntervalMs: settings.flushIntervalMs,
        ...(hasRandomKeys && { freshKey: () => context.random.uuid() }),
      },
      { clock: context.clock, userRecords: context.metrics.counter("numUserRecordsOut") },
    );
  }

  /** @throws `RECORD_TOO_LARGE` or `RECORD_MALFORMED`; then no row of the call is accepted. */
  async write(rows: readonly Row[]): Promise<void> {
    const payloads = this.#settings.encoder.encode(rows);
    const keyOf = this.#keyOf;
    const entries = rows.map((row, index) => this.#entry(payloads[index] ?? NO_BODY, keyOf(row)));
    await (this.#aggregator ?? this.#batches).write(entries);
  }

  flush(): Promise<void> {
    return (this.#aggregator ?? this.#batches).flush();
  }

  async close(): Promise<void> {
    this.#aggregator?.close();
    this.#batches.close();
    this.#client.close();
    await this.#keys.close();
  }

  #entry(data: Uint8Array, partitionKey: string): StreamEntry {
    if (partitionKey === "") throw this.#emptyKey();
    const entry = new StreamEntry(data, partitionKey, Buffer.byteLength(partitionKey));
    if (entry.bytes > this.#recordBytesMax) throw this.#tooLarge(entry.bytes);
    return entry;
  }

  #tooLarge(bytes: number): TributaryError {
    const { name } = this.#settings.connection.stream;
    return new TributaryError({
      severity: "error",
      code: "RECORD_TOO_LARGE",
      message: `A record for stream '${name}' has ${bytes} bytes with its partition key; the limit is ${this.#recordBytesMax} bytes.`,
      table: this.#settings.table,
      connector: "kinesis",
      hint: "Write smaller rows, or raise the stream's largest record size (up to 10 MiB).",
    });
  }

  #emptyKey(): TributaryError {
    return new TributaryError({
      severity: "error",
      code: "RECORD_MALFORMED",
      message: `A row of table '${this.#settings.table}' gives an empty partition key; a key has 1 to 256 characters.`,
      table: this.#settings.table,
      connector: "kinesis",
      hint: "Partition by columns that are not all empty.",
    });
  }
}

/** Stands for a key until an aggregate gets one: as many bytes as a UUID. */
const KEY_OF_AGGREGATE = "-".repeat(36);
/** Kinesis knows no record without body. */
const NO_BODY = new Uint8Array(0);
