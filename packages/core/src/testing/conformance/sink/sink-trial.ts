import { isDeepStrictEqual } from "node:util";
import type { SinkWriter } from "../../../connector/sink.js";
import type { JsonValue } from "../../../types/json-value.js";
import { Mismatch, listed } from "../conformance-case.js";
import type { Waiting } from "../waiting.js";
import { WatchedServices } from "../watched-services.js";
import type { SinkHarness, SinkSubject } from "./sink-harness.js";

/** Elements of one call of `write`. */
export const CALL_ELEMENTS = 40;

/** One case's destination and writers. */
export class SinkTrial<T, S extends SinkSubject<T>> {
  readonly subject: S;
  readonly services: WatchedServices;
  readonly waiting: Waiting;
  /** What writers told the job. */
  readonly failures: unknown[] = [];
  readonly #harness: SinkHarness<T, S>;
  readonly #writers: SinkWriter<T>[] = [];

  constructor(harness: SinkHarness<T, S>, subject: S, waiting: Waiting) {
    this.#harness = harness;
    this.subject = subject;
    this.waiting = waiting;
    this.services = new WatchedServices(harness.clock);
  }

  async open(
    run: { readonly restored?: JsonValue; readonly writerIndex?: number; readonly parallelism?: number } = {},
  ): Promise<SinkWriter<T>> {
    const { restored, writerIndex = 0, parallelism = 1 } = run;
    const { clock, logger, metrics, random } = this.services;
    const context = {
      clock,
      logger,
      metrics,
      random,
      writerIndex,
      parallelism,
      signal: new AbortController().signal,
      fail: (error: unknown) => void this.failures.push(error),
    };
    const opening = this.subject.sink().createWriter(context, restored);
    const writer = await this.waiting.within(opening, "createWriter resolves");
    this.#writers.push(writer);
    return writer;
  }

  /** Elements `from` to before `to`. */
  elements(from: number, to: number): T[] {
    return Array.from({ length: to - from }, (_, index) => this.#harness.element(from + index));
  }

  /** Writes elements `from` to before `to` in calls of some. */
  async write(writer: SinkWriter<T>, from: number, to: number): Promise<void> {
    for (let start = from; start < to; start += CALL_ELEMENTS) {
      const call = writer.write(this.elements(start, Math.min(to, start + CALL_ELEMENTS)));
      await this.waiting.within(call, "write resolves while the destination answers");
    }
  }

  flush(writer: SinkWriter<T>): Promise<void> {
    return this.waiting.within(writer.flush(), "flush resolves while the destination answers");
  }

  close(writer: SinkWriter<T>): Promise<void> {
    return this.waiting.within(writer.close(), "close resolves");
  }

  names(from: number, to: number): readonly string[] {
    return this.elements(from, to).map((element) => this.#harness.identify(element));
  }

  async end(): Promise<void> {
    for (const writer of this.#writers) await this.close(writer);
  }
}

/** The snapshot as a checkpoint brings it back. */
export function plainSnapshot<T>(writer: SinkWriter<T>): JsonValue | undefined {
  const snapshot = writer.snapshot?.();
  if (snapshot === undefined) return undefined;
  const read = JSON.parse(JSON.stringify(snapshot)) as JsonValue;
  if (!isDeepStrictEqual(read, snapshot)) {
    throw new Mismatch(
      "a snapshot that is plain JSON",
      "it is another one after JSON.stringify and JSON.parse",
    );
  }
  return read;
}

/** @throws Mismatch unless the destination has every element, as often as it may, and nothing else. */
export function expectWritten(
  expected: readonly string[],
  written: readonly string[],
  times: "once" | "at least once",
): void {
  const found = new Map<string, number>();
  for (const name of written) found.set(name, (found.get(name) ?? 0) + 1);
  const known = new Set(expected);
  const problems = [
    ["missing", expected.filter((name) => !found.has(name))],
    ["repeated", times === "once" ? expected.filter((name) => (found.get(name) ?? 0) > 1) : []],
    ["unexpected", [...found.keys()].filter((name) => !known.has(name))],
  ] as const;
  const wrong = problems.filter(([, names]) => names.length > 0);
  if (wrong.length === 0) return;
  throw new Mismatch(
    `all ${expected.length} elements at the destination, ${times}`,
    wrong.map(([what, names]) => `${names.length} ${what}: ${listed(names)}`).join("; "),
  );
}
