/** Operations on whole streams. */
import { inUse, invalidArgument, limitExceeded, type ServiceError } from "../errors.js";
import {
  ON_DEMAND_SHARDS,
  RECORD_KIB_DEFAULT,
  RECORD_KIB_MAX,
  RETENTION_HOURS_DEFAULT,
  RETENTION_HOURS_MAX,
} from "../limits.js";
import { Instant } from "../protocol/instant.js";
import type { Account } from "../store/account.js";
import type { Stream } from "../store/stream.js";
import { SHAPES, STREAM_FIELDS, streamOf, structure, type Fields, type Operation } from "./operation.js";
import { decodePageOf, pageToken } from "./paging.js";

const STREAM_MODES = ["PROVISIONED", "ON_DEMAND"];
const METRICS = [
  "IncomingBytes",
  "IncomingRecords",
  "OutgoingBytes",
  "OutgoingRecords",
  "WriteProvisionedThroughputExceeded",
  "ReadProvisionedThroughputExceeded",
  "IteratorAgeMilliseconds",
];
const MODE_DETAILS = structure({ StreamMode: { type: "text", required: true, values: STREAM_MODES } });
/** Most shards an account in a small region may have; DescribeLimits gives it. */
const SHARD_LIMIT = 10_000;
const ON_DEMAND_STREAMS_LIMIT = 50;

export const createStream: Operation = {
  shape: structure({
    StreamName: { ...SHAPES.streamName, required: true },
    ShardCount: { type: "integer", min: 1, max: 100_000 },
    StreamModeDetails: MODE_DETAILS,
    Tags: SHAPES.tags,
    MaxRecordSizeInKiB: { type: "integer", min: RECORD_KIB_DEFAULT, max: RECORD_KIB_MAX },
  }),
  run(account, { StreamName = "", ShardCount, StreamModeDetails, Tags, MaxRecordSizeInKiB }) {
    const mode = StreamModeDetails?.StreamMode ?? "PROVISIONED";
    if (account.find(StreamName) !== undefined) {
      throw inUse(`Stream ${StreamName} under account ${account.id} already exists.`);
    }
    if (mode === "ON_DEMAND" && ShardCount !== undefined) {
      throw invalidArgument("ShardCount must not be given for a stream in ON_DEMAND mode.");
    }
    if (mode === "PROVISIONED" && ShardCount === undefined) {
      throw invalidArgument("ShardCount must be given for a stream in PROVISIONED mode.");
    }
    requireShardQuota(account, ShardCount ?? ON_DEMAND_SHARDS);
    account.create(StreamName, ShardCount ?? ON_DEMAND_SHARDS, mode, (stream) => {
      for (const [key, value] of Object.entries(Tags ?? {})) stream.tags.set(key, value);
      stream.recordKib = MaxRecordSizeInKiB ?? RECORD_KIB_DEFAULT;
    });
    return undefined;
  },
};

/** @throws LimitExceededException if that many more shards would be too many for the account. */
export function requireShardQuota(account: Account, more: number): void {
  if (openShardCount(account) + more > SHARD_LIMIT) {
    throw limitExceeded(
      `This request would exceed the shard limit for the account ${account.id} in ${account.settings.region}. ` +
        `Current shard count for the account: ${openShardCount(account)}. Limit: ${SHARD_LIMIT}. ` +
        `Number of additional shards that would have resulted from this request: ${more}.`,
    );
  }
}

function openShardCount(account: Account): number {
  return account.streams.reduce((sum, stream) => sum + stream.openShards.length, 0);
}

export const deleteStream: Operation = {
  shape: structure({ ...STREAM_FIELDS, EnforceConsumerDeletion: { type: "boolean" } }),
  run(account, input) {
    const stream = streamOf(account, input);
    if (stream.status === "CREATING") throw notActive(account, stream);
    if (stream.consumers.size > 0 && input.EnforceConsumerDeletion !== true) {
      throw inUse(
        `Stream ${stream.name} under account ${account.id} has registered consumers: ` +
          `${[...stream.consumers.keys()].join(", ")}.`,
      );
    }
    account.delete(stream);
    return undefined;
  },
};

