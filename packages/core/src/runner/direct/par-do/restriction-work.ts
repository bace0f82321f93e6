import type { Clock } from "../../../connector/services.js";
import { TributaryError } from "../../../diagnostics/error.js";
import type {
  CheckpointAfter,
  ClaimedRestriction,
  RestrictionWatermark,
  SplittableParts,
} from "../../../pipeline/splittable/splittable-fn.js";
import type { RestrictionTracker } from "../../../pipeline/splittable/restriction.js";
import { Watermarks, type WatermarkEstimator } from "../../../pipeline/splittable/watermark-estimator.js";
import type { WindowedElement } from "./waiting-elements.js";

/** Outputs of one call after which the rest comes later, unless the function says otherwise. */
const OUTPUTS_DEFAULT = 1_000;
/** Milliseconds of one call after which the rest comes later, unless the function says otherwise. */
const TIME_DEFAULT_MS = 100;

/** Work on an element that is to be done. */
export interface RestrictionWork {
  readonly element: WindowedElement;
  readonly restriction: unknown;
  /** From which its estimator is made; holds the watermark until then. */
  readonly watermarkState: number;
  /** Not before, in milliseconds of the clock. */
  readonly resumeAt: number;
  /** Cut down to what must still be done when the job drained. */
  readonly isTruncated?: true;
}

/** One call of a splittable function: what it claims, how much it emits, and what it leaves. */
export class RestrictionCall {
  readonly tracker: ClaimedRestriction<unknown, unknown>;
  readonly watermark: RestrictionWatermark;
  readonly estimator: WatermarkEstimator;
  readonly #tracker: RestrictionTracker<unknown, unknown>;
  readonly #clock: Clock;
  readonly #outputsMax: number;
  readonly #endsAt: number;
  #outputs = 0;
  #hasClaimed = false;
  #residual: { readonly restriction: unknown } | undefined;

  constructor(
    step: string,
    { restriction, watermark = Watermarks.manual(), checkpointAfter = {} }: SplittableParts,
    work: RestrictionWork,
    clock: Clock,
  ) {
    this.#clock = clock;
    this.#tracker = restriction.tracker(work.restriction);
    const { outputs = OUTPUTS_DEFAULT, timeMs = TIME_DEFAULT_MS }: CheckpointAfter = checkpointAfter;
    this.#outputsMax = outputs;
    this.#endsAt = clock.now() + timeMs;
    const estimator = watermark.create(work.watermarkState, () => clock.now());
    this.estimator = estimator;
    this.watermark = {
      get current() {
        return estimator.watermark;
      },
      set: (timestamp) => {
        if (estimator.set === undefined) throw unsettable(step, watermark.description);
        estimator.set(timestamp);
      },
    };
    this.tracker = this.#claimed(this.#tracker);
  }

  /** What is left for later, once it was cut off. */
  get residual(): { readonly restriction: unknown } | undefined {
    return this.#residual;
  }

  emitted(timestamp: number): void {
    this.#outputs += 1;
    this.estimator.observe?.(timestamp);
  }

  /** Leaves what was not claimed for later. */
  checkpoint(): void {
    if (this.#residual !== undefined) return;
    const split = this.#tracker.trySplit(0);
    if (split !== undefined) this.#residual = { restriction: split.residual };
  }

  /** @throws `RESTRICTION_INVALID` unless all that is left to the function was claimed. */
  checkDone(): void {
    this.#tracker.checkDone();
  }

  #claimed(tracker: RestrictionTracker<unknown, unknown>): ClaimedRestriction<unknown, unknown> {
    return {
      get restriction() {
        return tracker.restriction;
      },
      tryClaim: (position) => {
        // At least one position a call, so that there is always progress.
        if (this.#hasClaimed && this.#isEnough()) this.checkpoint();
        const isClaimed = tracker.tryClaim(position);
        if (isClaimed) this.#hasClaimed = true;
        return isClaimed;
      },
      progress: () => tracker.progress(),
    };
  }

  #isEnough(): boolean {
    return this.#outputs >= this.#outputsMax || this.#clock.now() >= this.#endsAt;
  }
}

function unsettable(step: string, kind: string): TributaryError {
  return new TributaryError({
    severity: "error",
    code: "RESTRICTION_INVALID",
    message: `The step '${step}' sets a watermark, and its estimator (${kind}) does not take one.`,
    step,
    hint: "Declare watermark: Watermarks.manual().",
  });
}
