/** Calls of a service, one for each element: bounded, retried, cached and paced, and never the end of the job. */
import type { Clock } from "../../connector/services.js";
import type { DoFn } from "../do-fn.js";
import { checkFunction, checkObject, checkWhole } from "../step-arguments.js";
import { output, type } from "../type-tag.js";
import { VALUE_CODER } from "../value-coder.js";
import { failedElement, type FailedElement } from "./failures.js";

/** What a call finds beside its element. @public */
export interface CallInfo {
  /** Aborted when the attempt takes too long, or the job ends. */
  readonly signal: AbortSignal;
  /** From 1. */
  readonly attempt: number;
}

/** How a service is called. All times in milliseconds of processing time. @public */
export interface RequestResponse<T, R> {
  /** Asks the service; rejects when it fails. */
  readonly call: (element: T, info: CallInfo) => Promise<R>;
  /** Elements of a bundle that wait for an answer at a time; default 16. */
  readonly concurrency?: number;
  /** Results leave in the order of their elements; default false: as they come. */
  readonly keepsOrder?: boolean;
  /** Longest time of an attempt; absent: as long as it takes. */
  readonly timeoutMs?: number;
  /** Calls until an element has failed; default 1. */
  readonly attempts?: number;
  /** Wait before the second attempt, doubled for each one after it; default 100. */
  readonly backOffMs?: number;
  /** Longest wait between two attempts; default 10000. */
  readonly backOffMaxMs?: number;
  /** Errors for which another attempt is made; default: all. */
  readonly isRetryable?: (error: unknown) => boolean;
  /** Keeps answers, and asks once for equal elements that wait at the same time. */
  readonly cache?: {
    readonly maxEntries: number;
    /** How long an answer is good; absent: until others take its place. */
    readonly ttlMs?: number;
    /** What tells elements apart; absent: the whole element. */
    readonly by?: (element: T) => unknown;
  };
  /** Most calls in a time, evenly. */
  readonly throttle?: { readonly calls: number; readonly perMs: number };
}

const CONCURRENCY_DEFAULT = 16;
const BACK_OFF_DEFAULT_MS = 100;
const BACK_OFF_MAX_DEFAULT_MS = 10_000;

/** @throws `PIPELINE_INVALID` naming the step. */
export function checkRequests(step: string, what: RequestResponse<never, unknown>): void {
  checkObject(step, "The options", what);
  checkFunction(step, "call", what.call);
  const whole: readonly (readonly [string, number | undefined, number])[] = [
    ["concurrency", what.concurrency, 1],
    ["timeoutMs", what.timeoutMs, 1],
    ["attempts", what.attempts, 1],
    ["backOffMs", what.backOffMs, 0],
    ["backOffMaxMs", what.backOffMaxMs, 0],
    ["cache.maxEntries", what.cache?.maxEntries, 1],
    ["cache.ttlMs", what.cache?.ttlMs, 1],
    ["throttle.calls", what.throttle?.calls, 1],
    ["throttle.perMs", what.throttle?.perMs, 1],
  ];
  for (const [name, value, least] of whole) {
    if (value !== undefined) checkWhole(step, name, value, least);
  }
}

/** A service as one instance of a step calls it. */
export function requesting<T, R>(what: RequestResponse<T, R>) {
  const { concurrency = CONCURRENCY_DEFAULT, keepsOrder = false } = what;
  const caller = new Caller(what);
  let last: Promise<unknown> = Promise.resolve();
  return {
    output: type<R>(),
    outputs: { failed: output<FailedElement<T>>() },
    concurrency,
    process(element: T, context) {
      const { clock, signal } = context;
      const answer = caller.answer(element, clock, signal).then(
        (value) => () => context.emit(value),
        (error: unknown) => () => {
          signal.throwIfAborted();
          context.emitTo("failed", failedElement(element, error, context));
        },
      );
      if (!keepsOrder) return answer.then((emit) => emit());
      const before = last;
      const done = before.then(() => answer).then((emit) => emit());
      last = done.catch(() => {});
      return done;
    },
  } satisfies DoFn<T, R, {}, {}, { failed: ReturnType<typeof output<FailedElement<T>>> }>;
}

