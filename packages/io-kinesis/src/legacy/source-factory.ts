import { TributaryError } from "@tributary/core";
import type { OptionsClass, SourceFactory, SourceFactoryContext, TableSource } from "@tributary/core";
import { injectable } from "inversify";

import { KINESIS_METADATA } from "../metadata.js";
import { LegacySourceOptions } from "./options.js";

/** The old, push-style source under a given identifier. */
abstract class PushSourceFactory implements SourceFactory<LegacySourceOptions> {
  readonly role = "source";
  abstract readonly identifier: string;
  readonly provides = "SourceFunction";
  readonly options: OptionsClass<LegacySourceOptions> = LegacySourceOptions;
  readonly format = "required";
  readonly metadata = KINESIS_METADATA;
  readonly exemptPrefixes = ["aws.", "scan.", "sink."];

  /** @throws `RUNNER_UNSUPPORTED`, always. */
  create(_options: LegacySourceOptions, _context: SourceFactoryContext): TableSource {
    throw new TributaryError({
      severity: "error",
      code: "RUNNER_UNSUPPORTED",
      message: `The old source '${this.identifier}' (interface SourceFunction) is not supported: this version reads Kinesis with the new source only.`,
      option: "connector",
      hint: "Use the connector 'kinesis' of the module kinesis-streams@5 or kinesis@5, with 'stream.arn' and 'source.*' options.",
    });
  }
}

/** `kinesis-legacy` of the distribution `kinesis` 5.x. */
@injectable()
export class KinesisLegacySourceFactory extends PushSourceFactory {
  readonly identifier = "kinesis-legacy";
}

/** `kinesis` of the distribution `kinesis` 4.x. */
@injectable()
export class KinesisSource4Factory extends PushSourceFactory {
  readonly identifier = "kinesis";
}
