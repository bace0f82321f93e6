import { TributaryError } from "../diagnostics/error.js";
import type { SequencePlan } from "./sequence-source.js";
import { checkFunction } from "./step-arguments.js";
import { GLOBAL_WINDOW_MAX_TIMESTAMP, MIN_TIMESTAMP } from "./window.js";

/** How `generateSequence` counts. @public */
export interface SequenceOptions {
  /** First number; default 0. */
  readonly from?: number;
  /** First number that does not come; absent: the sequence has no end. */
  readonly to?: number;
  /** So many numbers in so many milliseconds of processing time, evenly; absent: as fast as they are taken. */
  readonly rate?: { readonly elements: number; readonly perMs: number };
  /**
   * Event time of a number, in milliseconds; must not go back. Absent: the processing time at which it comes, and none
   * for a sequence with an end and without a rate.
   */
  readonly timestamp?: (value: number) => number;
}

/** How `periodicImpulse` ticks. All in milliseconds. @public */
export interface PeriodicImpulseOptions {
  /** First tick, since 1970; default: when the job starts. Ticks that have passed by then come at once. */
  readonly startMs?: number;
  /** No tick at this instant and later; absent: it ticks for ever. */
  readonly stopMs?: number;
  /** Time between two ticks; with 0 there are none. */
  readonly intervalMs: number;
  /** Puts each tick into a window of its own, of one interval. Default false. */
  readonly applyWindowing?: boolean;
}

/** @throws `PIPELINE_INVALID` naming the step. */
export function sequencePlan(step: string, options: SequenceOptions): SequencePlan<number> {
  const { from = 0, to, rate, timestamp } = options;
  checkInteger(step, "from", from, Number.MIN_SAFE_INTEGER);
  if (to !== undefined) checkInteger(step, "to", to, from);
  if (rate !== undefined) {
    checkInteger(step, "rate.elements", rate.elements, 1);
    checkInteger(step, "rate.perMs", rate.perMs, 1);
  }
  if (timestamp !== undefined) checkFunction(step, "timestamp", timestamp);
  const timeOf = timestamp === undefined ? undefined : orderedTimes(step, timestamp);
  const isTimed = timestamp !== undefined || rate !== undefined || to === undefined;
  return {
    isBounded: to !== undefined,
    countOf: () => (to === undefined ? Number.POSITIVE_INFINITY : to - from),
    valueOf: (index) => from + index,
    ...(isTimed
      ? {
          timestampOf: (index: number, _startedAt: number, now: number) =>
            timeOf === undefined ? now : timeOf(from + index),
        }
      : {}),
    ...(rate === undefined
      ? {}
      : {
          dueAt: (index: number, startedAt: number) =>
            startedAt + Math.floor((index * rate.perMs) / rate.elements),
        }),
  };
}

/** A user's times, which are looked at: a watermark is made of them. */
function orderedTimes(step: string, timestamp: (value: number) => number): (value: number) => number {
  let last = { value: Number.NaN, time: MIN_TIMESTAMP };
  return (value) => {
    const time = timestamp(value);
    const isTime = typeof time === "number" && time >= MIN_TIMESTAMP && time <= GLOBAL_WINDOW_MAX_TIMESTAMP;
    // After a restore the number before is not known.
    const goesBack = last.value === value - 1 && time < last.time;
    if (!isTime || goesBack) {
      const what = typeof time === "number" ? String(time) : `a ${typeof time}`;
      throw new TributaryError({
        severity: "error",
        code: "OUTPUT_INVALID",
        message: isTime
          ? `'timestamp' of the step '${step}' gives ${what} for ${value}, before the ${last.time} of the number before.`
          : `'timestamp' of the step '${step}' gives ${what} for ${value}, which is no time within the global window.`,
        step,
        value: what,
        hint: isTime
          ? "Let times never go back; for elements out of order set them afterwards, with withTimestamps and allowedSkewMs."
          : "Return milliseconds since 1970.",
      });
    }
    last = { value, time };
    return time;
  };
}

/** @throws `PIPELINE_INVALID` naming the step. */
export function impulsePlan(step: string, options: PeriodicImpulseOptions): SequencePlan<number> {
  const { startMs, stopMs, intervalMs } = options;
  checkInteger(step, "intervalMs", intervalMs, 0);
  if (startMs !== undefined) checkInteger(step, "startMs", startMs, Number.MIN_SAFE_INTEGER);
  if (stopMs !== undefined) checkInteger(step, "stopMs", stopMs, Number.MIN_SAFE_INTEGER);
  const tick = (index: number, startedAt: number): number => (startMs ?? startedAt) + index * intervalMs;
  return {
    isBounded: stopMs !== undefined || intervalMs === 0,
    countOf: (startedAt) => ticks(startMs ?? startedAt, stopMs, intervalMs),
    valueOf: tick,
    timestampOf: tick,
    dueAt: tick,
  };
}

function ticks(startMs: number, stopMs: number | undefined, intervalMs: number): number {
  if (intervalMs === 0) return 0;
  if (stopMs === undefined) return Number.POSITIVE_INFINITY;
  return Math.max(0, Math.ceil((stopMs - startMs) / intervalMs));
}

function checkInteger(step: string, name: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return;
  const range = least === Number.MIN_SAFE_INTEGER ? "" : ` of at least ${least}`;
  throw new TributaryError({
    severity: "error",
    code: "PIPELINE_INVALID",
    message: `'${name}' of the step '${step}' must be a whole number${range}, not ${value}.`,
    step,
    value: String(value),
  });
}
