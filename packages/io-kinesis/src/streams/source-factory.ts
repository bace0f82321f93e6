import { invariant, tableSource } from "@tributary/core";
import type { OptionsClass, SourceFactory, SourceFactoryContext, TableSource } from "@tributary/core";
import { inject, injectable } from "inversify";

import type { ConnectionSettings } from "../client/connection-settings.js";
import { endpointOf } from "../client/request-handler.js";
import { KINESIS_CLIENTS } from "../client/kinesis-clients.js";
import type { KinesisClients } from "../client/kinesis-clients.js";
import type { KinesisRecord } from "../client/kinesis-client.js";
import { connectionByArn, connectionOf } from "../options/connection-of.js";
import { KinesisSinkOptions } from "../options/kinesis-sink-options.js";
import { KinesisSourceOptions } from "../options/source-options.js";
import { NAME_IN_ARN_TABLE } from "../options/stream-options.js";
import { KINESIS_METADATA, metadataReaders } from "../metadata.js";
import { selectStreams, selectsSeveral } from "../options/stream-selection.js";
import { KinesisSource, KinesisStreamsSource } from "./source/kinesis-source.js";
import { StreamSet } from "./source/stream-set.js";
import { readStartPositions } from "./source/start-positions.js";
import type { FanOutSettings, KinesisSourceSettings, StartPosition } from "./source/source-settings.js";

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
  readonly unknownKeyHints = NAME_IN_ARN_TABLE;
  readonly #clients: KinesisClients;

  constructor(@inject(KINESIS_CLIENTS) clients: KinesisClients) {
    this.#clients = clients;
  }

  create(options: KinesisSourceOptions, context: SourceFactoryContext): TableSource {
    const payload = (record: KinesisRecord): Uint8Array => record.data;
    if (!selectsSeveral(options.streamArn)) {
      const connection = connectionByArn(options, context);
      const source = new KinesisSource(settingsOf(options, connection), this.#clients);
      return tableSource({ source, payload, metadata: metadataReaders(() => connection.stream.name) });
    }
    const selection = selectStreams(options.streamArn);
    const any = selection.streams[0] ?? selection.patterns[0]?.anyStream;
    invariant(any !== undefined, "the options class has checked the ARNs");
    const set = new StreamSet(selection, settingsOf(options, connectionOf(options, any, context)));
    const source = new KinesisStreamsSource(set, this.#clients);
    return tableSource({
      source,
      payload,
      metadata: metadataReaders(({ origin }) => set.streamOf(origin)),
    });
  }
}

function settingsOf(options: KinesisSourceOptions, connection: ConnectionSettings): KinesisSourceSettings {
  return {
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
  };
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
