/** Triggers made of others. After the Apache Beam model. */
import {
  FinishingNode,
  NEVER_DUE,
  type Evaluation,
  type SlotPlan,
  type TriggerNode,
  type TriggerState,
} from "./trigger-node.js";

/** Ready once any or all of its parts are, or have finished; then it finishes. */
export class GroupNode extends FinishingNode {
  readonly #parts: readonly TriggerNode[];
  readonly #needsAll: boolean;

  constructor(slots: SlotPlan, parts: readonly TriggerNode[], needs: "all" | "any") {
    super(slots);
    this.#parts = parts;
    this.#needsAll = needs === "all";
  }

  onElement(state: TriggerState, evaluation: Evaluation): void {
    for (const part of this.#parts) part.onElement(state, evaluation);
  }

  shouldFire(state: TriggerState, evaluation: Evaluation): boolean {
    if (this.isFinished(state)) return false;
    const isReady = (part: TriggerNode): boolean =>
      part.isFinished(state) || part.shouldFire(state, evaluation);
    return this.#needsAll ? this.#parts.every(isReady) : this.#parts.some(isReady);
  }

  onFire(state: TriggerState, evaluation: Evaluation): void {
    for (const part of this.#parts) if (part.shouldFire(state, evaluation)) part.onFire(state, evaluation);
    this.setFinished(state, true);
  }

  override reset(state: TriggerState): void {
    super.reset(state);
    for (const part of this.#parts) part.reset(state);
  }

  merge(into: TriggerState, sources: readonly TriggerState[], evaluation: Evaluation): void {
    for (const part of this.#parts) part.merge(into, sources, evaluation);
    const isFinished = (part: TriggerNode): boolean => part.isFinished(into);
    this.setFinished(into, this.#needsAll ? this.#parts.every(isFinished) : this.#parts.some(isFinished));
  }

  deadline(state: TriggerState, now: number): number {
    return Math.min(
      ...this.#parts.map((part) => (part.isFinished(state) ? NEVER_DUE : part.deadline(state, now))),
    );
  }
}

/** Fires with its trigger and begins it again whenever that finishes. */
export class RepeatNode implements TriggerNode {
  readonly #part: TriggerNode;

  constructor(part: TriggerNode) {
    this.#part = part;
  }

  onElement(state: TriggerState, evaluation: Evaluation): void {
    this.#part.onElement(state, evaluation);
  }

  shouldFire(state: TriggerState, evaluation: Evaluation): boolean {
    return this.#part.shouldFire(state, evaluation);
  }

  onFire(state: TriggerState, evaluation: Evaluation): void {
    this.#part.onFire(state, evaluation);
    if (this.#part.isFinished(state)) this.#part.reset(state);
  }

  isFinished(): boolean {
    return false;
  }

  reset(state: TriggerState): void {
    this.#part.reset(state);
  }

  merge(into: TriggerState, sources: readonly TriggerState[], evaluation: Evaluation): void {
    this.#part.merge(into, sources, evaluation);
    if (this.#part.isFinished(into)) this.#part.reset(into);
  }

  deadline(state: TriggerState, now: number): number {
    return this.#part.deadline(state, now);
  }
}

/** `until` ends `main`; it counts everything, over the firings of `main`. */
export class OrFinallyNode extends FinishingNode {
  readonly #main: TriggerNode;
  readonly #until: TriggerNode;

  constructor(slots: SlotPlan, main: TriggerNode, until: TriggerNode) {
    super(slots);
    this.#main = main;
    this.#until = until;
  }

  onElement(state: TriggerState, evaluation: Evaluation): void {
    this.#main.onElement(state, evaluation);
    this.#until.onElement(state, evaluation);
  }

  shouldFire(state: TriggerState, evaluation: Evaluation): boolean {
    if (this.isFinished(state)) return false;
    return this.#main.shouldFire(state, evaluation) || this.#until.shouldFire(state, evaluation);
  }

  onFire(state: TriggerState, evaluation: Evaluation): void {
    if (this.#until.shouldFire(state, evaluation)) {
      this.#until.onFire(state, evaluation);
      this.setFinished(state, true);
    } else {
      this.#main.onFire(state, evaluation);
      this.setFinished(state, this.#main.isFinished(state));
    }
  }

  override reset(state: TriggerState): void {
    super.reset(state);
    this.#main.reset(state);
    this.#until.reset(state);
  }

  merge(into: TriggerState, sources: readonly TriggerState[], evaluation: Evaluation): void {
    this.#main.merge(into, sources, evaluation);
    this.#until.merge(into, sources, evaluation);
    this.setFinished(into, this.#main.isFinished(into) || this.#until.isFinished(into));
  }

  deadline(state: TriggerState, now: number): number {
    if (this.isFinished(state)) return NEVER_DUE;
    return Math.min(this.#main.deadline(state, now), this.#until.deadline(state, now));
  }
}

/**
 * One trigger after the other. Where windows merge, all parts take elements, since a merge may lead back to one that
 * had finished; whatever fires, the others begin again.
 */
export class EachNode implements TriggerNode {
  readonly #parts: readonly TriggerNode[];
  readonly #isMerging: boolean;

  constructor(parts: readonly TriggerNode[], isMerging: boolean) {
    this.#parts = parts;
    this.#isMerging = isMerging;
  }

  onElement(state: TriggerState, evaluation: Evaluation): void {
    if (!this.#isMerging) this.#current(state)?.onElement(state, evaluation);
    else for (const part of this.#parts) part.onElement(state, evaluation);
  }

  shouldFire(state: TriggerState, evaluation: Evaluation): boolean {
    return this.#current(state)?.shouldFire(state, evaluation) ?? false;
  }

  onFire(state: TriggerState, evaluation: Evaluation): void {
    const current = this.#current(state);
    current?.onFire(state, evaluation);
    if (!this.#isMerging || current === undefined) return;
    for (const part of this.#parts.slice(this.#parts.indexOf(current) + 1)) part.reset(state);
  }

  isFinished(state: TriggerState): boolean {
    return this.#current(state) === undefined;
  }

  reset(state: TriggerState): void {
    for (const part of this.#parts) part.reset(state);
  }

  /** Parts behind the first that goes on have not begun. */
  merge(into: TriggerState, sources: readonly TriggerState[], evaluation: Evaluation): void {
    for (const part of this.#parts) {
      part.merge(into, sources, evaluation);
      if (!part.isFinished(into)) return;
    }
  }

  deadline(state: TriggerState, now: number): number {
    return this.#current(state)?.deadline(state, now) ?? NEVER_DUE;
  }

  #current(state: TriggerState): TriggerNode | undefined {
    return this.#parts.find((part) => !part.isFinished(state));
  }
}

/** Fires when the watermark passes the window, with `early` again and again before it and with `late` after it. */
export class EndOfWindowNode extends FinishingNode {
  readonly #early: TriggerNode | undefined;
  readonly #late: TriggerNode | undefined;
  readonly #isMerging: boolean;
  /** 1 once it has fired at the window's end. */
  readonly #phase: number;

  constructor(
    slots: SlotPlan,
    parts: { readonly early: TriggerNode | undefined; readonly late: TriggerNode | undefined },
    isMerging: boolean,
  ) {
    super(slots);
    this.#early = parts.early;
    this.#late = parts.late;
    this.#isMerging = isMerging;
    this.#phase = slots.take(0);
  }

  /** Where windows merge, a merge may lead back before the end: both parts take elements. */
  onElement(state: TriggerState, evaluation: Evaluation): void {
    const isLate = this.#isLate(state);
    if (!isLate || this.#isMerging) this.#early?.onElement(state, evaluation);
    if (isLate || this.#isMerging) this.#late?.onElement(state, evaluation);
  }

  shouldFire(state: TriggerState, evaluation: Evaluation): boolean {
    if (this.isFinished(state)) return false;
    if (this.#isLate(state)) return this.#late?.shouldFire(state, evaluation) ?? false;
    return evaluation.isPastEnd || (this.#early?.shouldFire(state, evaluation) ?? false);
  }

  onFire(state: TriggerState, evaluation: Evaluation): void {
    if (this.#isLate(state)) {
      this.#late?.onFire(state, evaluation);
      if (this.#late?.isFinished(state) === true) this.#late.reset(state);
      this.#early?.reset(state);
    } else if (evaluation.isPastEnd) {
      this.#enterLatePhase(state);
    } else {
      this.#early?.onFire(state, evaluation);
      if (this.#early?.isFinished(state) === true) this.#early.reset(state);
      this.#late?.reset(state);
    }
  }

  override reset(state: TriggerState): void {
    super.reset(state);
    state[this.#phase] = 0;
    this.#early?.reset(state);
    this.#late?.reset(state);
  }

  /** Back before the end, unless all had fired there and the merged window is over too. */
  merge(into: TriggerState, sources: readonly TriggerState[], evaluation: Evaluation): void {
    this.#early?.merge(into, sources, evaluation);
    const isOver = evaluation.isPastEnd && sources.every((source) => this.#isLate(source));
    if (!isOver) return;
    into[this.#phase] = 1;
    this.#late?.merge(into, sources, evaluation);
    this.setFinished(into, this.#late === undefined);
  }

  deadline(state: TriggerState, now: number): number {
    if (this.isFinished(state)) return NEVER_DUE;
    const part = this.#isLate(state) ? this.#late : this.#early;
    return part?.deadline(state, now) ?? NEVER_DUE;
  }

  #isLate(state: TriggerState): boolean {
    return state[this.#phase] === 1;
  }

  #enterLatePhase(state: TriggerState): void {
    state[this.#phase] = 1;
    this.#early?.reset(state);
    this.#late?.reset(state);
    this.setFinished(state, this.#late === undefined);
  }
}
