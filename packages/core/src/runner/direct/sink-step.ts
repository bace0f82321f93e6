import type { SinkWriter } from "../../connector/sink.js";
import type { WriteBinding } from "../../pipeline/graph.js";
import type { SinkSnapshot } from "../checkpoint/snapshot.js";
import type { Pressure, Push } from "./push.js";
import { stepError } from "./step-error.js";

/** Most elements given to a writer in one call. */
const WRITE_ELEMENTS_MAX = 1_000;

/**
 * The end of a branch: collects a bundle's elements and hands them to a writer when the bundle is complete; where there are
 * several, bundles take them in turn. Calls of a writer stand in line; whoever handed elements over waits until they are accepted, and that is the back-pressure.
 */
export class SinkStep {
  readonly name: string;
  /** Table or step, for counters. */
  readonly label: string;
  readonly #binding: WriteBinding;
  readonly #pressure: Pressure;
  #writers: readonly SinkWriter<unknown>[] = [];
  /** Index of the writer that takes the next bundle. */
  #turn = 0;
  #elements: unknown[] = [];
  /** By writer. */
  #lines: Promise<void>[] = [];
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

  /** @param writers - by index; one or more. */
  use(writers: readonly SinkWriter<unknown>[]): void {
    this.#writers = writers;
    this.#lines = writers.map(() => Promise.resolve());
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
    const turn = this.#turn;
    this.#turn = turn + 1 < this.#writers.length ? turn + 1 : 0;
    const writer = this.#writers[turn];
    const line = (this.#lines[turn] ?? Promise.resolve()).then(() => this.#write(writer, elements));
    this.#lines[turn] = line;
    // Whoever waits sees a failure; nobody does once the job has ended otherwise.
    line.catch(() => {});
    return line;
  }

  /** Resolves when everything accepted is durable. Called between bundles only. */
  async flush(): Promise<void> {
    await Promise.all(this.#lines);
    try {
      await Promise.all(this.#writers.map((writer) => writer.flush()));
    } catch (error) {
      throw stepError(this.name, error);
    }
  }

  /** What the writers leave, by index; nothing where none keeps state. */
  snapshot(): Pick<SinkSnapshot, "state" | "states"> {
    const states = this.#writers.map((writer) => writer.snapshot?.());
    if (states.every((state) => state === undefined)) return {};
    const [only, ...others] = states;
    return others.length === 0 && only !== undefined
      ? { state: only }
      : { states: states.map((state) => state ?? null) };
  }

  async checkpointCompleted(): Promise<void> {
    await Promise.all(this.#writers.map(async (writer) => writer.checkpointCompleted?.()));
  }

  async close(): Promise<void> {
    await Promise.all(this.#writers.map((writer) => writer.close()));
  }

  async #write(writer: SinkWriter<unknown> | undefined, elements: readonly unknown[]): Promise<void> {
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
