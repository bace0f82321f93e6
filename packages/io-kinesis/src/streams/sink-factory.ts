import { TributaryError, invariant } from "@tributary/core";
import type { OptionsClass, SinkFactory, SinkFactoryContext, TableSink } from "@tributary/core";
import { inject, injectable } from "inversify";

import type { ConnectionSettings } from "../client/connection-settings.js";
import { KINESIS_CLIENTS } from "../client/kinesis-clients.js";
import type { KinesisClients } from "../client/kinesis-clients.js";
import { connectionByArn, connectionOf } from "../options/connection-of.js";
import { KinesisSink4Options, KinesisSinkOptions } from "../options/kinesis-sink-options.js";
import type { SinkOptions } from "../options/sink-options.js";
import { KinesisSourceOptions } from "../options/source-options.js";
import { KINESIS_METADATA } from "../metadata.js";
import { KinesisSink } from "./sink/kinesis-sink.js";
import { columnKeyGenerator } from "./sink/partition-key.js";
import { PARTITIONER, PARTITION_KEY_GENERATOR } from "./sink/partition-key-generator.js";
import type { PartitionKeys } from "./sink/partition-key.js";

/** Makes the sink `kinesis` of the distributions 5.x. */
@injectable()
export class KinesisSinkFactory implements SinkFactory<KinesisSinkOptions> {
  readonly role = "sink";
  readonly identifier = "kinesis";
  readonly provides = "Sink";
  readonly options: OptionsClass<KinesisSinkOptions> = KinesisSinkOptions;
  readonly format = "required";
  readonly metadata = KINESIS_METADATA;
  readonly exemptPrefixes = ["aws.", "sink.", "source."];
  readonly otherOptions = [KinesisSourceOptions];
  readonly #clients: KinesisClients;

  constructor(@inject(KINESIS_CLIENTS) clients: KinesisClients) {
    this.#clients = clients;
  }

  create(options: KinesisSinkOptions, context: SinkFactoryContext): TableSink {
    return tableSink(options, connectionByArn(options, context), context, this.#clients);
  }
}

/** Makes the sink `kinesis` of the distributions 4.x, where the stream goes by its name. */
@injectable()
export class KinesisSink4Factory implements SinkFactory<KinesisSink4Options> {
  readonly role = "sink";
  readonly identifier = "kinesis";
  readonly provides = "Sink";
  readonly options: OptionsClass<KinesisSink4Options> = KinesisSink4Options;
  readonly format = "required";
  readonly metadata = KINESIS_METADATA;
  readonly exemptPrefixes = ["aws.", "sink.", "scan."];
  readonly #clients: KinesisClients;

  constructor(@inject(KINESIS_CLIENTS) clients: KinesisClients) {
    this.#clients = clients;
  }

  create(options: KinesisSink4Options, context: SinkFactoryContext): TableSink {
    const connection = connectionOf(options, { name: options.stream }, context);
    return tableSink(options, connection, context, this.#clients);
  }
}

function tableSink(
  options: SinkOptions,
  connection: ConnectionSettings,
  context: SinkFactoryContext,
  clients: KinesisClients,
): TableSink {
  const { format, table, physicalRowType } = context;
  invariant(format !== undefined, "the factory declares that it requires a format");
  const sink = new KinesisSink(
    {
      connection: connectionOfSink(options, connection),
      table: table.name,
      encoder: format.createEncoder({ table: table.name, rowType: physicalRowType }),
      partitionKeys: partitionKeysOf(options, context),
      batchRecordsMax: options.batchRecordsMax,
      batchBytesMax: options.batchBytesMax,
      requestsInFlightMax: options.requestsInFlightMax,
      bufferedRecordsMax: options.bufferedRecordsMax,
      flushIntervalMs: options.flushIntervalMs,
      failOnError: options.failOnError,
    },
    clients,
  );
  return { sink, supportsPartitions: true };
}

/** The sink's own HTTP options go before those of AWS; older spellings count where the newer ones are not given. */
function connectionOfSink(options: SinkOptions, connection: ConnectionSettings): ConnectionSettings {
  const endpoint = connection.endpoint ?? options.oldEndpointUrl;
  const httpVersion = options.sinkHttpVersion ?? connection.httpVersion;
  const verifies = options.verifiesCertificate;
  return {
    ...connection,
    concurrencyMax: options.sinkHttpConcurrencyMax ?? connection.concurrencyMax,
    readTimeoutMs: options.sinkHttpReadTimeoutMs ?? connection.readTimeoutMs,
    trustsAllCertificates: connection.trustsAllCertificates || verifies === false,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(httpVersion === undefined ? {} : { httpVersion }),
  };
}

function partitionKeysOf(options: SinkOptions, context: SinkFactoryContext): PartitionKeys {
  const { partitioner, partitionerFieldDelimiter: delimiter } = options;
  const { table, rowType, staticPartition } = context;
  if (table.partitionKeys.length > 0) {
    if (partitioner !== undefined) throw partitionerConflict(partitioner, table.partitionKeys);
    const generate = columnKeyGenerator({
      columns: table.partitionKeys,
      delimiter,
      rowType,
      staticPartition,
      ...(table.partitionKeysPlace === undefined ? {} : { place: table.partitionKeysPlace }),
      ...(table.partitionKeyPlaces === undefined ? {} : { places: table.partitionKeyPlaces }),
    });
    return { kind: "columns", generate };
  }
  if (partitioner === undefined || partitioner === "random") return { kind: "random" };
  if (partitioner === "fixed") return { kind: "fixed" };
  const resolved = context.resolveClass({
    contract: PARTITION_KEY_GENERATOR,
    option: PARTITIONER,
    name: partitioner,
    words: ["random", "fixed"],
  });
  // Without a class there is a fault, and the sink is not used.
  return resolved === undefined ? { kind: "random" } : { kind: "class", resolved };
}

function partitionerConflict(partitioner: string, columns: readonly string[]): TributaryError {
  return new TributaryError({
    severity: "error",
    code: "OPTION_CONFLICT",
    message: `Option '${PARTITIONER}' = '${partitioner}' cannot stand beside PARTITIONED BY (${columns.join(", ")}): both say what the partition key is.`,
    option: PARTITIONER,
    value: partitioner,
    hint: `Leave out '${PARTITIONER}' or PARTITIONED BY.`,
  });
}