export const describeStream: Operation = {
  shape: structure({
    ...STREAM_FIELDS,
    Limit: { type: "integer", min: 1, max: 10_000 },
    ExclusiveStartShardId: SHAPES.shardId,
  }),
  run(account, input) {
    const stream = streamOf(account, input);
    stream.trim(account.clock.now());
    const limit = input.Limit ?? 100;
    const shards = stream.shards.filter(({ id }) => id > (input.ExclusiveStartShardId ?? ""));
    return {
      StreamDescription: {
        ...describe(stream),
        Shards: stream.status === "CREATING" ? [] : shards.slice(0, limit).map((shard) => shard.describe()),
        HasMoreShards: shards.length > limit,
      },
    };
  },
};

function describe(stream: Stream): object {
  return {
    StreamName: stream.name,
    StreamARN: stream.arn,
    StreamStatus: stream.status,
    StreamModeDetails: { StreamMode: stream.mode },
    RetentionPeriodHours: stream.retentionHours,
    StreamCreationTimestamp: new Instant(stream.createdMs),
    EnhancedMonitoring: [{ ShardLevelMetrics: [...stream.metrics] }],
    EncryptionType: stream.keyId === undefined ? "NONE" : "KMS",
    ...(stream.keyId === undefined ? {} : { KeyId: stream.keyId }),
  };
}

export const describeStreamSummary: Operation = {
  shape: structure(STREAM_FIELDS),
  run(account, input) {
    const stream = streamOf(account, input);
    return {
      StreamDescriptionSummary: {
        ...describe(stream),
        OpenShardCount: stream.openShards.length,
        ConsumerCount: stream.consumers.size,
        MaxRecordSizeInKiB: stream.recordKib,
      },
    };
  },
};

export const listStreams: Operation = {
  shape: structure({
    Limit: { type: "integer", min: 1, max: 10_000 },
    ExclusiveStartStreamName: SHAPES.streamName,
    NextToken: SHAPES.nextToken,
  }),
  run(account, { Limit = 100, ExclusiveStartStreamName, NextToken }) {
    const after =
      NextToken === undefined
        ? (ExclusiveStartStreamName ?? "")
        : decodePageOf(account, NextToken, "ListStreams").after;
    const streams = account.streams.filter(({ name }) => name > after);
    const page = streams.slice(0, Limit);
    const hasMore = streams.length > Limit;
    return {
      StreamNames: page.map(({ name }) => name),
      StreamSummaries: page.map((stream) => ({
        StreamName: stream.name,
        StreamARN: stream.arn,
        StreamStatus: stream.status,
        StreamModeDetails: { StreamMode: stream.mode },
        StreamCreationTimestamp: new Instant(stream.createdMs),
      })),
      HasMoreStreams: hasMore,
      ...(hasMore
        ? { NextToken: pageToken(account, { operation: "ListStreams", after: page.at(-1)?.name ?? "" }) }
        : {}),
    };
  },
};

export const describeLimits: Operation = {
  shape: structure({}),
  run(account) {
    return {
      ShardLimit: SHARD_LIMIT,
      OpenShardCount: openShardCount(account),
      OnDemandStreamCount: account.streams.filter(({ mode }) => mode === "ON_DEMAND").length,
      OnDemandStreamCountLimit: ON_DEMAND_STREAMS_LIMIT,
    };
  },
};

const RETENTION: Operation["shape"] = structure({
  ...STREAM_FIELDS,
  RetentionPeriodHours: { type: "integer", required: true },
});

export const increaseRetention: Operation = {
  shape: RETENTION,
  run(account, input) {
    const stream = requireActive(account, input);
    const hours = input.RetentionPeriodHours ?? 0;
    requireRetentionRange(hours);
    if (hours < stream.retentionHours) {
      throw invalidArgument(
        `Requested retention period (${hours} hours) for stream ${stream.name} can not be shorter than existing ` +
          `retention period (${stream.retentionHours} hours). Use DecreaseStreamRetentionPeriod API.`,
      );
    }
    return setRetention(account, stream, hours);
  },
};

