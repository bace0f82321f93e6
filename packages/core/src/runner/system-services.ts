import { randomUUID } from "node:crypto";
import { performance } from "node:perf_hooks";
import type { Clock, Logger, Random, TimerHandle } from "../connector/services.js";
import { textLogger } from "./text-logger.js";

/** Longest delay of a Node timer, in milliseconds; beyond it a timer would fire at once. */
const TIMER_DELAY_MAX_MS = 2 ** 31 - 1;

/** The last answer of {@link steadyNow}, and when it was given by the count that nobody sets. */
const last = { ms: Date.now(), count: performance.now() };

/**
 * The time of day, but never going back: intervals, back-offs and idleness are told by it. When the machine's clock is
 * set back this one goes on at half its speed until the other has caught up; a leap ahead is followed at once.
 */
function steadyNow(): number {
  const count = performance.now();
  const elapsed = Math.max(0, count - last.count);
  const wall = Date.now();
  // Date.now cuts the fraction of a millisecond.
  const isSetBack = wall + 1 < last.ms + elapsed;
  last.ms = isSetBack ? Math.max(wall, last.ms + elapsed / 2) : Math.max(wall, last.ms);
  last.count = count;
  return Math.floor(last.ms);
}

/** The machine's clock, made steady. Its timers keep no process alive. @public */
export const SYSTEM_CLOCK: Clock = {
  now: steadyNow,
  setTimer(delayMs, callback) {
    return unreferencedTimer(delayMs, callback);
  },
  sleep(delayMs, signal) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason as Error);
        return;
      }
      const abort = (): void => {
        timer.cancel();
        reject(signal?.reason as Error);
      };
      const timer = unreferencedTimer(delayMs, () => {
        signal?.removeEventListener("abort", abort);
        resolve();
      });
      signal?.addEventListener("abort", abort, { once: true });
    });
  },
};

function unreferencedTimer(delayMs: number, callback: () => void): TimerHandle {
  let rest = Math.max(0, delayMs);
  let timer: NodeJS.Timeout;
  const arm = (): void => {
    const now = Math.min(rest, TIMER_DELAY_MAX_MS);
    rest -= now;
    timer = setTimeout(() => (rest > 0 ? arm() : callback()), now).unref();
  };
  arm();
  return { cancel: () => clearTimeout(timer) };
}

/** The machine's random source. @public */
export const SYSTEM_RANDOM: Random = {
  next: () => Math.random(),
  uuid: () => randomUUID(),
};

/** Writes warnings and errors to standard error, one line each. @public */
export const STDERR_LOGGER: Logger = textLogger("warn", (line) => process.stderr.write(`${line}\n`));