interface CachedAnswer<R> {
  readonly answer: Promise<R>;
  /** Infinite while the answer is on its way. */
  expiresAt: number;
}

class Caller<T, R> {
  readonly #what: RequestResponse<T, R>;
  readonly #cache = new Map<string, CachedAnswer<R>>();
  /** When the next call may begin. */
  #nextCallAt = Number.NEGATIVE_INFINITY;

  constructor(what: RequestResponse<T, R>) {
    this.#what = what;
  }

  answer(element: T, clock: Clock, signal: AbortSignal): Promise<R> {
    const { cache } = this.#what;
    if (cache === undefined) return this.#attempts(element, clock, signal);
    const key = Buffer.from(
      VALUE_CODER.encode(cache.by === undefined ? element : cache.by(element)),
    ).toString("latin1");
    const known = this.#cache.get(key);
    if (known !== undefined && clock.now() < known.expiresAt) {
      // The one used last goes last.
      this.#cache.delete(key);
      this.#cache.set(key, known);
      return known.answer;
    }
    const { maxEntries, ttlMs = Number.POSITIVE_INFINITY } = cache;
    const entry: CachedAnswer<R> = {
      answer: this.#attempts(element, clock, signal),
      expiresAt: Number.POSITIVE_INFINITY,
    };
    this.#cache.set(key, entry);
    entry.answer.then(
      () => {
        entry.expiresAt = clock.now() + ttlMs;
      },
      () => {
        if (this.#cache.get(key) === entry) this.#cache.delete(key);
      },
    );
    for (const oldest of this.#cache.keys()) {
      if (this.#cache.size <= maxEntries) break;
      this.#cache.delete(oldest);
    }
    return entry.answer;
  }

  async #attempts(element: T, clock: Clock, signal: AbortSignal): Promise<R> {
    const {
      attempts = 1,
      backOffMs = BACK_OFF_DEFAULT_MS,
      backOffMaxMs = BACK_OFF_MAX_DEFAULT_MS,
      isRetryable = () => true,
    } = this.#what;
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#turn(clock, signal);
        return await this.#attempt(element, attempt, clock, signal);
      } catch (error) {
        if (signal.aborted || attempt >= attempts || !isRetryable(error)) throw error;
        await clock.sleep(Math.min(backOffMs * 2 ** (attempt - 1), backOffMaxMs), signal);
      }
    }
  }

  /** Waits until the pace allows another call. */
  async #turn(clock: Clock, signal: AbortSignal): Promise<void> {
    const { throttle } = this.#what;
    if (throttle === undefined) return;
    const at = Math.max(clock.now(), this.#nextCallAt);
    this.#nextCallAt = at + throttle.perMs / throttle.calls;
    const wait = Math.ceil(at - clock.now());
    if (wait > 0) await clock.sleep(wait, signal);
  }

  async #attempt(element: T, attempt: number, clock: Clock, signal: AbortSignal): Promise<R> {
    const { call, timeoutMs } = this.#what;
    if (timeoutMs === undefined) return call(element, { signal, attempt });
    const controller = new AbortController();
    const timedOut = new DOMException(`The call took more than ${timeoutMs} ms.`, "TimeoutError");
    const timer = clock.setTimer(timeoutMs, () => controller.abort(timedOut));
    const abort = (): void => controller.abort(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    try {
      const aborted = new Promise<never>((_resolve, reject) => {
        controller.signal.addEventListener("abort", () => reject(controller.signal.reason as Error), {
          once: true,
        });
      });
      aborted.catch(() => {});
      return await Promise.race([call(element, { signal: controller.signal, attempt }), aborted]);
    } finally {
      timer.cancel();
      signal.removeEventListener("abort", abort);
    }
  }
}
