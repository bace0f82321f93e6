/**
 * Aligns the shards of a job by arrival time, so that one that is far ahead does not pile up windows while another
 * catches up. Records wait in a queue a shard and are handed on in the order of their arrival; handing on pauses while
 * the earliest is later than the slowest reader's watermark and the look-ahead.
 *
 * After the watermark synchronisation of Apache Flink's Kinesis connector, whose SQL tables cannot turn it on.
 */
import type { Clock, EmitValue, SourceFunctionContext, TimerHandle } from "@tributary/core";

import type { KinesisRecord } from "../client/kinesis-client.js";
import type { SyncSettings } from "./source-settings.js";

/** Records that are handed on before acceptance is waited for. */
const ROUND_RECORDS_MAX = 1_000;

/** The least watermark of all readers of a source that have reported lately. Never goes back. */
export class GlobalWatermark {
  readonly #reports = new Map<number, { readonly watermark: number; readonly atMs: number }>();
  #value = -Infinity;

  /** @returns the global watermark after the report. @param staleMs - a reader silent for longer does not count. */
  report(reader: number, watermark: number, clock: Clock, staleMs: number): number {
    const nowMs = clock.now();
    this.#reports.set(reader, { watermark, atMs: nowMs });
    let least = Infinity;
    for (const one of this.#reports.values()) {
      if (nowMs - one.atMs <= staleMs && one.watermark < least) least = one.watermark;
    }
    if (least !== Infinity && least > this.#value) this.#value = least;
    return this.#value;
  }
}

type HandOn = (record: KinesisRecord, emit: EmitValue<KinesisRecord>) => void;

interface Waiting {
  readonly record: KinesisRecord;
  readonly handOn: HandOn;
}

interface ShardQueue {
  readonly waiting: Waiting[];
  /** Arrival of the last record that was handed on. */
  watermark: number;
  /** Wakes the shard's consumer when there is room, or nothing left. */
  wake: (() => void) | undefined;
  isAtTip: boolean;
}

/** Queues in front of one reader's emissions. */
export class RecordSynchronizer {
  readonly #settings: SyncSettings;
  readonly #context: SourceFunctionContext<KinesisRecord>;
  readonly #global: GlobalWatermark;
  readonly #signal: AbortSignal;
  readonly #queues = new Map<string, ShardQueue>();
  #maxEmitMs = Infinity;
  #localWatermark = -Infinity;
  #globalWatermark = -Infinity;
  #wake: (() => void) | undefined;
  #timer: TimerHandle | undefined;

  constructor(
    settings: SyncSettings,
    context: SourceFunctionContext<KinesisRecord>,
    global: GlobalWatermark,
    signal: AbortSignal,
  ) {
    this.#settings = settings;
    this.#context = context;
    this.#global = global;
    this.#signal = signal;
    const group = context.metrics.group("subtaskId").group(String(context.subtaskIndex));
    group.gauge("localWatermark", () => this.#localWatermark);
    group.gauge("globalWatermark", () => this.#globalWatermark);
    signal.addEventListener("abort", () => this.#stop(), { once: true });
  }

  open(shardId: string): void {
    this.#queues.set(shardId, { waiting: [], watermark: -Infinity, wake: undefined, isAtTip: false });
  }

  /** Nothing more is there to be read of the shard for now: an empty queue of it holds nothing back. */
  setAtTip(shardId: string, isAtTip: boolean): void {
    const queue = this.#queues.get(shardId);
    if (queue !== undefined) queue.isAtTip = isAtTip;
  }

  /** Resolves when all records have found a place. */
  async enqueue(shardId: string, records: readonly KinesisRecord[], handOn: HandOn): Promise<void> {
    const queue = this.#queues.get(shardId);
    if (queue === undefined) return;
    for (const record of records) {
      while (queue.waiting.length >= this.#settings.queueCapacity) await this.#moved(queue);
      queue.waiting.push({ record, handOn });
      if (queue.waiting.length === 1) this.#wake?.();
    }
  }

  /** Resolves when everything of the shard is handed on. */
  async finish(shardId: string): Promise<void> {
    const queue = this.#queues.get(shardId);
    while (queue !== undefined && queue.waiting.length > 0) await this.#moved(queue);
    this.#queues.delete(shardId);
  }

  /** Hands records on until the job ends. @throws the signal's reason. */
  async run(): Promise<void> {
    this.#schedule();
    for (;;) {
      this.#signal.throwIfAborted();
      const accepted: Promise<void>[] = [];
      for (let count = 0; count < ROUND_RECORDS_MAX; count += 1) {
        const next = this.#earliest();
        if (next === undefined) break;
        accepted.push(this.#handOn(...next));
      }
      if (accepted.length > 0) await Promise.all(accepted);
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
  }

  /** The shard whose first record is the earliest, unless that is too far ahead. */
  #earliest(): readonly [string, ShardQueue] | undefined {
    let earliest: readonly [string, ShardQueue] | undefined;
    let earliestMs = Infinity;
    for (const [shardId, queue] of this.#queues) {
      const headMs = queue.waiting[0]?.record.arrivalMs ?? Infinity;
      if (headMs < earliestMs) [earliest, earliestMs] = [[shardId, queue], headMs];
    }
    return earliestMs > this.#maxEmitMs ? undefined : earliest;
  }

  #handOn(part: string, queue: ShardQueue): Promise<void> {
    const { record, handOn } = queue.waiting.shift() as Waiting;
    queue.watermark = Math.max(queue.watermark, record.arrivalMs);
    queue.wake?.();
    return this.#context.underCheckpointLock((emit) => handOn(record, emit), { part });
  }

  async #moved(queue: ShardQueue): Promise<void> {
    this.#signal.throwIfAborted();
    await new Promise<void>((resolve) => {
      queue.wake = resolve;
    });
    this.#signal.throwIfAborted();
  }

  #schedule(): void {
    this.#timer = this.#context.clock.setTimer(this.#settings.intervalMs, () => {
      this.#exchange();
      this.#schedule();
    });
  }

  /** Three intervals: a reader that reports late is still heard, and none runs into a limit between two reports. */
  #exchange(): void {
    const { intervalMs, lookAheadMs } = this.#settings;
    const local = this.#local();
    if (local > this.#localWatermark) this.#localWatermark = local;
    const { clock, subtaskIndex } = this.#context;
    const reported = local === Infinity ? Infinity : this.#localWatermark;
    this.#globalWatermark = this.#global.report(subtaskIndex, reported, clock, 3 * intervalMs);
    if (this.#globalWatermark === -Infinity) return;
    this.#maxEmitMs = this.#globalWatermark + Math.max(lookAheadMs, 3 * intervalMs);
    this.#wake?.();
  }

  /** Infinite where no shard holds anything back. */
  #local(): number {
    let least = Infinity;
    for (const { waiting, watermark, isAtTip } of this.#queues.values()) {
      const head = waiting[0];
      if (head === undefined && isAtTip) continue;
      least = Math.min(
        least,
        head === undefined ? watermark : Math.max(watermark, head.record.arrivalMs - 1),
      );
    }
    return least;
  }

  #stop(): void {
    this.#timer?.cancel();
    this.#wake?.();
    for (const queue of this.#queues.values()) queue.wake?.();
  }
}
