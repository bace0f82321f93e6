import type { ClientHttp2Stream } from "node:http2";

import type { Shard } from "./kinesis-client.js";
import type { Subscription, SubscriptionEvent, SubscriptionListener } from "./subscription-client.js";
import { SubscriptionError, errorBody, errorName } from "./subscription-error.js";
import { FrameReader } from "./subscription-frames.js";
import type { Frame } from "./subscription-frames.js";
import { ABANDONED, destroySoon } from "./subscription-sessions.js";
import { scanJsonRecords } from "./wire/scan-json-records.js";

/** One subscription: reads frames as they come, and no further than it is allowed to. */
export class OpenSubscription implements Subscription {
  readonly #shardId: string;
  readonly #listener: SubscriptionListener;
  readonly #cancelling = new AbortController();
  readonly #frames = new FrameReader();
  #stream: ClientHttp2Stream | undefined;
  #isPaused = false;
  #isAcknowledged = false;
  /** The answer has come to its end; frames that were not given yet may be left. */
  #isAnswered = false;
  #isOver = false;
  #isDraining = false;

  constructor(shardId: string, listener: SubscriptionListener) {
    this.#shardId = shardId;
    this.#listener = listener;
  }

  /** Aborted with the cancellation: ends a request that was not answered yet. */
  get signal(): AbortSignal {
    return this.#cancelling.signal;
  }

  /** The service has answered. */
  begin(stream: ClientHttp2Stream): void {
    this.#stream = stream;
    if (this.#isOver) {
      destroySoon(stream);
      return;
    }
    stream.on("data", (piece: Buffer) => {
      if (this.#isOver) return;
      this.#frames.push(piece);
      this.#drain();
    });
    stream.once("end", () => {
      this.#isAnswered = true;
      this.#drain();
    });
    stream.on("error", (error) => this.fail(error));
    stream.once("close", () => {
      if (!this.#isAnswered) this.fail(brokenOff());
    });
    if (this.#isPaused) stream.pause();
  }

  pause(): void {
    this.#isPaused = true;
    this.#stream?.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#drain();
    if (!this.#isPaused) this.#stream?.resume();
  }

  cancel(abandons = false): void {
    this.#finish(abandons ? ABANDONED : undefined);
  }

  fail(error: unknown): void {
    if (this.#isOver) return;
    this.#finish();
    this.#listener.failed(error);
  }

  #finish(reason?: Error): void {
    this.#isOver = true;
    this.#cancelling.abort(reason);
    const stream = this.#stream;
    if (stream === undefined) return;
    stream.pause();
    destroySoon(stream);
  }

  /** Gives every whole frame; a listener that pauses meanwhile leaves the rest here. */
  #drain(): void {
    if (this.#isDraining) return;
    this.#isDraining = true;
    try {
      while (!this.#isPaused && !this.#isOver) {
        const frame = this.#frames.next();
        if (frame === undefined) break;
        this.#take(frame);
      }
    } catch (error) {
      this.fail(error);
    } finally {
      this.#isDraining = false;
    }
    if (!this.#isAnswered || this.#isPaused || this.#isOver) return;
    if (this.#frames.pending > 0) {
      this.fail(brokenOff());
      return;
    }
    this.#finish();
    this.#listener.ended();
  }

  #take({ headers, payload }: Frame): void {
    const type = headers.get(":message-type");
    if (type !== "event") {
      const { type: named, message } = errorBody(payload.toString("utf8"));
      const name = headers.get(":exception-type") ?? headers.get(":error-code") ?? named ?? "UnknownError";
      this.fail(new SubscriptionError(errorName(name), headers.get(":error-message") ?? message));
      return;
    }
    if (!this.#isAcknowledged) {
      this.#isAcknowledged = true;
      this.#listener.acknowledged();
    }
    if (headers.get(":event-type") === "SubscribeToShardEvent" && !this.#isOver) {
      this.#listener.event(readEvent(payload, this.#shardId));
    }
  }
}

interface EventJson {
  readonly Records?: readonly {
    readonly Data?: string;
    readonly PartitionKey?: string;
    readonly SequenceNumber?: string;
    readonly ApproximateArrivalTimestamp?: number;
  }[];
  readonly ContinuationSequenceNumber?: string;
  readonly MillisBehindLatest?: number;
  readonly ChildShards?: readonly unknown[];
}

/** @throws SubscriptionError if the payload is no event; worth another attempt. */
function readEvent(payload: Buffer, shardId: string): SubscriptionEvent {
  const scanned = scanJsonRecords(payload);
  if (scanned === undefined) return readOddEvent(payload, shardId);
  const { millisBehindLatest } = scanned;
  // An event has it always; without it and a number to go on behind this would be the end of the shard.
  if (millisBehindLatest === undefined) throw malformed();
  scanned.slab.origin = { shardId, millisBehindLatest };
  const continuation = scanned.continuationSequenceNumber;
  return {
    records: scanned.records,
    millisBehindLatest,
    childShards: scanned.childShards.map(childShard),
    bytes: scanned.dataBytes,
    ...(continuation !== undefined && continuation !== "" && { continuation }),
  };
}

/** An event in a form that the scanner does not know: white space, an unknown field. */
function readOddEvent(payload: Buffer, shardId: string): SubscriptionEvent {
  const json = parsed(payload);
  const { Records, MillisBehindLatest: millisBehindLatest } = json;
  if (millisBehindLatest === undefined || !Array.isArray(Records)) throw malformed();
  const origin = { shardId, millisBehindLatest };
  let bytes = 0;
  const records = (Records as NonNullable<EventJson["Records"]>).map((record) => {
    const data = Buffer.from(record.Data ?? "", "base64");
    bytes += data.length;
    return {
      data,
      partitionKey: record.PartitionKey ?? "",
      sequenceNumber: record.SequenceNumber ?? "",
      arrivalMs: Math.round((record.ApproximateArrivalTimestamp ?? 0) * 1000),
      origin,
    };
  });
  const continuation = json.ContinuationSequenceNumber ?? "";
  return {
    records,
    millisBehindLatest,
    childShards: (json.ChildShards ?? []).map(childShard),
    bytes,
    ...(continuation !== "" && { continuation }),
  };
}

function parsed(payload: Buffer): EventJson {
  try {
    const value: unknown = JSON.parse(payload.toString("utf8"));
    if (typeof value === "object" && value !== null) return value;
  } catch {
    // Said below.
  }
  throw malformed();
}

/** Worth another attempt, as whatever is damaged on the way. */
function malformed(): SubscriptionError {
  return new SubscriptionError("ServiceUnavailableException", "An event of the subscription is malformed.");
}

/** @see Kinesis API Reference, ChildShard. */
function childShard(shard: unknown): Shard {
  const { ShardId, ParentShards, HashKeyRange } = shard as {
    readonly ShardId?: string;
    readonly ParentShards?: readonly string[];
    readonly HashKeyRange?: { readonly StartingHashKey?: string; readonly EndingHashKey?: string };
  };
  return {
    shardId: ShardId ?? "",
    parentShardIds: ParentShards ?? [],
    hashKeyRange: {
      first: HashKeyRange?.StartingHashKey ?? "0",
      last: HashKeyRange?.EndingHashKey ?? "0",
    },
  };
}

function brokenOff(): Error {
  const error = new Error("The subscription broke off in the middle.");
  return Object.assign(error, { code: "ERR_STREAM_PREMATURE_CLOSE" });
}
