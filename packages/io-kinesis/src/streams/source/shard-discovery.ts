import type { KinesisClient, Shard, ShardFilter } from "../../client/kinesis-client.js";
import { factsOf } from "../../client/classify-failure.js";
import type { OnRetry, Retry } from "../../client/retry.js";
import type { StartPosition, StartPositions } from "./source-settings.js";
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

/** The shards that a start without state reads, with the position for each that has none of its own. */
export async function discoverInitialShards(
  call: DiscoveryCall,
  start: StartPosition,
  startMs: number,
  nowMs: number,
  retentionHours: number,
): Promise<{ readonly shards: readonly Shard[]; readonly position: ShardPosition }> {
  if (start.type === "TRIM_HORIZON" || start.type === "SPECIFIC") {
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

/** What given positions make of a listing. */
export interface SpecificShards {
  /** Position of each shard that is to be read. */
  readonly positions: ReadonlyMap<string, ShardPosition>;
  /** Shards that count as read. */
  readonly finished: readonly string[];
  /** Ids that are given and not in the stream. */
  readonly missing: readonly string[];
}

/**
 * Applies given positions. A shard with none is read from its beginning, except that the forebears of shards with a
 * position are read already: their children would not have been begun otherwise.
 */
export function specificShards(
  shards: readonly Shard[],
  given: StartPositions,
  stream: string,
): SpecificShards {
  const byId = new Map(shards.map((shard) => [shard.shardId, shard]));
  const own = new Map(
    [...given].flatMap(([id, position]) => {
      const at = id.lastIndexOf("/");
      if (at >= 0 && id.slice(0, at) !== stream) return [];
      return [[id.slice(at + 1), position] as const];
    }),
  );
  const finished = new Set<string>();
  const finishForebears = (id: string): void => {
    for (const parent of byId.get(id)?.parentShardIds ?? []) {
      if (finished.has(parent) || !byId.has(parent) || own.has(parent)) continue;
      finished.add(parent);
      finishForebears(parent);
    }
  };
  const positions = new Map<string, ShardPosition>();
  for (const [id, position] of own) {
    if (position === "FINISHED") finished.add(id);
    else positions.set(id, position);
    finishForebears(id);
  }
  return {
    positions,
    finished: [...finished],
    missing: [...positions.keys()].filter((id) => !byId.has(id)),
  };
}
