import type { Clock, Logger } from "../../connector/services.js";
import type { UserMetrics } from "../user-metrics.js";
import type { Finalization } from "./finalization.js";

/** What a job lends to its steps. */
export interface StepServices {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Aborted when the job ends for whatever reason. */
  readonly signal: AbortSignal;
  readonly userMetrics: UserMetrics;
  readonly finalization: Finalization;
  readonly bundleRetries: { add(step: string): void };
  /** Every collection's elements are counted: a call more for each element of each step. */
  readonly countsElements: boolean;
  /** Functions that change their inputs, or outputs after they were emitted, fail the job. For tests: it costs. */
  readonly detectMutations: boolean;
}
