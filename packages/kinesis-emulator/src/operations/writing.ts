/** PutRecord and PutRecords. */
import { ServiceError, invalidArgument } from "../errors.js";
import {
  PARTITION_KEY_CHARACTERS_MAX,
  PUT_RECORDS_BYTES_MAX,
  PUT_RECORDS_ENTRIES_MAX,
  RECORD_KIB_MAX,
} from "../limits.js";
import {
  OFFSETS_PER_ENTRY,
  renderPutRecords,
  scanPutRecords,
  type PutBatch,
} from "../protocol/put-scanner.js";
import { decodedBytes } from "../protocol/base64.js";
import { blobOf } from "../protocol/validation.js";
import type { Account } from "../store/account.js";
import { HASH_KEY_MAX, hashPartitionKey, setHashKey } from "../store/hash-key.js";
import { readSequenceNumber } from "../store/sequence-number.js";
import type { Shard } from "../store/shard.js";
import type { Stream } from "../store/stream.js";
import { SHAPES, STREAM_FIELDS, requireThere, streamOf, structure, type Fields } from "./operation.js";

const ENTRY_FIELDS = {
  Data: { type: "blob", required: true, max: RECORD_KIB_MAX * 1024 },
  PartitionKey: { type: "text", required: true, min: 1, max: PARTITION_KEY_CHARACTERS_MAX },
  ExplicitHashKey: SHAPES.hashKey,
} as const;

export const PUT_RECORD_SHAPE = structure({
  ...STREAM_FIELDS,
  ...ENTRY_FIELDS,
  SequenceNumberForOrdering: SHAPES.sequenceNumber,
});

export const PUT_RECORDS_SHAPE = structure({
  ...STREAM_FIELDS,
  Records: {
    type: "list",
    required: true,
    min: 1,
    max: PUT_RECORDS_ENTRIES_MAX,
    of: structure(ENTRY_FIELDS),
  },
});

/** Why one entry was not taken. */
export interface EntryFailure {
  readonly code: string;
  readonly message: string;
}

/** Decides about an entry before it is taken. */
export type EntryGate = (shard: Shard, bytes: number) => EntryFailure | undefined;

/** What became of the entries of a call; valid until the next call. */
export interface PutOutcome {
  readonly stream: Stream;
  readonly count: number;
  readonly failedCount: number;
  readonly timeMs: number;
  /** The shard of each entry. */
  readonly shards: readonly Shard[];
  /** The counter of each entry. */
  readonly counters: Float64Array;
  readonly failures: readonly (EntryFailure | undefined)[];
}

const PLAIN_NAME = /^[a-zA-Z0-9_.-]{1,128}$/;
const PLAIN_ARN = /^arn:aws:kinesis:[a-z0-9-]+:\d{12}:stream\/[a-zA-Z0-9_.-]{1,128}$/;

const counters = new Float64Array(PUT_RECORDS_ENTRIES_MAX);

/** A scanned call that needs no further checks but those of the stream; undefined if the general reader must decide. */
export function fastBatch(body: Buffer): PutBatch | undefined {
  const batch = scanPutRecords(body);
  if (batch === undefined) return undefined;
  const { streamName, streamArn } = batch;
  const isNamedOnce =
    streamArn === undefined
      ? streamName !== undefined && PLAIN_NAME.test(streamName)
      : streamName === undefined && PLAIN_ARN.test(streamArn);
  return isNamedOnce ? batch : undefined;
}

/** The entries of a validated PutRecord or PutRecords call. */
export function batchOf(input: Fields): PutBatch {
  const entries = input.Records ?? [
    {
      Data: input.Data ?? "",
      PartitionKey: input.PartitionKey ?? "",
      ...(input.ExplicitHashKey === undefined ? {} : { ExplicitHashKey: input.ExplicitHashKey }),
    },
  ];
  for (const { ExplicitHashKey } of entries) {
    if (ExplicitHashKey !== undefined && BigInt(ExplicitHashKey) > HASH_KEY_MAX) {
      throw invalidArgument(
        `Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was ` +
          ExplicitHashKey,
      );
    }
  }
  const body = renderPutRecords(
    entries.map(({ Data, PartitionKey, ExplicitHashKey }) => ({
      data: blobOf(Data),
      partitionKey: PartitionKey,
      explicitHashKey: ExplicitHashKey,
    })),
  );
  const batch = scanPutRecords(body);
  if (batch === undefined)
    throw new ServiceError("InternalFailure", "A valid request could not be read.", 500);
  return batch;
}

