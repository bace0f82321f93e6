/**
 * A restriction is a part of the work on one element: a range of offsets, the rest of a shard. A function works it off
 * position by position and may be stopped between any two; what is left is a restriction of its own. After the splittable
 * functions of the Apache Beam model.
 */
import type { Coder } from "../../types/coders/coder.js";

/** How far a restriction is worked off, in any unit. @public */
export interface RestrictionProgress {
  readonly completed: number;
  readonly remaining: number;
}

/** A restriction cut in two. @public */
export interface SplitRestriction<R> {
  /** What the function goes on with. */
  readonly primary: R;
  /** What is left for later. */
  readonly residual: R;
}

/** Watches over a restriction while a function works it off. @public */
export interface RestrictionTracker<R, P> {
  /** What is to be worked off; shorter after a split. */
  readonly restriction: R;
  /**
   * To be called before the work of a position.
   *
   * @returns false if the position is not part of the restriction (any more): then the function returns.
   * @throws `RESTRICTION_INVALID` for a position that is not after the last one or lies before the start, and after a
   *   refusal.
   */
  tryClaim(position: P): boolean;
  /**
   * Cuts what was not claimed. May be called while the function runs.
   *
   * @param fraction - of what is not claimed, from 0 to 1, that stays with the function. 0: it ends after the last claim.
   * @returns `undefined` if there is nothing to give away.
   */
  trySplit(fraction: number): SplitRestriction<R> | undefined;
  /** @throws `RESTRICTION_INVALID` unless all of the restriction was claimed. */
  checkDone(): void;
  progress(): RestrictionProgress;
}

/** The restrictions of a function's elements. @public */
export interface RestrictionSpec<I, R, P> {
  /** Name and parameters, for messages and checkpoints. */
  readonly description: string;
  /** Of the restrictions in checkpoints; absent: plain values (see `VALUE_CODER`). */
  readonly coder?: Coder<R>;
  /** False where the work on an element may never end; then what comes out is unbounded. Default true. */
  readonly isBounded?: boolean;
  /** The whole of the work on an element. */
  initial(element: I): R;
  tracker(restriction: R): RestrictionTracker<R, P>;
  /** Parts that together are the whole; absent: one part. */
  split?(element: I, restriction: R): readonly R[];
  /** How much work it is, in any unit, 0 or more; absent: what is remaining by a new tracker. */
  size?(element: I, restriction: R): number;
  /**
   * What must still be done when the job drains; `undefined` for nothing. Absent: all of it where restrictions are
   * bounded, else nothing.
   */
  truncate?(element: I, restriction: R): R | undefined;
}

/** The function returns although it is not done: the rest comes later. @public */
export interface Resume {
  /** At least so long, in milliseconds. */
  readonly resumeAfterMs: number;
}

/**
 * What a splittable function returns to be called again for the rest of its restriction.
 *
 * @param delayMs - at least so much later, in milliseconds; default 0.
 * @public
 */
export function resume(delayMs = 0): Resume {
  return { resumeAfterMs: delayMs };
}
