import { constants } from "node:fs";
import { mkdir, open, readdir } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { dirname, join } from "node:path";
import { directoryFiles, TributaryError } from "@tributary/core";
import type { Encoder, JsonValue, Row, Sink, SinkWriter, WriterContext } from "@tributary/core";
import { fileFailure } from "./local-path.js";

/** Bytes that wait before they are written at once. */
const BUFFER_BYTES = 262_144;
const LINE_END = Buffer.from("\n");

/** Where and how a sink writes. */
export interface FileTarget {
  readonly directory: string;
  /** Ending of the files, without the dot. */
  readonly extension: string;
  readonly createEncoder: () => Encoder;
}

/** The file that a writer appends to, and how long it is: a restore cuts it back to that. */
interface FileSnapshot {
  readonly file: string;
  readonly length: number;
}

/**
 * Appends rows to a file of each writer's own, `part-<writer>-<n>`.
 *
 * Guarantee: at least once; exactly once after a restore, which cuts the file back to what the checkpoint covers.
 */
export class FileSink implements Sink<Row> {
  readonly #target: FileTarget;

  constructor(target: FileTarget) {
    this.#target = target;
  }

  async createWriter(context: WriterContext, restored?: JsonValue): Promise<SinkWriter<Row>> {
    const { directory, extension } = this.#target;
    try {
      await mkdir(directory, { recursive: true });
      const snapshot = restored as unknown as FileSnapshot | undefined;
      const file = snapshot?.file ?? (await nextFile(directory, context.writerIndex, extension));
      const writer = new FileWriter(join(directory, file), file, this.#target.createEncoder());
      if (snapshot !== undefined) await writer.cutBack(snapshot.length);
      return writer;
    } catch (error) {
      throw TributaryError.is(error) ? error : fileFailure("Writing to", directory, error);
    }
  }
}

/** The first name after those that are there. */
async function nextFile(directory: string, writerIndex: number, extension: string): Promise<string> {
  let next = 0;
  for (const name of await readdir(directory)) {
    const match = /^part-(\d+)-(\d+)\./.exec(name);
    if (match !== null && Number(match[1]) === writerIndex) next = Math.max(next, Number(match[2]) + 1);
  }
  return `part-${writerIndex}-${next}.${extension}`;
}

class FileWriter implements SinkWriter<Row> {
  readonly #path: string;
  readonly #file: string;
  readonly #encoder: Encoder;
  #handle: FileHandle | undefined;
  #pieces: Uint8Array[] = [];
  #pendingBytes = 0;
  /** Bytes in the file. */
  #length = 0;
  #isSynced = true;
  /** The file may be new: a crash can take its name with it until the directory is synced. */
  #isNameSynced = false;

  constructor(path: string, file: string, encoder: Encoder) {
    this.#path = path;
    this.#file = file;
    this.#encoder = encoder;
  }

  /** Opens the file of an earlier run and forgets what it wrote after its checkpoint. */
  async cutBack(length: number): Promise<void> {
    if (length === 0) {
      // The earlier run may or may not have come to write.
      await this.#open(constants.O_TRUNC);
      return;
    }
    this.#handle = await open(this.#path, constants.O_WRONLY);
    const { size } = await this.#handle.stat();
    if (size < length) {
      await this.close();
      throw new TributaryError({
        severity: "error",
        code: "CHECKPOINT_UNUSABLE",
        message: `The file '${this.#path}' has ${size} bytes, but the checkpoint covers ${length}.`,
        value: this.#path,
        hint: "Bring the file back, or start anew.",
      });
    }
    await this.#handle.truncate(length);
    this.#length = length;
  }

  async #open(how: number): Promise<FileHandle> {
    return (this.#handle ??= await open(this.#path, constants.O_WRONLY | constants.O_CREAT | how, 0o666));
  }

  async write(rows: readonly Row[]): Promise<void> {
    for (const message of this.#encoder.encode(rows)) {
      if (message === null) continue;
      this.#pieces.push(message, LINE_END);
      this.#pendingBytes += message.length + 1;
    }
    if (this.#pendingBytes >= BUFFER_BYTES) await this.#append();
  }

  async #append(): Promise<void> {
    if (this.#pendingBytes === 0) return;
    const bytes = Buffer.concat(this.#pieces, this.#pendingBytes);
    this.#pieces = [];
    this.#pendingBytes = 0;
    try {
      const handle = await this.#open(constants.O_EXCL);
      for (let at = 0; at < bytes.length;) {
        const { bytesWritten } = await handle.write(bytes, at, bytes.length - at, this.#length);
        at += bytesWritten;
        this.#length += bytesWritten;
      }
      this.#isSynced = false;
    } catch (error) {
      throw fileFailure("Writing to", this.#path, error);
    }
  }

  async flush(): Promise<void> {
    await this.#append();
    if (this.#isSynced) return;
    try {
      await this.#handle?.sync();
      if (!this.#isNameSynced) await directoryFiles(dirname(this.#path)).syncNames();
      this.#isNameSynced = true;
      this.#isSynced = true;
    } catch (error) {
      throw fileFailure("Writing to", this.#path, error);
    }
  }

  snapshot(): JsonValue {
    return { file: this.#file, length: this.#length };
  }

  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close().catch(() => undefined);
  }
}
