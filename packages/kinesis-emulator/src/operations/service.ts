import { ServiceError } from "../errors.js";
import type { CallTarget, FaultInjector, FaultPlan } from "../faults/fault-injector.js";
import { EVENT_STREAM_TYPE } from "../protocol/event-stream.js";
import { validate } from "../protocol/validation.js";
import { errorBody, type Wire } from "../protocol/wire.js";
import type { Account } from "../store/account.js";
import { shardId } from "../store/shard.js";
import type { Stream } from "../store/stream.js";
import { decodeIterator } from "../store/token.js";
import { streamNameIn, streamOf, type Fields } from "./operation.js";
import type { RateLimits } from "./rate-limits.js";
import { GET_RECORDS_SHAPE, readIterator, readRecords, shardOf } from "./reading.js";
import { SUBSCRIBE_SHAPE, Subscriptions, type Subscription } from "./subscriptions.js";
import { OPERATIONS } from "./table.js";
import {
  PUT_RECORDS_SHAPE,
  PUT_RECORD_SHAPE,
  batchOf,
  checkOrdering,
  checkSizes,
  fastBatch,
  putBatch,
  writableStream,
  type EntryGate,
} from "./writing.js";

/** One request of a client. */
export interface Call {
  readonly operation: string;
  readonly wire: Wire;
  readonly body: Buffer;
}

/** The answer to a call, and what is to happen to it on the way. */
export interface Reply {
  readonly status: number;
  readonly contentType: string;
  readonly chunks: readonly Buffer[];
  readonly plan?: Pick<FaultPlan, "breaks" | "bytesPerSecond" | "spoils" | "ends">;
  /** The answer goes on after `chunks`, as events. */
  readonly subscription?: Subscription;
}

/** Answers calls against an account. */
export class Service {
  readonly #account: Account;
  readonly #faults: FaultInjector;
  readonly #limits: RateLimits | undefined;
  readonly #subscriptions: Subscriptions;

  /** @param limits - the rates to keep, if any. */
  constructor(account: Account, faults: FaultInjector, limits: RateLimits | undefined) {
    this.#account = account;
    this.#faults = faults;
    this.#limits = limits;
    this.#subscriptions = new Subscriptions(account, limits);
  }

