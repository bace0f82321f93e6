import { CrossCheck, Option } from "@tributary/core";
import type { OptionFault } from "@tributary/core";

import { SinkOptions } from "./sink-options.js";
import {
  OPTIONAL_REGION_OPTION,
  REGION_OPTION,
  STREAM_ARN_OPTION,
  STREAM_NAME_OPTION,
  optionalRegionFaults,
  streamFaults,
} from "./stream-options.js";

/** Options of the sink `kinesis`. After Apache Flink's Kinesis connector 5.1. */
export class KinesisSinkOptions extends SinkOptions {
  @Option(STREAM_ARN_OPTION)
  readonly streamArn!: string;

  @Option(REGION_OPTION)
  readonly region!: string;

  @CrossCheck()
  checkStream(): readonly OptionFault[] {
    return streamFaults(this.streamArn, this.region);
  }
}

/** Options of the sink `kinesis` of the distributions 4.x: the stream goes by its name. */
export class KinesisSink4Options extends SinkOptions {
  @Option(STREAM_NAME_OPTION)
  readonly stream!: string;

  @Option(OPTIONAL_REGION_OPTION)
  readonly region?: string;

  @CrossCheck()
  checkRegion(): readonly OptionFault[] {
    return optionalRegionFaults(this.region, this.endpoint);
  }
}
