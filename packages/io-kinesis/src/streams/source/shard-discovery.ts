import type { KinesisClient, Shard, ShardFilter } from "../../client/kinesis-client.js";
import { factsOf } from "../../client/classify-failure.js";
import type { OnRetry, Retry } from "../../client/retry.js";
import type { StartPosition } from "./source-settings.js";
import { TRIM_HORIZON } from "./shard-position.js";
import type { ShardPosition } from "./shard-position.js";

/** How far our clock may be ahead of the service's before a start "now" is called a start in the future. */
export const CLOCK_SKEW_MAX_MS = 15 * 60_000;

const MS_PER_HOUR = 3_600_000;

/** What a round of discovery asks and how. */
export interface DiscoveryCall {
  readonly client: KinesisClient;
  readonly retry: Retry;
  readonly signal: AbortSignal;
  readonly onRetry: OnRetry;
}

/** The shards that a start without state reads, with the position for each. */
export async function discoverInitialShards(
  call: DiscoveryCall,
  start: StartPosition,
  startMs: number,
  nowMs: number,
  retentionHours: number,
): Promise<{ readonly shards: readonly Shard[]; readonly position: ShardPosition }> {
  if (start.type === "TRIM_HORIZON") {
    return { shards: await listShards(call, { type: "FROM_TRIM_HORIZON" }), position: TRIM_HORIZON };
  }
  const position: ShardPosition = { type: "AT_TIMESTAMP", timestamp: startMs };
  try {
    return { shards: await listShards(call, { type: "FROM_TIMESTAMP", timestampMs: startMs }), position };
  } catch (error) {
    const other = filterInstead(error, startMs, nowMs, retentionHours);
    if (other === undefined) throw error;
    return { shards: await listShards(call, other), position };
  }
}

/** Instants that the service refuses: older than what it keeps, or in its future, which may be our present. */
function filterInstead(
  error: unknown,
  startMs: number,
  nowMs: number,
  retentionHours: number,
): ShardFilter | undefined {
  const { name } = factsOf(error);
  if (name !== "InvalidArgumentException" && name !== "ValidationException") return undefined;
  if (startMs < nowMs - retentionHours * MS_PER_HOUR) return { type: "FROM_TRIM_HORIZON" };
  if (startMs > nowMs - CLOCK_SKEW_MAX_MS) return { type: "AT_LATEST" };
  return undefined;
}

/** All pages, in order. */
export async function listShards(call: DiscoveryCall, filter: ShardFilter): Promise<readonly Shard[]> {
  const { client, retry, signal, onRetry } = call;
  const shards: Shard[] = [];
  let nextToken: string | undefined;
  do {
    const request = nextToken === undefined ? { filter } : { nextToken };
    const page = await retry.run(() => client.listShards(request, signal), signal, onRetry);
    shards.push(...page.shards);
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return shards;
}
