/** Element-wise steps that look at or change what an element carries beside its value. */
import { TributaryError } from "../../diagnostics/error.js";
import type { ElementwiseBinding, MetadataBinding } from "../../pipeline/graph.js";
import { GLOBAL_WINDOW_MAX_TIMESTAMP, MIN_TIMESTAMP } from "../../pipeline/window.js";
import { discard, type Push } from "./push.js";
import { stepError } from "./step-error.js";

/** Is it work on what elements carry beside their values? */
export function isMetadata(binding: ElementwiseBinding): binding is MetadataBinding {
  return !("fn" in binding) || binding.form === "withTimestamps" || binding.form === "partition";
}

/** @param outputs - by output of the step; at least one. */
export function metadataStep(step: string, binding: MetadataBinding, outputs: readonly Push[]): Push {
  const next = outputs[0] ?? discard;
  switch (binding.form) {
    case "reify":
      return binding.perWindow ? reifyPerWindow(next) : reify(next);
    case "withTimestamps":
      return timestampStep(step, binding.fn as (value: unknown) => number, binding.allowedSkewMs, next);
    case "partition":
      return partitionStep(step, binding.fn as (value: unknown) => number, outputs);
    case "reshuffle":
      return next;
  }
}

function reify(next: Push): Push {
  return (value, timestamp, windows, pane) => {
    next({ value, timestamp, windows, pane }, timestamp, windows, pane);
  };
}

function reifyPerWindow(next: Push): Push {
  return (value, timestamp, windows, pane) => {
    for (const window of windows) {
      next({ value, timestamp, window, pane }, timestamp, windows.length === 1 ? windows : [window], pane);
    }
  };
}

function timestampStep(
  step: string,
  fn: (value: unknown) => number,
  allowedSkewMs: number,
  next: Push,
): Push {
  return (value, timestamp, windows, pane) => {
    let moved: number;
    try {
      moved = fn(value);
      if (
        typeof moved !== "number" ||
        !(
          moved >= timestamp - allowedSkewMs &&
          moved <= GLOBAL_WINDOW_MAX_TIMESTAMP &&
          moved >= MIN_TIMESTAMP
        )
      ) {
        throw outOfBounds(step, moved, timestamp, allowedSkewMs);
      }
    } catch (error) {
      throw stepError(step, error);
    }
    next(value, moved, windows, pane);
  };
}

function outOfBounds(step: string, moved: number, timestamp: number, allowedSkewMs: number): TributaryError {
  const isNumber = typeof moved === "number" && !Number.isNaN(moved);
  const isBefore = isNumber && moved < timestamp - allowedSkewMs;
  return new TributaryError({
    severity: "error",
    code: "OUTPUT_INVALID",
    message: `The step '${step}' gives an element at ${timestamp} the timestamp ${moved}: ${
      isBefore
        ? `more than the allowed skew of ${allowedSkewMs} ms before it`
        : !isNumber
          ? "not a number of milliseconds"
          : moved < MIN_TIMESTAMP
            ? "before the beginning of time"
            : "after the end of time"
    }.`,
    step,
    value: String(moved),
    ...(isBefore
      ? { hint: "Allow the skew (allowedSkewMs); what is moved back may be late further on." }
      : {}),
  });
}

function partitionStep(step: string, fn: (value: unknown) => number, outputs: readonly Push[]): Push {
  return (value, timestamp, windows, pane) => {
    let next: Push | undefined;
    try {
      const index = fn(value);
      next = typeof index === "number" ? outputs[index] : undefined;
      if (next === undefined) throw noSuchPart(step, index, outputs.length);
    } catch (error) {
      throw stepError(step, error);
    }
    next(value, timestamp, windows, pane);
  };
}

function noSuchPart(step: string, index: number, count: number): TributaryError {
  return new TributaryError({
    severity: "error",
    code: "PIPELINE_INVALID",
    message: `The step '${step}' puts an element into part ${index}; its parts are 0 to ${count - 1}.`,
    step,
    value: String(index),
  });
}
