import type {
  BundleContext,
  ElementCoder,
  FinishBundleContext,
  None,
  OutputTags,
  ProcessContext,
} from "../do-fn.js";
import type { SideInputs } from "../side-input.js";
import type { TypeTag } from "../type-tag.js";
import type { RestrictionProgress, RestrictionSpec, Resume } from "./restriction.js";
import type { WatermarkEstimatorSpec } from "./watermark-estimator.js";

/** When the runner ends a call of its own accord, at the next claim; the rest comes at once. @public */
export interface CheckpointAfter {
  /** Elements emitted; default 1000. */
  readonly outputs?: number;
  /** Milliseconds; default 100. */
  readonly timeMs?: number;
}

/** The restriction that a splittable function works off. @public */
export interface ClaimedRestriction<R, P> {
  /** What is to be worked off at present. */
  readonly restriction: R;
  /**
   * To be called before the work of a position.
   *
   * @returns false when the function must return: the end is reached, or the rest comes later.
   * @throws `RESTRICTION_INVALID` for positions that do not go up.
   */
  tryClaim(this: void, position: P): boolean;
  progress(this: void): RestrictionProgress;
}

/** The watermark of a restriction. @public */
export interface RestrictionWatermark {
  /** In milliseconds. */
  readonly current: number;
  /** @throws `RESTRICTION_INVALID` for one that goes back, and unless the function declares `Watermarks.manual()`. */
  set(this: void, timestamp: number): void;
}

/** What a splittable function finds while it works off a restriction. @public */
export interface SplittableContext<O, R, P, G = None, V extends SideInputs = None> extends Omit<
  ProcessContext<O, None, None, G, V>,
  "state" | "timers" | "key"
> {
  readonly tracker: ClaimedRestriction<R, P>;
  /** Outputs must not be before it. */
  readonly watermark: RestrictionWatermark;
}

/**
 * A function that works off a restriction of each element, position by position:
 *
 * ```ts
 * files.splittable("lines", {
 *   output: type<string>(),
 *   restriction: offsetRanges((file: File) => ({ from: 0n, to: file.lines })),
 *   async process(file, { tracker, emit }) {
 *     for (let line = tracker.restriction.from; tracker.tryClaim(line); line++) emit(await file.read(line));
 *   },
 * });
 * ```
 *
 * It may be stopped between any two positions; every position is worked off once.
 *
 * @public
 */
export interface SplittableFn<I, O, R, P, G = None, V extends SideInputs = None> {
  readonly output?: TypeTag<O>;
  readonly restriction: RestrictionSpec<I, R, P>;
  /** Default: the watermark stays at the element's timestamp until its work is done. */
  readonly watermark?: WatermarkEstimatorSpec;
  readonly outputs?: G;
  readonly sideInputs?: V;
  /** Of the elements whose work is not done, in checkpoints; absent: plain values. */
  readonly elementCoder?: ElementCoder<I>;
  /** How far before the element an output may be, in milliseconds; may be infinite; default 0. */
  readonly allowedSkewMs?: number;
  readonly checkpointAfter?: CheckpointAfter;
  setup?(): void | Promise<void>;
  startBundle?(context: BundleContext): void | Promise<void>;
  /** @returns nothing when all was claimed or a claim was refused; `resume(...)` to be called again for the rest. */
  process(element: I, context: SplittableContext<O, R, P, G, V>): void | Resume | Promise<void | Resume>;
  finishBundle?(context: FinishBundleContext<O, G>): void | Promise<void>;
  /** Best effort. */
  teardown?(): void | Promise<void>;
}

/** As for a ParDo: a literal, a function that makes one, or a class. @public */
export type SplittableFnSource<I, O, R, P, G extends OutputTags = None, V extends SideInputs = None> =
  | SplittableFn<I, O, R, P, G, V>
  | (() => SplittableFn<I, O, R, P, G, V>)
  | (new () => SplittableFn<I, O, R, P, G, V>);

/** What the graph holds of a splittable function beside what every function has. @public */
export interface SplittableParts {
  readonly restriction: RestrictionSpec<unknown, unknown, unknown>;
  readonly watermark?: WatermarkEstimatorSpec;
  readonly checkpointAfter?: CheckpointAfter;
}
