import { TributaryError, nearestFirst } from "@tributary/core";
import type { EnumeratorContext, JsonValue, SplitEnumerator, TimerHandle } from "@tributary/core";

import { explainStreamFailure } from "../../client/explain-failure.js";
import type { KinesisClients } from "../../client/kinesis-clients.js";
import { DEFAULT_RETRY_POLICY, Retry } from "../../client/retry.js";
import type { StreamPattern } from "../../options/stream-selection.js";
import { KinesisEnumerator } from "./kinesis-enumerator.js";
import type { KinesisSourceSettings } from "./source-settings.js";
import { partsOf, splitIdOf } from "./stream-set.js";
import type { StreamSet } from "./stream-set.js";

const VERSION = 1;

interface StoredStreams {
  readonly version: number;
  readonly streams: Readonly<Record<string, JsonValue>>;
}

/** Several streams, an enumerator for each. Patterns are looked up again every discovery interval. */
export class StreamsEnumerator implements SplitEnumerator {
  readonly #set: StreamSet;
  readonly #clients: KinesisClients;
  readonly #context: EnumeratorContext;
  readonly #retry: Retry;
  readonly #members = new Map<string, KinesisEnumerator>();
  readonly #over = new Set<string>();
  readonly #closing = new AbortController();
  readonly #signal: AbortSignal;
  #timer: TimerHandle | undefined;
  #hasStarted = false;

  constructor(
    set: StreamSet,
    clients: KinesisClients,
    context: EnumeratorContext,
    restored: JsonValue | undefined,
  ) {
    this.#set = set;
    this.#clients = clients;
    this.#context = context;
    this.#retry = new Retry(DEFAULT_RETRY_POLICY, context.clock, context.random);
    this.#signal = AbortSignal.any([context.signal, this.#closing.signal]);
    if (restored === undefined) return;
    const stored = restored as unknown as StoredStreams;
    if (stored.version !== VERSION || typeof stored.streams !== "object") throw notSeveral();
    for (const [name, state] of Object.entries(stored.streams)) this.#add(name, state);
  }

  async start(): Promise<void> {
    for (const { name } of this.#set.selection.streams) this.#add(name);
    await this.#matchPatterns();
    await Promise.all([...this.#members.values()].map((member) => member.start()));
    this.#hasStarted = true;
    this.#endIfDone();
    this.#schedule();
  }

  handleNotice(splitId: string, notice: JsonValue): void {
    const { stream, shardId } = partsOf(splitId);
    this.#members.get(stream)?.handleNotice(shardId, notice);
  }

  splitFinished(splitId: string): void {
    const { stream, shardId } = partsOf(splitId);
    this.#members.get(stream)?.splitFinished(shardId);
  }

  isContinued(splitId: string): boolean {
    const { stream, shardId } = partsOf(splitId);
    return this.#members.get(stream)?.isContinued(shardId) ?? false;
  }

  snapshot(): JsonValue {
    return {
      version: VERSION,
      streams: Object.fromEntries([...this.#members].map(([name, member]) => [name, member.snapshot()])),
    };
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#timer?.cancel();
    await Promise.all([...this.#members.values()].map((member) => member.close()));
  }

  /** @returns the new member; undefined if it is there already, or not selected any more. */
  #add(name: string, restored?: JsonValue): KinesisEnumerator | undefined {
    const found = this.#set.settingsOf(name);
    if (found === undefined || this.#members.has(name)) return undefined;
    // A stream that appears later is read from its beginning, as a shard is.
    const settings: KinesisSourceSettings = this.#hasStarted
      ? { ...found, start: { type: "TRIM_HORIZON" } }
      : found;
    const outer = this.#context;
    const context: EnumeratorContext = {
      ...outer,
      restoredSplitIds: outer.restoredSplitIds
        .map(partsOf)
        .flatMap(({ stream, shardId }) => (stream === name ? [shardId] : [])),
      assign: ({ id, state }, reader, continues = []) =>
        outer.assign(
          { id: splitIdOf(name, id), state },
          reader,
          continues.map((parent) => splitIdOf(name, parent)),
        ),
      noMoreSplits: () => {
        this.#over.add(name);
        this.#endIfDone();
      },
      fail: (error) => outer.fail(error),
    };
    const member = new KinesisEnumerator(settings, this.#clients, context, restored);
    this.#members.set(name, member);
    return member;
  }

  #endIfDone(): void {
    if (this.#hasStarted && this.#over.size === this.#members.size) this.#context.noMoreSplits();
  }

  #schedule(): void {
    const { selection, settings } = this.#set;
    // A bounded read is of the streams that there are.
    if (selection.patterns.length === 0 || settings.end !== undefined || this.#signal.aborted) return;
    this.#timer = this.#context.clock.setTimer(settings.discoveryIntervalMs, () => {
      this.#matchAgain().catch((error: unknown) => {
        if (!this.#signal.aborted) this.#context.fail(error);
      });
    });
  }

  async #matchAgain(): Promise<void> {
    const added = await this.#matchPatterns();
    for (const member of added) await member.start();
    this.#schedule();
  }

  async #matchPatterns(): Promise<readonly KinesisEnumerator[]> {
    const added: KinesisEnumerator[] = [];
    for (const pattern of this.#set.selection.patterns) {
      const names = await this.#names(pattern);
      for (const name of names.filter((one) => pattern.matches(one))) {
        const member = this.#add(name);
        if (member !== undefined) added.push(member);
      }
      const isMet = [...this.#members.keys()].some((name) => pattern.matches(name));
      if (!isMet && !this.#hasStarted) throw nothingMatches(pattern, names);
    }
    return added;
  }

  async #names(pattern: StreamPattern): Promise<readonly string[]> {
    const settings = this.#set.connectionTo(pattern.anyStream);
    const client = await this.#clients.open(settings, this.#context.logger);
    const names: string[] = [];
    try {
      for (;;) {
        const after = names.at(-1);
        const page = await this.#retry.run(() => client.listStreamNames(this.#signal, after), this.#signal);
        if (page.length === 0) return names;
        names.push(...page);
      }
    } catch (error) {
      throw await explainStreamFailure(error, { operation: "ListStreams", settings }, client);
    } finally {
      client.close();
    }
  }
}

function notSeveral(): TributaryError {
  return new TributaryError({
    severity: "error",
    code: "STATE_INCOMPATIBLE",
    message: "The checkpoint's state of the Kinesis source is of one stream, and the table now reads several",
    hint: "Start anew, or restore a checkpoint of these streams.",
  });
}

function nothingMatches({ text, anyStream }: StreamPattern, names: readonly string[]): TributaryError {
  return new TributaryError({
    severity: "error",
    code: "STREAM_NOT_FOUND",
    message: `No stream fits '${text}' in region '${anyStream.region}' of account '${anyStream.account}'`,
    option: "stream.arn",
    value: text,
    candidates: nearestFirst(text.slice(text.lastIndexOf("/") + 1), names).slice(0, 10),
    hint: "Check region, account and pattern.",
  });
}
