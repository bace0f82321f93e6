/** Listing, splitting and merging shards. */
import { ServiceError, invalidArgument, notFound } from "../errors.js";
import { LIST_SHARDS_DEFAULT } from "../limits.js";
import { timestampOf } from "../protocol/validation.js";
import type { Account } from "../store/account.js";
import { uniformStarts } from "../store/hash-key.js";
import { shardIndexOf, type Shard } from "../store/shard.js";
import type { Stream } from "../store/stream.js";
import { SHAPES, STREAM_FIELDS, streamOf, structure, type Fields, type Operation } from "./operation.js";
import { decodePageOf, pageToken } from "./paging.js";
import { notActive, requireActive, requireShardQuota } from "./streams.js";

const FILTERS = [
  "AFTER_SHARD_ID",
  "AT_TRIM_HORIZON",
  "FROM_TRIM_HORIZON",
  "AT_LATEST",
  "AT_TIMESTAMP",
  "FROM_TIMESTAMP",
];

/** A filter with its time fixed, as it travels in page tokens. */
interface FixedFilter {
  readonly type: string;
  readonly shardId?: string;
  readonly ms: number;
}

export const listShards: Operation = {
  shape: structure({
    ...STREAM_FIELDS,
    NextToken: SHAPES.nextToken,
    ExclusiveStartShardId: SHAPES.shardId,
    MaxResults: { type: "integer", min: 1, max: 10_000 },
    StreamCreationTimestamp: { type: "timestamp" },
    ShardFilter: structure({
      Type: { type: "text", required: true, values: FILTERS },
      ShardId: SHAPES.shardId,
      Timestamp: { type: "timestamp" },
    }),
  }),
  run(account, input) {
    const { stream, after, filter } =
      input.NextToken === undefined ? firstPage(account, input) : nextPage(account, input, input.NextToken);
    stream.trim(account.clock.now());
    const limit = input.MaxResults ?? LIST_SHARDS_DEFAULT;
    const shards = stream.shards.filter((shard) => shard.id > after && passes(stream, shard, filter));
    const page = shards.slice(0, limit);
    const token = {
      operation: "ListShards",
      stream: stream.name,
      epochMs: stream.epochMs,
      after: page.at(-1)?.id ?? "",
      filter,
    };
    return {
      Shards: page.map((shard) => shard.describe()),
      ...(shards.length > limit ? { NextToken: pageToken(account, token) } : {}),
    };
  },
};

interface ShardPage {
  readonly stream: Stream;
  readonly after: string;
  readonly filter: FixedFilter;
}

function nextPage(account: Account, input: Fields, token: string): ShardPage {
  for (const other of ["StreamName", "StreamARN", "StreamCreationTimestamp"] as const) {
    if (input[other] !== undefined) {
      throw invalidArgument(`NextToken and ${other} cannot be provided together.`);
    }
  }
  const page = decodePageOf(account, token, "ListShards");
  const stream = account.get(page.stream ?? "");
  if (stream.epochMs !== page.epochMs) throw invalidArgument("Invalid NextToken.");
  return { stream, after: page.after, filter: page.filter as FixedFilter };
}

function firstPage(account: Account, input: Fields): ShardPage {
  if (input.StreamName === undefined && input.StreamARN === undefined) {
    throw invalidArgument("Either NextToken or StreamName should be provided.");
  }
  const stream = streamOf(account, input);
  if (stream.status === "CREATING") throw notActive(account, stream);
  const after = input.ExclusiveStartShardId ?? "";
  return { stream, after, filter: fixFilter(account, stream, input.ShardFilter) };
}

/**
 * @throws InvalidArgumentException if the filter lacks what its type needs, or its time is older than the retention.
 */
function fixFilter(account: Account, stream: Stream, filter: Fields["ShardFilter"]): FixedFilter {
  if (filter === undefined) return { type: "FROM_TRIM_HORIZON", ms: 0 };
  const { Type, ShardId, Timestamp } = filter;
  if (Type === "AFTER_SHARD_ID") {
    if (ShardId === undefined) {
      throw invalidArgument("ShardFilter of type AFTER_SHARD_ID needs a ShardId.");
    }
    return { type: Type, shardId: ShardId, ms: 0 };
  }
  if (!Type.endsWith("_TIMESTAMP")) return { type: Type, ms: 0 };
  if (Timestamp === undefined) throw invalidArgument(`ShardFilter of type ${Type} needs a Timestamp.`);
  const ms = timestampOf(Timestamp);
  if (ms < stream.horizonMs(account.clock.now())) {
    throw invalidArgument(
      `The timestamp ${ms / 1000} of the ShardFilter is older than the retention period of ` +
        `${stream.retentionHours} hours.`,
    );
  }
  return { type: Type, ms };
}

/** @see Kinesis API Reference, ShardFilter. */
function passes(stream: Stream, shard: Shard, filter: FixedFilter): boolean {
  const { createdMs, closedMs, parent } = shard.facts;
  const endsAfter = closedMs === undefined || closedMs >= filter.ms;
  switch (filter.type) {
    case "AFTER_SHARD_ID":
      return shard.id > (filter.shardId ?? "");
    case "AT_LATEST":
      return shard.isOpen;
    case "AT_TIMESTAMP":
      return createdMs <= filter.ms && endsAfter;
    case "FROM_TIMESTAMP":
      return endsAfter;
    case "AT_TRIM_HORIZON":
      // Open at the horizon: those whose parents are gone, or that never had one.
      return (
        parent === undefined ||
        shard.parents.every((id) => stream.shard(shardIndexOf(id) ?? -1) === undefined)
      );
    default:
      return true;
  }
}

