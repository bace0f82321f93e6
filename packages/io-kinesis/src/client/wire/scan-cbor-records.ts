import { CborReader } from "./cbor-reader.js";
import { MalformedAnswer } from "./malformed-answer.js";
import { RecordsBuilder, SlabRecord } from "./record-slab.js";
import type { ScannedRecords } from "./record-slab.js";

const [DATA, PARTITION_KEY, SEQUENCE_NUMBER, ARRIVAL] = [
  "Data",
  "PartitionKey",
  "SequenceNumber",
  "ApproximateArrivalTimestamp",
].map((name) => Buffer.from(name)) as [Buffer, Buffer, Buffer, Buffer];

/**
 * Reads the CBOR of a GetRecords answer. Payloads are not copied. Fields that are not known are passed over.
 *
 * @throws CborSyntaxError; `MalformedAnswer` if it is one of something else.
 */
export function scanCborRecords(bytes: Buffer): ScannedRecords {
  const reader = new CborReader(bytes);
  const built = new RecordsBuilder(bytes);
  let hasRecords = false;
  for (let left = reader.passOpening(5); reader.isMore(left); left -= left > 0 ? 1 : 0) {
    const name = reader.text();
    if (reader.passNull()) continue;
    hasRecords ||= name === "Records";
    readField(reader, name, built);
  }
  if (!hasRecords) throw new MalformedAnswer("GetRecords", "it has no 'Records'");
  return built;
}

function readField(reader: CborReader, name: string, built: RecordsBuilder): void {
  switch (name) {
    case "Records":
      for (let left = reader.passOpening(4); reader.isMore(left); left -= left > 0 ? 1 : 0) {
        const record = new SlabRecord(built.slab);
        readRecord(reader, record);
        built.records.push(record);
        built.dataBytes += record.dataEnd - record.dataStart;
      }
      break;
    case "NextShardIterator":
      built.nextIterator = reader.text();
      break;
    case "ContinuationSequenceNumber":
      built.continuationSequenceNumber = reader.text();
      break;
    case "MillisBehindLatest":
      built.millisBehindLatest = reader.number();
      break;
    case "ChildShards":
      built.childShards = reader.value(0) as unknown[];
      break;
    default:
      reader.value(0);
  }
}

function readRecord(reader: CborReader, record: SlabRecord): void {
  for (let left = reader.passOpening(5); reader.isMore(left); left -= left > 0 ? 1 : 0) {
    reader.passString(3);
    if (isName(reader, DATA)) {
      reader.passString(2);
      record.dataStart = reader.start;
      record.dataEnd = reader.end;
    } else if (isName(reader, PARTITION_KEY)) {
      reader.passString(3);
      record.keyStart = reader.start;
      record.keyEnd = reader.end;
    } else if (isName(reader, SEQUENCE_NUMBER)) {
      reader.passString(3);
      record.numberStart = reader.start;
      record.numberEnd = reader.end;
    } else if (isName(reader, ARRIVAL)) {
      if (!reader.passNull()) record.arrivalMs = Math.round(reader.number());
    } else {
      reader.value(0);
    }
  }
}

/** Is it the text that was passed last? */
function isName({ bytes, start, end }: CborReader, name: Buffer): boolean {
  if (end - start !== name.length) return false;
  for (let index = 0; index < name.length; index += 1) {
    if (bytes[start + index] !== name[index]) return false;
  }
  return true;
}
