import type { Clock, TimerHandle } from "../../connector/services.js";
import type { JobHandle, JobProgress, JobState } from "../runner.js";
import { SYSTEM_CLOCK } from "../system-services.js";

/** Without progress for so long a job counts as stalled, in milliseconds. */
export const STALLED_AFTER_DEFAULT_MS = 60_000;
/** Looks at a job until it counts as stalled. */
const LOOKS = 12;

/** Whether a job does its work; plain data. @public */
export interface JobHealth {
  readonly isHealthy: boolean;
  readonly state: JobState;
  /** Why not, as sentences. */
  readonly reasons: readonly string[];
}

/** Watches one job. @public */
export interface HealthWatch {
  health(): JobHealth;
  /** Idempotent. */
  stop(): void;
}

/** What must move: of every source its rows, of every sink what it accepted. */
interface Mark {
  count: number;
  since: number;
}

/**
 * Watches whether a job goes on. It is not healthy when it failed or was cancelled, when a source that is behind the tip
 * has given nothing, or when a sink has not accepted what it was given, for `stalledAfterMs`.
 *
 * @public
 */
export function watchHealth(
  job: Pick<JobHandle, "progress" | "state">,
  options: { readonly stalledAfterMs?: number; readonly clock?: Clock } = {},
): HealthWatch {
  const { stalledAfterMs = STALLED_AFTER_DEFAULT_MS, clock = SYSTEM_CLOCK } = options;
  const marks = new Map<string, Mark>();
  let timer: TimerHandle | undefined;
  let isStopped = false;

  /** How long a count has stood still, in milliseconds; a count that may stand still begins anew. */
  const standing = (name: string, count: number, mayStand: boolean): number => {
    const now = clock.now();
    const mark = marks.get(name);
    if (mark === undefined || mark.count !== count || mayStand) {
      marks.set(name, { count, since: now });
      return 0;
    }
    return now - mark.since;
  };
  const look = (): readonly string[] => stalls(job.progress(), standing, stalledAfterMs);
  const arm = (): void => {
    timer = clock.setTimer(stalledAfterMs / LOOKS, () => {
      look();
      if (!isStopped) arm();
    });
  };
  look();
  arm();
  return {
    health() {
      const { state } = job;
      const ended =
        state === "failed" || state === "cancelled"
          ? [`The job has ${state === "failed" ? "failed" : "been cancelled"}.`]
          : [];
      const isRunning = state === "running" || state === "draining" || state === "stopping";
      const reasons = [...ended, ...(isRunning ? look() : [])];
      return { isHealthy: reasons.length === 0, state, reasons };
    },
    stop() {
      isStopped = true;
      timer?.cancel();
    },
  };
}

function stalls(
  { sources, sinks }: JobProgress,
  standing: (name: string, count: number, mayStand: boolean) => number,
  limitMs: number,
): readonly string[] {
  const seconds = (ms: number): string => `${Math.floor(ms / 1_000)} s`;
  const reasons: string[] = [];
  for (const [at, { name, records, skipped, splits }] of sources.entries()) {
    const lagMs = Math.max(0, ...splits.map((split) => (split.isFinished ? 0 : (split.lagMs ?? 0))));
    const ms = standing(`source ${at}`, records + skipped, lagMs === 0);
    if (ms >= limitMs)
      reasons.push(
        `The source '${name}' is ${seconds(lagMs)} behind and has given nothing for ${seconds(ms)}.`,
      );
  }
  for (const [at, { name, written, isBackPressured }] of sinks.entries()) {
    const ms = standing(`sink ${at}`, written, !isBackPressured);
    if (ms >= limitMs) reasons.push(`The sink '${name}' has accepted nothing for ${seconds(ms)}.`);
  }
  return reasons;
}
