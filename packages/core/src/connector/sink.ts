import type { JsonValue } from "../types/json-value.js";
import type { Services } from "./services.js";

/** Describes where to write: immutable, cheap to make, opens nothing. @public */
export interface Sink<T> {
  /** @param restored - what {@link SinkWriter.snapshot} returned in the checkpoint restored from. */
  createWriter(context: WriterContext, restored?: JsonValue): Promise<SinkWriter<T>>;
}

/** What the runner lends to a writer. @public */
export interface WriterContext extends Services {
  readonly writerIndex: number;
  readonly parallelism: number;
  /** Aborted when the job is cancelled or fails; not when it stops or drains in good order. */
  readonly signal: AbortSignal;
  /** Fails the job from background work, e.g. a batch that a timer sent. */
  fail(error: unknown): void;
}

/**
 * Writes elements to one destination. One writer a worker; calls do not overlap.
 *
 * Guarantee: at least once, unless the sink documents more. After FLIP-143 and FLIP-171 of Apache Flink.
 *
 * @public
 */
export interface SinkWriter<T> {
  /**
   * Buffers elements. Resolves when all of them are accepted, not when they are sent; stays pending while the buffer
   * is full: that is the back-pressure.
   *
   * @param elements - one or more; read during the call, never kept beyond it or changed.
   */
  write(elements: readonly T[]): Promise<void>;
  /** Resolves when every accepted element is durable; rejects with the first fatal error. */
  flush(): Promise<void>;
  /** What a writer that continues from this moment must know. Called after `flush`, synchronous. */
  snapshot?(): JsonValue;
  /** A checkpoint that contains the last snapshot is complete. */
  checkpointCompleted?(): Promise<void>;
  /** Releases the client without flushing. Idempotent; never rejects. */
  close(): Promise<void>;
}
