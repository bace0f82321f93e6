import { invariant } from "@tributary/core";
import type { ReaderContext, SourceReader, Split, SplitRecords } from "@tributary/core";

import type { KinesisRecord } from "../../client/kinesis-client.js";
import type { KinesisClients } from "../../client/kinesis-clients.js";
import { KinesisReader, readerBudget } from "./kinesis-reader.js";
import { partsOf, splitIdOf } from "./stream-set.js";
import type { StreamSet } from "./stream-set.js";

/** What one stream's reader has given, or that it gives nothing more. */
interface Given {
  readonly stream: string;
  readonly batch: SplitRecords<KinesisRecord> | undefined;
}

/** Several streams, a reader for each; what they fetch ahead is bounded together. */
export class StreamsReader implements SourceReader<KinesisRecord> {
  readonly #set: StreamSet;
  readonly #clients: KinesisClients;
  readonly #context: ReaderContext;
  readonly #budget = readerBudget();
  readonly #members = new Map<string, KinesisReader>();
  /** A poll of each member is under way; the one that was answered last stands last. */
  readonly #polls = new Map<string, Promise<Given>>();
  /** Members whose poll is answered and was not given on yet. */
  readonly #ready = new Set<string>();
  #hasAllSplits = false;
  #isClosed = false;
  #changed: (() => void) | undefined;

  constructor(set: StreamSet, clients: KinesisClients, context: ReaderContext) {
    this.#set = set;
    this.#clients = clients;
    this.#context = context;
  }

  get isCaughtUp(): boolean {
    return this.#ready.size === 0 && [...this.#members.values()].every((member) => member.isCaughtUp);
  }

  isBehind(splitId: string): boolean {
    const { stream, shardId } = partsOf(splitId);
    return this.#members.get(stream)?.isBehind(shardId) === true;
  }

  addSplits(splits: readonly Split[]): void {
    for (const { id, state } of splits) {
      const { stream, shardId } = partsOf(id);
      this.#member(stream).addSplits([{ id: shardId, state }]);
    }
    this.#changed?.();
  }

  noMoreSplits(): void {
    this.#hasAllSplits = true;
    for (const member of this.#members.values()) member.noMoreSplits();
    this.#changed?.();
  }

  async poll(): Promise<SplitRecords<KinesisRecord> | undefined> {
    for (;;) {
      if (this.#isClosed || this.#context.signal.aborted) return undefined;
      for (const stream of this.#members.keys()) this.#ask(stream);
      if (this.#polls.size === 0 && this.#hasAllSplits) return undefined;
      const change = new Promise<undefined>((resolve) => {
        this.#changed = () => resolve(undefined);
      });
      const given = await Promise.race([...this.#polls.values(), change]);
      if (given === undefined) continue;
      const { stream, batch } = given;
      this.#polls.delete(stream);
      this.#ready.delete(stream);
      if (batch === undefined) {
        this.#members.delete(stream);
        continue;
      }
      const origin = batch.records[0]?.origin;
      if (origin !== undefined) this.#set.note(origin, stream);
      return { ...batch, splitId: splitIdOf(stream, batch.splitId) };
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#changed?.();
    await Promise.all([...this.#members.values()].map((member) => member.close()));
  }

  #member(stream: string): KinesisReader {
    const known = this.#members.get(stream);
    if (known !== undefined) return known;
    const settings = this.#set.settingsOf(stream);
    invariant(settings !== undefined, `the stream '${stream}' is one of the table's`);
    const member = new KinesisReader(settings, this.#clients, this.#context, this.#budget);
    this.#members.set(stream, member);
    return member;
  }

  #ask(stream: string): void {
    const member = this.#members.get(stream);
    if (member === undefined || this.#polls.has(stream)) return;
    const poll = member.poll().then((batch) => {
      this.#ready.add(stream);
      return { stream, batch };
    });
    // Whoever polls next hears of a failure.
    poll.catch(() => undefined);
    this.#polls.set(stream, poll);
  }
}
