import type { ConnectionSettings } from "../client/connection-settings.js";
import type { RetryGroup } from "./full-jitter.js";
import type { RecoverableErrors } from "./recoverable-errors.js";
import type { ShardAssigner } from "./shard-assigner.js";

/** Where a job without state begins. */
export type LegacyStart =
  | { readonly type: "LATEST" | "TRIM_HORIZON" }
  | { readonly type: "AT_TIMESTAMP"; readonly timestampMs: number };

/** Settings of the old source, by what they are for. */
export interface LegacySettings {
  readonly connection: ConnectionSettings;
  readonly start: LegacyStart;
  readonly discoveryIntervalMs: number;
  readonly listShards: RetryGroup;
  readonly describe: RetryGroup;
  readonly makeAssigner: () => ShardAssigner;
  readonly polling: PollingSettings;
  /** Present: records are pushed. */
  readonly fanOut?: LegacyFanOut;
  /** Present: shards are aligned by arrival time. */
  readonly sync?: SyncSettings;
}

export interface PollingSettings {
  readonly recordsPerFetchMax: number;
  readonly fetchIntervalMs: number;
  readonly isAdaptive: boolean;
  readonly getRecords: RetryGroup;
  readonly getIterator: RetryGroup;
}

export interface LegacyFanOut {
  readonly connection: ConnectionSettings;
  readonly registration:
    | {
        readonly type: "LAZY" | "EAGER";
        readonly consumerName: string;
      }
    | { readonly type: "NONE"; readonly consumerArn: string };
  readonly describeConsumer: RetryGroup;
  readonly register: RetryGroup;
  readonly registerTimeoutMs: number;
  readonly deregister: RetryGroup;
  readonly deregisterTimeoutMs: number;
  readonly subscribe: RetryGroup;
  readonly subscribeTimeoutMs: number;
  readonly recoverable: RecoverableErrors;
}

export interface SyncSettings {
  readonly intervalMs: number;
  readonly lookAheadMs: number;
  readonly queueCapacity: number;
}
