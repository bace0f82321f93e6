/**
 * What can go wrong on command.
 *
 * | kind | effect |
 * | --- | --- |
 * | `throttle` | the call is refused as too frequent; nothing is applied |
 * | `server-error` | HTTP 500 (or `status`), InternalFailure; nothing is applied |
 * | `error` | the service's error `errorType`; nothing is applied |
 * | `connection-reset` | the connection breaks before anything is applied |
 * | `drop-response` | the call is applied, then the connection breaks without an answer |
 * | `cut-body` | the call is applied; half of the answer's body arrives, then the connection breaks |
 * | `slow-body` | the answer's body trickles at `bytesPerSecond` |
 * | `delay` | the call is applied after `delayMs` |
 * | `expired-iterator` | GetRecords answers ExpiredIteratorException |
 * | `partial-failure` | PutRecords takes only some entries; the rest fail with `errorType` |
 * | `wrong-json` | the call is applied; the answer, or the first event of a subscription, is cut off and yet complete |
 * | `go-away` | the call is applied; its HTTP/2 connection ends with GOAWAY behind the answer, or behind the first event |
 * | `reset-stream` | the call is applied; its HTTP/2 stream is reset half-way through the answer, or behind the first event |
 * | `damaged-frame` | a byte of a subscription's first event is wrong |
 * | `event-error` | a subscription ends with the error `errorType` after `afterEvents` events |
 *
 * @public
 */
export type FaultKind = (typeof FAULT_KINDS)[number];

/** @internal */
export const FAULT_KINDS = [
  "throttle",
  "server-error",
  "error",
  "connection-reset",
  "drop-response",
  "cut-body",
  "slow-body",
  "delay",
  "expired-iterator",
  "partial-failure",
  "wrong-json",
  "go-away",
  "reset-stream",
  "damaged-frame",
  "event-error",
] as const;

/**
 * One fault and the calls that it hits. A call is hit if everything given here fits. Several rules can hit one call;
 * where two say the same thing differently, the one that was injected later holds.
 *
 * @public
 */
export interface FaultRule {
  readonly kind: FaultKind;
  /** Operations, for example `GetRecords`; all that can have this fault if absent. */
  readonly operation?: string | readonly string[];
  /** Name of the stream. */
  readonly stream?: string;
  /**
   * Id of the shard. Of PutRecord and PutRecords only `throttle` and `partial-failure` can be narrowed so: they hit the
   * entries that go to this shard, and calls without any are not counted.
   */
  readonly shard?: string;
  /** So many calls that fit are spared first. Default 0. */
  readonly skip?: number;
  /** So many calls are hit, then the rule is spent. Default: no end. */
  readonly count?: number;
  /** Chance that a call which fits is hit, 0 to 1, drawn from the emulator's seed. Default 1. */
  readonly probability?: number;
  /** HTTP status of `server-error`. Default 500. */
  readonly status?: number;
  /**
   * Name of the error. Default: `InternalFailure` for `server-error`, `InternalFailureException` for `error` and
   * `event-error`, `ProvisionedThroughputExceededException` for `partial-failure`.
   */
  readonly errorType?: string;
  /** Text of the error. */
  readonly message?: string;
  /** Chance of each entry to fail under `partial-failure`, 0 to 1; at least one entry fails. Default 0.5. */
  readonly ratio?: number;
  /** Speed of `slow-body`. Default 1024. */
  readonly bytesPerSecond?: number;
  /** Length of `delay`, in ms of the emulator's clock. Default 1000. */
  readonly delayMs?: number;
  /** Events that a subscription delivers before an `event-error`. Default 0. */
  readonly afterEvents?: number;
}

/** A rule that has been injected. @public */
export interface Fault {
  readonly id: number;
  readonly rule: FaultRule;
  /** Calls hit so far. */
  readonly hits: number;
  /** Takes the rule away. */
  remove(): void;
}
