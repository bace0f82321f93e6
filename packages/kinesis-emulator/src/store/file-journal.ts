/**
 * The log in a data directory: changes are appended in the order in which they happen and reach the disk in batches,
 * all that has gathered while the batch before was written. A call is answered when its changes are on disk.
 *
 * Reading it back stops at the first entry that is not whole: that is where a crash cut the last batch off, of which
 * nobody had an answer. When the log has grown far beyond what it stands for, it is written anew beside the old one and
 * put in its place.
 */
import { closeSync, fsyncSync, openSync, readSync } from "node:fs";
import { open, rename, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { KinesisEmulatorError } from "../errors.js";
import type { Account, Journal } from "./account.js";
import { lockDirectory } from "./directory-lock.js";
import {
  ENTRY_HEAD_BYTES,
  deletionEntry,
  recordsEntry,
  replay,
  snapshot,
  streamEntry,
} from "./journal-format.js";
import type { RecordSlice } from "./record-log.js";
import type { Shard } from "./shard.js";
import type { Stream, StreamFacts } from "./stream.js";

const LOG_FILE = "kinesis.log";
const NEW_LOG_FILE = "kinesis.log.new";
const MAGIC = Buffer.from("kinesis1");
const READ_BYTES = 4 * 1024 * 1024;
/** The log is written anew when it is this much longer than twice what it stands for; looked at each time it grew so. */
const COMPACTION_SLACK_BYTES = 16 * 1024 * 1024;
/** Most buffers of one write: the system's limit. */
const WRITE_PIECES_MAX = 1024;

/** @see the head of this file. */
export class FileJournal implements Journal {
  readonly #directory: string;
  readonly #account: Account;
  readonly #unlock: () => void;
  #file: FileHandle | undefined;
  #bytes = 0;
  /** Length at which to look whether the log has outgrown what it stands for. */
  #lookAtBytes = 0;
  #isBroken = false;
  #queue: Buffer[] = [];
  #batch: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  private constructor(directory: string, account: Account, unlock: () => void) {
    this.#directory = directory;
    this.#account = account;
    this.#unlock = unlock;
  }

  /**
   * Fills the account from the directory and keeps it from then on.
   *
   * @throws KinesisEmulatorError `DATA_IN_USE` or `DATA_UNREADABLE`.
   */
  static async open(directory: string, account: Account): Promise<FileJournal> {
    const unlock = lockDirectory(directory);
    try {
      readLog(join(directory, LOG_FILE), account);
      for (const stream of account.streams) stream.trim(account.clock.now());
      const journal = new FileJournal(directory, account, unlock);
      // Written anew, it has no torn end that something could be appended to.
      await journal.#compact();
      account.journal = journal;
      return journal;
    } catch (error) {
      unlock();
      if (error instanceof KinesisEmulatorError) throw error;
      throw new KinesisEmulatorError("DATA_UNREADABLE", `the data in ${directory} cannot be read`, {
        cause: error,
      });
    }
  }

  writeStream(facts: StreamFacts): void {
    this.#queue.push(...streamEntry(facts));
  }

  writeDeletion(name: string, epochMs: number): void {
    this.#queue.push(...deletionEntry(name, epochMs));
  }

  writeRecords(stream: Stream, shard: Shard, records: RecordSlice): void {
    for (const part of records.parts) {
      this.#queue.push(...recordsEntry(stream.name, stream.epochMs, shard.index, part));
    }
  }

  flushed(): Promise<void> | undefined {
    if (this.#queue.length === 0) return this.#next ?? this.#batch;
    this.#next ??= this.#after(this.#batch);
    return this.#next;
  }

  async close(): Promise<void> {
    try {
      await this.flushed();
    } finally {
      await this.#file?.close();
      this.#unlock();
    }
  }

  async #after(batch: Promise<void> | undefined): Promise<void> {
    // A batch that failed has told its own callers; whether the disk works again shows in the next one. Waiting at
    // least a turn lets calls that came together share a batch.
    await batch?.catch(() => {});
    const pieces = this.#queue;
    this.#queue = [];
    this.#batch = this.#next;
    this.#next = undefined;
    try {
      await this.#write(pieces);
    } catch (error) {
      // What a failed write has left behind must not stand before what comes next.
      this.#isBroken = true;
      throw error;
    } finally {
      this.#batch = undefined;
    }
  }

  async #write(pieces: readonly Buffer[]): Promise<void> {
    const file = this.#file;
    if (file === undefined || this.#isBroken || this.#isOutgrown()) {
      // The pieces that wait are part of what the log is made from.
      await this.#compact();
      return;
    }
    this.#bytes += await append(file, pieces);
    await file.datasync();
  }

  #isOutgrown(): boolean {
    if (this.#bytes <= this.#lookAtBytes) return false;
    this.#lookAtBytes = this.#bytes + COMPACTION_SLACK_BYTES;
    const kept = this.#account.streams
      .flatMap(({ shards }) => shards)
      .reduce((sum, { log }) => sum + log.memoryBytes, 0);
    return this.#bytes > 2 * kept + COMPACTION_SLACK_BYTES;
  }

  /** Writes the log anew from what it stands for, which covers everything that waits to be written. */
  async #compact(): Promise<void> {
    const pieces = [MAGIC, ...snapshot(this.#account)];
    this.#queue = [];
    const path = join(this.#directory, NEW_LOG_FILE);
    const file = await open(path, "w");
    const bytes = await append(file, pieces);
    await file.datasync();
    await rename(path, join(this.#directory, LOG_FILE));
    syncDirectory(this.#directory);
    await this.#file?.close();
    this.#file = file;
    this.#bytes = bytes;
    this.#lookAtBytes = bytes + COMPACTION_SLACK_BYTES;
    this.#isBroken = false;
  }
}

async function append(file: FileHandle, pieces: readonly Buffer[]): Promise<number> {
  let total = 0;
  for (let at = 0; at < pieces.length; at += WRITE_PIECES_MAX) {
    total += await writeAll(file, pieces.slice(at, at + WRITE_PIECES_MAX));
  }
  return total;
}

/** A write may take less than it was given. */
async function writeAll(file: FileHandle, pieces: readonly Buffer[]): Promise<number> {
  const wanted = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const { bytesWritten } = await file.writev(pieces);
  if (bytesWritten < wanted) {
    const rest = Buffer.concat(pieces).subarray(bytesWritten);
    for (let at = 0; at < rest.length; at += (await file.write(rest, at)).bytesWritten);
  }
  return wanted;
}

/** Replays a log as far as it is whole. */
function readLog(path: string, account: Account): void {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  try {
    const reader = new LogReader(file);
    const magic = reader.take(MAGIC.length);
    if (magic === undefined) return;
    if (!magic.equals(MAGIC))
      throw new KinesisEmulatorError("DATA_UNREADABLE", `${path} is not a log of this kind`);
    for (let content = reader.entry(); content !== undefined; content = reader.entry())
      replay(content, account);
  } finally {
    closeSync(file);
  }
}

/** Reads a file from its beginning, in large steps. */
class LogReader {
  readonly #file: number;
  #read = Buffer.alloc(0);
  #at = 0;
  #offset = 0;

  constructor(file: number) {
    this.#file = file;
  }

  /** The content of the next entry; undefined if it is not whole. */
  entry(): Buffer | undefined {
    const head = this.take(ENTRY_HEAD_BYTES);
    if (head === undefined) return undefined;
    const length = head.readUInt32LE(0);
    const crc = head.readUInt32LE(4);
    const content = this.take(length);
    return content !== undefined && length > 0 && crc32(content) === crc ? content : undefined;
  }

  /** The next bytes, valid until the next call; undefined if there are not so many. */
  take(count: number): Buffer | undefined {
    while (this.#read.length - this.#at < count) {
      const more = Buffer.allocUnsafe(READ_BYTES);
      const bytes = readSync(this.#file, more, 0, READ_BYTES, this.#offset);
      if (bytes === 0) return undefined;
      this.#offset += bytes;
      this.#read = Buffer.concat([this.#read.subarray(this.#at), more.subarray(0, bytes)]);
      this.#at = 0;
    }
    const taken = this.#read.subarray(this.#at, this.#at + count);
    this.#at += count;
    return taken;
  }
}

/** Makes a rename last. Windows cannot open a directory as a file; there a rename lasts by itself. */
function syncDirectory(directory: string): void {
  if (process.platform === "win32") return;
  const handle = openSync(directory, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
