/**
 * Where checkpoints are kept. A store belongs to one job at a time; what it writes is there whole or not at all.
 *
 * @public
 */
export interface CheckpointStore {
  /** Where, for messages. */
  readonly description: string;
  /**
   * Makes the store this job's own.
   *
   * @throws `CHECKPOINT_UNUSABLE` if a live process has it, or it cannot be reached.
   */
  acquire(): Promise<void>;
  /** Numbers of the complete checkpoints, newest first. A complete one may still turn out damaged when it is read. */
  list(): Promise<readonly number[]>;
  /** The bytes as written. */
  read(id: number): Promise<Uint8Array>;
  /**
   * Writes a checkpoint so that a crash at any instant leaves those before it whole. Resolves when it is durable.
   *
   * @param id - greater than any written before.
   * @param parts - the checkpoint's bytes in pieces; read during the call.
   */
  write(id: number, parts: readonly Uint8Array[]): Promise<void>;
  /** Removes a checkpoint; one that is not there is fine. */
  remove(id: number): Promise<void>;
  /** Gives the store up. Idempotent. */
  release(): Promise<void>;
}