/** @throws ResourceNotFoundException, or InvalidArgumentException for a shard that is closed. */
function openShardOf(account: Account, stream: Stream, id: string): Shard {
  const shard = stream.shard(shardIndexOf(id) ?? -1);
  if (shard === undefined) {
    throw notFound(`Could not find shard ${id} in stream ${stream.name} under account ${account.id}.`);
  }
  if (!shard.isOpen) {
    throw invalidArgument(
      `Shard ${shard.id} in stream ${stream.name} under account ${account.id} has already been merged or split, ` +
        "and thus is not eligible for merging or splitting.",
    );
  }
  return shard;
}

/** @throws ValidationException if the service minds the shards itself; ResourceInUseException while they change. */
function requireReshardable(account: Account, input: Fields): Stream {
  const stream = requireActive(account, input);
  if (stream.mode === "ON_DEMAND") {
    throw new ServiceError(
      "ValidationException",
      `Stream ${stream.name} under account ${account.id} is in ON_DEMAND mode: its shards cannot be changed by a call.`,
    );
  }
  return stream;
}

export const splitShard: Operation = {
  shape: structure({
    ...STREAM_FIELDS,
    ShardToSplit: { ...SHAPES.shardId, required: true },
    NewStartingHashKey: { ...SHAPES.hashKey, required: true },
  }),
  run(account, input) {
    const stream = requireReshardable(account, input);
    const shard = openShardOf(account, stream, input.ShardToSplit ?? "");
    const { firstHashKey, lastHashKey } = shard.facts;
    const middle = BigInt(input.NewStartingHashKey ?? 0);
    if (middle <= firstHashKey + 1n || middle >= lastHashKey) {
      throw invalidArgument(
        `NewStartingHashKey ${middle} used in SplitShard() on shard ${shard.id} in stream ${stream.name} under ` +
          `account ${account.id} is not both greater than one plus the shard's StartingHashKey ${firstHashKey} and ` +
          `less than the shard's EndingHashKey ${lastHashKey}.`,
      );
    }
    requireShardQuota(account, 1);
    stream.split(shard, middle, account.clock.now());
    account.resharded(stream);
    return undefined;
  },
};

export const mergeShards: Operation = {
  shape: structure({
    ...STREAM_FIELDS,
    ShardToMerge: { ...SHAPES.shardId, required: true },
    AdjacentShardToMerge: { ...SHAPES.shardId, required: true },
  }),
  run(account, input) {
    const stream = requireReshardable(account, input);
    const shard = openShardOf(account, stream, input.ShardToMerge ?? "");
    const adjacent = openShardOf(account, stream, input.AdjacentShardToMerge ?? "");
    // The lower one comes first.
    if (shard.facts.lastHashKey + 1n !== adjacent.facts.firstHashKey) {
      throw invalidArgument(
        `Shards ${shard.id} and ${adjacent.id} in stream ${stream.name} under account ${account.id} are not an ` +
          "adjacent pair of shards eligible for merging.",
      );
    }
    stream.merge(shard, adjacent, account.clock.now());
    account.resharded(stream);
    return undefined;
  },
};

export const updateShardCount: Operation = {
  shape: structure({
    ...STREAM_FIELDS,
    TargetShardCount: { type: "integer", required: true, min: 1 },
    ScalingType: { type: "text", required: true, values: ["UNIFORM_SCALING"] },
  }),
  run(account, input) {
    const stream = requireReshardable(account, input);
    const target = input.TargetShardCount ?? 1;
    const current = stream.openShards.length;
    if (target > current * 2) {
      throw invalidArgument(
        `UpdateShardCount cannot scale up over double your current open shard count. Current open shard count: ` +
          `${current}. Target shard count: ${target}.`,
      );
    }
    if (target < current / 2) {
      throw invalidArgument(
        `UpdateShardCount cannot scale down below half your current open shard count. Current open shard count: ` +
          `${current}. Target shard count: ${target}.`,
      );
    }
    requireShardQuota(account, target - current);
    if (target !== current) {
      rescale(stream, target, account.clock.now());
      account.resharded(stream);
    }
    return {
      StreamName: stream.name,
      StreamARN: stream.arn,
      CurrentShardCount: current,
      TargetShardCount: target,
    };
  },
};

/**
 * Gives the stream `target` open shards of equal width, by splits and merges as the service does it: first every
 * boundary that is missing is made, then what lies between two wanted boundaries is joined.
 */
function rescale(stream: Stream, target: number, now: number): void {
  const starts = uniformStarts(target);
  for (const start of starts) {
    const shard = stream.openShards.find(
      ({ facts }) => facts.firstHashKey < start && start <= facts.lastHashKey,
    );
    if (shard !== undefined) stream.split(shard, start, now);
  }
  const wanted = new Set(starts);
  for (;;) {
    const at = stream.openShards.findIndex(({ facts }) => !wanted.has(facts.firstHashKey));
    if (at < 0) return;
    stream.merge(stream.openShards[at - 1] as Shard, stream.openShards[at] as Shard, now);
  }
}
