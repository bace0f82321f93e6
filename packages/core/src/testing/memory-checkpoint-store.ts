import type { CheckpointStore } from "../runner/checkpoint/checkpoint-store.js";

/** Checkpoints in memory, for tests that restore within one process. @public */
export class MemoryCheckpointStore implements CheckpointStore {
  readonly description = "memory";
  /** Bytes by number. */
  readonly checkpoints = new Map<number, Uint8Array>();
  /** True while a job has it. */
  isAcquired = false;

  async acquire(): Promise<void> {
    this.isAcquired = true;
  }

  async list(): Promise<readonly number[]> {
    return [...this.checkpoints.keys()].sort((a, b) => b - a);
  }

  async read(id: number): Promise<Uint8Array> {
    const bytes = this.checkpoints.get(id);
    if (bytes === undefined) throw new Error(`there is no checkpoint ${id}`);
    return bytes;
  }

  async write(id: number, parts: readonly Uint8Array[]): Promise<void> {
    this.checkpoints.set(id, Buffer.concat(parts));
  }

  async remove(id: number): Promise<void> {
    this.checkpoints.delete(id);
  }

  async release(): Promise<void> {
    this.isAcquired = false;
  }
}
