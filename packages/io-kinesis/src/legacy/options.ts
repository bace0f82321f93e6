import { CrossCheck, Option } from "@tributary/core";
import type { OptionFault } from "@tributary/core";

import { AwsOptions } from "../options/aws-options.js";
import {
  OPTIONAL_REGION_OPTION,
  STREAM_NAME_OPTION,
  optionalRegionFaults,
} from "../options/stream-options.js";

/** Options of the old source. Its settings below `scan.` are taken as they are: it is planned for Flink only. */
export class LegacySourceOptions extends AwsOptions {
  @Option(STREAM_NAME_OPTION)
  readonly stream!: string;

  @Option(OPTIONAL_REGION_OPTION)
  readonly region?: string;

  @Option({
    key: "scan",
    type: "map",
    summary:
      "Settings of the old source, e.g. scan.stream.initpos; see the documentation of Flink's Kinesis connector.",
  })
  readonly scan: ReadonlyMap<string, string> = new Map();

  @Option({
    key: "source.shard-assigner",
    type: "string",
    summary: "How shards are spread over readers: default, uniform, or a factory's name.",
    isForwarded: true,
    defaultText: "default",
  })
  readonly shardAssigner?: string;

  @CrossCheck()
  checkRegion(): readonly OptionFault[] {
    return optionalRegionFaults(this.region, this.endpoint);
  }
}
