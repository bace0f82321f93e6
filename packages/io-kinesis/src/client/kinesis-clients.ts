import { injectable } from "inversify";
import { invariant } from "@tributary/core";
import type { Logger } from "@tributary/core";

import { AwsKinesisClient } from "./aws-kinesis-client.js";
import type { ConnectionSettings } from "./connection-settings.js";
import type { KinesisClient } from "./kinesis-client.js";

/**
 * Opens clients; the one binding to replace when the service is to be reached in another way, or not at all.
 *
 * @example
 * const registry = createRegistry([kinesisStreams5], { bindings: [{ token: KINESIS_CLIENTS, value: clients }] });
 * @public
 */
export interface KinesisClients {
  /** Makes a client for one stream, which whoever opens it closes. Connects to nothing. */
  open(settings: ConnectionSettings, logger: Logger): Promise<KinesisClient>;
}

/** Token of {@link KinesisClients}. @public */
export const KINESIS_CLIENTS = Symbol.for("@tributary/io-kinesis/KinesisClients");

/** Clients of the AWS SDK. Those that are still open are closed with the registry that made this. */
@injectable()
export class AwsKinesisClients implements KinesisClients {
  readonly #clients = new Set<KinesisClient>();
  #isDisposed = false;

  async open(settings: ConnectionSettings, logger: Logger): Promise<KinesisClient> {
    const client = await AwsKinesisClient.open(settings, logger, () => this.#clients.delete(client));
    this.#clients.add(client);
    // Disposed of meanwhile: nobody would close it.
    if (this.#isDisposed) client.close();
    invariant(!this.#isDisposed, "no client is opened after its registry was disposed of");
    return client;
  }

  /** Closes every client that is open. Idempotent. */
  dispose(): void {
    this.#isDisposed = true;
    for (const client of this.#clients) client.close();
  }
}