/** @throws ResourceNotFoundException if there is no such stream, or not yet, or not for long. */
export function writableStream(account: Account, input: Fields): Stream {
  const stream = streamOf(account, input);
  requireThere(account, stream);
  return stream;
}

/** @throws ValidationException or InvalidArgumentException if the call is larger than the stream allows. */
export function checkSizes(stream: Stream, batch: PutBatch): void {
  const largest = stream.recordKib * 1024;
  if (batch.largestPayloadBytes > largest) {
    const shown = `java.nio.HeapByteBuffer[pos=0 lim=${batch.largestPayloadBytes} cap=${batch.largestPayloadBytes}]`;
    throw new ServiceError(
      "ValidationException",
      `1 validation error detected: Value '${shown}' at 'data' failed to satisfy constraint: Member must have length ` +
        `less than or equal to ${largest}`,
    );
  }
  if (batch.totalBytes > PUT_RECORDS_BYTES_MAX) {
    throw invalidArgument(
      `Records size ${batch.totalBytes} exceeds ${PUT_RECORDS_BYTES_MAX} bytes, payloads and partition keys together.`,
    );
  }
}

/** @throws InvalidArgumentException for a number that this stream never gave out. */
export function checkOrdering(stream: Stream, number: string | undefined): void {
  if (number === undefined) return;
  const position = readSequenceNumber(number, stream.prefix);
  if (position.kind === "after" || (position.kind === "known" && position.counter > stream.counter)) {
    throw invalidArgument(
      `ExclusiveMinimumSequenceNumber ${number} used in PutRecord on stream ${stream.name} is invalid because it ` +
        "did not come from this stream.",
    );
  }
}

/** Adds the entries, each to the shard of its hash key, in their order. */
export function putBatch(
  account: Account,
  stream: Stream,
  batch: PutBatch,
  gate: EntryGate | undefined,
): PutOutcome {
  const { body, count, offsets } = batch;
  const timeMs = stream.arrivalTime(account.clock.now());
  stream.trimNowAndThen(timeMs);
  const firstCounter = stream.counter + 1;
  const only = stream.openShards.length === 1 ? stream.openShards[0] : undefined;
  const shards: Shard[] = [];
  const failures: (EntryFailure | undefined)[] = [];
  let failedCount = 0;
  for (let i = 0, at = 0; i < count; i++, at += OFFSETS_PER_ENTRY) {
    const dataStart = offsets[at] ?? 0;
    const dataEnd = offsets[at + 1] ?? 0;
    const keyStart = offsets[at + 2] ?? 0;
    const keyEnd = offsets[at + 3] ?? 0;
    const shard =
      only ?? routeEntry(stream, body, keyStart, keyEnd, offsets[at + 4] ?? 0, offsets[at + 5] ?? 0);
    const bytes = decodedBytes(body, dataStart, dataEnd) + keyEnd - keyStart;
    const failure = gate?.(shard, bytes);
    shards.push(shard);
    if (gate !== undefined) failures.push(failure);
    if (failure !== undefined) {
      failedCount++;
      continue;
    }
    const counter = stream.nextCounter();
    counters[i] = counter;
    shard.log.append(body, dataStart, dataEnd, keyStart, keyEnd, counter, timeMs, bytes);
  }
  if (account.journal !== undefined) journalFrom(account, stream, new Set(shards), firstCounter);
  account.onChange(stream);
  return { stream, count, failedCount, timeMs, shards, counters, failures };
}

function routeEntry(
  stream: Stream,
  body: Buffer,
  keyStart: number,
  keyEnd: number,
  hashStart: number,
  hashEnd: number,
): Shard {
  if (hashEnd > 0) {
    setHashKey(BigInt(body.toString("latin1", hashStart, hashEnd)));
  } else if (body.subarray(keyStart, keyEnd).includes(0x5c)) {
    const key = Buffer.from(JSON.parse(body.toString("utf8", keyStart - 1, keyEnd + 1)) as string);
    hashPartitionKey(key, 0, key.length);
  } else {
    hashPartitionKey(body, keyStart, keyEnd);
  }
  return stream.route();
}

function journalFrom(account: Account, stream: Stream, shards: ReadonlySet<Shard>, counter: number): void {
  for (const shard of shards) {
    const records = shard.log.slice(counter, Infinity, Infinity);
    if (records.count > 0) account.journal?.writeRecords(stream, shard, records);
  }
}
