import { EmulatorClock } from "./clock.js";
import { FaultInjector } from "./faults/fault-injector.js";
import { exchange } from "./http/exchange.js";
import { Listener } from "./http/listener.js";
import { RateLimits } from "./operations/rate-limits.js";
import { createStream } from "./operations/streams.js";
import { Service } from "./operations/service.js";
import { settingsOf, type EmulatorSettings, type KinesisEmulatorOptions } from "./options.js";
import { validate } from "./protocol/validation.js";
import { FileJournal } from "./store/file-journal.js";
import { Account } from "./store/account.js";

/** The emulator's time. @public */
export interface KinesisEmulatorClock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Moves time by `ms`; whatever is due in between happens, in order. */
  advance(ms: number): void;
  /** Sets the time, in milliseconds since 1970. */
  setTime(ms: number): void;
}

/** A running emulator. @public */
export interface KinesisEmulator {
  /** For example `http://127.0.0.1:4567`. */
  readonly endpoint: string;
  readonly port: number;
  /** Variables that point an AWS client at this emulator. */
  readonly environment: Record<string, string>;
  readonly clock: KinesisEmulatorClock;
  readonly faults: FaultInjector;
  /**
   * Makes a stream, without going over the network.
   *
   * @returns its ARN.
   * @throws an error named as the service names it, for example `ResourceInUseException`.
   */
  createStream(name: string, shardCount: number): Promise<string>;
  /** The ARN that a stream of this name has, whether there is one or not. */
  streamArn(name: string): string;
  /** Ends all connections and gives the port back; what was written is on disk, if there is a data directory. Idempotent. */
  close(): Promise<void>;
}

/**
 * Starts an emulator in this process. It answers when the promise resolves.
 *
 * @throws KinesisEmulatorError.
 * @public
 */
export async function startKinesisEmulator(options: KinesisEmulatorOptions = {}): Promise<KinesisEmulator> {
  const emulator = new EmbeddedEmulator(settingsOf(options));
  await emulator.open();
  return emulator;
}

class EmbeddedEmulator implements KinesisEmulator {
  readonly faults: FaultInjector;
  readonly clock: EmulatorClock;
  readonly #settings: EmulatorSettings;
  readonly #account: Account;
  readonly #listener: Listener;
  #journal: FileJournal | undefined;
  #port = 0;
  #closed: Promise<void> | undefined;

  constructor(settings: EmulatorSettings) {
    this.#settings = settings;
    this.clock = new EmulatorClock(settings.virtualTime);
    this.faults = new FaultInjector(settings.seed);
    this.#account = new Account({ ...settings, clock: this.clock });
    const limits = settings.enforceLimits ? new RateLimits(this.clock) : undefined;
    const service = new Service(this.#account, this.faults, limits);
    const admin = { account: this.#account, clock: this.clock, faults: this.faults };
    this.#listener = new Listener((request, response) => {
      exchange(service, admin, request, response).catch(() => response.destroy());
    });
  }

  async open(): Promise<void> {
    const { dataDirectory, port, host } = this.#settings;
    if (dataDirectory !== undefined) this.#journal = await FileJournal.open(dataDirectory, this.#account);
    try {
      this.#port = await this.#listener.listen(port, host);
    } catch (error) {
      await this.#journal?.close();
      throw error;
    }
  }

  get port(): number {
    return this.#port;
  }

  get endpoint(): string {
    const { host } = this.#settings;
    return `http://${host.includes(":") ? `[${host}]` : host}:${this.#port}`;
  }

  get environment(): Record<string, string> {
    return {
      AWS_ENDPOINT_URL_KINESIS: this.endpoint,
      AWS_REGION: this.#settings.region,
      AWS_ACCESS_KEY_ID: "emulator",
      AWS_SECRET_ACCESS_KEY: "emulator",
    };
  }

  async createStream(name: string, shardCount: number): Promise<string> {
    const input = { StreamName: name, ShardCount: shardCount };
    validate(input, createStream.shape);
    createStream.run(this.#account, input);
    await this.#account.journal?.flushed();
    return this.streamArn(name);
  }

  streamArn(name: string): string {
    return this.#account.streamArn(name);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await this.#listener.close();
    this.clock.close();
    await this.#journal?.close();
  }
}
