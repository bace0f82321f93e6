import { TributaryError } from "../../diagnostics/error.js";
import type { CheckpointStore } from "./checkpoint-store.js";
import { codeOfFailure } from "./store-failure.js";
import { directoryFiles, systemCode, type DirectoryFiles } from "./directory-files.js";
import { DirectoryLock } from "./directory-lock.js";

const NAME = /^checkpoint-(\d{10,16})$/;
const PARTIAL_SUFFIX = ".partial";

/**
 * Checkpoints as files of a directory, one each. A checkpoint is written under another name, made durable, then renamed:
 * its name appears only when it is whole.
 *
 * @public
 */
export class DirectoryCheckpointStore implements CheckpointStore {
  readonly description: string;
  readonly #files: DirectoryFiles;
  readonly #lock: DirectoryLock;

  /** @param files - how the directory is reached; the machine's file system by default. */
  constructor(directory: string, files: DirectoryFiles = directoryFiles(directory)) {
    this.description = directory;
    this.#files = files;
    this.#lock = new DirectoryLock(directory, files);
  }

  async acquire(): Promise<void> {
    try {
      await this.#files.makeDirectory();
      await this.#lock.acquire();
      await this.#removePartial();
    } catch (error) {
      throw this.#unusable("cannot be used", error);
    }
  }

  async list(): Promise<readonly number[]> {
    let names: readonly string[];
    try {
      names = await this.#files.list();
    } catch (error) {
      if (systemCode(error) === "ENOENT") return [];
      throw this.#unusable("cannot be listed", error);
    }
    return names
      .flatMap((name) => NAME.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => b - a);
  }

  read(id: number): Promise<Uint8Array> {
    return this.#files.read(nameOf(id));
  }

  async write(id: number, parts: readonly Uint8Array[]): Promise<void> {
    const name = nameOf(id);
    try {
      await this.#files.writeDurably(name + PARTIAL_SUFFIX, parts);
      await this.#files.rename(name + PARTIAL_SUFFIX, name);
    } catch (error) {
      // On a full disk half a checkpoint would only be in the way.
      await this.#files.remove(name + PARTIAL_SUFFIX).catch(() => {});
      throw error;
    }
    await this.#files.syncNames();
  }

  remove(id: number): Promise<void> {
    return this.#files.remove(nameOf(id));
  }

  release(): Promise<void> {
    return this.#lock.release();
  }

  /** What a crash left behind. */
  async #removePartial(): Promise<void> {
    for (const name of await this.#files.list()) {
      if (name.endsWith(PARTIAL_SUFFIX) && NAME.test(name.slice(0, -PARTIAL_SUFFIX.length))) {
        await this.#files.remove(name);
      }
    }
  }

  #unusable(what: string, error: unknown): unknown {
    if (TributaryError.is(error)) return error;
    return new TributaryError(
      {
        severity: "error",
        code: codeOfFailure(error),
        message: `The checkpoint directory '${this.description}' ${what}: ${error instanceof Error ? error.message : String(error)}.`,
        value: this.description,
      },
      { cause: error },
    );
  }
}

function nameOf(id: number): string {
  return `checkpoint-${String(id).padStart(10, "0")}`;
}
