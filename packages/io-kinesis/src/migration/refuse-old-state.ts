import { TributaryError, functionState } from "@tributary/core";
import type { JsonValue } from "@tributary/core";

/** Taken off the instant that is suggested: arrival times of neighbours may differ in order. */
const MARGIN_MS = 1_000;

interface StoredEntry {
  readonly shardId?: string;
  readonly parents?: readonly string[];
  readonly position?: { readonly sequenceNumber?: string };
  readonly readThroughMs?: number;
}

/**
 * An instant before which everything is done, over all shards of a checkpoint of the old source.
 *
 * @returns undefined if a shard is still at its beginning: only TRIM_HORIZON leaves nothing out.
 */
export function surelyDoneMs(entries: readonly JsonValue[]): number | undefined {
  const stored = (entries as unknown as readonly (StoredEntry | null)[]).filter((entry) => entry !== null);
  const byId = new Map(stored.map((entry) => [entry.shardId ?? "", entry]));
  const parents = new Set(stored.flatMap((entry) => entry.parents ?? []));
  let least = Infinity;
  for (const entry of stored) {
    const isEnded = entry.position?.sequenceNumber === "SHARD_ENDING_SEQUENCE_NUM";
    // What follows a shard that is done stands with its children, where they are known.
    if (isEnded && parents.has(entry.shardId ?? "")) continue;
    const doneMs = entry.readThroughMs ?? beginningMs(entry, byId);
    if (doneMs === undefined) return undefined;
    least = Math.min(least, doneMs);
  }
  return least === Infinity ? undefined : least - MARGIN_MS;
}

/** A child that was not read yet has nothing from before what was read of its parents. */
function beginningMs(
  { parents = [] }: StoredEntry,
  byId: ReadonlyMap<string, StoredEntry>,
): number | undefined {
  const found = parents.map((id) => byId.get(id)?.readThroughMs);
  return found.length === 0 || found.includes(undefined)
    ? undefined
    : Math.min(...found.filter((ms) => ms !== undefined));
}

/** @throws `STATE_INCOMPATIBLE` if a checkpoint was written by the old source, with both ways on. */
export function refuseOldState(restored: JsonValue | undefined): void {
  const isFunction = typeof restored === "object" && restored !== null && "sourceFunction" in restored;
  if (!isFunction) return;
  const doneMs = surelyDoneMs(functionState(restored) ?? []);
  const start =
    doneMs === undefined
      ? "'source.init.position' = 'TRIM_HORIZON', since a shard was still at its beginning"
      : `'source.init.position' = 'AT_TIMESTAMP' and 'source.init.timestamp' = '${new Date(doneMs).toISOString()}', which reads some records twice`;
  throw new TributaryError({
    severity: "error",
    code: "STATE_INCOMPATIBLE",
    message:
      "The checkpoint was written by the old Kinesis source ('kinesis-legacy', or 'kinesis' of 4.x), whose state the new one does not read",
    connector: "kinesis",
    hint: `Turn it into one of the new source with 'tributary migrate checkpoint DIR --out DIR2', and restore that; or start fresh with ${start}.`,
  });
}
