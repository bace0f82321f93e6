import { TributaryError } from "../diagnostics/error.js";
import type { WatermarkAssigner } from "./graph.js";

/** Where a collection's event time comes from and how far it may be out of order. @public */
export interface EventTime<T> {
  /** Event time of a value, in milliseconds. */
  readonly timestamp: (value: T) => number;
  /**
   * How much older than the newest value seen in its split a value may be and still be on time, in milliseconds;
   * default 0.
   */
  readonly maxOutOfOrdernessMs?: number;
}

/** The watermark follows the newest timestamp of a split at a fixed distance. */
export function watermarksOf<T>(step: string, eventTime: EventTime<T>): WatermarkAssigner {
  const { timestamp: timestampOf, maxOutOfOrdernessMs = 0 } = eventTime;
  return {
    assign(values, timestamps) {
      let newest = Number.NEGATIVE_INFINITY;
      for (let i = 0; i < values.length; i++) {
        const timestamp = timestampOf(values[i] as T);
        if (!Number.isFinite(timestamp)) throw badTimestamp(step, timestamp);
        timestamps[i] = timestamp;
        if (timestamp > newest) newest = timestamp;
      }
      return newest - maxOutOfOrdernessMs;
    },
  };
}

function badTimestamp(step: string, timestamp: number): TributaryError {
  return new TributaryError({
    severity: "error",
    code: "RECORD_MALFORMED",
    message: `The event time of a value read by '${step}' is ${timestamp}, not a number of milliseconds.`,
    step,
    value: String(timestamp),
  });
}
