import { KinesisEmulatorError } from "./errors.js";

/**
 * Settings of an emulator; each has a default.
 *
 * @public
 */
export interface KinesisEmulatorOptions {
  /** Port to listen on; 0, the default, takes a free one. */
  readonly port?: number;
  /** Address to listen on. Default `127.0.0.1`. */
  readonly host?: string;
  /** Region in the ARNs it gives out. Default `us-east-1`. */
  readonly region?: string;
  /** Account in the ARNs it gives out, 12 digits. Default `000000000000`. */
  readonly accountId?: string;
  /** Directory that keeps streams and records over a restart; made if it is not there. Default: memory only. */
  readonly dataDirectory?: string;
  /** Keeps the service's rates and quotas and refuses calls beyond them. Default false. */
  readonly enforceLimits?: boolean;
  /**
   * Time stands still until `clock` moves it: true begins now, a number at that many ms since 1970. Default false: the
   * system's clock, which `clock` can push ahead.
   */
  readonly virtualTime?: boolean | number;
  /** How long a new stream stays CREATING, in ms of the emulator's clock. Default 0. */
  readonly createStreamDelayMs?: number;
  /** How long a stream stays UPDATING after its shards have changed, in ms of the emulator's clock. Default 0. */
  readonly updateStreamDelayMs?: number;
  /** How long a stream stays DELETING, in ms of the emulator's clock. Default 0. */
  readonly deleteStreamDelayMs?: number;
  /** How long a new consumer stays CREATING, in ms of the emulator's clock. Default 0. */
  readonly createConsumerDelayMs?: number;
  /** How long a consumer stays DELETING, in ms of the emulator's clock. Default 0. */
  readonly deleteConsumerDelayMs?: number;
  /** Seed of everything that happens by chance. Default 1. */
  readonly seed?: number;
}

/** Options with every default filled in. @internal */
export interface EmulatorSettings {
  readonly port: number;
  readonly host: string;
  readonly region: string;
  readonly accountId: string;
  readonly dataDirectory: string | undefined;
  readonly enforceLimits: boolean;
  readonly virtualTime: boolean | number;
  readonly createStreamDelayMs: number;
  readonly updateStreamDelayMs: number;
  readonly deleteStreamDelayMs: number;
  readonly createConsumerDelayMs: number;
  readonly deleteConsumerDelayMs: number;
  readonly seed: number;
}

/**
 * Fills in defaults and checks values.
 *
 * @throws KinesisEmulatorError `OPTION_INVALID`, which names every wrong option.
 * @internal
 */
export function settingsOf(options: KinesisEmulatorOptions): EmulatorSettings {
  const settings: EmulatorSettings = {
    port: options.port ?? 0,
    host: options.host ?? "127.0.0.1",
    region: options.region ?? "us-east-1",
    accountId: options.accountId ?? "000000000000",
    dataDirectory: options.dataDirectory,
    enforceLimits: options.enforceLimits ?? false,
    virtualTime: options.virtualTime ?? false,
    createStreamDelayMs: options.createStreamDelayMs ?? 0,
    updateStreamDelayMs: options.updateStreamDelayMs ?? 0,
    deleteStreamDelayMs: options.deleteStreamDelayMs ?? 0,
    createConsumerDelayMs: options.createConsumerDelayMs ?? 0,
    deleteConsumerDelayMs: options.deleteConsumerDelayMs ?? 0,
    seed: options.seed ?? 1,
  };
  const faults = [
    Number.isInteger(settings.port) && settings.port >= 0 && settings.port < 65_536
      ? undefined
      : `port ${settings.port} is not between 0 and 65535`,
    /^\d{12}$/.test(settings.accountId)
      ? undefined
      : `accountId '${settings.accountId}' does not have 12 digits`,
    /^[a-z0-9-]+$/.test(settings.region)
      ? undefined
      : `region '${settings.region}' is not the name of a region`,
    ...(
      [
        "createStreamDelayMs",
        "updateStreamDelayMs",
        "deleteStreamDelayMs",
        "createConsumerDelayMs",
        "deleteConsumerDelayMs",
      ] as const
    ).map((name) => (settings[name] >= 0 ? undefined : `${name} ${settings[name]} is less than 0`)),
  ].filter((fault) => fault !== undefined);
  if (faults.length > 0) throw new KinesisEmulatorError("OPTION_INVALID", faults.join("; "));
  return settings;
}
