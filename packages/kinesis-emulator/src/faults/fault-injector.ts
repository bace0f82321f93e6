import { KinesisEmulatorError, ServiceError } from "../errors.js";
import type { EntryGate } from "../operations/writing.js";
import type { Shard } from "../store/shard.js";
import { FAULT_KINDS, type Fault, type FaultKind, type FaultRule } from "./fault-rule.js";

/** What a call is about, as far as it says. */
export interface CallTarget {
  readonly operation: string;
  readonly stream: string | undefined;
  readonly shard: string | undefined;
}

/** What is to happen to one call. */
export interface FaultPlan {
  /** Refuses the call. */
  readonly error?: ServiceError;
  readonly delayMs?: number;
  /** Breaks the connection: before the call is applied, after it, or half-way through the answer. */
  readonly breaks?: "before" | "after" | "within";
  readonly bytesPerSecond?: number;
  /** What is wrong with the answer. */
  readonly spoils?: "json" | "frame";
  /** How its HTTP/2 connection or stream ends. */
  readonly ends?: "go-away" | "reset-stream";
  readonly entryGate?: EntryGate;
  readonly eventError?: { readonly afterEvents: number; readonly error: ServiceError };
}

const NO_FAULTS: FaultPlan = {};
const RECORD_OPERATIONS = ["GetRecords", "PutRecord", "PutRecords"];
const ONLY: Partial<Record<FaultKind, readonly string[]>> = {
  "expired-iterator": ["GetRecords"],
  "partial-failure": ["PutRecords"],
  "event-error": ["SubscribeToShard"],
  "damaged-frame": ["SubscribeToShard"],
};

interface ActiveRule {
  readonly id: number;
  readonly rule: FaultRule;
  seen: number;
  hits: number;
}

/**
 * Faults on command. All chance comes from one seed: the same calls in the same order are hit again.
 *
 * @public
 */
export class FaultInjector {
  readonly #active = new Map<number, ActiveRule>();
  #nextId = 1;
  #random: number;

  /** @internal */
  constructor(seed = 1) {
    this.#random = seed | 0;
  }

