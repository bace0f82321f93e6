/**
 * When a key's window fires, as plain data. The machine behind it is the runner's. After the Apache Beam model.
 */
import { TributaryError } from "../diagnostics/error.js";

/** A trigger as data; the functions of the same name build it. @public */
export type Trigger =
  /** When the watermark passes the window, and at once for every batch that comes later. */
  | { readonly kind: "default" }
  /** When the watermark passes the window; before it `early` and after it `late` fire again and again. */
  | { readonly kind: "after-end-of-window"; readonly early?: Trigger; readonly late?: Trigger }
  | { readonly kind: "after-count"; readonly count: number }
  /** Processing time since the first element; `alignToMs` rounds the instant up to a multiple. */
  | { readonly kind: "after-processing-time"; readonly delayMs: number; readonly alignToMs?: number }
  /** When the steps before have dealt with what arrived; the continuation of `after-processing-time`. */
  | { readonly kind: "after-synchronized-processing-time" }
  /** Content comes when the window expires. */
  | { readonly kind: "never" }
  /** On every evaluation. */
  | { readonly kind: "always" }
  | { readonly kind: "repeat"; readonly trigger: Trigger }
  | { readonly kind: "after-each"; readonly triggers: readonly Trigger[] }
  | { readonly kind: "after-first"; readonly triggers: readonly Trigger[] }
  | { readonly kind: "after-all"; readonly triggers: readonly Trigger[] }
  | { readonly kind: "or-finally"; readonly main: Trigger; readonly until: Trigger };

/** The default trigger. @public */
export const DEFAULT_TRIGGER: Trigger = Object.freeze({ kind: "default" });

/**
 * Builds triggers:
 *
 * ```ts
 * Trigger.afterEndOfWindow({
 *   early: Trigger.afterProcessingTime(10_000),
 *   late: Trigger.afterCount(1),
 * });
 * ```
 *
 * All functions throw `PIPELINE_INVALID` for arguments that make no trigger.
 *
 * @public
 */
export const Trigger = {
  /** When the watermark passes the window, and at once for every batch that comes later. */
  default: (): Trigger => {
    return DEFAULT_TRIGGER;
  },
  /**
   * When the watermark passes the window. `early` fires again and again before it, `late` after it; without `late` the
   * window is closed then.
   */
  afterEndOfWindow: (around: { readonly early?: Trigger; readonly late?: Trigger } = {}): Trigger => {
    const { early, late } = around;
    return {
      kind: "after-end-of-window",
      ...(early === undefined ? {} : { early: checkTrigger("early", early) }),
      ...(late === undefined ? {} : { late: checkTrigger("late", late) }),
    };
  },
  /** Once, when the window has so many elements. @param count - a whole number, at least 1. */
  afterCount: (count: number): Trigger => {
    return { kind: "after-count", count: checkWhole("count of elements", count, 1) };
  },
  /**
   * Once, when so much processing time has passed since the first element.
   *
   * @param delayMs - milliseconds, 0 or more.
   * @param align - `alignToMs` rounds the instant up to a multiple, in milliseconds since 1970.
   */
  afterProcessingTime: (delayMs: number, align: { readonly alignToMs?: number } = {}): Trigger => {
    const { alignToMs } = align;
    return {
      kind: "after-processing-time",
      delayMs: checkWhole("delay in milliseconds", delayMs, 0),
      ...(alignToMs === undefined
        ? {}
        : { alignToMs: checkWhole("alignment in milliseconds", alignToMs, 1) }),
    };
  },
  /** Not before the window expires. */
  never: (): Trigger => {
    return { kind: "never" };
  },
  /** On every evaluation: after every batch of elements, and when the watermark passes the window. */
  always: (): Trigger => {
    return { kind: "always" };
  },
  /** Again and again: starts anew whenever `trigger` has finished. */
  repeat: (trigger: Trigger): Trigger => {
    return { kind: "repeat", trigger: checkTrigger("repeated", trigger) };
  },
  /** One after the other; moves on when the current one has finished. */
  afterEach: (...triggers: readonly Trigger[]): Trigger => {
    return { kind: "after-each", triggers: checkTriggers("afterEach", triggers) };
  },
  /** Once, when any of them is ready. */
  afterFirst: (...triggers: readonly Trigger[]): Trigger => {
    return { kind: "after-first", triggers: checkTriggers("afterFirst", triggers) };
  },
  /** Once, when all of them are ready. */
  afterAll: (...triggers: readonly Trigger[]): Trigger => {
    return { kind: "after-all", triggers: checkTriggers("afterAll", triggers) };
  },
  /** As `main`, until `until` fires for the last time. */
  orFinally: (main: Trigger, until: Trigger): Trigger => {
    return { kind: "or-finally", main: checkTrigger("main", main), until: checkTrigger("until", until) };
  },
} as const;

function checkWhole(what: string, value: number, least: number): number {
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw invalid(`The ${what} of a trigger must be a whole number of at least ${least}, not ${value}.`, value);
}

function checkTriggers(what: string, triggers: readonly Trigger[]): readonly Trigger[] {
  if (triggers.length === 0) throw invalid(`${what} needs at least one trigger.`, "");
  return triggers.map((trigger, index) => checkTrigger(`${index + 1}.`, trigger));
}

/** Callers without types may give anything. */
function checkTrigger(role: string, trigger: Trigger): Trigger {
  const given: unknown = trigger;
  if (typeof given === "object" && given !== null && "kind" in given) return trigger;
  throw invalid(`The ${role} trigger is no trigger: ${String(given)}.`, given);
}

function invalid(message: string, value: unknown): TributaryError {
  return new TributaryError({
    severity: "error",
    code: "PIPELINE_INVALID",
    message,
    value: String(value),
  });
}
