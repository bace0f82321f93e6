import type { ConnectionSettings } from "../../client/connection-settings.js";

/** Where a start without state begins. */
export type StartPosition =
  | { readonly type: "LATEST" | "TRIM_HORIZON" }
  | { readonly type: "AT_TIMESTAMP"; readonly timestampMs: number };

export interface KinesisSourceSettings {
  readonly connection: ConnectionSettings;
  readonly start: StartPosition;
  readonly discoveryIntervalMs: number;
  /** Limit of each GetRecords call. */
  readonly recordsPerFetchMax: number;
  /** Pause of a shard after a fetch that gave nothing. */
  readonly emptyFetchIntervalMs: number;
}
