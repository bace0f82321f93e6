import type { Diagnostic } from "../diagnostics/diagnostic.js";
import { nearestFirst } from "../diagnostics/nearest.js";
import type { Trigger } from "./trigger.js";

type Fault = Pick<Diagnostic, "message" | "hint" | "value" | "candidates">;

/** Properties of each kind of trigger that hold triggers. */
const PARTS: Readonly<Record<Trigger["kind"], readonly string[]>> = {
  default: [],
  "after-end-of-window": ["early", "late"],
  "after-count": [],
  "after-processing-time": [],
  "after-synchronized-processing-time": [],
  never: [],
  always: [],
  repeat: ["trigger"],
  "after-each": ["triggers"],
  "after-first": ["triggers"],
  "after-all": ["triggers"],
  "or-finally": ["main", "until"],
};

/** Kinds that do without their parts. */
const OPTIONAL_PARTS: readonly string[] = ["early", "late"];

/** What makes a trigger none, at any depth: it may have been written as data by hand. */
export function* triggerFaults(step: string, trigger: unknown): Iterable<Fault> {
  if (typeof trigger !== "object" || trigger === null || !("kind" in trigger)) {
    yield {
      message: `The step '${step}' has ${String(trigger)} for a trigger.`,
      value: String(trigger),
      hint: "Build it with the functions of Trigger, e.g. Trigger.repeat(Trigger.afterCount(1)).",
    };
    return;
  }
  const kind = String(trigger.kind);
  const parts = Object.entries(PARTS).find(([name]) => name === kind)?.[1];
  if (parts === undefined) {
    yield {
      message: `The step '${step}' has a trigger of the kind '${kind}', which does not exist.`,
      value: kind,
      candidates: nearestFirst(kind, Object.keys(PARTS)),
    };
    return;
  }
  for (const name of parts) {
    const part: unknown = Reflect.get(trigger, name);
    if (part === undefined && OPTIONAL_PARTS.includes(name)) continue;
    for (const one of Array.isArray(part) ? (part as unknown[]) : [part]) yield* triggerFaults(step, one);
  }
}
