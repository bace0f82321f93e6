import type { Clock, Random } from "@tributary/core";

import { classifyFailure, factsOf } from "../client/classify-failure.js";

/** How often and how fast one operation is repeated. */
export interface RetryGroup {
  /** Repetitions, or calls, whichever the operation counts. */
  readonly maximum: number;
  readonly baseMs: number;
  readonly maxMs: number;
  readonly factor: number;
}

/** What repeating a call takes. */
export interface RetryServices {
  readonly clock: Clock;
  readonly random: Random;
  readonly signal: AbortSignal;
}

/** Pause before an attempt: `trunc(random[0, 1) * min(max, base * factor^attempt))`, "full jitter". */
export function fullJitterMs({ baseMs, maxMs, factor }: RetryGroup, attempt: number, random: Random): number {
  return Math.max(0, Math.trunc(random.next() * Math.min(maxMs, baseMs * factor ** attempt)));
}

/** Called before each pause. */
export type OnPause = (error: unknown, attempt: number, delayMs: number) => void;

/**
 * Repeats GetRecords, GetShardIterator and ListShards: attempts count from 0, `maximum` repetitions.
 *
 * @throws the last error, or the first that is not recoverable.
 */
export async function repeatRecoverable<T>(
  call: () => Promise<T>,
  group: RetryGroup,
  services: RetryServices,
  onPause?: OnPause,
): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    services.signal.throwIfAborted();
    try {
      return await call();
    } catch (error) {
      if (services.signal.aborted || attempt >= group.maximum || !isRecoverable(error)) throw error;
      await pause(group, attempt, error, services, onPause);
    }
  }
}

/**
 * Repeats calls about consumers and streams: attempts count from 1, `maximum` calls in all.
 *
 * @throws the last error, or the first that is not of a passing kind.
 */
export async function repeatThrottled<T>(
  call: () => Promise<T>,
  group: RetryGroup,
  services: RetryServices,
  onPause?: OnPause,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    services.signal.throwIfAborted();
    try {
      return await call();
    } catch (error) {
      if (services.signal.aborted || attempt >= group.maximum || !isRecoverable(error)) throw error;
      await pause(group, attempt, error, services, onPause);
    }
  }
}

async function pause(
  group: RetryGroup,
  attempt: number,
  error: unknown,
  { clock, random, signal }: RetryServices,
  onPause: OnPause | undefined,
): Promise<void> {
  const delayMs = fullJitterMs(group, attempt, random);
  onPause?.(error, attempt, delayMs);
  await clock.sleep(delayMs, signal);
}

/** Nobody listens there, or nobody has the name: not worth a repetition before the service was ever reached. */
const NOT_THERE = new Set(["ECONNREFUSED", "ENOTFOUND"]);

/**
 * Throttling, failures on the service's side, connections that broke. An expired iterator is the caller's to renew.
 *
 * @see Flink documentation, Kinesis connector; torn connections, which its SDK repeats by itself, are counted here.
 */
export function isRecoverable(error: unknown): boolean {
  const { name, systemCode, wasReached } = factsOf(error);
  if (name === "ExpiredIteratorException") return false;
  if (!wasReached && systemCode !== undefined && NOT_THERE.has(systemCode)) return false;
  return classifyFailure(error) !== "fatal";
}
