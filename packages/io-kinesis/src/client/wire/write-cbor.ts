import type { PutEntry } from "../kinesis-client.js";
import type { PutTarget } from "./write-put-json.js";

/** Most bytes of an item's head. */
const HEAD_BYTES_MAX = 9;
const [RECORDS, DATA, PARTITION_KEY] = ["Records", "Data", "PartitionKey"].map(textItem) as [
  Buffer,
  Buffer,
  Buffer,
];
const ENTRY_BYTES = 1 + DATA.length + PARTITION_KEY.length + 2 * HEAD_BYTES_MAX;

/** The body of PutRecords as CBOR. */
export function writePutCbor(entries: readonly PutEntry[], target: PutTarget): Buffer {
  const end = fields(target);
  let bytesMax = HEAD_BYTES_MAX * 2 + RECORDS.length + end.bytes.length;
  // A UTF-16 unit takes three bytes at most.
  for (const { data, partitionKey } of entries)
    bytesMax += ENTRY_BYTES + data.length + partitionKey.length * 3;
  const body = Buffer.allocUnsafe(bytesMax);
  let at = writeHead(body, 0, 5, 1 + end.count);
  at += RECORDS.copy(body, at);
  at = writeHead(body, at, 4, entries.length);
  for (const { data, partitionKey } of entries) {
    at = writeHead(body, at, 5, 2);
    at += DATA.copy(body, at);
    at = writeHead(body, at, 2, data.length);
    body.set(data, at);
    at += data.length;
    at += PARTITION_KEY.copy(body, at);
    at = writeText(body, at, partitionKey);
  }
  at += end.bytes.copy(body, at);
  return body.subarray(0, at);
}

/** A map of texts and whole numbers, those that are not undefined: the body of GetRecords. */
export function writeCborMap(input: object): Buffer {
  const { count, bytes } = fields(input);
  const head = Buffer.allocUnsafe(HEAD_BYTES_MAX);
  return Buffer.concat([head.subarray(0, writeHead(head, 0, 5, count)), bytes]);
}

function fields(input: object): { readonly count: number; readonly bytes: Buffer } {
  const given = Object.entries(input).filter(([, value]) => value !== undefined) as [
    string,
    string | number,
  ][];
  const items = given.flatMap(([name, value]) => {
    if (typeof value === "string") return [textItem(name), textItem(value)];
    const head = Buffer.allocUnsafe(HEAD_BYTES_MAX);
    return [textItem(name), head.subarray(0, writeHead(head, 0, 0, value))];
  });
  return { count: given.length, bytes: Buffer.concat(items) };
}

function textItem(text: string): Buffer {
  const item = Buffer.allocUnsafe(HEAD_BYTES_MAX + text.length * 3);
  return item.subarray(0, writeText(item, 0, text));
}

function writeText(body: Buffer, start: number, text: string): number {
  const at = writeHead(body, start, 3, Buffer.byteLength(text));
  return at + body.write(text, at, "utf8");
}

/** @returns the place behind the head. */
function writeHead(body: Buffer, at: number, major: number, argument: number): number {
  const type = major << 5;
  if (argument < 24) {
    body[at] = type | argument;
    return at + 1;
  }
  if (argument < 0x100) {
    body[at] = type | 24;
    body[at + 1] = argument;
    return at + 2;
  }
  if (argument < 0x10000) {
    body[at] = type | 25;
    return body.writeUInt16BE(argument, at + 1);
  }
  if (argument < 0x1_0000_0000) {
    body[at] = type | 26;
    return body.writeUInt32BE(argument, at + 1);
  }
  body[at] = type | 27;
  return body.writeBigUInt64BE(BigInt(argument), at + 1);
}
