import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { nearestFirst } from "../diagnostics/nearest.js";
import type { JsonValue } from "../types/json-value.js";
import type { WindowBinding } from "./graph.js";
import { triggerFaults } from "./trigger-faults.js";
import { describeTrigger } from "./trigger-rules.js";
import type { WindowFn } from "./window.js";
import type { WindowingStrategy } from "./windowing-strategy.js";

/**
 * What a step says of windows; what is left out stays as it was. With `windowFn` every element gets new windows; without
 * it none does. A trigger other than the default needs `accumulation` and `allowedLatenessMs`, here or in a step before.
 * Allowed lateness is never shortened: the larger of the old and the new one holds.
 *
 * @public
 */
export type WindowOptions = Partial<WindowingStrategy>;

const ACCUMULATIONS: readonly string[] = ["discarding", "accumulating"];
const TIMESTAMP_COMBINERS: readonly string[] = ["end-of-window", "earliest", "latest"];
const CLOSINGS: readonly string[] = ["if-non-empty", "always"];
const ON_TIMES: readonly string[] = ["always", "if-non-empty"];

const OPTIONS: readonly string[] = [
  "windowFn",
  "trigger",
  "accumulation",
  "allowedLatenessMs",
  "timestampCombiner",
  "closing",
  "onTime",
  "allowsUnsafeTrigger",
] satisfies readonly (keyof WindowOptions)[];
const PARTS: readonly string[] = [...OPTIONS, "kind"];

/** A window function is an object that assigns. */
export function windowBinding(given: WindowFn | WindowOptions): WindowBinding {
  return "assign" in given ? { kind: "window", windowFn: given } : { ...given, kind: "window" };
}

/** Values that callers without types may give. */
export function windowFaults(step: string, binding: WindowBinding): readonly Diagnostic[] {
  const faults: Diagnostic[] = Object.keys(binding)
    .filter((name) => !PARTS.includes(name))
    .map((name) => fault(step, `Windows have no option '${name}'.`, name, nearestFirst(name, OPTIONS)));
  const check = (name: string, value: string | undefined, accepted: readonly string[]): void => {
    if (value === undefined || accepted.includes(value)) return;
    faults.push(fault(step, `'${value}' is no ${name} of windows.`, value, accepted));
  };
  check("accumulation", binding.accumulation, ACCUMULATIONS);
  check("timestampCombiner", binding.timestampCombiner, TIMESTAMP_COMBINERS);
  check("closing", binding.closing, CLOSINGS);
  check("onTime", binding.onTime, ON_TIMES);
  const { allowedLatenessMs } = binding;
  if (
    allowedLatenessMs !== undefined &&
    !(Number.isSafeInteger(allowedLatenessMs) && allowedLatenessMs >= 0)
  ) {
    faults.push(
      fault(
        step,
        `The allowed lateness must be a whole number of milliseconds of at least 0, not ${allowedLatenessMs}.`,
        String(allowedLatenessMs),
      ),
    );
  }
  const { trigger, windowFn } = binding;
  if (trigger !== undefined) {
    for (const one of triggerFaults(step, trigger)) {
      faults.push({ severity: "error", code: "PIPELINE_INVALID", step, ...one });
    }
  }
  if (windowFn !== undefined && typeof windowFn.assign !== "function") {
    faults.push(fault(step, `The window function of the step '${step}' has no method 'assign'.`, ""));
  }
  return faults;
}

function fault(step: string, message: string, value: string, candidates?: readonly string[]): Diagnostic {
  return {
    severity: "error",
    code: "PIPELINE_INVALID",
    message,
    step,
    value,
    ...(candidates === undefined ? {} : { candidates }),
  };
}

/** What `explain` prints. */
export function windowDetails(binding: WindowBinding): { readonly [key: string]: JsonValue } {
  const { windowFn, trigger, accumulation, allowedLatenessMs, timestampCombiner, closing, onTime } = binding;
  return {
    ...(windowFn === undefined ? {} : { windows: windowFn.description }),
    ...(trigger === undefined ? {} : { trigger: describeTrigger(trigger) }),
    ...(accumulation === undefined ? {} : { accumulation }),
    ...(allowedLatenessMs === undefined ? {} : { allowedLatenessMs }),
    ...(timestampCombiner === undefined ? {} : { timestampCombiner }),
    ...(closing === undefined ? {} : { closing }),
    ...(onTime === undefined ? {} : { onTime }),
  };
}
