import { invalidArgument, notFound } from "../errors.js";
import type { Instant } from "../protocol/instant.js";
import type { StructureShape } from "../protocol/validation.js";
import type { Account } from "../store/account.js";
import type { Stream } from "../store/stream.js";

/** Every field of every request, after it was validated against the operation's shape. */
export interface Fields {
  readonly ConsumerARN?: string;
  readonly ConsumerName?: string;
  readonly AdjacentShardToMerge?: string;
  readonly Data?: string | Uint8Array;
  readonly EncryptionType?: string;
  readonly EnforceConsumerDeletion?: boolean;
  readonly ExclusiveStartShardId?: string;
  readonly ExclusiveStartStreamName?: string;
  readonly ExclusiveStartTagKey?: string;
  readonly ExplicitHashKey?: string;
  readonly KeyId?: string;
  readonly Limit?: number;
  readonly MaxRecordSizeInKiB?: number;
  readonly MaxResults?: number;
  readonly NewStartingHashKey?: string;
  readonly NextToken?: string;
  readonly PartitionKey?: string;
  readonly Records?: readonly {
    readonly Data: string | Uint8Array;
    readonly PartitionKey: string;
    readonly ExplicitHashKey?: string;
  }[];
  readonly ResourceARN?: string;
  readonly RetentionPeriodHours?: number;
  readonly SequenceNumberForOrdering?: string;
  readonly ShardCount?: number;
  readonly ShardFilter?: {
    readonly Type: string;
    readonly ShardId?: string;
    readonly Timestamp?: number | Instant;
  };
  readonly ShardId?: string;
  readonly ShardIterator?: string;
  readonly ShardIteratorType?: string;
  readonly ShardLevelMetrics?: readonly string[];
  readonly ShardToMerge?: string;
  readonly ShardToSplit?: string;
  readonly StartingPosition?: {
    readonly Type: string;
    readonly SequenceNumber?: string;
    readonly Timestamp?: number | Instant;
  };
  readonly StartingSequenceNumber?: string;
  readonly StreamARN?: string;
  readonly StreamCreationTimestamp?: number | Instant;
  readonly StreamModeDetails?: { readonly StreamMode: "PROVISIONED" | "ON_DEMAND" };
  readonly StreamName?: string;
  readonly TagKeys?: readonly string[];
  readonly Tags?: Readonly<Record<string, string>>;
  readonly TargetShardCount?: number;
  readonly Timestamp?: number | Instant;
}

/** One operation of the service. */
export interface Operation {
  readonly shape: StructureShape;
  /** Answers a validated request; undefined is an empty answer. Changes are complete when it returns. */
  readonly run: (account: Account, input: Fields) => object | undefined;
}

/** Shapes that many operations share. */
export const SHAPES = {
  streamName: { type: "text", min: 1, max: 128, pattern: "[a-zA-Z0-9_.-]+" },
  streamArn: { type: "text", min: 1, max: 2048, pattern: "arn:aws.*:kinesis:.*:\\d{12}:stream/\\S+" },
  shardId: { type: "text", min: 1, max: 128, pattern: "[a-zA-Z0-9_.-]+" },
  hashKey: { type: "text", pattern: "0|([1-9]\\d{0,38})" },
  sequenceNumber: { type: "text", pattern: "0|([1-9]\\d{0,128})" },
  consumerName: { type: "text", min: 1, max: 128, pattern: "[a-zA-Z0-9_.-]+" },
  consumerArn: {
    type: "text",
    min: 1,
    max: 2048,
    pattern: "(arn):aws.*:kinesis:.*:\\d{12}:.*stream\\/[a-zA-Z0-9_.-]+\\/consumer\\/[a-zA-Z0-9_.-]+:[0-9]+",
  },
  nextToken: { type: "text", min: 1, max: 1_048_576 },
  tagKey: { type: "text", min: 1, max: 128 },
  tags: { type: "map", keys: { type: "text", min: 1, max: 128 }, of: { type: "text", max: 256 }, max: 200 },
} as const;

/** The fields that name a stream. */
export const STREAM_FIELDS = { StreamName: SHAPES.streamName, StreamARN: SHAPES.streamArn } as const;

/** A structure of these fields. */
export function structure(fields: StructureShape["fields"]): StructureShape {
  return { type: "structure", fields };
}

/** The stream's name in an ARN of the stream or of one of its consumers; the rest of the ARN is not compared. */
export function streamNameOf(arn: string): string {
  return /:stream\/([^/]+)/.exec(arn)?.[1] ?? "";
}

/** The name of the stream that a request is about, if it says so. */
export function streamNameIn(input: Fields): string | undefined {
  const { StreamName, StreamARN, ResourceARN, ConsumerARN } = input;
  const arn = StreamARN ?? ResourceARN ?? ConsumerARN;
  return StreamName ?? (arn === undefined ? undefined : streamNameOf(arn));
}

/**
 * To records, a stream is not there while it is made or deleted.
 *
 * @throws ResourceNotFoundException.
 */
export function requireThere(account: Account, stream: Stream): void {
  if (stream.status === "CREATING" || stream.status === "DELETING") {
    throw notFound(`Stream ${stream.name} under account ${account.id} not found.`);
  }
}

/**
 * The stream that a request is about.
 *
 * @throws InvalidArgumentException if it names none or two; ResourceNotFoundException.
 */
export function streamOf(account: Account, input: Fields): Stream {
  const { StreamName, StreamARN } = input;
  if (StreamName === undefined && StreamARN === undefined) {
    throw invalidArgument("Either StreamName or StreamARN must be provided.");
  }
  if (StreamName !== undefined && StreamARN !== undefined && streamNameOf(StreamARN) !== StreamName) {
    throw invalidArgument(`StreamName ${StreamName} and StreamARN ${StreamARN} are not of the same stream.`);
  }
  return account.get(StreamName ?? streamNameOf(StreamARN ?? ""));
}
