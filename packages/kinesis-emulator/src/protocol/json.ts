/** The JSON protocol (AWS JSON 1.1). */
import { serialization } from "../errors.js";
import type { RecordsAnswer } from "../operations/reading.js";
import type { PutOutcome } from "../operations/writing.js";
import {
  COUNTER_AT,
  COUNTER_DIGITS,
  SEQUENCE_NUMBER_DIGITS,
  SHARD_AT,
  SHARD_DIGITS,
  TIME_AT,
  TIME_DIGITS,
  sequenceNumberPrefix,
  writeDigits,
} from "../store/sequence-number.js";
import { shardId } from "../store/shard.js";
import type { Wire } from "./wire.js";

const OPENING = '{"SequenceNumber":"';
const SHARD_LABEL = '","ShardId":"';
const CLOSING = '"},';

/** One entry of a PutRecords answer, all zeros. */
const ENTRY = Buffer.from(
  OPENING + sequenceNumberPrefix(0).padEnd(SEQUENCE_NUMBER_DIGITS, "0") + SHARD_LABEL + shardId(0) + CLOSING,
);
const ENTRY_SHARD_AT = ENTRY.length - CLOSING.length - SHARD_DIGITS;
const RECORDS_OPENING = Buffer.from('{"Records":[');

export const jsonWire: Wire = {
  contentType: "application/x-amz-json-1.1",
  isJson: true,

  decode(body) {
    if (body.length === 0) return {};
    try {
      return JSON.parse(body.toString("utf8")) as unknown;
    } catch {
      throw serialization("The request's body is not valid JSON.");
    }
  },

  encode(answer) {
    return Buffer.from(JSON.stringify(answer, blobsAsText));
  },

  encodeRecords(answer) {
    return encode(answer, "NextShardIterator", answer.nextIterator);
  },

  encodePut(outcome) {
    const { stream, count, failedCount, timeMs, shards, counters } = outcome;
    if (failedCount > 0) return encodeFailedPut(outcome);
    const opening = Buffer.from('{"FailedRecordCount":0,"Records":[');
    const answer = Buffer.allocUnsafe(opening.length + count * ENTRY.length + 1);
    answer.set(opening, 0);
    const entry = Buffer.from(ENTRY);
    entry.write(stream.prefix, OPENING.length, "latin1");
    writeDigits(entry, OPENING.length + TIME_AT, TIME_DIGITS, Math.max(0, timeMs));
    let lastIndex = -1;
    for (let i = 0, at = opening.length; i < count; i++, at += ENTRY.length) {
      const index = shards[i]?.index ?? 0;
      if (index !== lastIndex) {
        writeDigits(entry, OPENING.length + SHARD_AT, SHARD_DIGITS, index);
        writeDigits(entry, ENTRY_SHARD_AT, SHARD_DIGITS, index);
        lastIndex = index;
      }
      writeDigits(entry, OPENING.length + COUNTER_AT, COUNTER_DIGITS, counters[i] ?? 0);
      answer.set(entry, at);
    }
    // The last comma becomes the end of the list.
    answer.write("]}", answer.length - 2, "latin1");
    return answer;
  },

  encodeEvent(answer, continuation) {
    return encode(answer, "ContinuationSequenceNumber", continuation);
  },
};

/** Records, then where to go on, unless there is nothing more. */
function encode(answer: RecordsAnswer, positionName: string, position: string | undefined): Buffer[] {
  const { millisBehindLatest, childShards } = answer;
  const next = position === undefined ? "" : `,"${positionName}":"${position}"`;
  const children = childShards === undefined ? "" : `,"ChildShards":${JSON.stringify(childShards)}`;
  const closing = Buffer.from(`]${next},"MillisBehindLatest":${millisBehindLatest}${children}}`);
  return [RECORDS_OPENING, ...recordTexts(answer), closing];
}

/** The stored texts, without the comma before the first. */
function recordTexts({ slice }: RecordsAnswer): Buffer[] {
  return slice.parts.map(({ chunk, from, to }, i) => {
    const text = chunk.textOf(from, to);
    return i === 0 ? text.subarray(1) : text;
  });
}

/** The entries of a PutRecords answer as objects, for what is rare or of another format. */
export function putEntries({ shards, counters, failures, timeMs, count }: PutOutcome): object[] {
  return Array.from({ length: count }, (_, i) => {
    const failure = failures[i];
    const shard = shards[i];
    return failure === undefined
      ? { SequenceNumber: shard?.sequenceNumber(counters[i] ?? 0, timeMs), ShardId: shard?.id }
      : { ErrorCode: failure.code, ErrorMessage: failure.message };
  });
}

function encodeFailedPut(outcome: PutOutcome): Buffer {
  return Buffer.from(
    JSON.stringify({ FailedRecordCount: outcome.failedCount, Records: putEntries(outcome) }),
  );
}

function blobsAsText(this: unknown, _key: string, value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString("base64") : value;
}
