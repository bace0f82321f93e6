/** What follows from a trigger without running it: how it goes on after a grouping, when it finishes, how it reads. */
import type { Trigger } from "./trigger.js";

/**
 * The trigger of what a grouping makes: it lets through what the grouping emitted as soon as it may have come. After the
 * Apache Beam model.
 */
export function continuationOf(trigger: Trigger): Trigger {
  switch (trigger.kind) {
    case "default":
    case "never":
    case "always":
    case "after-synchronized-processing-time":
      return trigger;
    case "after-end-of-window":
      return {
        kind: "after-end-of-window",
        ...(trigger.early === undefined ? {} : { early: continuationOf(trigger.early) }),
        ...(trigger.late === undefined ? {} : { late: continuationOf(trigger.late) }),
      };
    case "after-count":
      return { kind: "after-count", count: 1 };
    case "after-processing-time":
      return { kind: "after-synchronized-processing-time" };
    case "repeat":
      return { kind: "repeat", trigger: continuationOf(trigger.trigger) };
    case "after-each":
      return {
        kind: "repeat",
        trigger: { kind: "after-first", triggers: trigger.triggers.map(continuationOf) },
      };
    case "after-first":
    case "after-all":
      return { kind: trigger.kind, triggers: trigger.triggers.map(continuationOf) };
    case "or-finally":
      return {
        kind: "repeat",
        trigger: {
          kind: "or-finally",
          main: continuationOf(trigger.main),
          until: continuationOf(trigger.until),
        },
      };
  }
}

/** Moments of a window's life, in order. */
const MOMENTS = ["before-end", "at-end", "never"] as const;
/** When something happens to a trigger at the earliest. */
export type TriggerMoment = (typeof MOMENTS)[number];

/**
 * When a trigger finishes at the earliest. One that finishes while its window still takes elements loses them.
 */
export function finishesAt(trigger: Trigger): TriggerMoment {
  switch (trigger.kind) {
    case "default":
    case "never":
    case "always":
    case "repeat":
      return "never";
    case "after-end-of-window":
      return trigger.late === undefined ? "at-end" : "never";
    case "after-count":
    case "after-processing-time":
    case "after-synchronized-processing-time":
      return "before-end";
    case "after-each":
      return latest(trigger.triggers.map(finishesAt));
    case "after-first":
      return earliest(trigger.triggers.map(firesAt));
    case "after-all":
      return latest(trigger.triggers.map(firesAt));
    case "or-finally":
      return earliest([finishesAt(trigger.main), firesAt(trigger.until)]);
  }
}

/** When a trigger is ready at the earliest. */
function firesAt(trigger: Trigger): TriggerMoment {
  switch (trigger.kind) {
    case "default":
      return "at-end";
    case "after-end-of-window":
      return earliest(["at-end", ...(trigger.early === undefined ? [] : [firesAt(trigger.early)])]);
    case "never":
      return "never";
    case "always":
    case "after-count":
    case "after-processing-time":
    case "after-synchronized-processing-time":
      return "before-end";
    case "repeat":
      return firesAt(trigger.trigger);
    case "after-each":
      return firesAt(trigger.triggers[0] as Trigger);
    case "after-first":
      return earliest(trigger.triggers.map(firesAt));
    case "after-all":
      return latest(trigger.triggers.map(firesAt));
    case "or-finally":
      return earliest([firesAt(trigger.main), firesAt(trigger.until)]);
  }
}

function earliest(moments: readonly TriggerMoment[]): TriggerMoment {
  return MOMENTS.find((moment) => moments.includes(moment)) ?? "never";
}

function latest(moments: readonly TriggerMoment[]): TriggerMoment {
  return MOMENTS.findLast((moment) => moments.includes(moment)) ?? "never";
}

/** A trigger as the call that builds it. */
export function describeTrigger(trigger: Trigger): string {
  switch (trigger.kind) {
    case "default":
    case "never":
    case "always":
      return `${trigger.kind}()`;
    case "after-end-of-window": {
      const around = [
        ...(trigger.early === undefined ? [] : [`early: ${describeTrigger(trigger.early)}`]),
        ...(trigger.late === undefined ? [] : [`late: ${describeTrigger(trigger.late)}`]),
      ];
      return around.length === 0 ? "afterEndOfWindow()" : `afterEndOfWindow({ ${around.join(", ")} })`;
    }
    case "after-count":
      return `afterCount(${trigger.count})`;
    case "after-processing-time":
      return trigger.alignToMs === undefined
        ? `afterProcessingTime(${trigger.delayMs})`
        : `afterProcessingTime(${trigger.delayMs}, { alignToMs: ${trigger.alignToMs} })`;
    case "after-synchronized-processing-time":
      return "afterSynchronizedProcessingTime()";
    case "repeat":
      return `repeat(${describeTrigger(trigger.trigger)})`;
    case "after-each":
      return `afterEach(${trigger.triggers.map(describeTrigger).join(", ")})`;
    case "after-first":
      return `afterFirst(${trigger.triggers.map(describeTrigger).join(", ")})`;
    case "after-all":
      return `afterAll(${trigger.triggers.map(describeTrigger).join(", ")})`;
    case "or-finally":
      return `orFinally(${describeTrigger(trigger.main)}, ${describeTrigger(trigger.until)})`;
  }
}
