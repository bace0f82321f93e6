import { injectable } from "inversify";
import type { Logger } from "@tributary/core";

import { AwsKinesisClient } from "./aws-kinesis-client.js";
import type { ConnectionSettings } from "./connection-settings.js";
import type { KinesisClient } from "./kinesis-client.js";

/** Opens clients; the one binding to replace when the service is to be reached in another way. @public */
export interface KinesisClients {
  /** Makes a client for one stream. Connects to nothing. */
  open(settings: ConnectionSettings, logger: Logger): Promise<KinesisClient>;
}

/** Token of {@link KinesisClients}. @public */
export const KINESIS_CLIENTS = Symbol.for("@tributary/io-kinesis/KinesisClients");

/** The AWS SDK's client. */
@injectable()
export class AwsKinesisClients implements KinesisClients {
  open(settings: ConnectionSettings, logger: Logger): Promise<KinesisClient> {
    return AwsKinesisClient.open(settings, logger);
  }
}
