import type { EmulatorClock } from "../clock.js";
import { notFound } from "../errors.js";
import type { RecordSlice } from "./record-log.js";
import type { Shard } from "./shard.js";
import { Stream, type StreamFacts, type StreamMode } from "./stream.js";

/** Where changes are written so that they outlive the process. */
export interface Journal {
  /** A stream is new or something other than its records has changed. */
  writeStream(facts: StreamFacts): void;
  writeDeletion(name: string, epochMs: number): void;
  writeRecords(stream: Stream, shard: Shard, records: RecordSlice): void;
  /** Resolves when everything written so far is on disk; undefined if nothing is outstanding. */
  flushed(): Promise<void> | undefined;
}

/** What an account is made of. */
export interface AccountSettings {
  readonly region: string;
  readonly accountId: string;
  readonly clock: EmulatorClock;
  /** How long a new stream stays CREATING, in ms; 0 for not at all. */
  readonly createStreamDelayMs: number;
  /** How long a stream stays UPDATING after a change of its shards, in ms. */
  readonly updateStreamDelayMs: number;
  /** How long a stream stays DELETING, in ms. */
  readonly deleteStreamDelayMs: number;
  /** How long a consumer stays CREATING, in ms. */
  readonly createConsumerDelayMs: number;
  /** How long a consumer stays DELETING, in ms. */
  readonly deleteConsumerDelayMs: number;
}

/** All streams of one account in one region. */
export class Account {
  readonly settings: AccountSettings;
  readonly clock: EmulatorClock;
  /** Called after records were added to a stream or its shards have changed. */
  onChange: (stream: Stream) => void = () => {};
  journal: Journal | undefined;
  readonly #streams = new Map<string, Stream>();
  #lastEpochMs = 0;

  constructor(settings: AccountSettings) {
    this.settings = settings;
    this.clock = settings.clock;
  }

  get id(): string {
    return this.settings.accountId;
  }

  streamArn(name: string): string {
    return `arn:aws:kinesis:${this.settings.region}:${this.settings.accountId}:stream/${name}`;
  }

  /** Streams by name, in the order of names. */
  get streams(): Stream[] {
    return [...this.#streams.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  find(name: string): Stream | undefined {
    return this.#streams.get(name);
  }

  /** @throws ResourceNotFoundException. */
  get(name: string): Stream {
    const stream = this.#streams.get(name);
    if (stream === undefined) throw notFound(`Stream ${name} under account ${this.id} not found.`);
    return stream;
  }

  create(name: string, shardCount: number, mode: StreamMode, change?: (stream: Stream) => void): Stream {
    const now = this.clock.now();
    this.#lastEpochMs = Math.max(now, this.#lastEpochMs + 1, 0);
    const epochMs = this.#lastEpochMs;
    const stream = new Stream({ name, arn: this.streamArn(name), epochMs, createdMs: now, mode });
    stream.fill(shardCount, now);
    change?.(stream);
    this.#streams.set(name, stream);
    this.journal?.writeStream(stream.facts);
    this.#passThrough(stream, "CREATING", this.settings.createStreamDelayMs, () => {});
    return stream;
  }

  delete(stream: Stream): void {
    this.journal?.writeDeletion(stream.name, stream.epochMs);
    this.#passThrough(stream, "DELETING", this.settings.deleteStreamDelayMs, () => {
      if (this.#streams.get(stream.name) === stream) this.#streams.delete(stream.name);
    });
    this.onChange(stream);
  }

  /** To be called after the shards of a stream have changed. */
  resharded(stream: Stream): void {
    this.changed(stream);
    this.#passThrough(stream, "UPDATING", this.settings.updateStreamDelayMs, () => {});
    this.onChange(stream);
  }

  /** To be called after anything else of a stream but its records has changed. */
  changed(stream: Stream): void {
    this.journal?.writeStream(stream.facts);
  }

  /** Puts back a stream as it was before a restart. */
  restore(facts: StreamFacts): void {
    this.#lastEpochMs = Math.max(this.#lastEpochMs, facts.epochMs);
    const known = this.#streams.get(facts.name);
    if (known?.epochMs === facts.epochMs) known.apply(facts);
    else this.#streams.set(facts.name, Stream.restore(facts));
  }

  restoreDeletion(name: string, epochMs: number): void {
    if (this.#streams.get(name)?.epochMs === epochMs) this.#streams.delete(name);
  }

  #passThrough(stream: Stream, status: Stream["status"], delayMs: number, then: () => void): void {
    if (delayMs <= 0) {
      then();
      return;
    }
    stream.status = status;
    this.clock.schedule(this.clock.now() + delayMs, () => {
      if (stream.status !== status) return;
      stream.status = "ACTIVE";
      then();
    });
  }
}
