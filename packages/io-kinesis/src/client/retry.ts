import { TributaryError } from "@tributary/core";
import type { Clock, FailureClass, Random } from "@tributary/core";

import { classifyFailure, factsOf, isNetworkFailure, isTimeout } from "./classify-failure.js";
import { FreeTime } from "./first-answer.js";

/** How often and how fast a call is repeated. */
export interface RetryPolicy {
  readonly attemptsMax: number;
  readonly delayMinMs: number;
  readonly delayMaxMs: number;
  /**
   * Attempts while the service has never been reached by this policy's owner: a wrong address is then likelier than
   * an outage, and the user should hear of it soon.
   */
  readonly firstContactAttemptsMax: number;
  /** As long as that, attempts that time out end after so many milliseconds in which this process was not busy. */
  readonly firstContactMsMax: number;
}

/** After the retry strategy of Apache Flink's Kinesis source; the figures of the first contact are ours. */
export const DEFAULT_RETRY_POLICY: RetryPolicy = {
  attemptsMax: 50,
  delayMinMs: 300,
  delayMaxMs: 1000,
  firstContactAttemptsMax: 5,
  firstContactMsMax: 5_000,
};

/** Called before each wait, e.g. to log or to slow down. */
export type OnRetry = (failure: {
  readonly kind: FailureClass;
  readonly error: unknown;
  readonly attempt: number;
}) => void;

/** Repeats calls that failed for a passing reason: doubling delays, half of each random. */
export class Retry {
  readonly #policy: RetryPolicy;
  readonly #clock: Clock;
  readonly #random: Random;
  #hasReached = false;

  constructor(policy: RetryPolicy, clock: Clock, random: Random) {
    this.#policy = policy;
    this.#clock = clock;
    this.#random = random;
  }

  /** @throws the last error of `call`, as it is. */
  async run<T>(call: () => Promise<T>, signal: AbortSignal, onRetry?: OnRetry): Promise<T> {
    const time = this.#hasReached ? undefined : new FreeTime();
    try {
      for (let attempt = 1; ; attempt += 1) {
        signal.throwIfAborted();
        try {
          const answer = await call();
          this.#hasReached = true;
          return answer;
        } catch (error) {
          const kind = classifyFailure(error);
          this.#hasReached ||= tellsOfContact(error);
          if (kind === "fatal" || signal.aborted || this.#isSpent(attempt, time?.ms ?? 0, error)) throw error;
          onRetry?.({ kind, error, attempt });
          await this.#clock.sleep(this.#delayMs(attempt), signal);
        }
      }
    } finally {
      time?.stop();
    }
  }

  #isSpent(attempt: number, freeMs: number, error: unknown): boolean {
    const { attemptsMax, firstContactAttemptsMax, firstContactMsMax } = this.#policy;
    if (this.#hasReached) return attempt >= attemptsMax;
    // An attempt that timed out while this process was busy says nothing about the address.
    if (isTimeout(error)) return freeMs >= firstContactMsMax || attempt >= attemptsMax;
    return attempt >= firstContactAttemptsMax;
  }

  #delayMs(attempt: number): number {
    const full = Math.min(this.#policy.delayMaxMs, this.#policy.delayMinMs * 2 ** (attempt - 1));
    return full / 2 + this.#random.next() * (full / 2);
  }
}

/** An error of the service itself, or one of a connection that had worked; not one of looking for credentials. */
function tellsOfContact(error: unknown): boolean {
  return factsOf(error).wasReached || (!isNetworkFailure(error) && !TributaryError.is(error));
}
