import type { FormatServices } from "@tributary/core";

/** How often a call that failed is made again, and after which pauses. */
export interface RetryPolicy {
  /** Attempts beside the first. */
  readonly retriesMax: number;
  /** Pause before the first retry; doubled with each, and up to half of it left to chance. */
  readonly waitMs: number;
  readonly waitMaxMs: number;
}

/**
 * Calls until an attempt succeeds, fails for good, or is one too many.
 *
 * @param attempt - gets the number of calls before it.
 * @param mayRetry - may a call that failed so be made again?
 * @throws the last failure; the signal's reason if it is aborted in a pause.
 */
export async function withRetries<T>(
  attempt: (before: number) => Promise<T>,
  mayRetry: (error: unknown) => boolean,
  { retriesMax, waitMs, waitMaxMs }: RetryPolicy,
  { clock, random, signal }: FormatServices,
): Promise<T> {
  for (let before = 0; ; before++) {
    try {
      return await attempt(before);
    } catch (error) {
      if (signal.aborted || before >= retriesMax || !mayRetry(error)) throw error;
    }
    const longest = Math.min(waitMaxMs, waitMs * 2 ** before);
    await clock.sleep(longest * (0.5 + random.next() / 2), signal);
  }
}
