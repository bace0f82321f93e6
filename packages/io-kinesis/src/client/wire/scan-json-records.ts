/**
 * Reads the JSON of GetRecords answers and SubscribeToShard events where it stands: a pass over the bytes that decodes
 * every payload in place and notes where the texts are. It knows the fields of the Kinesis API Reference and JSON as
 * the service writes it; anything else (an unknown field, white space, a text in base64 that is none) makes it give up
 * and leave the bytes as they were, for the SDK's own codec.
 */
import { decodeInPlace, encodeInPlace } from "./base64.js";
import type { Decoded } from "./base64.js";
import { RecordsBuilder, SlabRecord } from "./record-slab.js";
import type { ScannedRecords } from "./record-slab.js";

const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const OPEN_MAP = 0x7b;
const CLOSE_MAP = 0x7d;
const NULL = Buffer.from("null");
const DEPTH_MAX = 16;
/** Farthest instant from 1970 that a Date holds. */
const INSTANT_MS_MAX = 8.64e15;

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

/** Thrown where the scanner gives up; nothing outside this file sees it. */
const GIVE_UP = new Error("not in the form that the scanner knows");

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

class Scanner {
  readonly built: RecordsBuilder;
  readonly #bytes: Buffer;
  readonly #decoded: Decoded = { dataEnd: 0, textEnd: 0 };
  /** Place of the next byte. */
  #at = 0;
  /** Has the text that was passed last an escape or a byte beyond ASCII? */
  #isEscaped = false;
  #isAscii = true;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.built = new RecordsBuilder(bytes);
  }

  /** Encodes the payloads again that were decoded. */
  undo(): void {
    for (const { dataStart, dataEnd } of this.built.records) encodeInPlace(this.#bytes, dataStart, dataEnd);
  }

  answer(): void {
    const seen = new Set<Buffer>();
    this.#expect(OPEN_MAP);
    if (this.#bytes[this.#at] === CLOSE_MAP) this.#at += 1;
    else {
      do {
        const name = this.#topField();
        if (seen.has(name)) throw GIVE_UP;
        seen.add(name);
        if (this.#passIf(NULL)) {
          if (name === RECORDS) throw GIVE_UP;
        } else this.#topValue(name);
      } while (this.#isMore(CLOSE_MAP));
    }
    if (this.#at !== this.#bytes.length || !seen.has(RECORDS)) throw GIVE_UP;
  }

  #topField(): Buffer {
    for (const name of [RECORDS, NEXT_ITERATOR, MILLIS_BEHIND, CHILD_SHARDS, CONTINUATION]) {
      if (this.#passIf(name)) return name;
    }
    throw GIVE_UP;
  }

  #topValue(name: Buffer): void {
    switch (name) {
      case RECORDS:
        this.#list(() => this.#record());
        break;
      case NEXT_ITERATOR:
        this.built.nextIterator = this.#text();
        break;
      case CONTINUATION:
        this.built.continuationSequenceNumber = this.#text();
        break;
      case MILLIS_BEHIND:
        this.built.millisBehindLatest = this.#integer();
        break;
      default:
        this.built.childShards = this.#rareList();
    }
  }

  #list(item: () => void): void {
    this.#expect(OPEN_LIST);
    if (this.#bytes[this.#at] === CLOSE_LIST) {
      this.#at += 1;
      return;
    }
    do item();
    while (this.#isMore(CLOSE_LIST));
  }

  #record(): void {
    const record = new SlabRecord(this.built.slab);
    // Known from here on, so that what is decoded of it is undone.
    this.built.records.push(record);
    this.#expect(OPEN_MAP);
    let seen = 0;
    do {
      const has = this.#recordField(record);
      if ((seen & has) !== 0) throw GIVE_UP;
      seen |= has;
    } while (this.#isMore(CLOSE_MAP));
    if ((seen & NEEDED) !== NEEDED) throw GIVE_UP;
    this.built.dataBytes += record.dataEnd - record.dataStart;
  }

  /** @returns the bit of the field. */
  #recordField(record: SlabRecord): number {
    switch (this.#bytes[this.#at + 1] as number) {
      case D:
        this.#pass(DATA);
        this.#data(record);
        return HAS.data;
      case P:
        this.#pass(PARTITION_KEY);
        this.#key(record);
        return HAS.key;
      case S:
        this.#pass(SEQUENCE_NUMBER);
        record.numberStart = this.#at + 1;
        record.numberEnd = this.#passText() - 1;
        if (this.#isEscaped || !this.#isAscii) throw GIVE_UP;
        return HAS.number;
      case A:
        this.#pass(ARRIVAL);
        record.arrivalMs = this.#instant();
        return HAS.arrival;
      case E:
        this.#pass(ENCRYPTION);
        if (!this.#passIf(NULL)) this.#passText();
        return HAS.encryption;
      default:
        throw GIVE_UP;
    }
  }

  #data(record: SlabRecord): void {
    // Of a field that is there twice the first would be lost, and could not be encoded again.
    if (record.dataStart !== 0) throw GIVE_UP;
    this.#expect(QUOTE);
    if (!decodeInPlace(this.#bytes, this.#at, this.#decoded)) throw GIVE_UP;
    record.dataStart = this.#at;
    record.dataEnd = this.#decoded.dataEnd;
    this.#at = this.#decoded.textEnd + 1;
  }

  #key(record: SlabRecord): void {
    const start = this.#at;
    const end = this.#passText();
    record.keyStart = start + 1;
    record.keyEnd = end - 1;
    if (this.#isEscaped) record.keyText = this.#parsed(start, end) as string;
  }

  /** Seconds since 1970, in milliseconds. */
  #instant(): number {
    const start = this.#at;
    const bytes = this.#bytes;
    let digits = 0;
    let mantissa = 0;
    let fraction = 0;
    let exponent = 0;
    let hasPoint = false;
    let at = start;
    for (; ; at += 1) {
      const byte = bytes[at] as number;
      if (byte >= 0x30 && byte <= 0x39) {
        mantissa = mantissa * 10 + (byte - 0x30);
        digits += 1;
        if (hasPoint) fraction += 1;
      } else if (byte === 0x2e && !hasPoint && digits > 0) hasPoint = true;
      else break;
    }
    // As Java writes large numbers: 1.763902123456E9.
    if (bytes[at] === E && (bytes[at + 1] as number) >= 0x31 && (bytes[at + 1] as number) <= 0x39) {
      exponent = (bytes[at + 1] as number) - 0x30;
      at += 2;
    }
    const end = bytes[at];
    const scale = exponent - fraction + 3;
    const isShort = digits > 0 && digits <= 15 && scale >= 0 && scale <= 12 && bytes[start] !== 0x30;
    if (isShort && (!hasPoint || fraction > 0) && (end === COMMA || end === CLOSE_MAP)) {
      const ms = mantissa * (POWERS[scale] as number);
      if (ms <= INSTANT_MS_MAX) {
        this.#at = at;
        return ms;
      }
    }
    const ms = Math.round(this.#number() * 1000);
    if (Math.abs(ms) > INSTANT_MS_MAX) throw GIVE_UP;
    return ms;
  }

  #integer(): number {
    const value = this.#number();
    if (!Number.isSafeInteger(value)) throw GIVE_UP;
    return value;
  }

  /** Any number, by way of `JSON.parse`. */
  #number(): number {
    const start = this.#at;
    let end = start;
    while (isOfNumber(this.#bytes[end])) end += 1;
    const value: unknown = this.#parsed(start, end);
    if (typeof value !== "number" || !Number.isFinite(value)) throw GIVE_UP;
    this.#at = end;
    return value;
  }

  #text(): string {
    const start = this.#at;
    return this.#parsed(start, this.#passText()) as string;
  }

  /** A list that is seldom there and never long. */
  #rareList(): readonly unknown[] {
    const start = this.#at;
    if (this.#bytes[start] !== OPEN_LIST) throw GIVE_UP;
    this.#passNested(0);
    return this.#parsed(start, this.#at) as unknown[];
  }

  /** Passes brackets and what is between them; whether it is JSON is seen when it is parsed. */
  #passNested(depth: number): void {
    const close = this.#bytes[this.#at] === OPEN_LIST ? CLOSE_LIST : CLOSE_MAP;
    if (depth > DEPTH_MAX) throw GIVE_UP;
    this.#at += 1;
    for (;;) {
      const byte = this.#bytes[this.#at];
      if (byte === undefined) throw GIVE_UP;
      if (byte === QUOTE) this.#passText();
      else if (byte === OPEN_LIST || byte === OPEN_MAP) this.#passNested(depth + 1);
      else {
        this.#at += 1;
        if (byte === close) return;
      }
    }
  }

  /** @throws SyntaxError. */
  #parsed(start: number, end: number): unknown {
    return JSON.parse(this.#bytes.toString("utf8", start, end));
  }

  /** Passes a text with its quotes. @returns the place behind it. */
  #passText(): number {
    const bytes = this.#bytes;
    let at = this.#at;
    if (bytes[at] !== QUOTE) throw GIVE_UP;
    let all = 0;
    this.#isEscaped = false;
    for (at += 1; ; at += 1) {
      const byte = bytes[at];
      if (byte === QUOTE) break;
      if (byte === undefined || byte < 0x20) throw GIVE_UP;
      all |= byte;
      if (byte === BACKSLASH) {
        this.#isEscaped = true;
        at += 1;
      }
    }
    this.#isAscii = all < 0x80;
    this.#at = at + 1;
    return at + 1;
  }

  /** Passes a comma or the closing bracket. @returns true for a comma. */
  #isMore(close: number): boolean {
    const byte = this.#bytes[this.#at];
    this.#at += 1;
    if (byte === COMMA) return true;
    if (byte === close) return false;
    throw GIVE_UP;
  }

  #expect(wanted: number): void {
    if (this.#bytes[this.#at] !== wanted) throw GIVE_UP;
    this.#at += 1;
  }

  #pass(wanted: Buffer): void {
    if (!this.#passIf(wanted)) throw GIVE_UP;
  }

  #passIf(wanted: Buffer): boolean {
    const bytes = this.#bytes;
    const at = this.#at;
    for (let index = 0; index < wanted.length; index += 1) {
      if (bytes[at + index] !== wanted[index]) return false;
    }
    this.#at = at + wanted.length;
    return true;
  }
}

const POWERS = Array.from({ length: 13 }, (_, exponent) => 10 ** exponent);

/** Digits, sign, point, exponent. */
function isOfNumber(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  return (byte >= 0x30 && byte <= 0x39) || "+-.eE".includes(String.fromCharCode(byte));
}