  /**
   * Adds a rule; it holds until it is spent or removed.
   *
   * @throws KinesisEmulatorError `OPTION_INVALID` for a rule with unknown parts.
   */
  inject(rule: FaultRule): Fault {
    checkRule(rule);
    const active: ActiveRule = { id: this.#nextId++, rule: { ...rule }, seen: 0, hits: 0 };
    this.#active.set(active.id, active);
    return {
      id: active.id,
      rule: active.rule,
      get hits() {
        return active.hits;
      },
      remove: () => this.remove(active.id),
    };
  }

  /** Takes a rule away; harmless if it is gone. */
  remove(id: number): void {
    this.#active.delete(id);
  }

  /** Takes all rules away. */
  clear(): void {
    this.#active.clear();
  }

  /** The rules that still hold, spent ones not among them. */
  list(): { readonly id: number; readonly rule: FaultRule; readonly hits: number }[] {
    return [...this.#active.values()].map(({ id, rule, hits }) => ({ id, rule, hits }));
  }

  /** Whether any rule holds. @internal */
  get isActive(): boolean {
    return this.#active.size > 0;
  }

  /** Decides what happens to a call. @internal */
  plan(target: CallTarget): FaultPlan {
    let plan = NO_FAULTS;
    for (const active of this.#active.values()) {
      if (!concerns(active.rule, target)) continue;
      // Whether a call has an entry for the rule's shard shows only while it is applied.
      if (isByEntry(active.rule, target)) plan = { ...plan, entryGate: this.#gateOf(active, target) };
      else if (this.#strikes(active)) plan = { ...plan, ...this.#effect(active.rule, target) };
    }
    return plan;
  }

  /** Draws once for a call, at its first entry for the rule's shard. */
  #gateOf(active: ActiveRule, target: CallTarget): EntryGate {
    let gate: EntryGate | undefined;
    let isDrawn = false;
    return (shard, bytes) => {
      if (shard.id !== active.rule.shard) return undefined;
      if (!isDrawn && this.#strikes(active)) gate = this.#effect(active.rule, target).entryGate;
      isDrawn = true;
      return gate?.(shard, bytes);
    };
  }

  #strikes(active: ActiveRule): boolean {
    const { skip = 0, count = Infinity, probability = 1 } = active.rule;
    if (active.seen++ < skip) return false;
    if (probability < 1 && this.#draw() >= probability) return false;
    active.hits++;
    if (active.hits >= count) this.#active.delete(active.id);
    return true;
  }

  #effect(rule: FaultRule, target: CallTarget): FaultPlan {
    switch (rule.kind) {
      case "throttle":
        return throttle(rule, target);
      case "server-error":
        return { error: errorOf(rule, "InternalFailure", rule.status ?? 500) };
      case "error":
        return { error: errorOf(rule, "InternalFailureException", rule.status ?? 400) };
      case "expired-iterator":
        return { error: new ServiceError("ExpiredIteratorException", rule.message ?? "Iterator expired.") };
      case "connection-reset":
        return { breaks: "before" };
      case "drop-response":
        return { breaks: "after" };
      case "cut-body":
        return { breaks: "within" };
      case "slow-body":
        return { bytesPerSecond: rule.bytesPerSecond ?? 1024 };
      case "delay":
        return { delayMs: rule.delayMs ?? 1000 };
      case "wrong-json":
        return { spoils: "json" };
      case "damaged-frame":
        return { spoils: "frame" };
      case "go-away":
      case "reset-stream":
        return { ends: rule.kind };
      case "partial-failure":
        return { entryGate: this.#partialFailure(rule) };
      case "event-error":
        return {
          eventError: {
            afterEvents: rule.afterEvents ?? 0,
            error: errorOf(rule, "InternalFailureException", 500),
          },
        };
    }
  }

  /** The first entry of the shard always fails, so that a hit is one; the others by chance. */
  #partialFailure(rule: FaultRule): EntryGate {
    const code = rule.errorType ?? "ProvisionedThroughputExceededException";
    let failed = 0;
    return (shard) => {
      if (failed > 0 && this.#draw() >= (rule.ratio ?? 0.5)) return undefined;
      failed++;
      return { code, message: rule.message ?? messageOf(code, shard) };
    };
  }

  /** A number from 0 to 1 (mulberry32). */
  #draw(): number {
    this.#random = (this.#random + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#random ^ (this.#random >>> 15), 1 | this.#random);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
}

function concerns(rule: FaultRule, { operation, stream, shard }: CallTarget): boolean {
  const operations = typeof rule.operation === "string" ? [rule.operation] : rule.operation;
  if (operations !== undefined && !operations.includes(operation)) return false;
  if (ONLY[rule.kind]?.includes(operation) === false) return false;
  if (rule.stream !== undefined && rule.stream !== stream) return false;
  return rule.shard === undefined || rule.shard === shard || isByEntry(rule, { operation });
}

/** Whether the rule is about entries of a shard: which shards a call writes to is known entry by entry. */
function isByEntry(rule: FaultRule, { operation }: Pick<CallTarget, "operation">): boolean {
  const isWrite = operation === "PutRecords" || operation === "PutRecord";
  return rule.shard !== undefined && isWrite && (rule.kind === "throttle" || rule.kind === "partial-failure");
}

function throttle(rule: FaultRule, { operation, stream, shard }: CallTarget): FaultPlan {
  if (isByEntry(rule, { operation })) {
    const code = "ProvisionedThroughputExceededException";
    return { entryGate: (into) => ({ code, message: rule.message ?? messageOf(code, into) }) };
  }
  const isData = RECORD_OPERATIONS.includes(operation) || operation === "GetShardIterator";
  const type = isData ? "ProvisionedThroughputExceededException" : "LimitExceededException";
  const what = shard === undefined ? `stream ${stream ?? ""}` : `shard ${shard} in stream ${stream ?? ""}`;
  return { error: new ServiceError(type, rule.message ?? `Rate exceeded for ${what}.`) };
}

function messageOf(code: string, shard: Shard): string {
  return code === "ProvisionedThroughputExceededException"
    ? `Rate exceeded for shard ${shard.id}.`
    : "Internal service failure.";
}

function errorOf(rule: FaultRule, type: string, status: number): ServiceError {
  return new ServiceError(rule.errorType ?? type, rule.message ?? "Internal service failure.", status);
}

const NUMBERS = [
  "skip",
  "count",
  "probability",
  "status",
  "ratio",
  "bytesPerSecond",
  "delayMs",
  "afterEvents",
];
const TEXTS = ["stream", "shard", "errorType", "message"];

function checkRule(rule: FaultRule): void {
  const faults: string[] = [];
  if (!FAULT_KINDS.includes(rule.kind)) {
    faults.push(`'${String(rule.kind)}' is no kind of fault; there are ${FAULT_KINDS.join(", ")}`);
  }
  for (const [key, value] of Object.entries(rule) as [string, unknown][]) {
    if (value === undefined || key === "kind") continue;
    const isFit = NUMBERS.includes(key)
      ? typeof value === "number" && value >= 0
      : TEXTS.includes(key)
        ? typeof value === "string"
        : key === "operation" && [value].flat().every((name) => typeof name === "string");
    if (!isFit) faults.push(`'${key}' cannot be ${JSON.stringify(value)}`);
  }
  if (faults.length > 0) throw new KinesisEmulatorError("OPTION_INVALID", `fault rule: ${faults.join("; ")}`);
}
