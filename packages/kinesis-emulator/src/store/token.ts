/**
 * Shard iterators and page tokens: opaque text that carries its content, so that one stays good over a restart, and a
 * checksum, so that one that was not given out is recognised.
 */
import { crc32 } from "node:zlib";

/** Like the service's: base64 text that begins with a row of `A`. */
const LEADING_ZEROS = 8;

/** Content of a shard iterator. */
export interface IteratorContent {
  readonly stream: string;
  readonly epochMs: number;
  readonly shard: number;
  /** The iterator stands before the first record with at least this counter. */
  readonly counter: number;
  readonly issuedMs: number;
}

/** Content of a page token. */
export interface PageContent {
  readonly operation: string;
  readonly stream?: string;
  readonly epochMs?: number;
  /** The page begins behind this one. */
  readonly after: string;
  readonly issuedMs: number;
  /** What the first call asked for, for the following ones. */
  readonly filter?: unknown;
}

export function encodeIterator(content: IteratorContent): string {
  return seal(`${content.epochMs}:${content.shard}:${content.counter}:${content.issuedMs}:${content.stream}`);
}

export function decodeIterator(text: string): IteratorContent | undefined {
  const match = /^(-?\d+):(\d+):(\d+):(-?\d+):(.+)$/.exec(unseal(text) ?? "");
  if (match === null) return undefined;
  return {
    epochMs: Number(match[1]),
    shard: Number(match[2]),
    counter: Number(match[3]),
    issuedMs: Number(match[4]),
    stream: match[5] ?? "",
  };
}

export function encodePage(content: PageContent): string {
  return seal(JSON.stringify(content));
}

export function decodePage(text: string, operation: string): PageContent | undefined {
  const content = unseal(text);
  if (content === undefined || !content.startsWith("{")) return undefined;
  const page = JSON.parse(content) as PageContent;
  return page.operation === operation ? page : undefined;
}

function seal(content: string): string {
  const bytes = Buffer.alloc(LEADING_ZEROS + 4 + Buffer.byteLength(content));
  bytes.write(content, LEADING_ZEROS + 4);
  bytes.writeUInt32BE(crc32(bytes.subarray(LEADING_ZEROS + 4)), LEADING_ZEROS);
  return bytes.toString("base64");
}

function unseal(text: string): string | undefined {
  const bytes = Buffer.from(text, "base64");
  if (bytes.length <= LEADING_ZEROS + 4 || bytes.toString("base64") !== text) return undefined;
  const content = bytes.subarray(LEADING_ZEROS + 4);
  return bytes.readUInt32BE(LEADING_ZEROS) === crc32(content) ? content.toString() : undefined;
}
