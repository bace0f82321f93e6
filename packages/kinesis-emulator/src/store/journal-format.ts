/**
 * Entries of the log in the data directory.
 *
 * An entry is its length, the CRC-32 of its content, and the content: a stream's facts or a deletion as JSON, or
 * records of one shard as the text they are kept as, with their columns. All numbers are little-endian.
 */
import { crc32 } from "node:zlib";
import type { Account } from "./account.js";
import { KEY_LABEL_BYTES, type ChunkPart } from "./record-log.js";
import type { StreamFacts } from "./stream.js";

export const ENTRY_HEAD_BYTES = 8;
const STREAM = 1;
const DELETION = 2;
const RECORDS = 3;
/** Counter, time and total as doubles; ends of text, payload and key as integers. */
const COLUMN_BYTES = 3 * 8 + 3 * 4;
const RECORDS_HEAD_BYTES = 1 + 8 + 4 + 4 + 2;

export function streamEntry(facts: StreamFacts): Buffer[] {
  return entry([Buffer.from([STREAM]), Buffer.from(JSON.stringify(facts, bigintAsText))]);
}

export function deletionEntry(name: string, epochMs: number): Buffer[] {
  return entry([Buffer.from([DELETION]), Buffer.from(JSON.stringify({ name, epochMs }))]);
}

export function recordsEntry(stream: string, epochMs: number, shard: number, part: ChunkPart): Buffer[] {
  const { chunk, from, to } = part;
  const name = Buffer.from(stream);
  const head = Buffer.alloc(RECORDS_HEAD_BYTES + name.length);
  head[0] = RECORDS;
  head.writeDoubleLE(epochMs, 1);
  head.writeUInt32LE(shard, 9);
  head.writeUInt32LE(to - from, 13);
  head.writeUInt16LE(name.length, 17);
  name.copy(head, RECORDS_HEAD_BYTES);
  const columns = Buffer.allocUnsafe((to - from) * COLUMN_BYTES);
  const textStart = chunk.startOf(from);
  const totalBefore = chunk.totalBefore(from);
  for (let record = from, at = 0; record < to; record++, at += COLUMN_BYTES) {
    columns.writeDoubleLE(chunk.counters[record] ?? 0, at);
    columns.writeDoubleLE(chunk.times[record] ?? 0, at + 8);
    columns.writeDoubleLE((chunk.totals[record] ?? 0) - totalBefore, at + 16);
    columns.writeUInt32LE(chunk.dataStartOf(record) - textStart, at + 24);
    columns.writeUInt32LE((chunk.dataEnds[record] ?? 0) - textStart, at + 28);
    columns.writeUInt32LE((chunk.keyEnds[record] ?? 0) - textStart, at + 32);
  }
  return entry([head, columns, chunk.textOf(from, to)]);
}

function entry(content: readonly Buffer[]): Buffer[] {
  const head = Buffer.alloc(ENTRY_HEAD_BYTES);
  head.writeUInt32LE(
    content.reduce((sum, piece) => sum + piece.length, 0),
    0,
  );
  head.writeUInt32LE(
    content.reduce((crc, piece) => crc32(piece, crc), 0),
    4,
  );
  return [head, ...content];
}

function bigintAsText(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}

function hashKeyAsBigint(key: string, value: unknown): unknown {
  return (key === "firstHashKey" || key === "lastHashKey") && typeof value === "string"
    ? BigInt(value)
    : value;
}

/** Puts the content of one entry back into the account. */
export function replay(content: Buffer, account: Account): void {
  if (content[0] === STREAM) {
    account.restore(JSON.parse(content.toString("utf8", 1), hashKeyAsBigint) as StreamFacts);
  } else if (content[0] === DELETION) {
    const { name, epochMs } = JSON.parse(content.toString("utf8", 1)) as { name: string; epochMs: number };
    account.restoreDeletion(name, epochMs);
  } else if (content[0] === RECORDS) {
    replayRecords(content, account);
  }
}

function replayRecords(content: Buffer, account: Account): void {
  const epochMs = content.readDoubleLE(1);
  const count = content.readUInt32LE(13);
  const columnsAt = RECORDS_HEAD_BYTES + content.readUInt16LE(17);
  const stream = account.find(content.toString("utf8", RECORDS_HEAD_BYTES, columnsAt));
  if (stream?.epochMs !== epochMs) return;
  const shard = stream.shard(content.readUInt32LE(9));
  const text = content.subarray(columnsAt + count * COLUMN_BYTES);
  let totalBefore = 0;
  for (let record = 0, at = columnsAt; record < count; record++, at += COLUMN_BYTES) {
    const counter = content.readDoubleLE(at);
    const timeMs = content.readDoubleLE(at + 8);
    const total = content.readDoubleLE(at + 16);
    const dataEnd = content.readUInt32LE(at + 28);
    shard?.log.append(
      text,
      content.readUInt32LE(at + 24),
      dataEnd,
      dataEnd + KEY_LABEL_BYTES,
      content.readUInt32LE(at + 32),
      counter,
      timeMs,
      total - totalBefore,
    );
    totalBefore = total;
    stream.seen(counter, timeMs);
  }
}

/** The entries that put an account back as it is now. The records' text is not copied. */
export function snapshot(account: Account): Buffer[] {
  return account.streams.flatMap((stream) => [
    ...streamEntry(stream.facts),
    ...stream.shards.flatMap((shard) =>
      shard.log
        .slice(0, Infinity, Infinity)
        .parts.flatMap((part) => recordsEntry(stream.name, stream.epochMs, shard.index, part)),
    ),
  ]);
}
