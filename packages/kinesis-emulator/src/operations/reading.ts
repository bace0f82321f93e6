/** Shard iterators and reading by polling. */
import { ServiceError, invalidArgument, notFound } from "../errors.js";
import { GET_RECORDS_BYTES_MAX, GET_RECORDS_RECORDS_MAX, TOKEN_LIFETIME_MS } from "../limits.js";
import type { Instant } from "../protocol/instant.js";
import { timestampOf } from "../protocol/validation.js";
import type { Account } from "../store/account.js";
import type { RecordSlice } from "../store/record-log.js";
import { readSequenceNumber } from "../store/sequence-number.js";
import { shardId, shardIndexOf, type Shard } from "../store/shard.js";
import type { Stream } from "../store/stream.js";
import { decodeIterator, encodeIterator } from "../store/token.js";
import { SHAPES, STREAM_FIELDS, requireThere, streamOf, structure, type Operation } from "./operation.js";

export const POSITION_TYPES = [
  "AT_SEQUENCE_NUMBER",
  "AFTER_SEQUENCE_NUMBER",
  "TRIM_HORIZON",
  "LATEST",
  "AT_TIMESTAMP",
];

/** Where to begin reading, as iterators and subscriptions say it. */
export interface StartingPosition {
  readonly type: string;
  readonly sequenceNumber: string | undefined;
  readonly timestamp: number | Instant | undefined;
}

export const getShardIterator: Operation = {
  shape: structure({
    ...STREAM_FIELDS,
    ShardId: { ...SHAPES.shardId, required: true },
    ShardIteratorType: { type: "text", required: true, values: POSITION_TYPES },
    StartingSequenceNumber: SHAPES.sequenceNumber,
    Timestamp: { type: "timestamp" },
  }),
  run(account, input) {
    const stream = streamOf(account, input);
    const shard = shardOf(account, stream, input.ShardId ?? "");
    const counter = counterOf(account, stream, shard, {
      type: input.ShardIteratorType ?? "",
      sequenceNumber: input.StartingSequenceNumber,
      timestamp: input.Timestamp,
    });
    return { ShardIterator: issueIterator(account, stream, shard, counter) };
  },
};

/** @throws ResourceNotFoundException. */
export function shardOf(account: Account, stream: Stream, id: string): Shard {
  requireThere(account, stream);
  stream.trim(account.clock.now());
  const shard = stream.shard(shardIndexOf(id) ?? -1);
  if (shard === undefined) {
    throw notFound(`Shard ${id} in stream ${stream.name} under account ${account.id} does not exist`);
  }
  return shard;
}

/**
 * The least counter that reading begins at.
 *
 * @throws InvalidArgumentException for a position without what its type needs, a number of another shard, one that
 *   was not given out yet, or a time to come.
 */
export function counterOf(
  account: Account,
  stream: Stream,
  shard: Shard,
  position: StartingPosition,
): number {
  switch (position.type) {
    case "TRIM_HORIZON":
      return 0;
    case "LATEST":
      return stream.counter + 1;
    case "AT_TIMESTAMP":
      return counterAtTime(account, stream, shard, position.timestamp);
    default:
      return counterAtNumber(account, stream, shard, position);
  }
}

function counterAtTime(
  account: Account,
  stream: Stream,
  shard: Shard,
  timestamp: number | Instant | undefined,
): number {
  if (timestamp === undefined) {
    throw invalidArgument("Must specify timestampInMillis parameter for iterator of type AT_TIMESTAMP.");
  }
  const ms = timestampOf(timestamp);
  if (ms > account.clock.now()) {
    throw invalidArgument(
      `The timestampInMillis parameter cannot be greater than the currentTimestampInMillis. timestampInMillis: ` +
        `${ms}, currentTimestampInMillis: ${account.clock.now()}`,
    );
  }
  return shard.log.counterAt(ms) ?? stream.counter + 1;
}

