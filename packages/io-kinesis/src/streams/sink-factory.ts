import { invariant } from "@tributary/core";
import type {
  OptionsClass,
  SinkExamination,
  SinkFactory,
  SinkFactoryContext,
  TableSink,
} from "@tributary/core";
import { inject, injectable } from "inversify";

import type { ConnectionSettings } from "../client/connection-settings.js";
import { KINESIS_CLIENTS } from "../client/kinesis-clients.js";
import type { KinesisClients } from "../client/kinesis-clients.js";
import { connectionByArn, connectionOf } from "../options/connection-of.js";
import { KinesisSink4Options, KinesisSinkOptions } from "../options/kinesis-sink-options.js";
import type { SinkOptions } from "../options/sink-options.js";
import { KinesisSourceOptions } from "../options/source-options.js";
import { ARN_IN_NAME_TABLE, NAME_IN_ARN_TABLE } from "../options/stream-options.js";
import { KINESIS_METADATA } from "../metadata.js";
import { KinesisSink } from "./sink/kinesis-sink.js";
import { examinePartitionKeys } from "./sink/examine-partition-keys.js";
import type { PartitionKeys } from "./sink/partition-key.js";

const TRUST_ALL = "aws.trust.all.certificates";

/** What the sinks of all distributions have in common. */
abstract class AnyKinesisSinkFactory<O extends SinkOptions> implements SinkFactory<O> {
  readonly role = "sink";
  readonly identifier = "kinesis";
  readonly provides = "Sink";
  readonly format = "required";
  readonly metadata = KINESIS_METADATA;
  abstract readonly options: OptionsClass<O>;
  readonly #clients: KinesisClients;

  constructor(clients: KinesisClients) {
    this.#clients = clients;
  }

  examine(context: SinkExamination): PartitionKeys | undefined {
    return examinePartitionKeys(context);
  }

  create(options: O, context: SinkFactoryContext): TableSink {
    return tableSink(options, this.connection(options, context), context, this.#clients);
  }

  protected abstract connection(options: O, context: SinkFactoryContext): ConnectionSettings;
}

/** Makes the sink `kinesis` of the distributions 5.x. */
@injectable()
export class KinesisSinkFactory extends AnyKinesisSinkFactory<KinesisSinkOptions> {
  readonly options: OptionsClass<KinesisSinkOptions> = KinesisSinkOptions;
  readonly exemptPrefixes = ["aws.", "sink.", "source."];
  readonly otherOptions = [KinesisSourceOptions];
  readonly unknownKeyHints = NAME_IN_ARN_TABLE;

  constructor(@inject(KINESIS_CLIENTS) clients: KinesisClients) {
    super(clients);
  }

  protected connection(options: KinesisSinkOptions, context: SinkFactoryContext): ConnectionSettings {
    return connectionByArn(options, context);
  }
}

/** Makes the sink `kinesis` of the distributions 4.x, where the stream goes by its name. */
@injectable()
export class KinesisSink4Factory extends AnyKinesisSinkFactory<KinesisSink4Options> {
  readonly options: OptionsClass<KinesisSink4Options> = KinesisSink4Options;
  readonly exemptPrefixes = ["aws.", "sink.", "scan."];
  readonly unknownKeyHints = ARN_IN_NAME_TABLE;

  constructor(@inject(KINESIS_CLIENTS) clients: KinesisClients) {
    super(clients);
  }

  protected connection(options: KinesisSink4Options, context: SinkFactoryContext): ConnectionSettings {
    return connectionOf(options, { name: options.stream }, context);
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
      connection: connectionOfSink(options, connection, context),
      table: table.name,
      encoder: format.createEncoder({ table: table.name, rowType: physicalRowType }),
      // Without keys there is a fault, and the sink is not used.
      partitionKeys: (context.examined as PartitionKeys | undefined) ?? { kind: "random" },
      batchRecordsMax: options.batchRecordsMax,
      batchBytesMax: options.batchBytesMax,
      requestsInFlightMax: options.requestsInFlightMax,
      bufferedRecordsMax: options.bufferedRecordsMax,
      flushIntervalMs: options.flushIntervalMs,
      failOnError: options.failOnError,
      ordering: options.ordering,
      aggregates: options.aggregates,
    },
    clients,
  );
  return { sink, supportsPartitions: true };
}

/** The sink's own HTTP options go before those of AWS; older spellings count where the newer ones are not given. */
function connectionOfSink(
  options: SinkOptions,
  connection: ConnectionSettings,
  { table }: SinkFactoryContext,
): ConnectionSettings {
  const endpoint = connection.endpoint ?? options.oldEndpointUrl;
  const httpVersion = options.sinkHttpVersion ?? connection.httpVersion;
  const isTrustGiven = table.options.some(({ key }) => key === TRUST_ALL);
  const trustsByOldOption = !isTrustGiven && options.verifiesCertificate === false;
  return {
    ...connection,
    concurrencyMax: options.sinkHttpConcurrencyMax ?? connection.concurrencyMax,
    readTimeoutMs: options.sinkHttpReadTimeoutMs ?? connection.readTimeoutMs,
    trustsAllCertificates: connection.trustsAllCertificates || trustsByOldOption,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(httpVersion === undefined ? {} : { httpVersion }),
  };
}
