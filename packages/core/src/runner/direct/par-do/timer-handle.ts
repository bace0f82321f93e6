import { TributaryError } from "../../../diagnostics/error.js";
import type { Timer, TimerOptions } from "../../../pipeline/timer.js";
import type { KeyedContext } from "./keyed-context.js";
import type { TimerStore } from "./timer-store.js";

/** A declared timer of the key and window that its context is at. */
export class TimerHandle implements Timer {
  readonly #context: KeyedContext;
  readonly #store: TimerStore;
  readonly #index: number;
  readonly #isEventTime: boolean;

  constructor(context: KeyedContext, store: TimerStore, index: number) {
    this.#context = context;
    this.#store = store;
    this.#index = index;
    this.#isEventTime = store.specs[index]?.domain === "event-time";
  }

  set(timestamp: number, options: TimerOptions = {}): void {
    const { expiry } = this.#context.currentCell.span;
    if (Number.isNaN(timestamp)) throw this.#invalid(`to ${timestamp}`);
    if (this.#isEventTime && timestamp > expiry) {
      throw this.#invalid(`to ${timestamp}, after its window expires at ${expiry}`);
    }
    this.#set(timestamp, options);
  }

  setRelative(delayMs: number, options: TimerOptions & { readonly alignToMs?: number } = {}): void {
    if (!(delayMs >= 0)) throw this.#invalid(`relative to now by ${delayMs} ms`);
    const context = this.#context;
    const base = this.#isEventTime ? context.eventTimeBase : context.now();
    const target = aligned(base + delayMs, options.alignToMs);
    if (!this.#isEventTime) {
      this.#set(target, options);
      return;
    }
    const { expiry } = context.currentCell.span;
    // A timer that sets itself anew again and again ends with its window.
    if (target > expiry && context.firing === "event-time" && context.fireTime >= expiry) return;
    this.#set(Math.min(target, expiry), options);
  }

  clear(id = ""): void {
    this.#store.clear(this.#context.currentCell, this.#index, id);
  }

  #set(target: number, { id = "", outputTimestamp }: TimerOptions): void {
    const { firing, currentCell } = this.#context;
    if (firing === "expiration") throw this.#invalid("while its window expires");
    if (firing === "end-of-input" && !this.#isEventTime) return;
    if (id !== "" && this.#store.specs[this.#index]?.isFamily !== true) {
      throw this.#invalid(`with the id '${id}', and is no family`);
    }
    this.#store.set(currentCell, this.#index, id, target, this.#outputTime(target, outputTimestamp));
  }

  #outputTime(target: number, asked: TimerOptions["outputTimestamp"]): number | undefined {
    if (asked === "none") return undefined;
    const { timestamp, allowedSkewMs, currentCell } = this.#context;
    if (asked === undefined) return this.#isEventTime ? target : timestamp;
    const { expiry } = currentCell.span;
    if (asked >= timestamp - allowedSkewMs && asked <= expiry) return asked;
    throw this.#invalid(
      `with the output timestamp ${asked}, which is not between the current timestamp ${timestamp} and the window's expiry at ${expiry}`,
    );
  }

  #invalid(what: string): TributaryError {
    const { step } = this.#context;
    return new TributaryError({
      severity: "error",
      code: "TIMER_INVALID",
      message: `The step '${step}' sets the timer '${this.#store.names[this.#index] ?? ""}' ${what}.`,
      step,
    });
  }
}

/** The next multiple of `alignToMs` from `timestamp` on. */
function aligned(timestamp: number, alignToMs: number | undefined): number {
  if (alignToMs === undefined || alignToMs <= 0) return timestamp;
  return Math.ceil(timestamp / alignToMs) * alignToMs;
}
