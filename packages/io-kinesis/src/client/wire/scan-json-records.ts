/**
 * Reads the JSON of GetRecords answers and SubscribeToShard events where it stands: a pass over the bytes that decodes
 * every payload in place and notes where the texts are. It knows the fields of the Kinesis API Reference and JSON as
 * the service writes it; anything else (an unknown field, white space, a text in base64 that is none) makes it give up
 * and leave the bytes as they were, for the SDK's own codec.
 */
import { decodeInPlace, encodeInPlace } from "./base64.js";
import type { Decoded } from "./base64.js";
import { CLOSE_LIST, CLOSE_MAP, GIVE_UP, JsonCursor, OPEN_LIST, OPEN_MAP, QUOTE } from "./json-cursor.js";
import { RecordsBuilder, SlabRecord } from "./record-slab.js";
import type { ScannedRecords } from "./record-slab.js";

const NULL = Buffer.from("null");

const field = (name: string): Buffer => Buffer.from(`"${name}":`);
const RECORDS = field("Records");
const NEXT_ITERATOR = field("NextShardIterator");
const CONTINUATION = field("ContinuationSequenceNumber");
const MILLIS_BEHIND = field("MillisBehindLatest");
const CHILD_SHARDS = field("ChildShards");

const ARRIVAL = field("ApproximateArrivalTimestamp");
const DATA = field("Data");
const PARTITION_KEY = field("PartitionKey");
const SEQUENCE_NUMBER = field("SequenceNumber");
const ENCRYPTION = field("EncryptionType");
/** First letters of the fields of a record. */
const [A, D, P, S, E] = [0x41, 0x44, 0x50, 0x53, 0x45];
/** Bits of the fields that a record was seen to have; it needs the first three. */
const HAS = { data: 1, key: 2, number: 4, arrival: 8, encryption: 16 };
const NEEDED = HAS.data | HAS.key | HAS.number;

/**
 * @param bytes - one JSON object and nothing else; decoded in place, and owned by the result from then on.
 * @returns undefined if the scanner gives up; `bytes` are then as they were.
 */
export function scanJsonRecords(bytes: Buffer): ScannedRecords | undefined {
  const scanner = new Scanner(bytes);
  try {
    scanner.answer();
    return scanner.built;
  } catch (error) {
    if (error !== GIVE_UP && !(error instanceof SyntaxError)) throw error;
    scanner.undo();
    return undefined;
  }
}

class Scanner extends JsonCursor {
  readonly built: RecordsBuilder;
  readonly #decoded: Decoded = { dataEnd: 0, textEnd: 0 };

  constructor(bytes: Buffer) {
    super(bytes);
    this.built = new RecordsBuilder(bytes);
  }

  /** Encodes the payloads again that were decoded. */
  undo(): void {
    for (const { dataStart, dataEnd } of this.built.records) encodeInPlace(this.bytes, dataStart, dataEnd);
  }

  answer(): void {
    const seen = new Set<Buffer>();
    this.expect(OPEN_MAP);
    if (this.bytes[this.at] === CLOSE_MAP) this.at += 1;
    else {
      do {
        const name = this.#topField();
        if (seen.has(name)) throw GIVE_UP;
        seen.add(name);
        if (this.passIf(NULL)) {
          if (name === RECORDS) throw GIVE_UP;
        } else this.#topValue(name);
      } while (this.isMore(CLOSE_MAP));
    }
    if (this.at !== this.bytes.length || !seen.has(RECORDS)) throw GIVE_UP;
  }

  #topField(): Buffer {
    for (const name of [RECORDS, NEXT_ITERATOR, MILLIS_BEHIND, CHILD_SHARDS, CONTINUATION]) {
      if (this.passIf(name)) return name;
    }
    throw GIVE_UP;
  }

  #topValue(name: Buffer): void {
    switch (name) {
      case RECORDS:
        this.#list(() => this.#record());
        break;
      case NEXT_ITERATOR:
        this.built.nextIterator = this.text();
        break;
      case CONTINUATION:
        this.built.continuationSequenceNumber = this.text();
        break;
      case MILLIS_BEHIND:
        this.built.millisBehindLatest = this.integer();
        break;
      default:
        this.built.childShards = this.rareList();
    }
  }

  #list(item: () => void): void {
    this.expect(OPEN_LIST);
    if (this.bytes[this.at] === CLOSE_LIST) {
      this.at += 1;
      return;
    }
    do item();
    while (this.isMore(CLOSE_LIST));
  }

  #record(): void {
    const record = new SlabRecord(this.built.slab);
    // Known from here on, so that what is decoded of it is undone.
    this.built.records.push(record);
    this.expect(OPEN_MAP);
    let seen = 0;
    do {
      const has = this.#recordField(record);
      if ((seen & has) !== 0) throw GIVE_UP;
      seen |= has;
    } while (this.isMore(CLOSE_MAP));
    if ((seen & NEEDED) !== NEEDED) throw GIVE_UP;
    this.built.dataBytes += record.dataEnd - record.dataStart;
  }

  /** @returns the bit of the field. */
  #recordField(record: SlabRecord): number {
    switch (this.bytes[this.at + 1] as number) {
      case D:
        this.pass(DATA);
        this.#data(record);
        return HAS.data;
      case P:
        this.pass(PARTITION_KEY);
        this.#key(record);
        return HAS.key;
      case S:
        this.pass(SEQUENCE_NUMBER);
        record.numberStart = this.at + 1;
        record.numberEnd = this.passText() - 1;
        if (this.isEscaped || !this.isAscii) throw GIVE_UP;
        return HAS.number;
      case A:
        this.pass(ARRIVAL);
        record.arrivalMs = this.instant();
        return HAS.arrival;
      case E:
        this.pass(ENCRYPTION);
        if (!this.passIf(NULL)) this.passText();
        return HAS.encryption;
      default:
        throw GIVE_UP;
    }
  }

  #data(record: SlabRecord): void {
    // Of a field that is there twice the first would be lost, and could not be encoded again.
    if (record.dataStart !== 0) throw GIVE_UP;
    this.expect(QUOTE);
    if (!decodeInPlace(this.bytes, this.at, this.#decoded)) throw GIVE_UP;
    record.dataStart = this.at;
    record.dataEnd = this.#decoded.dataEnd;
    this.at = this.#decoded.textEnd + 1;
  }

  #key(record: SlabRecord): void {
    const start = this.at;
    const end = this.passText();
    record.keyStart = start + 1;
    record.keyEnd = end - 1;
    if (this.isEscaped) record.keyText = this.parsed(start, end) as string;
  }
}