  /** Never rejects. */
  async answer(call: Call): Promise<Reply> {
    try {
      if (!this.#faults.isActive) return await this.#apply(call, {});
      const plan = this.#faults.plan(targetOf(call));
      if (plan.delayMs !== undefined) await this.#account.clock.wait(plan.delayMs);
      if (plan.breaks === "before") return { status: 0, contentType: "", chunks: [], plan };
      if (plan.error !== undefined) return errorReply(call.wire, plan.error);
      return { ...(await this.#apply(call, plan)), plan };
    } catch (error) {
      return errorReply(call.wire, error);
    }
  }

  /** Changes are made at once; the answer waits until they are written. */
  async #apply(call: Call, plan: FaultPlan): Promise<Reply> {
    if (call.operation === "SubscribeToShard") return this.#subscribe(call, plan);
    const chunks = this.#run(call, plan.entryGate);
    const flushed = this.#account.journal?.flushed();
    if (flushed !== undefined) await flushed;
    return { status: 200, contentType: call.wire.contentType, chunks };
  }

  #subscribe({ wire, body }: Call, plan: FaultPlan): Reply {
    const input = wire.decode(body);
    validate(input, SUBSCRIBE_SHAPE);
    const subscription = this.#subscriptions.open(input as Fields, wire, plan.eventError);
    return { status: 200, contentType: EVENT_STREAM_TYPE, chunks: [], subscription };
  }

  #run(call: Call, gate: EntryGate | undefined): Buffer[] {
    switch (call.operation) {
      case "PutRecords":
        return [this.#putRecords(call, gate)];
      case "PutRecord":
        return [this.#putRecord(call, gate)];
      case "GetRecords":
        return this.#getRecords(call);
      default:
        return this.#general(call);
    }
  }

  #general({ operation, wire, body }: Call): Buffer[] {
    const known = OPERATIONS.get(operation);
    if (known === undefined) throw new ServiceError("UnknownOperationException", "");
    const input = wire.decode(body);
    validate(input, known.shape);
    this.#limits?.control(operation);
    if (operation === "GetShardIterator") this.#limitIterators(input as Fields);
    const answer = known.run(this.#account, input as Fields);
    return answer === undefined ? [] : [wire.encode(answer)];
  }

  #putRecords({ wire, body }: Call, gate: EntryGate | undefined): Buffer {
    const fast = wire.isJson ? fastBatch(body) : undefined;
    if (fast !== undefined) {
      const stream = writableStream(this.#account, {
        ...(fast.streamName === undefined ? {} : { StreamName: fast.streamName }),
        ...(fast.streamArn === undefined ? {} : { StreamARN: fast.streamArn }),
      });
      checkSizes(stream, fast);
      return wire.encodePut(putBatch(this.#account, stream, fast, this.#gate(stream, gate)));
    }
    const input = wire.decode(body);
    validate(input, PUT_RECORDS_SHAPE);
    const batch = batchOf(input as Fields);
    const stream = writableStream(this.#account, input as Fields);
    checkSizes(stream, batch);
    return wire.encodePut(putBatch(this.#account, stream, batch, this.#gate(stream, gate)));
  }

  #putRecord({ wire, body }: Call, gate: EntryGate | undefined): Buffer {
    const input = wire.decode(body);
    validate(input, PUT_RECORD_SHAPE);
    const fields = input as Fields;
    const batch = batchOf(fields);
    const stream = writableStream(this.#account, fields);
    checkOrdering(stream, fields.SequenceNumberForOrdering);
    checkSizes(stream, batch);
    const { shards, counters, timeMs, failures } = putBatch(
      this.#account,
      stream,
      batch,
      this.#gate(stream, gate),
    );
    const failure = failures[0];
    if (failure !== undefined) throw new ServiceError(failure.code, failure.message);
    return wire.encode({
      ShardId: shards[0]?.id,
      SequenceNumber: shards[0]?.sequenceNumber(counters[0] ?? 0, timeMs),
    });
  }

  #getRecords({ wire, body }: Call): Buffer[] {
    const input = wire.decode(body);
    validate(input, GET_RECORDS_SHAPE);
    const { ShardIterator = "", Limit } = input as Fields;
    const { stream, shard, counter } = readIterator(this.#account, ShardIterator);
    this.#limits?.read(stream, shard);
    const answer = readRecords(this.#account, stream, shard, counter, Limit);
    this.#limits?.hasRead(shard, answer.slice.bytes);
    return wire.encodeRecords(answer);
  }

  /** What decides about entries: a fault, the rates, both or nothing. */
  #gate(stream: Stream, fault: EntryGate | undefined): EntryGate | undefined {
    const rates = this.#limits?.writeGate(stream);
    if (fault === undefined || rates === undefined) return fault ?? rates;
    return (shard, bytes) => fault(shard, bytes) ?? rates(shard, bytes);
  }

  #limitIterators(input: Fields): void {
    if (this.#limits === undefined) return;
    const stream = streamOf(this.#account, input);
    this.#limits.iterator(stream, shardOf(this.#account, stream, input.ShardId ?? ""));
  }
}

export function errorReply(wire: Wire, cause: unknown): Reply {
  const error =
    cause instanceof ServiceError
      ? cause
      : new ServiceError("InternalFailure", cause instanceof Error ? cause.message : String(cause), 500);
  return { status: error.status, contentType: wire.contentType, chunks: [wire.encode(errorBody(error))] };
}

/** What a call is about; a call that cannot be read is about nothing. */
function targetOf({ operation, wire, body }: Call): CallTarget {
  let input: Fields = {};
  try {
    input = wire.decode(body) ?? {};
  } catch {
    return { operation, stream: undefined, shard: undefined };
  }
  const iterator = typeof input.ShardIterator === "string" ? decodeIterator(input.ShardIterator) : undefined;
  return {
    operation,
    stream: iterator?.stream ?? streamNameIn(input),
    shard: iterator === undefined ? input.ShardId : shardId(iterator.shard),
  };
}
