/**
 * SubscribeToShard: a shard's records are pushed to a consumer over one long answer, for at most five minutes.
 *
 * A subscription begins at a position, sends what is there, then what arrives, and in between an empty event each
 * second. Each event carries the number to go on behind. It ends when its time is over; when its shard is closed and
 * read to the end, with an event that has child shards and no number; or when its consumer or stream is deleted.
 */
import { ServiceError, inUse } from "../errors.js";
import type { FaultPlan } from "../faults/fault-injector.js";
import type { Cancel } from "../clock.js";
import {
  EVENT_BYTES_MAX,
  EVENT_RECORDS_MAX,
  RESUBSCRIBE_AFTER_MS,
  SUBSCRIPTION_LIFETIME_MS,
} from "../limits.js";
import { frame } from "../protocol/event-stream.js";
import { errorBody, type Wire } from "../protocol/wire.js";
import type { Account } from "../store/account.js";
import type { RecordSlice } from "../store/record-log.js";
import type { Shard } from "../store/shard.js";
import type { Consumer, Stream } from "../store/stream.js";
import { consumerByArn, consumerStatus } from "./consumers.js";
import { SHAPES, structure, type Fields } from "./operation.js";
import type { RateLimits, SubscriptionAllowance } from "./rate-limits.js";
import { POSITION_TYPES, childShardsOf, counterOf, shardOf } from "./reading.js";

export const SUBSCRIBE_SHAPE = structure({
  ConsumerARN: { ...SHAPES.consumerArn, required: true },
  ShardId: { ...SHAPES.shardId, required: true },
  StartingPosition: {
    ...structure({
      Type: { type: "text", required: true, values: POSITION_TYPES },
      SequenceNumber: SHAPES.sequenceNumber,
      Timestamp: { type: "timestamp" },
    }),
    required: true,
  },
});

/** Time between two events of a subscription when nothing arrives, in ms. */
const EMPTY_EVENT_INTERVAL_MS = 1_000;

/** Where a subscription's events go. */
export interface EventSink {
  /** Gives false when it wants no more until `onDrain` is called. */
  write(pieces: readonly Buffer[]): boolean;
  end(): void;
  onDrain(call: () => void): void;
  onClose(call: () => void): void;
}

/** All subscriptions of an account. */
export class Subscriptions {
  readonly #account: Account;
  readonly #limits: RateLimits | undefined;
  /** The latest subscription of each consumer to each shard, perhaps ended; dropped when it may be followed. */
  readonly #latest = new Map<string, Subscription>();

  constructor(account: Account, limits: RateLimits | undefined) {
    this.#account = account;
    this.#limits = limits;
    account.onChange = (stream) => {
      for (const subscription of this.#latest.values()) {
        if (subscription.stream === stream) subscription.wake();
      }
    };
  }

  /**
   * Opens a subscription; it waits for `start`.
   *
   * @throws ResourceNotFoundException, InvalidArgumentException; ResourceInUseException within five seconds after
   *   another subscription of this consumer to this shard.
   */
  open(input: Fields, wire: Wire, eventError: FaultPlan["eventError"]): Subscription {
    const account = this.#account;
    const { stream, consumer } = consumerByArn(account, input.ConsumerARN ?? "");
    if (consumerStatus(account, consumer) !== "ACTIVE") {
      throw inUse(`Consumer ${consumer.name} under stream ${stream.name} is not active.`);
    }
    const shard = shardOf(account, stream, input.ShardId ?? "");
    const { Type = "", SequenceNumber, Timestamp } = input.StartingPosition ?? {};
    const counter = counterOf(account, stream, shard, {
      type: Type,
      sequenceNumber: SequenceNumber,
      timestamp: Timestamp,
    });
    const key = `${consumer.arn}/${shard.id}`;
    const earlier = this.#latest.get(key);
    const startedMs = account.clock.now();
    if (earlier !== undefined) {
      if (startedMs - earlier.startedMs < RESUBSCRIBE_AFTER_MS) {
        throw inUse(
          `Another active subscription exists for this consumer: ${account.id}:${stream.name}:${shard.id}:` +
            `${consumer.name}`,
        );
      }
      earlier.fail(inUse("Another subscription of this consumer to this shard has taken over."));
    }
    const allowance = this.#limits?.subscription();
    const subscription = new Subscription({
      account,
      stream,
      shard,
      consumer,
      counter,
      wire,
      startedMs,
      eventError,
      allowance,
      onEnd: () => this.#forgetLater(key, subscription),
    });
    this.#latest.set(key, subscription);
    return subscription;
  }

  #forgetLater(key: string, subscription: Subscription): void {
    this.#account.clock.schedule(subscription.startedMs + RESUBSCRIBE_AFTER_MS, () => {
      if (this.#latest.get(key) === subscription) this.#latest.delete(key);
    });
  }
}

interface SubscriptionParts {
  readonly account: Account;
  readonly stream: Stream;
  readonly shard: Shard;
  readonly consumer: Consumer;
  readonly counter: number;
  readonly wire: Wire;
  readonly startedMs: number;
  readonly eventError: FaultPlan["eventError"];
  readonly allowance: SubscriptionAllowance | undefined;
  readonly onEnd: () => void;
}

/** One subscription; see the head of this file. */
export class Subscription {
  readonly #parts: SubscriptionParts;
  readonly #cancels = new Map<"end" | "empty" | "pace", Cancel>();
  #sink: EventSink | undefined;
  #counter: number;
  #events = 0;
  #isBlocked = false;
  #isWoken = false;
  #hasEnded = false;

