import { tableSource } from "@tributary/core";
import type {
  OptionsClass,
  SourceFactory,
  SourceFactoryContext,
  TableOption,
  TableSource,
} from "@tributary/core";
import { inject, injectable } from "inversify";

import { KINESIS_CLIENTS } from "../client/kinesis-clients.js";
import type { KinesisClients } from "../client/kinesis-clients.js";
import type { KinesisRecord } from "../client/kinesis-client.js";
import { KINESIS_METADATA, metadataReaders } from "../metadata.js";
import { KinesisSink4Options } from "../options/kinesis-sink-options.js";
import { ARN_IN_NAME_TABLE } from "../options/stream-options.js";
import { KinesisSourceFunction } from "./kinesis-source-function.js";
import { LegacySourceOptions } from "./options.js";
import { GlobalWatermark } from "./record-synchronizer.js";
import { legacySettingsOf } from "./settings-of.js";

/** Options that only align shards by their watermarks, in a table that has one. */
const WATERMARK_KEYS = [
  "scan.shard.idle.interval",
  "scan.watermark.sync.interval",
  "scan.watermark.lookahead.millis",
  "scan.watermark.sync.queue.capacity",
];

/** The old, push-style source under a given identifier. */
abstract class PushSourceFactory implements SourceFactory<LegacySourceOptions> {
  readonly role = "source";
  abstract readonly identifier: string;
  readonly provides = "SourceFunction";
  readonly options: OptionsClass<LegacySourceOptions> = LegacySourceOptions;
  readonly format = "required";
  readonly metadata = KINESIS_METADATA;
  readonly exemptPrefixes = ["aws.", "scan.", "sink."];
  readonly otherOptions = [KinesisSink4Options];
  readonly unknownKeyHints = ARN_IN_NAME_TABLE;
  readonly #clients: KinesisClients;

  constructor(clients: KinesisClients) {
    this.#clients = clients;
  }

  create(options: LegacySourceOptions, context: SourceFactoryContext): TableSource {
    this.#warnAboutIdleOptions(context);
    const settings = legacySettingsOf(options, context);
    const global = new GlobalWatermark();
    const { stream, shardIdleIntervalMs } = options;
    return tableSource<KinesisRecord>({
      source: {
        createFunction: () => new KinesisSourceFunction(settings, this.#clients, global),
        describePosition: ({ sequenceNumber, subSequenceNumber }) =>
          subSequenceNumber === undefined ? sequenceNumber : `${sequenceNumber}/${subSequenceNumber}`,
      },
      payload: ({ data }) => data,
      metadata: metadataReaders(() => stream),
      ...(shardIdleIntervalMs >= 0 && { idleTimeoutMs: Math.max(1, shardIdleIntervalMs) }),
    });
  }

  /** Those of a sink, where the identifier has none. */
  protected ignoredSinkOptions(_options: readonly TableOption[]): readonly string[] {
    return [];
  }

  /** One line for all that is accepted and does nothing. */
  #warnAboutIdleOptions(context: SourceFactoryContext): void {
    const { options, schema } = context.table;
    const keys = this.ignoredSinkOptions(options).slice();
    const reasons = keys.length === 0 ? [] : [`the connector '${this.identifier}' only reads`];
    if (schema.watermark === undefined) {
      const idle = WATERMARK_KEYS.filter((key) => options.some((one) => one.key === key));
      if (idle.length > 0) reasons.push("the table declares no WATERMARK");
      keys.push(...idle);
    }
    const [first] = keys;
    if (first === undefined) return;
    context.report({
      severity: "warning",
      code: "OPTION_IGNORED",
      message: `Without effect: ${keys.join(", ")}; ${reasons.join(", and ")}.`,
      option: first,
      hint: "Leave them out; write with the connector 'kinesis'.",
    });
  }
}

/** `kinesis-legacy` of the distribution `kinesis` 5.x. */
@injectable()
export class KinesisLegacySourceFactory extends PushSourceFactory {
  readonly identifier = "kinesis-legacy";
  readonly stateFamily = "kinesis";

  constructor(@inject(KINESIS_CLIENTS) clients: KinesisClients) {
    super(clients);
  }

  protected override ignoredSinkOptions(options: readonly TableOption[]): readonly string[] {
    return [...new Set(options.map(({ key }) => key).filter((key) => key.startsWith("sink.")))];
  }
}

/** `kinesis` of the distribution `kinesis` 4.x. */
@injectable()
export class KinesisSource4Factory extends PushSourceFactory {
  readonly identifier = "kinesis";

  constructor(@inject(KINESIS_CLIENTS) clients: KinesisClients) {
    super(clients);
  }
}
