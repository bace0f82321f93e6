/**
 * The windows of SQL as window functions of the model: over wall clocks of the session's zone for TIMESTAMP_LTZ, and
 * CUMULATE, which the model does not have. Windows are bounds in the model's time; the columns window_start and
 * window_end show wall clocks.
 */
import type { LocalTimestamp, Window, WindowFn, WindowMerge } from "@tributary/core";
import { FixedWindows, GLOBAL_WINDOW, SlidingWindows, mergeOverlapping } from "@tributary/core";
import type { ZoneClock } from "../functions/time-zone.js";
import { zoneClock } from "../functions/time-zone.js";
import type { WindowSpec } from "./relation.js";

function modulo(value: number, divisor: number): number {
  const rest = value % divisor;
  return rest < 0 ? rest + divisor : rest + 0;
}

/** First millisecond of the step that holds `millis`. */
function aligned(millis: number, step: number, offset: number): number {
  return millis - modulo(millis - offset, step);
}

/** Where a window of a wall clock begins and ends, for a wall clock in it. */
export function tumbleStart(spec: WindowSpec, localMillis: number): number {
  return aligned(localMillis, spec.sizeMs, spec.offsetMs);
}

/** The windows of a wall clock, in the order of their ends. */
function localWindows(spec: WindowSpec, local: number): readonly Window[] {
  const { kind, sizeMs, stepMs, offsetMs } = spec;
  const windows: Window[] = [];
  if (kind === "HOP") {
    const last = aligned(local, stepMs, offsetMs);
    for (let start = last; start > local - sizeMs; start -= stepMs)
      windows.unshift({ start, end: start + sizeMs });
    return windows;
  }
  const start = aligned(local, sizeMs, offsetMs);
  if (kind === "TUMBLE") return [{ start, end: start + sizeMs }];
  for (let end = aligned(local, stepMs, start) + stepMs; end <= start + sizeMs; end += stepMs)
    windows.push({ start, end });
  return windows;
}

/** Windows by wall clock; equal clocks of one step share one array. */
class LocalWindows implements WindowFn {
  readonly description: string;
  readonly isMerging = false;
  readonly #spec: WindowSpec;
  readonly #clock: ZoneClock | undefined;
  #lastStep = Number.NaN;
  #last: readonly Window[] = [];

  constructor(spec: WindowSpec, description: string) {
    this.#spec = spec;
    this.#clock = isUtc(spec.zone) ? undefined : zoneClock(spec.zone!);
    this.description = description;
  }

  assign(timestamp: number): readonly Window[] {
    const clock = this.#clock;
    const local = clock === undefined ? timestamp : clock.toLocal(timestamp);
    const step = aligned(local, this.#spec.stepMs, this.#spec.offsetMs);
    if (step === this.#lastStep) return this.#last;
    const windows = localWindows(this.#spec, local);
    this.#lastStep = step;
    this.#last =
      clock === undefined
        ? windows
        : // The last millisecond decides the end: a wall clock that is shown twice ends with its second time.
          windows.map(({ start, end }) => ({
            start: clock.toInstant(start),
            end: clock.toLastInstant(end - 1) + 1,
          }));
    return this.#last;
  }
}

function isUtc(zone: string | undefined): boolean {
  return zone === undefined || zone === "UTC";
}

/** Sessions: unlike the model's, windows that only touch merge too. After Apache Flink. */
class TouchingSessions implements WindowFn {
  readonly description: string;
  readonly isMerging = true;
  readonly compatibleWith = "SESSION";
  readonly #gapMs: number;

  constructor(gapMs: number, description: string) {
    this.#gapMs = gapMs;
    this.description = description;
  }

  assign(timestamp: number): readonly Window[] {
    return [{ start: timestamp, end: Math.min(timestamp + this.#gapMs, GLOBAL_WINDOW.end) }];
  }

  merge(windows: readonly Window[]): readonly WindowMerge[] {
    const reaching = new Map<Window, Window>(
      windows.map((one) => [{ start: one.start, end: one.end + 1 }, one]),
    );
    return mergeOverlapping([...reaching.keys()]).map(({ sources, result }) => ({
      sources: sources.map((one) => reaching.get(one)!),
      result: { start: result.start, end: result.end - 1 },
    }));
  }
}

/** The window that each element says it is of. */
export class WindowsOfRows implements WindowFn {
  readonly description: string;
  readonly isMerging = false;
  readonly #read: (element: never) => Window;

  constructor(spec: WindowSpec, read: (element: never) => Window) {
    this.description = `rows of ${describeWindow(spec)}`;
    this.#read = read;
  }

  assign(_: number, element?: unknown): readonly Window[] {
    return [this.#read(element as never)];
  }
}

/** From the wall clocks of window_start and window_end to the window in the model's time. */
export function windowOfClocks(spec: WindowSpec): (start: LocalTimestamp, end: LocalTimestamp) => Window {
  if (isUtc(spec.zone)) return (start, end) => ({ start: start.epochMillis, end: end.epochMillis });
  const clock = zoneClock(spec.zone!);
  return (start, end) => ({
    start: clock.toInstant(start.epochMillis),
    end: clock.toLastInstant(end.epochMillis - 1) + 1,
  });
}

/** The windows of a row at a time, of a kind whose windows do not merge. */
export function windowsAt(spec: WindowSpec, clock: ZoneClock, epochMillis: number): readonly Window[] {
  return localWindows(spec, clock.toLocal(epochMillis));
}

/** The window function of a specification. */
export function windowFn(spec: WindowSpec): WindowFn {
  const { kind, sizeMs, stepMs, offsetMs, zone } = spec;
  if (kind === "SESSION") return new TouchingSessions(sizeMs, describeWindow(spec));
  if (isUtc(zone) && kind === "TUMBLE") return FixedWindows.of(sizeMs, modulo(offsetMs, sizeMs));
  if (isUtc(zone) && kind === "HOP") return SlidingWindows.of(sizeMs, stepMs, modulo(offsetMs, stepMs));
  return new LocalWindows(spec, describeWindow(spec));
}

/** `TUMBLE(60000)`, `HOP(300000, 60000)`, with offset and zone where they matter; milliseconds. */
export function describeWindow({ kind, sizeMs, stepMs, offsetMs, zone }: WindowSpec): string {
  const numbers = kind === "TUMBLE" || kind === "SESSION" ? [sizeMs] : [sizeMs, stepMs];
  const parts = [
    ...numbers,
    ...(offsetMs === 0 ? [] : [`offset ${offsetMs}`]),
    ...(isUtc(zone) ? [] : [zone!]),
  ];
  return `${kind}(${parts.join(", ")})`;
}

/** The wall clocks between which a window lies, in milliseconds. */
export function localBounds(
  spec: WindowSpec,
): (window: Window) => { readonly start: number; readonly end: number } {
  if (isUtc(spec.zone)) return ({ start, end }) => ({ start, end });
  const clock = zoneClock(spec.zone!);
  const { kind, sizeMs, stepMs, offsetMs } = spec;
  if (kind === "SESSION")
    return ({ start, end }) => ({ start: clock.toLocal(start), end: clock.toLocal(end - 1) + 1 });
  // A bound may be a wall clock that a change of the clocks skipped: it is found again from the grid.
  return (window) => {
    const step = kind === "HOP" ? stepMs : sizeMs;
    const start = aligned(clock.toLocal(window.start), step, offsetMs);
    if (kind !== "CUMULATE") return { start, end: start + sizeMs };
    return { start, end: aligned(clock.toLocal(window.end - 1), stepMs, start) + stepMs };
  };
}