  constructor(parts: SubscriptionParts) {
    this.#parts = parts;
    this.#counter = parts.counter;
  }

  get stream(): Stream {
    return this.#parts.stream;
  }

  get startedMs(): number {
    return this.#parts.startedMs;
  }

  /** Begins to send. */
  start(sink: EventSink): void {
    const { wire, startedMs } = this.#parts;
    this.#sink = sink;
    sink.onDrain(() => {
      this.#isBlocked = false;
      this.#pump();
    });
    sink.onClose(() => this.#stop());
    // The client may have gone away already.
    if (this.#hasEnded) return;
    this.#send("event", { ":event-type": "initial-response" }, [wire.encode({})]);
    this.#at("end", startedMs + SUBSCRIPTION_LIFETIME_MS, () => this.#end());
    this.#scheduleEmpty();
    this.#pump();
  }

  /** Something may have changed: looks for it soon, once for many calls. */
  wake(): void {
    if (this.#isWoken || this.#hasEnded) return;
    this.#isWoken = true;
    setImmediate(() => {
      this.#isWoken = false;
      this.#pump();
    });
  }

  /** Ends with an error in the stream. */
  fail(error: ServiceError): void {
    if (this.#hasEnded) return;
    this.#send("exception", { ":exception-type": error.type }, [this.#parts.wire.encode(errorBody(error))]);
    this.#end();
  }

  #pump(): void {
    const { account } = this.#parts;
    const flushed = account.journal?.flushed();
    // A record is delivered only after it is on disk.
    if (flushed === undefined) this.#deliver();
    else void flushed.then(() => this.#deliver()).catch(() => this.#end());
  }

  #deliver(): void {
    while (!this.#hasEnded && this.#sink !== undefined) {
      const lost = this.#lost();
      if (lost !== undefined) {
        this.fail(lost);
        return;
      }
      if (this.#isBlocked || this.#isPaced()) return;
      const { shard, stream, account } = this.#parts;
      shard.log.trim(stream.horizonMs(account.clock.now()));
      const slice = shard.log.slice(this.#counter, EVENT_RECORDS_MAX, EVENT_BYTES_MAX);
      const isLast = !shard.isOpen && shard.log.lastCounter <= Math.max(slice.lastCounter, this.#counter - 1);
      if (slice.count === 0 && !isLast) return;
      this.#event(slice, isLast);
      if (isLast) this.#end();
    }
  }

  /** Why the subscription cannot go on. */
  #lost(): ServiceError | undefined {
    const { stream, consumer, eventError } = this.#parts;
    if (eventError !== undefined && this.#events >= eventError.afterEvents) return eventError.error;
    if (stream.status === "DELETING" || this.#parts.account.find(stream.name) !== stream) {
      return new ServiceError("ResourceNotFoundException", `Stream ${stream.name} is deleted.`);
    }
    const registered = stream.consumers.get(consumer.name);
    if (registered?.arn !== consumer.arn || registered.goneMs !== undefined) {
      return new ServiceError("ResourceNotFoundException", `Consumer ${consumer.arn} is deregistered.`);
    }
    return undefined;
  }

  #event(slice: RecordSlice, isLast: boolean): void {
    const { account, stream, shard, wire, allowance } = this.#parts;
    const now = account.clock.now();
    if (slice.count > 0) this.#counter = slice.lastCounter + 1;
    const isAtTip = shard.log.lastCounter < this.#counter;
    const answer = {
      slice,
      nextIterator: undefined,
      millisBehindLatest: isAtTip ? 0 : Math.max(0, now - slice.lastTime),
      childShards: isLast ? childShardsOf(stream, shard) : undefined,
    };
    const number = shard.sequenceNumber(Math.max(0, this.#counter - 1), slice.lastTime || now);
    this.#events++;
    allowance?.delivered(slice.bytes);
    this.#send(
      "event",
      { ":event-type": "SubscribeToShardEvent" },
      wire.encodeEvent(answer, isLast ? undefined : number),
    );
    this.#scheduleEmpty();
  }

  #scheduleEmpty(): void {
    this.#at("empty", this.#parts.account.clock.now() + EMPTY_EVENT_INTERVAL_MS, () => {
      this.#pump();
      if (this.#hasEnded) return;
      const isIdle = !this.#isBlocked && this.#parts.shard.log.lastCounter < this.#counter;
      if (isIdle) this.#event(this.#parts.shard.log.slice(this.#counter, 0, 0), false);
      else this.#scheduleEmpty();
    });
  }

  /** Whether it has delivered all it may for now; it goes on by itself. */
  #isPaced(): boolean {
    const waitMs = this.#parts.allowance?.waitMs() ?? 0;
    if (waitMs > 0) this.#at("pace", this.#parts.account.clock.now() + waitMs, () => this.#pump());
    return waitMs > 0;
  }

  #send(type: string, headers: Readonly<Record<string, string>>, payload: readonly Buffer[]): void {
    const pieces = frame(
      { ":message-type": type, ...headers, ":content-type": this.#parts.wire.contentType },
      payload,
    );
    if (this.#sink?.write(pieces) === false) this.#isBlocked = true;
  }

  #at(what: "end" | "empty" | "pace", ms: number, run: () => void): void {
    this.#cancels.get(what)?.();
    this.#cancels.set(what, this.#parts.account.clock.schedule(ms, run));
  }

  #end(): void {
    if (this.#hasEnded) return;
    this.#stop();
    this.#sink?.end();
  }

  #stop(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    for (const cancel of this.#cancels.values()) cancel();
    this.#parts.onEnd();
  }
}
