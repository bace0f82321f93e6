import { setImmediate as nextTurn } from "node:timers/promises";
import type { Clock, Logger, TimerHandle } from "../../connector/services.js";
import { TributaryError } from "../../diagnostics/error.js";
import { encodeCheckpoint } from "./checkpoint-format.js";
import type { CheckpointStore } from "./checkpoint-store.js";
import type { StartingPoint } from "./restore.js";
import type { Snapshot } from "./snapshot.js";

/** Time between two checkpoints, in milliseconds. */
export const CHECKPOINT_INTERVAL_DEFAULT_MS = 10_000;
/** Complete checkpoints that are kept. */
export const CHECKPOINTS_RETAINED_DEFAULT = 2;

/** What a job does for a checkpoint. */
export interface Checkpointed {
  /** Brings the job to rest, flushes the sinks, gives the cut and lets the job go on. */
  cut(isDrained: boolean): Promise<Snapshot>;
  /** The checkpoint is durable. */
  completed(): Promise<void>;
  fail(error: unknown): void;
}

export interface CheckpointerParts {
  readonly store: CheckpointStore;
  readonly start: StartingPoint;
  readonly intervalMs: number;
  /** Complete checkpoints that are kept; at least 1. */
  readonly retained: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly job: Checkpointed;
}

/** Takes checkpoints one after the other: at intervals, and when asked. */
export class Checkpointer {
  readonly #parts: CheckpointerParts;
  #nextId: number;
  /** Checkpoints that are in the way: they are removed when the next one is complete. */
  #surplus: readonly number[];
  /** Complete checkpoints of this job, the restored one among them, oldest first. */
  readonly #own: number[] = [];
  #line: Promise<void> = Promise.resolve();
  #timer: TimerHandle | undefined;
  #isClosed = false;
  #completed = 0;
  #lastDurationMs: number | undefined;

  constructor(parts: CheckpointerParts) {
    this.#parts = parts;
    const { restored, nextId, replaces } = parts.start;
    this.#nextId = nextId;
    this.#surplus = replaces;
    if (restored !== undefined) this.#own.push(restored.id);
  }

  get completed(): number {
    return this.#completed;
  }

  get lastDurationMs(): number | undefined {
    return this.#lastDurationMs;
  }

  /** Starts the interval. A fresh start over older checkpoints takes one at once, which replaces them. */
  start(): void {
    const { restored, replaces } = this.#parts.start;
    if (restored === undefined && replaces.length > 0) this.#takeInBackground();
    else this.#arm(this.#parts.intervalMs);
  }

  /** Takes a checkpoint after those that are under way. */
  take(isDrained: boolean): Promise<void> {
    this.#line = this.#line.then(() => this.#take(isDrained));
    // Whoever asked sees a failure; the line goes no further after one.
    this.#line.catch(() => {});
    return this.#line;
  }

  /** No checkpoint begins any more. Resolves when none is under way: until then the store is in use. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    await this.#line.catch(() => {});
  }

  #arm(delayMs: number): void {
    if (this.#isClosed) return;
    this.#timer = this.#parts.clock.setTimer(delayMs, () => this.#takeInBackground());
  }

  #takeInBackground(): void {
    const { clock, intervalMs, job } = this.#parts;
    const begin = clock.now();
    this.take(false).then(
      () => this.#arm(Math.max(0, intervalMs - (clock.now() - begin))),
      (error: unknown) => job.fail(error),
    );
  }

  async #take(isDrained: boolean): Promise<void> {
    if (this.#isClosed) return;
    const { store, clock, logger, job } = this.#parts;
    const begin = clock.now();
    const snapshot = await job.cut(isDrained);
    const id = this.#nextId++;
    await writeTo(store, id, snapshot);
    this.#own.push(id);
    await this.#removeOld();
    this.#completed += 1;
    this.#lastDurationMs = clock.now() - begin;
    logger.debug("checkpoint complete", { id, durationMs: this.#lastDurationMs });
    await job.completed();
  }

  /** What cannot be removed is left and tried again with the next checkpoint. */
  async #removeOld(): Promise<void> {
    const { store, logger, retained } = this.#parts;
    const surplus = [...this.#surplus, ...this.#own.splice(0, Math.max(0, this.#own.length - retained))];
    const left: number[] = [];
    for (const id of surplus) {
      try {
        await store.remove(id);
      } catch (error) {
        left.push(id);
        logger.warn("an old checkpoint cannot be removed", { id, reason: String(error) });
      }
    }
    this.#surplus = left;
  }
}

async function writeTo(store: CheckpointStore, id: number, snapshot: Snapshot): Promise<void> {
  try {
    await store.write(id, await encodeCheckpoint(snapshot, () => nextTurn()));
  } catch (error) {
    if (TributaryError.is(error)) throw error;
    throw new TributaryError(
      {
        severity: "error",
        code: "EXTERNAL_FAILED",
        message: `A checkpoint cannot be written to '${store.description}': ${error instanceof Error ? error.message : String(error)}.`,
        value: store.description,
        hint: "The checkpoints before it are whole: make room, then continue with --restore.",
      },
      { cause: error },
    );
  }
}
