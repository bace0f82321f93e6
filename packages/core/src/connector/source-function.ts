import type { JsonValue } from "../types/json-value.js";
import type { Services } from "./services.js";

/**
 * The older, push-style reading: the function runs until it is cancelled and emits when it pleases. The runner drives
 * it beside split-based sources.
 *
 * After `SourceFunction` and `CheckpointedFunction` of Apache Flink.
 *
 * @public
 */
export interface SourceFunction<T> {
  /** Reads until `cancel` is called or the data ends. Emits and moves its state only under the checkpoint lock. */
  run(context: SourceFunctionContext<T>): Promise<void>;
  /** Makes `run` return soon. Idempotent. */
  cancel(): void;
  /** The state to continue from; called under the checkpoint lock. */
  snapshot(): readonly JsonValue[];
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
   */
  underCheckpointLock(emitAndAdvance: (emit: (value: T, timestampMs: number) => void) => void): Promise<void>;
  /** Nothing to read for now: this subtask holds no watermark until it emits again. */
  markIdle(): void;
}
