import type { Coder } from "../../types/coders/coder.js";
import type { DoFn } from "../do-fn.js";
import { checkWhole, invalid } from "../step-arguments.js";
import { State } from "../state.js";
import { Timers } from "../timer.js";
import { type } from "../type-tag.js";

/** Which elements are the same, and for how long. @public */
export interface DeduplicateOptions<T, K> {
  /** What is compared; absent: the element itself. */
  readonly by?: (value: T) => K;
  /** How long an element keeps others like it away, in milliseconds; default 10 minutes. */
  readonly durationMs?: number;
  /** Time in which that is counted; default processing time. */
  readonly timeDomain?: "event-time" | "processing-time";
  /** Of what is compared; absent: plain values (see `VALUE_CODER`). Must be deterministic. */
  readonly keyCoder?: Coder<K>;
}

/** @throws `PIPELINE_INVALID` naming the step. */
export function checkDeduplicate(
  step: string,
  { durationMs, timeDomain }: Pick<DeduplicateOptions<never, never>, "durationMs" | "timeDomain">,
): void {
  if (durationMs !== undefined) checkWhole(step, "durationMs", durationMs, 1);
  if (timeDomain === undefined || DOMAINS.includes(timeDomain)) return;
  throw invalid(
    step,
    `'timeDomain' of the step '${step}' must be one of ${DOMAINS.join(", ")}, not ${String(timeDomain)}.`,
    timeDomain,
  );
}

const DOMAINS: readonly string[] = ["event-time", "processing-time"];
const DURATION_DEFAULT_MS = 600_000;

/** Lets the first element of each kind through, and the next when the time is over; window by window. */
export function deduplicating<T, K>(options: DeduplicateOptions<T, K>) {
  const { by, durationMs = DURATION_DEFAULT_MS, timeDomain = "processing-time", keyCoder } = options;
  return {
    output: type<T>(),
    key: (element: T) => (by === undefined ? (element as unknown as K) : by(element)),
    ...(keyCoder === undefined ? {} : { keyCoder }),
    state: { seen: State.value<boolean>() },
    timers: { forget: timeDomain === "event-time" ? Timers.eventTime() : Timers.processingTime() },
    process(element, { state, timers, emit }) {
      if (state.seen.read() === true) return;
      state.seen.write(true);
      timers.forget.setRelative(durationMs, { outputTimestamp: "none" });
      emit(element);
    },
    onTimer: (_timer, { state }) => state.seen.clear(),
  } satisfies DoFn<
    T,
    T,
    { seen: ReturnType<typeof State.value<boolean>> },
    { forget: ReturnType<typeof Timers.eventTime> },
    {},
    {},
    K
  >;
}
