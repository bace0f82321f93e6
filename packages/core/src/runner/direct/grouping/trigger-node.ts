/**
 * The parts a trigger machine is made of. What a trigger knows of a key's window stands in an array of numbers, one
 * array a window; a node owns some slots of it. So state is small, is copied and written as it is, and one tree of
 * nodes serves all keys and windows. After the Apache Beam model.
 */

/** What a trigger knows of one key's window: finished flags (0 or 1), counts, deadlines. */
export type TriggerState = number[];

/** What a trigger may look at. */
export interface Evaluation {
  /** The input watermark is beyond the window's last millisecond. */
  readonly isPastEnd: boolean;
  /** Processing time, in milliseconds. */
  readonly now: number;
}

/** Hands out slots and remembers what they begin with. */
export class SlotPlan {
  readonly initial: number[] = [];

  take(initial: number): number {
    return this.initial.push(initial) - 1;
  }
}

/** No deadline. */
export const NEVER_DUE = Number.POSITIVE_INFINITY;

/** One trigger of the tree. */
export interface TriggerNode {
  onElement(state: TriggerState, evaluation: Evaluation): void;
  /** False once finished. */
  shouldFire(state: TriggerState, evaluation: Evaluation): boolean;
  /** Called when `shouldFire` holds. */
  onFire(state: TriggerState, evaluation: Evaluation): void;
  isFinished(state: TriggerState): boolean;
  /** As at the beginning: what was counted and what had finished is forgotten, in all nodes below too. */
  reset(state: TriggerState): void;
  /** Makes the state of a window of those of the windows that became it. `into` is as at the beginning. */
  merge(into: TriggerState, sources: readonly TriggerState[], evaluation: Evaluation): void;
  /** Earliest instant from `now` on beyond which the clock may make it ready; infinite for none. */
  deadline(state: TriggerState, now: number): number;
}

/** Keeps nothing and never finishes. */
export class StatelessNode implements TriggerNode {
  readonly #isReady: (evaluation: Evaluation) => boolean;

  constructor(isReady: (evaluation: Evaluation) => boolean) {
    this.#isReady = isReady;
  }

  onElement(): void {}

  shouldFire(_state: TriggerState, evaluation: Evaluation): boolean {
    return this.#isReady(evaluation);
  }

  onFire(): void {}

  isFinished(): boolean {
    return false;
  }

  reset(): void {}

  merge(): void {}

  deadline(): number {
    return NEVER_DUE;
  }
}

/** Has a finished flag. */
export abstract class FinishingNode implements TriggerNode {
  readonly #finished: number;

  constructor(slots: SlotPlan) {
    this.#finished = slots.take(0);
  }

  abstract onElement(state: TriggerState, evaluation: Evaluation): void;
  abstract shouldFire(state: TriggerState, evaluation: Evaluation): boolean;
  abstract onFire(state: TriggerState, evaluation: Evaluation): void;
  abstract merge(into: TriggerState, sources: readonly TriggerState[], evaluation: Evaluation): void;
  abstract deadline(state: TriggerState, now: number): number;

  isFinished(state: TriggerState): boolean {
    return state[this.#finished] === 1;
  }

  reset(state: TriggerState): void {
    state[this.#finished] = 0;
  }

  protected setFinished(state: TriggerState, isFinished: boolean): void {
    state[this.#finished] = isFinished ? 1 : 0;
  }

  /** What finished in any of the merged windows stays finished. */
  protected mergeFinished(into: TriggerState, sources: readonly TriggerState[]): boolean {
    const isFinished = sources.some((source) => this.isFinished(source));
    this.setFinished(into, isFinished);
    return isFinished;
  }
}

/** Ready with `count` elements since it began; the rest is for the next. */
export class CountNode extends FinishingNode {
  readonly #count: number;
  readonly #seen: number;

  constructor(slots: SlotPlan, count: number) {
    super(slots);
    this.#count = count;
    this.#seen = slots.take(0);
  }

  onElement(state: TriggerState): void {
    if (!this.isFinished(state)) state[this.#seen] = this.#seenIn(state) + 1;
  }

  shouldFire(state: TriggerState): boolean {
    return !this.isFinished(state) && this.#seenIn(state) >= this.#count;
  }

  onFire(state: TriggerState): void {
    state[this.#seen] = 0;
    this.setFinished(state, true);
  }

  override reset(state: TriggerState): void {
    super.reset(state);
    state[this.#seen] = 0;
  }

  merge(into: TriggerState, sources: readonly TriggerState[]): void {
    if (this.mergeFinished(into, sources)) return;
    into[this.#seen] = sources.reduce((sum, source) => sum + this.#seenIn(source), 0);
  }

  deadline(): number {
    return NEVER_DUE;
  }

  #seenIn(state: TriggerState): number {
    return state[this.#seen] as number;
  }
}

/** Ready when the clock is beyond a deadline that the first element since it began has set. */
export class DelayNode extends FinishingNode {
  readonly #delayMs: number;
  readonly #alignToMs: number | undefined;
  readonly #target: number;

  constructor(slots: SlotPlan, delayMs: number, alignToMs: number | undefined) {
    super(slots);
    this.#delayMs = delayMs;
    this.#alignToMs = alignToMs;
    this.#target = slots.take(NEVER_DUE);
  }

  onElement(state: TriggerState, { now }: Evaluation): void {
    if (this.isFinished(state) || this.#targetOf(state) !== NEVER_DUE) return;
    const target = now + this.#delayMs;
    const step = this.#alignToMs;
    state[this.#target] = step === undefined ? target : Math.ceil(target / step) * step;
  }

  shouldFire(state: TriggerState, { now }: Evaluation): boolean {
    return !this.isFinished(state) && now > this.#targetOf(state);
  }

  onFire(state: TriggerState): void {
    state[this.#target] = NEVER_DUE;
    this.setFinished(state, true);
  }

  override reset(state: TriggerState): void {
    super.reset(state);
    state[this.#target] = NEVER_DUE;
  }

  merge(into: TriggerState, sources: readonly TriggerState[]): void {
    if (this.mergeFinished(into, sources)) return;
    into[this.#target] = Math.min(...sources.map((source) => this.#targetOf(source)));
  }

  /** A deadline that has passed needs no timer: whatever it waits for now comes with elements. */
  deadline(state: TriggerState, now: number): number {
    const target = this.#targetOf(state);
    return this.isFinished(state) || target < now ? NEVER_DUE : target;
  }

  #targetOf(state: TriggerState): number {
    return state[this.#target] as number;
  }
}
