import type { JsonValue } from "../types/json-value.js";
import type { Services } from "./services.js";

/**
 * The older, push-style reading: the function runs until it is cancelled and emits when it pleases. The runner drives
 * it beside split-based sources. A client that calls back fits it; one that is polled is better off as a `Source`.
 *
 * After `SourceFunction` and `CheckpointedFunction` of Apache Flink.
 *
 * @public
 */
export interface SourceFunction<T> {
  /**
   * Reads until `cancel` is called or the data ends. Emits and moves its state only under the checkpoint lock.
   *
   * @throws what cannot be recovered from; the job then fails.
   */
  run(context: SourceFunctionContext<T>): Promise<void>;
  /** Makes `run` return soon, with everything released. Idempotent. */
  cancel(): void;
  /** The state to continue from, as a list of plain JSON; called under the checkpoint lock. */
  snapshot(): readonly JsonValue[];
}

/** Hands a value on, with its event time in milliseconds. Only inside the call that it was lent to. @public */
export type EmitValue<T> = (value: T, timestampMs: number) => void;

/** What emissions belong to. @public */
export interface EmissionPart {
  /** One that was opened with {@link SourceFunctionContext.openParts}. */
  readonly part: string;
  /** How far the last of them is behind the tip of the part, in milliseconds, if the function knows. */
  readonly lagMs?: number;
}

/** What the runner lends to a source function. @public */
export interface SourceFunctionContext<T> extends Services {
  readonly subtaskIndex: number;
  readonly parallelism: number;
  readonly signal: AbortSignal;
  /** Union of what all subtasks returned from `snapshot`; absent on a fresh start. */
  readonly restored?: readonly JsonValue[];
  /**
   * Runs `emitAndAdvance` so that no checkpoint falls between its emissions and its change of state. Resolves when
   * what it emitted has been accepted downstream: that is the back-pressure.
   *
   * @param of - the part that emissions belong to; absent for a function without parts.
   */
  underCheckpointLock(emitAndAdvance: (emit: EmitValue<T>) => void, of?: EmissionPart): Promise<void>;
  /**
   * Begins parts of the data that are read beside each other, such as shards. Each has a watermark of its own, and the
   * function's is the least of those that are not idle. The first call names every part that a restored function
   * continues: others that were open before the restore are closed with it. Parts that are open already stay so.
   */
  openParts(ids: readonly string[]): void;
  /** Nothing follows of the part: it holds no watermark any longer. */
  closePart(id: string): void;
  /** Nothing to read for now: this subtask, or one part of it, holds no watermark until it emits again. */
  markIdle(part?: string): void;
  /**
   * Is everything read that there is? A job that is to end when idle waits until it is. A function that never says so
   * counts as caught up whenever it emits nothing.
   */
  setCaughtUp(isCaughtUp: boolean): void;
}
