import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { TributaryError } from "@tributary/core";
import type { RecordFraming, Split, SplitRecords } from "@tributary/core";
import type { SplitReading } from "../splits/sequential-reader.js";
import type { FileInfo, FileRecord } from "./file-record.js";
import { LINE_FRAMING } from "./line-framing.js";
import { fileFailure } from "./local-path.js";

/** Bytes read at once. */
const CHUNK_BYTES = 262_144;
/** Longest record; more is no record but a quote that never closes. */
const RECORD_BYTES_MAX = 64 * 1024 * 1024;
const LF = 10;
const CR = 13;

/** Position in a file: everything before it is processed. */
interface FileState {
  readonly path: string;
  /** Where the next record may start. */
  readonly offset: number;
  /** Line of that place, counted from 1. */
  readonly line: number;
}

/** The split of a file that is read from its start. */
export function fileSplit(path: string): Split {
  return { id: path, state: { path, offset: 0, line: 1 } };
}

/** Cuts one file into records. */
export class FileReading implements SplitReading<FileRecord> {
  readonly #id: string;
  readonly #path: string;
  readonly #framing: RecordFraming;
  /** Without a framing of the format's own, lines come without their ends and empty ones not at all. */
  readonly #isLines: boolean;
  #handle: FileHandle | undefined;
  #info: FileInfo | undefined;
  /** What was read and not yet taken; starts at `#offset` of the file. */
  #rest: Uint8Array = new Uint8Array(0);
  #offset: number;
  #line: number;
  #isClosed = false;

  constructor(split: Split, framing: RecordFraming | undefined) {
    const state = split.state as unknown as FileState;
    this.#id = split.id;
    this.#path = state.path;
    this.#offset = state.offset;
    this.#line = state.line;
    this.#framing = framing ?? LINE_FRAMING;
    this.#isLines = framing === undefined;
  }

  async next(): Promise<SplitRecords<FileRecord> | undefined> {
    try {
      const info = (this.#info ??= await this.#open());
      if (this.#isClosed) return undefined;
      const isLast = !(await this.#readOn());
      if (this.#isClosed) return undefined;
      const records = this.#cut(info, isLast);
      return {
        splitId: this.#id,
        records,
        state: { path: this.#path, offset: this.#offset, line: this.#line },
        ...(isLast ? { isFinished: true } : {}),
      };
    } catch (error) {
      // A handle that was closed under a read.
      if (this.#isClosed) return undefined;
      if (TributaryError.is(error)) throw error;
      const place = { shard: this.#id, sequenceNumber: describePlace(this.#line, this.#offset) };
      throw fileFailure("Reading", this.#path, error, place);
    }
  }

  async #open(): Promise<FileInfo> {
    const handle = await open(this.#path, "r");
    this.#handle = handle;
    const { size, mtimeMs } = await handle.stat();
    if (this.#offset > size) throw this.#truncated(size);
    return { path: this.#path, size, modifiedMs: Math.floor(mtimeMs) };
  }

  #truncated(size: number): TributaryError {
    return new TributaryError({
      severity: "error",
      code: "SOURCE_DATA_LOST",
      message: `The file '${this.#path}' has ${size} bytes, but it was read up to byte ${this.#offset} before.`,
      shard: this.#path,
      sequenceNumber: String(this.#offset),
    });
  }

  /** Reads as much again as waits, one chunk at least; false at the end of the file. */
  async #readOn(): Promise<boolean> {
    const rest = this.#rest;
    if (rest.length > RECORD_BYTES_MAX) {
      throw new TributaryError({
        severity: "error",
        code: "RECORD_TOO_LARGE",
        message: `The record at line ${this.#line} of '${this.#path}' is longer than ${RECORD_BYTES_MAX} bytes.`,
        shard: this.#path,
        sequenceNumber: describePlace(this.#line, this.#offset),
        hint: "A quote that is never closed makes the rest of a file one record.",
      });
    }
    const chunk = Buffer.allocUnsafeSlow(rest.length + Math.max(CHUNK_BYTES, rest.length));
    chunk.set(rest);
    const position = this.#offset + rest.length;
    const read = await this.#handle?.read(chunk, rest.length, chunk.length - rest.length, position);
    const count = read?.bytesRead ?? 0;
    this.#rest = chunk.subarray(0, rest.length + count);
    if (position === 0) this.#passByteOrderMark();
    return count > 0;
  }

  #passByteOrderMark(): void {
    const [a, b, c] = this.#rest;
    if (a !== 0xef || b !== 0xbb || c !== 0xbf) return;
    this.#rest = this.#rest.subarray(3);
    this.#offset = 3;
  }

  /** Takes the whole records; at the end of the file what is left is one too. */
  #cut(info: FileInfo, isLast: boolean): FileRecord[] {
    const bytes = this.#rest;
    const records: FileRecord[] = [];
    let from = 0;
    let line = this.#line;
    for (;;) {
      const start = this.#framing.findStart(bytes, from);
      if (start < 0) {
        if (isLast) from = bytes.length;
        break;
      }
      const found = this.#framing.findEnd(bytes, start);
      if (found < 0 && !isLast) break;
      const end = found < 0 ? bytes.length : found;
      if (start > from) line += countLines(bytes, from, start);
      const payload = this.#isLines ? withoutLineEnd(bytes, start, end) : bytes.subarray(start, end);
      if (payload.length > 0)
        records.push({ bytes: payload, offset: this.#offset + start, line, file: info });
      line += this.#isLines ? 1 : countLines(bytes, start, end);
      from = end;
    }
    this.#rest = bytes.subarray(from);
    this.#offset += from;
    this.#line = line;
    return records;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close().catch(() => undefined);
  }
}

/** Where a record stands, for messages. */
export function describePlace(line: number, offset: number): string {
  return `line ${line}, byte ${offset}`;
}

function withoutLineEnd(bytes: Uint8Array, start: number, end: number): Uint8Array {
  let last = end;
  if (last > start && bytes[last - 1] === LF) last--;
  if (last > start && bytes[last - 1] === CR) last--;
  return bytes.subarray(start, last);
}

/** Line ends between two places: LF, CRLF, and CR alone. */
function countLines(bytes: Uint8Array, start: number, end: number): number {
  let count = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at];
    if (byte === LF || (byte === CR && bytes[at + 1] !== LF)) count++;
  }
  return count;
}
