import type { Trigger } from "../../../pipeline/trigger.js";
import { EachNode, EndOfWindowNode, GroupNode, OrFinallyNode, RepeatNode } from "./trigger-composites.js";
import {
  CountNode,
  DelayNode,
  SlotPlan,
  StatelessNode,
  type Evaluation,
  type TriggerNode,
  type TriggerState,
} from "./trigger-node.js";

/** Of triggers that keep nothing; never written to. */
const NO_STATE: TriggerState = [];

/** Kinds of triggers that an element may make ready, that the window's end may, and that the clock may. */
const BY_ELEMENT = new Set<Trigger["kind"]>([
  "after-count",
  "after-processing-time",
  "after-synchronized-processing-time",
  "always",
]);
const BY_END = new Set<Trigger["kind"]>(["default", "after-end-of-window", "always"]);
const BY_CLOCK = new Set<Trigger["kind"]>(["after-processing-time"]);

/**
 * A trigger at work: one machine serves all keys and windows of a step, whose states are arrays of numbers. Nothing is
 * fetched before it is needed, since all state is at hand. After the Apache Beam model.
 */
export class TriggerMachine {
  /** An element may make it ready before the window's end. */
  readonly reactsToElements: boolean;
  /** The passing of the window's end may make it ready. */
  readonly reactsToEnd: boolean;
  /** The clock may make it ready. */
  readonly usesProcessingTime: boolean;
  /** False where `onElement` does nothing. */
  readonly hasState: boolean;
  readonly #root: TriggerNode;
  readonly #initial: TriggerState;

  constructor(trigger: Trigger, isMerging: boolean) {
    const slots = new SlotPlan();
    this.#root = nodeOf(trigger, slots, isMerging);
    this.#initial = slots.initial;
    this.hasState = slots.initial.length > 0;
    this.reactsToElements = hasKind(trigger, BY_ELEMENT);
    this.reactsToEnd = hasKind(trigger, BY_END);
    this.usesProcessingTime = hasKind(trigger, BY_CLOCK);
  }

  /** State of a window without elements. */
  initial(): TriggerState {
    return this.hasState ? this.#initial.slice() : NO_STATE;
  }

  /** True for numbers that a machine of this trigger may have written. */
  accepts(state: readonly number[]): boolean {
    return state.length === this.#initial.length;
  }

  onElement(state: TriggerState, evaluation: Evaluation): void {
    this.#root.onElement(state, evaluation);
  }

  shouldFire(state: TriggerState, evaluation: Evaluation): boolean {
    return this.#root.shouldFire(state, evaluation);
  }

  onFire(state: TriggerState, evaluation: Evaluation): void {
    this.#root.onFire(state, evaluation);
  }

  /** The window takes no more elements. */
  isFinished(state: TriggerState): boolean {
    return this.#root.isFinished(state);
  }

  /**
   * State of the window that others became. Counts add up, deadlines take the earliest, a count or delay that finished
   * anywhere stays finished, and what waits for the window's end is back before it unless all had fired there.
   *
   * @param sources - of windows that had elements before; one that was only just made has no say.
   * @param evaluation - of the merged window.
   */
  onMerge(sources: readonly TriggerState[], evaluation: Evaluation): TriggerState {
    const into = this.initial();
    if (sources.length > 0) this.#root.merge(into, sources, evaluation);
    return into;
  }

  /** Earliest instant from `now` on beyond which the clock may make it ready; infinite for none. */
  deadline(state: TriggerState, now: number): number {
    return this.#root.deadline(state, now);
  }
}

function nodeOf(trigger: Trigger, slots: SlotPlan, isMerging: boolean): TriggerNode {
  const of = (part: Trigger): TriggerNode => nodeOf(part, slots, isMerging);
  switch (trigger.kind) {
    case "default":
      return new StatelessNode(({ isPastEnd }) => isPastEnd);
    case "never":
      return new StatelessNode(() => false);
    case "always":
      return new StatelessNode(() => true);
    case "after-count":
      return new CountNode(slots, trigger.count);
    case "after-processing-time":
      return new DelayNode(slots, trigger.delayMs, trigger.alignToMs);
    // Windows are evaluated when nothing before the step has anything left to do: then the first element is enough.
    case "after-synchronized-processing-time":
      return new CountNode(slots, 1);
    case "after-end-of-window": {
      const early = trigger.early === undefined ? undefined : of(trigger.early);
      const late = trigger.late === undefined ? undefined : of(trigger.late);
      return new EndOfWindowNode(slots, { early, late }, isMerging);
    }
    case "repeat":
      return new RepeatNode(of(trigger.trigger));
    case "after-each":
      return new EachNode(trigger.triggers.map(of), isMerging);
    case "after-first":
      return new GroupNode(slots, trigger.triggers.map(of), "any");
    case "after-all":
      return new GroupNode(slots, trigger.triggers.map(of), "all");
    case "or-finally":
      return new OrFinallyNode(slots, of(trigger.main), of(trigger.until));
  }
}

function hasKind(trigger: Trigger, kinds: ReadonlySet<Trigger["kind"]>): boolean {
  return kinds.has(trigger.kind) || partsOf(trigger).some((part) => hasKind(part, kinds));
}

function partsOf(trigger: Trigger): readonly Trigger[] {
  switch (trigger.kind) {
    case "after-end-of-window":
      return [trigger.early, trigger.late].filter((part) => part !== undefined);
    case "repeat":
      return [trigger.trigger];
    case "after-each":
    case "after-first":
    case "after-all":
      return trigger.triggers;
    case "or-finally":
      return [trigger.main, trigger.until];
    case "default":
    case "never":
    case "always":
    case "after-count":
    case "after-processing-time":
    case "after-synchronized-processing-time":
      return [];
  }
}
