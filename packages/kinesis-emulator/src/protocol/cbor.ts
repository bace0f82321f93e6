/** The CBOR protocol (AWS CBOR 1.1). */
import type { RecordsAnswer } from "../operations/reading.js";
import type { ChunkPart } from "../store/record-log.js";
import { SEQUENCE_NUMBER_DIGITS } from "../store/sequence-number.js";
import { CborWriter, decodeCbor } from "./cbor-codec.js";
import { putEntries } from "./json.js";
import type { Wire } from "./wire.js";

const NAMES = ["SequenceNumber", "ApproximateArrivalTimestamp", "Data", "PartitionKey"] as const;
const [NUMBER, TIME, DATA, KEY] = NAMES.map((name) => {
  const writer = new CborWriter();
  writer.text(name);
  return Buffer.from(writer.finish());
}) as [Buffer, Buffer, Buffer, Buffer];
/** Bytes of an answer beside its records: tokens, children. */
const ANSWER_BYTES = 4_096;
const BACKSLASH = 0x5c;

export const cborWire: Wire = {
  contentType: "application/x-amz-cbor-1.1",
  isJson: false,

  decode(body) {
    return body.length === 0 ? {} : decodeCbor(body);
  },

  encode(answer) {
    const writer = new CborWriter();
    writer.value(answer);
    return writer.finish();
  },

  encodeRecords(answer) {
    return [encode(answer, { NextShardIterator: answer.nextIterator })];
  },

  encodePut(outcome) {
    return cborWire.encode({ FailedRecordCount: outcome.failedCount, Records: putEntries(outcome) });
  },

  encodeEvent(answer, continuation) {
    return [encode(answer, { ContinuationSequenceNumber: continuation })];
  },
};

function encode(answer: RecordsAnswer, position: Readonly<Record<string, string | undefined>>): Buffer {
  const { slice, millisBehindLatest, childShards } = answer;
  // A record is shorter in CBOR than as the text it is kept as.
  const textBytes = slice.parts.reduce(
    (sum, { chunk, from, to }) => sum + chunk.startOf(to) - chunk.startOf(from),
    0,
  );
  const writer = new CborWriter(textBytes + ANSWER_BYTES);
  const rest = Object.entries({
    ...position,
    MillisBehindLatest: millisBehindLatest,
    ChildShards: childShards,
  }).filter(([, value]) => value !== undefined);
  writer.map(1 + rest.length);
  writer.text("Records");
  writer.list(slice.count);
  for (const part of slice.parts) writeRecords(writer, part);
  for (const [name, value] of rest) {
    writer.text(name);
    writer.value(value);
  }
  return writer.finish();
}

function writeRecords(writer: CborWriter, { chunk, from, to }: ChunkPart): void {
  const { text } = chunk;
  for (let record = from; record < to; record++) {
    const keyStart = chunk.keyStartOf(record);
    const keyEnd = chunk.keyEnds[record] ?? 0;
    writer.map(4);
    writer.raw(NUMBER);
    const numberStart = chunk.numberStartOf(record);
    writer.textBytes(text, numberStart, numberStart + SEQUENCE_NUMBER_DIGITS);
    writer.raw(TIME);
    writer.instant(chunk.times[record] ?? 0);
    writer.raw(DATA);
    writer.base64(text, chunk.dataStartOf(record), chunk.dataEnds[record] ?? 0, chunk.dataBytesOf(record));
    writer.raw(KEY);
    if (text.subarray(keyStart, keyEnd).includes(BACKSLASH)) {
      writer.text(JSON.parse(text.toString("utf8", keyStart - 1, keyEnd + 1)) as string);
    } else {
      writer.textBytes(text, keyStart, keyEnd);
    }
  }
}