export const decreaseRetention: Operation = {
  shape: RETENTION,
  run(account, input) {
    const stream = requireActive(account, input);
    const hours = input.RetentionPeriodHours ?? 0;
    requireRetentionRange(hours);
    if (hours > stream.retentionHours) {
      throw invalidArgument(
        `Requested retention period (${hours} hours) for stream ${stream.name} can not be longer than existing ` +
          `retention period (${stream.retentionHours} hours). Use IncreaseStreamRetentionPeriod API.`,
      );
    }
    return setRetention(account, stream, hours);
  },
};

function requireRetentionRange(hours: number): void {
  if (hours < RETENTION_HOURS_DEFAULT) {
    throw invalidArgument(`Minimum allowed retention period is ${RETENTION_HOURS_DEFAULT} hours.`);
  }
  if (hours > RETENTION_HOURS_MAX) {
    throw invalidArgument(`Maximum allowed retention period is ${RETENTION_HOURS_MAX} hours.`);
  }
}

function setRetention(account: Account, stream: Stream, hours: number): undefined {
  // What had expired under the old period stays gone under a longer one.
  stream.trim(account.clock.now());
  stream.retentionHours = hours;
  account.changed(stream);
}

export const updateStreamMode: Operation = {
  shape: structure({
    StreamARN: { ...SHAPES.streamArn, required: true },
    StreamModeDetails: { ...MODE_DETAILS, required: true },
    WarmThroughputMiBps: { type: "integer", min: 0 },
  }),
  run(account, input) {
    const stream = requireActive(account, input);
    stream.mode = input.StreamModeDetails?.StreamMode ?? stream.mode;
    account.changed(stream);
    return undefined;
  },
};

export const updateMaxRecordSize: Operation = {
  shape: structure({
    StreamARN: SHAPES.streamArn,
    MaxRecordSizeInKiB: {
      type: "integer",
      required: true,
      min: RECORD_KIB_DEFAULT,
      max: RECORD_KIB_MAX,
    },
  }),
  run(account, input) {
    const stream = requireActive(account, input);
    stream.recordKib = input.MaxRecordSizeInKiB ?? stream.recordKib;
    account.changed(stream);
    return undefined;
  },
};

const METRICS_SHAPE: Operation["shape"] = structure({
  ...STREAM_FIELDS,
  ShardLevelMetrics: {
    type: "list",
    required: true,
    min: 1,
    max: 7,
    of: { type: "text", values: [...METRICS, "ALL"] },
  },
});

function changeMetrics(change: "add" | "delete"): Operation {
  return {
    shape: METRICS_SHAPE,
    run(account, input) {
      const stream = streamOf(account, input);
      const before = [...stream.metrics];
      const named = input.ShardLevelMetrics ?? [];
      for (const metric of named.includes("ALL") ? METRICS : named) stream.metrics[change](metric);
      account.changed(stream);
      return {
        StreamName: stream.name,
        StreamARN: stream.arn,
        CurrentShardLevelMetrics: before,
        DesiredShardLevelMetrics: [...stream.metrics],
      };
    },
  };
}

export const enableMonitoring = changeMetrics("add");
export const disableMonitoring = changeMetrics("delete");

function changeEncryption(isOn: boolean): Operation {
  return {
    shape: structure({
      ...STREAM_FIELDS,
      EncryptionType: { type: "text", required: true, values: ["NONE", "KMS"] },
      KeyId: { type: "text", required: true, min: 1, max: 2048 },
    }),
    run(account, input) {
      const stream = requireActive(account, input);
      stream.keyId = isOn && input.EncryptionType === "KMS" ? input.KeyId : undefined;
      account.changed(stream);
      return undefined;
    },
  };
}

/** Only the setting is kept: the emulator encrypts nothing. */
export const startEncryption = changeEncryption(true);
export const stopEncryption = changeEncryption(false);

/** @throws ResourceInUseException while the stream changes. */
export function requireActive(account: Account, input: Fields): Stream {
  const stream = streamOf(account, input);
  if (stream.status !== "ACTIVE") throw notActive(account, stream);
  return stream;
}

export function notActive(account: Account, stream: Stream): ServiceError {
  return inUse(
    `Stream ${stream.name} under account ${account.id} not ACTIVE, instead in state ${stream.status}`,
  );
}
