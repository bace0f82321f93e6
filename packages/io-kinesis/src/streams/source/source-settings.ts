import type { ConnectionSettings } from "../../client/connection-settings.js";
import type { ShardPosition } from "./shard-position.js";

/** Where a start without state begins. */
export type StartPosition =
  | { readonly type: "LATEST" | "TRIM_HORIZON" }
  | { readonly type: "AT_TIMESTAMP"; readonly timestampMs: number }
  /** @throws from `read`: `OPTION_INVALID` if a file with positions cannot be used. */
  | { readonly type: "SPECIFIC"; readonly read: () => Promise<StartPositions> };

/** Positions by shard id. A shard that is read to its end has none left. */
export type StartPositions = ReadonlyMap<string, ShardPosition | "FINISHED">;

/** Where a bounded read ends: at the tip of the first discovery, or before an instant. */
export type EndPosition =
  { readonly type: "LATEST" } | { readonly type: "AT_TIMESTAMP"; readonly timestampMs: number };

/** What reading with enhanced fan-out needs. */
export interface FanOutSettings {
  readonly consumerName: string;
  readonly lifecycle: "JOB_MANAGED" | "SELF_MANAGED";
  readonly subscriptionTimeoutMs: number;
  readonly deregisterTimeoutMs: number;
  /** Of the reader's look-up of the consumer. */
  readonly lookUp: { readonly attemptsMax: number; readonly delayMinMs: number; readonly delayMaxMs: number };
}

export interface KinesisSourceSettings {
  readonly connection: ConnectionSettings;
  readonly start: StartPosition;
  /** Absent: the read has no end. */
  readonly end?: EndPosition;
  readonly discoveryIntervalMs: number;
  /** Limit of each GetRecords call. */
  readonly recordsPerFetchMax: number;
  /** Pause of a shard after a fetch that gave nothing. */
  readonly emptyFetchIntervalMs: number;
  /** Share of the service's limits that a shard is read with; absent: as fast as it answers. */
  readonly limitShare?: number;
  /** Are records of the Kinesis Producer Library taken apart? */
  readonly deaggregates: boolean;
  /** What a position that is no more does. */
  readonly onDataLoss: "warn" | "fail";
  /** Absent: read by polling. */
  readonly fanOut?: FanOutSettings;
}
