import type { PutEntry } from "../kinesis-client.js";

const TEXT_BEYOND_ASCII_FACTOR = 3;
const START = '{"Records":[';
const DATA = '{"Data":"';
const KEY = '","PartitionKey":';
/** Bytes of an entry beside its data and key, and of everything beside the entries. */
const ENTRY_BYTES = DATA.length + KEY.length + 4;
const ENVELOPE_BYTES = 32;
const QUOTE = 0x22;
/** Texts from which on Node's own writer is the cheaper one. */
const LONG_CHARACTERS = 64;

/** The stream of a call, in the API's names. */
export interface PutTarget {
  readonly StreamName?: string;
  readonly StreamARN?: string;
}

/** The body of PutRecords as JSON, written straight from the payloads. */
export function writePutJson(entries: readonly PutEntry[], target: PutTarget): Buffer {
  const end = `],${JSON.stringify(target).slice(1)}`;
  let bytesMax = ENVELOPE_BYTES + end.length * TEXT_BEYOND_ASCII_FACTOR;
  for (const { data, partitionKey } of entries) {
    // A character of a key can take six: \u0000.
    bytesMax += ENTRY_BYTES + Math.ceil(data.length / 3) * 4 + partitionKey.length * 6;
  }
  const body = Buffer.allocUnsafe(bytesMax);
  let at = body.write(START, 0, "latin1");
  for (let index = 0; index < entries.length; index += 1) {
    const { data, partitionKey } = entries[index] as PutEntry;
    if (index > 0) body[at++] = 0x2c;
    at += body.write(DATA, at, "latin1");
    at += body.write(base64Of(data), at, "latin1");
    at += body.write(KEY, at, "latin1");
    at = writeText(body, at, partitionKey);
    body[at++] = 0x7d;
  }
  at += body.write(end, at, "utf8");
  return body.subarray(0, at);
}

function base64Of(data: Uint8Array): string {
  const bytes = Buffer.isBuffer(data) ? data : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return bytes.toString("base64");
}

/** Writes a text with its quotes. @returns the place behind it. */
function writeText(body: Buffer, start: number, text: string): number {
  if (text.length <= LONG_CHARACTERS) {
    let at = start;
    body[at++] = QUOTE;
    let index = 0;
    for (; index < text.length; index += 1) {
      const unit = text.charCodeAt(index);
      if (unit < 0x20 || unit > 0x7e || unit === QUOTE || unit === 0x5c) break;
      body[at++] = unit;
    }
    if (index === text.length) {
      body[at++] = QUOTE;
      return at;
    }
  }
  return start + body.write(JSON.stringify(text), start, "utf8");
}
