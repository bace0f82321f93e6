import type { JsonValue } from "../../types/json-value.js";
import type { SinkWriter } from "../../connector/sink.js";
import type { WriteBinding } from "../../pipeline/graph.js";
import type { Pressure, Push } from "./push.js";
import { stepError } from "./step-error.js";

/** Most elements given to a writer in one call. */
const WRITE_ELEMENTS_MAX = 1_000;

/**
 * The end of a branch: collects a bundle's elements and hands them to the writer when the bundle is complete. Calls of
 * the writer stand in line; whoever handed elements over waits until they are accepted, and that is the back-pressure.
 */
export class SinkStep {
  readonly name: string;
  /** Table or step, for counters. */
  readonly label: string;
  readonly #binding: WriteBinding;
  readonly #pressure: Pressure;
  #writer: SinkWriter<unknown> | undefined;
  #elements: unknown[] = [];
  #line: Promise<void> = Promise.resolve();
  #unaccepted = 0;
  /** Elements accepted by the writer; a restored job goes on counting. */
  written = 0;

  constructor(name: string, binding: WriteBinding, pressure: Pressure) {
    this.name = name;
    this.label = binding.table ?? name;
    this.#binding = binding;
    this.#pressure = pressure;
  }

  /** True while the writer has not yet accepted what it was given. */
  get isBackPressured(): boolean {
    return this.#unaccepted > 0;
  }

  get sink(): WriteBinding["sink"] {
    return this.#binding.sink;
  }

  use(writer: SinkWriter<unknown>): void {
    this.#writer = writer;
  }

  readonly push: Push = (value) => {
    this.#elements.push(value);
    this.#pressure.waiting += 1;
  };

  /** Gives what was collected to the writer; resolves when it is accepted, `undefined` when there is nothing. */
  handOver(): Promise<void> | undefined {
    const elements = this.#elements;
    if (elements.length === 0) return undefined;
    this.#elements = [];
    this.#pressure.waiting -= elements.length;
    this.#unaccepted += 1;
    this.#line = this.#line.then(() => this.#write(elements));
    // Whoever waits sees a failure; nobody does once the job has ended otherwise.
    this.#line.catch(() => {});
    return this.#line;
  }

  /** Resolves when everything accepted is durable. Called between bundles only. */
  async flush(): Promise<void> {
    await this.#line;
    try {
      await this.#writer?.flush();
    } catch (error) {
      throw stepError(this.name, error);
    }
  }

  snapshot(): JsonValue | undefined {
    return this.#writer?.snapshot?.();
  }

  async checkpointCompleted(): Promise<void> {
    await this.#writer?.checkpointCompleted?.();
  }

  async close(): Promise<void> {
    await this.#writer?.close();
  }

  async #write(elements: readonly unknown[]): Promise<void> {
    const writer = this.#writer;
    if (writer === undefined) return;
    try {
      const { prepare } = this.#binding;
      for (let from = 0; from < elements.length; from += WRITE_ELEMENTS_MAX) {
        const chunk =
          elements.length <= WRITE_ELEMENTS_MAX ? elements : elements.slice(from, from + WRITE_ELEMENTS_MAX);
        const prepared = prepare === undefined ? chunk : prepare(chunk);
        if (prepared.length === 0) continue;
        await writer.write(prepared);
        this.written += prepared.length;
      }
    } catch (error) {
      throw stepError(this.name, error);
    }
    this.#unaccepted -= 1;
  }
}
