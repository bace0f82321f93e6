/**
 * The four distributions of Apache Flink's Kinesis connector as modules. Each claims the sink `kinesis`, so a registry
 * holds one of them.
 */
import { defineModule } from "@tributary/core";
import type { Module, ServiceDefinition } from "@tributary/core";

import { AwsKinesisClients, KINESIS_CLIENTS } from "./client/kinesis-clients.js";
import { KinesisLegacySourceFactory, KinesisSource4Factory } from "./legacy/source-factory.js";
import { KinesisSink4Factory, KinesisSinkFactory } from "./streams/sink-factory.js";
import { KinesisSourceFactory } from "./streams/source-factory.js";

const COMMON = {
  family: "kinesis",
  file: import.meta.url,
  services: [
    {
      token: KINESIS_CLIENTS,
      provide: { useClass: AwsKinesisClients },
      dispose: (clients) => clients.dispose(),
    } satisfies ServiceDefinition<AwsKinesisClients>,
  ],
};

/** The split-based source and the sink; also stands for what the original ships as 6.x. @public */
export const kinesisStreams5: Module = defineModule({
  ...COMMON,
  name: "kinesis-streams",
  version: "5.1.0",
  purpose: "new tables: the split-based source 'kinesis' and the sink 'kinesis'",
  factories: [KinesisSourceFactory, KinesisSinkFactory],
});

/** The sink alone, for tables of 4.x. @public */
export const kinesisStreams4: Module = defineModule({
  ...COMMON,
  name: "kinesis-streams",
  version: "4.3.0",
  purpose: "tables of 4.x that are only written: the sink 'kinesis' with the option 'stream'",
  factories: [KinesisSink4Factory],
});

/** Both sources, the old one as `kinesis-legacy`, and the sink. @public */
export const kinesis5: Module = defineModule({
  ...COMMON,
  name: "kinesis",
  version: "5.1.0",
  purpose: "scripts that use 'kinesis-legacy' beside 'kinesis'",
  factories: [KinesisSourceFactory, KinesisLegacySourceFactory, KinesisSinkFactory],
});

/** The old source under the identifier `kinesis`, and the sink. @public */
export const kinesis4: Module = defineModule({
  ...COMMON,
  name: "kinesis",
  version: "4.3.0",
  purpose: "tables of 4.x as they are: the old source 'kinesis' with 'scan.' options",
  factories: [KinesisSource4Factory, KinesisSink4Factory],
});
