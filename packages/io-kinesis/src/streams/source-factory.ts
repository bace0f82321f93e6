import { tableSource } from "@tributary/core";
import type { OptionsClass, SourceFactory, SourceFactoryContext, TableSource } from "@tributary/core";
import { inject, injectable } from "inversify";

import type { ConnectionSettings } from "../client/connection-settings.js";
import { endpointOf } from "../client/request-handler.js";
import { KINESIS_CLIENTS } from "../client/kinesis-clients.js";
import type { KinesisClients } from "../client/kinesis-clients.js";
import type { KinesisRecord } from "../client/kinesis-client.js";
import { connectionByArn } from "../options/connection-of.js";
import { KinesisSinkOptions } from "../options/kinesis-sink-options.js";
import { KinesisSourceOptions } from "../options/source-options.js";
import { KINESIS_METADATA, metadataReaders } from "../metadata.js";
import { KinesisSource } from "./source/kinesis-source.js";
import { readStartPositions } from "./source/start-positions.js";
import type { FanOutSettings, StartPosition } from "./source/source-settings.js";

/** Makes the split-based source `kinesis`. */
@injectable()
export class KinesisSourceFactory implements SourceFactory<KinesisSourceOptions> {
  readonly role = "source";
  readonly identifier = "kinesis";
  readonly provides = "Source";
  readonly options: OptionsClass<KinesisSourceOptions> = KinesisSourceOptions;
  readonly format = "required";
  readonly metadata = KINESIS_METADATA;
  readonly exemptPrefixes = ["aws.", "source.", "sink."];
  readonly otherOptions = [KinesisSinkOptions];
  readonly #clients: KinesisClients;

  constructor(@inject(KINESIS_CLIENTS) clients: KinesisClients) {
    this.#clients = clients;
  }

  create(options: KinesisSourceOptions, context: SourceFactoryContext): TableSource {
    const connection = connectionByArn(options, context);
    const source = new KinesisSource(
      {
        connection,
        start: startOf(options),
        discoveryIntervalMs: options.discoveryIntervalMs,
        recordsPerFetchMax: options.recordsPerFetchMax,
        emptyFetchIntervalMs: options.emptyFetchIntervalMs,
        deaggregates: options.deaggregate === "auto",
        onDataLoss: options.onDataLoss,
        ...(options.end !== undefined && { end: options.end }),
        ...limitShareOf(options, connection),
        ...(options.readerType === "EFO" && { fanOut: fanOutOf(options) }),
      },
      this.#clients,
    );
    return tableSource<KinesisRecord>({
      source,
      payload: (record) => record.data,
      metadata: metadataReaders(connection.stream.name),
    });
  }
}

/** The service enforces its limits; an endpoint of one's own mostly does not, and is read as fast as it answers. */
function limitShareOf(
  { limitShare }: KinesisSourceOptions,
  connection: ConnectionSettings,
): { readonly limitShare?: number } {
  if (limitShare !== undefined) return { limitShare };
  return endpointOf(connection) === undefined ? { limitShare: 1 } : {};
}

function startOf({ position, timestampMs, positions = "" }: KinesisSourceOptions): StartPosition {
  switch (position) {
    case "AT_TIMESTAMP":
      return { type: position, timestampMs: timestampMs ?? 0 };
    case "SPECIFIC":
      return { type: position, read: () => readStartPositions(positions) };
    case "LATEST":
    case "TRIM_HORIZON":
      return { type: position };
  }
}

function fanOutOf(options: KinesisSourceOptions): FanOutSettings {
  return {
    consumerName: options.efoConsumerName ?? "",
    lifecycle: options.efoLifecycle,
    subscriptionTimeoutMs: options.efoSubscriptionTimeoutMs,
    deregisterTimeoutMs: options.efoDeregisterTimeoutMs,
    lookUp: {
      attemptsMax: options.efoDescribeAttemptsMax,
      delayMinMs: options.efoDescribeDelayMinMs,
      delayMaxMs: options.efoDescribeDelayMaxMs,
    },
  };
}