function counterAtNumber(
  account: Account,
  stream: Stream,
  shard: Shard,
  { type, sequenceNumber }: StartingPosition,
): number {
  const where = `shard ${shard.id} in stream ${stream.name} under account ${account.id}`;
  if (sequenceNumber === undefined) {
    throw invalidArgument(
      `Must either specify (1) AT_SEQUENCE_NUMBER or AFTER_SEQUENCE_NUMBER and StartingSequenceNumber or (2) ` +
        `TRIM_HORIZON or LATEST and no StartingSequenceNumber. Request specified ${type} and no StartingSequenceNumber.`,
    );
  }
  const position = readSequenceNumber(sequenceNumber, stream.prefix);
  if (position.kind === "before") return 0;
  if (position.kind === "after" || position.counter > stream.counter) {
    throw invalidArgument(
      `StartingSequenceNumber ${sequenceNumber} used in GetShardIterator on ${where} is invalid because it did not ` +
        "come from this stream.",
    );
  }
  if (position.shardIndex !== shard.index) {
    throw invalidArgument(
      `Invalid StartingSequenceNumber. It encodes ${shardId(position.shardIndex)}, while it was used in a call to a ` +
        `shard with ${shard.id}`,
    );
  }
  return type === "AT_SEQUENCE_NUMBER" ? position.counter : position.counter + 1;
}

function issueIterator(account: Account, stream: Stream, shard: Shard, counter: number): string {
  return encodeIterator({
    stream: stream.name,
    epochMs: stream.epochMs,
    shard: shard.index,
    counter,
    issuedMs: account.clock.now(),
  });
}

export const GET_RECORDS_SHAPE = structure({
  ShardIterator: { type: "text", required: true, min: 1, max: 512 },
  Limit: { type: "integer", min: 1, max: GET_RECORDS_RECORDS_MAX },
  StreamARN: SHAPES.streamArn,
});

/** What GetRecords answers, before it is written in either format. */
export interface RecordsAnswer {
  readonly slice: RecordSlice;
  /** Undefined if the shard is closed and this answer is its last. */
  readonly nextIterator: string | undefined;
  readonly millisBehindLatest: number;
  readonly childShards: readonly ChildShard[] | undefined;
}

/** `ChildShard` of the Kinesis API Reference. */
export interface ChildShard {
  readonly ShardId: string;
  readonly ParentShards: readonly string[];
  readonly HashKeyRange: { readonly StartingHashKey: string; readonly EndingHashKey: string };
}

/** @throws InvalidArgumentException, ExpiredIteratorException or ResourceNotFoundException. */
export function readIterator(
  account: Account,
  text: string,
): { readonly stream: Stream; readonly shard: Shard; readonly counter: number } {
  const iterator = decodeIterator(text);
  if (iterator === undefined) throw invalidArgument("Invalid ShardIterator.");
  const now = account.clock.now();
  const stream = account.get(iterator.stream);
  if (stream.epochMs !== iterator.epochMs) throw invalidArgument("Invalid ShardIterator.");
  if (now - iterator.issuedMs > TOKEN_LIFETIME_MS) {
    throw new ServiceError(
      "ExpiredIteratorException",
      `Iterator expired. The iterator was created at time ${new Date(iterator.issuedMs).toUTCString()} while right ` +
        `now it is ${new Date(now).toUTCString()} which is further in the future than the tolerated delay of ` +
        `${TOKEN_LIFETIME_MS} milliseconds.`,
    );
  }
  stream.shard(iterator.shard)?.log.trim(stream.horizonMs(now));
  const shard = stream.shard(iterator.shard);
  if (shard === undefined) {
    throw notFound(
      `Shard ${shardId(iterator.shard)} in stream ${stream.name} under account ${account.id} does not exist`,
    );
  }
  return { stream, shard, counter: iterator.counter };
}

/** Reads from a shard; the position has been checked. */
export function readRecords(
  account: Account,
  stream: Stream,
  shard: Shard,
  counter: number,
  limit = GET_RECORDS_RECORDS_MAX,
): RecordsAnswer {
  const slice = shard.log.slice(counter, limit, GET_RECORDS_BYTES_MAX);
  const next = slice.count === 0 ? counter : slice.lastCounter + 1;
  const isAtEnd = shard.log.lastCounter < next;
  const hasEnded = isAtEnd && !shard.isOpen;
  const now = account.clock.now();
  return {
    slice,
    nextIterator: hasEnded ? undefined : issueIterator(account, stream, shard, next),
    millisBehindLatest: isAtEnd ? 0 : Math.max(0, now - slice.lastTime),
    childShards: hasEnded ? childShardsOf(stream, shard) : undefined,
  };
}

export function childShardsOf(stream: Stream, shard: Shard): ChildShard[] {
  return stream.childrenOf(shard).map((child) => ({
    ShardId: child.id,
    ParentShards: child.parents,
    HashKeyRange: child.hashKeyRange,
  }));
}
