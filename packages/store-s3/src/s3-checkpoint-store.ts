import { TributaryError, type CheckpointStore } from "@tributary/core";

import { explainFailure } from "./explain-failure.js";
import { S3Lock } from "./s3-lock.js";
import { readLocation } from "./s3-location.js";
import { S3Objects, isUnknownCondition } from "./s3-objects.js";

const NAME = /^checkpoint-(\d{10,16})$/;
const NAME_START = "checkpoint-";
/** @see Amazon S3 User Guide, "Uploading objects": a single PUT. */
const OBJECT_BYTES_MAX = 5 * 1024 ** 3;

/**
 * Checkpoints as objects of a bucket, one each: `s3://BUCKET/PREFIX`. An object appears whole or not at all, and is never
 * written over.
 *
 * @example
 * const store = new S3CheckpointStore(new URL("s3://my-bucket/jobs/flights"));
 * await new DirectRunner().run(graph, { checkpoint: { directory: store.description, store } });
 * @public
 */
export class S3CheckpointStore implements CheckpointStore {
  readonly description: string;
  readonly #objects: S3Objects;
  readonly #lock: S3Lock;

  /** @throws `CHECKPOINT_UNUSABLE` if the URL is none of a bucket. */
  constructor(location: URL) {
    const read = readLocation(location);
    this.description = read.description;
    this.#objects = new S3Objects(read);
    this.#lock = new S3Lock(this.#objects, this.description);
  }

  acquire(): Promise<void> {
    return this.#explained("Taking the lock", () => this.#lock.acquire());
  }

  list(): Promise<readonly number[]> {
    return this.#explained("ListObjectsV2", async () => {
      const names = await this.#objects.list(NAME_START);
      return names
        .flatMap((name) => NAME.exec(name)?.[1] ?? [])
        .map(Number)
        .sort((a, b) => b - a);
    });
  }

  read(id: number): Promise<Uint8Array> {
    return this.#explained("GetObject", async () => {
      const found = await this.#objects.get(nameOf(id));
      if (found === undefined) throw new Error(`there is no object ${nameOf(id)}`);
      return found.bytes;
    });
  }

  write(id: number, parts: readonly Uint8Array[]): Promise<void> {
    return this.#explained("PutObject", async () => {
      const size = parts.reduce((sum, part) => sum + part.length, 0);
      if (size > OBJECT_BYTES_MAX)
        throw new Error(
          `a checkpoint of ${size} bytes is more than an object of ${OBJECT_BYTES_MAX} may hold`,
        );
      this.#lock.assertHeld();
      const bytes = Buffer.concat(parts, size);
      if (await this.#putNew(nameOf(id), bytes)) return;
      // An answer that was lost: the object may be ours.
      const there = await this.#objects.get(nameOf(id));
      if (there !== undefined && bytes.equals(there.bytes)) return;
      throw this.#writtenByOther(id);
    });
  }

  remove(id: number): Promise<void> {
    return this.#explained("DeleteObject", () => this.#objects.remove(nameOf(id)));
  }

  async release(): Promise<void> {
    try {
      await this.#explained("Releasing the lock", () => this.#lock.release());
    } finally {
      this.#objects.close();
    }
  }

  /** False if there is an object of the name. */
  async #putNew(name: string, bytes: Uint8Array): Promise<boolean> {
    try {
      return (await this.#objects.put(name, bytes, "absent")) !== undefined;
    } catch (error) {
      if (!isUnknownCondition(error)) throw error;
      return (await this.#objects.put(name, bytes)) !== undefined;
    }
  }

  #writtenByOther(id: number): TributaryError {
    return new TributaryError({
      severity: "error",
      code: "CHECKPOINT_UNUSABLE",
      message: `Another job has written the checkpoint ${id} to '${this.description}'.`,
      value: this.description,
      hint: "Give each job a prefix of its own.",
    });
  }

  async #explained<T>(operation: string, call: () => Promise<T>): Promise<T> {
    try {
      return await call();
    } catch (error) {
      throw explainFailure(operation, this.description, error);
    }
  }
}

function nameOf(id: number): string {
  return `${NAME_START}${String(id).padStart(10, "0")}`;
}
