import type { Sink, SinkWriter, WriterContext } from "../connector/sink.js";
import type { JsonValue } from "../types/json-value.js";

/** A sink that keeps what it accepts and can be slow or fail on command. @public */
export class CollectingSink<T> implements Sink<T> {
  /** Everything accepted, in order, over all writers. */
  readonly values: T[] = [];
  /** Calls of the writer, e.g. `write 3`, `flush`, `snapshot`, `completed`, `close`. */
  readonly calls: string[] = [];
  /** What writers were restored from. */
  readonly restored: JsonValue[] = [];
  /** Most elements of one call of `write`. */
  largestWrite = 0;
  /** Context of the newest writer. */
  context: WriterContext | undefined;
  #gate: Promise<void> | undefined;
  #open: (() => void) | undefined;
  #failure: { readonly error: unknown; readonly in: "write" | "flush" } | undefined;

  /** Leaves every `write` from now on pending until {@link resume}. */
  pause(): void {
    this.#gate ??= new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  resume(): void {
    this.#gate = undefined;
    this.#open?.();
  }

  /** Makes the next call reject. */
  failNext(call: "write" | "flush", error: unknown): void {
    this.#failure = { error, in: call };
  }

  createWriter(context: WriterContext, restored?: JsonValue): Promise<SinkWriter<T>> {
    this.context = context;
    if (restored !== undefined) this.restored.push(restored);
    return Promise.resolve({
      write: async (elements) => {
        this.calls.push(`write ${elements.length}`);
        this.#failIf("write");
        while (this.#gate !== undefined) await this.#gate;
        this.largestWrite = Math.max(this.largestWrite, elements.length);
        for (const element of elements) this.values.push(element);
      },
      flush: async () => {
        this.calls.push("flush");
        this.#failIf("flush");
      },
      snapshot: () => {
        this.calls.push("snapshot");
        return this.values.length;
      },
      checkpointCompleted: async () => {
        this.calls.push("completed");
      },
      close: async () => {
        this.calls.push("close");
        this.resume();
      },
    });
  }

  #failIf(call: "write" | "flush"): void {
    if (this.#failure?.in !== call) return;
    const { error } = this.#failure;
    this.#failure = undefined;
    throw error;
  }
}
